//! What the transport says of a connection that ended in the middle of an answer. It reaches us as text alone.

const SIGNS: [&str; 3] = ["h2 protocol error", "error reading a body from connection", "transport error"];

/// Returns whether `failure` is of a connection that broke off.
pub(crate) fn broke_off(failure: &str) -> bool {
    SIGNS.iter().any(|sign| failure.contains(sign))
}

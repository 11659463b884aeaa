//! The sessions that read: MySQL's client/server protocol, with each row handed over where it lies in the buffer.
//!
//! `mysql_async` makes a value of its own, and most of them an allocation, of every field of every row. That costs as
//! much as decoding and encoding some of them, for nothing: a decoder takes a field once and copies it into its column.
//! So the few commands that a reader needs are spoken here, with the packets, scrambles and keys of `mysql_common`, on
//! which `mysql_async` rests too, and with that driver's errors. All else is asked through `mysql_async`.
//!
//! ```text
//!  channel  bytes ⇄ packets, in order; TLS or not
//!  login    handshake, TLS, the password's proof
//!  session  statements and their answers
//!  row      a row's packet → its cells
//! ```

mod channel;
mod login;
mod row;
mod session;
mod tls;

pub(crate) use channel::LONGEST_PAYLOAD;
pub(crate) use login::Login;
pub(crate) use row::{Cell, Cells, cut_short};
pub(crate) use session::{Next, ReadSession};

/// What every part of this module fails with.
type Result<T> = std::result::Result<T, mysql_async::Error>;

/// Says that the server's bytes are not what the protocol says.
fn unexpected(what: &str) -> mysql_async::Error {
    std::io::Error::new(std::io::ErrorKind::InvalidData, what).into()
}

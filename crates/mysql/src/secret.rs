//! `Secret`: a value that must not be printed, logged or sent with a plan.

use std::fmt;
use zeroize::Zeroizing;

/// A password or token: prints as `***`, is wiped from memory on drop, and is read only through
/// [`Secret::expose`].
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes over `value`; the caller keeps no copy.
    #[must_use]
    pub fn new(value: String) -> Self {
        Self(Zeroizing::new(value))
    }

    /// Returns the value itself, for the one call that logs in with it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

#[cfg(test)]
mod tests {
    use super::Secret;

    #[test]
    fn a_secret_never_prints_itself() {
        let secret = Secret::new("hunter2".to_owned());
        assert_eq!(format!("{secret:?} {secret:#?}"), "*** ***");
        assert_eq!(secret.expose(), "hunter2");
    }
}

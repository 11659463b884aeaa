//! The token that opens the REST API to whoever has no certificate.

use std::fmt;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// Characters that a token has at least.
const SHORTEST: usize = 16;

/// A token: prints as `***`, and is compared in a time that does not tell where it differs.
#[derive(Clone)]
pub struct ApiToken(String);

impl ApiToken {
    /// Reads the token in `file`, without the space around it. May be repeated.
    ///
    /// # Errors
    /// When the file cannot be read, others could read it, or what it holds is too short.
    pub fn read(file: &Path) -> Result<Self, TokenError> {
        let error = |fault| TokenError { file: file.to_owned(), fault };
        let unreadable = |cause| error(Fault::Unreadable(cause));
        let mode = fs::metadata(file).map_err(unreadable)?.permissions().mode();
        if mode & 0o007 != 0 {
            return Err(error(Fault::TooOpen));
        }
        let text = fs::read_to_string(file).map_err(unreadable)?;
        Self::new(text.trim()).ok_or_else(|| error(Fault::TooShort))
    }

    fn new(text: &str) -> Option<Self> {
        (text.len() >= SHORTEST).then(|| Self(text.to_owned()))
    }

    /// Returns whether the value of an `Authorization` header carries this token.
    pub fn is_in(&self, authorization: &str) -> bool {
        let Some(sent) = authorization.strip_prefix("Bearer ") else {
            return false;
        };
        let (sent, own) = (sent.trim().as_bytes(), self.0.as_bytes());
        let differences = own.iter().zip(sent).fold(0, |found, (own, sent)| found | (own ^ sent));
        own.len() == sent.len() && differences == 0
    }
}

impl fmt::Debug for ApiToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// A token that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("use token file `{}`: {fault}", .file.display())]
pub struct TokenError {
    file: PathBuf,
    fault: Fault,
}

#[derive(Debug, thiserror::Error)]
enum Fault {
    #[error("{0}; make it with `(umask 077; openssl rand -hex 32 >FILE)`")]
    Unreadable(std::io::Error),
    #[error("everybody may read it: `chmod 600` it")]
    TooOpen,
    #[error("a token has {} characters at least: make one with `openssl rand -hex 32`", SHORTEST)]
    TooShort,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_whole_token_is_it() {
        let token = ApiToken::new("0123456789abcdef").unwrap();
        assert!(token.is_in("Bearer 0123456789abcdef"));
        for other in ["", "Bearer ", "Bearer 0123456789abcde", "Bearer 0123456789abcdef0", "Basic 0123456789abcdef"] {
            assert!(!token.is_in(other), "{other}");
        }
        assert_eq!(format!("{token:?}"), "***");
        assert!(ApiToken::new("short").is_none());
    }
}

//! Secrets: values that must not be printed, logged or sent with a plan, and the store that keeps them.

use std::fmt;

use async_trait::async_trait;
use springald_aws::AwsError;
use zeroize::Zeroizing;

mod aws;
mod cache;
mod document;
#[cfg(test)]
mod memory;

pub(crate) use aws::AwsSecrets;
pub(crate) use cache::{Login, SecretCache, Times};
pub use document::LoginSecret;
#[cfg(test)]
pub(crate) use memory::MemorySecrets;

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

/// Where secrets are kept, and rotated by others.
#[async_trait]
pub(crate) trait SecretStore: fmt::Debug + Send + Sync {
    /// Returns the current version of a secret. May be repeated.
    async fn fetch(&self, id: &str) -> Result<SecretVersion, SecretError>;
}

/// A secret as it was at one version.
#[derive(Debug, Clone)]
pub(crate) struct SecretVersion {
    /// What the store calls the version: a secret that was changed has another one.
    pub(crate) version: String,
    /// The secret's text.
    pub(crate) text: Secret,
}

/// Why a secret is of no use. Never shows anything of it.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// The store refused or failed.
    #[error(transparent)]
    Store(#[from] AwsError),
    /// It is not the JSON that RDS keeps a login in.
    #[error("it is not an RDS secret: {reason}")]
    Form {
        /// What is wrong with it.
        reason: String,
    },
}

impl SecretError {
    pub(crate) fn is_transient(&self) -> bool {
        match self {
            Self::Store(error) => error.is_transient(),
            Self::Form { .. } => false,
        }
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

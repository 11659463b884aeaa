//! Secrets in memory, which a test rotates.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};

use async_trait::async_trait;

use super::{Secret, SecretError, SecretStore, SecretVersion};

/// One secret, whatever its id, with the version that was put last.
#[derive(Debug)]
pub(crate) struct MemorySecrets {
    current: Mutex<(u32, String)>,
    fetched: AtomicU32,
}

impl MemorySecrets {
    /// Returns a store of the first version of a secret.
    pub(crate) fn new(text: &str) -> Self {
        Self { current: Mutex::new((1, text.to_owned())), fetched: AtomicU32::new(0) }
    }

    /// Puts the next version.
    pub(crate) fn put(&self, text: &str) {
        let mut current = self.current.lock().unwrap();
        *current = (current.0 + 1, text.to_owned());
    }

    /// Returns how often the secret was fetched.
    pub(crate) fn fetched(&self) -> u32 {
        self.fetched.load(Ordering::SeqCst)
    }
}

#[async_trait]
impl SecretStore for MemorySecrets {
    async fn fetch(&self, _id: &str) -> Result<SecretVersion, SecretError> {
        self.fetched.fetch_add(1, Ordering::SeqCst);
        let (version, text) = self.current.lock().unwrap().clone();
        Ok(SecretVersion { version: version.to_string(), text: Secret::new(text) })
    }
}

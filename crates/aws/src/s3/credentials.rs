//! The SDK's credentials for `object_store`: fetched once, kept until shortly before they expire.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use aws_credential_types::Credentials;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use object_store::CredentialProvider;
use object_store::aws::AwsCredential;
use tokio::sync::Mutex;

use crate::AwsError;

/// How long before they expire credentials are fetched anew: longer than a request may be repeated for.
const MARGIN: Duration = Duration::from_secs(300);

/// Hands the SDK's credentials to `object_store`.
///
/// The SDK's provider asks the metadata service at every call. One request at a time does that here, and only when the
/// credentials at hand are about to expire; the others wait for it.
pub(super) struct SharedCredentials {
    provider: SharedCredentialsProvider,
    held: Mutex<Option<Held>>,
}

struct Held {
    credential: Arc<AwsCredential>,
    expires: Option<SystemTime>,
}

impl SharedCredentials {
    /// Returns credentials from `provider`; asks nothing yet.
    pub(super) fn new(provider: SharedCredentialsProvider) -> Self {
        Self { provider, held: Mutex::default() }
    }
}

#[async_trait]
impl CredentialProvider for SharedCredentials {
    type Credential = AwsCredential;

    async fn get_credential(&self) -> object_store::Result<Arc<AwsCredential>> {
        let mut held = self.held.lock().await;
        let now = SystemTime::now();
        if let Some(held) = held.as_ref().filter(|held| held.lasts_beyond(now + MARGIN)) {
            return Ok(Arc::clone(&held.credential));
        }
        match (self.provider.provide_credentials().await, held.as_ref()) {
            (Ok(fetched), _) => Ok(Arc::clone(&held.insert(Held::from(fetched)).credential)),
            (Err(error), Some(old)) if old.lasts_beyond(now) => {
                tracing::warn!(%error, "AWS credentials could not be fetched; those at hand last a little longer");
                Ok(Arc::clone(&old.credential))
            }
            (Err(error), _) => Err(store_error(AwsError::of_credentials(error))),
        }
    }
}

/// What will not pass by itself must not look like a failed request, which is repeated.
fn store_error(error: AwsError) -> object_store::Error {
    let passes = error.is_transient();
    let source = Box::new(error);
    if passes {
        return object_store::Error::Generic { store: "S3", source };
    }
    object_store::Error::Unauthenticated { path: "any object".to_owned(), source }
}

impl Held {
    fn lasts_beyond(&self, moment: SystemTime) -> bool {
        self.expires.is_none_or(|expires| expires > moment)
    }
}

impl From<Credentials> for Held {
    fn from(fetched: Credentials) -> Self {
        let credential = AwsCredential {
            key_id: fetched.access_key_id().to_owned(),
            secret_key: fetched.secret_access_key().to_owned(),
            token: fetched.session_token().map(str::to_owned),
        };
        Self { credential: Arc::new(credential), expires: fetched.expiry() }
    }
}

/// Shows nothing of what it holds.
impl fmt::Debug for SharedCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SharedCredentials")
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use aws_credential_types::provider::error::CredentialsError;
    use aws_credential_types::provider::future;

    use super::*;

    /// Gives a new key at each call, the first of which lasts for `lifetime`; from `dry` on it has none.
    #[derive(Debug)]
    struct Numbered {
        calls: Arc<AtomicU32>,
        lifetime: Duration,
        dry: u32,
    }

    impl ProvideCredentials for Numbered {
        fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
        where
            Self: 'a,
        {
            let call = self.calls.fetch_add(1, Ordering::SeqCst);
            if call >= self.dry {
                return future::ProvideCredentials::ready(Err(CredentialsError::provider_error("the service is away")));
            }
            let expires = SystemTime::now() + self.lifetime;
            let key = Credentials::new(format!("key {call}"), "secret", None, Some(expires), "test");
            future::ProvideCredentials::ready(Ok(key))
        }
    }

    async fn keys(lifetime: Duration, dry: u32) -> (Vec<String>, u32) {
        let calls = Arc::new(AtomicU32::new(0));
        let provider = Numbered { calls: Arc::clone(&calls), lifetime, dry };
        let shared = SharedCredentials::new(SharedCredentialsProvider::new(provider));
        let asked = futures::future::join_all((0..3).map(|_| shared.get_credential())).await;
        let key =
            |found: object_store::Result<Arc<AwsCredential>>| found.map_or("none".to_owned(), |c| c.key_id.clone());
        (asked.into_iter().map(key).collect(), calls.load(Ordering::SeqCst))
    }

    #[tokio::test]
    async fn one_fetch_serves_all_until_the_credentials_are_about_to_expire() {
        assert_eq!(keys(Duration::from_secs(3600), 9).await, (vec!["key 0".to_owned(); 3], 1));
        assert_eq!(keys(Duration::from_secs(60), 9).await.0, ["key 0", "key 1", "key 2"]);
    }

    #[tokio::test]
    async fn credentials_that_still_last_outlive_a_failed_fetch() {
        assert_eq!(keys(Duration::from_secs(60), 1).await, (vec!["key 0".to_owned(); 3], 3));
        assert_eq!(keys(Duration::ZERO, 1).await.0, ["key 0", "none", "none"]);
    }

    #[tokio::test]
    async fn nothing_of_a_secret_is_shown() {
        let provider = Credentials::new("key", "hunter2", Some("token".to_owned()), None, "test");
        let shared = SharedCredentials::new(SharedCredentialsProvider::new(provider));
        let credential = shared.get_credential().await.unwrap();
        let shown = format!("{shared:?} {credential:?}");
        assert!(!shown.contains("hunter2") && !shown.contains("token\""), "{shown}");
    }
}

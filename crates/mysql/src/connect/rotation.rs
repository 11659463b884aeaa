//! Logging in with a secret that others rotate.
//!
//! ```text
//!  rotation   ── password in MySQL ──────────── AWSCURRENT moves ──▶
//!  we               refused (1045), look again: same … same … new, log in
//! ```
//!
//! Between the two steps the secret is wrong, for seconds or minutes (facts, 2.4). A refused login waits for the secret's
//! next version here, so that a rotation costs time and no task attempt.

use std::time::{Duration, Instant};

use crate::error::SourceError;
use crate::login::SecretReference;
use crate::secret::{Login, SecretCache, SecretStore};

/// The pauses between two looks at a secret; each is taken with jitter.
const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LAST_PAUSE: Duration = Duration::from_secs(10);

/// Logs in by `attempt`, with each version of the secret that is worth trying, until one is let in.
///
/// # Errors
/// Whatever `attempt` fails with, but for a refused password: that is waited out as long as `secret` says.
pub(super) async fn log_in<S: SecretStore, T, F: Future<Output = Result<T, SourceError>>>(
    cache: &SecretCache<S>,
    secret: &SecretReference,
    address: &str,
    attempt: impl Fn(Login) -> F,
) -> Result<T, SourceError> {
    let id = secret.id.as_str();
    let begun = Instant::now();
    let mut pause = FIRST_PAUSE;
    loop {
        let login = cache.login(id).await.map_err(|cause| SourceError::Secret { id: id.to_owned(), cause })?;
        if let Some(login) = login {
            let version = login.version.clone();
            match attempt(login).await {
                Err(error) if error.is_wrong_password() => {
                    tracing::info!(secret = id, version, "login refused, looking for a new version");
                    cache.refuse(id, &version).await;
                    continue;
                }
                Ok(session) => {
                    cache.accept(id, &version).await;
                    return Ok(session);
                }
                failed => return failed,
            }
        }
        if begun.elapsed() >= secret.rotation_wait {
            let (address, id, waited) = (address.to_owned(), id.to_owned(), secret.rotation_wait);
            return Err(SourceError::Rotation { address, id, waited });
        }
        let left = secret.rotation_wait.saturating_sub(begun.elapsed());
        tokio::time::sleep(pause.mul_f64(rand::random_range(0.5..1.5)).min(left)).await;
        pause = LAST_PAUSE.min(pause * 2);
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use mysql_async::{Error, ServerError};

    use super::*;
    use crate::secret::{MemorySecrets, Times};

    fn text(password: &str) -> String {
        format!(r#"{{"username": "u", "password": "{password}"}}"#)
    }

    fn cache(password: &str) -> SecretCache<MemorySecrets> {
        SecretCache::new(MemorySecrets::new(&text(password)), Times::default())
    }

    fn reference(rotation_wait: Duration) -> SecretReference {
        SecretReference { id: "rds".to_owned(), rotation_wait }
    }

    fn refusal(code: u16) -> SourceError {
        let server = ServerError { code, message: "Access denied".to_owned(), state: "28000".to_owned() };
        SourceError::from_connect("h:1".to_owned(), "u", "d", Error::Server(server))
    }

    /// A server whose password is `password`.
    fn check(login: Login, password: &str) -> std::future::Ready<Result<(), SourceError>> {
        let fits = login.secret.password.expose() == password;
        std::future::ready(if fits { Ok(()) } else { Err(refusal(1045)) })
    }

    #[tokio::test]
    async fn a_password_that_has_changed_is_fetched_and_used_at_once() {
        let cache = cache("old");
        let secret = reference(Duration::from_secs(60));
        log_in(&cache, &secret, "h:1", |login| check(login, "old")).await.unwrap();
        cache.store().put(&text("new"));
        let tries = Cell::new(0);
        let attempt = |login: Login| {
            tries.set(tries.get() + 1);
            check(login, "new")
        };
        log_in(&cache, &secret, "h:1", attempt).await.unwrap();
        assert_eq!(tries.get(), 2);
    }

    #[tokio::test]
    async fn a_secret_that_follows_later_is_waited_for_without_another_login() {
        let cache = cache("old");
        let tries = Cell::new(0);
        let attempt = |login: Login| {
            tries.set(tries.get() + 1);
            check(login, "new")
        };
        let secret = reference(Duration::from_secs(60));
        let rotation = async {
            while cache.store().fetched() < 3 {
                tokio::task::yield_now().await;
            }
            cache.store().put(&text("new"));
        };
        let (session, ()) = tokio::join!(log_in(&cache, &secret, "h:1", attempt), rotation);
        session.unwrap();
        assert_eq!(tries.get(), 2);
    }

    #[tokio::test]
    async fn a_secret_that_stays_wrong_is_given_up() {
        let secret = reference(Duration::ZERO);
        let error = log_in(&cache("old"), &secret, "h:1", |login| check(login, "new")).await.unwrap_err();
        let expected = "log in to MySQL at `h:1` with secret `rds`: refused, and no new version came within 0 s";
        assert_eq!(error.to_string(), expected);
        assert!(!error.is_transient());
    }

    #[tokio::test]
    async fn other_refusals_are_none_of_a_rotation() {
        for code in [1044, 1698, 3118, 1040] {
            let cache = cache("right");
            let attempt = |_: Login| std::future::ready(Err::<(), _>(refusal(code)));
            log_in(&cache, &reference(Duration::from_secs(60)), "h:1", attempt).await.unwrap_err();
            assert_eq!(cache.store().fetched(), 1);
        }
    }
}

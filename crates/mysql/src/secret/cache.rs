//! The logins that a process holds: fetched once for many connections, and anew when the server refuses one.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::Instant;

use super::{LoginSecret, SecretError, SecretStore};

/// How often a version that the server refused is tried by all connections of the process, within a lifetime: refusals in
/// a row may lock an account.
const MOST_REFUSALS: u32 = 3;

/// How long things last.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Times {
    /// How long a login is used without a look at the store.
    pub(crate) lifetime: Duration,
    /// How long a version that the server refused is left alone.
    pub(crate) rest: Duration,
}

impl Default for Times {
    fn default() -> Self {
        Self { lifetime: Duration::from_secs(300), rest: Duration::from_secs(15) }
    }
}

/// Logins by the id of their secret, each fetched by one caller at a time.
#[derive(Debug)]
pub(crate) struct SecretCache<S> {
    store: S,
    times: Times,
    entries: parking_lot::Mutex<HashMap<String, Arc<Entry>>>,
}

type Entry = Mutex<Option<Held>>;

/// A version of a login.
#[derive(Debug, Clone)]
pub(crate) struct Login {
    pub(crate) version: String,
    pub(crate) secret: LoginSecret,
}

#[derive(Debug)]
struct Held {
    login: Login,
    fetched: Instant,
    refused: Refusals,
}

/// How often the server has refused a version, and when it last did.
#[derive(Debug, Clone, Copy, Default)]
struct Refusals {
    count: u32,
    last: Option<Instant>,
}

impl Refusals {
    fn one_more(self, times: Times) -> Self {
        let forgotten = self.last.is_none_or(|last| last.elapsed() > times.lifetime);
        Self { count: if forgotten { 1 } else { self.count + 1 }, last: Some(Instant::now()) }
    }

    /// Whether the version is to be left alone for now.
    fn is_fresh(self, times: Times) -> bool {
        let Some(last) = self.last else { return false };
        let limit = if self.count < MOST_REFUSALS { times.rest } else { times.lifetime };
        last.elapsed() < limit
    }
}

impl<S: SecretStore> SecretCache<S> {
    /// Returns a cache that holds nothing yet.
    pub(crate) fn new(store: S, times: Times) -> Self {
        Self { store, times, entries: parking_lot::Mutex::default() }
    }

    /// Returns a login that is worth trying, or `None` while the current version is one that the server refused a
    /// moment ago: then ask again after a pause. Who waits for a rotation looks past the cache each time.
    ///
    /// # Errors
    /// When the store fails, or the secret is no login.
    pub(crate) async fn login(&self, id: &str) -> Result<Option<Login>, SecretError> {
        let entry = self.entry(id);
        let mut held = entry.lock().await;
        if let Some(held) = held.as_ref()
            && held.refused.last.is_none()
            && held.fetched.elapsed() < self.times.lifetime
        {
            return Ok(Some(held.login.clone()));
        }
        let fetched = self.fetch(id).await?;
        let same = held.as_ref().filter(|held| held.login.version == fetched.version);
        let refused = same.map(|held| held.refused).unwrap_or_default();
        let now = held.insert(Held { login: fetched, fetched: Instant::now(), refused });
        Ok((!refused.is_fresh(self.times)).then(|| now.login.clone()))
    }

    /// Returns the login, whether it is worth trying or not.
    ///
    /// # Errors
    /// As [`Self::login`].
    pub(crate) async fn look(&self, id: &str) -> Result<LoginSecret, SecretError> {
        match self.login(id).await? {
            Some(login) => Ok(login.secret),
            None => Ok(self.fetch(id).await?.secret),
        }
    }

    /// Notes that the server refused `version`.
    pub(crate) async fn refuse(&self, id: &str, version: &str) {
        let entry = self.entry(id);
        if let Some(held) = entry.lock().await.as_mut().filter(|held| held.login.version == version) {
            held.refused = held.refused.one_more(self.times);
        }
    }

    /// Notes that the server accepted `version`.
    pub(crate) async fn accept(&self, id: &str, version: &str) {
        let entry = self.entry(id);
        if let Some(held) = entry.lock().await.as_mut().filter(|held| held.login.version == version) {
            held.refused = Refusals::default();
        }
    }

    fn entry(&self, id: &str) -> Arc<Entry> {
        Arc::clone(self.entries.lock().entry(id.to_owned()).or_default())
    }

    async fn fetch(&self, id: &str) -> Result<Login, SecretError> {
        let found = self.store.fetch(id).await?;
        Ok(Login { secret: LoginSecret::parse(&found.text)?, version: found.version })
    }
}

#[cfg(test)]
impl<S> SecretCache<S> {
    pub(crate) fn store(&self) -> &S {
        &self.store
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::MemorySecrets;

    fn text(password: &str) -> String {
        format!(r#"{{"username": "u", "password": "{password}"}}"#)
    }

    async fn password(cache: &SecretCache<MemorySecrets>) -> Option<String> {
        cache.login("id").await.unwrap().map(|login| login.secret.password.expose().to_owned())
    }

    const LONG: Duration = Duration::from_secs(3600);

    fn cache(password: &str, lifetime: Duration, rest: Duration) -> SecretCache<MemorySecrets> {
        SecretCache::new(MemorySecrets::new(&text(password)), Times { lifetime, rest })
    }

    #[tokio::test]
    async fn many_connections_take_one_fetch() {
        let cache = cache("old", LONG, LONG);
        let asked = futures::future::join_all((0..10).map(|_| password(&cache))).await;
        assert!(asked.iter().all(|found| found.as_deref() == Some("old")));
        assert_eq!(cache.store().fetched(), 1);
    }

    #[tokio::test]
    async fn a_login_is_not_held_for_ever() {
        let cache = cache("old", Duration::ZERO, LONG);
        password(&cache).await;
        cache.store().put(&text("new"));
        assert_eq!(password(&cache).await.as_deref(), Some("new"));
    }

    #[tokio::test]
    async fn a_refused_version_is_left_alone_and_a_new_one_tried_at_once() {
        let cache = cache("old", LONG, LONG);
        password(&cache).await;
        cache.refuse("id", "1").await;
        assert_eq!(password(&cache).await, None);
        cache.store().put(&text("new"));
        assert_eq!(password(&cache).await.as_deref(), Some("new"));
        assert_eq!(cache.store().fetched(), 3);
    }

    #[tokio::test]
    async fn a_refused_version_is_tried_again_after_a_rest_but_not_for_ever() {
        let cache = cache("early", LONG, Duration::ZERO);
        for _ in 0..MOST_REFUSALS {
            assert_eq!(password(&cache).await.as_deref(), Some("early"));
            cache.refuse("id", "1").await;
        }
        assert_eq!(password(&cache).await, None);
        cache.accept("id", "1").await;
        assert_eq!(password(&cache).await.as_deref(), Some("early"));
    }
}

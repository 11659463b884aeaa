//! The object stores that plans name: one registry for driver, scheduler and executors.
//!
//! Ballista's own registry for S3 takes its keys from the session's settings, which the scheduler's API shows, makes a
//! new client at every look-up, and panics when a store is registered.

use std::collections::HashMap;
use std::sync::Arc;

use datafusion::common::{internal_datafusion_err, plan_datafusion_err};
use datafusion::error::Result;
use datafusion::execution::object_store::ObjectStoreRegistry;
use datafusion::execution::runtime_env::{RuntimeEnv, RuntimeEnvBuilder};
use datafusion::prelude::SessionConfig;
use object_store::ObjectStore;
use object_store::local::LocalFileSystem;
use parking_lot::RwLock;
use springald_aws::{S3Options, S3Stores, Uploads};
use url::Url;

/// The stores of a process: the local disk, each bucket of S3 that a URL names, and what was registered.
#[derive(Debug)]
pub struct Stores {
    local: Arc<LocalFileSystem>,
    s3: S3Stores,
    registered: RwLock<HashMap<String, Arc<dyn ObjectStore>>>,
}

impl Stores {
    /// Returns the stores of this process, which writes to S3 as `options` say. Make one, and hand it on.
    pub fn new(options: S3Options) -> Arc<Self> {
        Arc::new(Self { local: Arc::default(), s3: S3Stores::new(options), registered: RwLock::default() })
    }

    /// Returns where the unfinished uploads of a URL's store are found: only S3 leaves any that a listing does not show.
    pub fn uploads(&self, url: &Url) -> Option<Arc<dyn Uploads>> {
        let is_registered = self.registered.read().contains_key(&key(url));
        let bucket = url.host_str().filter(|_| url.scheme() == "s3" && !is_registered)?;
        Some(self.s3.bucket(bucket))
    }

    /// Returns a runtime whose URLs name these stores.
    ///
    /// # Errors
    /// When its directory for spilled data cannot be made.
    pub(crate) fn runtime(self: &Arc<Self>, builder: RuntimeEnvBuilder) -> Result<Arc<RuntimeEnv>> {
        let registry = Arc::clone(self) as Arc<dyn ObjectStoreRegistry>;
        builder.with_object_store_registry(registry).build_arc()
    }

    /// Returns what makes a runtime for each session of an executor, which spills to `dir`.
    pub(crate) fn runtime_producer(self: &Arc<Self>, dir: String) -> ballista_core::RuntimeProducer {
        let stores = Arc::clone(self);
        Arc::new(move |_: &SessionConfig| stores.runtime(RuntimeEnvBuilder::new().with_temp_file_path(&dir)))
    }
}

impl ObjectStoreRegistry for Stores {
    fn register_store(&self, url: &Url, store: Arc<dyn ObjectStore>) -> Option<Arc<dyn ObjectStore>> {
        self.registered.write().insert(key(url), store)
    }

    fn deregister_store(&self, url: &Url) -> Result<Arc<dyn ObjectStore>> {
        let gone = self.registered.write().remove(&key(url));
        gone.ok_or_else(|| internal_datafusion_err!("no store was registered for {url}"))
    }

    fn get_store(&self, url: &Url) -> Result<Arc<dyn ObjectStore>> {
        if let Some(store) = self.registered.read().get(&key(url)) {
            return Ok(Arc::clone(store));
        }
        match (url.scheme(), url.host_str()) {
            ("file", _) => Ok(Arc::clone(&self.local) as Arc<dyn ObjectStore>),
            ("s3", Some(bucket)) => Ok(self.s3.bucket(bucket)),
            _ => Err(plan_datafusion_err!("`{url}` names no store: give a path, file:///dir or s3://bucket/prefix")),
        }
    }
}

/// A store is known by the scheme and the host of its URLs.
fn key(url: &Url) -> String {
    format!("{}://{}", url.scheme(), url.host_str().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use object_store::memory::InMemory;

    use super::*;

    fn found(stores: &Stores, url: &str) -> Result<Arc<dyn ObjectStore>> {
        stores.get_store(&Url::parse(url).unwrap())
    }

    #[test]
    fn a_bucket_is_looked_up_once() {
        let stores = Stores::new(S3Options::default());
        let first = found(&stores, "s3://lake/a/b").unwrap();
        assert!(Arc::ptr_eq(&first, &found(&stores, "s3://lake/c").unwrap()));
        assert_eq!(first.to_string(), "s3://lake");
        assert!(found(&stores, "file:///tmp").is_ok());
    }

    #[test]
    fn only_a_bucket_of_ours_may_hold_unfinished_uploads() {
        let stores = Stores::new(S3Options::default());
        let url = |text| Url::parse(text).unwrap();
        assert!(stores.uploads(&url("s3://lake/")).is_some() && stores.uploads(&url("file:///tmp/")).is_none());
        stores.register_store(&url("s3://lake"), Arc::new(InMemory::new()));
        assert!(stores.uploads(&url("s3://lake/")).is_none());
    }

    #[test]
    fn a_registered_store_goes_before_ours() {
        let stores = Stores::new(S3Options::default());
        let url = Url::parse("s3://lake").unwrap();
        assert!(stores.register_store(&url, Arc::new(InMemory::new())).is_none());
        assert_eq!(found(&stores, "s3://lake/x").unwrap().to_string(), "InMemory");
        stores.deregister_store(&url).unwrap();
        assert_eq!(found(&stores, "s3://lake/x").unwrap().to_string(), "s3://lake");
    }

    #[test]
    fn what_is_no_store_says_so() {
        let stores = Stores::new(S3Options::default());
        let error = found(&stores, "gs://lake/x").unwrap_err().to_string();
        assert!(error.contains("`gs://lake/x` names no store"), "{error}");
    }
}

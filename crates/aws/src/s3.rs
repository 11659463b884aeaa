//! `S3Store`: one bucket, through one client that is made at the first request.

use std::collections::HashMap;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures::stream::{self, BoxStream};
use futures::{StreamExt, TryStreamExt};
use object_store::aws::AmazonS3;
use object_store::path::Path;
use object_store::{
    CopyOptions, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore, PutMode,
    PutMultipartOptions, PutOptions, PutPayload, PutResult, Result,
};
use parking_lot::Mutex;
use tokio::sync::OnceCell;

mod answer;
mod client;
mod credentials;
mod listing;
mod refusal;
mod unfinished;
mod upload;
mod way;

use answer::repeated;
pub use client::S3Options;
use listing::{deleted, resumed};
use refusal::{explained, is_conflict, is_undecided, undecided};
pub use unfinished::{UnfinishedUpload, Uploads};
use upload::OwnedUpload;
pub use way::{NoWay, answers, lost_way};

/// How often a create-only put is sent, and the first pause before it is sent again.
const CREATIONS: u32 = 8;
const FIRST_PAUSE: Duration = Duration::from_millis(100);

/// The buckets that a process uses, each with one client, whoever asks for it and how often.
#[derive(Debug, Default)]
pub struct S3Stores {
    options: S3Options,
    stores: Mutex<HashMap<String, Arc<S3Store>>>,
}

impl S3Stores {
    /// Returns no bucket yet; those to come are written with `options`.
    pub fn new(options: S3Options) -> Self {
        Self { options, stores: Mutex::default() }
    }

    /// Returns the store of `bucket`; contacts nobody.
    pub fn bucket(&self, bucket: &str) -> Arc<S3Store> {
        let mut stores = self.stores.lock();
        let store =
            stores.entry(bucket.to_owned()).or_insert_with(|| Arc::new(S3Store::new(bucket, self.options.clone())));
        Arc::clone(store)
    }
}

/// A bucket of S3, or of a server that speaks its protocol.
///
/// Whoever looks a store up cannot wait, and region and credentials take requests to find: so the client is made when
/// the first object is asked for.
#[derive(Debug, Clone)]
pub struct S3Store {
    bucket: String,
    options: S3Options,
    client: Arc<OnceCell<AmazonS3>>,
}

impl S3Store {
    fn new(bucket: &str, options: S3Options) -> Self {
        Self { bucket: bucket.to_owned(), options, client: Arc::default() }
    }

    async fn client(&self) -> Result<&AmazonS3> {
        self.client.get_or_try_init(|| client::connect(&self.bucket, &self.options)).await
    }

    fn explained<T>(&self, result: Result<T>) -> Result<T> {
        result.map_err(|error| explained(&self.bucket, error))
    }

    /// Puts an object if there is none, and says [`AlreadyExists`](object_store::Error::AlreadyExists) only when there
    /// is one: S3 answers 409 where two such puts meet, which decides nothing, and 412 to the loser (facts, 6.4).
    ///
    /// An answer that was lost is asked for again, so the object that is there may be the caller's own.
    async fn create(&self, location: &Path, payload: PutPayload, options: PutOptions) -> Result<PutResult> {
        let client = self.client().await?;
        let mut pause = FIRST_PAUSE;
        for _ in 1..CREATIONS {
            match client.put_opts(location, payload.clone(), options.clone()).await {
                Err(error) if is_undecided(&error) && lost_way(&error).is_none() => {
                    tracing::info!(object = %location, %error, "putting it again")
                }
                decided => return self.explained(decided),
            }
            tokio::time::sleep(pause.mul_f64(rand::random_range(0.5..1.5))).await;
            pause *= 2;
        }
        match client.put_opts(location, payload, options).await {
            Err(error) if is_conflict(&error) => Err(undecided(error)),
            decided => self.explained(decided),
        }
    }
}

#[async_trait]
impl ObjectStore for S3Store {
    async fn put_opts(&self, location: &Path, payload: PutPayload, options: PutOptions) -> Result<PutResult> {
        if options.mode == PutMode::Create {
            return self.create(location, payload, options).await;
        }
        self.explained(self.client().await?.put_opts(location, payload, options).await)
    }

    async fn put_multipart_opts(
        &self,
        location: &Path,
        options: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        let client = self.client().await?;
        // An upload whose answer is lost is nobody's: the commit of its run looks for such.
        let upload = repeated(|| client.put_multipart_opts(location, options.clone())).await;
        Ok(Box::new(OwnedUpload::new(location.clone(), self.explained(upload)?, Arc::new(client.clone()))))
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        self.explained(self.client().await?.get_opts(location, options).await)
    }

    async fn get_ranges(&self, location: &Path, ranges: &[Range<u64>]) -> Result<Vec<bytes::Bytes>> {
        self.explained(self.client().await?.get_ranges(location, ranges).await)
    }

    fn delete_stream(&self, locations: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        self.when_connected(|client| {
            let client = client.clone();
            deleted(locations, move |paths| client.delete_stream(stream::iter(paths).map(Ok).boxed()))
        })
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.entries(prefix.cloned(), None)
    }

    fn list_with_offset(&self, prefix: Option<&Path>, offset: &Path) -> BoxStream<'static, Result<ObjectMeta>> {
        self.entries(prefix.cloned(), Some(offset.clone()))
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        let client = self.client().await?;
        self.explained(repeated(|| client.list_with_delimiter(prefix)).await)
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.explained(self.client().await?.copy_opts(from, to, options).await)
    }
}

impl S3Store {
    fn entries(&self, prefix: Option<Path>, offset: Option<Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.when_connected(|client| {
            let client = client.clone();
            let list = move |offset: Option<&Path>| match offset {
                Some(offset) => client.list_with_offset(prefix.as_ref(), offset),
                None => client.list(prefix.as_ref()),
            };
            resumed(list, offset)
        })
    }

    fn when_connected<T, F>(&self, stream: F) -> BoxStream<'static, Result<T>>
    where
        T: Send + 'static,
        F: FnOnce(&AmazonS3) -> BoxStream<'static, Result<T>> + Send + 'static,
    {
        let (store, bucket) = (self.clone(), self.bucket.clone());
        let opened = async move { Ok::<_, object_store::Error>(stream(store.client().await?)) };
        stream::once(opened).try_flatten().map_err(move |error| explained(&bucket, error)).boxed()
    }
}

impl fmt::Display for S3Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "s3://{}", self.bucket)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_has_one_client() {
        let stores = S3Stores::default();
        assert!(Arc::ptr_eq(&stores.bucket("lake"), &stores.bucket("lake")));
        assert!(!Arc::ptr_eq(&stores.bucket("lake"), &stores.bucket("other")));
    }
}

//! A multipart upload that is not forgotten: what is neither completed nor aborted is aborted when it is dropped.
//!
//! S3 keeps, and bills, the parts of an upload until somebody ends it. A killed process ends none: the commit of its run or
//! an expiry does, or a lifecycle rule of the bucket, `AbortIncompleteMultipartUpload` (facts, 2.2).

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use object_store::path::Path;
use object_store::{Error, MultipartUpload, ObjectStore, ObjectStoreExt, PutPayload, PutResult, Result, UploadPart};
use tokio::runtime::Handle;

use super::answer::{Patience, broke_off};

/// An upload that ends with this value.
pub(super) struct OwnedUpload {
    location: Path,
    upload: Option<Box<dyn MultipartUpload>>,
    store: Arc<dyn ObjectStore>,
    bytes: usize,
}

impl OwnedUpload {
    /// Takes over an upload to `store` that has begun. `location` must be a name of its own, as those of data files are.
    pub(super) fn new(location: Path, upload: Box<dyn MultipartUpload>, store: Arc<dyn ObjectStore>) -> Self {
        Self { location, upload: Some(upload), store, bytes: 0 }
    }

    fn ended(&self) -> Error {
        let source = format!("the upload of `{}` has ended", self.location).into();
        Error::Generic { store: "S3", source }
    }
}

#[async_trait]
impl MultipartUpload for OwnedUpload {
    fn put_part(&mut self, data: PutPayload) -> UploadPart {
        let ended = self.ended();
        self.bytes += data.content_length();
        match &mut self.upload {
            Some(upload) => upload.put_part(data),
            None => Box::pin(async { Err(ended) }),
        }
    }

    async fn complete(&mut self) -> Result<PutResult> {
        let ended = self.ended();
        let completed = self.upload.as_mut().ok_or(ended)?.complete().await;
        let completed = match completed {
            Ok(completed) => completed,
            Err(error) => found(self.store.as_ref(), &self.location, self.bytes, error).await?,
        };
        self.upload = None;
        Ok(completed)
    }

    /// Aborts the upload. One that is gone was aborted, or completed by a request whose answer was lost.
    async fn abort(&mut self) -> Result<()> {
        let Some(mut upload) = self.upload.take() else { return Ok(()) };
        match upload.abort().await {
            Err(Error::NotFound { .. }) => Ok(()),
            aborted => aborted,
        }
    }
}

/// Returns what a completion has done that was told to have failed with `error`: its answer may have been lost, and to a
/// repetition S3 says that there is no such upload. An object of the upload's length is the upload's, for nobody else has
/// its name; S3 may still be making it when the answer breaks off.
async fn found(store: &dyn ObjectStore, location: &Path, bytes: usize, error: Error) -> Result<PutResult> {
    let mut patience = Patience::default();
    loop {
        match store.head(location).await {
            Ok(found) if found.size == bytes as u64 => {
                tracing::info!(object = %location, %error, "upload is complete all the same");
                return Ok(PutResult { e_tag: found.e_tag, version: found.version });
            }
            Ok(_) | Err(_) if broke_off(&error) && patience.waits(&error).await => {}
            Ok(_) | Err(_) => return Err(error),
        }
    }
}

impl Drop for OwnedUpload {
    fn drop(&mut self) {
        let (Some(mut upload), Ok(runtime)) = (self.upload.take(), Handle::try_current()) else { return };
        let location = self.location.clone();
        runtime.spawn(async move {
            match upload.abort().await {
                Ok(()) | Err(Error::NotFound { .. }) => tracing::debug!(object = %location, "upload given up"),
                Err(error) => tracing::warn!(object = %location, %error, "upload could not be aborted"),
            }
        });
    }
}

impl fmt::Debug for OwnedUpload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OwnedUpload").field("location", &self.location).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use object_store::memory::InMemory;
    use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

    use super::super::answer::tests::broken;
    use super::*;

    /// Says what is done with it; what completing it fails with is taken from `failure`.
    #[derive(Debug)]
    struct Told {
        told: UnboundedSender<&'static str>,
        failure: Option<Error>,
    }

    #[async_trait]
    impl MultipartUpload for Told {
        fn put_part(&mut self, _: PutPayload) -> UploadPart {
            Box::pin(async { Ok(()) })
        }

        async fn complete(&mut self) -> Result<PutResult> {
            self.told.send("complete").unwrap();
            self.failure.take().map_or(Ok(PutResult { e_tag: None, version: None }), Err)
        }

        async fn abort(&mut self) -> Result<()> {
            self.told.send("abort").unwrap();
            Err(Error::NotFound { path: "x".to_owned(), source: "gone".into() })
        }
    }

    /// An upload of four bytes to a store in which its name has what is `there`.
    async fn upload(failure: Option<Error>, there: &'static [u8]) -> (OwnedUpload, UnboundedReceiver<&'static str>) {
        let (told, heard) = unbounded_channel();
        let (store, location) = (Arc::new(InMemory::new()), Path::from("x"));
        if !there.is_empty() {
            store.put(&location, there.into()).await.unwrap();
        }
        let mut upload = OwnedUpload::new(location, Box::new(Told { told, failure }), store);
        upload.put_part(PutPayload::from_static(b"rows")).await.unwrap();
        (upload, heard)
    }

    fn gone() -> Option<Error> {
        Some(Error::NotFound { path: "x".to_owned(), source: "gone".into() })
    }

    #[tokio::test]
    async fn an_upload_that_is_dropped_is_aborted() {
        let (dropped, mut heard) = upload(None, b"").await;
        drop(dropped);
        assert_eq!(heard.recv().await, Some("abort"));
    }

    #[tokio::test]
    async fn a_completed_upload_is_left_alone() {
        let (mut completed, mut heard) = upload(None, b"").await;
        completed.complete().await.unwrap();
        drop(completed);
        assert_eq!((heard.recv().await, heard.recv().await), (Some("complete"), None));
    }

    #[tokio::test]
    async fn an_upload_that_is_gone_counts_as_aborted() {
        let (mut failed, _heard) = upload(gone(), b"").await;
        assert!(failed.complete().await.is_err());
        failed.abort().await.unwrap();
    }

    #[tokio::test]
    async fn an_upload_whose_object_is_there_is_complete_whatever_was_answered() {
        for failure in [Some(broken()), gone()] {
            let (mut completed, mut heard) = upload(failure, b"ROWS").await;
            completed.complete().await.unwrap();
            drop(completed);
            assert_eq!((heard.recv().await, heard.recv().await), (Some("complete"), None));
        }
    }

    #[tokio::test]
    async fn an_object_of_another_length_is_not_the_uploads() {
        let (mut failed, mut heard) = upload(gone(), b"row").await;
        assert!(failed.complete().await.is_err());
        drop(failed);
        assert_eq!((heard.recv().await, heard.recv().await), (Some("complete"), Some("abort")));
    }
}

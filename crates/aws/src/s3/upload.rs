//! A multipart upload that is not forgotten: what is neither completed nor aborted is aborted when it is dropped.
//!
//! S3 keeps, and bills, the parts of an upload until somebody ends it. A killed process ends none: a lifecycle rule of
//! the bucket, `AbortIncompleteMultipartUpload`, removes those (facts, 2.2).

use std::fmt;

use async_trait::async_trait;
use object_store::path::Path;
use object_store::{Error, MultipartUpload, PutPayload, PutResult, Result, UploadPart};
use tokio::runtime::Handle;

/// An upload that ends with this value.
pub(super) struct OwnedUpload {
    location: Path,
    upload: Option<Box<dyn MultipartUpload>>,
}

impl OwnedUpload {
    /// Takes over an upload that has begun.
    pub(super) fn new(location: Path, upload: Box<dyn MultipartUpload>) -> Self {
        Self { location, upload: Some(upload) }
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
        match &mut self.upload {
            Some(upload) => upload.put_part(data),
            None => Box::pin(async { Err(ended) }),
        }
    }

    async fn complete(&mut self) -> Result<PutResult> {
        let ended = self.ended();
        let completed = self.upload.as_mut().ok_or(ended)?.complete().await?;
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
    use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

    use super::*;

    /// Says what is done with it; completing it fails as often as `failures` says.
    #[derive(Debug)]
    struct Told {
        told: UnboundedSender<&'static str>,
        failures: u32,
    }

    #[async_trait]
    impl MultipartUpload for Told {
        fn put_part(&mut self, _: PutPayload) -> UploadPart {
            Box::pin(async { Ok(()) })
        }

        async fn complete(&mut self) -> Result<PutResult> {
            self.told.send("complete").unwrap();
            if self.failures > 0 {
                self.failures -= 1;
                return Err(Error::Generic { store: "S3", source: "cut".into() });
            }
            Ok(PutResult { e_tag: None, version: None })
        }

        async fn abort(&mut self) -> Result<()> {
            self.told.send("abort").unwrap();
            Err(Error::NotFound { path: "x".to_owned(), source: "gone".into() })
        }
    }

    fn upload(failures: u32) -> (OwnedUpload, UnboundedReceiver<&'static str>) {
        let (told, heard) = unbounded_channel();
        (OwnedUpload::new(Path::from("x"), Box::new(Told { told, failures })), heard)
    }

    #[tokio::test]
    async fn an_upload_that_is_dropped_is_aborted() {
        let (dropped, mut heard) = upload(0);
        drop(dropped);
        assert_eq!(heard.recv().await, Some("abort"));
    }

    #[tokio::test]
    async fn a_completed_upload_is_left_alone() {
        let (mut completed, mut heard) = upload(0);
        completed.complete().await.unwrap();
        drop(completed);
        assert_eq!((heard.recv().await, heard.recv().await), (Some("complete"), None));
    }

    #[tokio::test]
    async fn an_upload_that_is_gone_counts_as_aborted() {
        let (mut failed, _heard) = upload(1);
        assert!(failed.complete().await.is_err());
        failed.abort().await.unwrap();
    }
}

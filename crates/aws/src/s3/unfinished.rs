//! Uploads that were begun and never ended: S3 keeps, and bills, their parts until somebody ends them.
//!
//! `object_store` does not list them, so the request is made here, with its signature, its HTTP client and its address of
//! the bucket.

use std::fmt::Debug;
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use http::{Method, Request, StatusCode};
use object_store::aws::{AmazonS3, AwsAuthorizer};
use object_store::client::{HttpClient, HttpConnector, HttpRequestBody, ReqwestConnector};
use object_store::multipart::MultipartStore;
use object_store::path::Path;
use object_store::signer::Signer;
use object_store::{Error, Result};
use serde::Deserialize;
use url::Url;

use super::S3Store;
use super::answer::Patience;
use super::client::limits;
use super::refusal::explained;
use crate::{AwsError, sdk_config};

/// An upload that was begun, and neither completed nor aborted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnfinishedUpload {
    /// The object that it would become.
    pub location: Path,
    /// What S3 calls it.
    pub id: String,
    /// When it was begun.
    pub begun: DateTime<Utc>,
}

/// A store in which uploads may be left behind.
#[async_trait]
pub trait Uploads: Debug + Send + Sync {
    /// Returns the unfinished uploads below `dir`; none where the server cannot say.
    ///
    /// # Errors
    /// When the request is refused, or fails again and again.
    async fn unfinished(&self, dir: &Path) -> Result<Vec<UnfinishedUpload>>;

    /// Ends an upload, and frees its parts. May be repeated: one that is gone counts as aborted.
    ///
    /// # Errors
    /// When the request is refused, or fails again and again.
    async fn abort(&self, upload: &UnfinishedUpload) -> Result<()>;
}

#[async_trait]
impl Uploads for S3Store {
    async fn unfinished(&self, dir: &Path) -> Result<Vec<UnfinishedUpload>> {
        let client = self.client().await?;
        let asking = Asking::of(client).await?;
        let (mut found, mut after) = (Vec::new(), None);
        loop {
            let page = asking.page(client, dir, after.as_ref()).await;
            let Some(page) = page.map_err(|error| explained(&self.bucket, error))? else { return Ok(found) };
            let next = page.next();
            found.extend(page.uploads.into_iter().filter_map(Listed::into_upload));
            if next.is_none() || next == after {
                return Ok(found);
            }
            after = next;
        }
    }

    async fn abort(&self, upload: &UnfinishedUpload) -> Result<()> {
        let client = self.client().await?;
        let mut patience = Patience::default();
        loop {
            match client.abort_multipart(&upload.location, &upload.id).await {
                Ok(()) | Err(Error::NotFound { .. }) => return Ok(()),
                Err(error @ Error::Generic { .. }) if patience.waits(&error).await => {}
                Err(error) => return Err(explained(&self.bucket, error)),
            }
        }
    }
}

/// What every page is asked for with.
struct Asking {
    bucket: Url,
    region: String,
    http: HttpClient,
}

/// Where the next page begins: after this object's upload of this id.
type Marker = (String, String);

impl Asking {
    async fn of(client: &AmazonS3) -> Result<Self> {
        let config = sdk_config().await.map_err(failure)?;
        let region = config.region().ok_or(AwsError::NoRegion).map_err(failure)?.to_string();
        // The address of the object without a name is the bucket's, once the signature is off.
        let mut bucket = client.signed_url(Method::GET, &Path::default(), Duration::from_secs(60)).await?;
        bucket.set_query(None);
        let http = ReqwestConnector::default().connect(&limits(bucket.scheme() == "http"))?;
        Ok(Self { bucket, region, http })
    }

    /// Returns a page, or `None` where the server does not know the request.
    async fn page(&self, client: &AmazonS3, dir: &Path, after: Option<&Marker>) -> Result<Option<Page>> {
        let mut patience = Patience::default();
        loop {
            match self.answer(client, dir, after).await {
                Ok((StatusCode::NOT_IMPLEMENTED, _)) => return Ok(None),
                Ok((status, text)) if status.is_success() => {
                    return quick_xml::de::from_str(&text).map(Some).map_err(failure);
                }
                Ok((status, text)) => {
                    let error = failure(format!("{status}: {text}"));
                    let passes = status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS;
                    if !(passes && patience.waits(&error).await) {
                        return Err(error);
                    }
                }
                Err(error @ Error::Generic { .. }) if patience.waits(&error).await => {}
                Err(error) => return Err(error),
            }
        }
    }

    async fn answer(&self, client: &AmazonS3, dir: &Path, after: Option<&Marker>) -> Result<(StatusCode, String)> {
        let url = listing_url(self.bucket.clone(), dir, after);
        let mut request = Request::get(url.as_str()).body(HttpRequestBody::empty()).map_err(failure)?;
        let credential = client.credentials().get_credential().await?;
        AwsAuthorizer::new(&credential, "s3", &self.region).authorize(&mut request, None);
        let answer = self.http.execute(request).await.map_err(failure)?;
        let status = answer.status();
        let text = answer.into_body().bytes().await.map_err(failure)?;
        Ok((status, String::from_utf8_lossy(&text).into_owned()))
    }
}

/// Returns the URL that lists the uploads below `dir`. A blank is `%20` in what is signed, and so it is in the URL.
fn listing_url(mut bucket: Url, dir: &Path, after: Option<&Marker>) -> Url {
    bucket.query_pairs_mut().append_pair("uploads", "").append_pair("prefix", &format!("{dir}/"));
    if let Some((key, id)) = after {
        bucket.query_pairs_mut().append_pair("key-marker", key).append_pair("upload-id-marker", id);
    }
    let query = bucket.query().map(|query| query.replace('+', "%20"));
    bucket.set_query(query.as_deref());
    bucket
}

fn failure(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
    Error::Generic { store: "S3", source: source.into() }
}

/// S3's `ListMultipartUploadsResult`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Page {
    #[serde(default)]
    is_truncated: bool,
    next_key_marker: Option<String>,
    next_upload_id_marker: Option<String>,
    #[serde(default, rename = "Upload")]
    uploads: Vec<Listed>,
}

impl Page {
    fn next(&self) -> Option<Marker> {
        let marker = (self.next_key_marker.clone()?, self.next_upload_id_marker.clone().unwrap_or_default());
        self.is_truncated.then_some(marker)
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Listed {
    key: String,
    upload_id: String,
    initiated: DateTime<Utc>,
}

impl Listed {
    /// Returns the upload, unless its object has a name that no object of a warehouse has.
    fn into_upload(self) -> Option<UnfinishedUpload> {
        let location = Path::parse(&self.key).ok()?;
        Some(UnfinishedUpload { location, id: self.upload_id, begun: self.initiated })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANSWER: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<ListMultipartUploadsResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">
  <Bucket>lake</Bucket><KeyMarker></KeyMarker><UploadIdMarker></UploadIdMarker>
  <NextKeyMarker>raw/b &amp; c</NextKeyMarker><NextUploadIdMarker>YW55</NextUploadIdMarker>
  <MaxUploads>2</MaxUploads><IsTruncated>true</IsTruncated>
  <Upload><Key>raw/a</Key><UploadId>XMgbGlrZSBl</UploadId>
    <Initiator><ID>arn:aws:iam::111122223333:user/x</ID></Initiator><Owner><ID>75aa57f0</ID></Owner>
    <StorageClass>STANDARD</StorageClass><Initiated>2026-11-10T20:48:33.000Z</Initiated></Upload>
  <Upload><Key>raw/b &amp; c</Key><UploadId>YW55</UploadId><StorageClass>STANDARD</StorageClass>
    <Initiated>2026-11-10T20:49:33.000Z</Initiated></Upload>
</ListMultipartUploadsResult>"#;

    #[test]
    fn an_answer_says_what_was_begun_when_and_where_the_next_page_begins() {
        let page: Page = quick_xml::de::from_str(ANSWER).unwrap();
        assert_eq!(page.next(), Some(("raw/b & c".to_owned(), "YW55".to_owned())));
        let uploads: Vec<_> = page.uploads.into_iter().filter_map(Listed::into_upload).collect();
        let begun = "2026-11-10T20:48:33Z".parse().unwrap();
        assert_eq!(uploads[0], UnfinishedUpload { location: "raw/a".into(), id: "XMgbGlrZSBl".to_owned(), begun });
        assert_eq!(uploads[1].location, Path::from("raw/b & c"));
    }

    #[test]
    fn a_last_answer_has_no_next_page() {
        let answer = "<ListMultipartUploadsResult><NextKeyMarker/><IsTruncated>false</IsTruncated>\
                      </ListMultipartUploadsResult>";
        let page: Page = quick_xml::de::from_str(answer).unwrap();
        assert!(page.next().is_none() && page.uploads.is_empty());
    }

    #[test]
    fn a_name_is_signed_as_it_is_sent() {
        let bucket = "http://127.0.0.1:1/lake/".parse().unwrap();
        let after = ("a+b".to_owned(), "id".to_owned());
        let url = listing_url(bucket, &Path::from("raw/my table"), Some(&after));
        let query = "uploads=&prefix=raw%2Fmy%20table%2F&key-marker=a%2Bb&upload-id-marker=id";
        assert_eq!(url.as_str(), format!("http://127.0.0.1:1/lake/?{query}"));
    }
}

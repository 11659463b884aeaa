//! Unfinished multipart uploads: the S3 server knows them by their ids only and cannot list them, so a road to it keeps the
//! list. What is still unfinished the server's own files say.

use super::aws::{ACCESS_KEY, BUCKET, SECRET_KEY, s3};
use object_store::aws::{AmazonS3, AmazonS3Builder};
use object_store::multipart::MultipartStore;
use object_store::path::Path;
use std::sync::Mutex;

/// The uploads that were begun on a road.
#[derive(Debug)]
pub(super) struct UploadList {
    begun_at: &'static str,
    begun: Mutex<Vec<Begun>>,
}

#[derive(Debug)]
struct Begun {
    key: String,
    id: String,
}

impl Default for UploadList {
    fn default() -> Self {
        Self::begun_at("2026-11-23T06:30:00.000Z")
    }
}

impl UploadList {
    /// Returns an empty list, which says of every upload that it was begun at a moment.
    pub(super) fn begun_at(begun_at: &'static str) -> Self {
        Self { begun_at, begun: Mutex::default() }
    }

    /// Notes an upload that was begun, given a request's head and its answer; returns whether it is the first.
    pub(super) fn notes_first(&self, head: &str, answer: &[u8]) -> bool {
        let answer = String::from_utf8_lossy(answer);
        let Some(target) = head.strip_prefix("POST ").filter(|target| target.contains("?uploads")) else {
            return false;
        };
        let (Some(key), Some(id)) = (between(target, &format!("/{BUCKET}/"), "?"), between(&answer, "<UploadId>", "<"))
        else {
            return false;
        };
        let mut begun = self.begun.lock().unwrap();
        begun.push(Begun { key: key.replace("%3D", "="), id: id.to_owned() });
        begun.len() == 1
    }

    /// Returns the answer to a request that lists uploads, to which the server says that it is not implemented: that
    /// the request is signed as it should be it has seen before.
    pub(super) fn list(&self, head: &str, answer: &[u8]) -> Option<Vec<u8>> {
        let query = head.strip_prefix("GET ").and_then(|target| between(target, "?uploads", " "))?;
        let refused = String::from_utf8_lossy(answer);
        assert!(refused.starts_with("HTTP/1.1 501"), "{refused}");
        let prefix = between(query, "prefix=", "&").or(query.split_once("prefix=").map(|(_, rest)| rest)).unwrap();
        let prefix = prefix.replace("%2F", "/").replace("%3D", "=");
        let listed = |upload: &Begun| {
            let Begun { key, id } = upload;
            let begun = self.begun_at;
            format!("<Upload><Key>{key}</Key><UploadId>{id}</UploadId><Initiated>{begun}</Initiated></Upload>")
        };
        let begun = self.begun.lock().unwrap();
        let left = begun.iter().filter(|upload| upload.key.starts_with(&prefix) && is_unfinished(&upload.id));
        let uploads: String = left.map(listed).collect();
        let body = format!(
            "<ListMultipartUploadsResult><IsTruncated>false</IsTruncated>{uploads}</ListMultipartUploadsResult>"
        );
        let head = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: application/xml\r\n";
        Some(format!("{head}Content-Length: {}\r\n\r\n{body}", body.len()).into_bytes())
    }
}

fn is_unfinished(id: &str) -> bool {
    s3().directory().join(format!(".upload-{id}.json")).exists()
}

fn between<'a>(text: &'a str, start: &str, end: &str) -> Option<&'a str> {
    text.split_once(start)?.1.split_once(end).map(|(found, _)| found)
}

/// An upload that a test begins and nobody ends.
#[derive(Debug)]
pub(crate) struct Upload {
    store: AmazonS3,
    path: Path,
    id: String,
}

impl Upload {
    /// Begins an upload of the object `key` through `endpoint`.
    pub(crate) fn begin(endpoint: &str, key: &str) -> Self {
        let store = AmazonS3Builder::new()
            .with_endpoint(endpoint)
            .with_allow_http(true)
            .with_bucket_name(BUCKET)
            .with_access_key_id(ACCESS_KEY)
            .with_secret_access_key(SECRET_KEY)
            .build()
            .unwrap();
        let path = Path::from(key);
        let id = block_on(store.create_multipart(&path)).unwrap();
        Self { store, path, id }
    }

    /// Returns whether it is there still.
    pub(crate) fn is_there(&self) -> bool {
        is_unfinished(&self.id)
    }
}

/// Leaves nothing behind for the tests that look for what others left.
impl Drop for Upload {
    fn drop(&mut self) {
        if self.is_there() {
            block_on(self.store.abort_multipart(&self.path, &self.id)).unwrap();
        }
    }
}

fn block_on<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Runtime::new().unwrap().block_on(work)
}

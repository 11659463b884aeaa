//! The root below which every table's snapshots lie: a local directory or a bucket's prefix.

use std::fmt;
use std::str::FromStr;

use datafusion::execution::object_store::ObjectStoreUrl;
use object_store::path::Path;
use serde::{Deserialize, Serialize};
use url::Url;

/// A warehouse: the object store it is in, and the path within that store.
///
/// Parses a path (made absolute against the working directory), a `file://` URL or an `s3://bucket/prefix`.
/// Travels in plans as its URL; it never holds a credential.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Warehouse {
    url: Url,
    store: ObjectStoreUrl,
    root: Path,
}

impl Warehouse {
    /// Returns the store the warehouse is in, as DataFusion's registry knows it.
    pub fn store_url(&self) -> &ObjectStoreUrl {
        &self.store
    }

    /// Returns the warehouse's path within its store.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Returns the local directory, if the warehouse is one.
    pub fn local_dir(&self) -> Option<std::path::PathBuf> {
        (self.url.scheme() == "file").then(|| self.url.to_file_path().ok()).flatten()
    }

    /// Returns the URL of a directory in this warehouse's store, with a trailing slash. On S3 the key stands in it as it is, not
    /// encoded: that is what readers of a catalog take a location for.
    pub fn url_of(&self, dir: &Path) -> String {
        if self.local_dir().is_none() {
            return format!("{}{dir}/", self.store.as_str());
        }
        let below = dir.prefix_match(&self.root).into_iter().flatten();
        let mut url = self.url.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty();
            for part in below {
                segments.push(part.as_ref());
            }
            segments.push("");
        }
        url.into()
    }
}

impl FromStr for Warehouse {
    type Err = WarehouseError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let error = |reason: String| WarehouseError { text: text.to_owned(), reason };
        if text.is_empty() {
            return Err(error("it is empty".to_owned()));
        }
        let mut url = match Url::parse(text) {
            Ok(url) => url,
            Err(_) => directory_url(text).map_err(error)?,
        };
        if !url.path().ends_with('/') {
            url.set_path(&format!("{}/", url.path()));
        }
        let store = match (url.scheme(), url.host_str()) {
            ("file", None | Some("")) => ObjectStoreUrl::local_filesystem(),
            ("s3", Some(bucket)) => {
                ObjectStoreUrl::parse(format!("s3://{bucket}")).map_err(|e| error(e.to_string()))?
            }
            ("s3", None) => return Err(error("it names no bucket".to_owned())),
            (scheme, _) => return Err(error(format!("`{scheme}` is no store this build knows"))),
        };
        if !url.username().is_empty() || url.password().is_some() || url.query().is_some() {
            return Err(error("credentials and options do not belong into it".to_owned()));
        }
        let root = Path::from_url_path(url.path()).map_err(|e| error(e.to_string()))?;
        Ok(Self { url, store, root })
    }
}

fn directory_url(text: &str) -> Result<Url, String> {
    let path = std::path::absolute(text).map_err(|e| e.to_string())?;
    Url::from_directory_path(&path).map_err(|()| "it is no directory's path".to_owned())
}

impl fmt::Display for Warehouse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.url.as_str())
    }
}

impl TryFrom<String> for Warehouse {
    type Error = WarehouseError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Warehouse> for String {
    fn from(warehouse: Warehouse) -> Self {
        warehouse.url.into()
    }
}

/// Why a text names no warehouse.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a warehouse: {reason}; give a directory, `file:///dir` or `s3://bucket/prefix`")]
pub struct WarehouseError {
    text: String,
    reason: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_and_its_prefix() {
        let warehouse: Warehouse = "s3://lake/raw/mysql".parse().unwrap();
        assert_eq!(warehouse.to_string(), "s3://lake/raw/mysql/");
        assert_eq!(warehouse.store_url().as_str(), "s3://lake/");
        assert_eq!(warehouse.root().as_ref(), "raw/mysql");
        assert_eq!(warehouse.local_dir(), None);
    }

    #[test]
    fn a_path_becomes_absolute() {
        let warehouse: Warehouse = "./ware house".parse().unwrap();
        let dir = warehouse.local_dir().unwrap();
        assert!(dir.is_absolute() && dir.ends_with("ware house"), "{}", dir.display());
        assert_eq!(warehouse.store_url().as_str(), "file:///");
    }

    #[test]
    fn a_location_on_s3_is_a_key_and_one_on_a_disk_a_url() {
        for (text, table, location) in [
            ("s3://lake/raw", "T", "s3://lake/raw/db/T/y=2026/"),
            ("s3://lake", "T", "s3://lake/db/T/y=2026/"),
            ("s3://lake/my raw", "Order Details", "s3://lake/my raw/db/Order Details/y=2026/"),
            ("s3://lake", "Présent", "s3://lake/db/Pr%C3%A9sent/y=2026/"),
            ("/tmp/ware house", "Order Details", "file:///tmp/ware%20house/db/Order%20Details/y=2026/"),
            ("/", "T", "file:///db/T/y=2026/"),
        ] {
            let warehouse: Warehouse = text.parse().unwrap();
            let dir = warehouse.root().clone().join("db").join(table).join("y=2026");
            assert_eq!(warehouse.url_of(&dir), location);
        }
    }

    #[test]
    fn what_is_no_warehouse_is_refused() {
        for text in ["", "gs://bucket/x", "s3://key:secret@bucket/x", "s3://bucket/x?region=y", "mysql://h/d"] {
            assert!(text.parse::<Warehouse>().is_err(), "{text}");
        }
    }
}

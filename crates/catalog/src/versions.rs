//! `Versions`: the numbered documents in one directory, of which the highest is the current one.
//!
//! A reader never sees half a document. On a local disk `PutMode::Create` writes the whole document to `<name>#1`,
//! which listings leave out, and then makes a hard link of it under its own name, which fails if that name is taken:
//! the name stands for the whole document from the first moment. A writer that is killed before leaves the `#1` file,
//! which no one reads and the next writer goes around. S3 shows an object when it is complete, and refuses one that is
//! there (`If-None-Match`). Only a machine that loses power may forget a document's bytes and keep its name; reading
//! it then fails and says so, since going on with the version before it would take a published snapshot back.

use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt, PutMode, PutPayload};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::{CatalogError, VersionId};

/// The versions of one table or partition.
pub(crate) struct Versions<'a> {
    store: &'a dyn ObjectStore,
    dir: Path,
}

impl<'a> Versions<'a> {
    /// The versions in the directory `dir`, which need not exist.
    pub(crate) fn new(store: &'a dyn ObjectStore, dir: Path) -> Self {
        Self { store, dir }
    }

    /// Reads the current version, if there is one.
    pub(crate) async fn read_current<T: DeserializeOwned>(&self) -> Result<Option<(VersionId, T)>, CatalogError> {
        match self.current().await? {
            Some(number) => self.read(number).await.map(Some),
            None => Ok(None),
        }
    }

    /// Reads the version `number`.
    pub(crate) async fn read<T: DeserializeOwned>(&self, number: u64) -> Result<(VersionId, T), CatalogError> {
        let path = self.path(number);
        let failed = |source| CatalogError::Store { action: "read catalog document", path: path.clone(), source };
        let bytes = self.store.get(&path).await.map_err(failed)?.bytes().await.map_err(failed)?;
        match serde_json::from_slice(&bytes) {
            Ok(document) => Ok((version(number), document)),
            Err(source) => Err(CatalogError::Corrupt { document: path, source }),
        }
    }

    /// Puts the version after `expected`, which has to be the current one; `None` stands for no version.
    ///
    /// The look at the current version refuses a writer that comes late; the create-only put decides among those that
    /// come at the same time.
    pub(crate) async fn put_next<T: Serialize>(
        &self,
        document: &T,
        expected: Option<&VersionId>,
        entry: impl Fn() -> String,
    ) -> Result<(), CatalogError> {
        let current = self.current().await?;
        if current.map(version).as_ref() != expected {
            return Err(CatalogError::Stale { entry: entry() });
        }
        let path = self.path(current.map_or(1, |number| number + 1));
        let corrupt = |source| CatalogError::Corrupt { document: path.clone(), source };
        let bytes = serde_json::to_vec_pretty(document).map_err(corrupt)?;
        match self.store.put_opts(&path, PutPayload::from(bytes), PutMode::Create.into()).await {
            Ok(_) => Ok(()),
            Err(object_store::Error::AlreadyExists { .. }) => Err(CatalogError::Stale { entry: entry() }),
            Err(source) => Err(CatalogError::Store { action: "write catalog document", path, source }),
        }
    }

    async fn current(&self) -> Result<Option<u64>, CatalogError> {
        let listing = self.store.list_with_delimiter(Some(&self.dir)).await;
        let listing = listing.map_err(|source| CatalogError::Store {
            action: "list catalog directory",
            path: self.dir.clone(),
            source,
        })?;
        Ok(listing.objects.iter().filter_map(|object| number_of(&object.location)).max())
    }

    fn path(&self, number: u64) -> Path {
        self.dir.clone().join(format!("{number:08}.json"))
    }
}

fn version(number: u64) -> VersionId {
    VersionId::new(number.to_string())
}

/// Returns the number of a version's document, or `None` if `path` is none.
pub(crate) fn number_of(path: &Path) -> Option<u64> {
    let digits = path.filename()?.strip_suffix(".json")?;
    let numbered = digits.len() >= 8 && digits.bytes().all(|byte| byte.is_ascii_digit());
    if numbered { digits.parse().ok() } else { None }
}

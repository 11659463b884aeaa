//! A run's records: what it set out to do, what each split wrote, what was published.
//!
//! Each is a JSON document with a `version`; a reader refuses a version it does not know.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use futures::{StreamExt, TryStreamExt};
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt, PutMode, PutOptions, PutPayload};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use springald_aws::Uploads;
use springald_catalog::Column;

use crate::{ColumnCounts, ColumnDetail, RunLayout, SnapshotError};

/// The version of the records that this build writes and reads.
pub(crate) const RECORD_VERSION: u32 = 1;

const CONCURRENT_READS: usize = 32;

/// `plan.json`: what the run set out to do. Holds no secret.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PlanRecord {
    /// The record's version.
    pub version: u32,
    /// Which springald made the plan; nothing in a record of an earlier build.
    #[serde(default)]
    pub springald: String,
    /// The job, `ingest` or `process`.
    pub job: String,
    /// Where and for which day the run publishes.
    pub layout: RunLayout,
    /// How many splits make the snapshot.
    pub splits: u32,
    /// What is copied or computed, with all that decides which rows each split has: for `ingest` the source, its columns
    /// and splits, for `process` the query and the snapshots that it reads. An object.
    pub what: serde_json::Value,
}

impl PlanRecord {
    /// Returns the record of a run that starts.
    pub fn new(job: &str, layout: RunLayout, splits: u32, what: serde_json::Value) -> Self {
        let springald = env!("CARGO_PKG_VERSION").to_owned();
        Self { version: RECORD_VERSION, springald, job: job.to_owned(), layout, splits, what }
    }
}

/// `split-00012.json`: one finished split. The first attempt to put it wins.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SplitManifest {
    /// The record's version.
    pub version: u32,
    /// The split's number, from 0.
    pub split: u32,
    /// The attempt that wrote the files.
    pub attempt: String,
    /// The files, in the order they were written; none for a split without rows (but the first).
    pub files: Vec<DataFile>,
    /// Rows in all files.
    pub rows: u64,
    /// Bytes of all files.
    pub bytes: u64,
    /// Statistics per column, over all files.
    pub columns: Vec<ColumnStats>,
    /// What was counted while the split was read, e.g. dates that became NULL.
    #[serde(default, skip_serializing_if = "ColumnCounts::is_empty")]
    pub counts: ColumnCounts,
}

/// One Parquet file of a split.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DataFile {
    /// The file's name within the run's data directory.
    pub file: String,
    /// Its rows.
    pub rows: u64,
    /// Its size in bytes.
    pub bytes: u64,
}

/// What a split holds in one column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ColumnStats {
    /// The column's stored name.
    pub name: String,
    /// How many values are NULL.
    pub nulls: u64,
    /// A lower bound of the values, as text; absent if there is none. Long strings are cut.
    pub min: Option<String>,
    /// An upper bound of the values, as text; absent if there is none. Long strings are cut.
    pub max: Option<String>,
    /// What a look at every value has found; absent unless it was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<ColumnDetail>,
}

/// `commit.json`: the totals of a run whose every split is there, put before the catalog's pointer moves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommitRecord {
    /// The record's version.
    pub version: u32,
    /// Rows of the snapshot.
    pub rows: u64,
    /// Files of the snapshot.
    pub files: u64,
    /// Bytes of all files.
    pub bytes: u64,
    /// The data directory's URL, with a trailing slash.
    pub location: String,
    /// The columns, as the catalog has them; none in a record of an earlier build.
    #[serde(default)]
    pub columns: Vec<Column>,
    /// The location that the catalog named before, if any.
    pub replaced: Option<String>,
    /// What was counted while the splits were read, e.g. dates that became NULL.
    #[serde(default, skip_serializing_if = "ColumnCounts::is_empty")]
    pub counts: ColumnCounts,
    /// What is known of the source's consistency while it was read; null where there is no source.
    #[serde(default)]
    pub consistency: serde_json::Value,
}

/// The records of one run, in its store.
#[derive(Debug, Clone)]
pub struct RunStore {
    store: Arc<dyn ObjectStore>,
    uploads: Option<Arc<dyn Uploads>>,
    layout: RunLayout,
}

impl RunStore {
    /// Returns the records of the run at `layout` in `store`; touches nothing.
    pub fn new(store: Arc<dyn ObjectStore>, layout: RunLayout) -> Self {
        Self { store, uploads: None, layout }
    }

    /// Lets the run's unfinished uploads be found; a local store has none.
    #[must_use]
    pub fn with_uploads(self, uploads: Option<Arc<dyn Uploads>>) -> Self {
        Self { uploads, ..self }
    }

    /// Returns the run's place.
    pub fn layout(&self) -> &RunLayout {
        &self.layout
    }

    /// Returns the store the run is in.
    pub fn store(&self) -> &Arc<dyn ObjectStore> {
        &self.store
    }

    /// Puts `plan.json`.
    ///
    /// # Errors
    /// When the store cannot be written (this is the first object a run puts, so it also proves that it can), or when
    /// there is a run of this name, started in the same instant.
    pub async fn put_plan(&self, plan: &PlanRecord) -> Result<(), SnapshotError> {
        let path = self.layout.plan();
        // One that is there and is the same was put by this very call, whose first answer was lost.
        if self.put_new(&path, plan).await? || self.read::<PlanRecord>(&path).await?.as_ref() == Some(plan) {
            return Ok(());
        }
        Err(SnapshotError::RunExists { run: self.layout.run.clone() })
    }

    /// Puts `plan.json` again as a sign that the run is at work.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub async fn put_sign(&self, plan: &PlanRecord) -> Result<(), SnapshotError> {
        let path = self.layout.plan();
        self.store.put(&path, payload(&path, plan)?).await.map_err(SnapshotError::store("write", &path))?;
        Ok(())
    }

    /// Removes `commit.json`: nobody rolls back to the run any more. One that is gone already is no error.
    pub(crate) async fn withdraw_commit(&self) -> Result<(), SnapshotError> {
        self.delete(&self.layout.commit()).await
    }

    /// Reads `plan.json`, or `None` if there is no such run.
    pub async fn plan(&self) -> Result<Option<PlanRecord>, SnapshotError> {
        self.read(&self.layout.plan()).await
    }

    /// Reads `commit.json`, or `None` if the run has not come to its end.
    pub async fn commit(&self) -> Result<Option<CommitRecord>, SnapshotError> {
        self.read(&self.layout.commit()).await
    }

    /// Returns when the run put its last record; long ago, if it has none.
    pub(crate) async fn last_sign(&self) -> Result<DateTime<Utc>, SnapshotError> {
        let dir = self.layout.records_dir();
        let listed = self.store.list(Some(&dir)).map_ok(|meta| meta.last_modified);
        let signs: Vec<DateTime<Utc>> = listed.try_collect().await.map_err(SnapshotError::store("list", &dir))?;
        Ok(signs.into_iter().max().unwrap_or(DateTime::UNIX_EPOCH))
    }

    /// Reads a split's manifest, or `None` if no attempt has finished yet.
    pub async fn split(&self, split: u32) -> Result<Option<SplitManifest>, SnapshotError> {
        self.read(&self.layout.split(split)).await
    }

    /// Puts a split's manifest if there is none, and returns the one that is there: `manifest`, or the winner's.
    ///
    /// May be repeated: a put whose answer was lost finds its own manifest.
    pub async fn put_split(&self, manifest: SplitManifest) -> Result<SplitManifest, SnapshotError> {
        let path = self.layout.split(manifest.split);
        if self.put_new(&path, &manifest).await? {
            return Ok(manifest);
        }
        let gone = || object_store::Error::Generic { store: "manifest", source: "it was there and is gone".into() };
        self.read(&path).await?.ok_or_else(|| SnapshotError::store("read", &path)(gone()))
    }

    /// Returns how many splits are finished, without reading their manifests.
    pub async fn finished_splits(&self) -> Result<u64, SnapshotError> {
        Ok(self.split_paths().await?.len() as u64)
    }

    /// Reads all split manifests that are there, by number.
    pub async fn splits(&self) -> Result<Vec<SplitManifest>, SnapshotError> {
        let paths = self.split_paths().await?.into_iter();
        let reads = futures::stream::iter(paths.map(|path| async move { self.read::<SplitManifest>(&path).await }));
        let mut manifests: Vec<SplitManifest> =
            reads.buffer_unordered(CONCURRENT_READS).try_filter_map(async |found| Ok(found)).try_collect().await?;
        manifests.sort_by_key(|manifest| manifest.split);
        Ok(manifests)
    }

    /// Puts `commit.json`; one that is there already stays (a driver that takes up a finished run finds it).
    pub async fn put_commit(&self, commit: &CommitRecord) -> Result<(), SnapshotError> {
        self.put_new(&self.layout.commit(), commit).await?;
        Ok(())
    }

    /// Removes a data file that no manifest names; a file that is gone already is no error.
    pub async fn remove_data(&self, file: &str) -> Result<(), SnapshotError> {
        self.delete(&self.layout.data_dir().join(file)).await
    }

    async fn delete(&self, path: &Path) -> Result<(), SnapshotError> {
        match self.store.delete(path).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(SnapshotError::store("remove", path)(error)),
        }
    }

    /// Aborts what is left of uploads of data files, and returns how many. Only when nobody writes the run any more.
    pub(crate) async fn abort_uploads(&self) -> Result<usize, SnapshotError> {
        let Some(uploads) = &self.uploads else { return Ok(0) };
        let dir = self.layout.data_dir();
        let left = uploads.unfinished(&dir).await.map_err(SnapshotError::store("list uploads below", &dir))?;
        for upload in &left {
            uploads.abort(upload).await.map_err(SnapshotError::store("abort the upload of", &upload.location))?;
        }
        Ok(left.len())
    }

    async fn split_paths(&self) -> Result<Vec<Path>, SnapshotError> {
        let dir = self.layout.records_dir();
        let listed = self.store.list(Some(&dir)).map_ok(|meta| meta.location);
        let paths: Vec<Path> = listed.try_collect().await.map_err(SnapshotError::store("list", &dir))?;
        Ok(paths.into_iter().filter(|path| path.filename().is_some_and(|name| name.starts_with("split-"))).collect())
    }

    /// Puts `record` create-only; returns whether it was put.
    async fn put_new<T: Serialize>(&self, path: &Path, record: &T) -> Result<bool, SnapshotError> {
        let options = PutOptions { mode: PutMode::Create, ..PutOptions::default() };
        match self.store.put_opts(path, payload(path, record)?, options).await {
            Ok(_) => Ok(true),
            Err(object_store::Error::AlreadyExists { .. }) => Ok(false),
            Err(error) => Err(SnapshotError::store("write", path)(error)),
        }
    }

    async fn read<T: DeserializeOwned>(&self, path: &Path) -> Result<Option<T>, SnapshotError> {
        let found = match self.store.get(path).await {
            Ok(found) => found,
            Err(object_store::Error::NotFound { .. }) => return Ok(None),
            Err(error) => return Err(SnapshotError::store("read", path)(error)),
        };
        let bytes = found.bytes().await.map_err(SnapshotError::store("read", path))?;
        let record_error = |source| SnapshotError::Record { path: path.clone(), source };
        let version: Version = serde_json::from_slice(&bytes).map_err(record_error)?;
        if version.version != RECORD_VERSION {
            let text = format!("record version {} is not {RECORD_VERSION}", version.version);
            return Err(record_error(serde::de::Error::custom(text)));
        }
        serde_json::from_slice(&bytes).map(Some).map_err(record_error)
    }
}

#[derive(Deserialize)]
struct Version {
    version: u32,
}

fn payload<T: Serialize>(path: &Path, record: &T) -> Result<PutPayload, SnapshotError> {
    let json = serde_json::to_vec_pretty(record);
    Ok(PutPayload::from(json.map_err(|source| SnapshotError::Record { path: path.clone(), source })?))
}

#[cfg(test)]
mod tests {
    use object_store::memory::InMemory;

    use super::*;

    fn records() -> RunStore {
        let layout = RunLayout {
            warehouse: "s3://bucket/lake".parse().unwrap(),
            table: "db.T".parse().unwrap(),
            date: "2026-11-23".parse().unwrap(),
            run: "20261123T063000Z-0a1b2c".parse().unwrap(),
        };
        RunStore::new(Arc::new(InMemory::new()), layout)
    }

    fn manifest(split: u32, attempt: &str) -> SplitManifest {
        SplitManifest {
            version: RECORD_VERSION,
            split,
            attempt: attempt.to_owned(),
            files: vec![],
            rows: 0,
            bytes: 0,
            columns: vec![],
            counts: ColumnCounts::new(),
        }
    }

    #[tokio::test]
    async fn the_first_attempt_wins() {
        let records = records();
        assert_eq!(records.put_split(manifest(3, "first")).await.unwrap().attempt, "first");
        assert_eq!(records.put_split(manifest(3, "second")).await.unwrap().attempt, "first");
        assert_eq!(records.split(3).await.unwrap().unwrap().attempt, "first");
        assert_eq!(records.split(4).await.unwrap(), None);
    }

    #[tokio::test]
    async fn splits_come_back_by_number() {
        let records = records();
        for split in [11, 2, 100_000, 0] {
            records.put_split(manifest(split, "a")).await.unwrap();
        }
        let numbers: Vec<u32> = records.splits().await.unwrap().iter().map(|m| m.split).collect();
        assert_eq!(numbers, [0, 2, 11, 100_000]);
    }

    #[tokio::test]
    async fn a_record_of_another_version_is_refused() {
        let records = records();
        let path = records.layout().split(0);
        records.store().put(&path, PutPayload::from_static(br#"{"version": 2}"#)).await.unwrap();
        let error = records.split(0).await.unwrap_err();
        assert!(error.to_string().contains("newer version"), "{error}");
    }
}

//! `TableRuns`: the runs of a table, as its warehouse keeps them.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use futures::{StreamExt, TryStreamExt};
use object_store::ObjectStore;
use object_store::path::Path;
use springald_aws::{UnfinishedUpload, Uploads};
use springald_catalog::{TableName, fold};

use crate::{CommitRecord, PlanRecord, RunId, RunLayout, RunStore, SnapshotDate, SnapshotError, Warehouse};

/// How many runs are looked at at the same time.
const CONCURRENT_READS: usize = 16;

/// The runs of one table.
#[derive(Debug, Clone)]
pub struct TableRuns {
    store: Arc<dyn ObjectStore>,
    uploads: Option<Arc<dyn Uploads>>,
    warehouse: Warehouse,
    table: TableName,
}

/// A run that the warehouse has records of.
#[derive(Debug, Clone, PartialEq)]
pub struct KnownRun {
    /// Its place.
    pub layout: RunLayout,
    /// What it set out to do.
    pub plan: PlanRecord,
    /// Its totals, if it has come to its end.
    pub commit: Option<CommitRecord>,
    /// When it put its last record: a run that puts none is at work no more.
    pub last_sign: DateTime<Utc>,
}

impl TableRuns {
    /// Returns the runs of `name` in `warehouse`, which is in `store`. The table may be named as the catalog has it: the
    /// warehouse's directories keep the case that was typed when it was published.
    ///
    /// # Errors
    /// When the store cannot be listed.
    pub async fn open(
        store: Arc<dyn ObjectStore>,
        warehouse: Warehouse,
        name: &TableName,
    ) -> Result<Self, SnapshotError> {
        let database = spelled(&store, warehouse.root(), name.database()).await?;
        let table = spelled(&store, &warehouse.root().clone().join(database.as_str()), name.table()).await?;
        let table = TableName::try_new(&database, &table).unwrap_or_else(|_| name.clone());
        Ok(Self { store, uploads: None, warehouse, table })
    }

    /// Lets unfinished uploads be found; a local store has none.
    #[must_use]
    pub fn with_uploads(self, uploads: Option<Arc<dyn Uploads>>) -> Self {
        Self { uploads, ..self }
    }

    /// Returns the table, as its directories spell it.
    pub fn table(&self) -> &TableName {
        &self.table
    }

    /// Returns the records of `run`; touches nothing.
    pub fn records(&self, run: &KnownRun) -> RunStore {
        RunStore::new(Arc::clone(&self.store), run.layout.clone())
    }

    /// Returns all runs that have a plan, ascending by their start.
    ///
    /// # Errors
    /// When the store fails, or a record is damaged.
    pub async fn all(&self) -> Result<Vec<KnownRun>, SnapshotError> {
        let dir = RunLayout::runs_dir(&self.warehouse, &self.table);
        let listed = self.store.list_with_delimiter(Some(&dir)).await.map_err(SnapshotError::store("list", &dir))?;
        let ids = listed.common_prefixes.iter().filter_map(|dir| dir.filename()?.parse::<RunId>().ok());
        let looks = futures::stream::iter(ids.map(|id| self.look(id)).collect::<Vec<_>>());
        let found: Vec<Option<KnownRun>> = looks.buffer_unordered(CONCURRENT_READS).try_collect().await?;
        let mut runs: Vec<KnownRun> = found.into_iter().flatten().collect();
        runs.sort_by(|a, b| a.layout.run.cmp(&b.layout.run));
        Ok(runs)
    }

    /// Returns the unfinished uploads of all of the table's runs.
    ///
    /// # Errors
    /// When the store cannot list them.
    pub async fn unfinished_uploads(&self) -> Result<Vec<UnfinishedUpload>, SnapshotError> {
        let Some(uploads) = &self.uploads else { return Ok(vec![]) };
        let dir = RunLayout::dir_of(&self.warehouse, &self.table);
        uploads.unfinished(&dir).await.map_err(SnapshotError::store("list uploads below", &dir))
    }

    /// Aborts an upload that was found here. May be repeated.
    ///
    /// # Errors
    /// When the store refuses or fails.
    pub async fn abort(&self, upload: &UnfinishedUpload) -> Result<(), SnapshotError> {
        let Some(uploads) = &self.uploads else { return Ok(()) };
        uploads.abort(upload).await.map_err(SnapshotError::store("abort the upload of", &upload.location))
    }

    async fn look(&self, run: RunId) -> Result<Option<KnownRun>, SnapshotError> {
        // The records lie in no day's directory; which day the run's data is in, its plan says.
        let (warehouse, table, date) = (self.warehouse.clone(), self.table.clone(), SnapshotDate::today());
        let layout = RunLayout { warehouse, table, date, run };
        let records = RunStore::new(Arc::clone(&self.store), layout.clone());
        let Some(plan) = records.plan().await? else { return Ok(None) };
        let commit = records.commit().await?;
        let last_sign = records.last_sign().await?;
        let layout = RunLayout { date: plan.layout.date, ..layout };
        Ok(Some(KnownRun { layout, plan, commit, last_sign }))
    }
}

/// Returns the name of the directory in `parent` that is `name` in the catalog, or `name` itself.
async fn spelled(store: &Arc<dyn ObjectStore>, parent: &Path, name: &str) -> Result<String, SnapshotError> {
    let listed = store.list_with_delimiter(Some(parent)).await.map_err(SnapshotError::store("list", parent))?;
    let names: Vec<&str> = listed.common_prefixes.iter().filter_map(Path::filename).collect();
    let same =
        names.iter().find(|found| **found == name).or_else(|| names.iter().find(|found| fold(found) == fold(name)));
    Ok(same.map_or_else(|| name.to_owned(), ToString::to_string))
}

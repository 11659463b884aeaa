//! The four verbs: each looks at the warehouse's records and the catalog's entry, and says what it found or did.

use std::collections::BTreeSet;
use std::sync::Arc;

use anyhow::{Context, bail};
use chrono::{TimeDelta, Utc};
use datafusion::execution::object_store::ObjectStoreRegistry;
use serde_json::{Value, json};
use springald_aws::S3Options;
use springald_catalog::Catalog;
use springald_cluster::Stores;
use springald_snapshot::commit::published_run;
use springald_snapshot::{KnownRun, Rules, RunId, TableRuns, abandoned, expired, remove, replaced_location, rollback};

use crate::SnapshotsArgs;
use crate::args::{TableArgs, Verb};

/// Runs the verb; returns its one line of JSON.
///
/// # Errors
/// When the warehouse or the catalog cannot be read, or what was asked for is refused.
pub async fn run(args: SnapshotsArgs) -> anyhow::Result<String> {
    let said = match args.verb {
        Verb::List(table) => Table::open(&table).await?.list().await?,
        Verb::Show { table, run } => Table::open(&table).await?.show(&run).await?,
        Verb::Rollback { table, run } => Table::open(&table).await?.roll_back(&run).await?,
        Verb::Expire { table, keep, keep_last, dry_run } => {
            let keep = TimeDelta::from_std(keep).context("read --keep")?;
            let rules = Rules { keep, keep_last: keep_last.map(Into::into) };
            Table::open(&table).await?.expire(rules, dry_run).await?
        }
    };
    Ok(said.to_string())
}

/// A table: its runs, and the catalog that points at one of them.
struct Table {
    runs: TableRuns,
    all: Vec<KnownRun>,
    catalog: Arc<dyn Catalog>,
}

impl Table {
    async fn open(args: &TableArgs) -> anyhow::Result<Self> {
        let warehouse = args.place.warehouse.clone();
        let stores = Stores::new(S3Options::default());
        let store = stores.get_store(warehouse.store_url().as_ref())?;
        let uploads = stores.uploads(warehouse.store_url().as_ref());
        let catalog = args.place.open_catalog(&store, false).await?;
        let runs = TableRuns::open(store, warehouse, &args.table).await?.with_uploads(uploads);
        let all = runs.all().await?;
        if all.is_empty() {
            bail!("table `{}` has no snapshot in {}: check both names", args.table, args.place.warehouse);
        }
        Ok(Self { runs, all, catalog })
    }

    async fn list(&self) -> anyhow::Result<Value> {
        let (live, history) = (self.live().await?, self.history().await?);
        let line = |run: &KnownRun| {
            let (layout, commit) = (&run.layout, run.commit.as_ref());
            json!({
                "run": layout.run.to_string(),
                "date": layout.date.to_string(),
                "job": run.plan.job,
                "rows": commit.map(|commit| commit.rows),
                "files": commit.map(|commit| commit.files),
                "bytes": commit.map(|commit| commit.bytes),
                "location": layout.location(),
                "live": live.as_ref() == Some(&layout.run),
                "history": history.contains(&layout.location()),
            })
        };
        Ok(json!({ "table": self.name(), "snapshots": self.all.iter().map(line).collect::<Vec<_>>() }))
    }

    async fn show(&self, id: &RunId) -> anyhow::Result<Value> {
        let run = self.find(id)?;
        let is_live = self.live().await?.as_ref() == Some(id);
        Ok(
            json!({ "table": self.name(), "run": id.to_string(), "live": is_live, "plan": run.plan, "commit": run.commit }),
        )
    }

    async fn roll_back(&self, id: &RunId) -> anyhow::Result<Value> {
        let run = self.find(id)?;
        let record = rollback(&self.runs.records(run), self.catalog.as_ref()).await?;
        tracing::info!(table = self.name(), run = %id, "table points at an earlier run");
        Ok(json!({
            "job": "rollback",
            "table": self.name(),
            "run": id.to_string(),
            "date": run.layout.date.to_string(),
            "rows": record.rows,
            "location": record.location,
        }))
    }

    async fn expire(&self, rules: Rules, dry_run: bool) -> anyhow::Result<Value> {
        let live = self.live().await?;
        let live =
            live.with_context(|| format!("table `{}` is not in the catalog: nothing says what is live", self.name()))?;
        let pointed_at = self.pointed_at().await?;
        let now = Utc::now();
        let gone = expired(&self.all, &live, &pointed_at, rules, now);
        let uploads = self.runs.unfinished_uploads().await?;
        let left = abandoned(&uploads, &self.all, &gone, now);
        if !dry_run {
            // One that was completed after its run is removed would leave a file that no run has.
            for upload in &left {
                self.runs.abort(upload).await?;
                tracing::info!(object = %upload.location, begun = %upload.begun, "unfinished upload aborted");
            }
        }
        let mut removed = vec![];
        for run in &gone {
            let id = &run.layout.run;
            if dry_run {
                removed.push(id.to_string());
            } else if remove(&self.runs.records(run), self.catalog.as_ref()).await? {
                tracing::info!(table = self.name(), run = %id, "run removed");
                removed.push(id.to_string());
            } else {
                tracing::info!(table = self.name(), run = %id, "run stays: the table was rolled back to it meanwhile");
            }
        }
        let kept = self.all.len() - removed.len();
        let uploads: Vec<&str> = left.iter().map(|upload| upload.location.as_ref()).collect();
        Ok(json!({
            "job": "expire",
            "table": self.name(),
            "dry_run": dry_run,
            "removed": removed,
            "kept": kept,
            "uploads": uploads,
        }))
    }

    fn name(&self) -> String {
        self.runs.table().catalog_name().to_string()
    }

    fn find(&self, id: &RunId) -> anyhow::Result<&KnownRun> {
        let found = self.all.iter().find(|run| run.layout.run == *id);
        found.with_context(|| format!("table `{}` has no run {id}: `snapshots list` shows them", self.name()))
    }

    /// Returns the run that the catalog's entry names.
    async fn live(&self) -> anyhow::Result<Option<RunId>> {
        let entry = self.catalog.table(&self.runs.table().catalog_name()).await?;
        Ok(entry.and_then(|found| published_run(&found.table)))
    }

    /// Returns the locations of the days in the history table.
    async fn history(&self) -> anyhow::Result<BTreeSet<String>> {
        let days = self.catalog.partitions(&self.runs.table().catalog_name().history()).await?;
        Ok(days.into_iter().map(|day| day.partition.storage_descriptor.location).collect())
    }

    /// Returns every location that an entry of the catalog names: other tables may point at this one's snapshots. And the one that
    /// this table's entry named last.
    async fn pointed_at(&self) -> anyhow::Result<BTreeSet<String>> {
        let mut locations = self.history().await?;
        for database in self.catalog.databases().await? {
            for table in self.catalog.tables(&database).await? {
                let name = springald_catalog::CatalogName::exact(&database, &table);
                if let Some(found) = self.catalog.table(&name).await? {
                    locations.extend(replaced_location(&found.table).map(str::to_owned));
                    locations.insert(with_slash(found.table.storage_descriptor.location));
                }
            }
        }
        Ok(locations)
    }
}

/// Our locations end with a slash; others' may not.
fn with_slash(location: String) -> String {
    if location.ends_with('/') { location } else { format!("{location}/") }
}

//! The commit against a local catalog in memory.

use std::sync::Arc;

use async_trait::async_trait;
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt, PutPayload};
use springald_aws::{UnfinishedUpload, Uploads};
use springald_catalog::{
    LocalCatalog, PartitionInput, PartitionVersion, StorageDescriptor, TableInput, TableVersion, VersionId,
};

use super::*;
use crate::{DataFile, PlanRecord, RunLayout, remove, rollback};

struct Warehouse {
    store: Arc<dyn ObjectStore>,
    catalog: LocalCatalog,
}

const EARLY: &str = "20261123T060000Z-000001";
const LATE: &str = "20261123T070000Z-000002";

impl Warehouse {
    fn new() -> Self {
        let store: Arc<dyn ObjectStore> = Arc::new(InMemory::new());
        Self { catalog: LocalCatalog::new(Arc::clone(&store), Path::from("lake")), store }
    }

    fn run(&self, date: &str, run: &str) -> RunStore {
        let layout = RunLayout {
            warehouse: "s3://bucket/lake".parse().unwrap(),
            table: "db.T".parse().unwrap(),
            date: date.parse().unwrap(),
            run: run.parse().unwrap(),
        };
        RunStore::new(Arc::clone(&self.store), layout)
    }

    async fn put_data(&self, records: &RunStore, file: &str) {
        let path = records.layout().data_dir().join(file);
        self.store.put(&path, PutPayload::from_static(b"data")).await.unwrap();
    }

    async fn write(&self, records: &RunStore, split: u32) {
        let file = RunLayout::data_file(split, "a", 0);
        self.put_data(records, &file).await;
        let manifest = SplitManifest {
            version: RECORD_VERSION,
            split,
            attempt: "a".to_owned(),
            files: vec![DataFile { file, rows: 10, bytes: 4 }],
            rows: 10,
            bytes: 4,
            columns: vec![],
            counts: ColumnCounts::from([("at".to_owned(), [("zero_dates".to_owned(), 1)].into())]),
        };
        records.put_split(manifest).await.unwrap();
    }

    async fn commit(&self, records: &RunStore, splits: u32) -> Result<Committed, CommitError> {
        commit(records, &self.catalog, splits, vec![Column::new("id", "bigint")], Known::default()).await
    }

    async fn publish(&self, date: &str, run: &str) -> Result<Committed, CommitError> {
        let records = self.run(date, run);
        self.write(&records, 0).await;
        self.commit(&records, 1).await
    }

    async fn live(&self) -> Option<TableInput> {
        let found = self.catalog.table(&CatalogName::folded("db", "t")).await.unwrap();
        found.map(|found| found.table)
    }

    async fn history(&self) -> Vec<(Vec<String>, String)> {
        let found = self.catalog.partitions(&CatalogName::folded("db", "t").history()).await.unwrap();
        found.into_iter().map(|p| (p.partition.values, p.partition.parameters["springald.run"].clone())).collect()
    }
}

#[tokio::test]
async fn a_whole_run_is_published() {
    let warehouse = Warehouse::new();
    let records = warehouse.run("2026-11-23", EARLY);
    warehouse.write(&records, 0).await;
    warehouse.write(&records, 1).await;
    let committed = warehouse.commit(&records, 2).await.unwrap();
    assert_eq!((committed.record.rows, committed.record.files, committed.record.bytes), (20, 2, 8));
    assert_eq!(committed.record.counts["at"]["zero_dates"], 2);
    let live = warehouse.live().await.unwrap();
    assert_eq!(live.storage_descriptor.location, records.layout().location());
    assert_eq!(live.parameters["recordCount"], "20");
    assert_eq!(live.parameters["springald.date"], "2026-11-23");
    let day = ["2026", "11", "23"].map(str::to_owned).to_vec();
    assert_eq!(warehouse.history().await, [(day, EARLY.to_owned())]);
}

#[tokio::test]
async fn a_missing_split_publishes_nothing() {
    let warehouse = Warehouse::new();
    let records = warehouse.run("2026-11-23", EARLY);
    warehouse.write(&records, 1).await;
    let error = warehouse.commit(&records, 3).await.unwrap_err();
    assert!(matches!(&error, CommitError::Incomplete { missing, .. } if *missing == [0, 2]), "{error}");
    assert_eq!(warehouse.live().await, None);
}

#[tokio::test]
async fn rows_that_are_not_those_that_were_counted_are_not_published() {
    let warehouse = Warehouse::new();
    let records = warehouse.run("2026-11-23", EARLY);
    warehouse.write(&records, 0).await;
    let commit = async |rows| {
        let known = Known { rows: Some(rows), ..Known::default() };
        commit(&records, &warehouse.catalog, 1, vec![Column::new("id", "bigint")], known).await
    };
    let error = commit(11).await.unwrap_err();
    assert!(matches!(error, CommitError::OtherRows { read: 10, counted: 11 }), "{error}");
    assert_eq!((warehouse.live().await, records.commit().await.unwrap()), (None, None));
    assert_eq!(commit(10).await.unwrap().record.rows, 10);
}

#[tokio::test]
async fn a_missing_file_publishes_nothing() {
    let warehouse = Warehouse::new();
    let records = warehouse.run("2026-11-23", EARLY);
    warehouse.write(&records, 0).await;
    records.remove_data(&RunLayout::data_file(0, "a", 0)).await.unwrap();
    assert!(matches!(warehouse.commit(&records, 1).await, Err(CommitError::DataFile { .. })));
    assert_eq!(warehouse.live().await, None);
}

#[tokio::test]
async fn files_that_no_manifest_names_go() {
    let warehouse = Warehouse::new();
    let records = warehouse.run("2026-11-23", EARLY);
    warehouse.write(&records, 0).await;
    let stray = RunLayout::data_file(0, "killed", 0);
    warehouse.put_data(&records, &stray).await;
    warehouse.commit(&records, 1).await.unwrap();
    let path = records.layout().data_dir().join(stray.as_str());
    assert!(matches!(warehouse.store.head(&path).await, Err(object_store::Error::NotFound { .. })));
}

#[tokio::test]
async fn a_commit_may_be_repeated() {
    let warehouse = Warehouse::new();
    let records = warehouse.run("2026-11-23", EARLY);
    warehouse.write(&records, 0).await;
    let first = warehouse.commit(&records, 1).await.unwrap();
    let live = warehouse.live().await;
    let again = warehouse.commit(&records, 1).await.unwrap();
    assert_eq!((first.pointer, again.pointer), (Pointer::Moved, Pointer::Moved));
    assert_eq!(warehouse.live().await, live);
    assert_eq!(warehouse.history().await.len(), 1);
}

#[tokio::test]
async fn a_backfill_leaves_the_pointer_alone() {
    let warehouse = Warehouse::new();
    warehouse.publish("2026-11-23", EARLY).await.unwrap();
    let committed = warehouse.publish("2026-11-16", LATE).await.unwrap();
    assert_eq!(committed.pointer, Pointer::StaysAtLaterDay);
    assert_eq!(warehouse.live().await.unwrap().parameters["springald.run"], EARLY);
    let days: Vec<_> = warehouse.history().await.into_iter().map(|(day, run)| (day[2].clone(), run)).collect();
    assert_eq!(days, [("16".to_owned(), LATE.to_owned()), ("23".to_owned(), EARLY.to_owned())]);
}

#[tokio::test]
async fn the_run_that_started_later_wins() {
    let warehouse = Warehouse::new();
    warehouse.publish("2026-11-23", LATE).await.unwrap();
    let error = warehouse.publish("2026-11-23", EARLY).await.unwrap_err();
    assert!(matches!(&error, CommitError::Overtaken { by } if by.as_str() == LATE), "{error}");
    assert_eq!(warehouse.live().await.unwrap().parameters["springald.run"], LATE);
    assert_eq!(warehouse.history().await[0].1, LATE);
}

#[tokio::test]
async fn an_overtaken_backfill_says_so() {
    let warehouse = Warehouse::new();
    warehouse.publish("2026-11-23", EARLY).await.unwrap();
    warehouse.publish("2026-11-16", LATE).await.unwrap();
    let error = warehouse.publish("2026-11-16", "20261123T063000Z-000003").await.unwrap_err();
    assert!(matches!(error, CommitError::Overtaken { .. }), "{error}");
}

#[tokio::test]
async fn what_others_set_survives() {
    let warehouse = Warehouse::new();
    let columns = vec![Column::new("id", "int").with_comment("by hand")];
    let mut foreign = TableInput::external("t", StorageDescriptor::parquet(columns, "s3://bucket/old/"));
    foreign.parameters.insert("owner".to_owned(), "finance".to_owned());
    warehouse.catalog.create_table("db", &foreign).await.unwrap();
    let committed = warehouse.publish("2026-11-23", EARLY).await.unwrap();
    assert_eq!(committed.record.replaced.as_deref(), Some("s3://bucket/old/"));
    let live = warehouse.live().await.unwrap();
    assert_eq!(live.parameters["owner"], "finance");
    assert_eq!(live.storage_descriptor.columns, [Column::new("id", "bigint").with_comment("by hand")]);
}

#[tokio::test]
async fn a_table_never_takes_the_name_of_a_history() {
    let warehouse = Warehouse::new();
    warehouse.publish("2026-11-23", EARLY).await.unwrap();
    let mut records = warehouse.run("2026-11-23", LATE);
    records = RunStore::new(
        Arc::clone(&warehouse.store),
        RunLayout { table: "db.T_history".parse().unwrap(), ..records.layout().clone() },
    );
    warehouse.write(&records, 0).await;
    assert!(matches!(warehouse.commit(&records, 1).await, Err(CommitError::NameTaken { .. })));

    let foreign = TableInput::external("u_history", StorageDescriptor::parquet(vec![], "s3://bucket/u/"));
    warehouse.catalog.create_table("db", &foreign).await.unwrap();
    let taken = require_free_names(&warehouse.catalog, &CatalogName::folded("db", "u")).await;
    assert!(matches!(taken, Err(CommitError::NameTaken { .. })));
}

#[tokio::test]
async fn racing_runs_leave_the_latest() {
    let warehouse = Arc::new(Warehouse::new());
    let racers = (0..20).map(|racer| {
        let warehouse = Arc::clone(&warehouse);
        tokio::spawn(async move {
            let run = format!("20261123T0600{racer:02}Z-000000");
            warehouse.publish("2026-11-23", &run).await.is_ok()
        })
    });
    let won = futures::future::join_all(racers).await.into_iter().filter(|result| *result.as_ref().unwrap()).count();
    assert!(won >= 1);
    assert_eq!(warehouse.live().await.unwrap().parameters["springald.run"], "20261123T060019Z-000000");
    assert_eq!(warehouse.history().await[0].1, "20261123T060019Z-000000");
}

/// A store's uploads, of which some are left.
#[derive(Debug)]
struct Left(parking_lot::Mutex<Vec<UnfinishedUpload>>);

#[async_trait]
impl Uploads for Left {
    async fn unfinished(&self, dir: &Path) -> object_store::Result<Vec<UnfinishedUpload>> {
        let left = self.0.lock();
        Ok(left.iter().filter(|upload| upload.location.prefix_matches(dir)).cloned().collect())
    }

    async fn abort(&self, upload: &UnfinishedUpload) -> object_store::Result<()> {
        self.0.lock().retain(|left| left != upload);
        Ok(())
    }
}

#[tokio::test]
async fn a_commit_ends_what_is_left_of_its_own_uploads() {
    let warehouse = Warehouse::new();
    let (records, other) = (warehouse.run("2026-11-23", LATE), warehouse.run("2026-11-23", EARLY));
    let upload = |records: &RunStore| UnfinishedUpload {
        location: records.layout().data_dir().join("part-00000-b.parquet"),
        id: "1".to_owned(),
        begun: chrono::Utc::now(),
    };
    let left = Arc::new(Left(vec![upload(&records), upload(&other)].into()));
    let records = records.with_uploads(Some(Arc::clone(&left) as Arc<dyn Uploads>));
    warehouse.write(&records, 0).await;
    warehouse.commit(&records, 1).await.unwrap();
    let left: Vec<Path> = left.0.lock().iter().map(|upload| upload.location.clone()).collect();
    assert_eq!(left, [upload(&other).location]);
}

#[tokio::test]
async fn a_run_that_the_table_was_rolled_back_to_is_not_removed() {
    let warehouse = Warehouse::new();
    warehouse.publish("2026-11-22", EARLY).await.unwrap();
    warehouse.publish("2026-11-23", LATE).await.unwrap();
    let (early, late) = (warehouse.run("2026-11-22", EARLY), warehouse.run("2026-11-23", LATE));
    for records in [&early, &late] {
        let plan = PlanRecord::new("ingest", records.layout().clone(), 1, serde_json::Value::Null);
        records.put_plan(&plan).await.unwrap();
    }
    let record = rollback(&early, &warehouse.catalog).await.unwrap();
    assert!(!remove(&early, &warehouse.catalog).await.unwrap());
    assert_eq!(early.commit().await.unwrap(), Some(record));
    assert!(remove(&late, &warehouse.catalog).await.unwrap());
    assert_eq!((late.commit().await.unwrap(), late.plan().await.unwrap()), (None, None));
    let replaced = crate::replaced_location(&warehouse.live().await.unwrap()).map(str::to_owned);
    assert_eq!(replaced, Some(late.layout().location()));
}

#[tokio::test]
async fn a_rollback_to_a_run_that_is_being_removed_is_taken_back() {
    let warehouse = Warehouse::new();
    warehouse.publish("2026-11-22", EARLY).await.unwrap();
    warehouse.publish("2026-11-23", LATE).await.unwrap();
    let records = warehouse.run("2026-11-22", EARLY);
    let plan = PlanRecord::new("ingest", records.layout().clone(), 1, serde_json::Value::Null);
    records.put_plan(&plan).await.unwrap();
    let before = warehouse.live().await.unwrap();
    let withdrawing = Withdrawing { catalog: &warehouse.catalog, records: &records };
    let error = rollback(&records, &withdrawing).await.unwrap_err();
    assert!(matches!(error, CommitError::Expired { .. }), "{error}");
    assert_eq!(warehouse.live().await.unwrap(), before);
}

/// A catalog at which an expiry begins to remove a run just before its table's entry is changed.
#[derive(Debug)]
struct Withdrawing<'a> {
    catalog: &'a LocalCatalog,
    records: &'a RunStore,
}

#[async_trait]
impl Catalog for Withdrawing<'_> {
    async fn update_table(&self, database: &str, table: &TableInput, expected: &VersionId) -> Result<(), CatalogError> {
        self.records.withdraw_commit().await.unwrap();
        self.catalog.update_table(database, table, expected).await
    }

    async fn databases(&self) -> Result<Vec<String>, CatalogError> {
        self.catalog.databases().await
    }

    async fn tables(&self, database: &str) -> Result<Vec<String>, CatalogError> {
        self.catalog.tables(database).await
    }

    async fn table(&self, name: &CatalogName) -> Result<Option<TableVersion>, CatalogError> {
        self.catalog.table(name).await
    }

    async fn create_table(&self, database: &str, table: &TableInput) -> Result<(), CatalogError> {
        self.catalog.create_table(database, table).await
    }

    async fn partition(
        &self,
        table: &CatalogName,
        values: &[String],
    ) -> Result<Option<PartitionVersion>, CatalogError> {
        self.catalog.partition(table, values).await
    }

    async fn put_partition(
        &self,
        table: &CatalogName,
        partition: &PartitionInput,
        expected: Option<&VersionId>,
    ) -> Result<(), CatalogError> {
        self.catalog.put_partition(table, partition, expected).await
    }

    async fn partitions(&self, table: &CatalogName) -> Result<Vec<PartitionVersion>, CatalogError> {
        self.catalog.partitions(table).await
    }
}

#[tokio::test]
async fn a_column_that_is_called_as_a_key_leaves_no_history() {
    let warehouse = Warehouse::new();
    let publish = async |date: &str, run: &str| {
        let records = warehouse.run(date, run);
        warehouse.write(&records, 0).await;
        let columns = vec![Column::new("x", "int"), Column::new("y", "int")];
        commit(&records, &warehouse.catalog, 1, columns, Known::default()).await
    };
    assert_eq!(publish("2026-11-23", EARLY).await.unwrap().pointer, Pointer::Moved);
    assert_eq!(warehouse.catalog.table(&CatalogName::folded("db", "t").history()).await.unwrap(), None);
    let error = publish("2026-11-22", LATE).await.unwrap_err();
    assert!(matches!(error, CommitError::NoHistory { column: "y", .. }), "{error}");
}

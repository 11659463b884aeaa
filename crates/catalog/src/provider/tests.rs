//! Queries through DataFusion's front door, over a local catalog whose pointer moves.

use std::path::Path;

use datafusion::arrow::array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use datafusion::arrow::util::pretty::pretty_format_batches;
use datafusion::parquet::arrow::ArrowWriter;
use datafusion::prelude::{SessionConfig, SessionContext};
use object_store::local::LocalFileSystem;
use tempfile::TempDir;

use super::*;
use crate::{Column, LocalCatalog, PartitionInput, StorageDescriptor, TableInput};

/// A warehouse with a catalog, and the means to publish and to ask.
struct Warehouse {
    dir: TempDir,
    catalog: Arc<LocalCatalog>,
}

impl Warehouse {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let root = object_store::path::Path::from_absolute_path(dir.path()).unwrap();
        Self { catalog: Arc::new(LocalCatalog::new(Arc::new(LocalFileSystem::new()), root)), dir }
    }

    /// Writes one file per item of `files` and returns their directory's URL.
    fn write(&self, run: &str, files: &[&[i64]]) -> String {
        let dir = self.dir.path().join("shop/Orders").join(run);
        std::fs::create_dir_all(&dir).unwrap();
        for (number, ids) in files.iter().enumerate() {
            write_file(&dir.join(format!("part-{number:05}-a.parquet")), run, ids);
        }
        format!("file://{}/", dir.display())
    }

    async fn publish(&self, location: &str) {
        let columns = vec![Column::new("id", "bigint"), Column::new("run", "string")];
        let table = TableInput::external("orders", StorageDescriptor::parquet(columns, location));
        match self.catalog.table(&orders()).await.unwrap() {
            Some(found) => self.catalog.update_table("shop", &table, &found.version).await.unwrap(),
            None => self.catalog.create_table("shop", &table).await.unwrap(),
        }
    }

    /// Publishes one partition of the history per day.
    async fn publish_history(&self, days: &[(&str, &str)]) {
        let mut table = TableInput::external("orders_history", StorageDescriptor::parquet(vec![], "file:///nowhere/"));
        table.partition_keys = vec![Column::new("m", "string"), Column::new("d", "string")];
        self.catalog.create_table("shop", &table).await.unwrap();
        for (day, location) in days {
            let values = vec!["11".to_owned(), (*day).to_owned()];
            let descriptor = StorageDescriptor::parquet(vec![], *location);
            let partition = PartitionInput::new(values, descriptor, BTreeMap::new());
            self.catalog.put_partition(&orders().history(), &partition, None).await.unwrap();
        }
    }

    /// A session with a provider of its own, as each query has.
    async fn query(&self) -> SessionContext {
        let config = SessionConfig::new().with_target_partitions(4).with_default_catalog_and_schema("lake", "public");
        let context = SessionContext::new_with_config(config.with_create_default_catalog_and_schema(false));
        let catalog = Arc::clone(&self.catalog) as Arc<dyn Catalog>;
        let provider = WarehouseCatalog::try_new(catalog, context.state_weak_ref()).await.unwrap();
        context.register_catalog("lake", Arc::new(provider));
        context
    }

    async fn ask(&self, sql: &str) -> Result<String> {
        rows(&self.query().await, sql).await
    }
}

fn orders() -> CatalogName {
    CatalogName::exact("shop", "orders")
}

fn write_file(path: &Path, run: &str, ids: &[i64]) {
    let id: ArrayRef = Arc::new(Int64Array::from(ids.to_vec()));
    let run: ArrayRef = Arc::new(StringArray::from(vec![run; ids.len()]));
    let batch = RecordBatch::try_from_iter([("id", id), ("run", run)]).unwrap();
    let file = std::fs::File::create(path).unwrap();
    let mut writer = ArrowWriter::try_new(file, batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
}

async fn rows(context: &SessionContext, sql: &str) -> Result<String> {
    let batches = context.sql(sql).await?.collect().await?;
    Ok(pretty_format_batches(&batches)?.to_string())
}

#[tokio::test]
async fn a_query_reads_the_snapshot_the_pointer_names() {
    let warehouse = Warehouse::new();
    let (old, new) = (warehouse.write("old", &[&[1, 2], &[3]]), warehouse.write("new", &[&[10], &[20, 30, 40]]));
    let sql = "SELECT run, count(*) AS n, sum(id) AS total FROM shop.orders GROUP BY run";
    warehouse.publish(&old).await;
    insta::assert_snapshot!(warehouse.ask(sql).await.unwrap(), @"
    +-----+---+-------+
    | run | n | total |
    +-----+---+-------+
    | old | 3 | 6     |
    +-----+---+-------+
    ");
    warehouse.publish(&new).await;
    insta::assert_snapshot!(warehouse.ask(sql).await.unwrap(), @"
    +-----+---+-------+
    | run | n | total |
    +-----+---+-------+
    | new | 4 | 100   |
    +-----+---+-------+
    ");
}

#[tokio::test]
async fn one_query_sees_one_snapshot_whatever_is_committed_meanwhile() {
    let warehouse = Warehouse::new();
    let (old, new) = (warehouse.write("old", &[&[1, 2]]), warehouse.write("new", &[&[1, 2, 3]]));
    warehouse.publish(&old).await;
    let context = warehouse.query().await;
    let left = context.table("shop.orders").await.unwrap();
    warehouse.publish(&new).await;
    write_file(&warehouse.dir.path().join("shop/Orders/old/part-00009-late.parquet"), "late", &[1, 2]);
    let sql = "SELECT a.run, b.run AS other, count(*) AS n FROM shop.orders a JOIN shop.orders b USING (id) \
               GROUP BY a.run, b.run";
    insta::assert_snapshot!(rows(&context, sql).await.unwrap(), @"
    +-----+-------+---+
    | run | other | n |
    +-----+-------+---+
    | old | old   | 2 |
    +-----+-------+---+
    ");
    assert_eq!(left.count().await.unwrap(), 2);
    insta::assert_snapshot!(warehouse.ask(sql).await.unwrap(), @"
    +-----+-------+---+
    | run | other | n |
    +-----+-------+---+
    | new | new   | 3 |
    +-----+-------+---+
    ");
}

#[tokio::test]
async fn what_was_absent_stays_absent_for_the_query() {
    let warehouse = Warehouse::new();
    warehouse.publish(&warehouse.write("old", &[&[1]])).await;
    let context = warehouse.query().await;
    let name = CatalogName::exact("shop", "later");
    assert!(context.table("shop.later").await.is_err());
    let found = warehouse.catalog.table(&orders()).await.unwrap().unwrap();
    let later = TableInput { name: name.table().to_owned(), ..found.table };
    warehouse.catalog.create_table("shop", &later).await.unwrap();
    assert!(context.table("shop.later").await.is_err());
    assert!(warehouse.query().await.table("shop.later").await.is_ok());
}

#[tokio::test]
async fn only_visible_parquet_files_in_the_directory_itself_are_data() {
    let warehouse = Warehouse::new();
    let location = warehouse.write("run", &[&[1], &[2]]);
    let dir = warehouse.dir.path().join("shop/Orders/run");
    std::fs::create_dir(dir.join("below")).unwrap();
    for name in ["_hidden.parquet", ".hidden.parquet", "below/part.parquet"] {
        write_file(&dir.join(name), "stray", &[100]);
    }
    std::fs::write(dir.join("notes.txt"), "no data").unwrap();
    std::fs::write(dir.join("part-00007-a.parquet#1"), "half a file").unwrap();
    warehouse.publish(&location).await;
    insta::assert_snapshot!(warehouse.ask("SELECT id, run FROM shop.orders ORDER BY id").await.unwrap(), @"
    +----+-----+
    | id | run |
    +----+-----+
    | 1  | run |
    | 2  | run |
    +----+-----+
    ");
}

#[tokio::test]
async fn the_history_has_the_days_as_columns() {
    let warehouse = Warehouse::new();
    let locations = [warehouse.write("r22", &[&[1], &[2]]), warehouse.write("r23", &[&[3]])];
    warehouse.write("never_published", &[&[100]]);
    warehouse.publish_history(&[("23", &locations[1]), ("22", &locations[0])]).await;
    let all = "SELECT m, d, id, run FROM shop.orders_history ORDER BY id";
    insta::assert_snapshot!(warehouse.ask(all).await.unwrap(), @"
    +----+----+----+-----+
    | m  | d  | id | run |
    +----+----+----+-----+
    | 11 | 22 | 1  | r22 |
    | 11 | 22 | 2  | r22 |
    | 11 | 23 | 3  | r23 |
    +----+----+----+-----+
    ");
    let day = "SELECT count(*) AS n, max(id) AS id FROM shop.orders_history WHERE d = '22' AND id < 100";
    insta::assert_snapshot!(warehouse.ask(day).await.unwrap(), @"
    +---+----+
    | n | id |
    +---+----+
    | 2 | 2  |
    +---+----+
    ");
}

/// DataFusion answers a count from statistics alone when they are there and exact.
#[tokio::test]
async fn the_planner_knows_exactly_how_many_rows_there_are() {
    let warehouse = Warehouse::new();
    warehouse.publish(&warehouse.write("run", &[&[1, 2, 3], &[4, 5]])).await;
    let plan = warehouse.ask("EXPLAIN FORMAT indent SELECT count(*), max(id) FROM shop.orders").await.unwrap();
    assert!(
        plan.contains("ProjectionExec: expr=[5 as count(*), 5 as max(") && !plan.contains("DataSourceExec"),
        "{plan}"
    );
}

#[tokio::test]
async fn an_empty_table_has_its_columns_and_no_rows() {
    let warehouse = Warehouse::new();
    warehouse.publish(&warehouse.write("run", &[&[]])).await;
    insta::assert_snapshot!(warehouse.ask("SELECT count(*) AS n, max(run) AS run FROM shop.orders").await.unwrap(), @"
    +---+-----+
    | n | run |
    +---+-----+
    | 0 |     |
    +---+-----+
    ");
    assert_eq!(warehouse.query().await.table("shop.orders").await.unwrap().schema().fields().len(), 2);
}

#[tokio::test]
async fn an_unknown_table_is_not_found() {
    let warehouse = Warehouse::new();
    warehouse.publish(&warehouse.write("run", &[&[1]])).await;
    for table in ["shop.nothing", "nothing.orders", "orders", r#"shop."Orders""#, r#"shop."../shop/orders""#] {
        let error = warehouse.ask(&format!("SELECT * FROM {table}")).await.unwrap_err().to_string();
        assert!(error.contains("table 'lake.") && error.contains("not found"), "{table}: {error}");
    }
}

#[tokio::test]
async fn a_snapshot_that_has_gone_is_named() {
    let warehouse = Warehouse::new();
    warehouse.publish("file:///no/such/directory/").await;
    let error = warehouse.ask("SELECT * FROM shop.orders").await.unwrap_err().to_string();
    assert!(
        error.contains("table `shop.orders` has no Parquet file at its location file:///no/such/directory/"),
        "{error}"
    );
}

#[tokio::test]
async fn tables_opened_are_tables_known() {
    let warehouse = Warehouse::new();
    warehouse.publish(&warehouse.write("run", &[&[1]])).await;
    let context = warehouse.query().await;
    let catalog = context.catalog("lake").unwrap();
    assert_eq!(catalog.schema_names(), ["shop"]);
    let shop = catalog.schema("shop").unwrap();
    assert!(!shop.table_exist("orders") && shop.table_names().is_empty());
    shop.table("orders").await.unwrap().unwrap();
    assert!(shop.table("nothing").await.unwrap().is_none());
    assert!(shop.table_exist("orders") && !shop.table_exist("nothing"));
    assert_eq!(shop.table_names(), ["orders"]);
}

/// A session of many queries, as analysts have.
fn session(warehouse: &Warehouse) -> (Arc<Names>, SessionContext) {
    let config = SessionConfig::new().with_information_schema(true).with_default_catalog_and_schema("lake", "public");
    let context = SessionContext::new_with_config(config.with_create_default_catalog_and_schema(false));
    let names = Arc::new(Names::new(Arc::clone(&warehouse.catalog) as Arc<dyn Catalog>));
    let catalog = SessionCatalog::new(Arc::clone(&names), context.state_weak_ref());
    context.register_catalog("lake", Arc::new(catalog));
    (names, context)
}

#[tokio::test]
async fn each_statement_of_a_session_reads_one_snapshot_the_live_one() {
    let warehouse = Warehouse::new();
    let (old, new) = (warehouse.write("old", &[&[1, 2]]), warehouse.write("new", &[&[1, 2, 3]]));
    let (_, context) = session(&warehouse);
    assert!(rows(&context, "SELECT * FROM shop.orders").await.unwrap_err().to_string().contains("not found"));
    let sql = "SELECT a.run, b.run AS other, count(*) AS n FROM shop.orders a JOIN lake.shop.orders b USING (id) \
               WHERE a.id IN (SELECT id FROM shop.orders) GROUP BY a.run, b.run";
    warehouse.publish(&old).await;
    let planned = context.state().create_logical_plan(sql).await.unwrap();
    insta::assert_snapshot!(rows(&context, sql).await.unwrap(), @r"
    +-----+-------+---+
    | run | other | n |
    +-----+-------+---+
    | old | old   | 2 |
    +-----+-------+---+
    ");
    warehouse.publish(&new).await;
    insta::assert_snapshot!(rows(&context, sql).await.unwrap(), @r"
    +-----+-------+---+
    | run | other | n |
    +-----+-------+---+
    | new | new   | 3 |
    +-----+-------+---+
    ");
    let of_old = context.execute_logical_plan(planned).await.unwrap().collect().await.unwrap();
    assert!(pretty_format_batches(&of_old).unwrap().to_string().contains("| old | old   | 2 |"));
}

#[tokio::test]
async fn a_session_shows_the_tables_that_are_there_without_opening_them() {
    let warehouse = Warehouse::new();
    let (names, context) = session(&warehouse);
    warehouse.publish("file:///no/such/directory/").await;
    names.refresh().await.unwrap();
    let sql = "SELECT table_catalog, table_schema, table_name, table_type FROM information_schema.tables \
               WHERE table_schema <> 'information_schema'";
    insta::assert_snapshot!(rows(&context, sql).await.unwrap(), @r"
    +---------------+--------------+------------+------------+
    | table_catalog | table_schema | table_name | table_type |
    +---------------+--------------+------------+------------+
    | lake          | shop         | orders     | BASE TABLE |
    +---------------+--------------+------------+------------+
    ");
    let lake = context.catalog("lake").unwrap();
    assert_eq!(lake.schema_names(), ["shop"]);
    assert_eq!(lake.schema("shop").unwrap().table_names(), ["orders"]);
    assert!(lake.schema("nothing").unwrap().table_names().is_empty());
}

#[tokio::test]
async fn a_session_changes_nothing() {
    let warehouse = Warehouse::new();
    warehouse.publish(&warehouse.write("run", &[&[1]])).await;
    let (_, context) = session(&warehouse);
    for sql in [
        "CREATE VIEW shop.v AS SELECT 1",
        "CREATE SCHEMA other",
        "DROP TABLE shop.orders",
        "CREATE TABLE shop.t AS SELECT 1",
        "INSERT INTO shop.orders VALUES (2, 'x')",
    ] {
        assert!(rows(&context, sql).await.is_err(), "{sql}");
    }
}

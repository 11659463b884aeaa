//! Queries as process jobs on two executors give what single-process DataFusion gives, row by row.

use crate::harness::{CRIMES, Warehouse, crimes, in_project, load_crimes, mysql};
use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::util::display::{ArrayFormatter, FormatOptions};
use datafusion::prelude::{ParquetReadOptions, SessionConfig, SessionContext};
use springald_demo::{Crimes, write_csv};
use std::fs;
use std::path::{Path, PathBuf};

const PUBLISHED: &str = "crime_data.crimes_2001_to_present";
const TABLES: [&str; 3] = [PUBLISHED, "crime_data.earlier_crimes", "crime_data.districts"];

#[test]
fn every_kind_of_query_agrees_with_a_single_process() {
    let warehouse = warehouse_of_tables();
    let queries = queries();
    assert!(queries.len() >= 20);
    let disagreements: Vec<String> = queries.iter().filter_map(|query| disagreement(&warehouse, query).err()).collect();
    assert!(disagreements.is_empty(), "{} disagree:\n{}", disagreements.len(), disagreements.join("\n"));
}

#[test]
fn a_query_may_replace_a_table_that_it_reads() {
    crimes();
    let warehouse = Warehouse::new();
    let rows = warehouse.ingest(CRIMES, &["--columns", "ID,Arrest"]).rows();
    let query = warehouse.query_file(&format!("SELECT id, arrest FROM {PUBLISHED} WHERE arrest"));
    let kept = warehouse.process(&query, PUBLISHED).rows();
    assert!(kept > 0 && kept < rows);
    assert_eq!(answer_of_files(&warehouse.location(PUBLISHED)).rows.len() as u64, kept);
}

/// Returns the queries, and among them the one that the demo runs.
fn queries() -> Vec<PathBuf> {
    let entries = fs::read_dir(in_project("tests/e2e/queries")).unwrap();
    let mut queries: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    queries.push(in_project("sql/crime_type_details.sql"));
    queries.sort();
    queries
}

/// Publishes two large tables and a small one that names some of the districts.
fn warehouse_of_tables() -> Warehouse {
    crimes();
    let mut csv = Vec::new();
    write_csv(Crimes::new(30_000, 7), &mut csv).unwrap();
    load_crimes("earlier", &csv);
    mysql().new_database("small");
    mysql().execute(
        "USE small; CREATE TABLE districts (district CHAR(3) PRIMARY KEY, name VARCHAR(20), opened DATE);
         INSERT INTO districts SELECT LPAD(seq, 3, '0'), CONCAT('District ', seq), '1980-01-01' + INTERVAL seq * 400 DAY
         FROM seq_1_to_30 WHERE seq % 4 <> 0",
    );
    let warehouse = Warehouse::new();
    warehouse.ingest(CRIMES, &["--splits", "8"]).report();
    warehouse.ingest("earlier.Crimes_2001_to_Present", &["--into", TABLES[1], "--splits", "5"]).report();
    warehouse.ingest("small.districts", &["--into", TABLES[2]]).report();
    warehouse
}

/// Runs one query both ways; an error says how the answers differ.
fn disagreement(warehouse: &Warehouse, query: &Path) -> Result<(), String> {
    let name = query.file_stem().unwrap().to_str().unwrap();
    let sql = fs::read_to_string(query).unwrap();
    let table = format!("results.q_{name}");
    let outcome = warehouse.process(query, &table);
    if outcome.code != Some(0) {
        return Err(format!("{name}: exit code {:?}: {}", outcome.code, outcome.stderr));
    }
    let expected = answer_of_one_process(warehouse, &sql);
    let found = answer_of_files(&warehouse.location(&table));
    if outcome.rows() != found.rows.len() as u64 {
        return Err(format!("{name}: the report says {} rows, the files hold {}", outcome.rows(), found.rows.len()));
    }
    let is_ordered = sql.contains("LIMIT");
    compare_answers(expected.sorted_unless(is_ordered), found.sorted_unless(is_ordered))
        .map_err(|difference| format!("{name}: {difference}"))
}

/// Column names and rows, each row as text.
struct Answer {
    columns: Vec<String>,
    rows: Vec<String>,
}

impl Answer {
    fn sorted_unless(mut self, is_ordered: bool) -> Self {
        if !is_ordered {
            self.rows.sort_unstable();
        }
        self
    }
}

fn compare_answers(expected: Answer, found: Answer) -> Result<(), String> {
    if expected.columns != found.columns {
        return Err(format!("columns {:?}, expected {:?}", found.columns, expected.columns));
    }
    if expected.rows.len() != found.rows.len() {
        return Err(format!("{} rows, expected {}", found.rows.len(), expected.rows.len()));
    }
    let differing = expected.rows.iter().zip(&found.rows).find(|(expected, found)| expected != found);
    differing.map_or(Ok(()), |(expected, found)| Err(format!("row `{found}`, expected `{expected}`")))
}

/// Runs `sql` in this process, over the files of the same snapshots.
fn answer_of_one_process(warehouse: &Warehouse, sql: &str) -> Answer {
    let tables = TABLES.map(|table| (table, warehouse.location(table)));
    run(SessionConfig::new(), &tables, sql)
}

/// Reads a snapshot in the order of its files.
fn answer_of_files(location: &str) -> Answer {
    let in_order = SessionConfig::new().with_target_partitions(1);
    run(in_order, &[("crime_data.answer", location.to_owned())], "SELECT * FROM crime_data.answer")
}

fn run(config: SessionConfig, tables: &[(&str, String)], sql: &str) -> Answer {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (columns, batches) = runtime.block_on(async {
        let session = SessionContext::new_with_config(config);
        session.sql("CREATE SCHEMA crime_data").await.unwrap();
        for (table, location) in tables {
            session.register_parquet(*table, location, ParquetReadOptions::default()).await.unwrap();
        }
        let frame = session.sql(sql).await.unwrap();
        let columns = frame.schema().fields().iter().map(|field| field.name().clone()).collect();
        (columns, frame.collect().await.unwrap())
    });
    Answer { columns, rows: batches.iter().flat_map(texts).collect() }
}

fn texts(batch: &RecordBatch) -> Vec<String> {
    let options = FormatOptions::default().with_null("∅");
    let columns: Vec<ArrayFormatter<'_>> =
        batch.columns().iter().map(|column| ArrayFormatter::try_new(column, &options).unwrap()).collect();
    let text = |row| columns.iter().map(|column| column.value(row).to_string()).collect::<Vec<_>>().join(" | ");
    (0..batch.num_rows()).map(text).collect()
}

//! A table that is published in Glue is there for whoever looks it up, and what others have set on it stays.

use crate::harness::{
    CRIMES, Warehouse, change_glue_table, compare_location, crimes, glue_history, glue_table, ministack, mysql,
    read_as_others_do,
};

const IN_GLUE: [&str; 1] = ["--create-database"];

#[test]
fn a_table_and_a_query_of_it_are_read_by_athena_and_others() {
    let rows = crimes();
    ministack();
    let warehouse = Warehouse::on_s3(&IN_GLUE);
    let table = "lake_readers.crimes";
    warehouse.ingest(CRIMES, &["--into", table, "--splits", "8"]).report();
    let location = glue_table(table).storage_descriptor.location;
    assert!(location.ends_with('/') && location.starts_with(warehouse.url()), "{location}");
    assert_eq!(compare_location(&location, CRIMES, "ID", &[]).cells, rows * 22);
    agree(table, "id", &mysql().query(&format!("SELECT COUNT(*), SUM(ID) FROM {CRIMES}")));

    let query = warehouse.query_file(&format!("SELECT id, primary_type FROM {table} WHERE arrest"));
    warehouse.process(&query, "lake_readers.arrests").report();
    let expected = mysql().query(&format!("SELECT COUNT(*), SUM(ID) FROM {CRIMES} WHERE Arrest = 1"));
    agree("lake_readers.arrests", "id", &expected);
}

/// Panics unless every reader finds the rows and the sum that MySQL says, and Glue's columns.
fn agree(table: &str, column: &str, mysql_says: &str) {
    let (rows, total) = mysql_says.split_once('\t').unwrap();
    let columns: Vec<String> =
        glue_table(table).storage_descriptor.columns.into_iter().map(|column| column.name).collect();
    let found = read_as_others_do(table, column);
    assert_eq!(found.len(), 4);
    for (reader, read) in found {
        assert_eq!(read, (rows.parse().unwrap(), total.parse().unwrap(), columns.clone()), "{reader}");
    }
}

/// Readers of Glue take a location for a key as it is.
#[test]
fn a_table_whose_name_is_no_plain_word_is_read_by_others_too() {
    ministack();
    mysql().new_database("plain_words");
    mysql().execute(
        "USE plain_words; CREATE TABLE `Order Details` (id INT PRIMARY KEY);
         INSERT INTO `Order Details` SELECT seq FROM seq_1_to_100",
    );
    let warehouse = Warehouse::on_s3(&IN_GLUE);
    let report = warehouse.ingest("plain_words.Order Details", &[]).report();
    let table = report["table"].as_str().unwrap().to_owned();
    assert!(report["location"].as_str().unwrap().contains("/Order Details/y="), "{report}");
    agree(&table, "id", "100\t5050");
    let query = warehouse.query_file(&format!("SELECT id FROM {table} WHERE id <= 50"));
    assert_eq!(warehouse.process(&query, "plain_words.half").rows(), 50);
}

#[test]
fn the_next_run_keeps_what_others_have_set() {
    ministack();
    let table = small_table("kept_in_glue");
    let warehouse = Warehouse::on_s3(&IN_GLUE);
    warehouse.ingest(&table, &["--date", "2026-05-01"]).report();
    let first = glue_table(&table);
    assert_eq!(first.storage_descriptor.columns[1].comment.as_deref(), Some("as MySQL has it"));
    change_glue_table(&table, |table| {
        table.parameters.insert("crawler.key".to_owned(), "kept".to_owned());
        table.description = Some("by hand".to_owned());
        table.storage_descriptor.columns[0].comment = Some("by hand".to_owned());
    });
    let report = warehouse.ingest(&table, &["--date", "2026-05-02"]).report();
    let second = glue_table(&table);
    assert_eq!(second.storage_descriptor.location, report["location"].as_str().unwrap());
    assert_ne!(second.storage_descriptor.location, first.storage_descriptor.location);
    assert_eq!((second.parameters["crawler.key"].as_str(), second.description.as_deref()), ("kept", Some("by hand")));
    assert_eq!(second.storage_descriptor.columns[0].comment.as_deref(), Some("by hand"));
    assert_eq!(second.parameters["recordCount"], "100");
}

#[test]
fn the_history_has_one_partition_a_day_and_a_backfill_leaves_the_table_alone() {
    ministack();
    let table = small_table("history_in_glue");
    let warehouse = Warehouse::on_s3(&IN_GLUE);
    let mut newest = serde_json::Value::Null;
    for date in ["2026-05-02", "2026-05-01", "2026-05-02"] {
        let report = warehouse.ingest(&table, &["--date", date]).report();
        if date == "2026-05-02" {
            newest = report;
        }
    }
    assert_eq!(glue_table(&table).storage_descriptor.location, newest["location"].as_str().unwrap());
    let days = glue_history(&table);
    let values: Vec<String> = days.iter().map(|day| day.values.join("-")).collect();
    assert_eq!(values, ["2026-05-01", "2026-05-02"]);
    assert_eq!(days[1].storage_descriptor.location, newest["location"].as_str().unwrap());
}

#[test]
fn a_database_is_created_only_when_asked() {
    ministack();
    let table = small_table("no_database");
    let warehouse = Warehouse::on_s3(&[]);
    let outcome = warehouse.ingest(&table, &[]);
    let said = "database `no_database` is not in Glue: create it, or give --create-database";
    assert!(outcome.refusal().contains(said), "{}", outcome.stderr);
    warehouse.ingest(&table, &IN_GLUE).report();
}

/// Creates a table of 100 rows in a database of its own.
fn small_table(database: &str) -> String {
    mysql().new_database(database);
    mysql().execute(&format!(
        "USE {database}; CREATE TABLE t (id INT PRIMARY KEY, name VARCHAR(20) COMMENT 'as MySQL has it');
         INSERT INTO t SELECT seq, CONCAT('name ', seq) FROM seq_1_to_100"
    ));
    format!("{database}.t")
}

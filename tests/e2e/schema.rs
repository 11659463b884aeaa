//! A table whose columns change: what readers bear is taken, anything else stops a run before it writes.

use crate::harness::{
    Warehouse, compare, compare_location, glue_history, glue_table, ministack, mysql, read_as_others_do, read_history,
};

/// Creates a table of 100 rows in a database of its own.
fn table(database: &str) -> String {
    mysql().new_database(database);
    mysql().execute(&format!(
        "USE {database}; CREATE TABLE t (id INT PRIMARY KEY, small INT, ratio FLOAT, price DECIMAL(8, 2), name VARCHAR(20));
         INSERT INTO t SELECT seq, seq * 10, seq / 8, seq / 4, CONCAT('name ', seq) FROM seq_1_to_100"
    ));
    format!("{database}.t")
}

fn alter(table: &str, change: &str) {
    mysql().execute(&format!("ALTER TABLE {table} {change}"));
}

#[test]
fn readers_read_across_days_when_columns_are_added_and_widened() {
    ministack();
    let table = table("evolving");
    let warehouse = Warehouse::on_s3(&["--create-database"]);
    warehouse.ingest(&table, &["--date", "2026-05-01"]).report();
    alter(&table, "MODIFY small BIGINT, MODIFY ratio DOUBLE, MODIFY price DECIMAL(12, 3), ADD note VARCHAR(20)");
    mysql().execute(&format!("UPDATE {table} SET small = 8000000000 + id, note = 'new', price = price + 0.125"));
    warehouse.ingest(&table, &["--date", "2026-05-02"]).report();

    let types: Vec<String> =
        glue_table(&table).storage_descriptor.columns.into_iter().map(|column| column.type_).collect();
    assert_eq!(types, ["int", "bigint", "double", "decimal(12,3)", "string", "string"]);
    let days: Vec<String> =
        glue_history(&table).iter().map(|day| day.storage_descriptor.columns[1].type_.clone()).collect();
    assert_eq!(days, ["int", "bigint"], "each day keeps the types of its own files");

    let old_sum = 10 * 5050;
    let new_sum = 100 * 8_000_000_000_i64 + 5050;
    for (reader, (rows, sum, notes)) in read_history(&format!("{table}_history"), "small", "note") {
        assert_eq!((rows, sum, notes), (200, old_sum + new_sum, 100), "{reader}");
    }
    let across = warehouse.query_file(&format!(
        "SELECT d, count(*) AS n, sum(small) AS total, min(small) AS least, sum(price) AS price, count(note) AS notes
         FROM {table}_history GROUP BY d"
    ));
    warehouse.process(&across, "evolving.across").report();
    let location = glue_table("evolving.across").storage_descriptor.location;
    mysql().execute(&format!(
        "USE evolving; CREATE TABLE expected
           (d CHAR(2), n BIGINT, total BIGINT, least BIGINT, price DECIMAL(22, 3), notes BIGINT);
         INSERT INTO expected VALUES ('01', 100, {old_sum}, 10, 1262.5, 0), ('02', 100, {new_sum}, 8000000001, 1275, 100)"
    ));
    assert_eq!(compare_location(&location, "evolving.expected", "d", &[]).cells, 12);
    for (reader, (rows, sum, columns)) in read_as_others_do(&table, "small") {
        assert_eq!((rows, sum, columns.len()), (100, new_sum, 6), "{reader}");
    }
}

#[test]
fn anything_else_stops_a_run_before_it_writes_and_replace_takes_it() {
    let table = table("changed_columns");
    let warehouse = Warehouse::new();
    warehouse.ingest(&table, &[]).report();
    let before = warehouse.names();
    alter(&table, "MODIFY small SMALLINT, DROP ratio, RENAME COLUMN name TO title, ADD first INT FIRST");

    let outcome = warehouse.ingest(&table, &[]);
    let refusal = outcome.refusal();
    for difference in [
        "columns are not those of the last snapshot of `changed_columns.t`:",
        "column `ratio` (float) is gone",
        "column `name` (string) is gone",
        "column `first` (int) is new, and not at the end but before `id`",
        "column `small` is smallint and was int",
        "--schema replace",
    ] {
        assert!(refusal.contains(difference), "{difference} is not in {refusal}");
    }
    let mut after = warehouse.names();
    after.sort();
    let mut before = before;
    before.sort();
    assert_eq!(after, before, "a refused run has written");

    warehouse.ingest(&table, &["--schema", "replace"]).report();
    assert_eq!(compare(&warehouse, &table, &table, "id", &[]).rows, 100);
}

#[test]
fn frozen_columns_do_not_even_widen_and_choosing_the_old_ones_is_a_way_out() {
    let table = table("frozen");
    let warehouse = Warehouse::new();
    warehouse.ingest(&table, &[]).report();
    alter(&table, "ADD note VARCHAR(20)");
    let outcome = warehouse.ingest(&table, &["--schema", "freeze"]);
    let refusal = outcome.refusal();
    assert!(refusal.contains("column `note` (string) is new"), "{refusal}");
    let old = "id,small,ratio,price,name";
    warehouse.ingest(&table, &["--schema", "freeze", "--columns", old]).report();
    assert_eq!(compare(&warehouse, &table, &table, "id", &["--columns", old]).cells, 500);
}

#[test]
fn a_query_whose_result_changes_its_type_is_stopped_too() {
    let table = table("retyped");
    let warehouse = Warehouse::new();
    warehouse.ingest(&table, &[]).report();
    let process = |expression: &str| {
        let query = warehouse.query_file(&format!("SELECT id, {expression} AS x FROM {table}"));
        warehouse.process(&query, "retyped.result")
    };
    process("small").report();
    let outcome = process("name");
    let refusal = outcome.refusal();
    assert!(refusal.contains("column `x` is string and was int"), "{refusal}");
    process("CAST(small AS BIGINT)").report();
}

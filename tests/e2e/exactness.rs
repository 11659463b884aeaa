//! Every cell that arrives is the one that MySQL holds, however the table is split.

use crate::harness::{CRIMES, Compared, Warehouse, cluster, compare, crimes, load_crimes, mysql, say};
use std::path::PathBuf;
use std::process::Command;

/// The catalog's name of the generated table.
const PUBLISHED: &str = "crime_data.crimes_2001_to_present";

#[test]
fn sixteen_splits_on_two_executors_copy_every_cell() {
    let rows = crimes();
    let warehouse = Warehouse::new();
    let before = cluster().finished_tasks();
    let report = warehouse.ingest(CRIMES, &["--splits", "16"]).report();
    let after = cluster().finished_tasks();
    assert!(before.iter().zip(after).all(|(before, after)| after > *before), "an executor was idle: {after:?}");
    assert_eq!(report["rows"], rows);
    assert_eq!(report["job"], "ingest");
    assert_eq!(report["table"], PUBLISHED);
    let compared = compare(&warehouse, CRIMES, PUBLISHED, "ID", &[]);
    assert_eq!((compared.rows, compared.cells), (rows, rows * 22));
    assert_eq!(report["files"], compared.files);
    assert!(compared.nulls > rows / 50, "{} NULLs", compared.nulls);
    assert_eq!(warehouse.splits(&report).len(), 16);
}

#[test]
fn one_split_copies_every_cell() {
    let rows = crimes();
    let warehouse = Warehouse::new();
    assert_eq!(warehouse.ingest(CRIMES, &["--splits", "1"]).rows(), rows);
    let compared = compare(&warehouse, CRIMES, PUBLISHED, "ID", &[]);
    assert_eq!((compared.rows, compared.files), (rows, 1));
}

#[test]
fn more_splits_than_rows_copy_every_row_once() {
    let compared = copy_small_table("more_splits", "INSERT INTO t VALUES (-7,'a'),(0,NULL),(1,''),(2,'é'),(900,'z')");
    assert_eq!(compared.rows, 5);
}

#[test]
fn a_table_of_one_row_is_copied() {
    let compared = copy_small_table("one_row", "INSERT INTO t VALUES (42, 'alone')");
    assert_eq!((compared.rows, compared.files), (1, 1));
}

#[test]
fn an_empty_table_is_published_with_its_schema_and_no_rows() {
    let compared = copy_small_table("empty", "");
    assert_eq!((compared.rows, compared.nulls), (0, 0));
    assert_eq!(compared.files, 1, "without a file, readers would find no schema");
}

/// Creates a table in a database of its own, copies it with 16 splits, and compares.
fn copy_small_table(database: &str, rows: &str) -> Compared {
    let database = mysql().new_database(database);
    mysql().execute(&format!("USE {database}; CREATE TABLE t (id INT PRIMARY KEY, name VARCHAR(20)); {rows}"));
    let table = format!("{database}.t");
    let warehouse = Warehouse::new();
    let report = warehouse.ingest(&table, &["--splits", "16"]).report();
    let document = warehouse.newest(&table).1;
    let columns = document["StorageDescriptor"]["Columns"].as_array().unwrap();
    let names: Vec<&str> = columns.iter().map(|column| column["Name"].as_str().unwrap()).collect();
    assert_eq!(names, ["id", "name"]);
    assert_eq!(document["Parameters"]["recordCount"], report["rows"].to_string());
    compare(&warehouse, &table, &table, "id", &[])
}

#[test]
fn awkward_values_of_many_types_arrive_unchanged() {
    let database = mysql().new_database("awkward");
    mysql().execute(AWKWARD);
    let table = format!("{database}.values");
    let warehouse = Warehouse::new();
    assert_eq!(warehouse.ingest(&table, &["--splits", "3"]).rows(), 7);
    let compared = compare(&warehouse, &table, &table, "key", &[]);
    assert_eq!(compared.rows, 7);
    assert!(compared.nulls >= 19);
}

const AWKWARD: &str = r#"
USE awkward;
SET sql_mode = 'STRICT_ALL_TABLES', time_zone = '+00:00';
CREATE TABLE `values` (
    `key` BIGINT PRIMARY KEY, `tiny` TINYINT, `small` SMALLINT, `medium` MEDIUMINT, `int` INT, `big` BIGINT,
    `int unsigned` INT UNSIGNED, `BIG unsigned` BIGINT UNSIGNED, `yes/no` TINYINT(1), `amount` DECIMAL(38,10),
    `double` DOUBLE, `float` FLOAT, `seconds` DATETIME, `millis` DATETIME(3), `micros` DATETIME(6), `day` DATE,
    `text` VARCHAR(100), `fixed` CHAR(5), `long` LONGTEXT, `latin` VARCHAR(20) CHARACTER SET latin1, `bytes` VARBINARY(300),
    `blob` BLOB
);
INSERT INTO `values` VALUES
    (-9223372036854775808, -128, -32768, -8388608, -2147483648, -9223372036854775808, 0, 0, 0,
     -9999999999999999999999999999.9999999999, -1.7976931348623157e308, -0.1, '1000-01-01 00:00:00', '1000-01-01 00:00:00.001',
     '1000-01-01 00:00:00.000001', '1000-01-01', '', '', '', '', '', ''),
    (9223372036854775807, 127, 32767, 8388607, 2147483647, 9223372036854775807, 4294967295, 18446744073709551615, 1,
     9999999999999999999999999999.9999999999, 1.7976931348623157e308, 16777.123, '9999-12-31 23:59:59', '9999-12-31 23:59:59.999',
     '9999-12-31 23:59:59.999999', '9999-12-31', REPEAT('ü', 100), 'abcde', REPEAT('long ', 60000), 'naïve Ärger',
     REPEAT(X'00FF', 150), REPEAT(X'000A', 30000)),
    (0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
    (1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0.1, 0.1, '1970-01-01 00:00:00', '1969-12-31 23:59:59.999', '1969-12-31 23:59:59.999999',
     '1970-01-01', 'NULL', '\\N', 'quote " comma , backslash \\ tab \t newline \n', 'café', X'00', X''),
    (2, 1, 1, 1, 1, 1, 1, 1, 1, 0.0000000001, 5e-324, 1.4e-45, '2026-03-29 02:30:00', '2026-10-25 02:30:00.5', '2026-01-01',
     '2024-02-29', '🚓 四 Ω', ' a b', '{"a": [1, 2]}', '£', X'F09F9A93', X'FFFE'),
    (3, -1, -1, -1, -1, -1, 2147483648, 9223372036854775808, 0, -0.5, 0.30000000000000004, 3.4e38, '2001-01-01 12:00:00',
     '2001-01-01 12:00:00.123', '2001-01-01 12:00:00.123456', '2001-01-01', 'true', 'x', 'y', 'z', X'01', X'02'),
    (4, 5, 6, 7, 8, 9, 10, 11, 1, 12.3456789012, 2.2250738585072014e-308, 1e10, '2018-02-10 15:50:01', '2018-02-10 15:50:01',
     '2018-02-10 15:50:01', '2018-02-10', 'trailing space ', 'pad', 'end', 'end', X'2020', X'20')
"#;

#[test]
fn the_real_rows_are_copied_exactly() {
    let Some(csv) = real_rows() else {
        say("note: the city's own rows are not here (SPRINGALD_REAL_CRIMES names their file); generated rows stand in");
        return;
    };
    load_crimes("real_crimes", &csv);
    let table = "real_crimes.Crimes_2001_to_Present";
    let published = "real_crimes.crimes_2001_to_present";
    let warehouse = Warehouse::new();
    let rows = warehouse.ingest(table, &["--splits", "16"]).rows();
    assert_eq!(rows, mysql().query(&format!("SELECT COUNT(*) FROM {table}")).parse::<u64>().unwrap());
    assert_eq!(compare(&warehouse, table, published, "ID", &[]).rows, rows);
}

/// Returns the city's file, unpacked, where it lies beside the checkout or where `SPRINGALD_REAL_CRIMES` says.
fn real_rows() -> Option<Vec<u8>> {
    let beside = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/data/chicago_crimes_2016.csv.gz");
    let path = std::env::var_os("SPRINGALD_REAL_CRIMES").map_or(beside, PathBuf::from);
    if !path.exists() {
        return None;
    }
    let output = Command::new("gzip").args(["--decompress", "--stdout"]).arg(&path).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Some(output.stdout)
}

//! Column statistics in Glue are those of the snapshot that the table points at, or none.

use crate::harness::{Warehouse, column_statistics, ministack, mysql};
use serde_json::{Value, json};

/// 20,000 rows, of which every tenth is NULL but for the key.
fn table(database: &str) -> String {
    mysql().new_database(database);
    mysql().execute(&format!(
        "USE {database}; CREATE TABLE t (id INT PRIMARY KEY, few SMALLINT, many BIGINT, ratio DOUBLE, price DECIMAL(9, 2),
           open BOOLEAN, day DATE, name VARCHAR(40), raw VARBINARY(10), at DATETIME);
         INSERT INTO t SELECT seq, CAST(seq % 7 AS SIGNED) - 3, seq * 1000003, seq / 8, (CAST(seq AS SIGNED) - 100) / 4,
           seq % 2, '1969-12-01' + INTERVAL seq % 400 DAY, REPEAT('ü', seq % 5), REPEAT('x', seq % 4),
           '2026-05-01' + INTERVAL seq SECOND FROM seq_1_to_20000;
         UPDATE t SET few = NULL, many = NULL, ratio = NULL, price = NULL, open = NULL, day = NULL, name = NULL, raw = NULL
           WHERE id % 10 = 0"
    ));
    format!("{database}.t")
}

/// Asserts that a count of different values is right to within three percent.
fn about(found: &Value, expected: &str) {
    let expected: f64 = mysql().query(expected).parse().unwrap();
    let found = found["NumberOfDistinctValues"].as_f64().unwrap();
    assert!((found - expected).abs() <= 0.03 * expected, "{found} and not about {expected}");
}

#[test]
fn statistics_follow_the_snapshot_and_go_when_nobody_asks_for_them() {
    ministack();
    let table = table("described");
    let warehouse = Warehouse::on_s3(&["--create-database"]);
    let options = ["--column-statistics", "--splits", "5", "--date", "2026-05-01"];
    warehouse.ingest(&table, &options).report();

    let found = column_statistics(&table, None);
    let bounds = |column: &str| (found[column]["MinimumValue"].clone(), found[column]["MaximumValue"].clone());
    assert_eq!(bounds("id"), (json!(1), json!(20_000)));
    assert_eq!(bounds("few"), (json!(-3), json!(3)));
    assert_eq!(bounds("ratio"), (json!(0.125), json!(19_999.0 / 8.0)));
    assert_eq!(bounds("price"), (json!("-24.75"), json!("4974.75")));
    assert_eq!(bounds("day"), (json!("1969-12-02"), json!("1971-01-04")));
    for column in ["few", "many", "ratio", "price", "open", "day", "name", "raw"] {
        assert_eq!(found[column]["NumberOfNulls"], 2_000, "{column}");
    }
    for column in ["id", "few", "many", "ratio", "price", "day", "name"] {
        about(&found[column], &format!("SELECT COUNT(DISTINCT {column}) FROM {table}"));
    }
    let open = &found["open"];
    assert_eq!((&open["NumberOfTrues"], &open["NumberOfFalses"]), (&json!(10_000), &json!(8_000)));
    assert_eq!((&found["name"]["MaximumLength"], &found["raw"]["MaximumLength"]), (&json!(8), &json!(3)));
    let average = mysql().query(&format!("SELECT AVG(LENGTH(name)) FROM {table}")).parse::<f64>().unwrap();
    assert!((found["name"]["AverageLength"].as_f64().unwrap() - average).abs() < 0.001);
    assert!(!found.contains_key("at"), "Glue has no kind of statistics for timestamps");
    assert_eq!(column_statistics(&format!("{table}_history"), Some("2026/05/01")), found);

    mysql().execute(&format!("DELETE FROM {table} WHERE id > 50"));
    let first = warehouse.ingest(&table, &["--column-statistics", "--date", "2026-05-02"]).report();
    assert_eq!(column_statistics(&table, None)["id"]["MaximumValue"], 50);
    warehouse.ingest(&table, &["--date", "2026-05-03"]).report();
    assert_eq!(column_statistics(&table, None).len(), 0, "they were those of an earlier snapshot");
    let days = |day: &str| column_statistics(&format!("{table}_history"), Some(day)).len();
    assert_eq!((days("2026/05/01"), days("2026/05/02"), days("2026/05/03")), (9, 9, 0));

    warehouse.snapshots("rollback", &table, &["--run", first["run"].as_str().unwrap()]).report();
    assert_eq!(column_statistics(&table, None)["id"]["MaximumValue"], 50);
}

#[test]
fn a_run_that_is_not_asked_keeps_no_sketches() {
    let table = table("undescribed");
    let warehouse = Warehouse::new();
    let plain = warehouse.ingest(&table, &["--splits", "2"]).report();
    assert!(warehouse.splits(&plain).iter().all(|split| split["columns"][0].get("detail").is_none()));
    let asked = warehouse.ingest(&table, &["--splits", "2", "--column-statistics"]).report();
    assert!(warehouse.splits(&asked).iter().all(|split| split["columns"][0]["detail"]["distinct"].is_string()));
}

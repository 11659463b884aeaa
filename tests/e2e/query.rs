//! `--query`: the result of a SELECT becomes a snapshot, on two executors, exactly.

use crate::harness::{Outcome, Warehouse, compare, mysql, run};

const JOINED: &str = "SELECT o.id, o.customer, o.amount, o.at, c.name, o.amount * 2 AS twice \
                      FROM orders o LEFT JOIN customers c ON c.id = o.customer WHERE o.amount > 10";

/// Creates orders and their customers in a database of its own, and a table `copy` with what the query should return.
fn orders(database: &str) {
    mysql().new_database(database);
    mysql().execute(&format!(
        "USE {database}; CREATE TABLE customers (id INT PRIMARY KEY, name VARCHAR(20) NOT NULL);
         CREATE TABLE orders (id INT PRIMARY KEY, customer INT, amount DECIMAL(9,2), at DATETIME(3), KEY (customer));
         INSERT INTO customers SELECT seq, CONCAT('ü', seq) FROM seq_1_to_900;
         INSERT INTO orders SELECT seq, IF(seq % 10 = 0, NULL, seq * 7919 % 1000), seq / 7,
           '2024-03-31 02:30:00' + INTERVAL seq SECOND FROM seq_1_to_20000;
         CREATE TABLE copy AS {JOINED}"
    ));
}

fn ingest(warehouse: &Warehouse, database: &str, options: &[&str]) -> Outcome {
    let into = format!("{database}.joined");
    let options = [&["--query", JOINED, "--into", &into], options].concat();
    run(&mut warehouse.ingest_from(&mysql().source(database), &options))
}

#[test]
fn a_join_is_copied_in_splits_and_exactly() {
    orders("joined");
    for column in ["id", "customer", "name"] {
        let warehouse = Warehouse::new();
        let report = ingest(&warehouse, "joined", &["--splits", "8", "--split-column", column]).report();
        let compared = compare(&warehouse, "joined.copy", "joined.joined", "id", &[]);
        assert_eq!((report["rows"].as_u64(), compared.rows), (Some(19_930), 19_930), "{column}");
        assert!(warehouse.splits(&report).len() >= 6, "{column}");
        let plan = warehouse.record(&report, "plan.json");
        assert!(plan.to_string().contains("LEFT JOIN customers"), "{plan}");
    }
}

#[test]
fn a_query_without_a_split_column_is_read_at_once_with_a_warning() {
    orders("whole");
    let warehouse = Warehouse::new();
    let outcome = ingest(&warehouse, "whole", &["--columns", "id,name,twice", "--where", "name IS NULL"]);
    let expected = mysql().query("SELECT COUNT(*) FROM whole.copy WHERE name IS NULL");
    assert_eq!(outcome.rows().to_string(), expected);
    let options = ["--columns", "id,name,twice", "--where", "name IS NULL"];
    assert_eq!(compare(&warehouse, "whole.copy", "whole.joined", "id", &options).files, 1);
    assert!(outcome.stderr.contains("--split-column"), "{}", outcome.stderr);
    assert_eq!(warehouse.record(&outcome.report(), "commit.json")["consistency"]["table"], "unknown");
}

//! Tables whose shape could lead split planning astray, and what planning costs.

use crate::fixture::Database;
use crate::splits::{is_even, large, sizes};
use insta::assert_snapshot;

/// Makes a table `t` of 3,000 rows: numbered by `id`, with twice the number as `k`.
async fn table(name: &str, definition: &str) -> Database {
    let mut db = Database::new(name).await;
    let rows: Vec<String> = (0..3000).map(|n| format!("({n}, {})", n * 2)).collect();
    db.run(&[&format!("CREATE TABLE t ({definition}"), &format!("INSERT INTO t VALUES {}", rows.join(", "))]).await;
    db
}

#[tokio::test]
async fn a_partitioned_table() {
    let mut db = table("h_parts", "id INT, k INT, PRIMARY KEY (id)) PARTITION BY HASH (id) PARTITIONS 7").await;
    let spec = db.spec("t").await;
    let sizes = sizes(&mut db, spec, 8, None).await;
    assert!(sizes.len() == 8 && is_even(&sizes), "{sizes:?}");
}

#[tokio::test]
async fn a_large_partitioned_table() {
    let definition = "id INT PRIMARY KEY, v INT) PARTITION BY RANGE (id) (PARTITION a VALUES LESS THAN (100000), \
                      PARTITION b VALUES LESS THAN MAXVALUE";
    let (mut db, spec) = large("h_large_parts", definition, "n * 3, n").await;
    let sizes = sizes(&mut db, spec, 16, None).await;
    assert!(sizes.len() == 16 && is_even(&sizes), "{sizes:?}");
}

#[tokio::test]
async fn a_key_in_descending_order() {
    let mut db = table("h_descending", "id INT, k INT, PRIMARY KEY (id DESC), KEY down (k DESC))").await;
    let spec = db.spec("t").await;
    for column in [None, Some("k")] {
        let sizes = sizes(&mut db, spec.clone(), 8, column).await;
        assert!(sizes.len() == 8 && is_even(&sizes), "{column:?} {sizes:?}");
    }
}

#[tokio::test]
async fn an_index_on_the_start_of_a_text_is_no_key() {
    let mut db = Database::new("h_prefix").await;
    db.run(&[
        "CREATE TABLE t (id INT, v VARCHAR(200) NOT NULL, UNIQUE KEY start (v(5)))",
        "INSERT INTO t VALUES (1, 'abcde1'), (2, 'b')",
    ])
    .await;
    let spec = db.spec("t").await;
    assert_eq!(sizes(&mut db, spec, 8, None).await, [2]);
}

#[tokio::test]
async fn a_table_with_a_history_shows_its_present() {
    let mut db = Database::new("h_history").await;
    if !db.is_mariadb().await {
        return;
    }
    db.run(&[
        "CREATE TABLE t (id INT PRIMARY KEY, v INT) WITH SYSTEM VERSIONING",
        "INSERT INTO t VALUES (1, 1), (2, 2), (3, 3)",
        "UPDATE t SET v = 20 WHERE id = 2",
        "DELETE FROM t WHERE id = 3",
    ])
    .await;
    assert_snapshot!(db.read("t").await.unwrap(), @r"
    +----+----+
    | id | v  |
    +----+----+
    | 1  | 1  |
    | 2  | 20 |
    +----+----+
    ");
}

#[tokio::test]
async fn years_of_zero_are_the_number() {
    let mut db = Database::new("h_year").await;
    db.run(&["CREATE TABLE t (id INT PRIMARY KEY, y YEAR)", "INSERT INTO t VALUES (1, 0), (2, 2155)"]).await;
    assert_snapshot!(db.read("t").await.unwrap(), @r"
    +----+------+
    | id | y    |
    +----+------+
    | 1  | 0    |
    | 2  | 2155 |
    +----+------+
    ");
}

#[tokio::test]
async fn boundaries_of_a_large_table_cost_a_fraction_of_its_read() {
    let (mut db, spec) = large("h_cost", "id INT PRIMARY KEY, v VARCHAR(20)", "n * 3, CONCAT('v', n)").await;
    let schema = if db.is_mariadb().await { "information_schema.SESSION" } else { "performance_schema.session" };
    let read = format!(
        "SELECT CAST(CAST(SUM(VARIABLE_VALUE) AS UNSIGNED) AS CHAR) FROM {schema}_status WHERE VARIABLE_NAME IN \
         ('Handler_read_next', 'Handler_read_prev', 'Handler_read_key', 'Handler_read_rnd_next')"
    );
    let before: u64 = db.ask(&read).await.parse().unwrap();
    let plan = db.plan(&spec, 16, None).await;
    let after: u64 = db.ask(&read).await.parse().unwrap();
    assert_eq!(plan.splits.len(), 16);
    assert!(after - before < 20_000, "{} of 200,000 rows were read to plan", after - before);
}

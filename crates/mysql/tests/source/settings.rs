//! What a server's own defaults must not do to what is read. (The fixture makes them odd for every test.)

use crate::fixture::{Database, operator, printed, rows};
use insta::assert_snapshot;
use mysql_async::prelude::Queryable;
use springald_mysql::connect;

/// Reads the first value of a query's result in one split.
async fn read(db: &mut Database, sql: &str) -> String {
    let spec = db.query(sql).await;
    let plan = db.plan(&spec, 1, None).await;
    printed(&rows(operator(&plan, spec)).await.unwrap())
}

#[tokio::test]
async fn the_defaults_are_odd() {
    let mut db = Database::new("o_odd").await;
    let globals = "SELECT CONCAT_WS(' ', @@GLOBAL.time_zone, @@GLOBAL.sql_select_limit, @@GLOBAL.group_concat_max_len, \
                   @@GLOBAL.net_write_timeout, @@GLOBAL.sql_mode LIKE '%ANSI_QUOTES%')";
    assert_snapshot!(db.ask(globals).await, @"+05:45 100 8 1 1");
}

#[tokio::test]
async fn long_texts_of_groups_are_whole() {
    let mut db = Database::new("o_groups").await;
    let values: Vec<String> = (0..3000).map(|n| format!("({n}, 'word {n}')")).collect();
    db.run(&[
        "CREATE TABLE t (id INT PRIMARY KEY, w VARCHAR(20))",
        &format!("INSERT INTO t VALUES {}", values.join(", ")),
        "CREATE VIEW v AS SELECT 1 AS id, GROUP_CONCAT(w ORDER BY id) AS words FROM t",
    ])
    .await;
    let whole: String = (0..3000).map(|n| format!("word {n}")).collect::<Vec<_>>().join(",");
    assert!(read(&mut db, "SELECT GROUP_CONCAT(w ORDER BY id) AS words FROM t").await.contains(&whole));
    assert!(db.read("v").await.unwrap().contains(&whole));
}

#[tokio::test]
async fn the_readers_own_settings_hold() {
    let mut db = Database::new("o_settings").await;
    let settings = "SELECT @@time_zone AS zone, @@sql_mode AS mode, @@sql_select_limit > 1000000 AS unlimited, \
                    @@net_write_timeout AS writing, @@lock_wait_timeout AS locks, @@sql_auto_is_null AS auto, \"a\\\"b\" AS quoted, CONCAT('[', CAST('x' AS CHAR(3)), ']') AS padded";
    assert_snapshot!(read(&mut db, settings).await, @r#"
    +--------+------+-----------+---------+-------+------+--------+--------+
    | zone   | mode | unlimited | writing | locks | auto | quoted | padded |
    +--------+------+-----------+---------+-------+------+--------+--------+
    | +00:00 |      | 1         | 600     | 300   | 0    | a"b    | [x]    |
    +--------+------+-----------+---------+-------+------+--------+--------+
    "#);
    let slow = "SELECT SLEEP(1.5) AS slept";
    assert!(read(&mut db, slow).await.contains("| 0 "));
}

#[tokio::test]
async fn what_is_not_committed_is_not_read() {
    let mut db = Database::new("o_uncommitted").await;
    db.run(&["CREATE TABLE t (id INT PRIMARY KEY)", "INSERT INTO t VALUES (1)"]).await;
    let mut writer = connect(&db.source()).await.unwrap();
    for statement in ["START TRANSACTION", "INSERT INTO t VALUES (2)"] {
        writer.query_drop(statement).await.unwrap();
    }
    assert_snapshot!(db.read("t").await.unwrap(), @r"
    +----+
    | id |
    +----+
    | 1  |
    +----+
    ");
    writer.query_drop("COMMIT").await.unwrap();
    assert!(db.read("t").await.unwrap().contains("| 2 "));
}

#[tokio::test]
async fn it_is_one_time_for_all_sessions_of_a_run() {
    let mut db = Database::new("o_now").await;
    let times = "SELECT id, NOW() AS n, CURDATE() AS d, UTC_TIMESTAMP(3) AS u FROM t";
    db.run(&["CREATE TABLE t (id INT PRIMARY KEY)", "INSERT INTO t VALUES (1), (2)"]).await;
    let spec = db.query(times).await.with_now(Some(1_709_251_199));
    let plan = db.plan(&spec, 2, Some("id")).await;
    assert_eq!(plan.splits.len(), 2);
    assert_snapshot!(printed(&rows(operator(&plan, spec)).await.unwrap()), @r"
    +----+---------------------+------------+---------------------+
    | id | n                   | d          | u                   |
    +----+---------------------+------------+---------------------+
    | 1  | 2024-02-29T23:59:59 | 2024-02-29 | 2024-02-29T23:59:59 |
    | 2  | 2024-02-29T23:59:59 | 2024-02-29 | 2024-02-29T23:59:59 |
    +----+---------------------+------------+---------------------+
    ");
}

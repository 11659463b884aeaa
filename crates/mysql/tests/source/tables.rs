//! Tables of every shape: odd names, hidden and computed columns, views.

use crate::fixture::Database;
use insta::assert_snapshot;
use springald_mysql::{Origin, table_bytes};

#[tokio::test]
async fn any_name_will_do() {
    let mut db = Database::new("t names `odd`".replace('`', "'").as_str()).await;
    db.run(&[
        "CREATE TABLE `Select``From \"x\"` (`Primary Type` INT PRIMARY KEY, `it's` INT, `a``b` INT, `naïve` INT, `UPPER` INT, `group` INT)",
        "INSERT INTO `Select``From \"x\"` VALUES (1, 2, 3, 4, 5, 6)",
    ])
    .await;
    assert_snapshot!(db.read("Select`From \"x\"").await.unwrap(), @r"
    +--------------+------+-----+-------+-------+-------+
    | Primary Type | it's | a`b | naïve | UPPER | group |
    +--------------+------+-----+-------+-------+-------+
    | 1            | 2    | 3   | 4     | 5     | 6     |
    +--------------+------+-----+-------+-------+-------+
    ");
}

#[tokio::test]
async fn hidden_and_computed_columns_are_columns() {
    let mut db = Database::new("t_generated").await;
    db.run(&[
        "CREATE TABLE t (id INT PRIMARY KEY, hidden INT INVISIBLE, twice INT AS (id * 2) VIRTUAL, thrice INT AS (id * 3) STORED)",
        "INSERT INTO t (id, hidden) VALUES (1, 7)",
    ])
    .await;
    assert_snapshot!(db.read("t").await.unwrap(), @r"
    +----+--------+-------+--------+
    | id | hidden | twice | thrice |
    +----+--------+-------+--------+
    | 1  | 7      | 2     | 3      |
    +----+--------+-------+--------+
    ");
}

#[tokio::test]
async fn a_view_is_a_source() {
    let mut db = Database::new("t_views").await;
    db.run(&[
        "CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(9) NOT NULL)",
        "INSERT INTO t VALUES (1, 'a'), (2, 'b')",
        "CREATE VIEW w AS SELECT id + 10 AS id, v FROM t",
    ])
    .await;
    assert_snapshot!(db.read("w").await.unwrap(), @r"
    +----+---+
    | id | v |
    +----+---+
    | 11 | a |
    | 12 | b |
    +----+---+
    ");
    let schema = db.describe("w").await;
    assert!(schema.is_view && schema.keys.is_empty());
}

#[tokio::test]
async fn names_that_differ_in_case_are_different_tables() {
    let mut db = Database::new("t_case").await;
    if db.ask("SELECT CAST(@@lower_case_table_names AS CHAR)").await != "0" {
        return;
    }
    db.run(&["CREATE TABLE t (a INT PRIMARY KEY)", "CREATE TABLE T (b INT, c INT, KEY (c))"]).await;
    let names = |schema: springald_mysql::TableSchema| {
        let columns: Vec<_> = schema.columns.into_iter().map(|column| column.name).collect();
        let keys: Vec<_> = schema.keys.into_iter().map(|key| key.name).collect();
        (columns.join(","), keys.join(","))
    };
    assert_eq!(names(db.describe("t").await), ("a".to_owned(), "PRIMARY".to_owned()));
    assert_eq!(names(db.describe("T").await), ("b,c".to_owned(), "c".to_owned()));
}

#[tokio::test]
async fn columns_are_described_with_their_comments() {
    let mut db = Database::new("t_comments").await;
    db.run(&["CREATE TABLE t (id INT UNSIGNED PRIMARY KEY COMMENT 'the number', v TEXT) COMMENT = 'a table'"]).await;
    let schema = db.describe("t").await;
    assert_eq!(schema.comment.as_deref(), Some("a table"));
    let id = schema.column("ID").unwrap();
    assert_eq!((id.comment.as_deref(), id.nullable), (Some("the number"), false));
    assert!(id.declared.starts_with("int") && id.declared.ends_with("unsigned"));
    assert!(schema.column("v").unwrap().nullable);
}

#[tokio::test]
async fn a_table_has_a_size_and_a_view_and_a_query_have_none() {
    let mut db = Database::new("t_sizes").await;
    db.run(&[
        "CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(1000) NOT NULL)",
        "INSERT INTO t VALUES (1, REPEAT('a', 1000))",
    ])
    .await;
    for _ in 0..10 {
        db.run(&["INSERT INTO t SELECT id + (SELECT MAX(id) FROM t), v FROM t"]).await;
    }
    db.run(&["CREATE VIEW w AS SELECT * FROM t", "ANALYZE TABLE t"]).await;
    let (table, view) = (Origin::from(db.table("t")), Origin::from(db.table("w")));
    let query = Origin::Query("SELECT * FROM t".parse().unwrap());
    let bytes = table_bytes(&mut db.session, &table).await.unwrap().unwrap();
    assert!((1_000_000..4_000_000).contains(&bytes), "1,024 rows of 1,000 bytes take {bytes}");
    assert_eq!(table_bytes(&mut db.session, &view).await.unwrap(), None);
    assert_eq!(table_bytes(&mut db.session, &query).await.unwrap(), None);
}

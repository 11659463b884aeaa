//! Text in character sets with characters that Unicode does not have: it stops the run, and all other text arrives.

use crate::fixture::{Database, operator, printed, rows};
use datafusion::error::DataFusionError;
use insta::{allow_duplicates, assert_snapshot};
use mysql_async::prelude::Queryable;
use springald_mysql::ReadSpec;

async fn read(db: &mut Database, spec: ReadSpec) -> Result<String, String> {
    let plan = db.plan(&spec, 1, None).await;
    rows(operator(&plan, spec)).await.map(|batches| printed(&batches)).map_err(|error| {
        let DataFusionError::External(error) = error.find_root() else { panic!("{error:?} would be retried") };
        error.to_string()
    })
}

#[tokio::test]
async fn a_character_that_unicode_lacks_stops_the_run() {
    let mut db = Database::new("u_lost").await;
    db.run(&[
        "CREATE TABLE t (id INT PRIMARY KEY, a VARCHAR(9) CHARACTER SET utf8mb4, k VARCHAR(20) CHARACTER SET sjis)",
        "INSERT INTO t VALUES (1, '?', 'テスト?'), (2, NULL, NULL), (3, '', '?'), (4, '🦀', '')",
    ])
    .await;
    let (table, query) = (db.spec("t").await, db.query("SELECT id, a, k FROM t").await);
    for spec in [table.clone(), query.clone()] {
        let text = read(&mut db, spec).await.unwrap();
        allow_duplicates!(assert_snapshot!(text, @r"
        +----+------+---------+
        | id | a    | k       |
        +----+------+---------+
        | 1  | ?    | テスト? |
        | 2  | NULL | NULL    |
        | 3  |      | ?       |
        | 4  | 🦀   |         |
        +----+------+---------+
        "));
    }
    db.run(&["INSERT INTO t VALUES (5, 'x', X'613FF04062')"]).await;
    assert_snapshot!(read(&mut db, table).await.unwrap_err(), @"column `k` of table `u_lost.t`, row id=5: it has a character that the server cannot turn into one of Unicode, and would send as a question mark; correct the value, leave the column out with --columns, or copy its bytes with --query: `CAST(… AS BINARY)`");
    let error = read(&mut db, query).await.unwrap_err();
    assert!(error.starts_with("column `k` of the query, row 5 of split 0"), "{error}");
    let bytes = db.query("SELECT id, CAST(k AS BINARY) AS k FROM t WHERE id = 5").await;
    assert!(read(&mut db, bytes).await.unwrap().contains("613ff04062"));
    let typed = db.describe("t").await;
    let columns =
        springald_mysql::retype(&typed, typed.all_columns().unwrap(), &["k=string".parse().unwrap()]).unwrap();
    let typed = ReadSpec::new(db.source(), db.table("t"), columns);
    assert!(read(&mut db, typed).await.is_err());
}

#[tokio::test]
async fn labels_of_enumerations_are_looked_at_too() {
    let mut db = Database::new("u_enum").await;
    db.run(&[
        "CREATE TABLE t (id INT PRIMARY KEY, e ENUM('?', 'テ') CHARACTER SET ujis, s SET('?', 'ス') CHARACTER SET cp932)",
        "INSERT INTO t VALUES (1, '?', '?,ス'), (2, 'テ', '')",
    ])
    .await;
    let spec = db.spec("t").await;
    assert!(read(&mut db, spec.clone()).await.unwrap().contains("| ?  | ?,ス |"));
    db.run(&["ALTER TABLE t ADD COLUMN k ENUM('?', X'F040') CHARACTER SET sjis", "UPDATE t SET k = 2 WHERE id = 2"])
        .await;
    let spec = db.spec("t").await;
    let error = read(&mut db, spec).await.unwrap_err();
    assert!(error.starts_with("column `k` of table `u_enum.t`, row id=2: it has a character"), "{error}");
}

/// Stores every sequence of one or two bytes in every character set: it arrives exactly, or stops the run.
#[tokio::test]
async fn every_character_set_arrives_whole_or_stops_the_run() {
    let mut db = Database::new("u_sets").await;
    let sets: Vec<(String, u64)> = db
        .session
        .query("SELECT CHARACTER_SET_NAME, MAXLEN FROM information_schema.CHARACTER_SETS WHERE CHARACTER_SET_NAME <> 'binary'")
        .await
        .unwrap();
    assert!(sets.len() > 35, "{sets:?}");
    let one: Vec<String> = (0..256).map(|byte| format!("(X'{byte:02X}')")).collect();
    db.run(&[
        "CREATE TABLE bytes (b VARBINARY(2) PRIMARY KEY)",
        &format!("INSERT INTO bytes VALUES {}", one.join(", ")),
        "INSERT INTO bytes SELECT CONCAT(x.b, y.b) FROM bytes x, bytes y WHERE x.b >= X'80' AND LENGTH(x.b) = 1 AND LENGTH(y.b) = 1",
    ])
    .await;
    // In these a question mark is two or four bytes, and no other character is looked for by one.
    let wide = ["ucs2", "utf16", "utf16le", "utf32"];
    for (set, longest) in sets.into_iter().filter(|(set, _)| !wide.contains(&set.as_str())) {
        let longest = if longest == 1 || set.starts_with("utf8") { 1 } else { 2 };
        db.run(&[
            "DROP TABLE IF EXISTS t",
            &format!("CREATE TABLE t (b VARBINARY(2) PRIMARY KEY, c VARCHAR(2) CHARACTER SET {set})"),
            &format!("INSERT IGNORE INTO t SELECT b, b FROM bytes WHERE LENGTH(b) <= {longest}"),
            "DELETE FROM t WHERE NOT (CAST(c AS BINARY) <=> b)",
        ])
        .await;
        let spec = db.spec("t").await;
        let lost = "(CAST(CONVERT(c USING utf8mb4) AS BINARY) LIKE '%?%') <> (CAST(c AS BINARY) LIKE '%?%') OR \
                    CAST(CONVERT(c USING utf8mb4) AS BINARY) = X'EFBFBD'";
        let loses: u64 = db.ask(&format!("SELECT CAST(COUNT(*) AS CHAR) FROM t WHERE {lost}")).await.parse().unwrap();
        let kept = spec.clone().with_filter(Some(format!("NOT ({lost})")));
        assert!(read(&mut db, kept).await.is_ok(), "{set}");
        let read = read(&mut db, spec.with_filter(Some(lost.to_owned()))).await;
        assert_eq!(read.is_err(), loses > 0, "{set} loses {loses}: {read:.200?}");
    }
}

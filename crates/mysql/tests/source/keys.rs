//! Keys that MySQL compares otherwise than they look: dates of zeros, years of two digits, text that arrives as another.

use crate::fixture::Database;
use crate::splits::{is_even, large, sizes};

/// The rows of `t` once more as a query and as a view `v`.
const QUERY: &str = "SELECT * FROM t";

#[tokio::test]
async fn dates_of_zeros_that_must_not_be_null_are_read_once() {
    let mut db = Database::new("k_zero_dates").await;
    let date = |n: u32| if n < 600 { "'0000-00-00'".to_owned() } else { format!("'2000-01-01' + INTERVAL {n} DAY") };
    let rows: Vec<String> = (0..3000).map(|n| format!("({n}, {})", date(n))).collect();
    db.run(&[
        "CREATE TABLE t (id INT PRIMARY KEY, d DATE NOT NULL, KEY (d))",
        &format!("INSERT INTO t VALUES {}", rows.join(", ")),
        "CREATE VIEW v AS SELECT * FROM t",
    ])
    .await;
    let (table, view, query) = (db.spec("t").await, db.spec("v").await, db.query(QUERY).await);
    for spec in [table, view, query] {
        let sizes = sizes(&mut db, spec, 8, Some("d")).await;
        assert!(sizes.len() >= 6 && sizes.iter().max() <= Some(&800), "{sizes:?}");
    }
}

#[tokio::test]
async fn rows_that_an_outer_join_adds_to_a_view_are_not_lost() {
    let mut db = Database::new("k_outer").await;
    let rows: Vec<String> = (0..3000).map(|n| format!("({n})")).collect();
    db.run(&[
        "CREATE TABLE t (id INT PRIMARY KEY)",
        "CREATE TABLE u (k INT PRIMARY KEY, d DATE NOT NULL)",
        &format!("INSERT INTO t VALUES {}", rows.join(", ")),
        "INSERT INTO u SELECT id, '2000-01-01' + INTERVAL id DAY FROM t WHERE id < 2000",
        "CREATE VIEW v AS SELECT t.id, u.d FROM t LEFT JOIN u ON u.k = t.id",
    ])
    .await;
    let spec = db.spec("v").await;
    assert!(sizes(&mut db, spec, 8, Some("d")).await.len() >= 6);
}

#[tokio::test]
async fn a_large_key_of_years_with_zeros() {
    let (mut db, spec) =
        large("k_years", "id INT PRIMARY KEY, y YEAR NOT NULL, KEY (y)", "n, IF(n < 2000, 0, 1901 + n % 255)").await;
    let sizes = sizes(&mut db, spec, 16, Some("y")).await;
    assert!(sizes.len() == 16 && is_even(&sizes), "{sizes:?}");
}

#[tokio::test]
async fn a_large_key_of_dates_whose_least_are_zeros() {
    for (name, kind, least) in [
        ("k_zero_date", "DATE", "0000-00-00"),
        ("k_partial_date", "DATE", "1999-00-10"),
        ("k_zero_datetime", "DATETIME(3)", "0000-00-00"),
        ("k_zero_timestamp", "TIMESTAMP", "0000-00-00"),
    ] {
        let definition = format!("id INT PRIMARY KEY, d {kind} NOT NULL DEFAULT '2000-01-01', KEY (d)");
        let row = format!("n, IF(n < 2000, '{least}', '2000-01-01' + INTERVAL n DIV 20 DAY)");
        let (mut db, spec) = large(name, &definition, &row).await;
        let sizes = sizes(&mut db, spec, 16, Some("d")).await;
        assert!(sizes.len() == 16 && is_even(&sizes), "{name} {sizes:?}");
    }
}

#[tokio::test]
async fn days_that_no_month_has_are_no_boundaries() {
    let mut db = Database::new("k_invalid_days").await;
    let row =
        |n: u32| format!("({n}, '20{:02}-02-{:02}', '20{:02}-02-31 01:02:03')", n % 90 + 10, 28 + n % 4, n % 90 + 10);
    let rows: Vec<String> = (0..3000).map(row).collect();
    db.run(&[
        "CREATE TABLE t (id INT PRIMARY KEY, d DATE NOT NULL, a DATETIME NOT NULL, KEY (d), KEY (a))",
        "SET sql_mode = 'ALLOW_INVALID_DATES'",
        &format!("INSERT INTO t VALUES {}", rows.join(", ")),
        "SET sql_mode = ''",
    ])
    .await;
    let columns = db.describe("t").await.select(["id"]).unwrap();
    let spec = springald_mysql::ReadSpec::new(db.source(), db.table("t"), columns);
    for column in ["d", "a"] {
        let sizes = sizes(&mut db, spec.clone(), 8, Some(column)).await;
        assert!(sizes.len() == 8 && is_even(&sizes), "{column} {sizes:?}");
    }
}

#[tokio::test]
async fn such_days_are_no_boundaries_of_a_longer_key_either() {
    let definition =
        "id INT NOT NULL, d DATE NOT NULL, n INT NOT NULL, kind INT NOT NULL, KEY (kind), PRIMARY KEY (d, n, id)";
    let (mut db, spec) = large("k_invalid_pairs", definition, "n, '2024-02-29', 1000 - n % 997, n DIV 2000").await;
    db.run(&[
        "SET sql_mode = 'ALLOW_INVALID_DATES'",
        "UPDATE t SET d = CONCAT('2024-02-', 29 + id % 3)",
        "SET sql_mode = ''",
        "INSERT INTO t SELECT id + 1000000, '2024-03-01', n, kind FROM t WHERE kind = 7",
        "ANALYZE TABLE t",
    ])
    .await;
    sizes(&mut db, spec.with_filter(Some("kind = 7".to_owned())), 16, None).await;
}

#[tokio::test]
async fn most_rows_on_a_few_moments_are_parted_between_them() {
    let definition = "id INT PRIMARY KEY, d DATETIME(6) NOT NULL, KEY (d)";
    let row = "n, IF(n % 10 = 0, '2020-01-01' + INTERVAL n * 977 MICROSECOND, '2001-01-01' + INTERVAL n % 40 * 97 DAY)";
    let (mut db, spec) = large("k_lumps", definition, row).await;
    let plan = db.plan(&spec, 16, Some("d")).await;
    assert_eq!(plan.warnings, [""; 0]);
    let sizes = sizes(&mut db, spec, 16, Some("d")).await;
    assert!(sizes.len() >= 15 && is_even(&sizes), "{sizes:?}");
}

/// Text of which every third has a character that Unicode lacks, so that it arrives with a `?` in its place.
async fn unmapped(name: &str, set: &str, character: &str, rows: u32) -> Database {
    let mut db = Database::new(name).await;
    db.run(&[&format!("CREATE TABLE t (id INT NOT NULL, k VARCHAR(20) CHARACTER SET {set} PRIMARY KEY)")]).await;
    let value = |n: u32| match n % 3 {
        0 => format!("({n}, X'{character}{}')", hex(&format!("{n:05}"))),
        1 => format!("({n}, 'a{n:05}')"),
        _ => format!("({n}, '~{n:05}')"),
    };
    let values: Vec<String> = (0..rows).map(value).collect();
    for part in values.chunks(10_000) {
        db.run(&[&format!("INSERT INTO t VALUES {}", part.join(", "))]).await;
    }
    db
}

fn hex(text: &str) -> String {
    text.bytes().map(|byte| format!("{byte:02X}")).collect()
}

#[tokio::test]
async fn text_that_arrives_as_other_text_is_in_one_range_only() {
    for (name, set, character, rows) in [
        ("k_sjis", "sjis", "F040", 3000),
        ("k_ujis", "ujis", "8FF3F4", 3000),
        ("k_gbk", "gbk", "A140", 3000),
        ("k_sjis_large", "sjis", "F040", 120_000),
    ] {
        let mut db = unmapped(name, set, character, rows).await;
        let columns = db.describe("t").await.select(["id"]).unwrap();
        let spec = springald_mysql::ReadSpec::new(db.source(), db.table("t"), columns);
        // They arrive as `?`, in another place than they are.
        assert_eq!(db.ask("SELECT k FROM t WHERE id = 3").await, "?00003", "{name}");
        let by_key = sizes(&mut db, spec, 16, None).await;
        assert!(by_key.len() > 1, "{name} {by_key:?}");
        let mut query = db.query(QUERY).await;
        query.columns.truncate(1);
        sizes(&mut db, query, 16, Some("k")).await;
    }
}

#[tokio::test]
async fn composite_keys_with_such_text_are_in_one_range_only() {
    let mut db = Database::new("k_composite_sjis").await;
    let rows: Vec<String> =
        (0..3000).map(|n| format!("({n}, {}, X'F0{:02X}', {})", n % 3, 0x40 + n % 40, 3000 - n)).collect();
    db.run(&[
        "CREATE TABLE t (id INT NOT NULL, a INT, k VARCHAR(5) CHARACTER SET sjis, b INT, PRIMARY KEY (a, k, b))",
        &format!("INSERT INTO t VALUES {}", rows.join(", ")),
    ])
    .await;
    let columns = db.describe("t").await.select(["id"]).unwrap();
    let spec = springald_mysql::ReadSpec::new(db.source(), db.table("t"), columns);
    assert!(sizes(&mut db, spec, 16, None).await.len() > 1);
}

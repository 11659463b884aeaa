//! Splits: every row in exactly one, and as many rows in each, whatever the key is.

use crate::fixture::{Database, operator, rows};
use springald_mysql::ReadSpec;

/// Reads `table` in splits by `column` and returns how many rows each split has. Every row must be there once.
pub(crate) async fn sizes(db: &mut Database, spec: ReadSpec, splits: usize, column: Option<&str>) -> Vec<usize> {
    let filter = spec.filter.as_deref().unwrap_or("TRUE");
    let count = format!("SELECT CAST(COUNT(*) AS CHAR) FROM {} WHERE {filter}", spec.origin.sql());
    let expected: usize = db.ask(&count).await.parse().unwrap();
    let plan = db.plan(&spec, splits, column).await;
    let numbers: Vec<u32> = plan.splits.iter().map(|split| split.number).collect();
    assert_eq!(numbers, (0..u32::try_from(plan.splits.len()).unwrap()).collect::<Vec<_>>());
    let mut sizes = Vec::new();
    let mut ids = std::collections::HashSet::new();
    for split in plan.splits {
        let one = springald_mysql::SplitPlan { splits: vec![split], key: plan.key.clone(), warnings: Vec::new() };
        let batches = rows(operator(&one, spec.clone())).await.unwrap();
        sizes.push(batches.iter().map(|batch| batch.num_rows()).sum());
        for batch in &batches {
            let id = arrow::compute::cast(batch.column(0), &arrow::datatypes::DataType::Int64).unwrap();
            let id = datafusion::common::cast::as_int64_array(&id).unwrap();
            ids.extend(id.iter().flatten());
        }
    }
    assert_eq!(sizes.iter().sum::<usize>(), expected, "rows of {sizes:?}");
    assert_eq!(ids.len(), expected, "different rows of {sizes:?}");
    sizes
}

/// Returns whether no split has more than twice the mean.
pub(crate) fn is_even(sizes: &[usize]) -> bool {
    sizes.iter().max().unwrap() * sizes.len() <= 2 * sizes.iter().sum::<usize>()
}

/// Makes a table `t` with rows numbered by `id`, whose key is `key`, with the given `values`.
async fn table(name: &str, definition: &str, values: impl IntoIterator<Item = String>) -> Database {
    let mut db = Database::new(name).await;
    db.run(&[&format!("CREATE TABLE t (id INT NOT NULL, {definition})")]).await;
    let values: Vec<String> = values.into_iter().enumerate().map(|(id, value)| format!("({id}, {value})")).collect();
    for part in values.chunks(1000) {
        db.run(&[&format!("INSERT INTO t VALUES {}", part.join(", "))]).await;
    }
    db
}

/// Splits `t` by its key into 8 and into 1000, and expects even ones.
async fn assert_splits_evenly(mut db: Database, column: Option<&str>) {
    for splits in [8, 1000] {
        let spec = db.spec("t").await;
        let sizes = sizes(&mut db, spec, splits, column).await;
        assert!(sizes.len() >= splits * 9 / 10 && sizes.len() <= splits, "{} splits", sizes.len());
        assert!(is_even(&sizes), "{sizes:?}");
    }
}

#[tokio::test]
async fn an_integer_key_with_gaps() {
    let values = (0..3000i64).map(|n| (if n < 10 { n } else { n * n * 1000 } - 5_000_000).to_string());
    assert_splits_evenly(table("s_int", "k BIGINT PRIMARY KEY", values).await, None).await;
}

#[tokio::test]
async fn an_unsigned_key_beyond_the_signed_range() {
    let values = (0..3000u64).map(|n| (u64::MAX - n * n).to_string());
    assert_splits_evenly(table("s_unsigned", "k BIGINT UNSIGNED PRIMARY KEY", values).await, None).await;
}

#[tokio::test]
async fn a_decimal_key() {
    let values = (0..3000).map(|n| format!("{}.{:03}", n * n - 4000, n % 1000));
    assert_splits_evenly(table("s_decimal", "k DECIMAL(20,3) PRIMARY KEY", values).await, None).await;
}

#[tokio::test]
async fn keys_of_times() {
    let days = (0..3000).map(|n| format!("'2000-01-01' + INTERVAL {n} DAY"));
    assert_splits_evenly(table("s_date", "k DATE PRIMARY KEY", days).await, None).await;
    let moments = (0..3000).map(|n| format!("'2000-01-01' + INTERVAL {} MICROSECOND", n * n));
    assert_splits_evenly(table("s_datetime", "k DATETIME(6) PRIMARY KEY", moments).await, None).await;
    let moments = (0..3000).map(|n| format!("'2000-01-01' + INTERVAL {n} SECOND"));
    assert_splits_evenly(table("s_timestamp", "k TIMESTAMP NOT NULL PRIMARY KEY", moments).await, None).await;
}

/// Words that a collation orders otherwise than their bytes, and some that need care in a statement.
fn word(n: usize) -> String {
    let stem = ["Ab", "äc", "z\\\\", "Éd", "it''s ", "ß", "o%_", "🦀", "\"q\"", "ÿ"][n % 10];
    format!("'{stem}{}'", n * 7919 % 10_007)
}

#[tokio::test]
async fn a_text_key_under_its_own_collation() {
    let definition = "k VARCHAR(40) COLLATE utf8mb4_general_ci PRIMARY KEY";
    assert_splits_evenly(table("s_text", definition, (0..3000).map(word)).await, None).await;
    let definition = "k VARCHAR(40) COLLATE utf8mb4_bin PRIMARY KEY";
    assert_splits_evenly(table("s_text_bin", definition, (0..3000).map(word)).await, None).await;
}

#[tokio::test]
async fn a_text_key_of_another_character_set() {
    let definition = "k VARCHAR(40) CHARACTER SET latin1 COLLATE latin1_german1_ci PRIMARY KEY";
    let latin = (0..3000).filter(|n| n % 10 != 7).map(word);
    assert_splits_evenly(table("s_latin1", definition, latin).await, None).await;
}

#[tokio::test]
async fn a_binary_key() {
    let values = (0..3000u32).map(|n| format!("UNHEX(LEFT(SHA2({n}, 256), 32))"));
    assert_splits_evenly(table("s_binary", "k BINARY(16) PRIMARY KEY", values).await, None).await;
}

#[tokio::test]
async fn a_composite_key_whose_first_column_says_little() {
    let values = (0..3000).map(|n| format!("{}, {}, 'x'", n % 2, word(n)));
    let definition = "a TINYINT, b VARCHAR(40), c CHAR(1), PRIMARY KEY (a, b, c)";
    assert_splits_evenly(table("s_composite", definition, values).await, None).await;
}

#[tokio::test]
async fn a_chosen_column_with_nulls_loses_none_of_them() {
    let values = (0..3000).map(|n| if n % 3 == 0 { "NULL".to_owned() } else { format!("{}", n / 2) });
    let mut db = table("s_nulls", "k INT, KEY (k), PRIMARY KEY (id)", values).await;
    let spec = db.spec("t").await;
    let by_key = sizes(&mut db, spec.clone(), 8, Some("k")).await;
    assert!(by_key.len() >= 6, "{by_key:?}");
    // The 1000 rows without a key cannot be parted, the others can.
    assert_eq!(by_key.iter().max(), Some(&1000), "{by_key:?}");
    let one = sizes(&mut db, spec, 1, Some("k")).await;
    assert_eq!(one, [3000]);
}

#[tokio::test]
async fn a_chosen_column_with_few_values_is_split_between_them() {
    let values = (0..3000).map(|n| if n < 2000 { "'Même'".to_owned() } else { format!("'v{}'", n % 5) });
    let mut db = table("s_lumps", "k VARCHAR(9), KEY (k), PRIMARY KEY (id)", values).await;
    let spec = db.spec("t").await;
    let sizes = sizes(&mut db, spec, 16, Some("k")).await;
    assert_eq!(sizes.iter().filter(|size| **size > 0).count(), 6, "{sizes:?}");
}

#[tokio::test]
async fn a_token_key() {
    let mut db = Database::new("s_token").await;
    if !db.is_mariadb().await {
        return;
    }
    db.run(&[
        "CREATE TABLE t (id INT NOT NULL, k UUID PRIMARY KEY)",
        "INSERT INTO t SELECT seq, CONCAT(LEFT(SHA2(seq, 256), 8), '-0000-4000-8000-', LPAD(seq, 12, '0')) FROM seq_0_to_2999",
    ])
    .await;
    assert_splits_evenly(db, None).await;
}

#[tokio::test]
async fn few_rows_make_few_splits() {
    let mut db = table("s_few", "k INT PRIMARY KEY", (0..3).map(|n| n.to_string())).await;
    let spec = db.spec("t").await;
    assert_eq!(sizes(&mut db, spec.clone(), 16, None).await, [1, 1, 1]);
    db.run(&["DELETE FROM t WHERE k > 0"]).await;
    assert_eq!(sizes(&mut db, spec.clone(), 16, None).await, [1]);
    db.run(&["DELETE FROM t"]).await;
    assert_eq!(sizes(&mut db, spec, 16, None).await, [0]);
}

#[tokio::test]
async fn a_table_without_a_key_is_one_split_with_a_warning() {
    let mut db = table("s_none", "k INT, KEY (k)", (0..30).map(|n| n.to_string())).await;
    let spec = db.spec("t").await;
    assert_eq!(sizes(&mut db, spec.clone(), 16, None).await, [30]);
    let warnings = db.plan(&spec, 16, None).await.warnings;
    assert!(warnings[0].contains("ADD PRIMARY KEY") && warnings[0].contains("indexed are `k`"), "{warnings:?}");
}

#[tokio::test]
async fn a_view_is_split_by_a_chosen_column() {
    let mut db = table("s_view", "k INT PRIMARY KEY", (0..3000).map(|n| n.to_string())).await;
    db.run(&["CREATE VIEW v AS SELECT * FROM t WHERE k % 2 = 0"]).await;
    let spec = db.spec("v").await;
    assert_eq!(sizes(&mut db, spec.clone(), 8, None).await, [1500]);
    let sizes = sizes(&mut db, spec, 8, Some("k")).await;
    assert!(sizes.len() == 8 && is_even(&sizes), "{sizes:?}");
}

#[tokio::test]
async fn a_condition_is_split_by_the_rows_that_meet_it() {
    let mut db = table("s_where", "k INT PRIMARY KEY", (0..3000).map(|n| n.to_string())).await;
    let spec = db.spec("t").await.with_filter(Some("k >= 2000 OR k = 5 -- the rest".to_owned()));
    let sizes = sizes(&mut db, spec, 8, None).await;
    assert!(sizes.len() == 8 && is_even(&sizes), "{sizes:?}");
}

/// A table too large to be walked, whose rows are computed from `n`, 0 to 199,999.
pub(crate) async fn large(name: &str, definition: &str, row: &str) -> (Database, ReadSpec) {
    let mut db = Database::new(name).await;
    db.run(&[
        &format!("CREATE TABLE t ({definition})"),
        "CREATE TABLE digits (d INT PRIMARY KEY)",
        "INSERT INTO digits VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)",
        &format!(
            "INSERT INTO t SELECT {row} FROM (SELECT a.d + 10 * b.d + 100 * c.d + 1000 * e.d + 10000 * f.d + 100000 * g.d AS n \
             FROM digits a, digits b, digits c, digits e, digits f, digits g WHERE g.d < 2) numbers"
        ),
    ])
    .await;
    let columns = db.describe("t").await.select(["id"]).unwrap();
    let spec = ReadSpec::new(db.source(), db.table("t"), columns);
    (db, spec)
}

/// Few small ids, a gap, and a dense rest: the shape of the crimes table.
const SHAPE: &str = "IF(n < 400, 20000 + n * 7, IF(n < 14000, 8400000 + n * 90, 9700000 + n * 9))";

#[tokio::test]
async fn a_large_table_of_the_real_shape() {
    let row = format!("{SHAPE}, REPEAT('x', n % 200)");
    let (mut db, spec) = large("s_large", "id INT PRIMARY KEY, v VARCHAR(200)", &row).await;
    let sizes = sizes(&mut db, spec, 16, None).await;
    assert!(sizes.len() == 16 && is_even(&sizes), "{sizes:?}");
}

#[tokio::test]
async fn a_large_table_with_a_condition() {
    let (mut db, spec) = large("s_large_where", "id INT PRIMARY KEY, v INT", &format!("{SHAPE}, n")).await;
    let spec = spec.with_filter(Some("id > 10000000 AND v >= 0".to_owned()));
    let sizes = sizes(&mut db, spec, 16, None).await;
    assert!(sizes.len() == 16 && is_even(&sizes), "{sizes:?}");
}

#[tokio::test]
async fn a_large_composite_key_whose_first_columns_say_little() {
    let definition = "id INT, region TINYINT, kind VARCHAR(9), PRIMARY KEY (region, kind, id)";
    let row = "n, IF(n % 10 = 0, 1, 2), ELT(1 + n % 3, 'a', 'B', 'ç')";
    let (mut db, spec) = large("s_large_composite", definition, row).await;
    let sizes = sizes(&mut db, spec, 16, None).await;
    assert!(sizes.len() == 16 && is_even(&sizes), "{sizes:?}");
}

#[tokio::test]
async fn a_large_text_key_of_mixed_case() {
    let definition = "id INT, k VARCHAR(20) COLLATE utf8mb4_general_ci PRIMARY KEY";
    let row = "n, CONCAT(ELT(1 + n % 7, 'HX', 'hy', 'JA', 'jb', 'Ab', 'äc', '€z'), n * 7919 % 1000003)";
    let (mut db, spec) = large("s_large_text", definition, row).await;
    let sizes = sizes(&mut db, spec, 16, None).await;
    assert!(sizes.len() == 16 && is_even(&sizes), "{sizes:?}");
}

#[tokio::test]
async fn a_large_key_of_hashes() {
    for (name, definition, hash) in [
        ("s_large_hex", "id INT, k CHAR(32) CHARACTER SET latin1 PRIMARY KEY", "LEFT(SHA2(n, 256), 32)"),
        ("s_large_binary", "id INT, k BINARY(16) PRIMARY KEY", "UNHEX(LEFT(SHA2(n, 256), 32))"),
    ] {
        let (mut db, spec) = large(name, definition, &format!("n, {hash}")).await;
        let sizes = sizes(&mut db, spec, 16, None).await;
        assert!(sizes.len() == 16 && is_even(&sizes), "{name} {sizes:?}");
    }
}

#[tokio::test]
async fn a_large_chosen_column_with_nulls_and_a_lump() {
    let definition = "id INT PRIMARY KEY, k DATETIME, KEY (k)";
    let row =
        "n, CASE WHEN n < 20000 THEN NULL WHEN n < 50000 THEN '2020-01-01' ELSE '2020-01-01' + INTERVAL n SECOND END";
    let (mut db, spec) = large("s_large_nulls", definition, row).await;
    let sizes = sizes(&mut db, spec, 16, Some("k")).await;
    // Only the 30,000 rows of one moment cannot be parted.
    let lump = sizes.iter().max().copied().unwrap();
    assert!((30_000..60_000).contains(&lump), "{sizes:?}");
    assert!(sizes.iter().filter(|size| **size > 25_000).count() == 1, "{sizes:?}");
}

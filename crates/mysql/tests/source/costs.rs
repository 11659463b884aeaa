//! What it costs to find boundaries: less than a tenth of the rows is looked at, whatever the key is.

use crate::fixture::Database;
use crate::splits::sizes;
use springald_mysql::ReadSpec;

const ROWS: u64 = 300_000;

/// A table of 300,000 rows with a key of each kind.
async fn table() -> Database {
    let mut db = Database::new("c_costs").await;
    let digits = "(SELECT 0 AS d UNION ALL SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4 UNION ALL SELECT 5 \
                  UNION ALL SELECT 6 UNION ALL SELECT 7 UNION ALL SELECT 8 UNION ALL SELECT 9)";
    db.run(&[
        "CREATE TABLE t (id INT PRIMARY KEY, v INT NOT NULL, word VARCHAR(20) NOT NULL, region TINYINT NOT NULL, \
         day DATE NOT NULL, moment DATETIME(6) NOT NULL, kind INT NOT NULL, KEY (word), KEY composite (region, word, id), \
         KEY (day), KEY (moment), KEY (kind))",
        &format!(
            "INSERT INTO t SELECT n * 3, n % 10, CONCAT(ELT(1 + n % 3, 'Ab', 'äc', 'hx'), n * 7919 % 1000003), n % 4, \
             '2001-01-01' + INTERVAL n DIV 40 DAY, '2001-01-01' + INTERVAL n * n MICROSECOND, n DIV 5000 \
             FROM (SELECT a.d + 10 * b.d + 100 * c.d + 1000 * e.d + 10000 * f.d + 100000 * g.d AS n FROM {digits} a, \
             {digits} b, {digits} c, {digits} e, {digits} f, {digits} g WHERE g.d < 3) numbers"
        ),
        "ANALYZE TABLE t",
    ])
    .await;
    db
}

/// Returns how many rows this session has looked at.
async fn looked_at(db: &mut Database) -> u64 {
    let schema = if db.is_mariadb().await { "information_schema.SESSION" } else { "performance_schema.session" };
    let sql = format!(
        "SELECT CAST(CAST(SUM(VARIABLE_VALUE) AS UNSIGNED) AS CHAR) FROM {schema}_status WHERE VARIABLE_NAME IN \
         ('Handler_read_first', 'Handler_read_last', 'Handler_read_key', 'Handler_read_next', 'Handler_read_prev', \
          'Handler_read_rnd')"
    );
    db.ask(&sql).await.parse().unwrap()
}

#[tokio::test]
async fn boundaries_cost_less_than_a_tenth_of_the_rows() {
    let mut db = table().await;
    let columns = db.describe("t").await.select(["id"]).unwrap();
    let spec = ReadSpec::new(db.source(), db.table("t"), columns);
    for column in ["id", "word", "region", "day", "moment"] {
        for filter in [None, Some("v < 5"), Some("kind = 7"), Some("kind IN (3, 40) AND v > 0")] {
            let spec = spec.clone().with_filter(filter.map(str::to_owned));
            let before = looked_at(&mut db).await;
            let plan = db.plan(&spec, 16, Some(column)).await;
            let cost = looked_at(&mut db).await - before;
            assert!(cost < ROWS / 10, "{column} where {filter:?}: {cost} rows were looked at to plan");
            assert!(plan.splits.len() > 8, "{column} where {filter:?}: {} splits", plan.splits.len());
            assert_eq!(plan.warnings, [""; 0], "{column} where {filter:?}");
        }
    }
    let filtered = spec.with_filter(Some("kind = 7".to_owned()));
    let sizes = sizes(&mut db, filtered, 16, None).await;
    assert!(crate::splits::is_even(&sizes) && sizes.len() == 16, "{sizes:?}");
}

//! `--query`: the result of a SELECT is read like a table, every row of it in exactly one split.

use crate::fixture::{Database, operator, printed, rows};
use crate::splits::{is_even, large, sizes};
use insta::assert_snapshot;
use springald_mysql::{SourceError, describe_query, retype};

/// 3,000 orders, every seventh without a customer, of 50 customers.
async fn orders(name: &str) -> Database {
    let mut db = Database::new(name).await;
    db.run(&[
        "CREATE TABLE customers (id INT PRIMARY KEY, name VARCHAR(20) NOT NULL)",
        "CREATE TABLE orders (id INT PRIMARY KEY, customer INT, code VARCHAR(20), KEY (customer), KEY (code))",
    ])
    .await;
    let customers: Vec<String> = (1..=50).map(|n| format!("({n}, 'c{n}')")).collect();
    let customer = |n: u32| if n.is_multiple_of(7) { "NULL".to_owned() } else { (1 + n % 60).to_string() };
    let code = |n: u32| format!("{}{}", ["Ab", "äc", "z\\\\", "it''s ", "🦀"][n as usize % 5], n * 7919 % 10_007);
    let orders: Vec<String> = (0..3000).map(|n| format!("({n}, {}, '{}')", customer(n), code(n))).collect();
    db.run(&[
        &format!("INSERT INTO customers VALUES {}", customers.join(", ")),
        &format!("INSERT INTO orders VALUES {}", orders.join(", ")),
    ])
    .await;
    db
}

const JOINED: &str =
    "SELECT o.id, o.customer, o.code, c.name FROM orders o LEFT JOIN customers c ON c.id = o.customer;";

#[tokio::test]
async fn a_join_is_split_by_a_column_of_its_result() {
    let mut db = orders("q_join").await;
    let spec = db.query(JOINED).await;
    let sizes = sizes(&mut db, spec, 8, Some("id")).await;
    assert!(sizes.len() == 8 && is_even(&sizes), "{sizes:?}");
}

#[tokio::test]
async fn rows_without_a_key_are_not_lost() {
    let mut db = orders("q_nulls").await;
    let spec = db.query(JOINED).await;
    let by_customer = sizes(&mut db, spec.clone(), 8, Some("customer")).await;
    assert!(by_customer.len() >= 6, "{by_customer:?}");
    // Orders without a customer and those of a customer that is not there.
    let by_name = sizes(&mut db, spec, 8, Some("name")).await;
    assert!(by_name.len() >= 6, "{by_name:?}");
}

#[tokio::test]
async fn a_query_is_split_by_text_under_its_collation() {
    let mut db = orders("q_text").await;
    let spec = db.query(JOINED).await;
    let sizes = sizes(&mut db, spec, 8, Some("code")).await;
    assert!(sizes.len() == 8 && is_even(&sizes), "{sizes:?}");
}

#[tokio::test]
async fn groups_and_unions_are_split_too() {
    let mut db = orders("q_groups").await;
    let grouped = db.query("SELECT id % 1000 AS id, COUNT(*) AS n FROM orders GROUP BY id % 1000 -- groups").await;
    let by_group = sizes(&mut db, grouped, 8, Some("id")).await;
    assert!(by_group.len() == 8 && is_even(&by_group), "{by_group:?}");
    let union = "WITH less AS (SELECT id FROM orders WHERE id < 1000) SELECT id FROM less UNION ALL SELECT id + 5000 FROM orders";
    let union = db.query(union).await;
    let by_id = sizes(&mut db, union, 8, Some("id")).await;
    assert!(by_id.len() == 8 && is_even(&by_id), "{by_id:?}");
}

#[tokio::test]
async fn conditions_and_types_are_those_of_the_result() {
    let mut db = orders("q_where").await;
    let spec = db.query(JOINED).await.with_filter(Some("name IS NULL OR id = 1 -- and no more".to_owned()));
    let without_name = "SELECT CAST(COUNT(*) AS CHAR) FROM orders WHERE customer IS NULL OR customer > 50 OR id = 1";
    let expected: usize = db.ask(without_name).await.parse().unwrap();
    assert_eq!(sizes(&mut db, spec, 4, Some("id")).await.iter().sum::<usize>(), expected);

    let schema = describe_query(&mut db.session, &"SELECT 1 AS a, 2.50 AS b".parse().unwrap()).await.unwrap();
    let columns = retype(&schema, schema.select(["b"]).unwrap(), &["b=string".parse().unwrap()]).unwrap();
    let spec = springald_mysql::ReadSpec::new(db.source(), &schema.origin, columns);
    let plan = db.plan(&spec, 1, None).await;
    assert_snapshot!(printed(&rows(operator(&plan, spec)).await.unwrap()), @r"
    +------+
    | b    |
    +------+
    | 2.50 |
    +------+
    ");
}

#[tokio::test]
async fn a_large_query_is_split_by_estimates() {
    let (mut db, _) =
        large("q_large", "id INT PRIMARY KEY, k INT, v VARCHAR(20)", "n * 3, n % 100, CONCAT('v', n)").await;
    db.run(&[
        "CREATE TABLE kinds (k INT PRIMARY KEY, name VARCHAR(20))",
        "INSERT INTO kinds SELECT DISTINCT k, k FROM t",
    ])
    .await;
    db.run(&["ANALYZE TABLE t"]).await;
    let joined = "SELECT t.id, kinds.name FROM t JOIN kinds ON kinds.k = t.k WHERE t.v <> 'v5'";
    let spec = db.query(joined).await;
    let walked = "SELECT CAST(VARIABLE_VALUE AS CHAR) FROM STATUS WHERE VARIABLE_NAME = 'Handler_read_next'";
    let schema = if db.is_mariadb().await { "information_schema.SESSION" } else { "performance_schema.session" };
    let walked = walked.replace("STATUS", &format!("{schema}_status"));
    let before: u64 = db.ask(&walked).await.parse().unwrap();
    let plan = db.plan(&spec, 16, Some("id")).await;
    let after: u64 = db.ask(&walked).await.parse().unwrap();
    assert!(after - before < 20_000, "{} rows were read to plan", after - before);
    assert_eq!(plan.warnings, [""; 0]);
    let sizes = sizes(&mut db, spec, 16, Some("id")).await;
    assert!(sizes.len() == 16 && is_even(&sizes), "{sizes:?}");
}

#[tokio::test]
async fn a_query_that_each_split_computes_anew_is_warned_of() {
    let (mut db, _) = large("q_anew", "id INT PRIMARY KEY, k INT", "n, n % 1000").await;
    let spec = db.query("SELECT id, k, ROW_NUMBER() OVER (PARTITION BY k ORDER BY id) AS place FROM t").await;
    let plan = db.plan(&spec, 4, Some("place")).await;
    assert_snapshot!(plan.warnings.join("\n"), @"each of the 4 splits computes all of the query, for no index serves `place`: name another column with `--split-column`, or ask for fewer `--splits`");
    let whole = db.plan(&spec, 4, None).await;
    assert_snapshot!(whole.warnings.join("\n"), @"the query is read in one split; name a column of its result, best one that a table has an index on, with `--split-column`");
    assert_eq!(sizes(&mut db, spec, 4, Some("place")).await.len(), 4);
}

#[tokio::test]
async fn a_limit_is_read_in_one_split() {
    let mut db = orders("q_limit").await;
    let spec = db.query("SELECT id FROM orders ORDER BY id DESC LIMIT 10").await;
    let plan = db.plan(&spec, 8, Some("id")).await;
    assert_eq!(plan.splits.len(), 1);
    assert_snapshot!(plan.warnings.join("\n"), @"the query is read in one split: with `LIMIT` it may have another result each time it is run");
    assert_eq!(sizes(&mut db, spec, 8, Some("id")).await, [10]);
}

#[tokio::test]
async fn types_are_those_of_the_columns_below() {
    let mut db = Database::new("q_types").await;
    db.run(&[
        "CREATE TABLE t (id BIGINT UNSIGNED PRIMARY KEY, f TINYINT(1), u TINYINT UNSIGNED, s SMALLINT, m MEDIUMINT UNSIGNED, \
         i INT UNSIGNED, b BIGINT, c DECIMAL(5,2), du DECIMAL(10,0) UNSIGNED, w DECIMAL(65,30), r FLOAT, e DOUBLE, o BIT(1), \
         p BIT(12), d DATE, a DATETIME(3), h DATETIME(6), z TIMESTAMP NULL, n TIME(2), y YEAR, l VARCHAR(9) CHARACTER SET latin1, \
         x LONGTEXT, k ENUM('a', 'b'), q SET('a', 'b'), bi BINARY(2), bl BLOB, g POINT)",
        "INSERT INTO t VALUES (18446744073709551615, 1, 255, -1, 16777215, 4294967295, -1, -0.50, 1, 0.5, 0.1, 0.1, b'1', b'101', \
         '2024-02-29', '2024-03-31 02:30:00.123', '2024-03-31 02:30:00.123456', '2024-03-31 02:30:00', '-838:59:59', 2024, \
         'é', '🦀', 'b', 'a,b', X'00FF', X'FF', ST_GeomFromText('POINT(1 -2)'))",
    ])
    .await;
    let (table, query) = (db.spec("t").await, db.query("SELECT * FROM t").await);
    let kinds = |spec: &springald_mysql::ReadSpec| {
        spec.columns.iter().map(|column| (column.name.clone(), column.kind)).collect::<Vec<_>>()
    };
    assert_eq!(kinds(&query), kinds(&table));
    let read = async |plan, spec| printed(&rows(operator(&plan, spec)).await.unwrap());
    let (by_table, by_query) = (db.plan(&table, 1, None).await, db.plan(&query, 1, None).await);
    assert_eq!(read(by_query, query).await, read(by_table, table).await);
}

#[tokio::test]
async fn tokens_and_json_are_text_as_in_a_table() {
    let mut db = Database::new("q_tokens").await;
    let tokens = if db.is_mariadb().await { ", u UUID, i INET6, j INET4" } else { "" };
    db.run(&[
        &format!("CREATE TABLE t (id INT PRIMARY KEY, o JSON{tokens})"),
        "INSERT INTO t (id, o) VALUES (1, '[1, null]')",
    ])
    .await;
    if !tokens.is_empty() {
        db.run(&["UPDATE t SET u = '123e4567-e89b-12d3-a456-426655440000', i = '2001:db8::1', j = '192.0.2.1'"]).await;
    }
    let (table, query) = (db.spec("t").await, db.query("SELECT * FROM t").await);
    assert!(query.arrow_schema().fields().iter().skip(1).all(|field| field.data_type().to_string() == "Utf8"));
    let (by_table, by_query) = (db.plan(&table, 1, None).await, db.plan(&query, 1, None).await);
    let read = async |plan, spec| printed(&rows(operator(&plan, spec)).await.unwrap());
    assert_eq!(read(by_query, query).await, read(by_table, table).await);
}

#[tokio::test]
async fn expressions_have_types_too() {
    let mut db = Database::new("q_expressions").await;
    let spec = db
        .query(
            "SELECT 1 AS one, 1.50 AS half, 'é' AS word, COUNT(*) AS n, SUM(2.50) AS total, AVG(1) AS mean, 1e0 AS e, \
             CAST('2024-02-29' AS DATE) AS d, HEX('a') AS h, CAST('a' AS BINARY) AS b, SHA2('a', 256) AS s, 1 = 1 AS is_so",
        )
        .await;
    let plan = db.plan(&spec, 4, None).await;
    assert_snapshot!(printed(&rows(operator(&plan, spec)).await.unwrap()), @r"
    +-----+------+------+---+-------+--------+-----+------------+----+----+------------------------------------------------------------------+-------+
    | one | half | word | n | total | mean   | e   | d          | h  | b  | s                                                                | is_so |
    +-----+------+------+---+-------+--------+-----+------------+----+----+------------------------------------------------------------------+-------+
    | 1   | 1.50 | é    | 1 | 2.50  | 1.0000 | 1.0 | 2024-02-29 | 61 | 61 | ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb | 1     |
    +-----+------+------+---+-------+--------+-----+------------+----+----+------------------------------------------------------------------+-------+
    ");
}

#[tokio::test]
async fn what_is_no_single_select_is_refused() {
    let mut db = orders("q_refused").await;
    db.run(&["CREATE TABLE untouched (id INT)"]).await;
    for (sql, words) in [
        (
            "SELECT o.id, c.id FROM orders o, customers c",
            "two of its columns are called `id`: give each a name of its own",
        ),
        ("SELECT id, '' FROM orders", "its column 2 has no name"),
        ("DELETE FROM orders", "it returns no rows: write a SELECT"),
        ("SELECT id FROM orders WHERE id = ?", "it has parameters (`?`)"),
        ("SELECT 1 AS a; DROP TABLE untouched", "prepare the query: "),
        ("SELECT 1 AS a) AS x, (SELECT 2 AS b", "prepare the query: "),
        ("SHOW TABLES", "prepare the query: "),
        ("SELECT id FROM no_such_table", "no_such_table"),
        ("SELECT id FROM orders INTO OUTFILE '/tmp/never'", "the query"),
    ] {
        let error = describe_query(&mut db.session, &sql.parse().unwrap()).await.unwrap_err();
        assert!(
            crate::errors::shown(&error).contains(words) && !error.is_transient(),
            "{sql}: {}",
            crate::errors::shown(&error)
        );
        assert!(matches!(error, SourceError::BadQuery { .. } | SourceError::Query { .. }), "{error:?}");
    }
    assert_eq!(db.ask("SELECT CAST(COUNT(*) AS CHAR) FROM untouched").await, "0");
    let spec = db.query("SELECT id, NULL AS nothing FROM orders");
    drop(spec);
}

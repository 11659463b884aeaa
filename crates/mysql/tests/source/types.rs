//! Every type of the table in `schema/types.rs`, from a real server: lossless, or loud.

use crate::fixture::{Database, operator, rows};
use datafusion::error::DataFusionError;
use insta::assert_snapshot;
use springald_mysql::{InvalidDates, ReadOptions, TinyInt1};

fn problem(error: &DataFusionError) -> String {
    let DataFusionError::External(error) = error.find_root() else { panic!("{error:?} would be retried") };
    error.to_string()
}

#[tokio::test]
async fn integers_keep_their_ends() {
    let mut db = Database::new("t_integers").await;
    db.run(&[
        "CREATE TABLE t (id INT PRIMARY KEY, t TINYINT, tu TINYINT UNSIGNED, s SMALLINT, su SMALLINT UNSIGNED, \
         m MEDIUMINT, mu MEDIUMINT UNSIGNED, i INT, iu INT UNSIGNED, b BIGINT, bu BIGINT UNSIGNED, \
         z INT(8) ZEROFILL, f BOOLEAN, y YEAR)",
        "INSERT INTO t VALUES (1, -128, 0, -32768, 0, -8388608, 0, -2147483648, 0, -9223372036854775808, 0, 0, FALSE, 1901), \
         (2, 127, 255, 32767, 65535, 8388607, 16777215, 2147483647, 4294967295, 9223372036854775807, \
          18446744073709551615, 4294967295, TRUE, 2155), \
         (3, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)",
    ])
    .await;
    assert_snapshot!(db.read("t").await.unwrap(), @r"
    +----+------+------+--------+-------+----------+----------+-------------+------------+----------------------+----------------------+------------+-------+------+
    | id | t    | tu   | s      | su    | m        | mu       | i           | iu         | b                    | bu                   | z          | f     | y    |
    +----+------+------+--------+-------+----------+----------+-------------+------------+----------------------+----------------------+------------+-------+------+
    | 1  | -128 | 0    | -32768 | 0     | -8388608 | 0        | -2147483648 | 0          | -9223372036854775808 | 0                    | 0          | false | 1901 |
    | 2  | 127  | 255  | 32767  | 65535 | 8388607  | 16777215 | 2147483647  | 4294967295 | 9223372036854775807  | 18446744073709551615 | 4294967295 | true  | 2155 |
    | 3  | NULL | NULL | NULL   | NULL  | NULL     | NULL     | NULL        | NULL       | NULL                 | NULL                 | NULL       | NULL  | NULL |
    +----+------+------+--------+-------+----------+----------+-------------+------------+----------------------+----------------------+------------+-------+------+
    ");
}

#[tokio::test]
async fn decimals_are_exact_and_floats_keep_every_bit() {
    let mut db = Database::new("t_decimals").await;
    db.run(&[
        "CREATE TABLE t (id INT PRIMARY KEY, d DECIMAL(5,2), u DECIMAL(38,10) UNSIGNED, w DECIMAL(65,30), \
         n DECIMAL(10,0), f FLOAT, e DOUBLE)",
        "INSERT INTO t VALUES (1, -999.99, 9999999999999999999999999999.9999999999, \
         -99999999999999999999999999999999999.999999999999999999999999999999, 1234567890, 3.4028235e38, 1.7976931348623157e308), \
         (2, 0.01, 0.0000000001, 0.000000000000000000000000000001, -1, 1.17549435e-38, 5e-324), \
         (3, NULL, NULL, NULL, NULL, NULL, 0.1), (4, 0, 0, 0, 0, 0.1, -2.5)",
    ])
    .await;
    assert_snapshot!(db.read("t").await.unwrap(), @r"
    +----+---------+-----------------------------------------+---------------------------------------------------------------------+------------+---------------+------------------------+
    | id | d       | u                                       | w                                                                   | n          | f             | e                      |
    +----+---------+-----------------------------------------+---------------------------------------------------------------------+------------+---------------+------------------------+
    | 1  | -999.99 | 9999999999999999999999999999.9999999999 | -99999999999999999999999999999999999.999999999999999999999999999999 | 1234567890 | 3.4028235e38  | 1.7976931348623157e308 |
    | 2  | 0.01    | 0.0000000001                            | 0.000000000000000000000000000001                                    | -1         | 1.1754944e-38 | 5e-324                 |
    | 3  | NULL    | NULL                                    | NULL                                                                | NULL       | NULL          | 0.1                    |
    | 4  | 0.00    | 0.0000000000                            | 0.000000000000000000000000000000                                    | 0          | 0.1           | -2.5                   |
    +----+---------+-----------------------------------------+---------------------------------------------------------------------+------------+---------------+------------------------+
    ");
}

#[tokio::test]
async fn times_are_exact_to_their_declared_precision() {
    let mut db = Database::new("t_times").await;
    db.run(&[
        "CREATE TABLE t (id INT PRIMARY KEY, d DATE, a DATETIME, c DATETIME(3), f DATETIME(6), \
         m TIMESTAMP NULL, n TIMESTAMP(6) NULL, t TIME, u TIME(6))",
        // In summer time that half hour happened twice, in winter's end it did not happen at all.
        "SET time_zone = '+02:00'",
        "INSERT INTO t VALUES \
         (1, '1000-01-01', '1000-01-01 00:00:00', '2024-10-27 02:30:00.123', '9999-12-31 23:59:59.999999', \
          '2024-03-31 02:30:00', '2038-01-19 05:14:07.999999', '-838:59:59', '838:59:58.999999'), \
         (2, '9999-12-31', '2024-03-31 02:30:00', '2024-03-31 02:30:00', '2024-03-31 02:30:00', \
          '1970-01-01 02:00:01', '1970-01-01 02:00:01', '00:00:00', '-00:00:00.000001'), \
         (3, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)",
    ])
    .await;
    assert_snapshot!(db.read("t").await.unwrap(), @r"
    +----+------------+---------------------+-------------------------+----------------------------+----------------------+-----------------------------+------------+------------------+
    | id | d          | a                   | c                       | f                          | m                    | n                           | t          | u                |
    +----+------------+---------------------+-------------------------+----------------------------+----------------------+-----------------------------+------------+------------------+
    | 1  | 1000-01-01 | 1000-01-01T00:00:00 | 2024-10-27T02:30:00.123 | 9999-12-31T23:59:59.999999 | 2024-03-31T00:30:00Z | 2038-01-19T03:14:07.999999Z | -838:59:59 | 838:59:58.999999 |
    | 2  | 9999-12-31 | 2024-03-31T02:30:00 | 2024-03-31T02:30:00     | 2024-03-31T02:30:00        | 1970-01-01T00:00:01Z | 1970-01-01T00:00:01Z        | 00:00:00   | -00:00:00.000001 |
    | 3  | NULL       | NULL                | NULL                    | NULL                       | NULL                 | NULL                        | NULL       | NULL             |
    +----+------------+---------------------+-------------------------+----------------------------+----------------------+-----------------------------+------------+------------------+
    ");
}

#[tokio::test]
async fn text_of_every_character_set_arrives_as_utf8() {
    let mut db = Database::new("t_text").await;
    db.run(&[
        "CREATE TABLE t (id INT PRIMARY KEY, l VARCHAR(20) CHARACTER SET latin1, u VARCHAR(20) CHARACTER SET utf8mb4, \
         k VARCHAR(20) CHARACTER SET sjis, w VARCHAR(20) CHARACTER SET utf16, c CHAR(8), x TEXT, \
         e ENUM('red', 'grün', ''), s SET('a', 'b c', 'd'))",
        "INSERT INTO t VALUES (1, 'café ÿ', 'naïve 🦀', 'テスト', '𝄞 clef', 'pad  ', 'a,\"b\"\\n''c''', 'grün', 'd,a'), \
         (2, '', '', '', '', '', '', '', ''), \
         (3, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)",
    ])
    .await;
    assert_snapshot!(db.read("t").await.unwrap(), @r#"
    +----+--------+----------+--------+--------+------+-------+------+------+
    | id | l      | u        | k      | w      | c    | x     | e    | s    |
    +----+--------+----------+--------+--------+------+-------+------+------+
    | 1  | café ÿ | naïve 🦀 | テスト | 𝄞 clef | pad  | a,"b" | grün | a,d  |
    |    |        |          |        |        |      | 'c'   |      |      |
    | 2  |        |          |        |        |      |       |      |      |
    | 3  | NULL   | NULL     | NULL   | NULL   | NULL | NULL  | NULL | NULL |
    +----+--------+----------+--------+--------+------+-------+------+------+
    "#);
}

#[tokio::test]
async fn json_is_the_text_that_the_server_has() {
    let mut db = Database::new("t_json").await;
    db.run(&[
        "CREATE TABLE t (id INT PRIMARY KEY, j JSON)",
        "INSERT INTO t VALUES (1, '{\"b\": 1,  \"a\": [1.10, null, \"é\"]}'), (2, NULL)",
    ])
    .await;
    let stored = db.ask("SELECT CAST(j AS CHAR) FROM t WHERE id = 1").await;
    // MySQL keeps JSON in a form of its own, MariaDB as it was written.
    assert_eq!(stored.contains("1,  "), db.is_mariadb().await);
    assert!(db.read("t").await.unwrap().contains(&format!("| {stored} |")));
}

#[tokio::test]
async fn bytes_stay_bytes() {
    let mut db = Database::new("t_bytes").await;
    db.run(&[
        "CREATE TABLE t (id INT PRIMARY KEY, b BINARY(4), v VARBINARY(8), l BLOB, o BIT(1), w BIT(12), x BIT(64), \
         p POINT, g GEOMETRY)",
        "INSERT INTO t VALUES (1, X'00FF', X'FF00', X'DEADBEEF', b'1', b'101010111100', ~0, \
         ST_GeomFromText('POINT(1 -2)'), ST_GeomFromText('LINESTRING(0 0, 1 1)')), \
         (2, X'', X'', X'', b'0', 0, 0, ST_GeomFromText('POINT(0 0)'), ST_GeomFromText('POINT(0 0)')), \
         (3, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)",
    ])
    .await;
    assert_snapshot!(db.read("t").await.unwrap(), @r"
    +----+----------+------+----------+-------+------+------------------+--------------------------------------------+------------------------------------------------------------------------------------+
    | id | b        | v    | l        | o     | w    | x                | p                                          | g                                                                                  |
    +----+----------+------+----------+-------+------+------------------+--------------------------------------------+------------------------------------------------------------------------------------+
    | 1  | 00ff0000 | ff00 | deadbeef | true  | 0abc | ffffffffffffffff | 0101000000000000000000f03f00000000000000c0 | 01020000000200000000000000000000000000000000000000000000000000f03f000000000000f03f |
    | 2  | 00000000 |      |          | false | 0000 | 0000000000000000 | 010100000000000000000000000000000000000000 | 010100000000000000000000000000000000000000                                         |
    | 3  | NULL     | NULL | NULL     | NULL  | NULL | NULL             | NULL                                       | NULL                                                                               |
    +----+----------+------+----------+-------+------+------------------+--------------------------------------------+------------------------------------------------------------------------------------+
    ");
    let wkb = db.ask("SELECT LOWER(HEX(ST_AsBinary(g))) FROM t WHERE id = 1").await;
    assert!(db.read("t").await.unwrap().contains(&wkb));
}

#[tokio::test]
async fn tokens_of_mariadb_are_text() {
    let mut db = Database::new("t_tokens").await;
    if !db.is_mariadb().await {
        return;
    }
    db.run(&[
        "CREATE TABLE t (id INT PRIMARY KEY, u UUID, i INET6, j INET4)",
        "INSERT INTO t VALUES (1, '123e4567-e89b-12d3-a456-426655440000', '2001:db8::ff00:42:8329', '192.0.2.1')",
    ])
    .await;
    assert_snapshot!(db.read("t").await.unwrap(), @r"
    +----+--------------------------------------+------------------------+-----------+
    | id | u                                    | i                      | j         |
    +----+--------------------------------------+------------------------+-----------+
    | 1  | 123e4567-e89b-12d3-a456-426655440000 | 2001:db8::ff00:42:8329 | 192.0.2.1 |
    +----+--------------------------------------+------------------------+-----------+
    ");
}

#[tokio::test]
async fn a_flag_beyond_0_and_1_stops_the_run_or_stays_a_number() {
    let mut db = Database::new("t_flags").await;
    db.run(&[
        "CREATE TABLE t (a INT, b VARCHAR(9), f TINYINT(1), PRIMARY KEY (a, b))",
        "INSERT INTO t VALUES (1, 'x', 1), (7, 'y', 2)",
    ])
    .await;
    let error = db.read("t").await.unwrap_err();
    assert_snapshot!(problem(&error), @"column `f` of table `t_flags.t`, row a=7, b=`y`: 2 is neither 0 nor 1; keep the numbers with `--tinyint1 int`");
    let options = ReadOptions { tiny_int1: TinyInt1::Int, ..ReadOptions::default() };
    assert_snapshot!(db.read_with("t", options).await.unwrap(), @r"
    +---+---+---+
    | a | b | f |
    +---+---+---+
    | 1 | x | 1 |
    | 7 | y | 2 |
    +---+---+---+
    ");
}

#[tokio::test]
async fn dates_of_zeros_become_null_and_are_counted() {
    let mut db = Database::new("t_zero_dates").await;
    db.run(&[
        "CREATE TABLE t (id INT PRIMARY KEY, d DATE NOT NULL, a DATETIME(3), m TIMESTAMP NULL)",
        "INSERT INTO t VALUES (1, '0000-00-00', '0000-00-00', '0000-00-00'), (2, '0000-00-00', NULL, NULL), \
         (3, '2024-02-29', '2024-02-29 01:02:03.004', '2024-02-29 01:02:03')",
    ])
    .await;
    let spec = db.spec("t").await;
    let plan = operator(&db.plan(&spec, 2, None).await, spec);
    let batches = rows(std::sync::Arc::clone(&plan)).await.unwrap();
    assert_snapshot!(crate::fixture::printed(&batches), @r"
    +----+------------+-------------------------+----------------------+
    | id | d          | a                       | m                    |
    +----+------------+-------------------------+----------------------+
    | 1  | NULL       | NULL                    | NULL                 |
    | 2  | NULL       | NULL                    | NULL                 |
    | 3  | 2024-02-29 | 2024-02-29T01:02:03.004 | 2024-02-29T01:02:03Z |
    +----+------------+-------------------------+----------------------+
    ");
    assert_eq!(zero_dates(&plan), [("a", 1), ("d", 2), ("m", 1)].map(|(column, dates)| (column.to_owned(), dates)));
}

/// Returns the operator's counts of zero dates, added up by column.
fn zero_dates(plan: &std::sync::Arc<dyn datafusion::physical_plan::ExecutionPlan>) -> Vec<(String, usize)> {
    let mut counts = std::collections::BTreeMap::new();
    for metric in plan.metrics().unwrap().iter().filter(|metric| metric.value().name() == "zero_dates") {
        *counts.entry(metric.labels()[0].value().to_owned()).or_default() += metric.value().as_usize();
    }
    counts.into_iter().collect()
}

#[tokio::test]
async fn a_date_that_is_none_stops_the_run_or_becomes_null() {
    let mut db = Database::new("t_invalid_dates").await;
    db.run(&[
        "CREATE TABLE t (id INT PRIMARY KEY, d DATE, a DATETIME)",
        "SET sql_mode = 'ALLOW_INVALID_DATES'",
        "INSERT INTO t VALUES (1, '2024-01-01', '2024-00-10 00:00:00'), (2, '2024-02-31', NULL)",
    ])
    .await;
    let error = db.read("t").await.unwrap_err();
    assert_snapshot!(problem(&error), @"column `a` of table `t_invalid_dates.t`, row id=1: 2024-00-10 is no day of the years 1 to 9999; make such dates NULL with `--invalid-dates null`");
    let options = ReadOptions { invalid_dates: InvalidDates::Null, ..ReadOptions::default() };
    assert_snapshot!(db.read_with("t", options).await.unwrap(), @r"
    +----+------------+------+
    | id | d          | a    |
    +----+------------+------+
    | 1  | 2024-01-01 | NULL |
    | 2  | NULL       | NULL |
    +----+------------+------+
    ");
}

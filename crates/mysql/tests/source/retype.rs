//! `--type`: columns read as the text that the server shows, or as the number that they stand for.

use crate::fixture::{Database, operator, printed, rows};
use insta::assert_snapshot;
use springald_mysql::{ReadSpec, SourceError, TypedColumn, retype};

fn typed(types: &[&str]) -> Vec<TypedColumn> {
    types.iter().map(|text| text.parse().unwrap()).collect()
}

async fn retyped(db: &mut Database, types: &[&str]) -> Result<ReadSpec, SourceError> {
    let schema = db.describe("t").await;
    let columns = retype(&schema, schema.all_columns()?, &typed(types))?;
    Ok(ReadSpec::new(db.source(), db.table("t"), columns))
}

/// Reads `t` with some columns as other types than their own, and prints it.
async fn read(db: &mut Database, types: &[&str]) -> String {
    let spec = retyped(db, types).await.unwrap();
    let plan = db.plan(&spec, 1, None).await;
    printed(&rows(operator(&plan, spec)).await.unwrap())
}

#[tokio::test]
async fn numbers_are_the_text_that_the_server_shows() {
    let mut db = Database::new("y_numbers").await;
    db.run(&[
        "CREATE TABLE t (id BIGINT UNSIGNED PRIMARY KEY, z INT(6) ZEROFILL, f TINYINT(1), y YEAR, c DECIMAL(5,2), \
         w DECIMAL(65,30), e DOUBLE)",
        "INSERT INTO t VALUES (18446744073709551615, 42, 7, 2155, -0.50, \
         -99999999999999999999999999999999999.999999999999999999999999999999, 1.7976931348623157e308), \
         (2, NULL, NULL, NULL, NULL, NULL, NULL), (3, 0, 0, 1901, 0, 0, 5e-324), (4, 0, 1, 1901, 0, 0, 0.1)",
    ])
    .await;
    let all = ["id=string", "z=string", "f=string", "y=string", "c=string", "w=string", "e=string"];
    assert_snapshot!(read(&mut db, &all).await, @r"
    +----------------------+--------+------+------+-------+---------------------------------------------------------------------+------------------------+
    | id                   | z      | f    | y    | c     | w                                                                   | e                      |
    +----------------------+--------+------+------+-------+---------------------------------------------------------------------+------------------------+
    | 2                    | NULL   | NULL | NULL | NULL  | NULL                                                                | NULL                   |
    | 3                    | 000000 | 0    | 1901 | 0.00  | 0.000000000000000000000000000000                                    | 5e-324                 |
    | 4                    | 000000 | 1    | 1901 | 0.00  | 0.000000000000000000000000000000                                    | 0.1                    |
    | 18446744073709551615 | 000042 | 7    | 2155 | -0.50 | -99999999999999999999999999999999999.999999999999999999999999999999 | 1.7976931348623157e308 |
    +----------------------+--------+------+------+-------+---------------------------------------------------------------------+------------------------+
    ");
}

#[tokio::test]
async fn dates_that_are_none_are_text_like_any_other() {
    let mut db = Database::new("y_dates").await;
    db.run(&[
        "CREATE TABLE t (id INT PRIMARY KEY, d DATE, a DATETIME(3), m TIMESTAMP(6) NULL, s TIME(2))",
        "SET sql_mode = 'ALLOW_INVALID_DATES', time_zone = '+02:00'",
        "INSERT INTO t VALUES (1, '0000-00-00', '2024-00-10 00:00:00', '0000-00-00', '-838:59:59'), \
         (2, '2024-02-31', '0000-00-00', '2024-03-31 02:30:00.000001', '838:59:58.99'), (3, NULL, NULL, NULL, NULL), \
         (4, '9999-12-31', '2024-03-31 02:30:00.5', '1970-01-01 02:00:01', '00:00:00')",
    ])
    .await;
    let all = ["d=string", "a=string", "m=string", "s=string"];
    assert_snapshot!(read(&mut db, &all).await, @r"
    +----+------------+-------------------------+----------------------------+---------------+
    | id | d          | a                       | m                          | s             |
    +----+------------+-------------------------+----------------------------+---------------+
    | 1  | 0000-00-00 | 2024-00-10 00:00:00.000 | 0000-00-00 00:00:00.000000 | -838:59:59.00 |
    | 2  | 2024-02-31 | 0000-00-00 00:00:00.000 | 2024-03-31 00:30:00.000001 | 838:59:58.99  |
    | 3  | NULL       | NULL                    | NULL                       | NULL          |
    | 4  | 9999-12-31 | 2024-03-31 02:30:00.500 | 1970-01-01 00:00:01.000000 | 00:00:00.00   |
    +----+------------+-------------------------+----------------------------+---------------+
    ");
}

#[tokio::test]
async fn the_text_of_a_float_is_that_very_number() {
    let mut db = Database::new("y_floats").await;
    db.run(&[
        "CREATE TABLE t (id INT PRIMARY KEY, f FLOAT)",
        "INSERT INTO t VALUES (1, 0.1), (2, 16777216), (3, 3.4028235e38), (4, 1.17549435e-38), (5, 16777.123), (6, NULL), \
         (7, -2.5), (8, 1.4e-45)",
    ])
    .await;
    let (text, numbers) = (read(&mut db, &["f=string"]).await, read(&mut db, &[]).await);
    let floats = |table: &str| {
        let cells = table.lines().filter_map(|line| line.split('|').nth(2)).map(str::trim);
        cells.skip(1).filter_map(|cell| cell.parse::<f32>().ok()).map(f32::to_bits).collect::<Vec<_>>()
    };
    assert_eq!(floats(&text).len(), 7);
    assert_eq!(floats(&text), floats(&numbers));
    assert_snapshot!(text, @r"
    +----+------------------------+
    | id | f                      |
    +----+------------------------+
    | 1  | 0.1                    |
    | 2  | 16777216               |
    | 3  | 3.4028234663852886e38  |
    | 4  | 1.1754943508222875e-38 |
    | 5  | 16777.123046875        |
    | 6  | NULL                   |
    | 7  | -2.5                   |
    | 8  | 1.4013e-45             |
    +----+------------------------+
    ");
}

#[tokio::test]
async fn bits_and_flags_are_the_numbers_they_stand_for() {
    let mut db = Database::new("y_bits").await;
    db.run(&[
        "CREATE TABLE t (id INT PRIMARY KEY, b BIT(12), w BIT(64), o BIT(1), f TINYINT(1), c BIT(64))",
        "INSERT INTO t VALUES (1, b'101', ~0, b'1', 7, ~0), (2, NULL, NULL, NULL, NULL, NULL), (3, 0, 0, 0, -1, 0)",
    ])
    .await;
    assert_snapshot!(read(&mut db, &["b=int", "w=int", "o=int", "f=int", "c=string"]).await, @r"
    +----+------+----------------------+------+------+----------------------+
    | id | b    | w                    | o    | f    | c                    |
    +----+------+----------------------+------+------+----------------------+
    | 1  | 5    | 18446744073709551615 | 1    | 7    | 18446744073709551615 |
    | 2  | NULL | NULL                 | NULL | NULL | NULL                 |
    | 3  | 0    | 0                    | 0    | -1   | 0                    |
    +----+------+----------------------+------+------+----------------------+
    ");
    let types: Vec<String> = retyped(&mut db, &["b=int", "w=int", "o=string", "f=int"])
        .await
        .unwrap()
        .arrow_schema()
        .fields()
        .iter()
        .map(|field| field.data_type().to_string())
        .collect();
    assert_eq!(types, ["Int32", "Int64", "Decimal128(20, 0)", "Utf8", "Int8", "Binary"]);
}

#[tokio::test]
async fn text_stays_the_text_it_is() {
    let mut db = Database::new("y_text").await;
    db.run(&[
        "CREATE TABLE t (id INT PRIMARY KEY, l VARCHAR(20) CHARACTER SET latin1, x LONGTEXT, e ENUM('grün', ''), j JSON)",
        "INSERT INTO t VALUES (1, 'café', REPEAT('🦀', 3), 'grün', '{\"b\": 1}')",
    ])
    .await;
    assert_eq!(read(&mut db, &["l=string", "x=string", "e=string", "j=string"]).await, read(&mut db, &[]).await);
}

#[tokio::test]
async fn what_cannot_be_read_so_is_refused() {
    let mut db = Database::new("y_refused").await;
    db.run(&["CREATE TABLE t (id INT PRIMARY KEY, b BLOB, g POINT, v VARCHAR(9))"]).await;
    for (types, problem) in [
        (vec!["nome=string"], "table `y_refused.t` has no column `nome`; its columns are `id`, `b`, `g`, `v`"),
        (
            vec!["B=string"],
            "column `b` of table `y_refused.t` cannot be read as string: its type is `blob`; bytes have no text of their \
             own: copy them as they are, or their HEX() with --query",
        ),
        (
            vec!["v=int"],
            "column `v` of table `y_refused.t` cannot be read as int: its type is `varchar(9)`; only a TINYINT(1) and a \
             BIT are numbers that are copied as something else",
        ),
        (
            vec!["v=string", "V=string"],
            "column `v` of table `y_refused.t` cannot be read as string: it is given a type twice",
        ),
    ] {
        assert_eq!(retyped(&mut db, &types).await.unwrap_err().to_string(), problem);
    }
    let schema = db.describe("t").await;
    let error = retype(&schema, schema.select(["id"]).unwrap(), &typed(&["v=string"])).unwrap_err();
    assert!(error.to_string().ends_with("it is not among the columns to copy"), "{error}");
}

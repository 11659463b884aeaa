//! Every type of `docs/types.md`, as readers that others wrote see it.

use crate::harness::{Warehouse, glue_table, ministack, mysql, read_types};

/// A column's type, a value as MySQL is given it, its type in the catalog, and the value as readers show it.
const COLUMNS: [(&str, &str, &str, &str); 37] = [
    ("TINYINT(1)", "1", "boolean", "true"),
    ("BOOLEAN", "0", "boolean", "false"),
    ("TINYINT", "-128", "tinyint", "-128"),
    ("SMALLINT", "-32768", "smallint", "-32768"),
    ("INT", "-2147483648", "int", "-2147483648"),
    ("BIGINT", "-9223372036854775808", "bigint", "-9223372036854775808"),
    ("TINYINT UNSIGNED", "255", "smallint", "255"),
    ("SMALLINT UNSIGNED", "65535", "int", "65535"),
    ("INT UNSIGNED", "4294967295", "bigint", "4294967295"),
    ("BIGINT UNSIGNED", "18446744073709551615", "decimal(20,0)", "18446744073709551615"),
    ("MEDIUMINT", "-8388608", "int", "-8388608"),
    ("MEDIUMINT UNSIGNED", "16777215", "int", "16777215"),
    ("YEAR", "2024", "int", "2024"),
    ("DECIMAL(12,3)", "-123456789.125", "decimal(12,3)", "-123456789.125"),
    (
        "DECIMAL(38,10)",
        "1234567890123456789012345678.0123456789",
        "decimal(38,10)",
        "1234567890123456789012345678.0123456789",
    ),
    (
        "DECIMAL(50,2)",
        "'123456789012345678901234567890123456789012.25'",
        "string",
        "123456789012345678901234567890123456789012.25",
    ),
    ("FLOAT", "0.1", "float", "0.1"),
    ("DOUBLE", "0.1", "double", "0.1"),
    ("BIT(1)", "b'1'", "boolean", "true"),
    ("BIT(12)", "b'101010101010'", "binary", "0aaa"),
    ("DATE", "'2024-02-29'", "date", "2024-02-29"),
    ("DATETIME", "'2024-03-31 02:30:00'", "timestamp", "2024-03-31T02:30:00"),
    ("DATETIME(3)", "'2024-03-31 02:30:00.125'", "timestamp", "2024-03-31T02:30:00.125000"),
    ("DATETIME(6)", "'2024-03-31 02:30:00.123456'", "timestamp", "2024-03-31T02:30:00.123456"),
    ("TIMESTAMP", "'2024-03-31 02:30:00'", "timestamp", "2024-03-31T02:30:00"),
    ("TIMESTAMP(6)", "'2024-03-31 02:30:00.123456'", "timestamp", "2024-03-31T02:30:00.123456"),
    ("TIME", "'-838:59:59'", "string", "-838:59:59"),
    ("CHAR(5)", "'ab'", "string", "ab"),
    ("VARCHAR(20)", "'Größe 😀'", "string", "Größe 😀"),
    ("TEXT", "''", "string", ""),
    ("ENUM('a','b')", "'b'", "string", "b"),
    ("SET('a','b','c')", "'a,c'", "string", "a,c"),
    ("JSON", "'{\"a\": [1, null]}'", "string", "{\"a\": [1, null]}"),
    ("UUID", "'123e4567-e89b-12d3-a456-426655440000'", "string", "123e4567-e89b-12d3-a456-426655440000"),
    ("INET6", "'2001:db8::ff00:42:8329'", "string", "2001:db8::ff00:42:8329"),
    ("VARBINARY(10)", "x'00FF80'", "binary", "00ff80"),
    ("POINT", "ST_GeomFromText('POINT(1 2)')", "binary", "0101000000000000000000f03f0000000000000040"),
];

#[test]
fn every_type_is_what_readers_of_others_show() {
    ministack();
    mysql().new_database("every_type");
    let definitions = COLUMNS.iter().enumerate().map(|(number, (kind, ..))| format!("c{number} {kind} NULL"));
    let values: Vec<&str> = COLUMNS.iter().map(|(_, value, ..)| *value).collect();
    mysql().execute(&format!(
        "USE every_type; SET time_zone = '+00:00'; SET NAMES utf8mb4;
         CREATE TABLE t (id INT PRIMARY KEY, {}) CHARACTER SET utf8mb4;
         INSERT INTO t VALUES (1, {}); INSERT INTO t (id) VALUES (2)",
        definitions.collect::<Vec<_>>().join(", "),
        values.join(", ")
    ));
    // Where the server gives a TIMESTAMP a default of its own, NULL must be said.
    let columns: Vec<String> = (0..COLUMNS.len()).map(|number| format!("c{number} = NULL")).collect();
    mysql().execute(&format!("UPDATE every_type.t SET {} WHERE id = 2", columns.join(", ")));
    let warehouse = Warehouse::on_s3(&["--create-database"]);
    warehouse.ingest("every_type.t", &["--splits", "2"]).report();

    let found = read_types("every_type.t", "id");
    assert_eq!(found.keys().collect::<Vec<_>>(), ["athena", "awswrangler", "duckdb", "pyarrow"]);
    for (reader, columns) in found {
        for (number, (kind, _, _, shown)) in COLUMNS.iter().enumerate() {
            assert_eq!(columns[&format!("c{number}")], [Some((*shown).to_owned()), None], "{kind}, {reader}");
        }
    }
    let types = glue_table("every_type.t").storage_descriptor.columns.into_iter().skip(1);
    for ((kind, _, expected, _), column) in COLUMNS.iter().zip(types) {
        assert_eq!(column.type_, *expected, "{kind}");
    }
}

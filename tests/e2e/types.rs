//! Every type of `docs/types.md`, as readers that others wrote see it.

use crate::harness::{Warehouse, glue_table, ministack, mysql, read_types, s3};
use datafusion::parquet::basic::{Compression, LogicalType, TimeUnit, Type};
use datafusion::parquet::file::reader::{FileReader, SerializedFileReader};
use std::fs::File;
use std::path::PathBuf;

/// A column's type, a value as MySQL is given it, its type in the catalog, and the value as readers show it.
pub(crate) const COLUMNS: [(&str, &str, &str, &str); 37] = [
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

/// Creates a table in a database of its own with a column of each type, NULL in its second row; returns its name.
pub(crate) fn table_of_every_type(database: &str) -> String {
    mysql().new_database(database);
    let definitions = COLUMNS.iter().enumerate().map(|(number, (kind, ..))| format!("c{number} {kind} NULL"));
    let values: Vec<&str> = COLUMNS.iter().map(|(_, value, ..)| *value).collect();
    mysql().execute(&format!(
        "USE {database}; SET time_zone = '+00:00'; SET NAMES utf8mb4;
         CREATE TABLE t (id INT PRIMARY KEY, {}) CHARACTER SET utf8mb4;
         INSERT INTO t VALUES (1, {}); INSERT INTO t (id) VALUES (2)",
        definitions.collect::<Vec<_>>().join(", "),
        values.join(", ")
    ));
    // Where the server gives a TIMESTAMP a default of its own, NULL must be said.
    let columns: Vec<String> = (0..COLUMNS.len()).map(|number| format!("c{number} = NULL")).collect();
    mysql().execute(&format!("UPDATE {database}.t SET {} WHERE id = 2", columns.join(", ")));
    format!("{database}.t")
}

#[test]
fn every_type_is_what_readers_of_others_show() {
    ministack();
    let table = table_of_every_type("every_type");
    let warehouse = Warehouse::on_s3(&["--create-database"]);
    warehouse.ingest(&table, &["--splits", "2"]).report();

    let found = read_types(&table, "id");
    assert_eq!(found.keys().collect::<Vec<_>>(), ["athena", "awswrangler", "duckdb", "pyarrow"]);
    for (reader, columns) in found {
        for (number, (kind, _, _, shown)) in COLUMNS.iter().enumerate() {
            assert_eq!(columns[&format!("c{number}")], [Some((*shown).to_owned()), None], "{kind}, {reader}");
        }
    }
    let types = glue_table(&table).storage_descriptor.columns.into_iter().skip(1);
    for ((kind, _, expected, _), column) in COLUMNS.iter().zip(types) {
        assert_eq!(column.type_, *expected, "{kind}");
    }
}

/// What Athena's engine 3 reads of each type (facts, 4), for the files themselves.
#[test]
fn the_files_hold_nothing_that_athena_does_not_read() {
    ministack();
    let table = table_of_every_type("athena_reads");
    let warehouse = Warehouse::on_s3(&["--create-database"]);
    warehouse.ingest(&table, &["--splits", "2"]).report();
    let published = glue_table(&table).storage_descriptor;
    let directory = s3().directory_of(&published.location);
    let files: Vec<PathBuf> = std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(files.len(), 2);
    for file in files {
        assert!(file.extension().is_some_and(|kind| kind == "parquet"), "{} is no data", file.display());
        let reader = SerializedFileReader::new(File::open(&file).unwrap()).unwrap();
        let group = reader.metadata().row_group(0);
        for (chunk, column) in group.columns().iter().zip(&published.columns) {
            let (physical, logical) = (chunk.column_type(), chunk.column_descr().logical_type_ref());
            let what = format!("{}, {}: {physical}, {logical:?}", column.name, column.type_);
            assert!(matches!(chunk.compression(), Compression::ZSTD(_) | Compression::SNAPPY), "{what}");
            assert_ne!(physical, Type::INT96, "{what}");
            match logical {
                Some(LogicalType::Integer(integer)) => assert!(integer.is_signed, "{what}"),
                Some(LogicalType::Timestamp(moment)) => assert!(!matches!(moment.unit, TimeUnit::NANOS), "{what}"),
                _ => {}
            }
            let is_moment = matches!(logical, Some(LogicalType::Timestamp(_)));
            assert_eq!(is_moment, column.type_ == "timestamp", "{what}");
        }
    }
}

//! Spark reads what an ingest and a process have published, and finds what MySQL has. It reads the S3 server's own files, for
//! its client of S3 is no part of PySpark. `make test-spark` installs it and runs these tests.

use crate::harness::{CRIMES, Warehouse, crimes, glue_table, ministack, mysql, read_with_spark, s3};
use crate::types::{COLUMNS, table_of_every_type};

#[test]
fn rows_and_sums_are_those_of_mysql() {
    crimes();
    ministack();
    let warehouse = Warehouse::on_s3(&["--create-database"]);
    warehouse.ingest(CRIMES, &["--into", "spark.crimes", "--splits", "8"]).report();
    let query = warehouse.query_file("SELECT id, primary_type, date FROM spark.crimes WHERE arrest");
    warehouse.process(&query, "spark.arrests").report();

    for (table, condition) in [("spark.crimes", "TRUE"), ("spark.arrests", "Arrest = 1")] {
        let published = glue_table(table).storage_descriptor;
        let read = read_with_spark(&s3().directory_of(&published.location), "id", &[]);
        let mysql_says = mysql().query(&format!("SELECT COUNT(*), SUM(ID) FROM {CRIMES} WHERE {condition}"));
        assert_eq!(format!("{}\t{}", read.rows, read.total), mysql_says, "{table}");
        for column in published.columns {
            assert_eq!(read.types[&column.name], in_spark(&column.type_, true), "{table}: {}", column.name);
        }
    }
}

#[test]
fn every_type_is_what_mysql_was_given() {
    ministack();
    let table = table_of_every_type("spark_types");
    let warehouse = Warehouse::on_s3(&["--create-database"]);
    warehouse.ingest(&table, &["--splits", "2"]).report();
    let location = glue_table(&table).storage_descriptor.location;

    let read = read_with_spark(&s3().directory_of(&location), "id", &["--values"]);
    for (number, (kind, _, glue, shown)) in COLUMNS.iter().enumerate() {
        let name = format!("c{number}");
        assert_eq!(read.values[&name], [Some((*shown).to_owned()), None], "{kind}");
        assert_eq!(read.types[&name], in_spark(glue, kind.starts_with("DATETIME")), "{kind}");
    }
}

/// A wall clock, which Glue has no type for, is one in Spark.
fn in_spark(glue: &str, is_wall_clock: bool) -> &str {
    if glue == "timestamp" && is_wall_clock { "timestamp_ntz" } else { glue }
}

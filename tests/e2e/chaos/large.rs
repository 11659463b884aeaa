//! A table that is large enough for files of the size that readers like.

use crate::harness::{Fleet, Total, Warehouse, mysql, run, total};

/// Rows of 1,000 random bytes: 750 MB, which no encoding makes less of.
const ROWS: u64 = 750_000;
const ROW_BYTES: u64 = 1000;

/// The size of a file, as its readers like it: Athena, Spark, Redshift Spectrum.
const LIKED: std::ops::RangeInclusive<u64> = 128_000_000..=512_000_000;

#[test]
fn a_large_table_becomes_few_files_of_the_size_that_readers_like() {
    mysql().new_database("large");
    mysql().execute(&format!(
        "USE large; CREATE TABLE t (id INT PRIMARY KEY, bytes VARBINARY({ROW_BYTES}) NOT NULL);
         INSERT INTO t SELECT seq, RANDOM_BYTES({ROW_BYTES}) FROM seq_1_to_{ROWS}"
    ));
    mysql().execute("ANALYZE TABLE large.t");
    let (fleet, warehouse) = (Fleet::start("large", 2), Warehouse::new());
    let report = run(&mut warehouse.ingest_on(&fleet.url(), &mysql().source("large"), &["--from", "large.t"])).report();

    let splits = warehouse.splits(&report);
    let files = splits.iter().flat_map(|split| split["files"].as_array().unwrap());
    let sizes: Vec<u64> = files.map(|file| file["bytes"].as_u64().unwrap()).collect();
    assert!(sizes.iter().all(|size| LIKED.contains(size)), "{sizes:?}");
    assert!((2..=6).contains(&sizes.len()) && sizes.iter().sum::<u64>() > ROWS * ROW_BYTES, "{sizes:?}");
    assert_eq!(total(&warehouse, "large.t", "id"), Total { rows: ROWS, total: ROWS * (ROWS + 1) / 2 });
    mysql().execute("DROP DATABASE large");
}

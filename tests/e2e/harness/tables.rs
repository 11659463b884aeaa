//! The generated crimes table, loaded once and used by many tests.

use super::mysql::mysql;
use super::tool::in_project;
use springald_demo::{Crimes, write_csv};
use std::fs;
use std::sync::LazyLock;

/// The name of the generated table.
pub(crate) const CRIMES: &str = "crime_data.Crimes_2001_to_Present";

/// How many rows it has: enough for large joins to be distributed, few enough for a debug build.
const ROWS: u64 = 40_000;

/// Loads the generated table at the first call; returns how many rows it has.
pub(crate) fn crimes() -> u64 {
    static LOADED: LazyLock<u64> = LazyLock::new(|| {
        let mut csv = Vec::new();
        write_csv(Crimes::new(ROWS, 2001), &mut csv).unwrap();
        load_crimes("crime_data", &csv);
        ROWS
    });
    *LOADED
}

/// Creates the crimes table in a database of its own and fills it, by the project's own script.
pub(crate) fn load_crimes(database: &str, csv: &[u8]) {
    let script = fs::read_to_string(in_project("sql/create_and_load.sql")).unwrap();
    mysql().load(&script.replace("crime_data", database), csv);
}

/// Returns an expression over a sequence, whose 1,024 bytes differ from row to row and do not compress below half of that.
pub(crate) fn noise() -> String {
    let hashes: Vec<String> = (1..=8).map(|n| format!("SHA2(seq * {n} + 0.5, 512)")).collect();
    format!("CONCAT({})", hashes.join(", "))
}

/// Creates the table `t` in a database of its own, with so many rows that do not compress: 40,000 are 40 MB in a Parquet file.
pub(crate) fn noisy_table(database: &str, rows: u64) -> String {
    let noise = noise();
    mysql().new_database(database);
    mysql().execute(&format!(
        "USE {database}; CREATE TABLE t (id INT PRIMARY KEY, noise VARCHAR(1100));
         INSERT INTO t SELECT seq, {noise} FROM seq_1_to_{rows}"
    ));
    format!("{database}.t")
}

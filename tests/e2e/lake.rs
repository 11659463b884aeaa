//! A warehouse on S3 is like one on the local disk: two executors write it, queries read it, and refusals say what to do.

use crate::harness::{BUCKET, CRIMES, Warehouse, clean_command, cluster, compare, crimes, mysql, noisy_table, run};
use std::fs;

const PUBLISHED: &str = "crime_data.crimes_2001_to_present";

/// The catalog in the warehouse itself, so that S3 is all there is of AWS.
const IN_WAREHOUSE: [&str; 2] = ["--catalog", "local"];

#[test]
fn two_executors_copy_every_cell_to_s3() {
    let rows = crimes();
    let warehouse = Warehouse::on_s3(&IN_WAREHOUSE);
    let before = cluster().finished_tasks();
    let report = warehouse.ingest(CRIMES, &["--splits", "16"]).report();
    let after = cluster().finished_tasks();
    assert!(before.iter().zip(after).all(|(before, after)| after > *before), "an executor was idle: {after:?}");
    assert!(report["location"].as_str().unwrap().starts_with(warehouse.url()), "{report}");
    let compared = compare(&warehouse, CRIMES, PUBLISHED, "ID", &[]);
    assert_eq!((compared.rows, compared.cells), (rows, rows * 22));
    assert_eq!(warehouse.splits(&report).len(), 16);
}

#[test]
fn a_query_on_s3_reads_and_replaces_tables_on_s3() {
    crimes();
    let warehouse = Warehouse::on_s3(&IN_WAREHOUSE);
    let rows = warehouse.ingest(CRIMES, &["--columns", "ID,Arrest"]).rows();
    fs::write(warehouse.path().join("query.sql"), format!("SELECT id, arrest FROM {PUBLISHED} WHERE arrest")).unwrap();
    let query = format!("{}/query.sql", warehouse.url());
    let kept = warehouse.process(query.as_ref(), PUBLISHED).rows();
    assert!(kept > 0 && kept < rows, "{kept} of {rows}");
    let compared = compare(&warehouse, CRIMES, PUBLISHED, "ID", &["--columns", "ID,Arrest", "--where", "Arrest = 1"]);
    assert_eq!(compared.rows, kept);
}

#[test]
fn a_large_file_is_uploaded_in_parts_and_none_is_left_over() {
    let table = noisy_table("parts", 40_000);
    let warehouse = Warehouse::on_s3(&IN_WAREHOUSE);
    let report = warehouse.ingest(&table, &["--splits", "1"]).report();
    assert!(report["bytes"].as_u64().unwrap() > 16 << 20, "{report}");
    assert_eq!(compare(&warehouse, &table, &table, "id", &[]).rows, 40_000);
    assert_eq!(warehouse.unfinished_uploads(), Vec::<String>::new());
}

#[test]
fn what_is_refused_says_why_and_what_to_do() {
    let database = mysql().new_database("refused_lake");
    mysql().execute(&format!("CREATE TABLE {database}.t (id INT PRIMARY KEY)"));
    let bucket = format!("s3://{BUCKET}/refused");
    for (warehouse, variable, value, said) in [
        ("s3://no-such-bucket/x", "AWS_REGION", Some("us-east-1"), "bucket `no-such-bucket` does not exist"),
        (&bucket, "AWS_SECRET_ACCESS_KEY", Some("wrong"), "let the role of this machine use bucket `lake`"),
        (&bucket, "AWS_ACCESS_KEY_ID", None, "no AWS credentials: give this machine an instance role"),
        (&bucket, "AWS_REGION", None, "no AWS region: set AWS_REGION"),
    ] {
        let mut command = clean_command(&["ingest", "--from", "refused_lake.t", "--warehouse", warehouse]);
        command.args(["--source", &mysql().source("refused_lake")]).args(IN_WAREHOUSE);
        command.envs(Warehouse::on_s3(&[]).environment());
        match value {
            Some(value) => command.env(variable, value),
            None => command.env_remove(variable),
        };
        let outcome = run(&mut command);
        assert!(outcome.refusal().contains(said), "{variable}: {}", outcome.stderr);
    }
}

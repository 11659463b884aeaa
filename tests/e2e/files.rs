//! What the store is given: files of the size that is asked for, under the key that is asked for.

use crate::harness::{Road, Warehouse, clean_command, compare, mysql, noisy_table, run};

#[test]
fn a_large_split_becomes_files_of_the_size_that_is_asked_for() {
    let table = noisy_table("rolled", 40_000);
    let warehouse = Warehouse::new();
    let report = warehouse.ingest(&table, &["--splits", "2", "--file-size", "4MiB"]).report();
    let compared = compare(&warehouse, &table, &table, "id", &[]);
    assert_eq!((compared.rows, compared.files), (40_000, report["files"].as_u64().unwrap()));
    for split in warehouse.splits(&report) {
        let sizes: Vec<u64> =
            split["files"].as_array().unwrap().iter().map(|file| file["bytes"].as_u64().unwrap()).collect();
        let (last, others) = sizes.split_last().unwrap();
        assert!(others.len() >= 2, "{sizes:?}");
        assert!(others.iter().all(|size| (3 << 20..8 << 20).contains(size)), "{sizes:?}");
        assert!(*last < 8 << 20, "{sizes:?}");
    }
    let report = warehouse.ingest(&table, &["--splits", "2"]).report();
    assert_eq!(report["files"], 2, "a split below 256 MiB is one file");
}

#[test]
fn a_table_of_several_files_is_cut_by_its_size_unless_a_number_or_a_part_is_asked_for() {
    let table = noisy_table("cut_by_size", 40_000);
    mysql().execute("ANALYZE TABLE cut_by_size.t");
    let bytes = mysql().query("SELECT DATA_LENGTH FROM information_schema.TABLES WHERE TABLE_SCHEMA = 'cut_by_size'");
    let fits = bytes.parse::<u64>().unwrap().div_ceil(8 << 20);
    assert!((3..16).contains(&fits), "{bytes} bytes");
    let warehouse = Warehouse::new();
    let report = warehouse.ingest(&table, &["--file-size", "8MiB"]).report();
    assert_eq!((report["files"].as_u64(), report["rows"].as_u64()), (Some(fits), Some(40_000)));
    for options in [&["--splits", "2"][..], &["--where", "id <= 2000"], &["--columns", "id"]] {
        let report =
            warehouse.ingest(&table, &[&["--schema", "replace", "--file-size", "8MiB"], options].concat()).report();
        let splits = if options[0] == "--splits" { 2 } else { 16 };
        assert_eq!(warehouse.splits(&report).len(), splits, "{options:?}");
    }
}

#[test]
fn what_is_written_names_the_key_that_encrypts_it() {
    let table = noisy_table("encrypted", 40_000);
    let road = Road::good("2026-11-23T06:30:00.000Z");
    let warehouse = Warehouse::on_s3(&[]);
    let key = "arn:aws:kms:us-east-1:111122223333:key/of-the-tests";
    let source = mysql().source("encrypted");
    let mut command = clean_command(&["ingest", "--source", &source, "--from", &table, "--splits", "1"]);
    command.args(["--catalog", "local", "--warehouse", warehouse.url(), "--sse-kms-key", key]);
    command.envs(warehouse.environment()).env("AWS_ENDPOINT_URL_S3", road.endpoint());
    run(&mut command).report();
    let is_write = |head: &str| {
        (head.starts_with("PUT ") && !head.contains("partNumber="))
            || (head.starts_with("POST ") && head.contains("?uploads"))
    };
    let written: Vec<String> = road.noted().into_iter().map(|noted| noted.head).filter(|head| is_write(head)).collect();
    assert!(written.iter().any(|head| head.starts_with("POST ")) && written.len() > 3, "{written:?}");
    for head in written {
        let lower = head.to_lowercase();
        assert!(lower.contains("x-amz-server-side-encryption: aws:kms"), "{head}");
        assert!(
            lower.contains(&format!("x-amz-server-side-encryption-aws-kms-key-id: {key}").to_lowercase()),
            "{head}"
        );
    }
}

//! How objects reach S3: every one with a checksum, path-style where an endpoint is given, records only if there is none yet.

use crate::harness::{BUCKET, Noted, Road, Warehouse, clean_command, compare, mysql, noisy_table, run};

fn ingest(road: &Road, warehouse: &Warehouse, table: &str, splits: &str) {
    let source = mysql().source(table.split('.').next().unwrap());
    let mut command = clean_command(&["ingest", "--source", &source, "--from", table, "--splits", splits]);
    command.args(["--catalog", "local", "--warehouse", warehouse.url()]);
    command.envs(warehouse.environment()).env("AWS_ENDPOINT_URL_S3", road.endpoint());
    run(&mut command).report();
    compare(warehouse, table, table, "id", &[]);
}

fn has_header(noted: &Noted, name: &str) -> bool {
    noted.head.to_lowercase().contains(&format!("\n{name}: "))
}

/// Returns the target of a request that writes an object or a part of one.
fn written(noted: &Noted) -> Option<&str> {
    noted.head.strip_prefix("PUT ")?.split(' ').next()
}

#[test]
fn what_is_written_has_a_checksum_and_a_path_that_begins_with_the_bucket() {
    let (road, warehouse) = (Road::good("2026-11-23T06:30:00.000Z"), Warehouse::on_s3(&[]));
    ingest(&road, &warehouse, &noisy_table("checked", 40_000), "2");
    let noted = road.noted();
    let puts: Vec<&Noted> = noted.iter().filter(|noted| written(noted).is_some()).collect();
    assert!(puts.iter().any(|noted| written(noted).unwrap().contains("partNumber=")), "no part of an upload was seen");
    assert!(puts.len() > 5, "{} objects and parts", puts.len());
    for noted in puts {
        assert!(has_header(noted, "x-amz-checksum-sha256"), "{}", noted.head);
        assert!(written(noted).unwrap().starts_with(&format!("/{BUCKET}/")), "{}", noted.head);
    }
}

#[test]
fn a_record_is_put_only_if_there_is_none_and_again_where_s3_has_not_decided() {
    let (road, warehouse) = (Road::contested(), Warehouse::on_s3(&[]));
    ingest(&road, &warehouse, &noisy_table("contested", 40_000), "4");
    let noted = road.noted();
    let records: Vec<&Noted> =
        noted.iter().filter(|noted| written(noted).is_some_and(|target| target.contains(".json"))).collect();
    for noted in &records {
        assert!(has_header(noted, "if-none-match"), "{}", noted.head);
    }
    let undecided: Vec<&str> =
        records.iter().filter(|noted| noted.answer.contains(" 409")).filter_map(|noted| written(noted)).collect();
    assert!(undecided.len() > 6, "{undecided:?}");
    for target in undecided {
        let decided = records.iter().filter(|noted| written(noted) == Some(target) && noted.answer.contains(" 200"));
        assert_eq!(decided.count(), 1, "{target}");
    }
}

//! A snapshot is exact though S3 refuses, hangs up and stalls, and no upload is left over.

use crate::harness::{BadRoad, CRIMES, Warehouse, clean_command, compare, crimes, mysql, run};

#[test]
fn a_snapshot_is_exact_though_requests_are_refused_cut_and_stalled() {
    let rows = crimes();
    let road = BadRoad::to_s3();
    let warehouse = Warehouse::on_s3(&[]);
    let ingest = |from: &str, splits: &str| {
        let source = mysql().source(from.split('.').next().unwrap());
        let mut command = clean_command(&["ingest", "--source", &source, "--from", from, "--splits", splits]);
        command.args(["--catalog", "local", "--warehouse", warehouse.url()]);
        command.envs(warehouse.environment()).env("AWS_ENDPOINT_URL_S3", road.endpoint());
        run(&mut command).report()
    };
    ingest(CRIMES, "60");
    let compared = compare(&warehouse, CRIMES, "crime_data.crimes_2001_to_present", "ID", &[]);
    assert_eq!((compared.rows, compared.cells), (rows, rows * 22));

    let noise = (1..=8).map(|n| format!("SHA2(seq * {n} + 0.5, 512)")).collect::<Vec<_>>().join(", ");
    mysql().new_database("bad_road");
    mysql().execute(&format!(
        "USE bad_road; CREATE TABLE t (id INT PRIMARY KEY, noise VARCHAR(1100));
         INSERT INTO t SELECT seq, CONCAT({noise}) FROM seq_1_to_60000"
    ));
    ingest("bad_road.t", "2");
    assert_eq!(compare(&warehouse, "bad_road.t", "bad_road.t", "id", &[]).rows, 60_000);
    assert!(road.requests() > 300, "{} requests were too few to meet every mishap", road.requests());
    assert_eq!(warehouse.unfinished_uploads(), Vec::<String>::new());
}

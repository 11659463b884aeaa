//! Drivers that are killed, and runs that other drivers go on with.

use super::slow::{ROWS, SPLITS, SlowTable};
use crate::harness::{Fleet, Total, Warehouse, clean_command, mysql, run, total, wait_until};
use std::collections::BTreeMap;
use std::fs;
use std::process::{Command, Stdio};

#[test]
fn another_driver_goes_on_with_a_run() {
    let (mut fleet, table) = (Fleet::start("resumed", 2), SlowTable::new("resumed"));
    let warehouse = Warehouse::new();
    let run_id = killed(&warehouse, "resumed/t", SPLITS / 3, &mut table.ingest_command(&fleet, &warehouse, &[]));
    // The cluster forgets the job, which would otherwise write all splits by itself.
    fleet.kill_scheduler();
    fleet.restart_scheduler();
    wait_until(|| fleet.registered() == 2);
    let before = manifests(&warehouse, "resumed/t");
    assert!(before.len() < SPLITS);

    let outcome = run(&mut table.ingest_command(&fleet, &warehouse, &["--resume", &run_id]));
    table.require_exact(&warehouse, &outcome);
    assert_eq!(outcome.report()["run"], run_id);
    // What was finished was not read again.
    let skipped = fleet.lines_with(0, "split is there already") + fleet.lines_with(1, "split is there already");
    assert_eq!(skipped, before.len());
    let after = manifests(&warehouse, "resumed/t");
    assert!(before.iter().all(|(name, manifest)| after.get(name) == Some(manifest)));

    let again = run(&mut table.ingest_command(&fleet, &warehouse, &["--resume", &run_id]));
    assert!(again.refusal().contains(&format!("run {run_id} is published already")), "{}", again.stderr);
    let unknown = run(&mut table.ingest_command(&fleet, &warehouse, &["--resume", "20200101T000000Z-000000"]));
    assert!(unknown.refusal().contains("there is no run 20200101T000000Z-000000"), "{}", unknown.stderr);
    assert!(unknown.stderr.contains("leave out --resume"), "{}", unknown.stderr);
}

#[test]
fn a_run_goes_on_only_with_the_columns_it_was_started_with() {
    let fleet = Fleet::start("new-column", 2);
    let _table = SlowTable::new("new_column");
    let view = |columns: &str| {
        mysql().execute(&format!("USE new_column; CREATE OR REPLACE VIEW v AS SELECT {columns} FROM t"));
    };
    view("id, SLEEP(0.02) AS nap");
    let (warehouse, source, url) = (Warehouse::new(), mysql().source("new_column"), fleet.url());
    let path = warehouse.path().to_str().unwrap();
    let mut arguments = vec!["ingest", "--source", &source, "--from", "new_column.v", "--split-column", "id"];
    arguments.extend(["--splits", "24", "--cluster", &url, "--warehouse", path]);
    let run_id = killed(&warehouse, "new_column/v", 4, &mut clean_command(&arguments));

    view("id, SLEEP(0.02) AS nap, id AS extra");
    arguments.extend(["--resume", &run_id]);
    let refused = run(&mut clean_command(&arguments));
    assert!(refused.refusal().contains("not the same as when it was started: columns."), "{}", refused.stderr);
    assert!(!warehouse.has_tables(), "{:?}", warehouse.names());
    let filtered = run(clean_command(&arguments).args(["--columns", "id,nap", "--where", "id > 7"]));
    assert!(filtered.refusal().contains("started: where."), "{}", filtered.stderr);

    arguments.extend(["--columns", "id,nap"]);
    assert_eq!(run(&mut clean_command(&arguments)).rows(), ROWS);
    assert_eq!(total(&warehouse, "new_column.v", "id"), Total { rows: ROWS, total: ROWS * (ROWS + 1) / 2 });
}

#[test]
fn a_query_goes_on_over_the_snapshots_it_was_started_with_and_no_others() {
    let fleet = Fleet::start("pairs", 2);
    mysql().new_database("pairing");
    mysql().execute(
        "USE pairing; CREATE TABLE t (id INT PRIMARY KEY, k INT NOT NULL);
         INSERT INTO t SELECT seq, seq % 40 FROM seq_1_to_20000",
    );
    let (warehouse, source, url) = (Warehouse::new(), mysql().source("pairing"), fleet.url());
    let path = warehouse.path().to_str().unwrap();
    let ingest = ["ingest", "--source", &source, "--from", "pairing.t", "--cluster", &url, "--warehouse", path];
    run(&mut clean_command(&ingest)).report();
    let query = warehouse.query_file(
        "SELECT a.id, count(*) AS pairs, sum(b.id) AS others FROM pairing.t a JOIN pairing.t b ON a.k = b.k GROUP BY a.id",
    );
    let query = query.to_str().unwrap().to_owned();
    let process = ["process", "--query", &query, "--into", "pairing.pairs", "--cluster", &url, "--warehouse", path];

    let run_id = killed(&warehouse, "pairing/pairs", 1, &mut clean_command(&process));
    let resume = ["--resume", &run_id];
    let outcome = run(clean_command(&process).args(resume));
    assert_eq!((outcome.rows(), &outcome.report()["run"]), (20_000, &run_id.clone().into()));
    // Each id is paired with the 500 of its class, so each is counted 500 times.
    assert_eq!(total(&warehouse, "pairing.pairs", "others").total, 500 * (20_000 * 20_001 / 2));

    let run_id = killed(&warehouse, "pairing/pairs", 1, &mut clean_command(&process));
    run(&mut clean_command(&ingest)).report();
    let refused = run(clean_command(&process).args(["--resume", &run_id]));
    assert!(refused.refusal().contains("not the same as when it was started: inputs."), "{}", refused.stderr);
}

/// Starts a driver, kills it when `enough` more splits of its table are finished, and returns the name of its run.
fn killed(warehouse: &Warehouse, table: &str, enough: usize, command: &mut Command) -> String {
    let before = manifests(warehouse, table);
    let mut driver = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let new = || manifests(warehouse, table).into_keys().filter(|name| !before.contains_key(name)).collect::<Vec<_>>();
    wait_until(|| new().len() >= enough);
    driver.kill().unwrap();
    assert!(!driver.wait().unwrap().success(), "it had come to its end");
    new()[0].rsplit('/').nth(1).unwrap().to_owned()
}

/// Returns the manifests of all runs of a table, by their paths.
fn manifests(warehouse: &Warehouse, table: &str) -> BTreeMap<String, Vec<u8>> {
    let names = warehouse.names().into_iter();
    let names = names.filter(|name| name.starts_with(&format!("{table}/_runs/")) && name.contains("/split-"));
    names.map(|name| (name.clone(), fs::read(warehouse.path().join(&name)).unwrap())).collect()
}

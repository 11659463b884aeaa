//! A scheduler that is killed, and started again as systemd does.

use super::slow::{SPLITS, SlowTable};
use crate::harness::{Fleet, Outcome, Warehouse, scratch, wait_until};
use std::fs::{self, File};
use std::time::{Duration, Instant};

/// How soon a driver must notice.
const MOST_DELAY: Duration = Duration::from_secs(30);

#[test]
fn a_run_goes_on_where_it_was_when_its_scheduler_comes_back() {
    let (mut fleet, table) = (Fleet::start("restarted", 2), SlowTable::new("restarted"));
    let warehouse = Warehouse::new();
    let [stdout, stderr] = ["stdout", "stderr"].map(|name| scratch().join(format!("restarted.{name}")));
    let said = |file| fs::read_to_string(file).unwrap();
    let mut command = table.ingest_command(&fleet, &warehouse, &[]);
    command.stdout(File::create(&stdout).unwrap()).stderr(File::create(&stderr).unwrap());
    let mut driver = command.spawn().unwrap();
    wait_until(|| warehouse.finished_splits() >= SPLITS / 3);
    fleet.kill_scheduler();
    let killed = Instant::now();
    wait_until(|| said(&stderr).contains("the connection to the scheduler"));
    assert!(killed.elapsed() < MOST_DELAY, "{:?}", killed.elapsed());
    let before = warehouse.finished_splits();
    fleet.restart_scheduler();
    let code = driver.wait().unwrap().code();
    table.require_exact(&warehouse, &Outcome { code, stdout: said(&stdout), stderr: said(&stderr) });
    let skipped: usize = (0..2).map(|executor| fleet.lines_with(executor, "split is there already")).sum();
    assert!(skipped >= before, "{skipped} of {before} finished splits were not read again");
}

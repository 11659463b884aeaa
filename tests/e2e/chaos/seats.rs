//! A run that may have so many sessions and no more, of which one belongs to an executor that hangs.

use super::slow::SlowTable;
use crate::harness::{Fleet, Signal, Total, Warehouse, mysql, run, total, wait_until};
use std::thread;

const EXECUTORS: usize = 3;

#[test]
fn a_held_executor_does_not_keep_its_seat() {
    let (fleet, table) = (Fleet::start("seats", EXECUTORS), SlowTable::new("seats"));
    let warehouse = Warehouse::new();
    let mut command = table.ingest_command(&fleet, &warehouse, &["--max-sessions", "2"]);
    let running = thread::spawn(move || run(&mut command));
    let readers = "SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE DB = 'seats' AND INFO LIKE '%nap%FROM (%'";
    mysql().wait_for(readers, "2");
    let held = (0..EXECUTORS).find(|executor| fleet.started_tasks(*executor) > 0).unwrap();
    fleet.signal(held, Signal::Stop);
    assert_eq!(running.join().unwrap().rows(), 1200);
    assert_eq!(total(&warehouse, "seats.t", "id"), Total { rows: 1200, total: 720_600 });
    let ended =
        (0..EXECUTORS).map(|executor| fleet.lines_with(executor, "ending the session that read this split before"));
    assert_eq!(ended.sum::<usize>(), 1);
    // The executor still hangs, but not its session.
    wait_until(|| mysql().query("SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE DB = 'seats'") == "0");
    // Nothing ends a process that is held.
    fleet.signal(held, Signal::Continue);
}

//! Executors with too little memory.

use super::wide::WideTable;
use crate::harness::{Fleet, MemoryLimit, wait_until};

/// What a killed process is reported to have ended with.
const KILLED: i32 = 128 + 9;

#[test]
fn a_task_without_memory_is_tried_elsewhere() {
    let mut fleet = Fleet::start("memory", 1);
    let table = WideTable::new("memory", &fleet);
    let small = fleet.add_executor_with(&["--memory", "256KiB"]);
    wait_until(|| fleet.registered() == 2);
    table.require_exact(&table.group(&fleet));
    assert!(fleet.lines_with(small, "a task had too little memory") >= 1);
}

#[test]
fn a_run_goes_on_when_the_system_kills_an_executor_for_its_memory() {
    let mut fleet = Fleet::start("killed-for-memory", 1);
    let table = WideTable::new("killed_for_memory", &fleet);
    let limit = MemoryLimit::new("executor");
    let greedy = fleet.add_executor_within(&limit, &["--memory", "64GiB"]);
    wait_until(|| fleet.registered() == 2);
    // Far from what one batch takes whose texts are repeated.
    limit.leave(32 << 20);
    table.require_widened(&table.widen(&fleet));
    assert_eq!((fleet.exit_code(greedy), limit.kills()), (KILLED, 1));
    assert!(fleet.started_tasks(greedy) >= 1, "it was killed before it was at work");
}

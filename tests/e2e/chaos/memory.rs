//! Executors with too little memory.

use super::wide::WideTable;
use crate::harness::{Fleet, wait_until};

#[test]
fn a_task_without_memory_is_tried_elsewhere() {
    let mut fleet = Fleet::start("memory", 1);
    let table = WideTable::new("memory", &fleet);
    let small = fleet.add_executor_with(&["--memory", "256KiB"]);
    wait_until(|| fleet.registered() == 2);
    table.require_exact(&table.group(&fleet));
    assert!(fleet.lines_with(small, "a task had too little memory") >= 1);
}

//! Which tasks an executor has been handed and has not reported yet, and which attempt at its stage each belongs to.

use std::collections::HashMap;

use ballista_core::serde::protobuf::{TaskDefinition, TaskStatus};

/// A task as scheduler and executor name it.
type Task = (String, u32, u32);

/// The open tasks of one executor, as its scheduler counts them.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    open: HashMap<Task, Vec<u32>>,
}

impl Ledger {
    /// Notes tasks that the scheduler has handed out.
    pub(super) fn handed_out(&mut self, tasks: &[TaskDefinition]) {
        for task in tasks {
            let key = (task.job_id.clone(), task.stage_id, task.task_id);
            self.open.entry(key).or_default().push(task.stage_attempt_num);
        }
    }

    /// Names in each report the stage's attempt that the task was handed out for. Ballista's loop names the task's instead
    /// where a plan cannot be decoded, and a report of another attempt is ignored: the job would wait for ever.
    pub(super) fn correct(&self, statuses: &mut [TaskStatus]) {
        for status in statuses {
            if let Some([attempt]) = self.open.get(&key(status)).map(Vec::as_slice) {
                status.stage_attempt_num = *attempt;
            }
        }
    }

    /// Notes reports that the scheduler has taken.
    pub(super) fn reported(&mut self, statuses: &[TaskStatus]) {
        for status in statuses {
            let key = key(status);
            let Some(attempts) = self.open.get_mut(&key) else { continue };
            let which = attempts.iter().position(|attempt| *attempt == status.stage_attempt_num);
            attempts.swap_remove(which.unwrap_or_default());
            if attempts.is_empty() {
                self.open.remove(&key);
            }
        }
    }

    /// Returns the open tasks of a job: each one's stage and number.
    pub(super) fn of_job(&self, job_id: &str) -> Vec<(u32, u32)> {
        self.open.keys().filter(|(job, ..)| job == job_id).map(|(_, stage, task)| (*stage, *task)).collect()
    }

    /// Returns how many tasks are open.
    pub(super) fn open(&self) -> usize {
        self.open.len()
    }
}

fn key(status: &TaskStatus) -> Task {
    (status.job_id.clone(), status.stage_id, status.task_id)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn task(task_id: u32) -> TaskDefinition {
        TaskDefinition { task_id, job_id: "job".to_owned(), stage_id: 1, ..TaskDefinition::default() }
    }

    fn status(task_id: u32) -> TaskStatus {
        TaskStatus { task_id, job_id: "job".to_owned(), stage_id: 1, ..TaskStatus::default() }
    }

    #[test]
    fn a_task_is_open_until_it_is_reported() {
        let mut ledger = Ledger::default();
        ledger.handed_out(&[task(1), task(2)]);
        ledger.reported(&[status(1), status(7)]);
        assert_eq!(ledger.open(), 1);
        ledger.reported(&[status(2)]);
        assert_eq!(ledger.open(), 0);
    }

    #[test]
    fn a_task_that_was_handed_out_twice_is_open_until_its_second_report() {
        let mut ledger = Ledger::default();
        ledger.handed_out(&[task(1), task(1)]);
        ledger.reported(&[status(1)]);
        assert_eq!(ledger.open(), 1);
        ledger.reported(&[status(1)]);
        assert_eq!(ledger.open(), 0);
    }

    #[test]
    fn the_tasks_of_a_job_are_those_that_are_open() {
        let mut ledger = Ledger::default();
        ledger.handed_out(&[task(1), task(2), TaskDefinition { job_id: "other".to_owned(), ..task(3) }]);
        ledger.reported(&[status(1)]);
        assert_eq!((ledger.of_job("job"), ledger.of_job("none")), (vec![(1, 2)], vec![]));
    }

    #[test]
    fn a_report_names_the_attempt_that_was_handed_out() {
        let mut ledger = Ledger::default();
        ledger.handed_out(&[TaskDefinition { stage_attempt_num: 3, ..task(1) }]);
        let mut statuses = [status(1), status(2)];
        ledger.correct(&mut statuses);
        assert_eq!(statuses.map(|status| status.stage_attempt_num), [3, 0]);
    }
}

//! Fetches that break off: tasks whose connection to another executor was lost while the first rows of a shuffle were on their way.
//!
//! Where a fetch cannot begin, and where it breaks off after its first block, Ballista 55 reports that it failed
//! (`FetchPartitionError`), and the scheduler has the lost rows made again. Where it breaks off within the first block, in which
//! the schema is, the reader hands on Arrow's error (`BlockDataStream::try_new` in `ballista_core::client`, which
//! `as_fetch_failed` does not know), and the scheduler would fail the job.

use ballista_core::serde::protobuf::failed_task::FailedReason;
use ballista_core::serde::protobuf::task_status::Status;
use ballista_core::serde::protobuf::{IoError, TaskStatus};

use crate::broken::broke_off;

/// Makes of each such report one of an I/O error: the task is tried again, as often as any. Whoever tries it asks for the rows
/// anew, and finds the executor back, or gone in the way that Ballista knows.
pub(super) fn have_tried_again(statuses: &mut [TaskStatus]) {
    for status in statuses {
        let Some(Status::Failed(failed)) = &mut status.status else { continue };
        if matches!(failed.failed_reason, Some(FailedReason::ExecutionError(_)))
            && is_of_rows(&failed.error)
            && broke_off(&failed.error)
        {
            tracing::warn!(status.job_id, status.stage_id, status.task_id, "rows broke off, the task is tried again");
            failed.retryable = true;
            failed.count_to_failures = true;
            failed.failed_reason = Some(FailedReason::IoError(IoError {}));
        }
    }
}

/// Returns whether an error is of rows on their way, in the words of Arrow's debug text.
fn is_of_rows(error: &str) -> bool {
    error.contains("IpcError(")
}

#[cfg(test)]
mod tests {
    use ballista_core::error::BallistaError;
    use ballista_core::serde::protobuf::FailedTask;
    use datafusion::arrow::error::ArrowError;
    use datafusion::common::DataFusionError;

    use super::*;

    fn reported(error: DataFusionError) -> FailedTask {
        let failed = FailedTask::from(BallistaError::DataFusionError(Box::new(error)));
        let mut statuses = [TaskStatus { status: Some(Status::Failed(failed)), ..TaskStatus::default() }];
        have_tried_again(&mut statuses);
        match statuses[0].status.take() {
            Some(Status::Failed(failed)) => failed,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_task_whose_rows_broke_off_is_tried_again() {
        let said = "Arrow error: Ipc error: code: 'Unknown error', message: \"h2 protocol error: error reading a body from \
            connection\", source: hyper::Error(Body, Error { kind: Io(Kind(ConnectionReset)) })";
        let cut = DataFusionError::from(ArrowError::IpcError(said.to_owned()));
        let failed = reported(DataFusionError::External(Box::new(cut)));
        assert!(failed.retryable && failed.count_to_failures, "{failed:?}");
        assert_eq!(failed.failed_reason, Some(FailedReason::IoError(IoError {})));
    }

    #[test]
    fn what_would_fail_again_is_not() {
        let wrong =
            ["Invalid flatbuffer", "unexpected end of stream"].map(|said| ArrowError::IpcError(said.to_owned()));
        let errors = wrong.map(DataFusionError::from).into_iter();
        for error in errors.chain([DataFusionError::Execution("h2 protocol error".to_owned())]) {
            let failed = reported(error);
            assert!(
                !failed.retryable && matches!(failed.failed_reason, Some(FailedReason::ExecutionError(_))),
                "{failed:?}"
            );
        }
    }
}

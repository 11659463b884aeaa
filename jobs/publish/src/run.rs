//! The run itself: submitted until every split has its manifest, through the death of the scheduler.

use std::sync::Arc;
use std::time::{Duration, Instant};

use springald_cluster::{Cluster, ClusterError, watch};
use springald_snapshot::SnapshotWriteExec;

use crate::Target;

/// How long a run waits for a scheduler that it has lost: as long as a node's restart takes.
const LONGEST_ABSENCE: Duration = Duration::from_secs(120);

/// How often a run is submitted again. A plan that ends the scheduler each time must not do so for ever.
const MOST_LOSSES: u32 = 5;

const ASK_EVERY: Duration = Duration::from_secs(1);

/// How long a run waits for a first executor, or for the next when it has lost all: as long as Ballista lets a job wait
/// that had some. And how often it looks.
const LONGEST_VACANCY: Duration = Duration::from_secs(120);
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// Runs `write` until all of its `splits` are written. The manifests decide: a job that failed after its last split is as
/// good as one that did not, and one whose scheduler was lost is submitted again, where finished splits cost nothing.
///
/// # Errors
/// The job's own failure; or the loss of the scheduler, when it does not come back in time or is lost again and again.
pub(crate) async fn run_to_the_last_split(
    target: &Target,
    write: Arc<SnapshotWriteExec>,
    splits: u32,
) -> anyhow::Result<()> {
    let (mut losses, mut lost_since) = (0, None::<Instant>);
    loop {
        let Err(failure) = run_once(target, Arc::clone(&write), splits).await else {
            return Ok(());
        };
        let finished = target.records.finished_splits().await?;
        if finished >= u64::from(splits) {
            tracing::warn!("the cluster reported a failure after every split was written: {failure}");
            return Ok(());
        }
        match failure {
            ClusterError::Lost { .. } if losses < MOST_LOSSES => {
                losses += 1;
                lost_since = Some(Instant::now());
                tracing::warn!(finished, splits, "{failure}; what is missing is submitted again as soon as it answers");
            }
            ClusterError::Withdrawn { .. } if losses < MOST_LOSSES => {
                losses += 1;
                tracing::warn!(finished, splits, "{failure}; what is missing is submitted again");
            }
            ClusterError::Unreachable { .. } if lost_since.is_some_and(|since| since.elapsed() < LONGEST_ABSENCE) => {
                tokio::time::sleep(ASK_EVERY).await;
            }
            ClusterError::Lost { .. }
            | ClusterError::Withdrawn { .. }
            | ClusterError::Unreachable { .. }
            | ClusterError::Refused { .. }
            | ClusterError::NoExecutors { .. }
            | ClusterError::Job(_)
            | ClusterError::StartOver(_)
            | ClusterError::Plan(_)
            | ClusterError::Embedded(_) => return Err(failure.into()),
        }
    }
}

async fn run_once(target: &Target, write: Arc<SnapshotWriteExec>, splits: u32) -> Result<(), ClusterError> {
    tokio::select! {
        ran = target.cluster.run(target.context(), write) => ran,
        () = watch(&target.records, splits) => Ok(()),
        vacancy = wait_for_vacancy(target.cluster()) => Err(vacancy),
    }
}

/// Returns when the cluster has had no executor for too long: Ballista lets a job that never had one wait for ever.
async fn wait_for_vacancy(cluster: &Cluster) -> ClusterError {
    let mut vacant_since = None::<Instant>;
    loop {
        match cluster.slots().await {
            Err(vacancy @ ClusterError::NoExecutors { .. }) => {
                let since = *vacant_since.get_or_insert_with(|| {
                    tracing::warn!("{vacancy}; the run waits for one, for {} s", LONGEST_VACANCY.as_secs());
                    Instant::now()
                });
                if since.elapsed() >= LONGEST_VACANCY {
                    return vacancy;
                }
            }
            // A scheduler that does not answer is the business of whoever runs the job.
            Ok(_) | Err(_) => vacant_since = None,
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

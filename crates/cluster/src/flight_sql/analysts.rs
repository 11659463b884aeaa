//! `Analysts`: what plans and runs the queries of Flight SQL, as Ballista's scheduler does those of its clients.

use std::collections::HashSet;
use std::sync::Arc;

use async_trait::async_trait;
use ballista_core::JobId;
use ballista_core::error::{BallistaError, Result};
use ballista_core::serde::protobuf::{JobStatus, SuccessfulJob, job_status};
use ballista_flight_sql::backend::{QueryBackend, QueryResult};
use datafusion::logical_expr::LogicalPlan;
use datafusion::prelude::SessionContext;
use springald_catalog::{Names, SessionCatalog};
use springald_fault::readable;
use tokio::sync::mpsc;

use super::unfolded::leave_to_executors;
use crate::codec::check_stages;
use crate::filters::check_filters;
use crate::serve::Scheduler;
use crate::session::CATALOG;
use crate::whole::is_withdrawn;

/// Functions that make as many values of a constant as they are told to, and would while a query is planned: in the memory of
/// the scheduler, on which all jobs depend.
const UNBOUNDED: [&str; 5] = ["array_repeat", "array_resize", "generate_series", "range", "repeat"];

/// Parts of a filter, which is planned in the scheduler: a second of its time.
const MOST_FILTER_PARTS: u64 = 100_000;

/// How often a query is submitted whose rows are lost with an executor.
const MOST_LOSSES: u32 = 5;

/// Statuses of a job that nobody has looked at yet; each is looked at as it comes.
const STATUSES: usize = 16;

/// Analysts on a scheduler's cluster.
pub(crate) struct Analysts {
    scheduler: Arc<Scheduler>,
    names: Arc<Names>,
}

impl Analysts {
    /// Returns those who ask `scheduler` for the tables of the catalog behind `names`.
    pub(super) fn new(scheduler: Arc<Scheduler>, names: Arc<Names>) -> Self {
        Self { scheduler, names }
    }
}

#[async_trait]
impl QueryBackend for Analysts {
    async fn session(&self, session_id: &str) -> Result<Arc<SessionContext>> {
        let context = self.scheduler.session(session_id).await?;
        let catalog = SessionCatalog::new(Arc::clone(&self.names), context.state_weak_ref());
        context.register_catalog(CATALOG, Arc::new(catalog));
        for function in UNBOUNDED {
            context.deregister_udf(function);
            context.deregister_udtf(function);
        }
        leave_to_executors(&context)?;
        Ok(context)
    }

    async fn close_session(&self, session_id: &str) -> Result<()> {
        self.scheduler.close_session(session_id).await
    }

    /// Runs a query to its end. When its client goes before that, and with it this future, the job is cancelled.
    async fn execute(&self, job_name: &str, context: Arc<SessionContext>, plan: LogicalPlan) -> Result<QueryResult> {
        check_filters(&plan, MOST_FILTER_PARTS)?;
        if let LogicalPlan::Explain(_) = plan {
            // Ballista adds to it how it cuts the plan.
            return self.scheduler.execute(job_name, context, plan).await;
        }
        let plan = context.state().create_physical_plan(&plan).await?;
        check_stages(&plan)?;
        let schema = plan.schema();
        for _ in 0..MOST_LOSSES {
            let (context, plan) = (Arc::clone(&context), Arc::clone(&plan));
            let (subscriber, mut statuses) = mpsc::channel(STATUSES);
            let job_id = self.scheduler.submit_physical_plan(job_name, context, plan, Some(subscriber)).await?;
            let mut job = Job { scheduler: Arc::clone(&self.scheduler), job_id, has_ended: false };
            let ended = ended(&mut statuses).await;
            job.has_ended = true;
            match ended {
                Some(Ok(done)) if !is_each_partition_once(&done) => {
                    tracing::warn!(job_id = %job.job_id, "an executor was lost after it had given rows, the query is submitted again");
                }
                Some(Ok(done)) => {
                    let (job_id, partitions) = (job.job_id.to_string(), done.partition_location);
                    return Ok(QueryResult { job_id, schema, partitions });
                }
                Some(Err(error)) if is_withdrawn(&error) => {}
                Some(Err(error)) => return Err(BallistaError::General(format!("job {} failed: {error}", job.job_id))),
                None => return Err(BallistaError::General(format!("job {} ended without a word", job.job_id))),
            }
        }
        Err(BallistaError::General(format!("executors were lost under the query {MOST_LOSSES} times: ask again")))
    }
}

/// Returns whether a result has no partition twice. Ballista 55 does the tasks of a lost executor again, and keeps what they had
/// given before beside it: those rows are gone, or come twice if the executor was only cut off for a while.
fn is_each_partition_once(done: &SuccessfulJob) -> bool {
    let mut seen = HashSet::new();
    let mut partitions = done.partition_location.iter().filter_map(|location| location.partition_id.as_ref());
    partitions.all(|partition| seen.insert(partition.partition_id))
}

/// Waits for the end of a job; returns nothing if the scheduler forgets it.
async fn ended(statuses: &mut mpsc::Receiver<JobStatus>) -> Option<std::result::Result<SuccessfulJob, String>> {
    loop {
        match statuses.recv().await?.status {
            Some(job_status::Status::Successful(done)) => return Some(Ok(done)),
            Some(job_status::Status::Failed(failed)) => return Some(Err(readable(&failed.error))),
            Some(job_status::Status::Queued(_) | job_status::Status::Running(_)) | None => {}
        }
    }
}

/// A job that somebody waits for.
struct Job {
    scheduler: Arc<Scheduler>,
    job_id: JobId,
    has_ended: bool,
}

impl Drop for Job {
    fn drop(&mut self) {
        if self.has_ended {
            return;
        }
        let (scheduler, job_id) = (Arc::clone(&self.scheduler), self.job_id.clone());
        tracing::info!(%job_id, "the client has gone, its query is cancelled");
        tokio::spawn(async move {
            if let Err(error) = scheduler.cancel_job(job_id.clone()).await {
                tracing::warn!(%job_id, %error, "a query that nobody waits for could not be cancelled");
            }
        });
    }
}

//! One cluster, embedded or remote: plans are made and submitted here with one and the same session.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::thread::available_parallelism;

use ballista_core::execution_plans::execute_physical_plan;
use ballista_core::extension::SessionConfigExt;
use datafusion::error::DataFusionError;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::prelude::{SessionConfig, SessionContext};
use datafusion_proto::protobuf::PhysicalPlanNode;
use springald_fault::{needs_new_run, readable};
use springald_tls::Security;

use crate::ask::AskError;
use crate::broken::broke_off;
use crate::codec::check_travel;
use crate::embedded::EmbeddedCluster;
use crate::session::{secured, session_config, session_context};
use crate::slots::slots;
use crate::whole::is_withdrawn;
use crate::{ClusterAddress, SpringaldCodec, Stores};

/// Partitions that a plan is made for on a cluster of unknown size.
const REMOTE_PARTITIONS: usize = 16;

/// A Ballista cluster: the given one, or one in this process that ends with this value.
#[derive(Debug)]
pub struct Cluster {
    address: ClusterAddress,
    config: SessionConfig,
    stores: Arc<Stores>,
    security: Security,
    embedded: Option<EmbeddedCluster>,
}

impl Cluster {
    /// Returns the cluster at `address`, or starts one in this process, which reads and writes `stores`.
    ///
    /// A remote cluster is not contacted before the first plan runs, and then as `security` says. One in this process
    /// listens on loopback alone, and openly.
    pub async fn start(
        address: Option<ClusterAddress>,
        stores: Arc<Stores>,
        security: Security,
    ) -> Result<Self, ClusterError> {
        if let Some(address) = address {
            let config = secured(session_config(REMOTE_PARTITIONS), &security);
            return Ok(Self { address, config, stores, security, embedded: None });
        }
        let vcores = available_parallelism().map_or(1, usize::from);
        let embedded = EmbeddedCluster::start(vcores, &stores).await.map_err(ClusterError::Embedded)?;
        let address = embedded.address().clone();
        Ok(Self { address, config: session_config(vcores), stores, security: Security::Open, embedded: Some(embedded) })
    }

    /// Returns a new context to plan with; what it plans runs on this cluster with the context's own settings.
    pub fn context(&self) -> Result<SessionContext, ClusterError> {
        session_context(self.config.clone(), &self.stores).map_err(ClusterError::Plan)
    }

    /// Returns how many tasks the cluster runs at the same time, as far as its executors have registered.
    ///
    /// # Errors
    /// When the scheduler does not say, or has no executor.
    pub async fn slots(&self) -> Result<NonZeroUsize, ClusterError> {
        let slots = match &self.embedded {
            Some(embedded) => embedded.vcores(),
            None => slots(&self.address, &self.security).await?,
        };
        NonZeroUsize::new(slots).ok_or_else(|| ClusterError::NoExecutors { address: self.address.clone() })
    }

    /// Runs a plan that `context` has made, to its end. Its rows stay on the cluster: what it has to say it has written.
    ///
    /// # Errors
    /// When the plan cannot be sent, the cluster cannot be reached, does not trust this process, or the job fails. A plan that
    /// writes a snapshot may have written all of it all the same, so the run's manifests decide, not this result.
    pub async fn run(&self, context: &SessionContext, plan: Arc<dyn ExecutionPlan>) -> Result<(), ClusterError> {
        let config = context.copied_config();
        let ballista = config.ballista_config();
        let codec = SpringaldCodec::default();
        check_travel(&plan, &codec).map_err(ClusterError::Plan)?;
        if self.embedded.is_none() {
            // Ballista's client does not tell a scheduler that is not there from one that refuses us.
            slots(&self.address, &self.security).await?;
        }
        let (url, session) = (self.address.scheduler_url(&self.security), context.session_id());
        let finished = execute_physical_plan::<PhysicalPlanNode>(url, &ballista, plan, &codec, session, config).await;
        match finished {
            Ok(_rows) => Ok(()),
            Err(error) => Err(self.failure(error)),
        }
    }

    fn failure(&self, error: DataFusionError) -> ClusterError {
        let text = error.to_string();
        if text.contains("GrpcConnectionError") || text.contains("tonic::transport::Error") {
            tracing::debug!(address = %self.address, "connection failed: {text}");
            return ClusterError::Unreachable { address: self.address.clone() };
        }
        if is_lost(&text) {
            tracing::debug!(address = %self.address, "connection was lost: {text}");
            return ClusterError::Lost { address: self.address.clone() };
        }
        if is_withdrawn(&text) {
            return ClusterError::Withdrawn { address: self.address.clone() };
        }
        if needs_new_run(&text) {
            return ClusterError::StartOver(readable(&text));
        }
        ClusterError::Job(readable(&text))
    }
}

/// Returns whether it is the connection that failed after a plan was submitted, and not the job: Ballista's client reports
/// both as text, and a job's failure as `Job … failed: …`.
fn is_lost(failure: &str) -> bool {
    const SIGNS: [&str; 2] = ["Stream closed without job completing", "The service is currently unavailable"];
    let is_of_job = failure.contains("Job ") && failure.contains(" failed: ");
    !is_of_job && (broke_off(failure) || SIGNS.iter().any(|sign| failure.contains(sign)))
}

/// Why a plan did not run.
#[derive(Debug, thiserror::Error)]
pub enum ClusterError {
    /// The scheduler does not answer.
    #[error("no scheduler answers at {address}: start one with `springald scheduler`, or leave out --cluster")]
    Unreachable {
        /// Where it should be.
        address: ClusterAddress,
    },
    /// The scheduler is there, and one side does not trust the other.
    #[error("the scheduler at {address} and this process do not trust each other: {why}")]
    Refused {
        /// Where it is.
        address: ClusterAddress,
        /// Whose fault it is, and what to do.
        why: String,
    },
    /// The scheduler was there, and then no longer; the job may have gone with it.
    #[error("the connection to the scheduler at {address} was lost")]
    Lost {
        /// Where it was.
        address: ClusterAddress,
    },
    /// The job lost rows of its own with an executor, or one executor after the other at the same task; submitted again, it
    /// runs from its beginning.
    #[error(
        "the cluster at {address} lost an executor with rows that the job needed, or several at the same task: the \
         scheduler's log says which, and the executors' why"
    )]
    Withdrawn {
        /// The scheduler.
        address: ClusterAddress,
    },
    /// The scheduler has no executors.
    #[error("no executor has registered at {address}: start one with `springald executor`")]
    NoExecutors {
        /// The scheduler.
        address: ClusterAddress,
    },
    /// The job ran and failed; the text is the first task's error.
    #[error("the run failed on the cluster: {0}")]
    Job(String),
    /// The job failed because its moment has passed: a new run may succeed.
    #[error("the run must start over: {0}")]
    StartOver(String),
    /// A session could not be made, or what was planned cannot be sent.
    #[error("plan the job")]
    Plan(#[source] DataFusionError),
    /// The cluster in this process did not start.
    #[error("start a cluster in this process")]
    Embedded(#[source] anyhow::Error),
}

impl From<AskError> for ClusterError {
    fn from(error: AskError) -> Self {
        match error {
            AskError::Unreachable { address, why } => {
                tracing::debug!(%address, why, "no answer");
                Self::Unreachable { address }
            }
            AskError::Refused { address, why } => Self::Refused { address, why },
        }
    }
}

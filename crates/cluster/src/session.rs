//! The one session: its settings and its functions are the same where a plan is made, cut and run.

use std::sync::Arc;

use ballista_core::config::BALLISTA_SCHEDULER_MAX_PARTITIONS_PER_TASK;
use ballista_core::extension::SessionConfigExt;
use ballista_core::registry::BallistaFunctionRegistry;
use ballista_core::utils::default_session_builder;
use datafusion::error::Result;
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::execution::{SessionState, SessionStateBuilder};
use datafusion::prelude::{SessionConfig, SessionContext};
use springald_tls::Security;

use crate::distribute::{GatherSharedJoins, YieldingJoins};
use crate::flight::endpoint_override;
use crate::windows::SortWindowsByAllKeys;
use crate::{SpringaldCodec, Stores};

/// The largest gRPC message on client, scheduler and executor: a plan of many thousand splits fits.
pub const MESSAGE_BYTES: usize = 256 * 1024 * 1024;

/// The name of the catalog that tables without one are looked up in.
pub(crate) const CATALOG: &str = "springald";

/// Returns the settings of every session, planned for `target_partitions` partitions.
///
/// Adaptive planning is off, since it does not survive a lost executor; a task takes one partition, so that a slow
/// split holds up nothing but itself and a retry repeats one split.
pub fn session_config(target_partitions: usize) -> SessionConfig {
    SessionConfig::new_with_ballista()
        .with_target_partitions(target_partitions)
        .with_default_catalog_and_schema(CATALOG, "public")
        .with_create_default_catalog_and_schema(false)
        .with_ballista_adaptive_query_planner(false)
        .with_ballista_grpc_client_max_message_size(MESSAGE_BYTES)
        .set_u64(BALLISTA_SCHEDULER_MAX_PARTITIONS_PER_TASK, 1)
        .with_ballista_physical_extension_codec(Arc::new(SpringaldCodec::default()))
}

/// Returns `config` for sessions whose clients dial as `security` says; what is dialled with stays in this process.
pub(crate) fn secured(config: SessionConfig, security: &Security) -> SessionConfig {
    config
        .with_ballista_use_tls(security.is_mutual())
        .with_ballista_override_create_grpc_client_endpoint(endpoint_override(security))
}

/// Returns the functions that executors know: all that a session plans with. Ballista's own list lacks those of arrays.
pub(crate) fn functions() -> Arc<BallistaFunctionRegistry> {
    let state = SessionStateBuilder::new().with_default_features().build();
    Arc::new(BallistaFunctionRegistry::from(&state))
}

/// Returns a context that plans with `config`, and reads and writes `stores`; what it plans must be submitted with the
/// same settings.
///
/// # Errors
/// When DataFusion's runtime cannot be built.
pub fn session_context(config: SessionConfig, stores: &Arc<Stores>) -> Result<SessionContext> {
    Ok(SessionContext::new_with_state(session_state(config, stores)?))
}

/// Returns Ballista's own state of a session, but with `stores`, and plans whose partitions may run as tasks apart.
pub(crate) fn session_state(config: SessionConfig, stores: &Arc<Stores>) -> Result<SessionState> {
    let runtime = stores.runtime(RuntimeEnvBuilder::new())?;
    let state = default_session_builder(config)?;
    let state = SessionStateBuilder::new_from_existing(state).with_runtime_env(runtime);
    Ok(state
        .with_physical_optimizer_rule(Arc::new(GatherSharedJoins))
        .with_physical_optimizer_rule(Arc::new(YieldingJoins))
        .with_physical_optimizer_rule(Arc::new(SortWindowsByAllKeys))
        .build())
}

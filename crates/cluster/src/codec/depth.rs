//! How deep a plan may be: its operators are messages in each other, which are written and read on the stack.

use std::sync::Arc;

use datafusion::common::exec_datafusion_err;
use datafusion::error::{DataFusionError, Result};
use datafusion::physical_plan::coalesce_partitions::CoalescePartitionsExec;
use datafusion::physical_plan::repartition::RepartitionExec;
use datafusion::physical_plan::sorts::sort_preserving_merge::SortPreservingMergeExec;
use datafusion::physical_plan::{ExecutionPlan, Partitioning};

/// Operators one upon the other that may be sent: each is two of prost's hundred messages, and a task has its writer on top.
const HIGHEST: usize = 49;

/// Finds out whether a whole plan is low enough to be sent.
///
/// # Errors
/// When it is not.
pub(super) fn check_height(plan: &Arc<dyn ExecutionPlan>) -> Result<()> {
    check_below(plan, 1, &|_| false)
}

/// Finds out whether the stages of a plan are low enough to be sent.
///
/// # Errors
/// When one is not.
pub(crate) fn check_stages(plan: &Arc<dyn ExecutionPlan>) -> Result<()> {
    check_below(plan, 1, &ends_a_stage)
}

/// Returns what a query is refused with whose plan cannot be read.
pub(super) fn too_deep() -> DataFusionError {
    exec_datafusion_err!(
        "the query's plan is too deep to be sent through a cluster, for its operators stand one upon the other, joins for the most \
         part: make it in parts, the first of which `springald process` publishes as a table that the next one reads"
    )
}

fn check_below(
    plan: &Arc<dyn ExecutionPlan>,
    place: usize,
    ends: &dyn Fn(&Arc<dyn ExecutionPlan>) -> bool,
) -> Result<()> {
    if place > HIGHEST {
        return Err(too_deep());
    }
    let below = if ends(plan) { 1 } else { place + 1 };
    plan.children().into_iter().try_for_each(|child| check_below(child, below, ends))
}

/// Returns whether Ballista cuts a plan below a node: where partitions are gathered or exchanged.
fn ends_a_stage(node: &Arc<dyn ExecutionPlan>) -> bool {
    let exchange = node.downcast_ref::<RepartitionExec>();
    exchange.is_some_and(|exchange| matches!(exchange.partitioning(), Partitioning::Hash(..)))
        || node.is::<CoalescePartitionsExec>()
        || node.is::<SortPreservingMergeExec>()
}

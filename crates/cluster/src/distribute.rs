//! A query's physical plan, and what one made for a single process must not do when its partitions run as tasks apart.

use std::sync::Arc;

use datafusion::common::JoinType;
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::error::Result;
use datafusion::logical_expr::LogicalPlan;
use datafusion::physical_plan::coalesce_partitions::CoalescePartitionsExec;
use datafusion::physical_plan::joins::{HashJoinExec, NestedLoopJoinExec};
use datafusion::physical_plan::{
    ChildrenPropertiesMode, ExecutionPlan, ExecutionPlanProperties, ReplaceChildrenOptions,
};
use datafusion::prelude::SessionContext;

/// Plans a query with the settings of `context`, which it must be submitted with, so that its partitions may run apart.
///
/// # Errors
/// DataFusion's own.
pub async fn physical_plan(context: &SessionContext, query: &LogicalPlan) -> Result<Arc<dyn ExecutionPlan>> {
    gather_shared_joins(context.state().create_physical_plan(query).await?)
}

/// Gathers the probe side of every join that decides at its end which rows of its collected side had no match, or one.
///
/// In one process such a join's partitions share what they have seen. As tasks apart each would decide from its own
/// part: rows would come back that have a match elsewhere, or once per task.
fn gather_shared_joins(plan: Arc<dyn ExecutionPlan>) -> Result<Arc<dyn ExecutionPlan>> {
    let gathered = plan.transform_up(|node| {
        if !shares_its_left_side(&node) {
            return Ok(Transformed::no(node));
        }
        let mut children: Vec<_> = node.children().into_iter().cloned().collect();
        let Some(probe) = children.pop().filter(|probe| probe.output_partitioning().partition_count() > 1) else {
            return Ok(Transformed::no(node));
        };
        children.push(Arc::new(CoalescePartitionsExec::new(probe)));
        let options = ReplaceChildrenOptions::new(ChildrenPropertiesMode::Recompute);
        Ok(Transformed::yes(node.replace_children(children, options)?))
    })?;
    Ok(gathered.data)
}

fn shares_its_left_side(node: &Arc<dyn ExecutionPlan>) -> bool {
    if let Some(join) = node.downcast_ref::<HashJoinExec>() {
        return join.null_aware;
    }
    node.downcast_ref::<NestedLoopJoinExec>().is_some_and(|join| match join.join_type() {
        JoinType::Left | JoinType::LeftSemi | JoinType::LeftAnti | JoinType::LeftMark | JoinType::Full => true,
        JoinType::Inner | JoinType::Right | JoinType::RightSemi | JoinType::RightAnti | JoinType::RightMark => false,
    })
}

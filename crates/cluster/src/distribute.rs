//! What a plan made for a single process must not do when its partitions run as tasks apart.

use std::sync::Arc;

use datafusion::common::JoinType;
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::config::ConfigOptions;
use datafusion::error::Result;
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_plan::coalesce_partitions::CoalescePartitionsExec;
use datafusion::physical_plan::coop::CooperativeExec;
use datafusion::physical_plan::joins::{CrossJoinExec, HashJoinExec, NestedLoopJoinExec, SortMergeJoinExec};
use datafusion::physical_plan::limit::GlobalLimitExec;
use datafusion::physical_plan::{
    ChildrenPropertiesMode, ExecutionPlan, ExecutionPlanProperties, ReplaceChildrenOptions,
};

/// A rule of every session: it gathers the probe side of every join that decides at its end which rows of its collected
/// side had no match, or one.
///
/// In one process such a join's partitions share what they have seen. As tasks apart each would decide from its own
/// part: rows would come back that have a match elsewhere, or once per task.
///
/// When Ballista cuts a plan above such a join, it takes out what gathers partitions where no operator needs a single one, and
/// the join says that it does not. So what gathers them here stands below a limit that is none, which does need it.
#[derive(Debug, Default)]
pub(crate) struct GatherSharedJoins;

impl PhysicalOptimizerRule for GatherSharedJoins {
    fn optimize(&self, plan: Arc<dyn ExecutionPlan>, _config: &ConfigOptions) -> Result<Arc<dyn ExecutionPlan>> {
        let gathered = plan.transform_up(|node| {
            if !shares_its_left_side(&node) {
                return Ok(Transformed::no(node));
            }
            let mut children: Vec<_> = node.children().into_iter().cloned().collect();
            let Some(probe) = children.pop().filter(|probe| probe.output_partitioning().partition_count() > 1) else {
                return Ok(Transformed::no(node));
            };
            let gathered = Arc::new(CoalescePartitionsExec::new(probe));
            children.push(Arc::new(GlobalLimitExec::new(gathered, 0, None)));
            let options = ReplaceChildrenOptions::new(ChildrenPropertiesMode::Recompute);
            Ok(Transformed::yes(node.replace_children(children, options)?))
        })?;
        Ok(gathered.data)
    }

    fn name(&self) -> &str {
        "gather_shared_joins"
    }

    fn schema_check(&self) -> bool {
        true
    }
}

/// A rule of every session: joins let others have their turn, so that their tasks can be ended.
///
/// DataFusion sees to that at the sources of a plan. A join that makes many rows of few asks no source for hours.
#[derive(Debug, Default)]
pub(crate) struct YieldingJoins;

impl PhysicalOptimizerRule for YieldingJoins {
    fn optimize(&self, plan: Arc<dyn ExecutionPlan>, _config: &ConfigOptions) -> Result<Arc<dyn ExecutionPlan>> {
        let yielding = plan.transform_up(|node| {
            Ok(if is_join(node.as_ref()) {
                Transformed::yes(Arc::new(CooperativeExec::new(node)) as Arc<dyn ExecutionPlan>)
            } else {
                Transformed::no(node)
            })
        })?;
        Ok(yielding.data)
    }

    fn name(&self) -> &str {
        "yielding_joins"
    }

    fn schema_check(&self) -> bool {
        true
    }
}

fn is_join(node: &dyn ExecutionPlan) -> bool {
    node.is::<CrossJoinExec>()
        || node.is::<HashJoinExec>()
        || node.is::<NestedLoopJoinExec>()
        || node.is::<SortMergeJoinExec>()
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

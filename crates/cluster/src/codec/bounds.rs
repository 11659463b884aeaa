//! How many partitions a plan from the wire may speak of: its decoders make room for as many as it says, and a process that
//! cannot have the memory is ended by the system, not by an error.

use std::sync::Arc;

use ballista_core::serde::protobuf::ballista_physical_plan_node::PhysicalPlanType;
use ballista_core::serde::protobuf::{BallistaPhysicalPlanNode, CoalescePlan};
use datafusion::common::exec_datafusion_err;
use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::error::Result;
use datafusion::physical_plan::{ExecutionPlan, ExecutionPlanProperties};
use datafusion_proto::protobuf::Partitioning;
use datafusion_proto::protobuf::partitioning::PartitionMethod;
use prost::Message;

/// Far more than any plan has, and little memory.
const MOST_PARTITIONS: u64 = 1 << 20;

/// Refuses an operator of Ballista's that has, or whose inputs have, more partitions than any plan.
///
/// # Errors
/// If it does, or `bytes` are none of Ballista's operators.
pub(super) fn check_node(bytes: &[u8], inputs: &[Arc<dyn ExecutionPlan>]) -> Result<()> {
    let node = BallistaPhysicalPlanNode::decode(bytes)
        .map_err(|error| exec_datafusion_err!("the plan has an operator that cannot be read: {error}"))?;
    let of_node = node.physical_plan_type.as_ref().map(counts).unwrap_or_default();
    inputs.iter().map(count).chain(of_node).try_for_each(check)
}

/// Refuses a plan any operator of which has more partitions than any plan.
///
/// # Errors
/// If one has.
pub(super) fn check_plan(plan: &Arc<dyn ExecutionPlan>) -> Result<()> {
    plan.apply(|node| check(count(node)).map(|()| TreeNodeRecursion::Continue)).map(drop)
}

fn check(partitions: u64) -> Result<()> {
    if partitions > MOST_PARTITIONS {
        return Err(exec_datafusion_err!("the plan has {partitions} partitions, and may have {MOST_PARTITIONS}"));
    }
    Ok(())
}

fn count(plan: &Arc<dyn ExecutionPlan>) -> u64 {
    plan.output_partitioning().partition_count() as u64
}

/// Returns the numbers of partitions of which an operator speaks.
fn counts(node: &PhysicalPlanType) -> Vec<u64> {
    match node {
        PhysicalPlanType::SortShuffleWriter(node) => {
            node.output_partitioning.iter().map(|hash| hash.partition_count).collect()
        }
        PhysicalPlanType::ShuffleReader(node) => {
            of_shuffle(node.partitioning.as_ref(), node.upstream_partition_count, node.coalesce.as_ref())
        }
        PhysicalPlanType::UnresolvedShuffle(node) => {
            of_shuffle(node.partitioning.as_ref(), node.upstream_partition_count, node.coalesce.as_ref())
        }
        PhysicalPlanType::UnorderedRangeRepartition(node) => vec![node.output_partitions.into()],
        PhysicalPlanType::OrderedRangeRepartition(node) => vec![node.output_partitions.into()],
        PhysicalPlanType::ShuffleWriter(_)
        | PhysicalPlanType::RangeShuffleWriter(_)
        | PhysicalPlanType::RangeShuffleReader(_)
        | PhysicalPlanType::RangeFilter(_)
        | PhysicalPlanType::PerPartitionFilter(_)
        | PhysicalPlanType::PartitionedBoundedWindowAgg(_)
        | PhysicalPlanType::PrefixMerge(_)
        | PhysicalPlanType::RuntimeStats(_)
        | PhysicalPlanType::Buffer(_)
        | PhysicalPlanType::ChaosExec(_) => vec![],
    }
}

fn of_shuffle(partitioning: Option<&Partitioning>, upstream: u32, coalesce: Option<&CoalescePlan>) -> Vec<u64> {
    let method = partitioning.and_then(|partitioning| partitioning.partition_method.as_ref());
    let own = method.map(|method| match method {
        PartitionMethod::RoundRobin(count) | PartitionMethod::Unknown(count) => *count,
        PartitionMethod::Hash(hash) => hash.partition_count,
        PartitionMethod::Range(range) => range.split_point.len() as u64,
    });
    let coalesced = coalesce.map(|plan| plan.upstream_partition_count.into());
    own.into_iter().chain([upstream.into()]).chain(coalesced).collect()
}

#[cfg(test)]
mod tests {
    use datafusion::arrow::datatypes::Schema;
    use datafusion::physical_plan::Partitioning;
    use datafusion::physical_plan::empty::EmptyExec;
    use datafusion::physical_plan::repartition::RepartitionExec;

    use super::*;

    #[test]
    fn a_plan_has_no_more_partitions_than_there_may_be() {
        let most = usize::try_from(MOST_PARTITIONS).unwrap();
        let plan = |count| -> Arc<dyn ExecutionPlan> {
            let input = Arc::new(EmptyExec::new(Arc::new(Schema::empty())));
            Arc::new(RepartitionExec::try_new(input, Partitioning::RoundRobinBatch(count)).unwrap())
        };
        let node = BallistaPhysicalPlanNode { physical_plan_type: None }.encode_to_vec();
        assert!(check_plan(&plan(most)).is_ok());
        assert!(check_node(&node, &[plan(most)]).is_ok());
        let error = check_plan(&plan(most + 1)).unwrap_err().to_string();
        assert!(error.contains("the plan has 1048577 partitions, and may have 1048576"), "{error}");
        assert!(check_node(&node, &[plan(most + 1)]).is_err());
    }
}

//! What windows must know of their input when their stage is cut off from the one before it.

use std::sync::Arc;

use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::config::ConfigOptions;
use datafusion::error::Result;
use datafusion::physical_expr::{LexOrdering, PhysicalExpr};
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_plan::repartition::RepartitionExec;
use datafusion::physical_plan::sorts::sort::SortExec;
use datafusion::physical_plan::sorts::sort_preserving_merge::SortPreservingMergeExec;
use datafusion::physical_plan::windows::{BoundedWindowAggExec, WindowAggExec};
use datafusion::physical_plan::{ChildrenPropertiesMode, ExecutionPlan, InputOrderMode, ReplaceChildrenOptions};

/// A rule of every session: what a window takes in is sorted by all of its partition keys, in so many words and by its own stage.
///
/// DataFusion does not sort by a key that has one value (`WHERE year = 2020`), or that equals another, and takes over the order of
/// rows that it hands out to partitions. Where the plan is cut below, the window's task knows of none of that, and fails: `Expects
/// PARTITION BY expression to be ordered`, `All partition by columns should have an ordering`.
#[derive(Debug, Default)]
pub(crate) struct SortWindowsByAllKeys;

impl PhysicalOptimizerRule for SortWindowsByAllKeys {
    fn optimize(&self, plan: Arc<dyn ExecutionPlan>, _config: &ConfigOptions) -> Result<Arc<dyn ExecutionPlan>> {
        let sorted = plan.transform_up(|node| {
            let Some((input, keys)) = input_and_keys(node.as_ref()) else { return Ok(Transformed::no(node)) };
            let Some(sorted) = sorted_by(input, &keys)? else { return Ok(Transformed::no(node)) };
            let options = ReplaceChildrenOptions::new(ChildrenPropertiesMode::Recompute);
            Ok(Transformed::yes(node.replace_children(vec![sorted], options)?))
        })?;
        Ok(sorted.data)
    }

    fn name(&self) -> &str {
        "sort_windows_by_all_keys"
    }

    fn schema_check(&self) -> bool {
        true
    }
}

/// The keys that rows are sorted by.
type Keys = Vec<Arc<dyn PhysicalExpr>>;

/// Returns what a window takes in, and the keys that it expects to be sorted.
fn input_and_keys(node: &dyn ExecutionPlan) -> Option<(&Arc<dyn ExecutionPlan>, Keys)> {
    if let Some(window) = node.downcast_ref::<WindowAggExec>() {
        return Some((window.input(), window.window_expr()[0].partition_by().to_vec()));
    }
    let window = node.downcast_ref::<BoundedWindowAggExec>()?;
    let keys = window.window_expr()[0].partition_by();
    let sorted = match &window.input_order_mode {
        InputOrderMode::Sorted => keys.to_vec(),
        InputOrderMode::PartiallySorted(sorted) => sorted.iter().map(|&key| Arc::clone(&keys[key])).collect(),
        InputOrderMode::Linear => vec![],
    };
    Some((window.input(), sorted))
}

/// Returns `input` sorted by `keys` in so many words, if it is not. It is the order that it has: they lead it, with what is known
/// here of values that are equal.
fn sorted_by(input: &Arc<dyn ExecutionPlan>, keys: &[Arc<dyn PhysicalExpr>]) -> Result<Option<Arc<dyn ExecutionPlan>>> {
    let sort = input.downcast_ref::<SortExec>();
    let ordering = match sort {
        Some(sort) => Some(sort.expr()),
        None => input.properties().output_ordering(),
    };
    let ordering = ordering.map_or(&[][..], |ordering| ordering.as_ref());
    let is_key = |expr: &Arc<dyn PhysicalExpr>| keys.iter().any(|key| key.eq(expr));
    let leads = |key: &Arc<dyn PhysicalExpr>| {
        ordering.iter().take_while(|sorted| is_key(&sorted.expr)).any(|sorted| sorted.expr.eq(key))
    };
    if keys.iter().all(leads) && !is_handed_out(input) {
        return Ok(None);
    }
    let (mut leading, found) = input.properties().equivalence_properties().find_longest_permutation(keys)?;
    if found.len() < keys.len() {
        return Ok(None);
    }
    leading.extend(ordering.iter().filter(|sorted| !is_key(&sorted.expr)).cloned());
    let Some(ordering) = LexOrdering::new(leading) else { return Ok(None) };
    let sorted = match sort {
        Some(sort) => SortExec::new(ordering, Arc::clone(sort.input()))
            .with_preserve_partitioning(sort.preserve_partitioning())
            .with_fetch(sort.fetch()),
        None => SortExec::new(ordering, Arc::clone(input)).with_preserve_partitioning(true),
    };
    Ok(Some(Arc::new(sorted)))
}

/// Returns whether rows come from another stage in an order that this one does not make itself.
fn is_handed_out(mut input: &Arc<dyn ExecutionPlan>) -> bool {
    loop {
        if input.is::<RepartitionExec>() {
            return true;
        }
        match input.children()[..] {
            [below] if !input.is::<SortExec>() && !input.is::<SortPreservingMergeExec>() => input = below,
            _ => return false,
        }
    }
}

//! What windows must know of their input when their stage is cut off from the one before it.

use std::sync::Arc;

use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::config::ConfigOptions;
use datafusion::error::Result;
use datafusion::physical_expr::{LexOrdering, PhysicalExpr, PhysicalSortExpr};
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_plan::sorts::sort::SortExec;
use datafusion::physical_plan::windows::BoundedWindowAggExec;
use datafusion::physical_plan::{ChildrenPropertiesMode, ExecutionPlan, InputOrderMode, ReplaceChildrenOptions};

/// A rule of every session: what a window takes in is sorted by all of its partition keys, in so many words.
///
/// DataFusion does not sort by a key that has one value (`WHERE year = 2020`), or that equals another. Where the plan is cut below
/// the sort, the window's task does not know that any more, and fails: `Expects PARTITION BY expression to be ordered`.
#[derive(Debug, Default)]
pub(crate) struct SortWindowsByAllKeys;

impl PhysicalOptimizerRule for SortWindowsByAllKeys {
    fn optimize(&self, plan: Arc<dyn ExecutionPlan>, _config: &ConfigOptions) -> Result<Arc<dyn ExecutionPlan>> {
        let sorted = plan.transform_up(|node| {
            let Some(window) = node.downcast_ref::<BoundedWindowAggExec>() else { return Ok(Transformed::no(node)) };
            let input = window.input();
            let Some(sorted) = sorted_by(input, &sorted_keys(window)) else { return Ok(Transformed::no(node)) };
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

/// Returns the keys that a window expects to be sorted.
fn sorted_keys(window: &BoundedWindowAggExec) -> Vec<Arc<dyn PhysicalExpr>> {
    let keys = window.window_expr()[0].partition_by();
    match &window.input_order_mode {
        InputOrderMode::Sorted => keys.to_vec(),
        InputOrderMode::PartiallySorted(sorted) => sorted.iter().map(|&key| Arc::clone(&keys[key])).collect(),
        InputOrderMode::Linear => vec![],
    }
}

/// Returns `input` sorted by `keys` too, where its order does not name them all.
fn sorted_by(input: &Arc<dyn ExecutionPlan>, keys: &[Arc<dyn PhysicalExpr>]) -> Option<Arc<dyn ExecutionPlan>> {
    if let Some(sort) = input.downcast_ref::<SortExec>() {
        let ordering = completed(sort.expr(), keys)?;
        let completed = SortExec::new(ordering, Arc::clone(sort.input()))
            .with_preserve_partitioning(sort.preserve_partitioning())
            .with_fetch(sort.fetch());
        return Some(Arc::new(completed));
    }
    let ordering = match input.properties().output_ordering() {
        Some(ordering) => completed(ordering, keys)?,
        None => completed(&[], keys)?,
    };
    Some(Arc::new(SortExec::new(ordering, Arc::clone(input)).with_preserve_partitioning(true)))
}

/// Returns an ordering with those of `keys` that it does not name put behind those that it does. It is the same order: they
/// have one value, or that of another column.
fn completed(ordering: &[PhysicalSortExpr], keys: &[Arc<dyn PhysicalExpr>]) -> Option<LexOrdering> {
    let names = |key: &Arc<dyn PhysicalExpr>| ordering.iter().any(|sorted| sorted.expr.eq(key));
    let missing: Vec<_> = keys.iter().filter(|key| !names(key)).collect();
    if missing.is_empty() {
        return None;
    }
    let last = ordering.iter().rposition(|sorted| keys.iter().any(|key| key.eq(&sorted.expr)));
    let mut completed = ordering.to_vec();
    let place = last.map_or(0, |last| last + 1);
    completed.splice(place..place, missing.into_iter().map(|key| PhysicalSortExpr::new_default(Arc::clone(key))));
    LexOrdering::new(completed)
}

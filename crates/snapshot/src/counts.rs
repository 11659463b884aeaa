//! Counts that operators keep per column and the rows no longer show, e.g. of zero dates that became NULL.
//!
//! They are metrics with a label `column`; a split's manifest keeps them, and the commit adds them up.

use std::collections::BTreeMap;
use std::sync::Arc;

use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::metrics::MetricsSet;

/// Counts by column, and by what is counted.
pub type ColumnCounts = BTreeMap<String, BTreeMap<String, u64>>;

/// Returns what `plan` and everything below it have counted so far in one partition.
pub(crate) fn counts_of(plan: &Arc<dyn ExecutionPlan>, partition: usize) -> ColumnCounts {
    let mut counts = ColumnCounts::new();
    let metrics = plan.metrics();
    for metric in metrics.iter().flat_map(MetricsSet::iter).filter(|metric| metric.partition() == Some(partition)) {
        if let Some(column) = metric.labels().iter().find(|label| label.name() == "column") {
            let count = u64::try_from(metric.value().as_usize()).unwrap_or(u64::MAX);
            let of_column = counts.entry(column.value().to_owned()).or_default();
            *of_column.entry(metric.value().name().to_owned()).or_default() += count;
        }
    }
    for child in plan.children() {
        add_counts(&mut counts, &counts_of(child, partition));
    }
    counts
}

/// Adds `more` to `counts`.
pub(crate) fn add_counts(counts: &mut ColumnCounts, more: &ColumnCounts) {
    for (column, of_column) in more {
        for (what, count) in of_column {
            *counts.entry(column.clone()).or_default().entry(what.clone()).or_default() += count;
        }
    }
}

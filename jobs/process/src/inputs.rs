//! The snapshots that a plan reads: a run goes on only over those that it was begun with.

use std::collections::BTreeSet;
use std::sync::Arc;

use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::datasource::physical_plan::FileScanConfig;
use datafusion::datasource::source::DataSourceExec;
use datafusion::error::Result;
use datafusion::physical_plan::ExecutionPlan;

/// Returns the directories of the files that `plan` reads, each once. A snapshot has one of its own.
///
/// # Errors
/// DataFusion's own, of which there are none here.
pub(crate) fn inputs(plan: &Arc<dyn ExecutionPlan>) -> Result<BTreeSet<String>> {
    let mut found = BTreeSet::new();
    plan.apply(|node| {
        let scan = node.downcast_ref::<DataSourceExec>();
        if let Some(scan) = scan.and_then(|scan| scan.data_source().downcast_ref::<FileScanConfig>()) {
            let files = scan.file_groups.iter().flat_map(|group| group.iter());
            let directory = |path: &str| path.rsplit_once('/').map_or("", |(directory, _)| directory).to_owned();
            found.extend(files.map(|file| directory(file.object_meta.location.as_ref())));
        }
        Ok(TreeNodeRecursion::Continue)
    })?;
    Ok(found)
}

//! The files that a plan reads: of which snapshots they are, since a run goes on only over those that it was begun with, and how
//! much there is to read.

use std::collections::BTreeSet;
use std::sync::Arc;

use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::datasource::listing::PartitionedFile;
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
    each_file(plan, |file| {
        let path = file.object_meta.location.as_ref();
        found.insert(path.rsplit_once('/').map_or("", |(directory, _)| directory).to_owned());
    })?;
    Ok(found)
}

/// Returns the bytes of the files, and parts of files, that `plan` reads: more than it fetches, for it needs few of the columns.
///
/// # Errors
/// DataFusion's own, of which there are none here.
pub(crate) fn bytes(plan: &Arc<dyn ExecutionPlan>) -> Result<u64> {
    let mut bytes = 0_u64;
    each_file(plan, |file| bytes = bytes.saturating_add(file.effective_size()))?;
    Ok(bytes)
}

fn each_file(plan: &Arc<dyn ExecutionPlan>, mut see: impl FnMut(&PartitionedFile)) -> Result<()> {
    plan.apply(|node| {
        let scan = node.downcast_ref::<DataSourceExec>();
        if let Some(scan) = scan.and_then(|scan| scan.data_source().downcast_ref::<FileScanConfig>()) {
            scan.file_groups.iter().flat_map(|group| group.iter()).for_each(&mut see);
        }
        Ok(TreeNodeRecursion::Continue)
    })?;
    Ok(())
}

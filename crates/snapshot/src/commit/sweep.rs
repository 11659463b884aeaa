//! Makes the data directory hold exactly the files that the manifests name: readers take whatever lies there.

use std::collections::BTreeMap;

use futures::TryStreamExt;

use super::CommitError;
use crate::{RunStore, SnapshotError, SplitManifest};

/// Removes files of lost attempts, and proves that each file a manifest names is there in its full length.
///
/// An attempt that ends after this finds its split's manifest and removes its own file.
pub(crate) async fn settle(records: &RunStore, manifests: &[SplitManifest]) -> Result<(), CommitError> {
    let dir = records.layout().data_dir();
    let listed: Vec<_> =
        records.store().list(Some(&dir)).try_collect().await.map_err(SnapshotError::store("list", &dir))?;
    let mut found: BTreeMap<String, u64> =
        listed.iter().filter_map(|meta| Some((meta.location.filename()?.to_owned(), meta.size))).collect();
    for file in manifests.iter().flat_map(|manifest| &manifest.files) {
        let size = found.remove(&file.file);
        if size != Some(file.bytes) {
            return Err(CommitError::DataFile { file: file.file.clone(), expected: file.bytes, found: size });
        }
    }
    for stray in found.keys() {
        tracing::info!(file = stray, "removing the file of a lost attempt");
        records.remove_data(stray).await?;
    }
    remove_unfinished_uploads(records, manifests);
    Ok(())
}

/// Ends uploads that nobody will: one whose first answer was lost is nobody's, and an attempt that is still at work has
/// lost its split. Best effort: `snapshots expire` looks for them again.
pub(crate) async fn end_uploads(records: &RunStore) {
    match records.abort_uploads().await {
        Ok(0) => {}
        Ok(uploads) => tracing::info!(uploads, "unfinished uploads aborted"),
        Err(error) => {
            let error = &error as &(dyn std::error::Error + 'static);
            tracing::warn!(error, "unfinished uploads could not be looked for; `snapshots expire` tries again");
        }
    }
}

/// On a local disk the uploads of killed writers lie beside the data as `<file>#<n>`, which the store does not list.
fn remove_unfinished_uploads(records: &RunStore, manifests: &[SplitManifest]) {
    let layout = records.layout();
    let Some(root) = layout.warehouse.local_dir() else {
        return;
    };
    let below = layout.data_dir();
    let parts = below.prefix_match(layout.warehouse.root()).into_iter().flatten();
    let dir = parts.fold(root, |dir, part| dir.join(part.as_ref()));
    let Ok(entries) = std::fs::read_dir(&dir) else {
        return; // no directory: a snapshot whose files are elsewhere has failed above
    };
    let named = |name: &str| manifests.iter().flat_map(|manifest| &manifest.files).any(|file| file.file == name);
    for entry in entries.flatten() {
        if !named(&entry.file_name().to_string_lossy()) {
            tracing::info!(file = %entry.path().display(), "removing an unfinished upload");
            if let Err(error) = std::fs::remove_file(entry.path()) {
                tracing::warn!(file = %entry.path().display(), %error, "unfinished upload could not be removed");
            }
        }
    }
}

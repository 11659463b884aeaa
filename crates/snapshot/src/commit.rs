//! The commit: every split is there → totals → one guarded change of the catalog's pointer.
//!
//! May be repeated at any point: a commit that was cut off leaves the old pointer or the new one, and a second try
//! finds what the first had done.

use std::collections::BTreeSet;

use springald_catalog::{Catalog, CatalogError, CatalogName, Column, TableInput};

use crate::commit::describe::{Description, warn_undescribed};
use crate::counts::add_counts;
use crate::manifest::RECORD_VERSION;
use crate::publish::{
    Decision, Published, decide, history_entry, history_partition, is_history_of, key_among, table_entry,
};
use crate::{ColumnCounts, CommitRecord, RunId, RunLayout, RunStore, SplitManifest};

pub(crate) mod describe;
mod error;
pub(crate) mod sweep;

pub use error::CommitError;

/// How often a commit starts over when others change the same table at the same time.
pub(crate) const TRIES: usize = 20;

/// What is known of a run's source when every split is written.
#[derive(Debug, Clone, Default)]
pub struct Known {
    /// Its consistency while it was read, for `commit.json`; null where there is no source.
    pub consistency: serde_json::Value,
    /// How many rows it has, where they were counted and have not changed since before the first was read.
    pub rows: Option<u64>,
}

/// What a commit has done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Committed {
    /// The snapshot's totals, as in `commit.json`.
    pub record: CommitRecord,
    /// Where the table's pointer stands now.
    pub pointer: Pointer,
}

/// Where a table's pointer stands after a commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pointer {
    /// At the run's snapshot.
    Moved,
    /// At the snapshot of a later day; the run's snapshot is in the history table only.
    StaysAtLaterDay,
}

/// Looks whether a table of that name may be published at all: the name must not be another table's history, nor its
/// own history's name another table's.
///
/// # Errors
/// When a name is taken, or the catalog cannot be read.
pub async fn require_free_names(catalog: &dyn Catalog, name: &CatalogName) -> Result<(), CommitError> {
    if let Some(found) = catalog.table(name).await?
        && !found.table.partition_keys.is_empty()
    {
        return Err(CommitError::NameTaken { table: name.clone() });
    }
    let history = name.history();
    match catalog.table(&history).await? {
        Some(found) if !is_history_of(&found.table, name) => Err(CommitError::NameTaken { table: history }),
        Some(_) | None => Ok(()),
    }
}

/// Returns whether the history has the run of `layout` for its day already, or one that started later.
///
/// # Errors
/// When the catalog cannot be read.
pub async fn is_remembered(catalog: &dyn Catalog, layout: &RunLayout) -> Result<bool, CatalogError> {
    let history = layout.table.catalog_name().history();
    let found = catalog.partition(&history, &layout.date.partition_values()).await?;
    Ok(found.is_some_and(|found| decide(&Published::of(&found.partition.parameters), layout) != Decision::Move))
}

/// Returns the run whose snapshot a catalog entry names, if it is one of ours.
pub fn published_run(entry: &TableInput) -> Option<RunId> {
    Published::of(&entry.parameters).run().cloned()
}

/// Publishes the run in `records` as `splits` splits with `columns`, of a source of which so much is `known`.
///
/// # Errors
/// Nothing is published when a split is missing, a file is not as its manifest says, the source has another number of rows,
/// or a run that started later has published for the same day.
pub async fn commit(
    records: &RunStore,
    catalog: &dyn Catalog,
    splits: u32,
    columns: Vec<Column>,
    known: Known,
) -> Result<Committed, CommitError> {
    let manifests = records.splits().await?;
    complete(&manifests, splits)?;
    let totals = totals(&manifests, records.layout());
    require_all_rows(totals.rows, known.rows)?;
    // All that is still on its way is of attempts that have lost their splits.
    sweep::end_uploads(records).await;
    sweep::settle(records, &manifests).await?;
    let name = records.layout().table.catalog_name();
    require_free_names(catalog, &name).await?;
    let before = catalog.table(&name).await?;
    let replaced = before.map(|found| found.table.storage_descriptor.location);
    let record = CommitRecord { consistency: known.consistency, replaced, columns: columns.clone(), ..totals };
    records.put_commit(&record).await?;

    let publication = Publication { layout: records.layout(), catalog, name, columns, record };
    let pointer = publication.swing().await?;
    let remembered = publication.remember(pointer).await;
    warn_undescribed(&publication.name, publication.describe(pointer, &manifests).await);
    match (remembered, pointer) {
        (Err(error), Pointer::StaysAtLaterDay) => return Err(error),
        // The run is published, and whoever goes on with it, or the next one of the day, makes good for it.
        (Err(error), Pointer::Moved) => {
            let error = &error as &(dyn std::error::Error + 'static);
            tracing::warn!(table = %publication.name, error, "history was not updated: --resume the run to try it again");
        }
        (Ok(()), _) => {}
    }
    // An attempt that came after the first look may have put a file meanwhile.
    sweep::end_uploads(records).await;
    if let Err(error) = sweep::settle(records, &manifests).await {
        tracing::warn!(table = %publication.name, %error, "files of late attempts could not be looked for");
    }
    Ok(Committed { record: publication.record, pointer })
}

pub(crate) fn complete(manifests: &[SplitManifest], splits: u32) -> Result<(), CommitError> {
    let there: BTreeSet<u32> = manifests.iter().map(|manifest| manifest.split).collect();
    let missing: Vec<u32> = (0..splits).filter(|split| !there.contains(split)).collect();
    if missing.is_empty() { Ok(()) } else { Err(CommitError::Incomplete { missing, splits }) }
}

/// The last net under everything that reads: what was counted must be what was read.
fn require_all_rows(read: u64, counted: Option<u64>) -> Result<(), CommitError> {
    match counted {
        Some(counted) if counted != read => Err(CommitError::OtherRows { read, counted }),
        Some(_) | None => Ok(()),
    }
}

fn totals(manifests: &[SplitManifest], layout: &RunLayout) -> CommitRecord {
    let files = || manifests.iter().flat_map(|manifest| &manifest.files);
    let mut counts = ColumnCounts::new();
    manifests.iter().for_each(|manifest| add_counts(&mut counts, &manifest.counts));
    CommitRecord {
        version: RECORD_VERSION,
        counts,
        rows: files().map(|file| file.rows).sum(),
        files: files().count() as u64,
        bytes: files().map(|file| file.bytes).sum(),
        location: layout.location(),
        columns: vec![],
        replaced: None,
        consistency: serde_json::Value::Null,
    }
}

struct Publication<'a> {
    layout: &'a RunLayout,
    catalog: &'a dyn Catalog,
    name: CatalogName,
    columns: Vec<Column>,
    record: CommitRecord,
}

impl Publication<'_> {
    /// Moves the table's pointer, starting over from a fresh look whenever somebody else was faster.
    async fn swing(&self) -> Result<Pointer, CommitError> {
        for _ in 0..TRIES {
            let found = self.catalog.table(&self.name).await?;
            let (previous, version) = found.map(|found| (found.table, found.version)).unzip();
            if let Some(table) = &previous {
                match decide(&Published::of(&table.parameters), self.layout) {
                    Decision::Move => {}
                    Decision::Done => return Ok(Pointer::Moved),
                    Decision::Keep => return Ok(Pointer::StaysAtLaterDay),
                    Decision::Overtaken(by) => return Err(CommitError::Overtaken { by }),
                }
            }
            let entry = table_entry(previous, &self.name, self.layout, self.columns.clone(), &self.record);
            let put = match &version {
                Some(version) => self.catalog.update_table(self.name.database(), &entry, version).await,
                None => self.catalog.create_table(self.name.database(), &entry).await,
            };
            match put {
                Ok(()) => return Ok(Pointer::Moved),
                Err(error) if error.is_stale() => tracing::info!(table = %self.name, "catalog moved on, looking again"),
                Err(error) => return Err(error.into()),
            }
        }
        Err(CommitError::Contended { table: self.name.clone() })
    }

    /// Records the run as its day's snapshot in the history table, unless a later run of that day is there.
    /// A table with a column that is called as a key of the history is has none.
    async fn remember(&self, pointer: Pointer) -> Result<(), CommitError> {
        match (key_among(&self.columns), pointer) {
            (None, _) => {}
            (Some(_), Pointer::Moved) => return Ok(()),
            (Some(column), Pointer::StaysAtLaterDay) => {
                return Err(CommitError::NoHistory { table: self.name.clone(), column });
            }
        }
        let table = table_entry(None, &self.name, self.layout, self.columns.clone(), &self.record);
        let history = self.name.history();
        let partition = history_partition(&table, self.layout, &self.record);
        let entry = history_entry(&table, &history, self.layout.table_location());
        let put = match self.catalog.table(&history).await? {
            None => self.catalog.create_table(history.database(), &entry).await,
            Some(found) if found.table.storage_descriptor.columns != entry.storage_descriptor.columns => {
                self.catalog.update_table(history.database(), &entry, &found.version).await
            }
            Some(_) => Ok(()),
        };
        match put {
            Ok(()) => {}
            Err(error) if error.is_stale() => {} // another run has done the same
            Err(error) => return Err(error.into()),
        }
        for _ in 0..TRIES {
            let found = self.catalog.partition(&history, &partition.values).await?;
            let decision = found.as_ref().map(|found| decide(&Published::of(&found.partition.parameters), self.layout));
            match decision {
                // What names the run already may not have come as far as Glue, when the answer to it was lost or its writer died.
                None | Some(Decision::Move | Decision::Keep | Decision::Done) => {}
                Some(Decision::Overtaken(_)) if pointer == Pointer::Moved => return Ok(()),
                Some(Decision::Overtaken(by)) => return Err(CommitError::Overtaken { by }),
            }
            let version = found.map(|found| found.version);
            match self.catalog.put_partition(&history, &partition, version.as_ref()).await {
                Ok(()) => return Ok(()),
                Err(error) if error.is_stale() => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(CommitError::Contended { table: history })
    }
}

impl Publication<'_> {
    async fn describe(&self, pointer: Pointer, manifests: &[SplitManifest]) -> Result<(), CommitError> {
        let description = Description::try_new(self.layout, self.catalog, &self.columns, manifests)?;
        if pointer == Pointer::Moved {
            description.put_for_table(&self.name).await?;
        }
        description.put_for_day(&self.name.history()).await
    }
}

#[cfg(test)]
mod tests;

//! What the catalog says of a published snapshot, and whether a run may change it. Pure.

use std::collections::BTreeMap;

use springald_catalog::{CatalogName, Column, PartitionInput, StorageDescriptor, TableInput};

use crate::{CommitRecord, RunId, RunLayout, SnapshotDate};

const RUN: &str = "springald.run";
const DATE: &str = "springald.date";
const REPLACED: &str = "springald.replaced";
const HISTORY_OF: &str = "springald.history_of";

/// The partition keys of a history table.
const KEYS: [&str; 3] = ["y", "m", "d"];

/// The snapshot that a catalog entry names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Published {
    run: Option<RunId>,
    date: Option<SnapshotDate>,
}

impl Published {
    /// Reads an entry's parameters; an entry that somebody else made names neither run nor date.
    pub(crate) fn of(parameters: &BTreeMap<String, String>) -> Self {
        let parameter = |key| parameters.get(key).map(String::as_str);
        Self {
            run: parameter(RUN).and_then(|text| text.parse().ok()),
            date: parameter(DATE).and_then(|text| text.parse().ok()),
        }
    }
}

impl Published {
    /// Returns whether the entry names `run`.
    pub(crate) fn is(&self, run: &RunId) -> bool {
        self.run.as_ref() == Some(run)
    }

    /// Returns the run that the entry names.
    pub(crate) fn run(&self) -> Option<&RunId> {
        self.run.as_ref()
    }
}

/// What a run does to a catalog entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Decision {
    /// The entry moves to the run's snapshot.
    Move,
    /// The entry names the run's snapshot already: an earlier try had succeeded.
    Done,
    /// The entry stays: it names a later day, and a pointer never moves back.
    Keep,
    /// The entry stays: a run for the same day that started later has published.
    Overtaken(RunId),
}

/// Decides what `ours` does to an entry that names `current`.
pub(crate) fn decide(current: &Published, ours: &RunLayout) -> Decision {
    match (&current.run, current.date) {
        (Some(run), _) if *run == ours.run => Decision::Done,
        (_, Some(date)) if date > ours.date => Decision::Keep,
        (Some(run), Some(date)) if date == ours.date && *run > ours.run => Decision::Overtaken(run.clone()),
        _ => Decision::Move,
    }
}

/// Returns the table's entry for the run; whatever others have set on `previous` survives.
pub(crate) fn table_entry(
    previous: Option<TableInput>,
    name: &CatalogName,
    layout: &RunLayout,
    columns: Vec<Column>,
    commit: &CommitRecord,
) -> TableInput {
    let descriptor = StorageDescriptor::parquet(columns, commit.location.clone());
    let replaced = previous.as_ref().map(|previous| previous.storage_descriptor.location.clone());
    let mut entry = match previous {
        Some(previous) => TableInput { storage_descriptor: keep_comments(descriptor, &previous), ..previous },
        None => TableInput::external(name.table(), descriptor),
    };
    entry.parameters.extend(parameters(layout, commit));
    entry.parameters.extend(replaced.map(|location| (REPLACED.to_owned(), location)));
    entry
}

/// Returns the location that a table's entry named before it was changed the last time; queries may still read it.
pub fn replaced_location(entry: &TableInput) -> Option<&str> {
    entry.parameters.get(REPLACED).map(String::as_str)
}

/// Returns the column, if there is one, whose name is that of a key of the history table, which then cannot be.
pub fn key_among(columns: &[Column]) -> Option<&'static str> {
    KEYS.into_iter().find(|key| columns.iter().any(|column| column.name == *key))
}

/// Returns the entry of the history table, which is the same but for its keys `y`, `m`, `d`.
pub(crate) fn history_entry(table: &TableInput, name: &CatalogName, table_location: String) -> TableInput {
    let mut descriptor = table.storage_descriptor.clone();
    descriptor.location = table_location;
    let keys = KEYS.map(|key| Column::new(key, "string"));
    let mut history = TableInput::external(name.table(), descriptor);
    history.partition_keys = keys.to_vec();
    history.parameters.insert(HISTORY_OF.to_owned(), table.name.clone());
    history
}

/// Returns whether an entry is the history table of the table `name`.
pub(crate) fn is_history_of(entry: &TableInput, name: &CatalogName) -> bool {
    entry.parameters.get(HISTORY_OF).is_some_and(|table| table == name.table())
}

/// Returns the history table's partition for the run's day.
pub(crate) fn history_partition(table: &TableInput, layout: &RunLayout, commit: &CommitRecord) -> PartitionInput {
    let mut descriptor = table.storage_descriptor.clone();
    descriptor.location = commit.location.clone();
    let values = layout.date.partition_values().to_vec();
    PartitionInput::new(values, descriptor, parameters(layout, commit))
}

fn parameters(layout: &RunLayout, commit: &CommitRecord) -> BTreeMap<String, String> {
    let text = |key: &str, value: String| (key.to_owned(), value);
    BTreeMap::from([
        text(RUN, layout.run.to_string()),
        text(DATE, layout.date.to_string()),
        text("classification", "parquet".to_owned()),
        text("recordCount", commit.rows.to_string()),
        text("numRows", commit.rows.to_string()),
        text("numFiles", commit.files.to_string()),
        text("totalSize", commit.bytes.to_string()),
    ])
}

/// A column keeps the comment that the catalog has, which somebody may have written by hand, and what others have added.
fn keep_comments(mut descriptor: StorageDescriptor, previous: &TableInput) -> StorageDescriptor {
    for column in &mut descriptor.columns {
        let before = previous.storage_descriptor.columns.iter().find(|old| old.name == column.name);
        let Some(before) = before else { continue };
        if let Some(comment) = &before.comment {
            column.comment = Some(comment.clone());
        }
        column.rest.clone_from(&before.rest);
    }
    descriptor
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ours(date: &str, run: &str) -> RunLayout {
        RunLayout {
            warehouse: "s3://bucket/lake".parse().unwrap(),
            table: "db.T".parse().unwrap(),
            date: date.parse().unwrap(),
            run: run.parse().unwrap(),
        }
    }

    fn published(date: &str, run: &str) -> Published {
        Published { run: Some(run.parse().unwrap()), date: Some(date.parse().unwrap()) }
    }

    const EARLY: &str = "20261123T060000Z-000001";
    const LATE: &str = "20261123T070000Z-000002";

    #[test]
    fn the_run_that_started_later_wins_whichever_commits_first() {
        let current = published("2026-11-23", LATE);
        assert_eq!(decide(&current, &ours("2026-11-23", EARLY)), Decision::Overtaken(LATE.parse().unwrap()));
        let current = published("2026-11-23", EARLY);
        assert_eq!(decide(&current, &ours("2026-11-23", LATE)), Decision::Move);
    }

    #[test]
    fn a_pointer_never_moves_back_in_date() {
        assert_eq!(decide(&published("2026-11-24", EARLY), &ours("2026-11-23", LATE)), Decision::Keep);
        assert_eq!(decide(&published("2026-11-22", LATE), &ours("2026-11-23", EARLY)), Decision::Move);
    }

    #[test]
    fn a_commit_whose_answer_was_lost_is_seen_as_done() {
        assert_eq!(decide(&published("2026-11-23", LATE), &ours("2026-11-23", LATE)), Decision::Done);
    }

    #[test]
    fn a_table_made_by_others_is_taken_over() {
        let foreign = Published::of(&BTreeMap::from([("EXTERNAL".to_owned(), "TRUE".to_owned())]));
        assert_eq!(decide(&foreign, &ours("2026-11-23", EARLY)), Decision::Move);
    }
}

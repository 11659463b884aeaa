//! What a job says when it has published.

use serde::Serialize;
use springald_snapshot::{ColumnCounts, CommitRecord};

/// The one line of JSON that a job prints; its keys are a contract with the scripts that read it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// `ingest` or `process`.
    pub job: String,
    /// The table's name in the catalog.
    pub table: String,
    /// The run.
    pub run: String,
    /// The day the snapshot stands for.
    pub date: String,
    /// Rows of the snapshot.
    pub rows: u64,
    /// Files of the snapshot.
    pub files: u64,
    /// Bytes of all files.
    pub bytes: u64,
    /// The snapshot's directory, with a trailing slash.
    pub location: String,
    /// How long the run took, from its start to its commit.
    pub seconds: f64,
}

impl Report {
    /// Returns the report as one line of JSON.
    ///
    /// # Errors
    /// When it cannot be written as JSON, which cannot happen with these members.
    pub fn line(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string(self)
    }

    /// Returns the text of a report file: the line's members, and what the commit's record knows of the source.
    pub(crate) fn in_full(&self, commit: &CommitRecord) -> Result<String, serde_json::Error> {
        let full = Full { report: self, counts: &commit.counts, consistency: &commit.consistency };
        serde_json::to_string_pretty(&full)
    }
}

#[derive(Serialize)]
struct Full<'a> {
    #[serde(flatten)]
    report: &'a Report,
    counts: &'a ColumnCounts,
    consistency: &'a serde_json::Value,
}

//! What a run that goes on keeps of its plan: its splits, its time, and what was seen before its first read.

use anyhow::Context;
use serde::Deserialize;
use springald_mysql::{Mark, Split, SplitKey, SplitPlan};
use springald_publish::Target;

/// The part of a run's plan record that another job takes over.
#[derive(Debug, Deserialize)]
pub(crate) struct Recorded {
    splits: Vec<Split>,
    key: Option<SplitKey>,
    #[serde(default)]
    now: Option<u64>,
    before: Option<Mark>,
}

impl Recorded {
    /// Returns what the run of `target` has recorded, if it is one that goes on.
    ///
    /// # Errors
    /// When its record is not of a run like this.
    pub(crate) fn of(target: &Target) -> anyhow::Result<Option<Self>> {
        let Some(plan) = target.resumed() else { return Ok(None) };
        let run = &target.layout().run;
        let recorded = serde_json::from_value(plan.what.clone()).with_context(|| {
            format!("take up run {run}, which is none of this job and version: leave out --resume to start a new one")
        })?;
        Ok(Some(recorded))
    }

    /// Returns the splits that the run was planned with: together they hold every row that is there now, too. The new
    /// plan's warnings are kept.
    pub(crate) fn plan(&self, new: SplitPlan) -> SplitPlan {
        SplitPlan { splits: self.splits.clone(), key: self.key.clone(), warnings: new.warnings }
    }

    /// Returns what time it was for the run, if it has one: conditions mean the same in all splits.
    pub(crate) fn now(&self) -> Option<u64> {
        self.now
    }

    /// Returns what was seen of the table before its first split was read.
    pub(crate) fn before(self) -> Option<Mark> {
        self.before
    }
}

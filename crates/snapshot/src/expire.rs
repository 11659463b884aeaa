//! Expiry: which runs of a table are of no use to anybody any more. Pure, but for their removal.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};
use futures::{StreamExt, TryStreamExt};
use springald_catalog::Catalog;

use crate::commit::CommitError;
use crate::{KnownRun, RunId, RunStore, SnapshotError};

/// How many published runs before the live one stay, whatever the rules say.
const PREDECESSORS: usize = 2;

/// How old a run is at least, and how long it has put no record: queries of Athena that read it break when its files go
/// (facts, 4), and a run that is still at work puts some.
pub(crate) const YOUNGEST: TimeDelta = TimeDelta::days(1);

/// What a user wants to keep.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rules {
    /// Runs that started later than this long ago stay.
    pub keep: TimeDelta,
    /// Of the published runs only the last so many stay, however young they are.
    pub keep_last: Option<usize>,
}

/// Returns those of `runs` (ascending) that may go at `now`: by the rules, and because nobody needs them.
///
/// Never the `live` one, nor the two published before it, nor any younger than a day, nor one that a catalog entry points
/// at: `pointed_at` holds the locations of all.
pub fn expired<'a>(
    runs: &'a [KnownRun],
    live: &RunId,
    pointed_at: &BTreeSet<String>,
    rules: Rules,
    now: DateTime<Utc>,
) -> Vec<&'a KnownRun> {
    let published: Vec<&RunId> = runs.iter().filter(|run| run.commit.is_some()).map(|run| &run.layout.run).collect();
    let before: BTreeSet<&RunId> =
        published.iter().copied().rev().filter(|run| *run < live).take(PREDECESSORS).collect();
    let last: Option<BTreeSet<&RunId>> =
        rules.keep_last.map(|last| published.iter().copied().rev().take(last).collect());
    let is_expired = |run: &&KnownRun| {
        let id = &run.layout.run;
        let age = now - id.started();
        let needed = id == live || before.contains(id) || pointed_at.contains(&run.layout.location());
        let young = age < YOUNGEST || now - run.last_sign < YOUNGEST;
        let unwanted = age > rules.keep || last.as_ref().is_some_and(|last| run.commit.is_some() && !last.contains(id));
        unwanted && !needed && !young
    };
    runs.iter().filter(is_expired).collect()
}

/// Removes a run: its data, and then its records, so that one that is cut off is found again. Returns whether it is gone: one
/// that the table's entry in `catalog` names stays, whoever has rolled back to it meanwhile. May be repeated.
///
/// `commit.json` goes first, and then the entry is looked at; who rolls back changes the entry first, and then looks whether
/// `commit.json` is still there. So at least one of them sees the other.
///
/// # Errors
/// When the store or the catalog fails.
pub async fn remove(records: &RunStore, catalog: &dyn Catalog) -> Result<bool, CommitError> {
    let commit = records.commit().await?;
    records.withdraw_commit().await?;
    let found = catalog.table(&records.layout().table.catalog_name()).await?;
    if found.is_some_and(|found| found.table.storage_descriptor.location == records.layout().location()) {
        if let Some(commit) = commit {
            records.put_commit(&commit).await?;
        }
        return Ok(false);
    }
    for dir in [records.layout().data_dir(), records.layout().records_dir()] {
        let paths = records.store().list(Some(&dir)).map_ok(|meta| meta.location).boxed();
        let gone: Result<Vec<_>, _> = records.store().delete_stream(paths).try_collect().await;
        gone.map_err(SnapshotError::store("remove", &dir))?;
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::RECORD_VERSION;
    use crate::{ColumnCounts, CommitRecord, PlanRecord, RunLayout};

    /// A run that started on a day of November 2026 at noon, and was done at once.
    fn run(day: u32, published: bool) -> KnownRun {
        let layout = RunLayout {
            warehouse: "s3://lake/x".parse().unwrap(),
            table: "db.T".parse().unwrap(),
            date: format!("2026-11-{day:02}").parse().unwrap(),
            run: format!("202611{day:02}T120000Z-000001").parse().unwrap(),
        };
        let commit = CommitRecord {
            version: RECORD_VERSION,
            rows: 1,
            files: 1,
            bytes: 1,
            location: layout.location(),
            columns: vec![],
            replaced: None,
            counts: ColumnCounts::new(),
            consistency: serde_json::Value::Null,
        };
        let plan = PlanRecord::new("ingest", layout.clone(), 1, serde_json::Value::Null);
        KnownRun { last_sign: layout.run.started(), layout, plan, commit: published.then_some(commit) }
    }

    fn days(runs: &[KnownRun], live: usize, pointed_at: &[usize], rules: Rules) -> Vec<String> {
        let pointed_at = pointed_at.iter().map(|run| runs[*run].layout.location()).collect();
        let now = "2026-11-30T18:00:00Z".parse().unwrap();
        let gone = expired(runs, &runs[live].layout.run, &pointed_at, rules, now);
        gone.iter().map(|run| run.layout.date.to_string()[8..].to_owned()).collect()
    }

    const WEEK: Rules = Rules { keep: TimeDelta::days(7), keep_last: None };

    #[test]
    fn what_is_older_than_it_is_kept_for_goes() {
        let runs: Vec<KnownRun> = (1..=30).map(|day| run(day, true)).collect();
        assert_eq!(days(&runs, 29, &[], WEEK).len(), 23);
        assert_eq!(days(&runs, 29, &[], Rules { keep: TimeDelta::days(60), keep_last: None }), Vec::<String>::new());
    }

    #[test]
    fn beyond_the_last_few_they_go_but_not_the_young_and_the_two_before_the_live_one() {
        let runs: Vec<KnownRun> = (25..=30).map(|day| run(day, true)).collect();
        let last = Rules { keep: TimeDelta::days(60), keep_last: Some(1) };
        assert_eq!(days(&runs, 5, &[], last), ["25", "26", "27"]);
        assert_eq!(days(&runs, 3, &[], last), ["25", "29"], "28 is live after a rollback, 30 is younger than a day");
    }

    #[test]
    fn what_a_catalog_entry_points_at_stays() {
        let runs: Vec<KnownRun> = (1..=6).map(|day| run(day, true)).collect();
        assert_eq!(days(&runs, 5, &[0, 2], WEEK), ["02"]);
    }

    #[test]
    fn a_dead_run_goes_and_one_at_work_stays() {
        let mut runs = vec![run(1, false), run(2, false), run(28, true)];
        runs[1].last_sign = "2026-11-30T17:00:00Z".parse().unwrap();
        assert_eq!(days(&runs, 2, &[], WEEK), ["01"]);
    }
}

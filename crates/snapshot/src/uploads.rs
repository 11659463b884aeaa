//! Uploads that killed writers have left: which of them nobody will end any more. Pure.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use object_store::path::Path;
use springald_aws::UnfinishedUpload;

use crate::expire::YOUNGEST;
use crate::{KnownRun, RunId};

/// Returns those of `uploads` that may be aborted at `now`: of a run that is `removed`, and those begun more than a day
/// ago by a run that has given no sign for a day, whether it was published, died, or left no record at all.
pub fn abandoned<'a>(
    uploads: &'a [UnfinishedUpload],
    runs: &[KnownRun],
    removed: &[&KnownRun],
    now: DateTime<Utc>,
) -> Vec<&'a UnfinishedUpload> {
    let removed: BTreeSet<&RunId> = removed.iter().map(|run| &run.layout.run).collect();
    let is_abandoned = |upload: &&UnfinishedUpload| {
        let Some(run) = run_of(&upload.location) else { return false };
        let known = runs.iter().find(|known| known.layout.run == run);
        let last_sign = known.map_or(run.started(), |known| known.last_sign.max(run.started()));
        removed.contains(&run) || (now - upload.begun >= YOUNGEST && now - last_sign >= YOUNGEST)
    };
    uploads.iter().filter(is_abandoned).collect()
}

/// Returns the run whose data file lies at `location`: its directory has the run's name.
fn run_of(location: &Path) -> Option<RunId> {
    let parts: Vec<_> = location.parts().collect();
    let directory: &str = parts.iter().rev().nth(1)?.as_ref();
    directory.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{PlanRecord, RunLayout};

    const OLD: &str = "20261101T120000Z-000001";
    const DEAD: &str = "20261102T120000Z-000002";
    const NEW: &str = "20261130T120000Z-000003";

    fn upload(run: &str, begun: &str) -> UnfinishedUpload {
        let location = Path::from(format!("lake/db/T/y=2026/m=11/d=01/{run}/part-00000-9f3c.parquet"));
        UnfinishedUpload { location, id: run.to_owned(), begun: begun.parse().unwrap() }
    }

    /// A run whose last sign was at `last_sign`.
    fn run(run: &str, last_sign: &str) -> KnownRun {
        let layout = RunLayout {
            warehouse: "s3://lake/x".parse().unwrap(),
            table: "db.T".parse().unwrap(),
            date: "2026-11-01".parse().unwrap(),
            run: run.parse().unwrap(),
        };
        let plan = PlanRecord::new("ingest", layout.clone(), 1, serde_json::Value::Null);
        KnownRun { layout, plan, commit: None, last_sign: last_sign.parse().unwrap() }
    }

    fn ids(uploads: &[UnfinishedUpload], runs: &[KnownRun], removed: &[&KnownRun]) -> Vec<String> {
        let now = "2026-11-30T18:00:00Z".parse().unwrap();
        abandoned(uploads, runs, removed, now).iter().map(|upload| upload.id[..8].to_owned()).collect()
    }

    #[test]
    fn those_of_a_run_that_is_at_work_stay() {
        let uploads = [OLD, DEAD, NEW].map(|run| upload(run, "2026-11-29T12:00:00Z"));
        let runs = [run(OLD, "2026-11-30T17:00:00Z"), run(DEAD, "2026-11-02T13:00:00Z")];
        assert_eq!(ids(&uploads, &runs, &[]), ["20261102"], "the first put a record an hour ago, the last is young");
    }

    #[test]
    fn what_a_day_has_not_passed_for_stays_unless_its_run_is_removed() {
        let uploads = [upload(DEAD, "2026-11-30T12:00:00Z")];
        let dead = run(DEAD, "2026-11-02T13:00:00Z");
        assert_eq!(ids(&uploads, std::slice::from_ref(&dead), &[]), Vec::<String>::new());
        assert_eq!(ids(&uploads, std::slice::from_ref(&dead), &[&dead]), ["20261102"]);
    }

    #[test]
    fn one_of_a_run_without_records_goes_and_what_is_no_runs_stays() {
        let mut uploads = [upload(DEAD, "2026-11-03T12:00:00Z"), upload("backup", "2026-11-03T12:00:00Z")];
        assert_eq!(ids(&uploads, &[], &[]), ["20261102"]);
        uploads[0].location = Path::from("part.parquet");
        assert_eq!(ids(&uploads, &[], &[]), Vec::<String>::new());
    }
}

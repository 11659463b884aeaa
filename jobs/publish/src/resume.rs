//! A run whose job has died: whether another job may go on with it.
//!
//! Splits of both jobs stand side by side in one snapshot, so the second must read each as the first would have.

use serde_json::Value;
use springald_catalog::{Catalog, TableName};
use springald_snapshot::commit::{is_remembered, published_run};
use springald_snapshot::{PlanRecord, RunId, RunStore};

/// Returns what the run in `records` had set out to do.
///
/// # Errors
/// When there is no such run, or it is what readers see already, in the table and in its history.
pub(crate) async fn unfinished(records: &RunStore, catalog: &dyn Catalog) -> anyhow::Result<PlanRecord> {
    let layout = records.layout();
    let Some(plan) = records.plan().await? else {
        return Err(ResumeError::Unknown { run: layout.run.clone(), table: layout.table.clone() }.into());
    };
    let found = catalog.table(&layout.table.catalog_name()).await?;
    let is_live = found.is_some_and(|found| published_run(&found.table).as_ref() == Some(&layout.run));
    if is_live && is_remembered(catalog, &plan.layout).await? {
        return Err(ResumeError::Published { run: layout.run.clone() }.into());
    }
    Ok(plan)
}

/// Makes sure that `plan` is what was `recorded`.
///
/// # Errors
/// When it is not: then the run must not go on.
pub(crate) fn require_same(recorded: &PlanRecord, plan: &PlanRecord) -> Result<(), ResumeError> {
    if recorded.springald != plan.springald {
        let (theirs, ours) = (recorded.springald.clone(), plan.springald.clone());
        return Err(ResumeError::OtherVersion { run: plan.layout.run.clone(), theirs, ours });
    }
    let different = different(recorded, plan);
    if different.is_empty() {
        return Ok(());
    }
    Err(ResumeError::Changed { run: plan.layout.run.clone(), different })
}

/// Returns the names of what is not the same in two plans.
fn different(recorded: &PlanRecord, plan: &PlanRecord) -> Vec<String> {
    let outer = [
        ("job", recorded.job != plan.job),
        ("date", recorded.layout.date != plan.layout.date),
        ("number of splits", recorded.splits != plan.splits),
    ];
    let outer = outer.into_iter().filter(|(_, differs)| *differs).map(|(name, _)| name.to_owned());
    outer.chain(different_members(&recorded.what, &plan.what)).collect()
}

fn different_members(recorded: &Value, plan: &Value) -> Vec<String> {
    let (Value::Object(recorded), Value::Object(plan)) = (recorded, plan) else {
        return if recorded == plan { vec![] } else { vec!["plan".to_owned()] };
    };
    let mut names: Vec<&String> = recorded.keys().chain(plan.keys()).collect();
    names.sort();
    names.dedup();
    names.retain(|name| recorded.get(*name) != plan.get(*name));
    names.into_iter().cloned().collect()
}

/// Why a run cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum ResumeError {
    /// There are no records of it.
    #[error(
        "there is no run {run} of table `{table}` in this warehouse: give the --into and --warehouse of the run, or leave \
         out --resume to start a new one"
    )]
    Unknown {
        /// The run.
        run: RunId,
        /// The table that it should have written.
        table: TableName,
    },
    /// There is nothing left to do.
    #[error("run {run} is published already: leave out --resume to start a new one")]
    Published {
        /// The run.
        run: RunId,
    },
    /// Another build may read the same splits differently.
    #[error(
        "run {run} was started by springald {theirs} and this is springald {ours}: go on with that one, or leave out \
         --resume to start a new run"
    )]
    OtherVersion {
        /// The run.
        run: RunId,
        /// Who started it.
        theirs: String,
        /// This build.
        ours: String,
    },
    /// It would become a snapshot of two minds.
    #[error(
        "run {run} cannot go on: not the same as when it was started: {}. Give the options that it was started with; if \
         it is the source that changed, leave out --resume to start a new run",
        different.join(", ")
    )]
    Changed {
        /// The run.
        run: RunId,
        /// What is not the same, by name.
        different: Vec<String>,
    },
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use springald_snapshot::RunLayout;

    use super::*;

    fn plan(what: Value) -> PlanRecord {
        let layout = RunLayout {
            warehouse: "file:///lake".parse().unwrap(),
            table: "db.t".parse().unwrap(),
            date: "2026-11-23".parse().unwrap(),
            run: "20261123T063000Z-0a1b2c".parse().unwrap(),
        };
        PlanRecord::new("ingest", layout, 4, what)
    }

    #[test]
    fn the_same_plan_goes_on() {
        require_same(&plan(json!({ "where": "a > 1" })), &plan(json!({ "where": "a > 1" }))).unwrap();
    }

    #[test]
    fn what_differs_is_named() {
        let mut other = plan(json!({ "where": "a > 2", "columns": ["a"], "from": "db.t" }));
        other.splits = 5;
        let error = require_same(&plan(json!({ "where": "a > 1", "from": "db.t" })), &other).unwrap_err().to_string();
        assert!(error.contains("started: number of splits, columns, where. Give"), "{error}");
    }

    #[test]
    fn another_version_does_not_go_on() {
        let earlier = PlanRecord { springald: "0.0.1".to_owned(), ..plan(json!({})) };
        let error = require_same(&earlier, &plan(json!({}))).unwrap_err().to_string();
        assert!(error.contains("by springald 0.0.1"), "{error}");
    }
}

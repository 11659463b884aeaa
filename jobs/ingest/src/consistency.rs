//! One point in time, as the driver sees it: marks before and after a read, or a meeting of its sessions.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use anyhow::Context;
use datafusion::physical_plan::ExecutionPlan;
use serde_json::{Value, json};
use springald_mysql::{
    Change, Host, Mark, Meeting, MySqlReadExec, MySqlSource, Origin, ReadSpec, Seats, Session, SourceTable, Split,
    SplitPlan, compare, connect, mark, sessions_relation, splits_relation,
};
use springald_publish::{Known, Report, Target, Work, publish};

use crate::args::Consistency;
use crate::load::LoadArgs;

/// How a run reads its table.
pub(crate) struct Reading {
    pub(crate) mode: Consistency,
    pub(crate) lock_timeout: Duration,
    pub(crate) load: LoadArgs,
    pub(crate) spec: ReadSpec,
    pub(crate) plan: SplitPlan,
    /// What was seen before the first read, if that was another job's.
    pub(crate) before: Option<Mark>,
}

impl Reading {
    /// Runs the read that `work` describes all but the input of, and publishes it. `session` is closed before: the run
    /// may take longer than an idle one lives, and the server's places are for those that read.
    pub(crate) async fn publish(
        self,
        target: &Target,
        mut work: Unplanned,
        mut session: Session,
    ) -> anyhow::Result<Report> {
        match self.mode {
            Consistency::None => {
                session.close();
                let input = self.read_apart(target)?;
                publish(target, work.with_input(input), async { Ok(unchecked(json!({ "mode": "none" }))) }).await
            }
            Consistency::Verify => {
                let before = match &self.before {
                    Some(before) => before.clone(),
                    None => mark(&mut session, &self.spec.origin).await?,
                };
                work.what["before"] = json!(before);
                session.close();
                let input = self.read_apart(target)?;
                publish(target, work.with_input(input), verified(&self.spec, before)).await
            }
            Consistency::Snapshot => {
                session.close();
                self.publish_as_of_one_moment(target, work).await
            }
        }
    }

    /// Each split is a partition of its own, read when a task slot is free.
    fn read_apart(&self, target: &Target) -> anyhow::Result<Arc<dyn ExecutionPlan>> {
        let seats = self.load.max_sessions.map(|_| Seats::new(target.layout().run.as_str()));
        let spec = self.spec.clone().with_key(self.plan.key.clone()).with_seats(seats);
        Ok(Arc::new(MySqlReadExec::try_new(splits_relation(&self.plan.splits)?, Arc::new(spec))?))
    }

    /// As many sessions as the cluster has slots meet, and each reads several splits in its one transaction.
    async fn publish_as_of_one_moment(self, target: &Target, work: Unplanned) -> anyhow::Result<Report> {
        let table = locked_table(&self.spec.origin)?;
        let readers = self.load.meeting_sessions(target.cluster().slots().await?)?;
        let sessions = sessions(&self.plan.splits, readers.get());
        let seats: Vec<u32> = sessions.iter().filter_map(|splits| splits.first()).map(|split| split.number).collect();
        let meeting = Meeting::new(target.layout().run.as_str());
        let spec = self.spec.clone().with_key(self.plan.key.clone()).with_meeting(Some(meeting.clone()));
        let input = Arc::new(MySqlReadExec::try_new(sessions_relation(&sessions)?, Arc::new(spec))?);

        let host = Host::open(&self.spec.source, table, meeting, self.lock_timeout).await?;
        let locked = OnceLock::new();
        let met = async {
            let held = host.meet(&seats).await?;
            tracing::info!(%table, sessions = seats.len(), locked_ms = held.as_millis(), "sessions met");
            Ok(locked.get_or_init(|| held.as_secs_f64()))
        };
        let known = async {
            Ok(unchecked(json!({ "mode": "snapshot", "sessions": seats.len(), "locked_seconds": locked.get() })))
        };
        let (report, _) = tokio::try_join!(publish(target, work.with_input(input), known), met)?;
        Ok(report)
    }
}

/// Returns the table that is locked for a moment so that all sessions read it as of that moment.
///
/// # Errors
/// Of a query only the server knows which tables would have to be locked.
pub(crate) fn locked_table(origin: &Origin) -> anyhow::Result<&SourceTable> {
    origin.table().context(
        "--consistency snapshot locks the table that is read, and a --query may read several: copy them one by one with \
         --from and join them with `springald process`, or give --consistency none and no --split-column: a single SELECT \
         reads InnoDB tables as of one moment by itself",
    )
}

/// A [`Work`] whose input is still to be planned.
pub(crate) struct Unplanned {
    pub(crate) what: Value,
    pub(crate) comments: std::collections::BTreeMap<String, String>,
}

impl Unplanned {
    fn with_input(self, input: Arc<dyn ExecutionPlan>) -> Work {
        Work { job: "ingest", input, what: self.what, comments: self.comments }
    }
}

/// Looks at the table again, over a new connection: the read may have taken longer than an idle one lives.
async fn verified(spec: &ReadSpec, before: Mark) -> anyhow::Result<Known> {
    let after = match look_again(&spec.source, spec).await {
        Ok(after) => Some(after),
        Err(error) => {
            tracing::warn!(from = %spec.origin, "it could not be looked at again: {error:#}");
            None
        }
    };
    let change = after.as_ref().map_or(Change::Unknown, |after| compare(&before, after));
    match change {
        Change::Unchanged => {}
        Change::Changed => {
            tracing::warn!(from = %spec.origin, "it changed while it was read: see --consistency snapshot")
        }
        Change::Unknown => tracing::info!(from = %spec.origin, "the server does not say whether it changed"),
    }
    let rows = before.rows.filter(|_| change == Change::Unchanged && spec.filter.is_none());
    Ok(Known { rows, ..unchecked(json!({ "mode": "verify", "table": change, "before": before, "after": after })) })
}

/// What is known where the rows were not counted.
fn unchecked(consistency: Value) -> Known {
    Known { consistency, rows: None }
}

async fn look_again(source: &MySqlSource, spec: &ReadSpec) -> anyhow::Result<Mark> {
    let mut session = connect(source).await?;
    let after = mark(&mut session, &spec.origin).await?;
    session.close();
    Ok(after)
}

/// Deals the splits out to at most `slots` sessions: each gets neighbours, and about as many as the others.
fn sessions(splits: &[Split], slots: usize) -> Vec<Vec<Split>> {
    let sessions = slots.clamp(1, splits.len().max(1));
    let bounds: Vec<usize> = (0..=sessions).map(|session| splits.len() * session / sessions).collect();
    let parts = bounds.windows(2).filter_map(|bound| splits.get(bound[0]..bound[1]));
    parts.filter(|part| !part.is_empty()).map(<[Split]>::to_vec).collect()
}

#[cfg(test)]
mod tests {
    use springald_mysql::KeyRange;

    use super::*;

    #[test]
    fn every_split_is_read_by_one_session() {
        let splits: Vec<Split> =
            (0..10).map(|number| Split { number, range: KeyRange::ALL, estimated_rows: 1 }).collect();
        for slots in [1, 3, 8, 10, 50] {
            let dealt = sessions(&splits, slots);
            assert_eq!(dealt.concat(), splits);
            assert_eq!(dealt.len(), slots.min(10));
            let sizes: Vec<usize> = dealt.iter().map(Vec::len).collect();
            assert!(sizes.iter().max().unwrap() - sizes.iter().min().unwrap() <= 1, "{sizes:?}");
        }
    }
}

//! `snapshot`: many sessions read a table as of one moment, without `FLUSH TABLES WITH READ LOCK`, which RDS refuses.
//!
//! ```text
//!  driver    gate ▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓░░░░░░░░░░░░░░░░░░    (a named lock)
//!            LOCK TABLES t READ ▓▓▓▓░░░░░░░░░░░░░░░░░░    (writers wait)
//!  session   ······ START TRANSACTION WITH CONSISTENT SNAPSHOT, seat ▓▓▓ reads ▓▓▓▓▓▓ close
//! ```
//!
//! The server itself is the meeting point: a session takes a seat, a named lock, as soon as it has its snapshot; the
//! driver opens the gate when all seats are taken, and only then lets writers go on. A session that finds the gate open
//! came too late: the table may have changed, and the run must start over. No session closes before the gate is open,
//! or the driver would wait for a seat that is empty again.

use crate::connect::{Session, connect};
use crate::error::SourceError;
use crate::login::MySqlSource;
use crate::name::SourceTable;
use mysql_async::prelude::Queryable;
use serde::{Deserialize, Serialize};
use std::time::Duration;
use tokio::time::{Instant, sleep};

const LOOK_EVERY: Duration = Duration::from_millis(10);

/// Seats that one statement asks for.
const SEATS_PER_LOOK: usize = 200;

const ACTION: &str = "take a snapshot of";

/// Where the sessions of a run meet; travels in the plan. Its name must be the run's own, at most 50 characters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Meeting {
    name: String,
}

impl Meeting {
    /// Returns the meeting of the run `name`.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self { name: name.to_owned() }
    }

    fn gate(&self) -> String {
        format!("springald:{}:gate", self.name)
    }

    fn seat(&self, session: u32) -> String {
        format!("springald:{}:{session}", self.name)
    }

    /// Opens a snapshot in `session`, takes seat `seat`, and makes sure that the gate was shut all the while.
    ///
    /// # Errors
    /// [`SourceError::TooLate`] if the gate is open. If the seat is still held by a connection that was lost, the
    /// error is transient.
    pub(crate) async fn join(&self, session: &mut Session, table: &SourceTable, seat: u32) -> Result<(), SourceError> {
        let failed = |cause| SourceError::from_query(ACTION, table, cause);
        session.query_drop("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ").await.map_err(failed)?;
        session.query_drop("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY").await.map_err(failed)?;
        let taken: Option<Option<i64>> =
            session.exec_first("SELECT GET_LOCK(?, 0)", (self.seat(seat),)).await.map_err(failed)?;
        if taken.flatten() != Some(1) {
            return Err(SourceError::SeatTaken { table: table.clone(), seat });
        }
        if self.gate_is_open(session).await.map_err(failed)? {
            return Err(SourceError::TooLate { table: table.clone() });
        }
        Ok(())
    }

    /// Waits until the driver has seen every seat taken: before that no session may end.
    pub(crate) async fn wait_for_gate(&self, session: &mut Session, table: &SourceTable) -> Result<(), SourceError> {
        while !self.gate_is_open(session).await.map_err(|cause| SourceError::from_query(ACTION, table, cause))? {
            sleep(LOOK_EVERY).await;
        }
        Ok(())
    }

    async fn gate_is_open(&self, session: &mut Session) -> Result<bool, mysql_async::Error> {
        let holder: Option<Option<i64>> = session.exec_first("SELECT IS_USED_LOCK(?)", (self.gate(),)).await?;
        Ok(holder.flatten().is_none())
    }
}

#[expect(missing_debug_implementations, reason = "a session has no debug form")]
/// The driver's side of a meeting: holds the gate and the table's lock. Dropping it lets both go.
pub struct Host {
    meeting: Meeting,
    table: SourceTable,
    limit: Duration,
    locker: Session,
    observer: Session,
}

impl Host {
    /// Shuts the gate and locks `table` against writers; from now on they wait, at most for `limit`.
    ///
    /// # Errors
    /// If the user may not lock the table, its engine has no snapshots, or it cannot be locked within `limit`.
    pub async fn open(
        source: &MySqlSource,
        table: &SourceTable,
        meeting: Meeting,
        limit: Duration,
    ) -> Result<Self, SourceError> {
        let failed = |cause| SourceError::from_query(ACTION, table, cause);
        let mut observer = connect(source).await?;
        require_snapshots(&mut observer, table).await?;
        let mut locker = connect(source).await?;
        let seconds = limit.as_secs().max(1);
        locker.query_drop(format!("SET SESSION lock_wait_timeout = {seconds}")).await.map_err(failed)?;
        let shut: Option<Option<i64>> =
            locker.exec_first("SELECT GET_LOCK(?, 0)", (meeting.gate(),)).await.map_err(failed)?;
        if shut.flatten() != Some(1) {
            let problem = "another run of the same name holds its gate".to_owned();
            return Err(SourceError::Unexpected { action: ACTION, table: table.clone(), problem });
        }
        locker.query_drop(format!("LOCK TABLES {} READ", table.quoted())).await.map_err(failed)?;
        Ok(Self { meeting, table: table.clone(), limit, locker, observer })
    }

    /// Waits until each of `seats` is taken, then opens the gate and lets writers go on. Returns how long the table was
    /// locked.
    ///
    /// # Errors
    /// [`SourceError::SnapshotTimeout`] if a seat is empty when the time is up; writers go on all the same.
    pub async fn meet(mut self, seats: &[u32]) -> Result<Duration, SourceError> {
        let locked = Instant::now();
        let mut missing = seats.to_vec();
        while !missing.is_empty() {
            missing = self.empty(&missing).await?;
            if missing.is_empty() {
                break;
            }
            if locked.elapsed() >= self.limit {
                let (table, limit) = (self.table.clone(), self.limit);
                return Err(SourceError::SnapshotTimeout { table, limit, missing: missing.len(), seats: seats.len() });
            }
            sleep(LOOK_EVERY).await;
        }
        // The gate goes first: a session that finds it shut has its snapshot from a time when the table was locked.
        let failed = |cause| SourceError::from_query(ACTION, &self.table, cause);
        self.locker.exec_drop("SELECT RELEASE_LOCK(?)", (self.meeting.gate(),)).await.map_err(failed)?;
        self.locker.query_drop("UNLOCK TABLES").await.map_err(failed)?;
        let held = locked.elapsed();
        self.locker.close();
        self.observer.close();
        Ok(held)
    }

    /// Returns those of `seats` that nobody has taken.
    async fn empty(&mut self, seats: &[u32]) -> Result<Vec<u32>, SourceError> {
        let mut empty = Vec::new();
        for some in seats.chunks(SEATS_PER_LOOK) {
            let asked: Vec<String> =
                some.iter().map(|seat| format!("IS_USED_LOCK('{}') IS NULL", self.meeting.seat(*seat))).collect();
            let answer: Option<mysql_async::Row> = self
                .observer
                .query_first(format!("SELECT {}", asked.join(", ")))
                .await
                .map_err(|cause| SourceError::from_query(ACTION, &self.table, cause))?;
            let is_empty = |index: usize| answer.as_ref().and_then(|row| row.get::<i64, _>(index)) != Some(0);
            empty.extend(some.iter().enumerate().filter(|(index, _)| is_empty(*index)).map(|(_, seat)| *seat));
        }
        Ok(empty)
    }
}

/// Only an engine with versions of its rows reads as of one moment.
async fn require_snapshots(session: &mut Session, table: &SourceTable) -> Result<(), SourceError> {
    let sql = "SELECT t.ENGINE, e.TRANSACTIONS FROM information_schema.TABLES t \
               JOIN information_schema.ENGINES e ON e.ENGINE = t.ENGINE WHERE t.TABLE_SCHEMA = ? AND t.TABLE_NAME = ?";
    let parameters = (table.database.as_str(), table.table.as_str());
    let found: Option<(String, Option<String>)> = session
        .exec_first(sql, parameters)
        .await
        .map_err(|cause| SourceError::from_query(ACTION, table, cause))?;
    match found {
        Some((_, Some(transactions))) if transactions == "YES" => Ok(()),
        Some((engine, _)) => Err(SourceError::NoSnapshots { table: table.clone(), what: format!("engine {engine}") }),
        None => Err(SourceError::NoSnapshots { table: table.clone(), what: "a view".to_owned() }),
    }
}

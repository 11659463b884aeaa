//! `snapshot`: many sessions read a table as of one moment, without `FLUSH TABLES WITH READ LOCK`, which RDS refuses.
//!
//! ```text
//!  driver    gate ▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓░░░░░░░░░░░░░░░░
//!                             LOCK TABLES t READ, go ▓▓▓▓░░░░░░░░░░░░░░░░   (writers wait)
//!  session   ··· seat ▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓ close
//!                                 snapshot, ready ▓▓▓▓▓▓▓▓▓▓▓▓▓▓ reads
//! ```
//!
//! The server itself is the meeting point, and all signs are named locks. A session takes its seat as soon as it runs;
//! only when every seat is taken, so that nobody has to wait for a free task slot, does the driver lock the table and
//! say go. Each session opens its snapshot and says that it is ready; when all are, the driver opens the gate, and then
//! lets writers go on. A session that finds the gate open came too late: the table may have changed, and the run must
//! start over. No session closes before the gate is open, or the driver would wait for it for ever.
//!
//! Runs at one server gather their sessions one after the other. Two that did so at the same time could each hold task
//! slots that the other needs.

use crate::ask::Ask;
use crate::connect::{Session, connect};
use crate::error::SourceError;
use crate::login::MySqlSource;
use crate::name::SourceTable;
use crate::origin::Origin;
use mysql_async::prelude::Queryable;
use serde::{Deserialize, Serialize};
use std::time::Duration;
use tokio::time::{Instant, sleep};

const LOOK_EVERY: Duration = Duration::from_millis(10);

/// How long sessions that have a task slot wait for those that have none. Two runs that each hold what the other needs
/// would wait for ever.
const SEATING_LIMIT: Duration = Duration::from_secs(120);

/// The lock of the run that is gathering its sessions. One after the other they get all task slots they need; at the same
/// time each would hold some, and wait for those of the others.
const ROOM: &str = "springald:room";

/// How long a run waits for others to have gathered theirs.
const ROOM_LIMIT: Duration = Duration::from_secs(600);

/// Locks that one statement asks for.
const LOCKS_PER_LOOK: usize = 200;

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

    fn go(&self) -> String {
        format!("springald:{}:go", self.name)
    }

    fn seat(&self, session: u32) -> String {
        format!("springald:{}:{session}", self.name)
    }

    fn ready(&self, session: u32) -> String {
        format!("springald:{}:r{session}", self.name)
    }

    /// Takes seat `seat`, waits for the driver's go, opens a snapshot in `session`, and makes sure that the gate was
    /// shut all the while.
    ///
    /// # Errors
    /// [`SourceError::TooLate`] if the gate is open. If the seat is still held by a connection that was lost, the
    /// error is transient.
    pub(crate) async fn join(&self, session: &mut impl Ask, origin: &Origin, seat: u32) -> Result<(), SourceError> {
        let failed = |cause| SourceError::from_query(ACTION, origin, cause);
        self.take(session, origin, seat, self.seat(seat)).await?;
        while !is_held(session, self.go()).await.map_err(failed)? {
            self.require_shut_gate(session, origin).await?;
            sleep(LOOK_EVERY).await;
        }
        let snapshot = "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY".to_owned();
        session.first(snapshot).await.map_err(failed)?;
        self.require_shut_gate(session, origin).await?;
        self.take(session, origin, seat, self.ready(seat)).await
    }

    async fn take(&self, session: &mut impl Ask, origin: &Origin, seat: u32, lock: String) -> Result<(), SourceError> {
        let taken = try_hold(session, lock).await.map_err(|cause| SourceError::from_query(ACTION, origin, cause))?;
        if taken { Ok(()) } else { Err(SourceError::SeatTaken { origin: origin.clone(), seat }) }
    }

    async fn require_shut_gate(&self, session: &mut impl Ask, origin: &Origin) -> Result<(), SourceError> {
        let failed = |cause| SourceError::from_query(ACTION, origin, cause);
        if is_held(session, self.gate()).await.map_err(failed)? {
            return Ok(());
        }
        Err(SourceError::TooLate { origin: origin.clone() })
    }

    /// Waits until the driver has seen every session ready: before that none may end.
    pub(crate) async fn wait_for_gate(&self, session: &mut impl Ask, origin: &Origin) -> Result<(), SourceError> {
        let failed = |cause| SourceError::from_query(ACTION, origin, cause);
        while is_held(session, self.gate()).await.map_err(failed)? {
            sleep(LOOK_EVERY).await;
        }
        Ok(())
    }
}

async fn try_hold(session: &mut impl Ask, lock: String) -> Result<bool, mysql_async::Error> {
    hold_within(session, &lock, 0).await
}

async fn hold_within(session: &mut impl Ask, lock: &str, seconds: u8) -> Result<bool, mysql_async::Error> {
    Ok(session.number(format!("SELECT GET_LOCK('{lock}', {seconds})")).await? == Some(1))
}

async fn is_held(session: &mut impl Ask, lock: String) -> Result<bool, mysql_async::Error> {
    Ok(session.number(format!("SELECT IS_USED_LOCK('{lock}')")).await?.is_some())
}

/// The driver's side of a meeting: holds the gate and the table's lock. Dropping it lets both go.
#[expect(missing_debug_implementations, reason = "a session has no debug form")]
pub struct Host {
    meeting: Meeting,
    table: SourceTable,
    limit: Duration,
    locker: Session,
    observer: Session,
}

impl Host {
    /// Waits until no other run is gathering its sessions at this server, and shuts the gate, so that sessions may come.
    /// `limit` bounds how long writers of `table` will have to wait.
    ///
    /// # Errors
    /// If the table's engine has no snapshots, or the server cannot be reached. [`SourceError::NoRoom`] if other runs
    /// gather theirs for ten minutes.
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
        enter_room(&mut locker, table).await?;
        if !try_hold(&mut locker, meeting.gate()).await.map_err(failed)? {
            let problem = "another run of the same name holds its gate".to_owned();
            return Err(SourceError::Unexpected { action: ACTION, origin: table.into(), problem });
        }
        Ok(Self { meeting, table: table.clone(), limit, locker, observer })
    }

    /// Waits until each of `seats` is taken, locks the table until each of them has its snapshot, and opens the gate. If this
    /// process freezes meanwhile, the server lets writers go on after the limit.
    /// Returns how long writers had to wait at most.
    ///
    /// # Errors
    /// If the user may not lock the table. [`SourceError::NoSeats`] if a session has no task slot after two minutes;
    /// those that came find the gate open and give up theirs. [`SourceError::SnapshotTimeout`] if a session is not ready when the time is
    /// up; writers go on all the same.
    pub async fn meet(mut self, seats: &[u32]) -> Result<Duration, SourceError> {
        let begun = Instant::now();
        let mut empty: Vec<String> = seats.iter().map(|seat| self.meeting.seat(*seat)).collect();
        while !empty.is_empty() {
            if begun.elapsed() >= SEATING_LIMIT {
                let table = self.table.clone();
                return Err(SourceError::NoSeats {
                    table,
                    limit: SEATING_LIMIT,
                    empty: empty.len(),
                    seats: seats.len(),
                });
            }
            sleep(LOOK_EVERY).await;
            empty = self.not_held(empty).await?;
        }
        let locking = Instant::now();
        self.lock().await?;
        let mut late: Vec<String> = seats.iter().map(|seat| self.meeting.ready(*seat)).collect();
        while !late.is_empty() {
            if locking.elapsed() >= self.limit {
                let (table, limit) = (self.table.clone(), self.limit);
                return Err(SourceError::SnapshotTimeout { table, limit, missing: late.len(), seats: seats.len() });
            }
            sleep(LOOK_EVERY).await;
            late = self.not_held(late).await?;
        }
        self.unlock().await?;
        let held = locking.elapsed();
        self.locker.close();
        self.observer.close();
        Ok(held)
    }

    async fn lock(&mut self) -> Result<(), SourceError> {
        let (table, go) = (&self.table, self.meeting.go());
        let failed = |cause| SourceError::from_query(ACTION, table, cause);
        // The server itself ends the session, and the lock with it, if this process can do nothing any more.
        let seconds = self.limit.as_secs().max(1);
        self.locker.query_drop(format!("SET SESSION wait_timeout = {seconds}")).await.map_err(failed)?;
        let locked = self.locker.query_drop(format!("LOCK TABLES {} READ", table.quoted())).await;
        locked.map_err(|cause| SourceError::from_lock(ACTION, table, self.limit, cause))?;
        if try_hold(&mut self.locker, go).await.map_err(failed)? {
            return Ok(());
        }
        let problem = "another run of the same name has said go".to_owned();
        Err(SourceError::Unexpected { action: ACTION, origin: table.into(), problem })
    }

    /// Opens the gate first: a session that finds it shut has its snapshot from a time when the table was locked.
    async fn unlock(&mut self) -> Result<(), SourceError> {
        let (table, gate) = (&self.table, self.meeting.gate());
        let failed = |cause| SourceError::from_query(ACTION, table, cause);
        self.locker.exec_drop("SELECT RELEASE_LOCK(?)", (gate,)).await.map_err(failed)?;
        // From here on every session has its snapshot: if this fails, the connection's end lets writers go on.
        if let Err(error) = self.locker.query_drop("UNLOCK TABLES").await {
            tracing::warn!(table = %table, %error, "connection that held the table's lock was lost");
        }
        Ok(())
    }

    /// Returns those of `locks` that nobody holds.
    async fn not_held(&mut self, locks: Vec<String>) -> Result<Vec<String>, SourceError> {
        let mut free = Vec::new();
        for some in locks.chunks(LOCKS_PER_LOOK) {
            let asked: Vec<String> = some.iter().map(|lock| format!("IS_USED_LOCK('{lock}') IS NULL")).collect();
            let answer: Option<mysql_async::Row> = self
                .observer
                .query_first(format!("SELECT {}", asked.join(", ")))
                .await
                .map_err(|cause| SourceError::from_query(ACTION, &self.table, cause))?;
            let is_free = |index: usize| answer.as_ref().and_then(|row| row.get::<i64, _>(index)) != Some(0);
            free.extend(some.iter().enumerate().filter(|(index, _)| is_free(*index)).map(|(_, lock)| lock.clone()));
        }
        Ok(free)
    }
}

async fn enter_room(session: &mut Session, table: &SourceTable) -> Result<(), SourceError> {
    let failed = |cause| SourceError::from_query(ACTION, table, cause);
    let begun = Instant::now();
    while !hold_within(session, ROOM, 1).await.map_err(failed)? {
        if begun.elapsed() >= ROOM_LIMIT {
            return Err(SourceError::NoRoom { table: table.clone(), limit: ROOM_LIMIT });
        }
        tracing::info!(%table, "waiting until another run has gathered its sessions");
    }
    Ok(())
}

/// Only an engine with versions of its rows reads as of one moment.
async fn require_snapshots(session: &mut Session, table: &SourceTable) -> Result<(), SourceError> {
    let sql = "SELECT t.ENGINE, e.TRANSACTIONS FROM information_schema.TABLES t \
               JOIN information_schema.ENGINES e ON e.ENGINE = t.ENGINE WHERE t.TABLE_SCHEMA = ? AND t.TABLE_NAME = ?";
    let parameters = (table.database.as_str(), table.table.as_str());
    let found: Option<(String, Option<String>)> =
        session.exec_first(sql, parameters).await.map_err(|cause| SourceError::from_query(ACTION, table, cause))?;
    match found {
        Some((_, Some(transactions))) if transactions == "YES" => Ok(()),
        Some((engine, _)) => Err(SourceError::NoSnapshots { table: table.clone(), what: format!("engine {engine}") }),
        None => Err(SourceError::NoSnapshots { table: table.clone(), what: "a view".to_owned() }),
    }
}

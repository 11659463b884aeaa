//! Reads one split: a statement's rows, streamed into batches, with a limit on the server's silence.

mod watch;

use crate::decode::{BatchDecoder, show};
use crate::error::SourceError;
use crate::patience::{connect_patiently, wait_for_calm};
use crate::pulse::Pulse;
use crate::schema::LOST_CHARACTER;
use crate::select::select_sql;
use crate::spec::{DateNullCount, ReadSpec};
use crate::split::Split;
use crate::wire::{Cell, Cells, Next, ReadSession, cut_short};
use arrow::array::RecordBatch;
use datafusion::error::{DataFusionError, Result};
use std::sync::Arc;
use std::time::Duration;
use watch::Watch;

const ACTION: &str = "read";

/// Takes what a split yields. It may wait, which makes the server wait too, but keeps no more than one batch.
pub(crate) trait Sink: Send {
    /// Takes the next batch, and which dates in it became NULL. Returns whether more are wanted.
    fn take(&mut self, batch: RecordBatch, nulled: &[DateNullCount]) -> impl Future<Output = bool> + Send;
}

/// Reads splits of one table, one after the other, over one connection.
pub(crate) struct SplitReader {
    spec: Arc<ReadSpec>,
    open: Option<Open>,
}

/// A session that reads.
struct Open {
    session: ReadSession,
    pulse: Pulse,
    /// Whether a statement has begun that has not come to its end.
    is_busy: bool,
}

impl SplitReader {
    /// Reads as `spec` says. Connects at the first split.
    pub(crate) fn new(spec: Arc<ReadSpec>) -> Self {
        Self { spec, open: None }
    }

    /// Reads all rows of `split` into `sink`. Dropping the reader ends the query.
    ///
    /// The statement is a prepared one, because only then does the server send values in binary form, which is
    /// twice as fast and keeps every digit of floating point numbers.
    pub(crate) async fn read(&mut self, split: &Split, sink: &mut impl Sink) -> Result<()> {
        let spec = Arc::clone(&self.spec);
        let open = match &mut self.open {
            Some(open) => open,
            none => none.insert(open(&spec, split.number).await?),
        };
        let calm = wait_for_calm(&mut open.session, &spec.origin, spec.options.threads_running).await;
        calm.map_err(|error| error.on_the_way_to(spec.source.address()))?;
        open.is_busy = true;
        let mut watch = Watch::new(spec.options.silence);
        let sql = select_sql(&spec, &split.range);
        let begun = watch.patiently(open.session.select(&sql), &open.pulse, &spec.origin).await;
        begun.map_err(|waited| silent(&spec, waited))?.map_err(|cause| failed(&spec, cause))?;
        drain(open, &mut watch, &spec, split, sink).await
    }

    /// Says goodbye to the server after the last split, when the others no longer wait for this session.
    pub(crate) async fn close(mut self) -> Result<()> {
        if let Some(Open { mut session, .. }) = self.open.take() {
            if let Some(meeting) = &self.spec.meeting {
                let opened = meeting.wait_for_gate(&mut session, &self.spec.origin).await;
                opened.map_err(|error| error.on_the_way_to(self.spec.source.address()))?;
            }
            // All rows are here: a connection that breaks now takes nothing with it.
            if let Err(error) = session.close().await {
                tracing::debug!(%error, "the server was not there for a goodbye");
            }
        }
        Ok(())
    }
}

/// What is given up in the middle is ended on the server too, which else notices only when it has something to send.
impl Drop for SplitReader {
    fn drop(&mut self) {
        let Some(open) = self.open.take().filter(|open| open.is_busy) else { return };
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            let Open { session, pulse, .. } = open;
            // Its place at the server may be the one that ending it takes.
            drop(session);
            let spec = Arc::clone(&self.spec);
            runtime.spawn(async move { pulse.end(&spec.origin).await });
        }
    }
}

/// Opens a session that takes the seat of its first split.
async fn open(spec: &ReadSpec, seat: u32) -> Result<Open> {
    let mut session = connect_patiently(&spec.source).await?;
    if let Some(now) = spec.now {
        session.rows(&format!("SET timestamp = {now}")).await.map_err(|cause| failed(spec, cause))?;
    }
    let pulse = Pulse::of(&mut session, &spec.source).await.map_err(|cause| failed(spec, cause))?;
    let sits = sit_down(&mut session, spec, seat).await;
    sits.map_err(|error| error.on_the_way_to(spec.source.address()))?;
    Ok(Open { session, pulse, is_busy: false })
}

/// Takes the seat that has the number of a split, where the run's sessions are counted or meet.
async fn sit_down(session: &mut ReadSession, spec: &ReadSpec, seat: u32) -> Result<(), SourceError> {
    if let Some(seats) = &spec.seats {
        seats.take(session, &spec.origin, seat).await?;
    }
    if let Some(meeting) = &spec.meeting {
        meeting.join(session, &spec.origin, seat).await?;
    }
    Ok(())
}

async fn drain(open: &mut Open, watch: &mut Watch, spec: &ReadSpec, split: &Split, sink: &mut impl Sink) -> Result<()> {
    let Open { session, pulse, is_busy } = open;
    let mut decoder = BatchDecoder::new(spec);
    let mut number = 0u64;
    loop {
        match session.next().map_err(|cause| failed(spec, cause))? {
            Next::Row { cells, bytes } => {
                // A row that is large by itself gets a batch of its own.
                let would_overflow = decoder.bytes() + bytes > spec.options.batch_bytes;
                if decoder.rows() > 0 && (would_overflow || decoder.rows() >= spec.options.batch_rows) {
                    let batch = decoder.finish()?;
                    if !sink.take(batch, &decoder.take_nulled()).await {
                        return Ok(());
                    }
                }
                number += 1;
                push(&mut decoder, spec, split, number, &cells)?;
                decoder.end_row(bytes);
            }
            Next::Wait => {
                let filled = watch.patiently(session.fill(), pulse, &spec.origin).await;
                filled.map_err(|waited| silent(spec, waited))?.map_err(|cause| failed(spec, cause))?;
            }
            Next::End => break,
        }
    }
    session.end().await.map_err(|cause| failed(spec, cause))?;
    *is_busy = false;
    if decoder.rows() > 0 {
        let batch = decoder.finish()?;
        sink.take(batch, &decoder.take_nulled()).await;
    }
    Ok(())
}

/// Adds a row to the batch.
fn push(decoder: &mut BatchDecoder, spec: &ReadSpec, split: &Split, number: u64, cells: &Cells<'_>) -> Result<()> {
    for (column, cell) in cells.clone().enumerate() {
        let cell = cell.ok_or_else(|| failed(spec, cut_short()))?;
        let refused = |column: usize, problem| {
            let row = describe_row(spec, split, number, cells.clone());
            let column = spec.columns.get(column).map(|column| column.name.clone()).unwrap_or_default();
            SourceError::Value { origin: spec.origin.clone(), column, row, problem }
        };
        // Behind the columns, if there are any, stands the number of one that has lost a character.
        if let (Some(lossy), false) = (lost(column, &cell, spec.columns.len()), spec.columns.is_empty()) {
            return Err(refused(lossy, LOST_CHARACTER.to_owned()).into());
        }
        decoder.push(column, &cell).map_err(|problem| refused(column, problem))?;
    }
    Ok(())
}

/// Returns the number of the column that has lost a character, if this cell behind the `columns` says so.
fn lost(place: usize, cell: &Cell<'_>, columns: usize) -> Option<usize> {
    match cell {
        Cell::Int(number) if place == columns => usize::try_from(*number).ok(),
        Cell::UInt(number) if place == columns => usize::try_from(*number).ok(),
        Cell::Int(_)
        | Cell::UInt(_)
        | Cell::Null
        | Cell::Bytes(_)
        | Cell::Float(_)
        | Cell::Double(_)
        | Cell::Date(..)
        | Cell::Time(..) => None,
    }
}

/// Names a row by its key, or by its place in the split if the key is not among the columns read.
fn describe_row(spec: &ReadSpec, split: &Split, number: u64, cells: Cells<'_>) -> String {
    let cells: Vec<Cell<'_>> = cells.flatten().collect();
    let key_columns = spec.key.iter().flat_map(|key| &key.columns);
    let part = |name: &String| {
        let index = spec.columns.iter().position(|column| column.name == *name)?;
        Some(format!("{name}={}", show(cells.get(index)?)))
    };
    match key_columns.map(|column| part(&column.name)).collect::<Option<Vec<_>>>() {
        Some(parts) if !parts.is_empty() => format!("row {}", parts.join(", ")),
        Some(_) | None => format!("row {number} of split {} ({})", split.number, split.range),
    }
}

fn failed(spec: &ReadSpec, cause: mysql_async::Error) -> DataFusionError {
    SourceError::from_read(ACTION, &spec.origin, spec.source.address(), cause).into()
}

fn silent(spec: &ReadSpec, waited: Duration) -> DataFusionError {
    SourceError::Silence { action: ACTION, origin: spec.origin.clone(), waited }.into()
}

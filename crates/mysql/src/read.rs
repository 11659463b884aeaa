//! Reads one split: a statement's rows, streamed into batches, with a limit on the server's silence.

use crate::decode::{BatchDecoder, show};
use crate::error::SourceError;
use crate::patience::{connect_patiently, wait_for_calm};
use crate::select::select_sql;
use crate::spec::{DateNullCount, ReadSpec};
use crate::split::Split;
use crate::wire::{Cell, Cells, Next, ReadSession, cut_short};
use arrow::array::RecordBatch;
use datafusion::error::{DataFusionError, Result};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;
use tokio::time::{Instant, Sleep};

const ACTION: &str = "read";

/// Takes what a split yields. It may wait, which makes the server wait too, but keeps no more than one batch.
pub(crate) trait Sink: Send {
    /// Takes the next batch, and which dates in it became NULL. Returns whether more are wanted.
    fn take(&mut self, batch: RecordBatch, nulled: &[DateNullCount]) -> impl Future<Output = bool> + Send;
}

/// Reads splits of one table, one after the other, over one connection.
pub(crate) struct SplitReader {
    spec: Arc<ReadSpec>,
    session: Option<ReadSession>,
}

impl SplitReader {
    /// Reads as `spec` says. Connects at the first split.
    pub(crate) fn new(spec: Arc<ReadSpec>) -> Self {
        Self { spec, session: None }
    }

    /// Reads all rows of `split` into `sink`. Dropping the future ends the query.
    ///
    /// The statement is a prepared one, because only then does the server send values in binary form, which is
    /// twice as fast and keeps every digit of floating point numbers.
    pub(crate) async fn read(&mut self, split: &Split, sink: &mut impl Sink) -> Result<()> {
        let spec = Arc::clone(&self.spec);
        let session = match &mut self.session {
            Some(session) => session,
            none => none.insert(open(&spec, split.number).await?),
        };
        wait_for_calm(session, &spec.origin, spec.options.threads_running).await?;
        let mut watch = Watch::new(spec.options.silence);
        let sql = select_sql(&spec, &split.range);
        let begun = watch.limit(session.select(&sql)).await;
        begun.ok_or_else(|| silent(&spec))?.map_err(|cause| failed(&spec, cause))?;
        drain(session, &mut watch, &spec, split, sink).await
    }

    /// Says goodbye to the server after the last split, when the others no longer wait for this session.
    pub(crate) async fn close(self) -> Result<()> {
        if let Some(mut session) = self.session {
            if let Some(meeting) = &self.spec.meeting {
                meeting.wait_for_gate(&mut session, &self.spec.origin).await?;
            }
            // All rows are here: a connection that breaks now takes nothing with it.
            if let Err(error) = session.close().await {
                tracing::debug!(%error, "the server was not there for a goodbye");
            }
        }
        Ok(())
    }
}

/// Opens a session; where the run's sessions are counted or meet, it takes the seat that has the number of its first
/// split.
async fn open(spec: &ReadSpec, seat: u32) -> Result<ReadSession> {
    let mut session = connect_patiently(&spec.source).await?;
    if let Some(seats) = &spec.seats {
        seats.take(&mut session, &spec.origin, seat).await?;
    }
    if let Some(meeting) = &spec.meeting {
        meeting.join(&mut session, &spec.origin, seat).await?;
    }
    Ok(session)
}

async fn drain(
    session: &mut ReadSession,
    watch: &mut Watch,
    spec: &ReadSpec,
    split: &Split,
    sink: &mut impl Sink,
) -> Result<()> {
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
                let filled = watch.limit(session.fill()).await;
                filled.ok_or_else(|| silent(spec))?.map_err(|cause| failed(spec, cause))?;
            }
            Next::End => break,
        }
    }
    session.end().await.map_err(|cause| failed(spec, cause))?;
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
        decoder.push(column, &cell).map_err(|problem| {
            let row = describe_row(spec, split, number, cells.clone());
            let column = spec.columns.get(column).map(|column| column.name.clone()).unwrap_or_default();
            SourceError::Value { origin: spec.origin.clone(), column, row, problem }
        })?;
    }
    Ok(())
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

fn silent(spec: &ReadSpec) -> DataFusionError {
    SourceError::Silence { action: ACTION, origin: spec.origin.clone(), limit: spec.options.silence }.into()
}

/// Bounds how long the server may send nothing. Costs nothing while data is there: the timer is set only when
/// there is something to wait for.
struct Watch {
    limit: Duration,
    timer: Pin<Box<Sleep>>,
}

impl Watch {
    fn new(limit: Duration) -> Self {
        Self { limit, timer: Box::pin(tokio::time::sleep(limit)) }
    }

    /// Waits for `answer`, and gives up with nothing after the limit.
    async fn limit<F: Future>(&mut self, answer: F) -> Option<F::Output> {
        let mut answer = pin!(answer);
        let mut waits = false;
        std::future::poll_fn(|context| {
            if let Poll::Ready(output) = answer.as_mut().poll(context) {
                return Poll::Ready(Some(output));
            }
            if !waits {
                waits = true;
                self.timer.as_mut().reset(Instant::now() + self.limit);
            }
            self.timer.as_mut().poll(context).map(|()| None)
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use super::Watch;
    use std::time::Duration;

    #[tokio::test]
    async fn silence_ends_at_the_limit() {
        let mut watch = Watch::new(Duration::from_millis(20));
        assert_eq!(watch.limit(std::future::pending::<()>()).await, None);
    }

    #[tokio::test]
    async fn each_answer_has_its_own_limit() {
        let mut watch = Watch::new(Duration::from_secs(300));
        let mut deadlines = Vec::new();
        for _ in 0..3 {
            assert_eq!(watch.limit(tokio::time::sleep(Duration::from_millis(2))).await, Some(()));
            deadlines.push(watch.timer.deadline());
        }
        assert!(deadlines.is_sorted_by(|earlier, later| earlier < later));
    }
}

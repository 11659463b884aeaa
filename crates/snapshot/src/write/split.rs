//! One attempt at one split: read, encode, make visible, claim.

use std::sync::Arc;

use arrow::array::RecordBatch;
use datafusion::common::internal_datafusion_err;
use datafusion::common::runtime::SpawnedTask;
use datafusion::error::Result;
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_plan::ExecutionPlan;
use futures::StreamExt;
use tokio::sync::mpsc;

use crate::counts::counts_of;
use crate::encode::FileWriter;
use crate::manifest::RECORD_VERSION;
use crate::stats::StatsCollector;
use crate::{
    ColumnCounts, Conformed, DataFile, RunLayout, RunStore, SnapshotError, SplitManifest, StatisticsDetail, WriteSpec,
};

/// Batches read ahead of the encoder: one being encoded, one waiting.
const READ_AHEAD: usize = 1;

/// Rows that a file's encoding is chosen by. Fewer are enough when they have as many bytes, since they are held until then.
const SAMPLE_ROWS: usize = 8192;
const SAMPLE_BYTES: u64 = 4 * 1024 * 1024;

/// The rows of a split: one partition of a plan.
pub(super) struct SplitInput {
    pub(super) plan: Arc<dyn ExecutionPlan>,
    pub(super) partition: usize,
    pub(super) context: Arc<TaskContext>,
}

/// Writes `split` from `input`, unless its manifest is there already, and returns the manifest that counts: this
/// attempt's, or that of another one that was first.
///
/// # Errors
/// The input's own error, or a [`SnapshotError`]. What this attempt has written is removed first, best effort.
pub(super) async fn write(
    records: &RunStore,
    split: u32,
    spec: &WriteSpec,
    conformed: &Conformed,
    input: &SplitInput,
) -> Result<SplitManifest> {
    if let Some(manifest) = records.split(split).await? {
        tracing::debug!(split, attempt = manifest.attempt, "split is there already");
        return Ok(manifest);
    }
    let mut attempt = Attempt::try_new(records, split, spec, conformed)?;
    match attempt.run(input).await {
        Ok(manifest) => Ok(manifest),
        Err(error) => {
            attempt.undo().await;
            Err(error)
        }
    }
}

/// The state of one attempt: the file that is open, and those that are finished.
struct Attempt<'a> {
    records: &'a RunStore,
    split: u32,
    name: String,
    spec: &'a WriteSpec,
    conformed: &'a Conformed,
    /// The first rows of the next file, by which its encoding is chosen.
    first: Vec<RecordBatch>,
    open: Option<FileWriter>,
    files: Vec<DataFile>,
    stats: StatsCollector,
}

impl<'a> Attempt<'a> {
    fn try_new(records: &'a RunStore, split: u32, spec: &'a WriteSpec, conformed: &'a Conformed) -> Result<Self> {
        let name = format!("{:08x}", rand::random::<u32>());
        let stats = StatsCollector::try_new(Arc::clone(conformed.schema()), spec.statistics)?;
        Ok(Self { records, split, name, spec, conformed, first: vec![], open: None, files: vec![], stats })
    }

    async fn run(&mut self, input: &SplitInput) -> Result<SplitManifest> {
        let stream = input.plan.execute(input.partition, Arc::clone(&input.context))?;
        let (mut batches, reader) = read_ahead(stream);
        while let Some(batch) = batches.recv().await {
            self.write(&batch?).await?;
            let is_full = self.open.as_ref().is_some_and(|open| open.bytes() as u64 >= self.spec.target_file_bytes);
            if is_full && let Some(winner) = self.close_unless_late().await? {
                return Ok(winner);
            }
        }
        reader.join().await.map_err(|error| internal_datafusion_err!("reader of split {}: {error}", self.split))?;
        // The first split always has a file, so that a snapshot without rows is one valid Parquet file.
        if !self.first.is_empty() || self.split == 0 && self.open.is_none() && self.files.is_empty() {
            self.open().await?;
        }
        if let Some(winner) = self.close_unless_late().await? {
            return Ok(winner);
        }
        self.claim(counts_of(&input.plan, input.partition)).await
    }

    async fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        if batch.num_rows() == 0 {
            return Ok(());
        }
        let batch = self.conformed.apply(batch).map_err(SnapshotError::from)?;
        self.stats.see(&batch)?;
        if let Some(open) = &mut self.open {
            return Ok(open.write(&batch).await?);
        }
        self.first.push(batch);
        let rows: usize = self.first.iter().map(RecordBatch::num_rows).sum();
        let bytes: usize = self.first.iter().map(RecordBatch::get_array_memory_size).sum();
        let is_enough = rows >= SAMPLE_ROWS || bytes as u64 >= SAMPLE_BYTES.min(self.spec.target_file_bytes);
        if is_enough { self.open().await } else { Ok(()) }
    }

    /// Opens the next file, and writes its first rows.
    async fn open(&mut self) -> Result<()> {
        let name = RunLayout::data_file(self.split, &self.name, self.files.len());
        let dir = self.records.layout().data_dir();
        let first = std::mem::take(&mut self.first);
        let file = FileWriter::try_new(self.records.store(), &dir, name, self.conformed.schema(), &first)?;
        let open = self.open.insert(file);
        for batch in &first {
            open.write(batch).await?;
        }
        Ok(())
    }

    /// Makes the open file visible, unless another attempt was first: then this one is undone, and the other's manifest
    /// returned. Looking before each file keeps a late attempt out of a snapshot that is published already.
    async fn close_unless_late(&mut self) -> Result<Option<SplitManifest>> {
        let winner = self.records.split(self.split).await?;
        match winner {
            Some(_) => self.undo().await,
            None => self.close().await?,
        }
        Ok(winner)
    }

    async fn close(&mut self) -> Result<()> {
        let Some(open) = self.open.take() else {
            return Ok(());
        };
        let (file, metadata) = open.finish().await?;
        self.files.push(file);
        self.stats.add(&metadata)
    }

    /// Puts the manifest; if another attempt was first, this one's files go, and the other's manifest counts.
    async fn claim(&mut self, counts: ColumnCounts) -> Result<SplitManifest> {
        let stats = StatsCollector::try_new(Arc::clone(self.conformed.schema()), StatisticsDetail::Footers)?;
        let stats = std::mem::replace(&mut self.stats, stats).finish()?;
        let manifest = SplitManifest {
            version: RECORD_VERSION,
            split: self.split,
            attempt: self.name.clone(),
            rows: self.files.iter().map(|file| file.rows).sum(),
            bytes: self.files.iter().map(|file| file.bytes).sum(),
            // From here on the files may be named by a manifest whose put failed only in its answer: an error leaves them.
            files: std::mem::take(&mut self.files),
            columns: stats,
            counts,
        };
        let winner = self.records.put_split(manifest.clone()).await?;
        if winner.attempt != self.name {
            self.files = manifest.files;
            self.undo().await;
        }
        Ok(winner)
    }

    /// Removes what this attempt has written. What cannot be removed is removed before the run is committed.
    async fn undo(&mut self) {
        if let Some(open) = self.open.take() {
            open.abort().await;
        }
        for file in std::mem::take(&mut self.files) {
            if let Err(error) = self.records.remove_data(&file.file).await {
                tracing::warn!(file = file.file, %error, "file of a lost attempt could not be removed");
            }
        }
    }
}

/// Reads `input` beside the encoder. Dropping the returned task stops the reading.
fn read_ahead(mut input: SendableRecordBatchStream) -> (mpsc::Receiver<Result<RecordBatch>>, SpawnedTask<()>) {
    let (sender, receiver) = mpsc::channel(READ_AHEAD);
    let reader = SpawnedTask::spawn(async move {
        while let Some(batch) = input.next().await {
            if sender.send(batch).await.is_err() {
                break;
            }
        }
    });
    (receiver, reader)
}

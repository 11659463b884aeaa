//! `SnapshotWriteExec`: each input partition becomes one split of the snapshot.
//!
//! ```text
//!  SnapshotWriteExec            partition i: file(s) of split i, its manifest, one summary row
//!   ├─ input                    partition i: the rows of split i
//!   └─ split numbers            partition i: one row, i
//! ```
//!
//! Ballista restricts a task to its partitions by cutting the plan's leaves, so inside a task partition 0 may be any
//! split. The second child is a relation of split numbers that is cut along with the input's leaves, and so tells which.

use std::fmt;
use std::sync::Arc;

use arrow::array::{AsArray, Int32Array, Int64Array, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, Int32Type, Schema, SchemaRef};
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::common::{internal_datafusion_err, internal_err};
use datafusion::datasource::memory::MemorySourceConfig;
use datafusion::error::Result;
use datafusion::execution::TaskContext;
use datafusion::physical_expr::{EquivalenceProperties, PhysicalExpr};
use datafusion::physical_plan::execution_plan::{Boundedness, EmissionType};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{
    DisplayAs, DisplayFormatType, ExecutionPlan, ExecutionPlanProperties, Partitioning, PlanProperties,
    SendableRecordBatchStream,
};
use futures::TryStreamExt;
use serde::{Deserialize, Serialize};

use crate::{Conformed, RunLayout, RunStore, SplitManifest, StatisticsDetail};

mod split;

/// What a [`SnapshotWriteExec`] writes and where; travels in the plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WriteSpec {
    /// The run's place.
    pub layout: RunLayout,
    /// Bytes at which a split goes on in another file.
    pub target_file_bytes: u64,
    /// What is found out about the columns.
    #[serde(default)]
    pub statistics: StatisticsDetail,
}

/// Writes each partition of its input into Parquet files of a run, puts the split's manifest, and yields one summary row.
///
/// A partition whose manifest is there already is not read again. Running a partition twice, even at the same time,
/// leaves one attempt's files.
#[derive(Debug, Clone)]
pub struct SnapshotWriteExec {
    spec: Arc<WriteSpec>,
    input: Arc<dyn ExecutionPlan>,
    numbers: Arc<dyn ExecutionPlan>,
    conformed: Conformed,
    properties: Arc<PlanProperties>,
}

impl SnapshotWriteExec {
    /// Returns the operator over all partitions of `input`: partition `i` is split `i`.
    ///
    /// # Errors
    /// When a column of `input` cannot be stored.
    pub fn try_new(input: Arc<dyn ExecutionPlan>, spec: WriteSpec) -> Result<Self> {
        let numbers = split_numbers(input.output_partitioning().partition_count())?;
        Self::try_new_with_numbers(input, numbers, Arc::new(spec))
    }

    /// Returns the operator over `input` and its split numbers, partition by partition; used when a plan is decoded.
    ///
    /// # Errors
    /// When the two have different numbers of partitions, or a column of `input` cannot be stored.
    pub fn try_new_with_numbers(
        input: Arc<dyn ExecutionPlan>,
        numbers: Arc<dyn ExecutionPlan>,
        spec: Arc<WriteSpec>,
    ) -> Result<Self> {
        let partitions = input.output_partitioning().partition_count();
        let numbered = numbers.output_partitioning().partition_count();
        if partitions != numbered {
            return internal_err!("SnapshotWriteExec has {partitions} partitions and {numbered} split numbers");
        }
        let conformed = Conformed::try_new(&input.schema()).map_err(crate::SnapshotError::from)?;
        let properties = PlanProperties::new(
            EquivalenceProperties::new(summary_schema()),
            Partitioning::UnknownPartitioning(partitions),
            EmissionType::Final,
            Boundedness::Bounded,
        );
        Ok(Self { spec, input, numbers, conformed, properties: Arc::new(properties) })
    }

    /// Returns what is written and where.
    pub fn spec(&self) -> &WriteSpec {
        &self.spec
    }

    /// Returns the schema of the files: the catalog's column names and portable types.
    pub fn file_schema(&self) -> &SchemaRef {
        self.conformed.schema()
    }
}

/// One partition per split, holding the split's number.
fn split_numbers(splits: usize) -> Result<Arc<dyn ExecutionPlan>> {
    let schema = Arc::new(Schema::new(vec![Field::new("split", DataType::Int32, false)]));
    let partition = |split: usize| {
        let split = i32::try_from(split).map_err(|_| internal_datafusion_err!("split {split} is out of range"))?;
        let column = Arc::new(Int32Array::from(vec![split]));
        Ok(vec![RecordBatch::try_new(Arc::clone(&schema), vec![column])?])
    };
    let partitions = (0..splits).map(partition).collect::<Result<Vec<_>>>()?;
    let exec = MemorySourceConfig::try_new_exec(&partitions, Arc::clone(&schema), None)?;
    Ok(exec)
}

fn summary_schema() -> SchemaRef {
    Arc::new(Schema::new(vec![
        Field::new("split", DataType::Int32, false),
        Field::new("rows", DataType::Int64, false),
        Field::new("bytes", DataType::Int64, false),
        Field::new("attempt", DataType::Utf8, false),
    ]))
}

fn summary(manifest: &SplitManifest) -> Result<RecordBatch> {
    let number = |value: u64| i64::try_from(value).unwrap_or(i64::MAX);
    let split = i32::try_from(manifest.split).unwrap_or(i32::MAX);
    let columns: Vec<arrow::array::ArrayRef> = vec![
        Arc::new(Int32Array::from(vec![split])),
        Arc::new(Int64Array::from(vec![number(manifest.rows)])),
        Arc::new(Int64Array::from(vec![number(manifest.bytes)])),
        Arc::new(StringArray::from(vec![manifest.attempt.as_str()])),
    ];
    Ok(RecordBatch::try_new(summary_schema(), columns)?)
}

async fn split_number(mut numbers: SendableRecordBatchStream) -> Result<u32> {
    let batch = numbers.try_next().await?.filter(|batch| batch.num_rows() == 1);
    let Some(batch) = batch else {
        return internal_err!("SnapshotWriteExec found no split number");
    };
    let number = batch.column(0).as_primitive::<Int32Type>().value(0);
    u32::try_from(number).map_err(|_| internal_datafusion_err!("split number {number} is negative"))
}

impl DisplayAs for SnapshotWriteExec {
    fn fmt_as(&self, _format: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let splits = self.input.output_partitioning().partition_count();
        write!(f, "SnapshotWriteExec: location={}, splits={splits}", self.spec.layout.location())
    }
}

impl ExecutionPlan for SnapshotWriteExec {
    fn name(&self) -> &str {
        "SnapshotWriteExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        vec![&self.input, &self.numbers]
    }

    fn benefits_from_input_partitioning(&self) -> Vec<bool> {
        vec![false, false]
    }

    fn maintains_input_order(&self) -> Vec<bool> {
        vec![true, true]
    }

    fn apply_expressions(
        &self,
        _visit: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        Ok(TreeNodeRecursion::Continue)
    }

    fn with_new_children(self: Arc<Self>, children: Vec<Arc<dyn ExecutionPlan>>) -> Result<Arc<dyn ExecutionPlan>> {
        let Ok([input, numbers]) = <[_; 2]>::try_from(children) else {
            return internal_err!("SnapshotWriteExec has two children");
        };
        Ok(Arc::new(Self::try_new_with_numbers(input, numbers, Arc::clone(&self.spec))?))
    }

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let store = context.runtime_env().object_store(self.spec.layout.warehouse.store_url())?;
        let numbers = self.numbers.execute(partition, Arc::clone(&context))?;
        let (input, spec, conformed) = (Arc::clone(&self.input), Arc::clone(&self.spec), self.conformed.clone());
        let written = async move {
            let split = split_number(numbers).await?;
            let records = RunStore::new(store, spec.layout.clone());
            let input = split::SplitInput { plan: input, partition, context };
            let manifest = split::write(&records, split, &spec, &conformed, &input).await?;
            summary(&manifest)
        };
        let stream = futures::stream::once(written);
        Ok(Box::pin(RecordBatchStreamAdapter::new(summary_schema(), stream)))
    }
}

#[cfg(test)]
mod tests;

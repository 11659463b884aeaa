//! `MySqlReadExec`: the operator that turns each row of the splits relation into that split's rows.

use crate::origin::Origin;
use crate::read::{Sink, SplitReader};
use crate::spec::{DateNullCount, ReadSpec};
use crate::split::splits_of;
use arrow::array::RecordBatch;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::common::{DataFusionError, Result, internal_datafusion_err};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_expr::{EquivalenceProperties, Partitioning, PhysicalExpr};
use datafusion::physical_plan::execution_plan::{Boundedness, EmissionType};
use datafusion::physical_plan::metrics::{Count, ExecutionPlanMetricsSet, MetricBuilder, MetricsSet, Time};
use datafusion::physical_plan::stream::RecordBatchReceiverStreamBuilder;
use datafusion::physical_plan::{
    ChildrenPropertiesMode, DisplayAs, DisplayFormatType, ExecutionPlan, PlanProperties, ReplaceChildrenOptions,
};
use futures::StreamExt;
use std::fmt;
use std::sync::Arc;
use tokio::sync::mpsc::Sender;

/// How many batches may wait for whoever takes them, beyond the one that is being filled.
const WAITING_BATCHES: usize = 1;

/// Reads MySQL: for each row of its input, a split, it yields the rows of that split.
///
/// ```text
/// MySqlReadExec: table=…            partition 0: rows of split 0, partition 1: rows of split 1, …
///   DataSourceExec: partitions=n    partition 0: [split 0],       partition 1: [split 1],       …
/// ```
///
/// It is no leaf, because Ballista cuts a stage into tasks by rewriting the leaves it knows, and would send one
/// that it does not know whole to every task. Partitions and their order are those of the input.
///
/// Dropping its stream ends the query: the connection is closed without reading the rest, and the server is
/// told over another one to end the session.
#[derive(Debug)]
pub struct MySqlReadExec {
    input: Arc<dyn ExecutionPlan>,
    spec: Arc<ReadSpec>,
    properties: Arc<PlanProperties>,
    metrics: ExecutionPlanMetricsSet,
}

impl MySqlReadExec {
    /// Reads what `spec` describes, in the splits that `input`, a
    /// [`splits_relation`](crate::splits_relation), yields.
    ///
    /// # Errors
    /// If `input` is not such a relation.
    pub fn try_new(input: Arc<dyn ExecutionPlan>, spec: Arc<ReadSpec>) -> Result<Self> {
        if input.schema().fields().len() != 3 {
            return Err(internal_datafusion_err!("the input of MySqlReadExec is no relation of splits"));
        }
        let properties = Arc::new(PlanProperties::new(
            EquivalenceProperties::new(spec.arrow_schema()),
            Partitioning::UnknownPartitioning(input.properties().partitioning.partition_count()),
            EmissionType::Incremental,
            Boundedness::Bounded,
        ));
        Ok(Self { input, spec, properties, metrics: ExecutionPlanMetricsSet::new() })
    }

    /// Returns what is read.
    #[must_use]
    pub fn spec(&self) -> &Arc<ReadSpec> {
        &self.spec
    }

    /// Returns the relation of splits.
    #[must_use]
    pub fn input(&self) -> &Arc<dyn ExecutionPlan> {
        &self.input
    }
}

impl DisplayAs for MySqlReadExec {
    fn fmt_as(&self, format: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let spec = &self.spec;
        if matches!(format, DisplayFormatType::TreeRender) {
            return write!(f, "{}", shown(&spec.origin));
        }
        let columns: Vec<&str> = spec.columns.iter().map(|column| column.name.as_str()).collect();
        let splits = self.properties.partitioning.partition_count();
        write!(f, "MySqlReadExec: {}, columns=[{}], splits={splits}", shown(&spec.origin), columns.join(", "))?;
        let conditions: Vec<&str> = spec.filter.iter().chain(&spec.pushed).map(String::as_str).collect();
        if !conditions.is_empty() {
            write!(f, ", where={}", conditions.join(" AND "))?;
        }
        if let Some(limit) = spec.limit {
            write!(f, ", limit={limit}")?;
        }
        Ok(())
    }
}

fn shown(origin: &Origin) -> String {
    match origin {
        Origin::Table(table) => format!("table={table}"),
        Origin::Query(query) => format!("query={query}"),
    }
}

impl ExecutionPlan for MySqlReadExec {
    fn name(&self) -> &'static str {
        "MySqlReadExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn maintains_input_order(&self) -> Vec<bool> {
        vec![true]
    }

    fn benefits_from_input_partitioning(&self) -> Vec<bool> {
        vec![false]
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        vec![&self.input]
    }

    fn apply_expressions(
        &self,
        _f: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        Ok(TreeNodeRecursion::Continue)
    }

    fn replace_children(
        self: Arc<Self>,
        children: Vec<Arc<dyn ExecutionPlan>>,
        _options: ReplaceChildrenOptions,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let [input] = <[_; 1]>::try_from(children)
            .map_err(|_| internal_datafusion_err!("MySqlReadExec has exactly one input"))?;
        Ok(Arc::new(Self::try_new(input, Arc::clone(&self.spec))?))
    }

    fn with_new_children(self: Arc<Self>, children: Vec<Arc<dyn ExecutionPlan>>) -> Result<Arc<dyn ExecutionPlan>> {
        self.replace_children(children, ReplaceChildrenOptions::new(ChildrenPropertiesMode::Recompute))
    }

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let mut splits = self.input.execute(partition, context)?;
        let mut stream = RecordBatchReceiverStreamBuilder::new(self.schema(), WAITING_BATCHES);
        let mut sink = Batches {
            out: stream.tx(),
            metrics: ReadMetrics::new(&self.metrics, partition),
            all: self.metrics.clone(),
            partition,
        };
        let mut reader = SplitReader::new(Arc::clone(&self.spec));
        // A task of its own reads on while the batches before are being written.
        stream.spawn(async move {
            while let Some(batch) = splits.next().await {
                for split in splits_of(&batch?)? {
                    let begin = std::time::Instant::now();
                    reader.read(&split, &mut sink).await?;
                    sink.metrics.read_time.add_elapsed(begin);
                    tracing::debug!(split = split.number, range = %split.range, "split read");
                }
            }
            reader.close().await
        });
        Ok(stream.build())
    }

    fn metrics(&self) -> Option<MetricsSet> {
        Some(self.metrics.clone_inner())
    }
}

/// What one partition has read so far.
struct ReadMetrics {
    output_rows: Count,
    output_bytes: Count,
    read_time: Time,
}

impl ReadMetrics {
    fn new(metrics: &ExecutionPlanMetricsSet, partition: usize) -> Self {
        Self {
            output_rows: MetricBuilder::new(metrics).output_rows(partition),
            output_bytes: MetricBuilder::new(metrics).output_bytes(partition),
            read_time: MetricBuilder::new(metrics).subset_time("read_time", partition),
        }
    }
}

/// Hands batches to the stream of a partition.
struct Batches {
    out: Sender<Result<RecordBatch, DataFusionError>>,
    metrics: ReadMetrics,
    all: ExecutionPlanMetricsSet,
    partition: usize,
}

impl Sink for Batches {
    async fn take(&mut self, batch: RecordBatch, nulled: &[DateNullCount]) -> bool {
        self.metrics.output_rows.add(batch.num_rows());
        self.metrics.output_bytes.add(batch.get_array_memory_size());
        for count in nulled {
            self.count_nulled(count);
        }
        self.out.send(Ok(batch)).await.is_ok()
    }
}

/// Names of the metrics that count dates that became NULL, with the column as their label: whoever publishes the rows
/// says so in its report.
const ZERO_DATES: &str = "zero_dates";
const INVALID_DATES: &str = "invalid_dates";

impl Batches {
    fn count_nulled(&self, count: &DateNullCount) {
        for (name, dates) in [(ZERO_DATES, count.zero), (INVALID_DATES, count.invalid)] {
            let builder = MetricBuilder::new(&self.all).with_new_label("column", count.column.clone());
            if let (Ok(dates), true) = (usize::try_from(dates), dates > 0) {
                builder.counter(name, self.partition).add(dates);
            }
        }
    }
}

#[cfg(test)]
mod tests;

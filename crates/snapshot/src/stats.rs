//! A file's footer → what it holds per column.

use arrow::array::RecordBatch;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::error::Result;
use datafusion::scalar::ScalarValue;
use parquet::arrow::arrow_reader::statistics::StatisticsConverter;
use parquet::file::metadata::ParquetMetaData;

use crate::detail::DetailCollector;
use crate::{ColumnStats, StatisticsDetail};

/// Collects column statistics over the files of a split.
#[derive(Debug)]
pub(crate) struct StatsCollector {
    schema: SchemaRef,
    columns: Vec<Bounds>,
    detail: Option<DetailCollector>,
}

#[derive(Debug, Clone, Default)]
struct Bounds {
    nulls: u64,
    min: Option<ScalarValue>,
    max: Option<ScalarValue>,
}

impl StatsCollector {
    /// Returns a collector that has seen nothing.
    pub(crate) fn try_new(schema: SchemaRef, detail: StatisticsDetail) -> Result<Self> {
        let columns = vec![Bounds::default(); schema.fields().len()];
        let detail = match detail {
            StatisticsDetail::Footers => None,
            StatisticsDetail::Values => Some(DetailCollector::try_new(&schema)?),
        };
        Ok(Self { schema, columns, detail })
    }

    /// Looks at the rows of a batch, if that is asked for.
    pub(crate) fn see(&mut self, batch: &RecordBatch) -> Result<()> {
        self.detail.as_mut().map_or(Ok(()), |detail| detail.add(batch))
    }

    /// Adds a finished file.
    pub(crate) fn add(&mut self, file: &ParquetMetaData) -> Result<()> {
        let parquet_schema = file.file_metadata().schema_descr();
        for (field, bounds) in self.schema.fields().iter().zip(&mut self.columns) {
            let converter = StatisticsConverter::try_new(field.name(), &self.schema, parquet_schema)?;
            let nulls = converter.row_group_null_counts(file.row_groups())?;
            bounds.nulls += nulls.iter().flatten().sum::<u64>();
            let mins = converter.row_group_mins(file.row_groups())?;
            let maxes = converter.row_group_maxes(file.row_groups())?;
            for group in 0..file.num_row_groups() {
                keep(&mut bounds.min, scalar(&mins, group), std::cmp::Ordering::Less);
                keep(&mut bounds.max, scalar(&maxes, group), std::cmp::Ordering::Greater);
            }
        }
        Ok(())
    }

    /// Returns the statistics of all files added.
    pub(crate) fn finish(self) -> Result<Vec<ColumnStats>> {
        let bounds: Vec<_> = self.columns.iter().map(|bounds| (bounds.min.clone(), bounds.max.clone())).collect();
        let details = match self.detail {
            Some(detail) => detail.finish(&bounds)?.into_iter().map(Some).collect(),
            None => vec![None; bounds.len()],
        };
        let text = |value: Option<ScalarValue>| value.map(|value| value.to_string());
        let columns = self.schema.fields().iter().zip(self.columns).zip(details);
        let stats = columns.map(|((field, bounds), detail)| ColumnStats {
            name: field.name().clone(),
            nulls: bounds.nulls,
            min: text(bounds.min),
            max: text(bounds.max),
            detail,
        });
        Ok(stats.collect())
    }
}

fn scalar(values: &dyn datafusion::arrow::array::Array, index: usize) -> Option<ScalarValue> {
    ScalarValue::try_from_array(values, index).ok().filter(|value| !value.is_null())
}

fn keep(best: &mut Option<ScalarValue>, candidate: Option<ScalarValue>, wanted: std::cmp::Ordering) {
    let Some(candidate) = candidate else {
        return;
    };
    let better = best.as_ref().is_none_or(|best| candidate.partial_cmp(best) == Some(wanted));
    if better {
        *best = Some(candidate);
    }
}

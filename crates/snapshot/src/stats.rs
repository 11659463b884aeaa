//! A file's footer → what it holds per column.

use datafusion::arrow::datatypes::SchemaRef;
use datafusion::scalar::ScalarValue;
use parquet::arrow::arrow_reader::statistics::StatisticsConverter;
use parquet::errors::Result;
use parquet::file::metadata::ParquetMetaData;

use crate::ColumnStats;

/// Collects column statistics over the files of a split.
#[derive(Debug)]
pub(crate) struct StatsCollector {
    schema: SchemaRef,
    columns: Vec<Bounds>,
}

#[derive(Debug, Clone, Default)]
struct Bounds {
    nulls: u64,
    min: Option<ScalarValue>,
    max: Option<ScalarValue>,
}

impl StatsCollector {
    /// Returns a collector that has seen no file.
    pub(crate) fn new(schema: SchemaRef) -> Self {
        let columns = vec![Bounds::default(); schema.fields().len()];
        Self { schema, columns }
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
    pub(crate) fn finish(self) -> Vec<ColumnStats> {
        let fields = self.schema.fields().iter();
        let text = |value: Option<ScalarValue>| value.map(|value| value.to_string());
        fields
            .zip(self.columns)
            .map(|(field, bounds)| ColumnStats {
                name: field.name().clone(),
                nulls: bounds.nulls,
                min: text(bounds.min),
                max: text(bounds.max),
            })
            .collect()
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

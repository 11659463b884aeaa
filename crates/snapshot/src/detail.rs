//! What a planner wants to know of a column beyond a file's footer, when it is asked for: how many different values there
//! are, how long they are, how many are true.

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::datatypes::SchemaRef;
use datafusion::error::Result;
use datafusion::scalar::ScalarValue;
use serde::{Deserialize, Serialize};

use crate::sketch::DistinctSketch;

/// How much of a column's statistics a run collects.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum StatisticsDetail {
    /// What the files' footers hold.
    #[default]
    Footers,
    /// That, and what takes a look at every value.
    Values,
}

/// What a split holds in one column, beyond [`ColumnStats`](crate::ColumnStats).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ColumnDetail {
    /// A sketch of the different values, packed.
    pub distinct: String,
    /// The least value of a column of numbers or moments: in digits, a decimal without its point, a date in days, a
    /// timestamp in its own unit, since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub least: Option<String>,
    /// The greatest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub greatest: Option<String>,
    /// Bytes of all values of a column of text or bytes, and of the longest.
    pub bytes: u64,
    /// Bytes of the longest value.
    pub longest: u64,
    /// How many values of a column of booleans are true.
    pub trues: u64,
}

/// Looks at the values of a split's columns.
#[derive(Debug)]
pub(crate) struct DetailCollector {
    columns: Vec<(DistinctSketch, ColumnDetail)>,
}

impl DetailCollector {
    /// Returns a collector that has seen no row.
    pub(crate) fn try_new(schema: &SchemaRef) -> Result<Self> {
        let column = |_| Ok((DistinctSketch::try_new()?, ColumnDetail::default()));
        let columns = schema.fields().iter().map(column).collect::<Result<_>>()?;
        Ok(Self { columns })
    }

    /// Adds a batch.
    pub(crate) fn add(&mut self, batch: &RecordBatch) -> Result<()> {
        for (values, (sketch, detail)) in batch.columns().iter().zip(&mut self.columns) {
            sketch.add(values)?;
            let lengths = lengths(values);
            detail.bytes += lengths.iter().sum::<u64>();
            detail.longest = lengths.into_iter().chain([detail.longest]).max().unwrap_or_default();
            detail.trues += trues(values);
        }
        Ok(())
    }

    /// Returns what was seen, given the bounds of the columns in the same order.
    pub(crate) fn finish(self, bounds: &[(Option<ScalarValue>, Option<ScalarValue>)]) -> Result<Vec<ColumnDetail>> {
        let detail = |((mut sketch, detail), (least, greatest)): ((DistinctSketch, ColumnDetail), &(_, _))| {
            let digits = |bound: &Option<ScalarValue>| bound.as_ref().and_then(digits);
            let (least, greatest) = (digits(least), digits(greatest));
            Ok(ColumnDetail { distinct: sketch.pack()?, least, greatest, ..detail })
        };
        self.columns.into_iter().zip(bounds).map(detail).collect()
    }
}

/// The lengths in bytes of values of text or bytes; of other values none.
fn lengths(values: &ArrayRef) -> Vec<u64> {
    let rows = (0..values.len()).filter(|row| values.is_valid(*row));
    if let Some(texts) = values.as_string_opt::<i32>() {
        return rows.map(|row| texts.value_length(row).unsigned_abs().into()).collect();
    }
    if let Some(bytes) = values.as_binary_opt::<i32>() {
        return rows.map(|row| bytes.value_length(row).unsigned_abs().into()).collect();
    }
    vec![]
}

fn trues(values: &ArrayRef) -> u64 {
    let booleans = values.as_boolean_opt();
    booleans.map_or(0, |booleans| booleans.true_count() as u64)
}

/// Returns a bound as digits that can be compared with others of its column; of text and bytes, whose bounds are cut, none.
#[expect(clippy::wildcard_enum_match_arm, reason = "a stored column has no other type whose bounds are numbers")]
fn digits(bound: &ScalarValue) -> Option<String> {
    use ScalarValue as S;
    let text = |number: &dyn std::fmt::Display| Some(number.to_string());
    match bound {
        S::Int8(Some(value)) => text(value),
        S::Int16(Some(value)) => text(value),
        S::Int32(Some(value)) | S::Date32(Some(value)) => text(value),
        S::Int64(Some(value)) | S::TimestampMillisecond(Some(value), _) | S::TimestampMicrosecond(Some(value), _) => {
            text(value)
        }
        S::Decimal128(Some(value), _, _) => text(value),
        S::Float32(Some(value)) => text(value),
        S::Float64(Some(value)) => text(value),
        _ => None,
    }
}

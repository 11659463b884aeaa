//! How many different values a column holds, to within about a percent, in a few kilobytes: a HyperLogLog.
//!
//! The registers are those of DataFusion's `approx_distinct`, over hashes with a fixed seed: so sketches of splits that
//! were written on different machines can be merged.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, BinaryArray, UInt64Array};
use arrow::datatypes::{DataType, Field, Schema};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use datafusion::common::hash_utils::{HLL_RANDOM_STATE, create_hashes};
use datafusion::common::internal_err;
use datafusion::error::{DataFusionError, Result};
use datafusion::functions_aggregate::approx_distinct::approx_distinct_udaf;
use datafusion::logical_expr::Accumulator;
use datafusion::physical_expr::aggregate::AggregateExprBuilder;
use datafusion::physical_expr::expressions::col;
use datafusion::scalar::ScalarValue;

/// How hard the registers are packed: many are equal.
const PACKING: i32 = 3;

/// The most that registers can be when they are unpacked.
const MOST_BYTES: usize = 1 << 16;

/// A sketch of the values of one column.
#[derive(Debug)]
pub(crate) struct DistinctSketch(Box<dyn Accumulator>);

impl DistinctSketch {
    /// Returns the sketch of no values.
    pub(crate) fn try_new() -> Result<Self> {
        let schema = Arc::new(Schema::new(vec![Field::new("hash", DataType::UInt64, true)]));
        let hash = col("hash", &schema)?;
        let count = AggregateExprBuilder::new(approx_distinct_udaf(), vec![hash]).schema(schema).alias("distinct");
        Ok(Self(count.build()?.create_accumulator()?))
    }

    /// Adds the values of an array, but for NULLs.
    pub(crate) fn add(&mut self, values: &ArrayRef) -> Result<()> {
        let mut hashes = vec![0; values.len()];
        create_hashes([values], &HLL_RANDOM_STATE, &mut hashes)?;
        let hashes = UInt64Array::new(hashes.into(), values.logical_nulls());
        self.0.update_batch(&[Arc::new(hashes)])
    }

    /// Adds all values of another sketch, given packed.
    ///
    /// # Errors
    /// When it is not what [`Self::pack`] returns.
    pub(crate) fn merge(&mut self, packed: &str) -> Result<()> {
        let external = |error| DataFusionError::External(Box::new(error));
        let bytes = BASE64_STANDARD.decode(packed).map_err(external)?;
        let registers = zstd::bulk::decompress(&bytes, MOST_BYTES)?;
        self.0.merge_batch(&[Arc::new(BinaryArray::from_vec(vec![registers.as_slice()]))])
    }

    /// Returns the sketch as text.
    pub(crate) fn pack(&mut self) -> Result<String> {
        let state = self.0.state()?;
        let [ScalarValue::Binary(Some(registers))] = state.as_slice() else {
            return internal_err!("approx_distinct keeps {state:?}");
        };
        Ok(BASE64_STANDARD.encode(zstd::bulk::compress(registers, PACKING)?))
    }

    /// Returns about how many different values were added.
    pub(crate) fn count(&mut self) -> Result<u64> {
        let counted = self.0.evaluate()?;
        let ScalarValue::UInt64(Some(count)) = counted else {
            return internal_err!("approx_distinct counts {counted:?}");
        };
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use arrow::array::{Decimal128Array, Int64Array, StringArray};

    use super::*;

    fn count(arrays: &[ArrayRef]) -> u64 {
        let mut sketch = DistinctSketch::try_new().unwrap();
        arrays.iter().for_each(|array| sketch.add(array).unwrap());
        sketch.count().unwrap()
    }

    fn numbers(range: std::ops::Range<i64>) -> ArrayRef {
        Arc::new(Int64Array::from_iter_values(range))
    }

    #[test]
    fn a_count_is_right_to_within_three_percent_however_often_values_come() {
        for many in [0_i64, 1, 10, 1_000, 100_000] {
            let found = count(&[numbers(0..many), numbers(0..many)]);
            let off = (found as f64 - many as f64).abs();
            assert!(off <= 0.03 * many as f64, "{found} of {many}");
        }
    }

    #[test]
    fn nulls_are_no_values_and_every_type_is_counted() {
        let text: ArrayRef = Arc::new(StringArray::from(vec![Some("a"), None, Some("b"), Some("a")]));
        assert_eq!(count(&[text]), 2);
        let decimals: ArrayRef = Arc::new(Decimal128Array::from(vec![Some(1), Some(1), None]));
        assert_eq!(count(&[decimals]), 1);
        assert_eq!(count(&[Arc::new(arrow::array::Float64Array::from(vec![0.5, 0.5, 1.5]))]), 2);
        assert_eq!(count(&[Arc::new(arrow::array::NullArray::new(3))]), 0);
    }

    #[test]
    fn merged_sketches_count_values_of_both_once() {
        let mut sketches = [0..6_000, 4_000..10_000].map(|range| {
            let mut sketch = DistinctSketch::try_new().unwrap();
            sketch.add(&numbers(range)).unwrap();
            sketch.pack().unwrap()
        });
        sketches.sort();
        let mut all = DistinctSketch::try_new().unwrap();
        sketches.iter().for_each(|packed| all.merge(packed).unwrap());
        assert_eq!(all.count().unwrap(), count(&[numbers(0..10_000)]));
        assert!(all.merge("no sketch").is_err());
    }
}

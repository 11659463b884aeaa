//! Dictionary or plain, per column, from the first rows of a file.
//!
//! A dictionary of values that hardly repeat costs the encoder a hash table of all of them and saves next to nothing.

use arrow::array::{Array, ArrayRef, RecordBatch};
use datafusion::common::hash_utils::{HLL_RANDOM_STATE, create_hashes};
use datafusion::error::Result;

/// Rows below which nothing is known.
const FEWEST_ROWS: usize = 256;

/// How many bits there are for each row.
const BITS_PER_ROW: usize = 8;

/// Returns the names of those columns of `sample` whose values repeat less than twice on average.
///
/// # Errors
/// When a column's values have no hash, which no stored type is the case of.
pub(crate) fn columns_without_repetition(sample: &[RecordBatch]) -> Result<Vec<String>> {
    let Some(first) = sample.first() else { return Ok(vec![]) };
    let mut names = vec![];
    for (index, field) in first.schema_ref().fields().iter().enumerate() {
        let columns: Vec<&ArrayRef> = sample.iter().map(|batch| batch.column(index)).collect();
        let rows: usize = columns.iter().map(|column| column.len() - column.null_count()).sum();
        if rows >= FEWEST_ROWS && distinct(&columns)? * 2.0 > rows as f64 {
            names.push(field.name().clone());
        }
    }
    Ok(names)
}

/// Returns about how many different values a column has in its pieces, to within a few percent: the bits that no value's hash
/// sets, of many more than there are rows, tell it ("linear counting").
fn distinct(pieces: &[&ArrayRef]) -> Result<f64> {
    let rows: usize = pieces.iter().map(|piece| piece.len()).sum();
    let mut unset = vec![true; (rows * BITS_PER_ROW).next_power_of_two()];
    let bits = unset.len() as u64;
    for piece in pieces {
        let mut hashes = vec![0; piece.len()];
        create_hashes([*piece], &HLL_RANDOM_STATE, &mut hashes)?;
        for (_, hash) in hashes.iter().enumerate().filter(|(row, _)| piece.is_valid(*row)) {
            if let Some(unset) = usize::try_from(hash % bits).ok().and_then(|bit| unset.get_mut(bit)) {
                *unset = false;
            }
        }
    }
    let left = unset.iter().filter(|unset| **unset).count();
    Ok(bits as f64 * (bits as f64 / left as f64).ln())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{Int64Array, StringArray};

    use super::*;

    #[test]
    fn keys_go_without_and_codes_with_a_dictionary() {
        let keys = Arc::new(Int64Array::from_iter_values(0..1000)) as ArrayRef;
        let codes = Arc::new(StringArray::from_iter_values((0..1000).map(|i| format!("c{}", i % 7)))) as ArrayRef;
        let mostly_null = Arc::new(Int64Array::from_iter((0..1000).map(|i| (i < 10).then_some(i)))) as ArrayRef;
        let sample = RecordBatch::try_from_iter([("key", keys), ("code", codes), ("rare", mostly_null)]).unwrap();
        assert_eq!(columns_without_repetition(&[sample.slice(0, 300), sample.slice(300, 700)]).unwrap(), ["key"]);
        assert_eq!(columns_without_repetition(&[sample.slice(0, 100)]).unwrap(), [""; 0]);
        assert_eq!(columns_without_repetition(&[]).unwrap(), [""; 0]);
    }
}

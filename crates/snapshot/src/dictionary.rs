//! Dictionary or plain, per column, from the first rows of a file.
//!
//! A dictionary of values that hardly repeat costs the encoder a hash table of all of them and saves next to nothing.

use std::collections::HashSet;

use arrow::array::{ArrayRef, RecordBatch};
use arrow::error::ArrowError;
use arrow::row::{RowConverter, SortField};

/// Rows below which nothing is known.
const FEWEST_ROWS: usize = 256;

/// Returns the names of those columns of `sample` whose values repeat less than twice on average.
///
/// # Errors
/// When a column's values cannot be compared, which no stored type is the case of.
pub(crate) fn columns_without_repetition(sample: &RecordBatch) -> Result<Vec<String>, ArrowError> {
    let mut names = vec![];
    for (field, column) in sample.schema().fields().iter().zip(sample.columns()) {
        let rows = column.len() - column.null_count();
        if rows >= FEWEST_ROWS && distinct(column)? * 2 > rows {
            names.push(field.name().clone());
        }
    }
    Ok(names)
}

fn distinct(column: &ArrayRef) -> Result<usize, ArrowError> {
    let converter = RowConverter::new(vec![SortField::new(column.data_type().clone())])?;
    let rows = converter.convert_columns(std::slice::from_ref(column))?;
    let values: HashSet<&[u8]> = rows.iter().map(|row| row.data()).collect();
    Ok(values.len())
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
        assert_eq!(columns_without_repetition(&sample).unwrap(), ["key"]);
        assert_eq!(columns_without_repetition(&sample.slice(0, 100)).unwrap(), [""; 0]);
    }
}

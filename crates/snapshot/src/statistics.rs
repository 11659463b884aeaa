//! What the splits found out about a column → the column's statistics in the catalog. Pure.

use std::collections::BTreeMap;
use std::str::FromStr;

use datafusion::error::Result;
use springald_catalog::{Column, ColumnStatistics, Lengths, ValueStatistics};

use crate::sketch::DistinctSketch;
use crate::{ColumnDetail, ColumnStats, SplitManifest};

/// Returns the statistics of `columns` over all splits, or none if a split with rows has not looked at its values.
///
/// # Errors
/// When a sketch is damaged.
pub(crate) fn merged(manifests: &[SplitManifest], columns: &[Column]) -> Result<Vec<ColumnStatistics>> {
    let with_rows = manifests.iter().filter(|manifest| manifest.rows > 0);
    let mut found: BTreeMap<&str, Vec<(&SplitManifest, &ColumnStats, &ColumnDetail)>> = BTreeMap::new();
    let mut any = false;
    for manifest in with_rows {
        for stats in &manifest.columns {
            let Some(detail) = &stats.detail else { return Ok(vec![]) };
            found.entry(&stats.name).or_default().push((manifest, stats, detail));
            any = true;
        }
    }
    if !any {
        return Ok(vec![]);
    }
    let of_column = |column: &Column| {
        let parts = found.get(column.name.as_str()).map_or(&[][..], Vec::as_slice);
        Ok(statistics(column, parts)?.into_iter().collect::<Vec<_>>())
    };
    let all = columns.iter().map(of_column).collect::<Result<Vec<_>>>()?;
    Ok(all.concat())
}

/// Returns a column's statistics; a column of a kind that the catalog has none for has none.
fn statistics(
    column: &Column,
    parts: &[(&SplitManifest, &ColumnStats, &ColumnDetail)],
) -> Result<Option<ColumnStatistics>> {
    let nulls: u64 = parts.iter().map(|(_, stats, _)| stats.nulls).sum();
    let rows: u64 = parts.iter().map(|(manifest, _, _)| manifest.rows).sum();
    let details: Vec<&ColumnDetail> = parts.iter().map(|(_, _, detail)| *detail).collect();
    let Some(values) = values(&column.type_, rows.saturating_sub(nulls), &details) else { return Ok(None) };
    let mut sketch = DistinctSketch::try_new()?;
    details.iter().try_for_each(|detail| sketch.merge(&detail.distinct))?;
    let (name, type_) = (column.name.clone(), column.type_.clone());
    Ok(Some(ColumnStatistics { column: name, type_, nulls, distinct: sketch.count()?, values }))
}

fn values(type_: &str, valid: u64, details: &[&ColumnDetail]) -> Option<ValueStatistics> {
    let longest = details.iter().map(|detail| detail.longest).max().unwrap_or_default();
    let bytes: u64 = details.iter().map(|detail| detail.bytes).sum();
    let lengths = Lengths { longest, average: if valid == 0 { 0.0 } else { bytes as f64 / valid as f64 } };
    let trues: u64 = details.iter().map(|detail| detail.trues).sum();
    Some(match type_ {
        "boolean" => ValueStatistics::Boolean { trues, falses: valid.saturating_sub(trues) },
        "tinyint" | "smallint" | "int" | "bigint" => ValueStatistics::Long { bounds: bounds(details) },
        "float" | "double" => ValueStatistics::Double { bounds: bounds(details) },
        "date" => ValueStatistics::Date { bounds: bounds(details) },
        "string" => ValueStatistics::String { lengths },
        "binary" => ValueStatistics::Binary { lengths },
        decimal => {
            let (_, scale) = decimal.strip_prefix("decimal(")?.strip_suffix(')')?.split_once(',')?;
            ValueStatistics::Decimal { bounds: bounds(details), scale: scale.trim().parse().ok()? }
        }
    })
}

/// Returns the least and the greatest value of all splits, or nothing where a bound is no number of this kind.
fn bounds<T: FromStr + PartialOrd + Copy>(details: &[&ColumnDetail]) -> Option<(T, T)> {
    let parsed = |bound: fn(&ColumnDetail) -> &Option<String>| {
        let digits = details.iter().filter_map(move |detail| bound(detail).as_deref());
        digits.map(|digits| digits.parse::<T>().ok()).collect::<Option<Vec<T>>>()
    };
    let least = parsed(|detail| &detail.least)?.into_iter().reduce(|a, b| if b < a { b } else { a })?;
    let greatest = parsed(|detail| &detail.greatest)?.into_iter().reduce(|a, b| if b > a { b } else { a })?;
    Some((least, greatest))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{
        ArrayRef, BooleanArray, Date32Array, Decimal128Array, Float64Array, Int32Array, RecordBatch, StringArray,
    };

    use super::*;
    use crate::detail::DetailCollector;
    use crate::manifest::RECORD_VERSION;
    use datafusion::scalar::ScalarValue;

    /// The manifest of a split with one column of `values`.
    fn manifest(values: ArrayRef) -> SplitManifest {
        let batch = RecordBatch::try_from_iter_with_nullable([("x", Arc::clone(&values), true)]).unwrap();
        let mut collector = DetailCollector::try_new(&batch.schema()).unwrap();
        collector.add(&batch).unwrap();
        let all: Vec<ScalarValue> = (0..values.len())
            .map(|row| ScalarValue::try_from_array(&values, row).unwrap())
            .filter(|value| !value.is_null())
            .collect();
        let least = all.iter().cloned().reduce(|a, b| if b < a { b } else { a });
        let greatest = all.iter().cloned().reduce(|a, b| if b > a { b } else { a });
        let detail = collector.finish(&[(least, greatest)]).unwrap().pop();
        let stats =
            ColumnStats { name: "x".to_owned(), nulls: values.null_count() as u64, min: None, max: None, detail };
        SplitManifest {
            version: RECORD_VERSION,
            split: 0,
            attempt: "a".to_owned(),
            files: vec![],
            rows: values.len() as u64,
            bytes: 1,
            columns: vec![stats],
            counts: Default::default(),
        }
    }

    fn of(type_: &str, splits: [ArrayRef; 2]) -> ColumnStatistics {
        let manifests = splits.map(manifest);
        let columns = [Column::new("x", type_)];
        merged(&manifests, &columns).unwrap().pop().unwrap()
    }

    #[test]
    fn numbers_have_the_bounds_of_all_splits() {
        let found = of(
            "int",
            [
                Arc::new(Int32Array::from(vec![Some(9), Some(-10), None])),
                Arc::new(Int32Array::from(vec![Some(100), Some(9)])),
            ],
        );
        assert_eq!((found.nulls, found.distinct), (1, 3));
        assert_eq!(found.values, ValueStatistics::Long { bounds: Some((-10, 100)) });
        let found = of("double", [Arc::new(Float64Array::from(vec![0.5])), Arc::new(Float64Array::from(vec![-1e30]))]);
        assert_eq!(found.values, ValueStatistics::Double { bounds: Some((-1e30, 0.5)) });
        let decimals =
            |value| Arc::new(Decimal128Array::from(vec![value]).with_precision_and_scale(8, 2).unwrap()) as ArrayRef;
        let found = of("decimal(8,2)", [decimals(1_050), decimals(-25)]);
        assert_eq!(found.values, ValueStatistics::Decimal { bounds: Some((-25, 1_050)), scale: 2 });
        let found = of("date", [Arc::new(Date32Array::from(vec![20_000])), Arc::new(Date32Array::from(vec![-1]))]);
        assert_eq!(found.values, ValueStatistics::Date { bounds: Some((-1, 20_000)) });
    }

    #[test]
    fn texts_have_lengths_and_booleans_are_told_apart() {
        let found = of(
            "string",
            [
                Arc::new(StringArray::from(vec![Some("ü"), None])),
                Arc::new(StringArray::from(vec![Some("abcd"), Some("")])),
            ],
        );
        assert_eq!(found.values, ValueStatistics::String { lengths: Lengths { longest: 4, average: 2.0 } });
        let found = of(
            "boolean",
            [
                Arc::new(BooleanArray::from(vec![Some(true), None, Some(false)])),
                Arc::new(BooleanArray::from(vec![true])),
            ],
        );
        assert_eq!(found.values, ValueStatistics::Boolean { trues: 2, falses: 1 });
    }

    #[test]
    fn a_column_of_nulls_has_no_bounds() {
        let nulls = || Arc::new(Int32Array::from(vec![None, None])) as ArrayRef;
        let found = of("int", [nulls(), nulls()]);
        assert_eq!((found.nulls, found.distinct, found.values), (4, 0, ValueStatistics::Long { bounds: None }));
    }

    #[test]
    fn one_split_that_was_not_looked_at_leaves_none() {
        let whole = manifest(Arc::new(Int32Array::from(vec![1])));
        let mut other = whole.clone();
        other.columns[0].detail = None;
        let columns = [Column::new("x", "int")];
        assert_eq!(merged(&[whole.clone(), other.clone()], &columns).unwrap(), []);
        other.rows = 0;
        assert_eq!(merged(&[whole, other], &columns).unwrap().len(), 1, "a split without rows has nothing to say");
    }
}

//! Splits as a relation: one partition per split and one row in each, which Ballista can cut into tasks.

use super::{KeyRange, Split};
use arrow::array::{Int64Array, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::common::cast::{as_int64_array, as_string_array};
use datafusion::common::{exec_datafusion_err, exec_err};
use datafusion::datasource::memory::MemorySourceConfig;
use datafusion::error::Result;
use datafusion::physical_plan::ExecutionPlan;
use std::sync::Arc;

/// Returns the relation that [`MySqlReadExec`](crate::MySqlReadExec) reads its splits from.
///
/// # Errors
/// If there is no split, or a number does not fit.
pub fn splits_relation(splits: &[Split]) -> Result<Arc<dyn ExecutionPlan>> {
    if splits.is_empty() {
        return exec_err!("a read needs at least one split");
    }
    let partitions = splits.iter().map(|split| Ok(vec![row(split)?])).collect::<Result<Vec<_>>>()?;
    let relation: Arc<dyn ExecutionPlan> = MemorySourceConfig::try_new_exec(&partitions, schema(), None)?;
    Ok(relation)
}

/// Returns the relation of splits that `sessions` read, each several one after the other: one partition per session.
///
/// # Errors
/// If there is no session, one has nothing to read, or a number does not fit.
pub fn sessions_relation(sessions: &[Vec<Split>]) -> Result<Arc<dyn ExecutionPlan>> {
    if sessions.is_empty() || sessions.iter().any(Vec::is_empty) {
        return exec_err!("a session needs at least one split");
    }
    let partition = |session: &Vec<Split>| session.iter().map(row).collect::<Result<Vec<_>>>();
    let partitions = sessions.iter().map(partition).collect::<Result<Vec<_>>>()?;
    let relation: Arc<dyn ExecutionPlan> = MemorySourceConfig::try_new_exec(&partitions, schema(), None)?;
    Ok(relation)
}

/// Reads the splits back from a batch of the relation.
pub(crate) fn splits_of(batch: &RecordBatch) -> Result<Vec<Split>> {
    let number = as_int64_array(batch.column(0))?;
    let range = as_string_array(batch.column(1))?;
    let estimated_rows = as_int64_array(batch.column(2))?;
    let split = |row: usize| {
        Ok(Split {
            number: u32::try_from(number.value(row)).map_err(|_| no_split("number"))?,
            range: serde_json::from_str(range.value(row)).map_err(|_| no_split("range"))?,
            estimated_rows: u64::try_from(estimated_rows.value(row)).map_err(|_| no_split("size"))?,
        })
    };
    (0..number.len()).map(split).collect()
}

fn schema() -> SchemaRef {
    Arc::new(Schema::new(vec![
        Field::new("split", DataType::Int64, false),
        Field::new("range", DataType::Utf8, false),
        Field::new("estimated_rows", DataType::Int64, false),
    ]))
}

fn row(split: &Split) -> Result<RecordBatch> {
    let range = serde_json::to_string::<KeyRange>(&split.range).map_err(|_| no_split("range"))?;
    let estimated_rows = i64::try_from(split.estimated_rows).map_err(|_| no_split("size"))?;
    let batch = RecordBatch::try_new(
        schema(),
        vec![
            Arc::new(Int64Array::from(vec![i64::from(split.number)])),
            Arc::new(StringArray::from(vec![range])),
            Arc::new(Int64Array::from(vec![estimated_rows])),
        ],
    )?;
    Ok(batch)
}

fn no_split(part: &str) -> datafusion::error::DataFusionError {
    exec_datafusion_err!("a row of the splits relation has an unreadable {part}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::split::{Key, KeyValue};
    use proptest::collection::vec;
    use proptest::prelude::*;

    fn value() -> impl Strategy<Value = KeyValue> {
        prop_oneof![
            any::<i64>().prop_map(|number| KeyValue::Int(number.into())),
            any::<u64>().prop_map(|number| KeyValue::Int(number.into())),
            any::<String>().prop_map(KeyValue::Text),
            vec(any::<u8>(), 0..9).prop_map(KeyValue::Bytes),
            "[0-9]{4}-[0-9]{2}-[0-9]{2}".prop_map(KeyValue::Time),
            "-?[0-9]{1,30}\\.[0-9]{1,30}".prop_map(KeyValue::Decimal),
        ]
    }

    fn bound() -> impl Strategy<Value = Option<Key>> {
        proptest::option::of(vec(value(), 1..4).prop_map(Key))
    }

    proptest! {
        #[test]
        fn a_split_survives_its_journey(number in any::<u32>(), start in bound(), end in bound(), rows in 0..1u64 << 60) {
            let split = Split { number, range: KeyRange { start, end }, estimated_rows: rows };
            prop_assert_eq!(splits_of(&row(&split).unwrap()).unwrap(), vec![split]);
        }
    }

    #[test]
    fn each_split_has_its_partition() {
        let split = |number| Split { number, range: KeyRange::ALL, estimated_rows: 1 };
        let relation = splits_relation(&[split(0), split(1), split(2)]).unwrap();
        assert_eq!(relation.properties().partitioning.partition_count(), 3);
        assert!(splits_relation(&[]).is_err());
    }
}

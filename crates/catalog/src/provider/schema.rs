//! The schemas of a table's files → the one schema that all of them can be read with. Pure.
//!
//! A history's older files may lack columns, or hold narrower types than newer ones: a scan fills and casts them.

use std::collections::HashMap;
use std::sync::Arc;

use datafusion::arrow::datatypes::{DataType, Field, FieldRef, Schema, SchemaRef};
use datafusion::common::{ColumnStatistics, Result, Statistics};

use crate::{hive_type, is_widening};

/// Returns the columns of all schemas, in the order in which they first come, each of its widest type.
///
/// # Errors
/// When two schemas have columns of one name, and neither's type holds all values of the other's.
pub(super) fn widest(schemas: &[SchemaRef]) -> Result<SchemaRef> {
    let mut types: HashMap<&str, &DataType> = HashMap::new();
    for field in schemas.iter().flat_map(|schema| schema.fields()) {
        let widest = types.entry(field.name()).or_insert(field.data_type());
        if is_wider(widest, field.data_type()) {
            *widest = field.data_type();
        }
    }
    let cast = |field: &FieldRef| match types.get(field.name().as_str()) {
        Some(widest) if is_wider(field.data_type(), widest) => {
            Arc::new(Field::clone(field).with_data_type((*widest).clone()))
        }
        Some(_) | None => Arc::clone(field),
    };
    let cast = schemas.iter().map(|schema| {
        let fields: Vec<FieldRef> = schema.fields().iter().map(cast).collect();
        Schema::new_with_metadata(fields, schema.metadata().clone())
    });
    Ok(Arc::new(Schema::try_merge(cast)?))
}

/// Moments that the catalog knows by one type differ in their unit.
fn is_wider(from: &DataType, to: &DataType) -> bool {
    if let (DataType::Timestamp(from, zone), DataType::Timestamp(to, other)) = (from, to) {
        return zone == other && from < to;
    }
    matches!((hive_type(from), hive_type(to)), (Ok(from), Ok(to)) if is_widening(&from, &to))
}

/// Returns what is known of a file with the schema `own`, as of a file with the schema `all`. Nothing is known of a column
/// that is cast or filled.
pub(super) fn conformed(statistics: Statistics, own: &Schema, all: &Schema) -> Statistics {
    let of_column = |field: &FieldRef| {
        let place = own.fields().iter().position(|mine| mine.name() == field.name());
        let place = place.filter(|place| own.field(*place).data_type() == field.data_type());
        let known = place.and_then(|place| statistics.column_statistics.get(place)).cloned();
        known.unwrap_or_else(ColumnStatistics::new_unknown)
    };
    let column_statistics = all.fields().iter().map(of_column).collect();
    Statistics { column_statistics, ..statistics }
}

#[cfg(test)]
mod tests {
    use datafusion::arrow::datatypes::TimeUnit;
    use datafusion::common::stats::Precision;

    use super::*;

    fn schema(fields: &[(&str, DataType)]) -> SchemaRef {
        Arc::new(Schema::new(
            fields.iter().map(|(name, kind)| Field::new(*name, kind.clone(), true)).collect::<Vec<_>>(),
        ))
    }

    #[test]
    fn columns_of_all_files_have_their_widest_type() {
        let moment = |unit| DataType::Timestamp(unit, None);
        let files = [
            schema(&[
                ("id", DataType::Int64),
                ("at", moment(TimeUnit::Millisecond)),
                ("x", DataType::Decimal128(8, 2)),
            ]),
            schema(&[
                ("id", DataType::Int32),
                ("at", moment(TimeUnit::Microsecond)),
                ("x", DataType::Decimal128(9, 3)),
            ]),
            schema(&[("id", DataType::Int64), ("new", DataType::Utf8)]),
        ];
        let expected = schema(&[
            ("id", DataType::Int64),
            ("at", moment(TimeUnit::Microsecond)),
            ("x", DataType::Decimal128(9, 3)),
            ("new", DataType::Utf8),
        ]);
        assert_eq!(widest(&files).unwrap(), expected);
        assert!(widest(&[schema(&[("id", DataType::Int64)]), schema(&[("id", DataType::Utf8)])]).is_err());
    }

    #[test]
    fn of_a_column_that_is_cast_or_filled_nothing_is_known() {
        let own = schema(&[("b", DataType::Int32), ("a", DataType::Int32)]);
        let all = schema(&[("a", DataType::Int32), ("b", DataType::Int64), ("c", DataType::Utf8)]);
        let known = |nulls| ColumnStatistics { null_count: Precision::Exact(nulls), ..ColumnStatistics::new_unknown() };
        let statistics = Statistics {
            num_rows: Precision::Exact(9),
            total_byte_size: Precision::Absent,
            column_statistics: vec![known(1), known(2)],
        };
        let found = conformed(statistics, &own, &all);
        assert_eq!(found.num_rows, Precision::Exact(9));
        let unknown = ColumnStatistics::new_unknown;
        assert_eq!(found.column_statistics, [known(2), unknown(), unknown()]);
    }
}

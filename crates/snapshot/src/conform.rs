//! Result types → the types a snapshot is stored in: what Athena and Spark read, under the catalog's names.

use std::sync::Arc;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::compute::{CastOptions, cast_with_options};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit, TimestampNanosecondType};
use springald_catalog::fold_columns;

/// The stored form of a stream of batches: same columns, folded names, portable types.
///
/// Lossless or loud: a value that the stored type cannot hold exactly is an error, never rounded.
#[derive(Debug, Clone)]
pub struct Conformed {
    schema: SchemaRef,
}

impl Conformed {
    /// Decides the stored schema of `input`.
    ///
    /// # Errors
    /// When two columns fold to one name, or a column has a type that no reader of the table knows.
    pub fn try_new(input: &Schema) -> Result<Self, ConformError> {
        let names = fold_columns(input.fields().iter().map(|field| field.name().as_str()))?;
        let fields = input.fields().iter().zip(names).map(|(field, name)| {
            let stored = stored_type(field.data_type()).ok_or_else(|| ConformError::Type {
                column: field.name().clone(),
                data_type: field.data_type().clone(),
            })?;
            Ok(Field::new(name, stored, field.is_nullable()))
        });
        let fields = fields.collect::<Result<Vec<_>, ConformError>>()?;
        Ok(Self { schema: Arc::new(Schema::new(fields)) })
    }

    /// Returns the stored schema.
    pub fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// Turns one batch of the input into its stored form; a batch that needs no change is not copied.
    ///
    /// # Errors
    /// When a value does not fit the stored type exactly.
    pub fn apply(&self, batch: &RecordBatch) -> Result<RecordBatch, ConformError> {
        let options = CastOptions { safe: false, ..CastOptions::default() };
        let columns = batch.columns().iter().zip(self.schema.fields()).map(|(column, field)| {
            if column.data_type() == field.data_type() {
                return Ok(Arc::clone(column));
            }
            let value = |source| ConformError::Value { column: field.name().clone(), source };
            refuse_nanoseconds(column, field.name())?;
            cast_with_options(column, field.data_type(), &options).map_err(value)
        });
        let columns = columns.collect::<Result<Vec<_>, _>>()?;
        RecordBatch::try_new(Arc::clone(&self.schema), columns).map_err(ConformError::Batch)
    }
}

/// The stored type of a result type, or `None` if there is none. Types that are stored as they are come first.
fn stored_type(data_type: &DataType) -> Option<DataType> {
    use DataType as T;
    Some(match data_type {
        T::Boolean
        | T::Int8
        | T::Int16
        | T::Int32
        | T::Int64
        | T::Float32
        | T::Float64
        | T::Utf8
        | T::Binary
        | T::Date32
        | T::Decimal128(_, _) => data_type.clone(),
        T::Timestamp(TimeUnit::Millisecond | TimeUnit::Microsecond, _) => data_type.clone(),
        T::UInt8 => T::Int16,
        T::UInt16 => T::Int32,
        T::UInt32 | T::UInt64 => T::Int64, // beyond 2^63 - 1 the cast fails, loudly
        T::Float16 => T::Float32,
        T::LargeUtf8 | T::Utf8View => T::Utf8,
        T::LargeBinary | T::BinaryView | T::FixedSizeBinary(_) => T::Binary,
        T::Date64 => T::Timestamp(TimeUnit::Millisecond, None),
        T::Timestamp(TimeUnit::Second, zone) => T::Timestamp(TimeUnit::Millisecond, zone.clone()),
        T::Timestamp(TimeUnit::Nanosecond, zone) => T::Timestamp(TimeUnit::Microsecond, zone.clone()),
        T::Decimal32(p, s) | T::Decimal64(p, s) => T::Decimal128(*p, *s),
        T::Dictionary(_, value) => return stored_type(value),
        T::RunEndEncoded(_, value) => return stored_type(value.data_type()),
        T::Null
        | T::Time32(_)
        | T::Time64(_)
        | T::Duration(_)
        | T::Interval(_)
        | T::Decimal256(_, _)
        | T::List(_)
        | T::ListView(_)
        | T::FixedSizeList(_, _)
        | T::LargeList(_)
        | T::LargeListView(_)
        | T::Struct(_)
        | T::Union(_, _)
        | T::Map(_, _) => return None,
    })
}

/// A cast from nanoseconds to microseconds cuts digits off without a word, so those that have any are refused.
fn refuse_nanoseconds(column: &dyn Array, name: &str) -> Result<(), ConformError> {
    let Some(values) = column.as_primitive_opt::<TimestampNanosecondType>() else {
        return Ok(());
    };
    if values.iter().flatten().any(|value| value % 1000 != 0) {
        return Err(ConformError::Nanoseconds { column: name.to_owned() });
    }
    Ok(())
}

/// Why a result cannot be stored as a snapshot.
#[derive(Debug, thiserror::Error)]
pub enum ConformError {
    /// Names that are one name in the catalog, or none.
    #[error(transparent)]
    Name(#[from] springald_catalog::NameError),
    /// A type that Glue and Athena do not have.
    #[error("column `{column}` is of type {data_type}, which no reader of the table knows: cast it, e.g. to VARCHAR")]
    Type {
        /// The column's name in the query.
        column: String,
        /// Its type.
        data_type: DataType,
    },
    /// A timestamp finer than microseconds.
    #[error("column `{column}` holds nanoseconds, which the snapshot would lose: cast it to TIMESTAMP(6)")]
    Nanoseconds {
        /// The column's stored name.
        column: String,
    },
    /// A value out of the stored type's range.
    #[error("column `{column}` holds a value that its stored type cannot hold")]
    Value {
        /// The column's stored name.
        column: String,
        /// Arrow's error, with the value.
        #[source]
        source: arrow::error::ArrowError,
    },
    /// A batch that does not match the plan's schema.
    #[error("a batch does not match the schema of its plan")]
    Batch(#[source] arrow::error::ArrowError),
}

#[cfg(test)]
mod tests {
    use arrow::array::{ArrayRef, Int64Array, TimestampNanosecondArray, UInt64Array};

    use super::*;

    fn stored(name: &str, column: ArrayRef) -> Result<RecordBatch, ConformError> {
        let batch = RecordBatch::try_from_iter([(name, column)]).unwrap();
        Conformed::try_new(&batch.schema())?.apply(&batch)
    }

    #[test]
    fn row_numbers_become_bigint_or_fail() {
        let batch = stored("Row No", Arc::new(UInt64Array::from(vec![1, 2]))).unwrap();
        assert_eq!(batch.schema().field(0).name(), "row_no");
        assert_eq!(batch.column(0).as_ref(), &Int64Array::from(vec![1, 2]));
        let error = stored("n", Arc::new(UInt64Array::from(vec![u64::MAX]))).unwrap_err();
        assert!(error.to_string().contains("`n`"), "{error}");
    }

    #[test]
    fn nanoseconds_are_never_cut_off() {
        let exact = stored("at", Arc::new(TimestampNanosecondArray::from(vec![1_000]))).unwrap();
        assert_eq!(exact.schema().field(0).data_type(), &DataType::Timestamp(TimeUnit::Microsecond, None));
        assert!(stored("at", Arc::new(TimestampNanosecondArray::from(vec![1_001]))).is_err());
    }

    #[test]
    fn one_name_twice_is_refused() {
        let column = || Arc::new(Int64Array::from(vec![1])) as ArrayRef;
        let batch = RecordBatch::try_from_iter([("Id", column()), ("ID", column())]).unwrap();
        assert!(matches!(Conformed::try_new(&batch.schema()), Err(ConformError::Name(_))));
    }
}

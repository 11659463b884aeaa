//! *The* type table: which Arrow type carries a MySQL type without losing anything.

use crate::schema::ColumnKind;
use crate::spec::{ReadOptions, TinyInt1};
use arrow::datatypes::{DataType, TimeUnit};

/// The most digits that Arrow's and every reader's decimals hold.
const DECIMAL_DIGITS: u8 = 38;

/// Returns the Arrow type of a column's values.
///
/// There is no unsigned type among them, for Athena reads unsigned Parquet integers as signed ones: an
/// unsigned column goes to the next wider type. Timestamps have milliseconds where the column has no more,
/// which is what Athena keeps exactly, and microseconds otherwise.
///
/// | MySQL | Arrow |
/// | --- | --- |
/// | `TINYINT(1)` | `Boolean` (or `Int8`, see [`TinyInt1`]) |
/// | `TINYINT`, `SMALLINT`, `INT`, `BIGINT` | `Int8`, `Int16`, `Int32`, `Int64` |
/// | the same, unsigned | `Int16`, `Int32`, `Int64`, `Decimal128(20, 0)` |
/// | `MEDIUMINT`, signed or unsigned; `YEAR` | `Int32` |
/// | `DECIMAL(p, s)` | `Decimal128(p, s)`; text where p > 38 |
/// | `FLOAT`, `DOUBLE` | `Float32`, `Float64` |
/// | `BIT(1)`, `BIT(n)` | `Boolean`, `Binary` (big-endian, as MySQL sends it) |
/// | `DATE` | `Date32` |
/// | `DATETIME(0…3)`, `DATETIME(4…6)` | `Timestamp(ms)`, `Timestamp(µs)`, without a zone |
/// | `TIMESTAMP(0…3)`, `TIMESTAMP(4…6)` | `Timestamp(ms, UTC)`, `Timestamp(µs, UTC)` |
/// | `TIME`, `CHAR`, `VARCHAR`, `TEXT`, `ENUM`, `SET`, `JSON`, `UUID`, `INET4`, `INET6` | `Utf8` |
/// | `BINARY`, `VARBINARY`, `BLOB`, `VECTOR` | `Binary` |
/// | `GEOMETRY` and its sub-types | `Binary`: WKB |
pub(crate) fn arrow_type(kind: ColumnKind, options: &ReadOptions) -> DataType {
    match kind {
        ColumnKind::Flag => match options.tiny_int1 {
            TinyInt1::Boolean => DataType::Boolean,
            TinyInt1::Int => DataType::Int8,
        },
        ColumnKind::TinyInt { unsigned: false } => DataType::Int8,
        ColumnKind::TinyInt { unsigned: true } | ColumnKind::SmallInt { unsigned: false } => DataType::Int16,
        ColumnKind::SmallInt { unsigned: true }
        | ColumnKind::MediumInt { unsigned: false | true }
        | ColumnKind::Int { unsigned: false }
        | ColumnKind::Year => DataType::Int32,
        ColumnKind::Int { unsigned: true } | ColumnKind::BigInt { unsigned: false } => DataType::Int64,
        ColumnKind::BigInt { unsigned: true } => DataType::Decimal128(20, 0),
        ColumnKind::Decimal { precision, scale } => decimal_type(precision, scale),
        ColumnKind::Float => DataType::Float32,
        ColumnKind::Double => DataType::Float64,
        ColumnKind::Bit { length: 1 } => DataType::Boolean,
        ColumnKind::Date => DataType::Date32,
        ColumnKind::DateTime { digits } => DataType::Timestamp(time_unit(digits), None),
        ColumnKind::Timestamp { digits } => DataType::Timestamp(time_unit(digits), Some("UTC".into())),
        ColumnKind::Time { .. }
        | ColumnKind::Text
        | ColumnKind::Enum
        | ColumnKind::Set
        | ColumnKind::Json
        | ColumnKind::Token => DataType::Utf8,
        ColumnKind::Bit { .. } | ColumnKind::Binary | ColumnKind::Geometry | ColumnKind::Vector => DataType::Binary,
    }
}

/// Returns whether MySQL may hold something in such a column that becomes NULL: a date of zeros.
pub(crate) fn may_become_null(kind: ColumnKind) -> bool {
    matches!(kind, ColumnKind::Date | ColumnKind::DateTime { .. } | ColumnKind::Timestamp { .. })
}

fn decimal_type(precision: u8, scale: u8) -> DataType {
    match i8::try_from(scale) {
        Ok(scale) if precision <= DECIMAL_DIGITS => DataType::Decimal128(precision, scale),
        Ok(_) | Err(_) => DataType::Utf8,
    }
}

fn time_unit(digits: u8) -> TimeUnit {
    if digits <= 3 { TimeUnit::Millisecond } else { TimeUnit::Microsecond }
}

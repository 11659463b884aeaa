//! Rows into record batches: one decoder per column, chosen once for a whole read.

mod binary;
mod bits;
mod civil;
mod number;
mod temporal;
mod text;

use crate::schema::{ColumnKind, arrow_type};
use crate::spec::{DateNullCount, InvalidDates, ReadSpec, TinyInt1};
use crate::wire::Cell;
use arrow::array::{
    ArrayBuilder, ArrayRef, ArrowPrimitiveType, PrimitiveArray, PrimitiveBuilder, RecordBatch, RecordBatchOptions,
};
use arrow::datatypes::{DataType, SchemaRef, TimeUnit, TimestampMicrosecondType, TimestampMillisecondType};
use arrow::datatypes::{Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type};
use arrow::error::ArrowError;
use std::sync::Arc;

/// Collects the values of one column. An error says what is wrong with a value, and the way out.
trait Decode: Send {
    /// Adds a NULL.
    fn push_null(&mut self);

    /// Adds any other value.
    fn push(&mut self, value: &Cell<'_>) -> Result<(), String>;

    /// Returns what was added since the last call.
    fn finish(&mut self) -> Result<ArrayRef, ArrowError>;

    /// Returns how many dates became NULL since the last call: those of zeros, and invalid ones.
    fn take_nulled(&mut self) -> (u64, u64) {
        (0, 0)
    }
}

/// Collects rows until they are a batch.
pub(crate) struct BatchDecoder {
    schema: SchemaRef,
    columns: Vec<Box<dyn Decode>>,
    rows: usize,
    bytes: usize,
}

impl BatchDecoder {
    /// Chooses the decoders for what `spec` reads.
    pub(crate) fn new(spec: &ReadSpec) -> Self {
        let columns = spec.columns.iter().map(|column| decoder(column.kind, spec)).collect();
        Self { schema: spec.arrow_schema(), columns, rows: 0, bytes: 0 }
    }

    /// Returns how many rows the batch has so far.
    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    /// Returns how many bytes the server sent for the batch so far.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Adds a value to a column of the row. One that belongs to no column is passed over.
    ///
    /// # Errors
    /// If the value cannot be carried over. Then the batch must not be used.
    pub(crate) fn push(&mut self, column: usize, value: &Cell<'_>) -> Result<(), String> {
        let Some(column) = self.columns.get_mut(column) else { return Ok(()) };
        if matches!(value, Cell::Null) {
            column.push_null();
            return Ok(());
        }
        column.push(value)
    }

    /// Ends a row, for which the server sent as many bytes.
    pub(crate) fn end_row(&mut self, bytes: usize) {
        self.rows += 1;
        self.bytes += bytes;
    }

    /// Returns the rows added since the last call.
    pub(crate) fn finish(&mut self) -> Result<RecordBatch, ArrowError> {
        let columns = self.columns.iter_mut().map(|column| column.finish()).collect::<Result<Vec<_>, _>>()?;
        let options = RecordBatchOptions::new().with_row_count(Some(self.rows));
        (self.rows, self.bytes) = (0, 0);
        RecordBatch::try_new_with_options(Arc::clone(&self.schema), columns, &options)
    }

    /// Returns the dates that became NULL since the last call, of those columns that had any.
    pub(crate) fn take_nulled(&mut self) -> Vec<DateNullCount> {
        let fields = self.schema.fields().iter();
        let counts = self.columns.iter_mut().zip(fields).map(|(column, field)| {
            let (zero, invalid) = column.take_nulled();
            DateNullCount { column: field.name().clone(), zero, invalid }
        });
        counts.filter(|count| count.zero > 0 || count.invalid > 0).collect()
    }
}

fn decoder(kind: ColumnKind, spec: &ReadSpec) -> Box<dyn Decode> {
    let target = arrow_type(kind, &spec.options);
    match kind {
        ColumnKind::Flag => match spec.options.tiny_int1 {
            TinyInt1::Boolean => Box::new(bits::Flags::default()),
            TinyInt1::Int => Box::new(number::Integers::<Int8Type>::new()),
        },
        ColumnKind::TinyInt { unsigned: false } => Box::new(number::Integers::<Int8Type>::new()),
        ColumnKind::TinyInt { unsigned: true } | ColumnKind::SmallInt { unsigned: false } => {
            Box::new(number::Integers::<Int16Type>::new())
        }
        ColumnKind::SmallInt { unsigned: true }
        | ColumnKind::MediumInt { unsigned: false | true }
        | ColumnKind::Int { unsigned: false }
        | ColumnKind::Year => Box::new(number::Integers::<Int32Type>::new()),
        ColumnKind::Int { unsigned: true } | ColumnKind::BigInt { unsigned: false } => {
            Box::new(number::Integers::<Int64Type>::new())
        }
        ColumnKind::BigInt { unsigned: true } => Box::new(number::Decimals::new(20, 0)),
        ColumnKind::Decimal { precision, .. } => decimals(precision, &target),
        ColumnKind::Float => Box::new(number::Floats::<Float32Type>::new()),
        ColumnKind::Double => Box::new(number::Floats::<Float64Type>::new()),
        ColumnKind::Bit { length: 1 } => Box::new(bits::Bits::default()),
        ColumnKind::Date => Box::new(temporal::Dates::new(spec.options.invalid_dates)),
        ColumnKind::DateTime { .. } | ColumnKind::Timestamp { .. } => timestamps(&target, spec.options.invalid_dates),
        ColumnKind::Time { digits } => Box::new(text::Spans::new(digits)),
        ColumnKind::Text | ColumnKind::Enum | ColumnKind::Set | ColumnKind::Json | ColumnKind::Token => {
            Box::new(text::Texts::new())
        }
        ColumnKind::Bit { .. } | ColumnKind::Binary | ColumnKind::Vector => Box::new(binary::Binaries::new(0)),
        ColumnKind::Geometry => Box::new(binary::Binaries::new(binary::GEOMETRY_PREFIX)),
    }
}

fn decimals(precision: u8, target: &DataType) -> Box<dyn Decode> {
    if let DataType::Decimal128(_, scale) = target {
        Box::new(number::Decimals::new(precision, *scale))
    } else {
        Box::new(text::Texts::new())
    }
}

fn timestamps(target: &DataType, invalid_dates: InvalidDates) -> Box<dyn Decode> {
    let zone = if let DataType::Timestamp(_, zone) = target { zone.clone() } else { None };
    if let DataType::Timestamp(TimeUnit::Millisecond, _) = target {
        Box::new(temporal::Timestamps::<TimestampMillisecondType>::new(1000, zone, invalid_dates))
    } else {
        Box::new(temporal::Timestamps::<TimestampMicrosecondType>::new(1, zone, invalid_dates))
    }
}

/// Returns what `builder` has collected, and makes room for as many values again.
fn finish_and_refill<T: ArrowPrimitiveType>(builder: &mut PrimitiveBuilder<T>) -> PrimitiveArray<T> {
    let room = PrimitiveBuilder::with_capacity(builder.len());
    std::mem::replace(builder, room).finish()
}

/// Says that the server sent something else than the column's type promises: the table was altered meanwhile.
fn not_a(expected: &str, value: &Cell<'_>) -> String {
    format!("the server sent {}, not {expected}; was the table altered while it was read?", show(value))
}

/// Shows a value in a message, cut to a readable length.
pub(crate) fn show(value: &Cell<'_>) -> String {
    match value {
        Cell::Null => "NULL".to_owned(),
        Cell::Bytes(bytes) => {
            let text = String::from_utf8_lossy(bytes);
            let start: String = text.chars().take(40).collect();
            if start.len() < text.len() { format!("`{start}…`") } else { format!("`{start}`") }
        }
        Cell::Int(number) => number.to_string(),
        Cell::UInt(number) => number.to_string(),
        Cell::Float(number) => number.to_string(),
        Cell::Double(number) => number.to_string(),
        Cell::Date(year, month, day, 0, 0, 0, 0) => format!("{year:04}-{month:02}-{day:02}"),
        Cell::Date(year, month, day, hour, minute, second, micros) => {
            format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}.{micros:06}")
        }
        Cell::Time(negative, days, hours, minutes, seconds, micros) => {
            let hours = days * 24 + u32::from(*hours);
            format!("{}{hours:02}:{minutes:02}:{seconds:02}.{micros:06}", if *negative { "-" } else { "" })
        }
    }
}

#[cfg(test)]
mod tests;

//! Text in every character set, which the session lets arrive as UTF-8, and spans of time as text.

use super::{Decode, not_a};
use crate::wire::Cell;
use arrow::array::{ArrayRef, BinaryBuilder, StringArray, StringBuilder};
use arrow::error::ArrowError;
use std::fmt::Write;
use std::sync::Arc;

/// The most bytes that room is made for before a batch begins. More is made as it is needed.
const MOST_ROOM_BYTES: usize = 1 << 20;

/// Text, exactly as the server sends it. Until a batch is whole it is bytes: those are text without a doubt if they are ASCII,
/// which is quickly seen, and all of them are looked at once more at the end.
pub(super) struct Texts(BinaryBuilder);

impl Texts {
    pub(super) fn new() -> Self {
        Self(BinaryBuilder::new())
    }
}

impl Decode for Texts {
    fn push_null(&mut self) {
        self.0.append_null();
    }

    fn push(&mut self, value: &Cell<'_>) -> Result<(), String> {
        let Cell::Bytes(bytes) = value else { return Err(not_a("text", value)) };
        if !bytes.is_ascii() && std::str::from_utf8(bytes).is_err() {
            return Err(not_a("text in UTF-8", value));
        }
        self.0.append_value(bytes);
        Ok(())
    }

    fn finish(&mut self) -> Result<ArrayRef, ArrowError> {
        let texts = StringArray::try_from_binary(self.0.finish())?;
        let bytes = texts.values().len().min(MOST_ROOM_BYTES);
        self.0 = BinaryBuilder::with_capacity(texts.offsets().len(), bytes);
        Ok(Arc::new(texts))
    }
}

/// `TIME`, written as MySQL writes it: `-838:59:59`, with as many digits after the point as declared.
pub(super) struct Spans {
    builder: StringBuilder,
    digits: u8,
}

impl Spans {
    pub(super) fn new(digits: u8) -> Self {
        Self { builder: StringBuilder::new(), digits }
    }
}

impl Decode for Spans {
    fn push_null(&mut self) {
        self.builder.append_null();
    }

    fn push(&mut self, value: &Cell<'_>) -> Result<(), String> {
        let Cell::Time(negative, days, hours, minutes, seconds, micros) = value else {
            return Err(not_a("a TIME", value));
        };
        let unit = 10u32.pow(6u32.saturating_sub(self.digits.into()));
        if micros % unit != 0 {
            return Err(not_a("a TIME of the column's precision", value));
        }
        let sign = if *negative { "-" } else { "" };
        let hours = days * 24 + u32::from(*hours);
        let written = write!(self.builder, "{sign}{hours:02}:{minutes:02}:{seconds:02}")
            .and_then(|()| write_fraction(&mut self.builder, micros / unit, self.digits));
        written.map_err(|_| not_a("a TIME", value))?;
        self.builder.append_value("");
        Ok(())
    }

    fn finish(&mut self) -> Result<ArrayRef, ArrowError> {
        Ok(Arc::new(self.builder.finish()))
    }
}

fn write_fraction(out: &mut StringBuilder, fraction: u32, digits: u8) -> std::fmt::Result {
    if digits == 0 {
        return Ok(());
    }
    write!(out, ".{fraction:0width$}", width = digits.into())
}

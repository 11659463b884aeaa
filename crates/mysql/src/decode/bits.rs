//! Booleans: `TINYINT(1)` and `BIT(1)`.

use super::{Decode, not_a};
use crate::wire::Cell;
use arrow::array::{ArrayRef, BooleanBuilder};
use arrow::error::ArrowError;
use std::sync::Arc;

/// `TINYINT(1)`, of which only 0 and 1 are booleans.
#[derive(Default)]
pub(super) struct Flags(BooleanBuilder);

impl Decode for Flags {
    fn push_null(&mut self) {
        self.0.append_null();
    }

    fn push(&mut self, value: &Cell<'_>) -> Result<(), String> {
        let Cell::Int(number) = value else { return Err(not_a("a TINYINT", value)) };
        if !(0..=1).contains(number) {
            return Err(format!("{number} is neither 0 nor 1; keep the numbers with `--tinyint1 int`"));
        }
        self.0.append_value(*number == 1);
        Ok(())
    }

    fn finish(&mut self) -> Result<ArrayRef, ArrowError> {
        Ok(Arc::new(self.0.finish()))
    }
}

/// `BIT(1)`.
#[derive(Default)]
pub(super) struct Bits(BooleanBuilder);

impl Decode for Bits {
    fn push_null(&mut self) {
        self.0.append_null();
    }

    fn push(&mut self, value: &Cell<'_>) -> Result<(), String> {
        let Cell::Bytes(bytes) = value else { return Err(not_a("a BIT(1)", value)) };
        let [bit @ (0 | 1)] = *bytes else { return Err(not_a("a BIT(1)", value)) };
        self.0.append_value(*bit == 1);
        Ok(())
    }

    fn finish(&mut self) -> Result<ArrayRef, ArrowError> {
        Ok(Arc::new(self.0.finish()))
    }
}

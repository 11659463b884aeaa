//! Booleans: `TINYINT(1)` and `BIT(1)`.

use super::{Decode, not_a};
use arrow::array::{ArrayRef, BooleanBuilder};
use arrow::error::ArrowError;
use mysql_async::Value;
use std::sync::Arc;

/// `TINYINT(1)`, of which only 0 and 1 are booleans.
#[derive(Default)]
pub(super) struct Flags(BooleanBuilder);

impl Decode for Flags {
    fn push(&mut self, value: &Value) -> Result<(), String> {
        match value {
            Value::NULL => self.0.append_null(),
            Value::Int(0) => self.0.append_value(false),
            Value::Int(1) => self.0.append_value(true),
            Value::Int(other) => {
                return Err(format!("{other} is neither 0 nor 1; keep the numbers with `--tinyint1 int`"));
            }
            other => return Err(not_a("a TINYINT", other)),
        }
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
    fn push(&mut self, value: &Value) -> Result<(), String> {
        match value {
            Value::NULL => self.0.append_null(),
            Value::Bytes(bytes) if matches!(bytes.as_slice(), [0 | 1]) => self.0.append_value(bytes == &[1]),
            other => return Err(not_a("a BIT(1)", other)),
        }
        Ok(())
    }

    fn finish(&mut self) -> Result<ArrayRef, ArrowError> {
        Ok(Arc::new(self.0.finish()))
    }
}

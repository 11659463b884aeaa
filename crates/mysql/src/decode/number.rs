//! Numbers: integers of every width, decimals and floating point.

use super::{Decode, finish_and_refill, not_a, show};
use crate::wire::Cell;
use arrow::array::{Array, ArrayRef, ArrowPrimitiveType, Decimal128Builder, PrimitiveBuilder};
use arrow::datatypes::{Float32Type, Float64Type};
use arrow::error::ArrowError;
use std::sync::Arc;

/// Integers that fit `T`.
pub(super) struct Integers<T: ArrowPrimitiveType>(PrimitiveBuilder<T>);

impl<T: ArrowPrimitiveType> Integers<T> {
    pub(super) fn new() -> Self {
        Self(PrimitiveBuilder::new())
    }
}

impl<T: ArrowPrimitiveType> Decode for Integers<T>
where
    T::Native: TryFrom<i64> + TryFrom<u64>,
{
    fn push_null(&mut self) {
        self.0.append_null();
    }

    fn push(&mut self, value: &Cell<'_>) -> Result<(), String> {
        let number = match value {
            Cell::Int(number) => T::Native::try_from(*number).ok(),
            Cell::UInt(number) => T::Native::try_from(*number).ok(),
            Cell::Null | Cell::Bytes(_) | Cell::Float(_) | Cell::Double(_) | Cell::Date(..) | Cell::Time(..) => None,
        };
        self.0.append_value(number.ok_or_else(|| not_a("an integer of the column's width", value))?);
        Ok(())
    }

    fn finish(&mut self) -> Result<ArrayRef, ArrowError> {
        Ok(Arc::new(finish_and_refill(&mut self.0)))
    }
}

/// Floating point numbers, bit for bit.
pub(super) struct Floats<T: ArrowPrimitiveType>(PrimitiveBuilder<T>);

impl<T: ArrowPrimitiveType> Floats<T> {
    pub(super) fn new() -> Self {
        Self(PrimitiveBuilder::new())
    }
}

impl Decode for Floats<Float32Type> {
    fn push_null(&mut self) {
        self.0.append_null();
    }

    fn push(&mut self, value: &Cell<'_>) -> Result<(), String> {
        let Cell::Float(number) = value else { return Err(not_a("a FLOAT", value)) };
        self.0.append_value(*number);
        Ok(())
    }

    fn finish(&mut self) -> Result<ArrayRef, ArrowError> {
        Ok(Arc::new(finish_and_refill(&mut self.0)))
    }
}

impl Decode for Floats<Float64Type> {
    fn push_null(&mut self) {
        self.0.append_null();
    }

    fn push(&mut self, value: &Cell<'_>) -> Result<(), String> {
        let Cell::Double(number) = value else { return Err(not_a("a DOUBLE", value)) };
        self.0.append_value(*number);
        Ok(())
    }

    fn finish(&mut self) -> Result<ArrayRef, ArrowError> {
        Ok(Arc::new(finish_and_refill(&mut self.0)))
    }
}

/// Decimals of up to 38 digits, and integers that fit nothing else.
pub(super) struct Decimals {
    builder: Decimal128Builder,
    precision: u8,
    scale: i8,
}

impl Decimals {
    pub(super) fn new(precision: u8, scale: i8) -> Self {
        Self { builder: Decimal128Builder::new(), precision, scale }
    }
}

impl Decode for Decimals {
    fn push_null(&mut self) {
        self.builder.append_null();
    }

    fn push(&mut self, value: &Cell<'_>) -> Result<(), String> {
        let number = match value {
            Cell::Int(number) => (self.scale == 0).then_some(i128::from(*number)),
            Cell::UInt(number) => (self.scale == 0).then_some(i128::from(*number)),
            Cell::Bytes(digits) => unscaled(digits, self.precision, self.scale),
            Cell::Null | Cell::Float(_) | Cell::Double(_) | Cell::Date(..) | Cell::Time(..) => None,
        };
        self.builder.append_value(number.ok_or_else(|| self.not_mine(value))?);
        Ok(())
    }

    fn finish(&mut self) -> Result<ArrayRef, ArrowError> {
        let decimals = finish_and_refill(&mut self.builder).with_precision_and_scale(self.precision, self.scale)?;
        debug_assert!(decimals.data_type().is_decimal());
        Ok(Arc::new(decimals))
    }
}

impl Decimals {
    fn not_mine(&self, value: &Cell<'_>) -> String {
        let (precision, scale) = (self.precision, self.scale);
        format!("{} is not a DECIMAL({precision},{scale}); was the table altered while it was read?", show(value))
    }
}

/// Reads a decimal such as `-12.50` as a count of its last digit. Nothing if it is none, or has more digits
/// than the column declares.
fn unscaled(digits: &[u8], precision: u8, scale: i8) -> Option<i128> {
    let (negative, digits) = match digits {
        [b'-', rest @ ..] => (true, rest),
        all => (false, all),
    };
    let (mut number, mut count, mut fraction) = (0i128, 0u8, None::<i8>);
    for byte in digits {
        match byte {
            b'0'..=b'9' => {
                number = number.checked_mul(10)?.checked_add(i128::from(byte - b'0'))?;
                // Zeros before the first digit count for nothing.
                count += u8::from(number != 0);
                fraction = fraction.map(|fraction| fraction + 1);
            }
            b'.' if fraction.is_none() => fraction = Some(0),
            _ => return None,
        }
    }
    let is_exact = fraction.unwrap_or(0) == scale && count <= precision && !digits.is_empty();
    is_exact.then_some(if negative { -number } else { number })
}

#[cfg(test)]
mod tests {
    use super::unscaled;

    #[test]
    fn decimals_are_read_exactly() {
        assert_eq!(unscaled(b"-12.50", 5, 2), Some(-1250));
        assert_eq!(unscaled(b"0.05", 2, 2), Some(5));
        assert_eq!(unscaled(b"-0.00", 2, 2), Some(0));
        assert_eq!(unscaled(b"99999999999999999999999999999999999999", 38, 0), Some(10i128.pow(38) - 1));
    }

    #[test]
    fn what_is_no_such_decimal_is_refused() {
        for wrong in ["", "-", "1.2.3", "1e5", "12.5", "12.500", "1234.56", " 1.00"] {
            assert_eq!(unscaled(wrong.as_bytes(), 5, 2), None, "{wrong}");
        }
        assert_eq!(unscaled(&[b'9'; 60], 38, 0), None);
    }
}

//! Dates and moments, exact to their declared precision.

use super::civil::days;
use super::{Decode, finish_and_refill, not_a, show};
use crate::spec::InvalidDates;
use crate::wire::Cell;
use arrow::array::{ArrayRef, Date32Builder, PrimitiveBuilder};
use arrow::datatypes::ArrowTimestampType;
use arrow::error::ArrowError;
use std::sync::Arc;

const MICROS_PER_DAY: i64 = 86_400_000_000;

/// `DATE`.
pub(super) struct Dates {
    builder: Date32Builder,
    nulled: Nulled,
}

/// `DATETIME` without a time zone, and `TIMESTAMP`, which the session lets arrive in UTC.
pub(super) struct Timestamps<T: ArrowTimestampType> {
    builder: PrimitiveBuilder<T>,
    zone: Option<Arc<str>>,
    micros_per_unit: i64,
    nulled: Nulled,
}

/// The dates that became NULL since the last batch, and which do.
struct Nulled {
    invalid_dates: InvalidDates,
    zero: u64,
    invalid: u64,
}

impl Dates {
    pub(super) fn new(invalid_dates: InvalidDates) -> Self {
        Self { builder: Date32Builder::new(), nulled: Nulled::new(invalid_dates) }
    }
}

impl Decode for Dates {
    fn push_null(&mut self) {
        self.builder.append_null();
    }

    fn push(&mut self, value: &Cell<'_>) -> Result<(), String> {
        let Cell::Date(year, month, day, ..) = value else { return Err(not_a("a DATE", value)) };
        self.builder.append_option(self.nulled.day((*year, *month, *day), value)?);
        Ok(())
    }

    fn finish(&mut self) -> Result<ArrayRef, ArrowError> {
        Ok(Arc::new(finish_and_refill(&mut self.builder)))
    }

    fn take_nulled(&mut self) -> (u64, u64) {
        self.nulled.take()
    }
}

impl<T: ArrowTimestampType> Timestamps<T> {
    /// Collects moments counted in units of `micros_per_unit`, the unit of `T`.
    pub(super) fn new(micros_per_unit: i64, zone: Option<Arc<str>>, invalid_dates: InvalidDates) -> Self {
        Self { builder: PrimitiveBuilder::new(), zone, micros_per_unit, nulled: Nulled::new(invalid_dates) }
    }
}

impl<T: ArrowTimestampType> Decode for Timestamps<T> {
    fn push_null(&mut self) {
        self.builder.append_null();
    }

    fn push(&mut self, value: &Cell<'_>) -> Result<(), String> {
        let Cell::Date(year, month, day, hour, minute, second, micros) = value else {
            return Err(not_a("a DATETIME", value));
        };
        let Some(day) = self.nulled.day((*year, *month, *day), value)? else {
            self.builder.append_null();
            return Ok(());
        };
        let seconds = i64::from(*hour) * 3600 + i64::from(*minute) * 60 + i64::from(*second);
        let micros = i64::from(day) * MICROS_PER_DAY + seconds * 1_000_000 + i64::from(*micros);
        if micros % self.micros_per_unit != 0 {
            return Err(not_a("a time of the column's precision", value));
        }
        self.builder.append_value(micros / self.micros_per_unit);
        Ok(())
    }

    fn finish(&mut self) -> Result<ArrayRef, ArrowError> {
        Ok(Arc::new(finish_and_refill(&mut self.builder).with_timezone_opt(self.zone.clone())))
    }

    fn take_nulled(&mut self) -> (u64, u64) {
        self.nulled.take()
    }
}

impl Nulled {
    fn new(invalid_dates: InvalidDates) -> Self {
        Self { invalid_dates, zero: 0, invalid: 0 }
    }

    /// Returns the days from 1970-01-01 to the year, month and day of `value`, or nothing if it becomes NULL.
    fn day(&mut self, (year, month, day): (u16, u8, u8), value: &Cell<'_>) -> Result<Option<i32>, String> {
        let found = days(year, month, day);
        if found.is_some() {
            return Ok(found);
        }
        if *value == Cell::Date(0, 0, 0, 0, 0, 0, 0) {
            self.zero += 1;
            return Ok(None);
        }
        match self.invalid_dates {
            InvalidDates::Null => {
                self.invalid += 1;
                Ok(None)
            }
            InvalidDates::Stop => Err(format!(
                "{} is no day of the years 1 to 9999; make such dates NULL with `--invalid-dates null`",
                show(value)
            )),
        }
    }

    fn take(&mut self) -> (u64, u64) {
        (std::mem::take(&mut self.zero), std::mem::take(&mut self.invalid))
    }
}

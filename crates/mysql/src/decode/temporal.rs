//! Dates and moments, exact to their declared precision.

use super::civil::days;
use super::{Decode, finish_and_refill, not_a, show};
use crate::spec::InvalidDates;
use crate::wire::Cell;
use arrow::array::{ArrayRef, Date32Builder, PrimitiveBuilder};
use arrow::datatypes::ArrowTimestampType;
use arrow::error::ArrowError;
use std::sync::Arc;

const SECONDS_PER_DAY: i64 = 86_400;
const MICROS_PER_SECOND: u32 = 1_000_000;

/// `DATE`.
pub(super) struct Dates {
    builder: Date32Builder,
    nulled: Nulled,
}

/// `DATETIME` without a time zone, and `TIMESTAMP`, which the session lets arrive in UTC.
pub(super) struct Timestamps<T: ArrowTimestampType> {
    builder: PrimitiveBuilder<T>,
    zone: Option<Arc<str>>,
    micros_per_unit: u32,
    units_per_second: i64,
    nulled: Nulled,
}

/// The dates that became NULL since the last batch, and which do.
struct Nulled {
    invalid_dates: InvalidDates,
    /// A day and its number: rows that lie together are often of the same.
    last: Option<((u16, u8, u8), i32)>,
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
        let Cell::Date(year, month, day, 0, 0, 0, 0) = value else { return Err(not_a("a DATE", value)) };
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
    pub(super) fn new(micros_per_unit: u32, zone: Option<Arc<str>>, invalid_dates: InvalidDates) -> Self {
        let units_per_second = i64::from(MICROS_PER_SECOND / micros_per_unit);
        Self {
            builder: PrimitiveBuilder::new(),
            zone,
            micros_per_unit,
            units_per_second,
            nulled: Nulled::new(invalid_dates),
        }
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
        let fraction = micros / self.micros_per_unit;
        if fraction * self.micros_per_unit != *micros {
            return Err(not_a("a time of the column's precision", value));
        }
        let second_of_day = i64::from(*hour) * 3600 + i64::from(*minute) * 60 + i64::from(*second);
        let seconds = i64::from(day) * SECONDS_PER_DAY + second_of_day;
        self.builder.append_value(seconds * self.units_per_second + i64::from(fraction));
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
        Self { invalid_dates, last: None, zero: 0, invalid: 0 }
    }

    /// Returns the days from 1970-01-01 to the year, month and day of `value`, or nothing if it becomes NULL.
    #[inline]
    fn day(&mut self, date: (u16, u8, u8), value: &Cell<'_>) -> Result<Option<i32>, String> {
        if let Some((last, number)) = self.last
            && last == date
        {
            return Ok(Some(number));
        }
        let (year, month, day) = date;
        if let Some(number) = days(year, month, day) {
            self.last = Some((date, number));
            return Ok(Some(number));
        }
        self.none(value)
    }

    /// Returns nothing for a date that becomes NULL, and counts it.
    #[cold]
    fn none(&mut self, value: &Cell<'_>) -> Result<Option<i32>, String> {
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

//! Dates and times as places on a line, where MySQL's dates of zeros come before all others.

use chrono::{DateTime, Days, NaiveDate, NaiveDateTime};

/// Which dates and times there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Line {
    /// `DATE`: days from the year 1 to 9999.
    Days,
    /// `DATETIME`: microseconds of the same years.
    Clock,
    /// `TIMESTAMP`: microseconds from the second after the beginning of 1970 on. MySQL takes a literal before that for a
    /// date of zeros.
    Epoch,
}

const DATE: &str = "%Y-%m-%d";
const TIME: &str = "%Y-%m-%d %H:%M:%S%.6f";
const ZERO_DATE: &str = "0000-00-00";
const ZERO_TIME: &str = "0000-00-00 00:00:00.000000";

const MICROS_PER_DAY: i128 = 86_400_000_000;

/// The first day that has a place of its own.
const FIRST_DAY: NaiveDate = match NaiveDate::from_ymd_opt(1, 1, 1) {
    Some(day) => day,
    None => NaiveDate::MIN,
};

/// The last day that MySQL has.
const LAST_DAY: NaiveDate = match NaiveDate::from_ymd_opt(9999, 12, 31) {
    Some(day) => day,
    None => NaiveDate::MAX,
};

impl Line {
    /// Returns where a date or time lies, as MySQL writes it. One that is in no calendar, such as 2024-00-10, lies where
    /// the last one before it does that is; one of zeros, and what there is of the year 0, just before the first.
    pub(super) fn position(self, text: &str) -> Option<i128> {
        let (date, time) = text.split_at_checked(DATE_LETTERS).unwrap_or((text, ""));
        let (day, is_real) = real_day(date)?;
        let position = match self {
            Self::Days => day,
            Self::Clock | Self::Epoch if is_real => day * MICROS_PER_DAY + micros(time)?,
            Self::Clock | Self::Epoch => (day + 1) * MICROS_PER_DAY - 1,
        };
        Some(position.max(self.first() - 1))
    }

    /// Returns the date or time at a position, as it stands in a statement: of zeros before the first, and the last after
    /// the last.
    pub(super) fn value(self, position: i128) -> String {
        let is_zero = position < self.first();
        match self {
            Self::Days if is_zero => ZERO_DATE.to_owned(),
            Self::Clock | Self::Epoch if is_zero => ZERO_TIME.to_owned(),
            Self::Days => {
                let days = u64::try_from(position - number(FIRST_DAY)).ok().map(Days::new);
                let day = days.and_then(|days| FIRST_DAY.checked_add_days(days));
                LAST_DAY.min(day.unwrap_or(LAST_DAY)).format(DATE).to_string()
            }
            Self::Clock | Self::Epoch => {
                let time = i64::try_from(position).ok().and_then(DateTime::from_timestamp_micros);
                let time = time.map_or(NaiveDateTime::from(LAST_DAY), |time| time.naive_utc());
                time.format(TIME).to_string()
            }
        }
    }

    /// Returns the position after that of zeros.
    fn first(self) -> i128 {
        match self {
            Self::Days => number(FIRST_DAY),
            Self::Clock => number(FIRST_DAY) * MICROS_PER_DAY,
            Self::Epoch => 1_000_000,
        }
    }
}

/// How many letters a date has.
const DATE_LETTERS: usize = 10;

/// Returns a stored date in the form of a literal that every server takes: of a day that its month does not have, such as
/// 2024-02-31, the first of the next month, of which all that lies before it lies before that day, too. Dates with zeros
/// are taken as they are.
pub(super) fn literal_day(year: u16, month: u8, day: u8) -> (u16, u8, u8) {
    // The year 0 has no 29th of February in MySQL, but in the calendar.
    let is_real =
        NaiveDate::from_ymd_opt(year.into(), month.into(), day.into()).is_some() && (year, month, day) != (0, 2, 29);
    if is_real || month == 0 || day == 0 { (year, month, day) } else { (year, month + 1, 1) }
}

fn number(day: NaiveDate) -> i128 {
    day.signed_duration_since(NaiveDate::default()).num_days().into()
}

/// Returns the number of a date's day, or else of the last day before it, and whether it is its own.
fn real_day(date: &str) -> Option<(i128, bool)> {
    let mut parts = date.split('-').map(str::parse::<u32>);
    let (year, month, day) = (parts.next()?.ok()?, parts.next()?.ok()?, parts.next()?.ok()?);
    let year = i32::try_from(year).ok()?;
    if let Some(day) = NaiveDate::from_ymd_opt(year, month, day) {
        return Some((number(day), true));
    }
    let next = match (month, day) {
        (0, _) => NaiveDate::from_ymd_opt(year, 1, 1),
        (_, 0) => NaiveDate::from_ymd_opt(year, month, 1),
        (12, _) => NaiveDate::from_ymd_opt(year + 1, 1, 1),
        (_, _) => NaiveDate::from_ymd_opt(year, month + 1, 1),
    };
    Some((number(next?) - 1, false))
}

/// Returns the microseconds of ` 12:34:56.789`.
fn micros(time: &str) -> Option<i128> {
    let (clock, fraction) = time.trim_start().split_once('.').unwrap_or((time.trim_start(), ""));
    let mut parts = clock.split(':').map(str::parse::<i128>);
    let (hours, minutes, seconds) = (parts.next()?.ok()?, parts.next()?.ok()?, parts.next()?.ok()?);
    let fraction: i128 = format!("{fraction:0<6}").parse().ok()?;
    Some(((hours * 60 + minutes) * 60 + seconds) * 1_000_000 + fraction)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const LINES: [Line; 3] = [Line::Days, Line::Clock, Line::Epoch];

    /// Any date that MySQL may store, with the modes that let it.
    fn stored() -> impl Strategy<Value = (u16, u8, u8)> {
        (prop_oneof![Just(0u16), 1..3u16, 1969..2039u16, Just(9999)], 0..13u8, 0..32u8)
    }

    fn written(line: Line, (year, month, day): (u16, u8, u8)) -> String {
        let date = format!("{year:04}-{month:02}-{day:02}");
        match line {
            Line::Days => date,
            Line::Clock | Line::Epoch => format!("{date} 00:00:00.000000"),
        }
    }

    proptest! {
        #[test]
        fn a_position_is_that_of_its_value(day in 1..3_652_059i128) {
            let day = number(FIRST_DAY) + day - 1;
            for (line, position) in [(Line::Days, day), (Line::Clock, day * MICROS_PER_DAY + 7)] {
                prop_assert_eq!(line.position(&line.value(position)), Some(position), "{}", line.value(position));
            }
        }

        #[test]
        fn positions_are_in_the_order_of_dates(one in stored(), other in stored()) {
            for line in LINES {
                let (low, high) = (written(line, one.min(other)), written(line, one.max(other)));
                prop_assert!(line.position(&low).unwrap() <= line.position(&high).unwrap(), "{} {}", low, high);
            }
        }

        #[test]
        fn what_lies_between_is_a_day_of_the_calendar(one in stored(), other in stored(), part in 1..9i128) {
            for line in LINES {
                let (low, high) = (written(line, one.min(other)), written(line, one.max(other)));
                let (first, last) = (line.position(&low).unwrap(), line.position(&high).unwrap());
                let between = first + (last - first) * part / 8;
                if between > first {
                    let cut = line.value(between);
                    prop_assert!(low < cut && cut <= high, "{} {} {}", low, cut, high);
                    prop_assert!(NaiveDate::parse_from_str(&cut[..DATE_LETTERS], DATE).is_ok_and(|day| day >= FIRST_DAY));
                }
            }
        }

        #[test]
        fn a_literal_is_a_day_or_has_zeros((year, month, day) in stored()) {
            let written = literal_day(year, month, day);
            prop_assert!(written >= (year, month, day));
            let (year, month, day) = written;
            prop_assert!(month == 0 || day == 0 || NaiveDate::from_ymd_opt(year.into(), month.into(), day.into()).is_some());
        }
    }

    #[test]
    fn zeros_come_first() {
        let day = |text: &str| Line::Days.position(text).unwrap();
        assert_eq!(Line::Days.value(day("0000-00-00")), "0000-00-00");
        assert_eq!(day("0000-00-00") + 1, day("0001-01-01"));
        assert_eq!(day("2024-00-00"), day("2023-12-31"));
        assert_eq!(day("2024-02-31"), day("2024-02-29"));
        let epoch = |text: &str| Line::Epoch.position(text).unwrap();
        assert_eq!(Line::Epoch.value(epoch("0000-00-00 00:00:00.000000") + 1), "1970-01-01 00:00:01.000000");
        assert_eq!(Line::Clock.value(0), "1970-01-01 00:00:00.000000");
        assert_eq!(literal_day(2024, 2, 31), (2024, 3, 1));
        assert_eq!(literal_day(0, 2, 29), (0, 3, 1));
    }
}

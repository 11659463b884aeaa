//! Keys that lie on a line: integers, decimals and times as positions that can be halved.

use super::key::KeyValue;
use crate::schema::ColumnKind;
use chrono::{DateTime, Days, NaiveDate, NaiveDateTime};

/// How the values of a key column lie on a line of whole numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Line {
    /// The numbers themselves.
    Int,
    /// Decimals, counted in their last digit.
    Decimal { scale: u8 },
    /// Dates, counted in days since 1970-01-01.
    Date,
    /// Times, counted in microseconds since 1970-01-01.
    Time,
}

const DATE: &str = "%Y-%m-%d";
const TIME: &str = "%Y-%m-%d %H:%M:%S%.6f";

impl Line {
    /// Returns how values of this type lie on a line, if they do.
    pub(super) fn of(kind: ColumnKind) -> Option<Self> {
        match kind {
            ColumnKind::Flag
            | ColumnKind::TinyInt { .. }
            | ColumnKind::SmallInt { .. }
            | ColumnKind::MediumInt { .. }
            | ColumnKind::Int { .. }
            | ColumnKind::BigInt { .. }
            | ColumnKind::Year => Some(Self::Int),
            ColumnKind::Decimal { precision, scale } => (precision <= 36).then_some(Self::Decimal { scale }),
            ColumnKind::Date => Some(Self::Date),
            ColumnKind::DateTime { .. } | ColumnKind::Timestamp { .. } => Some(Self::Time),
            ColumnKind::Float
            | ColumnKind::Double
            | ColumnKind::Bit { .. }
            | ColumnKind::Time { .. }
            | ColumnKind::Text
            | ColumnKind::Enum
            | ColumnKind::Set
            | ColumnKind::Json
            | ColumnKind::Token
            | ColumnKind::Binary
            | ColumnKind::Geometry
            | ColumnKind::Vector => None,
        }
    }

    /// Returns where a value lies; nothing if it lies nowhere, such as a date of zeros.
    pub(super) fn position(self, value: &KeyValue) -> Option<i128> {
        match (self, value) {
            (Self::Int, KeyValue::Int(number)) => Some(*number),
            (Self::Decimal { scale }, KeyValue::Decimal(digits)) => unscaled(digits, scale),
            (Self::Date, KeyValue::Time(date)) => {
                let date = NaiveDate::parse_from_str(date, DATE).ok()?;
                Some(date.signed_duration_since(NaiveDate::default()).num_days().into())
            }
            (Self::Time, KeyValue::Time(time)) => {
                let time = NaiveDateTime::parse_from_str(time, TIME).ok()?;
                Some(time.and_utc().timestamp_micros().into())
            }
            (Self::Int | Self::Decimal { .. } | Self::Date | Self::Time, _) => None,
        }
    }

    /// Returns the value at a position. Times beyond those that MySQL has are cut to the last it has.
    pub(super) fn value(self, position: i128) -> KeyValue {
        match self {
            Self::Int => KeyValue::Int(position),
            Self::Decimal { scale } => KeyValue::Decimal(scaled(position, scale)),
            Self::Date => KeyValue::Time(date(position).unwrap_or(LAST_DAY).format(DATE).to_string()),
            Self::Time => {
                let time = i64::try_from(position).ok().and_then(DateTime::from_timestamp_micros);
                let time = time.map_or(LAST_DAY.and_time(chrono::NaiveTime::MIN), |time| time.naive_utc());
                KeyValue::Time(time.format(TIME).to_string())
            }
        }
    }
}

/// The last day that MySQL has.
const LAST_DAY: NaiveDate = match NaiveDate::from_ymd_opt(9999, 12, 31) {
    Some(day) => day,
    None => NaiveDate::MAX,
};

fn date(position: i128) -> Option<NaiveDate> {
    let days = u64::try_from(position.unsigned_abs()).ok().map(Days::new)?;
    let start = NaiveDate::default();
    if position < 0 { start.checked_sub_days(days) } else { start.checked_add_days(days) }
}

fn unscaled(digits: &str, scale: u8) -> Option<i128> {
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    (fraction.len() == usize::from(scale)).then(|| format!("{whole}{fraction}").parse().ok())?
}

fn scaled(position: i128, scale: u8) -> String {
    let scale = usize::from(scale);
    let digits = format!("{:0>width$}", position.unsigned_abs(), width = scale + 1);
    let sign = if position < 0 { "-" } else { "" };
    match digits.split_at(digits.len() - scale) {
        (whole, "") => format!("{sign}{whole}"),
        (whole, fraction) => format!("{sign}{whole}.{fraction}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_position_is_that_of_its_value(position in -1_000_000_000_000i128..1_000_000_000_000, scale in 0..9u8) {
            for line in [Line::Int, Line::Decimal { scale }, Line::Time] {
                prop_assert_eq!(line.position(&line.value(position)), Some(position), "{:?}", line);
            }
            let day = position / 1_000_000;
            prop_assert_eq!(Line::Date.position(&Line::Date.value(day % 700_000)), Some(day % 700_000));
        }
    }

    #[test]
    fn values_read_as_in_mysql() {
        assert_eq!(Line::Decimal { scale: 2 }.value(-5), KeyValue::Decimal("-0.05".to_owned()));
        assert_eq!(Line::Date.value(-1), KeyValue::Time("1969-12-31".to_owned()));
        assert_eq!(Line::Time.value(1), KeyValue::Time("1970-01-01 00:00:00.000001".to_owned()));
        assert_eq!(Line::Date.position(&KeyValue::Time("0000-00-00".to_owned())), None);
    }
}

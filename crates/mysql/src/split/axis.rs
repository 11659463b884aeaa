//! Where keys lie between others: the arithmetic that lets a range of keys be halved.

use super::key::KeyValue;
use crate::schema::ColumnKind;
use chrono::{DateTime, Days, NaiveDate, NaiveDateTime, NaiveTime};

/// How the values of a key column are ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Axis {
    /// Along the whole numbers.
    Int,
    /// Along the whole numbers, counted in the last digit.
    Decimal { scale: u8 },
    /// In days.
    Date,
    /// In microseconds.
    Time,
    /// By a collation that only the server knows.
    Text,
    /// Byte by byte.
    Bytes,
}

const DATE: &str = "%Y-%m-%d";
const TIME: &str = "%Y-%m-%d %H:%M:%S%.6f";

/// The last day that MySQL has.
const LAST_DAY: NaiveDate = match NaiveDate::from_ymd_opt(9999, 12, 31) {
    Some(day) => day,
    None => NaiveDate::MAX,
};

impl Axis {
    /// Returns how values of this type are ordered, if something is known of it.
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
            ColumnKind::Text => Some(Self::Text),
            ColumnKind::Binary => Some(Self::Bytes),
            ColumnKind::Float
            | ColumnKind::Double
            | ColumnKind::Bit { .. }
            | ColumnKind::Time { .. }
            | ColumnKind::Enum
            | ColumnKind::Set
            | ColumnKind::Json
            | ColumnKind::Token
            | ColumnKind::Geometry
            | ColumnKind::Vector => None,
        }
    }

    /// Returns a value about halfway from `low` to `high`, greater than `low` and not greater than `high`. Of text
    /// it is but a guess, for the server alone knows the order. Nothing if there is no such value.
    pub(super) fn halfway(self, low: &KeyValue, high: &KeyValue) -> Option<KeyValue> {
        match (self, low, high) {
            (Self::Text, KeyValue::Text(low), KeyValue::Text(high)) => text_between(low, high).map(KeyValue::Text),
            (Self::Bytes, KeyValue::Bytes(low), KeyValue::Bytes(high)) => bytes_between(low, high).map(KeyValue::Bytes),
            (Self::Int | Self::Decimal { .. } | Self::Date | Self::Time, _, _) => self.along(low, high, 1, 2),
            (Self::Text | Self::Bytes, _, _) => None,
        }
    }

    /// Returns the value that lies `part / parts` of the way from `low` to just beyond `high`; nothing if the order
    /// is not that of numbers, or if that is `low` itself.
    pub(super) fn along(self, low: &KeyValue, high: &KeyValue, part: u64, parts: u64) -> Option<KeyValue> {
        let (low, high) = (self.position(low)?, self.position(high)?);
        let width = u128::try_from(high.checked_sub(low)?.checked_add(1)?).ok()?;
        let way = width.checked_mul(part.into())? / u128::from(parts.max(1));
        let position = low.checked_add_unsigned(way.min(width - 1))?;
        (position > low).then(|| self.value(position))
    }

    /// Returns the value just before another, where that can be told, or else the value itself.
    pub(super) fn before(self, value: &KeyValue) -> KeyValue {
        self.position(value).map_or_else(|| value.clone(), |position| self.value(position - 1))
    }

    /// Returns whether [`halfway`](Self::halfway) is only a guess.
    pub(super) fn is_guessed(self) -> bool {
        matches!(self, Self::Text | Self::Bytes)
    }

    /// Returns where a value lies among the whole numbers; nothing if nowhere, such as a date of zeros.
    fn position(self, value: &KeyValue) -> Option<i128> {
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
            (Self::Int | Self::Decimal { .. } | Self::Date | Self::Time | Self::Text | Self::Bytes, _) => None,
        }
    }

    /// Returns the value at a position. Times beyond those that MySQL has are cut to the last it has.
    fn value(self, position: i128) -> KeyValue {
        match self {
            Self::Int | Self::Text | Self::Bytes => KeyValue::Int(position),
            Self::Decimal { scale } => KeyValue::Decimal(scaled(position, scale)),
            Self::Date => KeyValue::Time(date(position).unwrap_or(LAST_DAY).format(DATE).to_string()),
            Self::Time => {
                let time = i64::try_from(position).ok().and_then(DateTime::from_timestamp_micros);
                let time = time.map_or(LAST_DAY.and_time(NaiveTime::MIN), |time| time.naive_utc());
                KeyValue::Time(time.format(TIME).to_string())
            }
        }
    }
}

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

/// Guesses a text between two others, as if characters were ordered by their numbers, and where one text has a
/// capital letter and the other a small one, as if there were no capitals. Only ASCII is made up, which every
/// character set has.
fn text_between(low: &str, high: &str) -> Option<String> {
    let mut differing = low.chars().zip(high.chars()).filter(|(low, high)| low != high);
    let mixes_case = differing.next().is_some_and(|(low, high)| {
        (low.is_uppercase() && high.is_lowercase()) || (low.is_lowercase() && high.is_uppercase())
    });
    let folded = || characters_between(&low.to_lowercase(), &high.to_lowercase());
    let plain = || characters_between(low, high);
    if mixes_case { folded().or_else(plain) } else { plain().or_else(folded) }
}

fn characters_between(low: &str, high: &str) -> Option<String> {
    let numbers = |text: &str| text.chars().map(u32::from).collect::<Vec<_>>();
    let between = digits_between(&numbers(low), &numbers(high), 0x7f)?;
    between.into_iter().map(char::from_u32).collect()
}

fn bytes_between(low: &[u8], high: &[u8]) -> Option<Vec<u8>> {
    let numbers = |bytes: &[u8]| bytes.iter().copied().map(u32::from).collect::<Vec<_>>();
    let between = digits_between(&numbers(low), &numbers(high), 256)?;
    between.into_iter().map(|digit| u8::try_from(digit).ok()).collect()
}

/// Halves the way between two sequences of digits below `end`, read as fractions: `12` and `18` make `15`, `12` and
/// `13` make `12` and a digit halfway to `end`. Nothing if the first is not the lesser, or there is no such digit.
fn digits_between(low: &[u32], high: &[u32], end: u32) -> Option<Vec<u32>> {
    let digit = |digits: &[u32], at: usize| digits.get(at).copied();
    let same = low.iter().zip(high).take_while(|(low, high)| low == high).count();
    let (first, last) = (digit(low, same).unwrap_or(0), digit(high, same)?);
    if first >= last {
        return None;
    }
    let mut between = low[..same].to_vec();
    let middle = first + (last.min(end).saturating_sub(first)) / 2;
    between.push(middle);
    if middle == first {
        // The two differ by one here, so what follows the lesser decides.
        let next = digit(low, same + 1).unwrap_or(0);
        let middle = next + end.checked_sub(next)? / 2;
        between.push((middle > next).then_some(middle)?);
    }
    Some(between)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_position_is_that_of_its_value(position in -1_000_000_000_000i128..1_000_000_000_000, scale in 0..9u8) {
            for axis in [Axis::Int, Axis::Decimal { scale }, Axis::Time] {
                prop_assert_eq!(axis.position(&axis.value(position)), Some(position), "{:?}", axis);
            }
            let day = position / 1_000_000;
            prop_assert_eq!(Axis::Date.position(&Axis::Date.value(day % 700_000)), Some(day % 700_000));
        }

        #[test]
        fn halfway_is_beyond_the_low_end(low in any::<i64>(), high in any::<i64>()) {
            let (low, high) = (low.min(high), low.max(high));
            match Axis::Int.halfway(&KeyValue::Int(low.into()), &KeyValue::Int(high.into())) {
                Some(KeyValue::Int(middle)) => prop_assert!(i128::from(low) < middle && middle <= i128::from(high)),
                Some(_) => prop_assert!(false),
                None => prop_assert_eq!(low, high),
            }
        }

        #[test]
        fn halfway_between_bytes_is_between_them(low in any::<Vec<u8>>(), high in any::<Vec<u8>>()) {
            if let Some(middle) = bytes_between(&low, &high) {
                prop_assert!(low <= middle && middle <= high, "{:?}", middle);
            }
        }
    }

    #[test]
    fn values_read_as_in_mysql() {
        assert_eq!(Axis::Decimal { scale: 2 }.value(-5), KeyValue::Decimal("-0.05".to_owned()));
        assert_eq!(Axis::Date.value(-1), KeyValue::Time("1969-12-31".to_owned()));
        assert_eq!(Axis::Time.value(1), KeyValue::Time("1970-01-01 00:00:00.000001".to_owned()));
        assert_eq!(Axis::Date.position(&KeyValue::Time("0000-00-00".to_owned())), None);
    }

    #[test]
    fn a_guess_at_text_lies_between() {
        assert_eq!(text_between("HX100000", "HX900000").as_deref(), Some("HX5"));
        assert_eq!(text_between("0", "K").as_deref(), Some("="));
        assert_eq!(text_between("apple", "Zebra").as_deref(), Some("m"));
        assert_eq!(text_between("HX1", "hX9").as_deref(), Some("hx5"));
        assert_eq!(text_between("aa", "ab").as_deref(), Some("aa?"));
        assert_eq!(text_between("é", "ÿ").as_deref(), Some("é?"));
        assert_eq!(text_between("a", "ÿ").as_deref(), Some("p"));
        assert_eq!(text_between("", "b").as_deref(), Some("1"));
        assert_eq!(text_between("b", "a"), None);
        assert_eq!(text_between("a", "a"), None);
    }
}

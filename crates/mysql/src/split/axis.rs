//! Where keys lie between others: the arithmetic that lets a range of keys be halved.

use super::key::KeyValue;
use super::moment;
use crate::schema::ColumnKind;

/// How the values of a key column are ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Axis {
    /// Along the whole numbers.
    Int,
    /// Along the whole numbers, counted in the last digit.
    Decimal { scale: u8 },
    /// By the years that a `YEAR` can hold: 0, and 1901 to 2155.
    Year,
    /// In days, or in microseconds.
    Time(moment::Line),
    /// By a collation that only the server knows.
    Text,
    /// Byte by byte.
    Bytes,
}

/// The first year of a `YEAR` but 0. MySQL takes the numbers from 1 to 99 for years of two digits, so no literal may be
/// one of those between.
const FIRST_YEAR: i128 = 1901;

impl Axis {
    /// Returns how values of this type are ordered, if something is known of it.
    pub(super) fn of(kind: ColumnKind) -> Option<Self> {
        match kind {
            ColumnKind::Flag
            | ColumnKind::TinyInt { .. }
            | ColumnKind::SmallInt { .. }
            | ColumnKind::MediumInt { .. }
            | ColumnKind::Int { .. }
            | ColumnKind::BigInt { .. } => Some(Self::Int),
            ColumnKind::Year => Some(Self::Year),
            ColumnKind::Decimal { precision, scale } => (precision <= 36).then_some(Self::Decimal { scale }),
            ColumnKind::Date => Some(Self::Time(moment::Line::Days)),
            ColumnKind::DateTime { .. } => Some(Self::Time(moment::Line::Clock)),
            ColumnKind::Timestamp { .. } => Some(Self::Time(moment::Line::Epoch)),
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
            (Self::Int | Self::Decimal { .. } | Self::Year | Self::Time(_), _, _) => self.along(low, high, 1, 2),
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

    /// Returns where a value lies among the whole numbers; nothing if nowhere.
    fn position(self, value: &KeyValue) -> Option<i128> {
        match (self, value) {
            (Self::Int, KeyValue::Int(number)) => Some(*number),
            (Self::Year, KeyValue::Int(year)) => Some(FIRST_YEAR.max(year + 1) - 1),
            (Self::Decimal { scale }, KeyValue::Decimal(digits)) => unscaled(digits, scale),
            (Self::Time(line), KeyValue::Time(time)) => line.position(time),
            (Self::Int | Self::Year | Self::Decimal { .. } | Self::Time(_) | Self::Text | Self::Bytes, _) => None,
        }
    }

    /// Returns the value at a position; between two that MySQL has, the lower one.
    fn value(self, position: i128) -> KeyValue {
        match self {
            Self::Int | Self::Text | Self::Bytes => KeyValue::Int(position),
            Self::Year => KeyValue::Int(if position < FIRST_YEAR { 0 } else { position }),
            Self::Decimal { scale } => KeyValue::Decimal(scaled(position, scale)),
            Self::Time(line) => KeyValue::Time(line.value(position)),
        }
    }
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
            for axis in [Axis::Int, Axis::Decimal { scale }] {
                prop_assert_eq!(axis.position(&axis.value(position)), Some(position), "{:?}", axis);
            }
        }

        #[test]
        fn years_are_cut_to_those_that_mysql_has(low in 1900..2156i128, high in 1900..2156i128, part in 0..9u64) {
            let year = |number: i128| KeyValue::Int(if number == 1900 { 0 } else { number });
            let (low, high) = (year(low.min(high)), year(low.max(high)));
            if let Some(KeyValue::Int(cut)) = Axis::Year.along(&low, &high, part, 8) {
                prop_assert!((1901..=2155).contains(&cut));
                prop_assert!(low != KeyValue::Int(cut) && Axis::Year.position(&high) >= Some(cut));
            }
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
        assert_eq!(Axis::Year.halfway(&KeyValue::Int(0), &KeyValue::Int(2024)), Some(KeyValue::Int(1962)));
        assert_eq!(Axis::Year.halfway(&KeyValue::Int(0), &KeyValue::Int(1901)), Some(KeyValue::Int(1901)));
        assert_eq!(Axis::Year.before(&KeyValue::Int(1901)), KeyValue::Int(0));
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

//! The server's values as those of keys.

use super::key::{Key, KeyValue, SplitKey};
use super::moment::literal_day;
use crate::schema::ColumnKind;
use mysql_async::{Row, Value};

/// Reads the key in the first fields of a row; nothing if a part of it is NULL.
///
/// # Errors
/// If the row is none of a key's.
pub(super) fn key_of(row: &Row, key: &SplitKey) -> Result<Option<Key>, &'static str> {
    let columns = key.columns.iter().enumerate();
    let values: Result<Option<Vec<KeyValue>>, &'static str> =
        columns.map(|(index, column)| value_of(row, index, column.kind)).collect();
    Ok(values?.map(Key))
}

/// Reads a value of a key; nothing if it is NULL.
///
/// # Errors
/// If the row has no such field, or one of another type.
pub(super) fn value_of(row: &Row, index: usize, kind: ColumnKind) -> Result<Option<KeyValue>, &'static str> {
    let value = row.as_ref(index).ok_or("a key has too few columns")?;
    if *value == Value::NULL {
        return Ok(None);
    }
    key_value(value, kind).map(Some).ok_or("a key is not of its column's type")
}

fn key_value(value: &Value, kind: ColumnKind) -> Option<KeyValue> {
    match (value, kind) {
        (Value::Int(number), _) => Some(KeyValue::Int(i128::from(*number))),
        (Value::UInt(number), _) => Some(KeyValue::Int(i128::from(*number))),
        (Value::Bytes(bytes), ColumnKind::Decimal { .. }) => Some(KeyValue::Decimal(digits(bytes)?)),
        (Value::Bytes(bytes), ColumnKind::Binary) => Some(KeyValue::Bytes(bytes.clone())),
        // Text that is not what it was is no key of its row any more, but may still be a boundary.
        (Value::Bytes(bytes), _) => Some(KeyValue::Text(String::from_utf8_lossy(bytes).into_owned())),
        (Value::Date(year, month, day, ..), ColumnKind::Date) => {
            let (year, month, day) = literal_day(*year, *month, *day);
            Some(KeyValue::Time(format!("{year:04}-{month:02}-{day:02}")))
        }
        (Value::Date(year, month, day, hour, minute, second, micros), _) => {
            let date = literal_day(*year, *month, *day);
            let is_moved = date != (*year, *month, *day);
            let time = if is_moved { (0, 0, 0, 0) } else { (*hour, *minute, *second, *micros) };
            let ((year, month, day), (hour, minute, second, micros)) = (date, time);
            Some(KeyValue::Time(format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}.{micros:06}")))
        }
        (Value::NULL | Value::Float(_) | Value::Double(_) | Value::Time(..), _) => None,
    }
}

/// Returns a decimal as it stands in a statement, if it is nothing but one.
fn digits(bytes: &[u8]) -> Option<String> {
    let allowed = |byte: &u8| byte.is_ascii_digit() || matches!(byte, b'-' | b'.');
    if !bytes.iter().all(allowed) {
        return None;
    }
    String::from_utf8(bytes.to_vec()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_that_its_month_does_not_have_is_the_next_one() {
        let read = |value: Value| key_value(&value, ColumnKind::DateTime { digits: 0 });
        let time = |text: &str| Some(KeyValue::Time(text.to_owned()));
        assert_eq!(read(Value::Date(2024, 2, 31, 1, 2, 3, 4)), time("2024-03-01 00:00:00.000000"));
        assert_eq!(read(Value::Date(2024, 0, 10, 1, 2, 3, 4)), time("2024-00-10 01:02:03.000004"));
        assert_eq!(read(Value::Date(2024, 2, 29, 1, 2, 3, 4)), time("2024-02-29 01:02:03.000004"));
    }

    #[test]
    fn a_decimal_is_nothing_but_digits() {
        assert_eq!(digits(b"-12.50").as_deref(), Some("-12.50"));
        assert_eq!(digits(b"1 OR 1"), None);
    }
}

//! A field of an answer about the server, such as `SHOW INDEX` and `EXPLAIN` give, whose types differ between servers.

use mysql_async::{Row, Value};

/// Returns the field of `column`, however its name is written, as text; nothing if it is NULL or this server does not have it.
pub(crate) fn text(row: &Row, column: &str) -> Option<String> {
    let columns = row.columns_ref();
    text_at(row, columns.iter().position(|field| field.name_str().eq_ignore_ascii_case(column))?)
}

/// Returns the field at a place, counted from zero, as text; nothing if it is NULL or there are fewer.
pub(crate) fn text_at(row: &Row, index: usize) -> Option<String> {
    match row.as_ref(index)? {
        Value::Bytes(bytes) => String::from_utf8(bytes.clone()).ok(),
        Value::Int(number) => Some(number.to_string()),
        Value::UInt(number) => Some(number.to_string()),
        Value::NULL | Value::Float(_) | Value::Double(_) | Value::Date(..) | Value::Time(..) => None,
    }
}

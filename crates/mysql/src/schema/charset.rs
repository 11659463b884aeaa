//! Character sets with characters that Unicode does not have, which the server would send as question marks.

use super::{ColumnKind, Conversion, SourceColumn};
use crate::name::quote_name;

/// What is wrong with a value that has such a character, and the way out.
pub(crate) const LOST_CHARACTER: &str = "it has a character that the server cannot turn into one of Unicode, and would send \
    as a question mark; correct the value, leave the column out with --columns, or copy its bytes with --query: \
    `CAST(… AS BINARY)`";

/// The character sets of which Unicode has every character, on MySQL and on MariaDB, and those that are Unicode. All others
/// have bytes, private or not assigned, that the server stores and cannot convert.
const HARMLESS: [&str; 20] = [
    "armscii8", "cp850", "cp852", "cp866", "keybcs2", "koi8r", "koi8u", "latin1", "latin2", "latin5", "latin7",
    "macce", "macroman", "ucs2", "utf16", "utf16le", "utf32", "utf8", "utf8mb3", "utf8mb4",
];

/// Returns how the values of a column with this character set are asked for.
pub(super) fn text_conversion(kind: ColumnKind, character_set: Option<&str>) -> Option<Conversion> {
    let is_harmless = character_set.is_some_and(|name| HARMLESS.contains(&name));
    match kind {
        ColumnKind::Text | ColumnKind::Enum | ColumnKind::Set if !is_harmless => Some(Conversion::CheckedText),
        ColumnKind::Text
        | ColumnKind::Enum
        | ColumnKind::Set
        | ColumnKind::Flag
        | ColumnKind::TinyInt { .. }
        | ColumnKind::SmallInt { .. }
        | ColumnKind::MediumInt { .. }
        | ColumnKind::Int { .. }
        | ColumnKind::BigInt { .. }
        | ColumnKind::Decimal { .. }
        | ColumnKind::Float
        | ColumnKind::Double
        | ColumnKind::Bit { .. }
        | ColumnKind::Date
        | ColumnKind::DateTime { .. }
        | ColumnKind::Timestamp { .. }
        | ColumnKind::Time { .. }
        | ColumnKind::Year
        | ColumnKind::Json
        | ColumnKind::Token
        | ColumnKind::Binary
        | ColumnKind::Geometry
        | ColumnKind::Vector => None,
    }
}

/// Writes the expression that is the number of a column, among `columns`, with a character that was lost; NULL if none was.
/// Nothing if there is no column to check.
pub(crate) fn loss_check(columns: &[SourceColumn]) -> Option<String> {
    let checked = columns.iter().enumerate().filter(|(_, column)| column.conversion == Some(Conversion::CheckedText));
    let cases: Vec<String> =
        checked.map(|(number, column)| format!("WHEN {} THEN {number}", is_lossy(&column.name))).collect();
    (!cases.is_empty()).then(|| format!("CASE {} END", cases.join(" ")))
}

/// A lost character arrives as `?`, or as U+FFFD from tis620. Going back does not tell, for some sets have a character
/// twice. So question marks are counted, as bytes: in none of these sets is that byte a part of another character.
fn is_lossy(name: &str) -> String {
    let name = quote_name(name);
    let (before, after) = (format!("CAST({name} AS BINARY)"), format!("CAST(CONVERT({name} USING utf8mb4) AS BINARY)"));
    let marks = |text: &str| format!("LENGTH({text}) - LENGTH(REPLACE({text}, X'3F', X''))");
    format!("LOCATE(X'3F', {after}) > 0 AND {} <> {} OR LOCATE(X'EFBFBD', {after}) > 0", marks(&after), marks(&before))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_text_that_may_lose_something_is_checked() {
        let checked = Some(Conversion::CheckedText);
        assert_eq!(text_conversion(ColumnKind::Text, Some("latin1")), None);
        assert_eq!(text_conversion(ColumnKind::Enum, Some("sjis")), checked);
        assert_eq!(text_conversion(ColumnKind::Text, Some("a set of tomorrow")), checked);
        assert_eq!(text_conversion(ColumnKind::Int { unsigned: false }, None), None);
    }
}

//! What a user should know of a column before it is copied: where a reader may see something else than MySQL shows.

use crate::schema::{ColumnKind, Conversion, SourceColumn};
use crate::spec::{InvalidDates, ReadOptions, TinyInt1};

/// Returns what may surprise in a column, if anything does.
#[must_use]
pub fn risk(column: &SourceColumn, options: &ReadOptions) -> Option<&'static str> {
    match column.conversion {
        Some(conversion) => Some(converted(conversion)),
        None => risk_of(column.kind, options),
    }
}

fn converted(conversion: Conversion) -> &'static str {
    match conversion {
        Conversion::CheckedText => "a character that Unicode does not have stops the run",
        Conversion::Text => "by --type: the text that the server writes",
        Conversion::FloatText => "by --type: the text that the server writes, or all digits where those are too few",
        Conversion::BitText => "by --type: the number that the bits stand for, as text",
        Conversion::BitNumber => "by --type: the number that the bits stand for",
    }
}

fn risk_of(kind: ColumnKind, options: &ReadOptions) -> Option<&'static str> {
    match kind {
        ColumnKind::Flag => match options.tiny_int1 {
            TinyInt1::Boolean => Some("a value other than 0 and 1 stops the run; see --tinyint1"),
            TinyInt1::Int => None,
        },
        ColumnKind::Decimal { precision: 39.., .. } => Some("more digits than any reader's decimals: exact as text"),
        ColumnKind::Date => invalid_dates(options),
        ColumnKind::DateTime { digits: 4.. } | ColumnKind::Timestamp { digits: 4.. } => {
            Some("microseconds are kept, but Athena shows milliseconds; zero dates become NULL")
        }
        ColumnKind::DateTime { .. } => invalid_dates(options),
        ColumnKind::Timestamp { .. } => Some("in UTC; zero dates become NULL"),
        ColumnKind::Time { .. } => Some("a span of up to 838 hours, for which Athena has no type: exact as text"),
        ColumnKind::Bit { length: 2.. } => Some("bytes, the highest first"),
        ColumnKind::Geometry => Some("well-known binary, without its reference system"),
        ColumnKind::Vector => Some("bytes as the server stores them"),
        ColumnKind::BigInt { unsigned: true } => Some("wider than any signed integer: a decimal"),
        ColumnKind::Bit { .. }
        | ColumnKind::TinyInt { .. }
        | ColumnKind::SmallInt { .. }
        | ColumnKind::MediumInt { .. }
        | ColumnKind::Int { .. }
        | ColumnKind::BigInt { unsigned: false }
        | ColumnKind::Decimal { .. }
        | ColumnKind::Float
        | ColumnKind::Double
        | ColumnKind::Year
        | ColumnKind::Text
        | ColumnKind::Enum
        | ColumnKind::Set
        | ColumnKind::Json
        | ColumnKind::Token
        | ColumnKind::Binary => None,
    }
}

fn invalid_dates(options: &ReadOptions) -> Option<&'static str> {
    Some(match options.invalid_dates {
        InvalidDates::Stop => "zero dates become NULL, other invalid ones stop the run; see --invalid-dates",
        InvalidDates::Null => "zero and invalid dates become NULL",
    })
}

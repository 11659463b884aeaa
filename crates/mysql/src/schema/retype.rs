//! `--type`: a column read as another type than its own, where that loses nothing.

use super::{ColumnKind, SourceColumn, TableSchema};
use crate::error::SourceError;
use crate::name::quote_name;
use serde::{Deserialize, Serialize};
use std::str::FromStr;

/// A type that a column may be read as instead of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReadAs {
    /// The text that the server writes for the value.
    String,
    /// The number that a `TINYINT(1)` or a `BIT` stands for.
    Int,
}

/// A column, and what it is to be read as. Parses `column=string` and `column=int`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TypedColumn {
    /// The column's name in MySQL.
    pub column: String,
    /// What it is read as.
    pub read_as: ReadAs,
}

/// Says why a text is no column with a type.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParseTypedColumnError {
    /// There is no `=`, or nothing before it.
    #[error("`{0}` is not of the form `column=string`")]
    Form(String),
    /// What follows the `=` is no type.
    #[error("a column cannot be read as `{0}`; the types are `string` and `int`")]
    Type(String),
}

/// How the values of a column are asked for where they are not wanted as they are. What arrives is of the column's
/// [`kind`](SourceColumn::kind).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Conversion {
    /// None, but the server says of each value whether Unicode has all of its characters.
    CheckedText,
    /// The text that the server writes.
    Text,
    /// The text of a `FLOAT`: what the server writes if that is the very same number, else all of its digits.
    FloatText,
    /// The number that bits stand for, as text.
    BitText,
    /// The number that bits stand for.
    BitNumber,
}

impl Conversion {
    /// Writes the expression that converts the column `name`.
    pub(crate) fn sql(self, name: &str) -> String {
        let name = quote_name(name);
        match self {
            Self::CheckedText => name,
            Self::Text => format!("CAST({name} AS CHAR)"),
            // The server writes six digits of a FLOAT, which are often not all.
            Self::FloatText => format!(
                "IF(CAST(CAST({name} AS CHAR) AS FLOAT) = {name}, CAST({name} AS CHAR), CAST({name} + 0e0 AS CHAR))"
            ),
            Self::BitText => format!("CAST({name} + 0 AS CHAR)"),
            Self::BitNumber => format!("{name} + 0"),
        }
    }
}

/// Returns `columns`, some of `schema`'s, of which those named in `types` are read as it says there.
///
/// # Errors
/// If a name is no column, not among `columns` or there twice, or if its values cannot be read so without a loss.
pub fn retype(
    schema: &TableSchema,
    mut columns: Vec<SourceColumn>,
    types: &[TypedColumn],
) -> Result<Vec<SourceColumn>, SourceError> {
    for (number, typed) in types.iter().enumerate() {
        let name = &schema.column(&typed.column)?.name;
        let is_same = |other: &TypedColumn| schema.column(&other.column).is_ok_and(|column| column.name == *name);
        if types[..number].iter().any(is_same) {
            return Err(refused(schema, name, typed.read_as, "it is given a type twice".to_owned()));
        }
        let Some(column) = columns.iter_mut().find(|column| column.name == *name) else {
            return Err(refused(schema, name, typed.read_as, "it is not among the columns to copy".to_owned()));
        };
        let (kind, conversion) = typed.read_as.of(column.kind).ok_or_else(|| {
            let reason = format!("its type is `{}`; {}", column.declared, typed.read_as.condition());
            refused(schema, name, typed.read_as, reason)
        })?;
        // Text that is to be text is still looked at.
        (column.kind, column.conversion) = (kind, conversion.or(column.conversion));
    }
    Ok(columns)
}

fn refused(schema: &TableSchema, column: &str, read_as: ReadAs, reason: String) -> SourceError {
    SourceError::Retype { origin: schema.origin.clone(), column: column.to_owned(), read_as: read_as.name(), reason }
}

impl ReadAs {
    fn name(self) -> &'static str {
        match self {
            Self::String => "string",
            Self::Int => "int",
        }
    }

    /// Says which columns can be read so.
    fn condition(self) -> &'static str {
        match self {
            Self::String => "bytes have no text of their own: copy them as they are, or their HEX() with --query",
            Self::Int => "only a TINYINT(1) and a BIT are numbers that are copied as something else",
        }
    }

    /// Returns as which kind values of `kind` arrive, and how they are asked for; nothing if that makes no sense.
    fn of(self, kind: ColumnKind) -> Option<(ColumnKind, Option<Conversion>)> {
        match self {
            Self::String => Some((ColumnKind::Text, text_of(kind)?)),
            Self::Int => number_of(kind),
        }
    }
}

/// Returns how the text of values is asked for, where they are not text already.
fn text_of(kind: ColumnKind) -> Option<Option<Conversion>> {
    match kind {
        ColumnKind::Flag
        | ColumnKind::TinyInt { .. }
        | ColumnKind::SmallInt { .. }
        | ColumnKind::MediumInt { .. }
        | ColumnKind::Int { .. }
        | ColumnKind::BigInt { .. }
        | ColumnKind::Decimal { .. }
        | ColumnKind::Double
        | ColumnKind::Date
        | ColumnKind::DateTime { .. }
        | ColumnKind::Timestamp { .. }
        | ColumnKind::Time { .. }
        | ColumnKind::Year => Some(Some(Conversion::Text)),
        ColumnKind::Float => Some(Some(Conversion::FloatText)),
        ColumnKind::Bit { .. } => Some(Some(Conversion::BitText)),
        ColumnKind::Text | ColumnKind::Enum | ColumnKind::Set | ColumnKind::Json | ColumnKind::Token => Some(None),
        ColumnKind::Binary | ColumnKind::Geometry | ColumnKind::Vector => None,
    }
}

fn number_of(kind: ColumnKind) -> Option<(ColumnKind, Option<Conversion>)> {
    match kind {
        ColumnKind::Flag => Some((ColumnKind::TinyInt { unsigned: false }, None)),
        ColumnKind::Bit { length } => {
            Some((ColumnKind::BigInt { unsigned: length == 64 }, Some(Conversion::BitNumber)))
        }
        ColumnKind::TinyInt { .. }
        | ColumnKind::SmallInt { .. }
        | ColumnKind::MediumInt { .. }
        | ColumnKind::Int { .. }
        | ColumnKind::BigInt { .. }
        | ColumnKind::Decimal { .. }
        | ColumnKind::Float
        | ColumnKind::Double
        | ColumnKind::Date
        | ColumnKind::DateTime { .. }
        | ColumnKind::Timestamp { .. }
        | ColumnKind::Time { .. }
        | ColumnKind::Year
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

impl FromStr for TypedColumn {
    type Err = ParseTypedColumnError;

    fn from_str(text: &str) -> Result<Self, ParseTypedColumnError> {
        let (column, read_as) = text.rsplit_once('=').ok_or_else(|| ParseTypedColumnError::Form(text.to_owned()))?;
        let column = column.trim();
        if column.is_empty() {
            return Err(ParseTypedColumnError::Form(text.to_owned()));
        }
        let read_as = match read_as.trim() {
            "string" => ReadAs::String,
            "int" => ReadAs::Int,
            other => return Err(ParseTypedColumnError::Type(other.to_owned())),
        };
        Ok(Self { column: column.to_owned(), read_as })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_typed_column_is_a_name_and_a_type() {
        let typed = |column: &str, read_as| Ok(TypedColumn { column: column.to_owned(), read_as });
        assert_eq!("Case Number=string".parse(), typed("Case Number", ReadAs::String));
        assert_eq!("a=b=int".parse(), typed("a=b", ReadAs::Int));
        let message = |text: &str| text.parse::<TypedColumn>().unwrap_err().to_string();
        assert_eq!(message("amount"), "`amount` is not of the form `column=string`");
        assert_eq!(message("=string"), "`=string` is not of the form `column=string`");
        assert_eq!(message("a=text"), "a column cannot be read as `text`; the types are `string` and `int`");
    }

    #[test]
    fn a_conversion_is_an_expression_of_the_server() {
        assert_eq!(Conversion::Text.sql("a`b"), "CAST(`a``b` AS CHAR)");
        assert_eq!(Conversion::BitNumber.sql("b"), "`b` + 0");
    }
}

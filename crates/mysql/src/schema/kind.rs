//! The types of MySQL and MariaDB, as read from `information_schema`.

use serde::{Deserialize, Serialize};

/// The type of a column, with everything that decides how its values are carried over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ColumnKind {
    /// `TINYINT(1)`, which is what `BOOLEAN` means in MySQL.
    Flag,
    /// `TINYINT` of any other width, or unsigned.
    TinyInt {
        /// Whether negative values are excluded.
        unsigned: bool,
    },
    /// `SMALLINT`.
    SmallInt {
        /// Whether negative values are excluded.
        unsigned: bool,
    },
    /// `MEDIUMINT`, of three bytes.
    MediumInt {
        /// Whether negative values are excluded.
        unsigned: bool,
    },
    /// `INT`.
    Int {
        /// Whether negative values are excluded.
        unsigned: bool,
    },
    /// `BIGINT`.
    BigInt {
        /// Whether negative values are excluded.
        unsigned: bool,
    },
    /// `DECIMAL(precision, scale)`.
    Decimal {
        /// Digits in all, up to 65.
        precision: u8,
        /// Digits after the point.
        scale: u8,
    },
    /// `FLOAT`, of four bytes.
    Float,
    /// `DOUBLE`.
    Double,
    /// `BIT(length)`.
    Bit {
        /// Bits, from 1 to 64.
        length: u8,
    },
    /// `DATE`.
    Date,
    /// `DATETIME(digits)`: a wall clock, in no time zone.
    DateTime {
        /// Digits of the second after the point, up to 6.
        digits: u8,
    },
    /// `TIMESTAMP(digits)`: a moment.
    Timestamp {
        /// Digits of the second after the point, up to 6.
        digits: u8,
    },
    /// `TIME(digits)`: a span from −838:59:59 to 838:59:59.
    Time {
        /// Digits of the second after the point, up to 6.
        digits: u8,
    },
    /// `YEAR`.
    Year,
    /// `CHAR`, `VARCHAR` or one of the `TEXT` types, in any character set.
    Text,
    /// `ENUM`.
    Enum,
    /// `SET`.
    Set,
    /// `JSON`.
    Json,
    /// MariaDB's `UUID`, `INET4` or `INET6`.
    Token,
    /// `BINARY`, `VARBINARY` or one of the `BLOB` types.
    Binary,
    /// `GEOMETRY` or one of its sub-types.
    Geometry,
    /// `VECTOR`: numbers as the server stores them.
    Vector,
}

/// Says which column has a type that this crate does not know, so cannot promise to carry over exactly.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("column `{column}` has the type `{declared}`, which is not supported; leave it out with `--columns`")]
pub struct UnsupportedColumn {
    /// The column.
    pub column: String,
    /// Its type as the server writes it.
    pub declared: String,
}

/// The fields of `information_schema.COLUMNS` that describe a type.
#[derive(Debug)]
pub(crate) struct Declaration<'a> {
    /// `DATA_TYPE`, for example `int`.
    pub(crate) name: &'a str,
    /// `COLUMN_TYPE`, for example `int(10) unsigned`.
    pub(crate) full: &'a str,
    /// `NUMERIC_PRECISION`: digits of a decimal, bits of a bit field.
    pub(crate) precision: Option<u64>,
    /// `NUMERIC_SCALE`.
    pub(crate) scale: Option<u64>,
    /// `DATETIME_PRECISION`.
    pub(crate) digits: Option<u64>,
}

impl Declaration<'_> {
    /// Returns the type, or nothing if it is unknown.
    pub(crate) fn kind(&self) -> Option<ColumnKind> {
        let full = self.full.to_ascii_lowercase();
        let unsigned = full.contains(" unsigned") || full.contains(" zerofill");
        let digits = u8::try_from(self.digits.unwrap_or(0)).ok()?;
        Some(match self.name.to_ascii_lowercase().as_str() {
            "tinyint" if full.starts_with("tinyint(1)") && !unsigned => ColumnKind::Flag,
            "tinyint" => ColumnKind::TinyInt { unsigned },
            "smallint" => ColumnKind::SmallInt { unsigned },
            "mediumint" => ColumnKind::MediumInt { unsigned },
            "int" | "integer" => ColumnKind::Int { unsigned },
            "bigint" => ColumnKind::BigInt { unsigned },
            "decimal" | "numeric" => ColumnKind::Decimal {
                precision: u8::try_from(self.precision?).ok()?,
                scale: u8::try_from(self.scale?).ok()?,
            },
            "float" => ColumnKind::Float,
            "double" | "real" => ColumnKind::Double,
            "bit" => ColumnKind::Bit { length: u8::try_from(self.precision?).ok()? },
            "date" => ColumnKind::Date,
            "datetime" => ColumnKind::DateTime { digits },
            "timestamp" => ColumnKind::Timestamp { digits },
            "time" => ColumnKind::Time { digits },
            "year" => ColumnKind::Year,
            "char" | "varchar" | "tinytext" | "text" | "mediumtext" | "longtext" => ColumnKind::Text,
            "enum" => ColumnKind::Enum,
            "set" => ColumnKind::Set,
            "json" => ColumnKind::Json,
            "uuid" | "inet4" | "inet6" => ColumnKind::Token,
            "binary" | "varbinary" | "tinyblob" | "blob" | "mediumblob" | "longblob" => ColumnKind::Binary,
            "geometry" | "point" | "linestring" | "polygon" | "multipoint" | "multilinestring" | "multipolygon"
            | "geometrycollection" | "geomcollection" => ColumnKind::Geometry,
            "vector" => ColumnKind::Vector,
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(name: &str, full: &str) -> Option<ColumnKind> {
        Declaration { name, full, precision: Some(20), scale: Some(4), digits: Some(3) }.kind()
    }

    #[test]
    fn only_a_signed_tinyint_of_width_one_is_a_flag() {
        assert_eq!(kind("tinyint", "tinyint(1)"), Some(ColumnKind::Flag));
        assert_eq!(kind("tinyint", "tinyint"), Some(ColumnKind::TinyInt { unsigned: false }));
        assert_eq!(kind("tinyint", "tinyint(1) unsigned"), Some(ColumnKind::TinyInt { unsigned: true }));
        assert_eq!(kind("tinyint", "tinyint(1) unsigned zerofill"), Some(ColumnKind::TinyInt { unsigned: true }));
    }

    #[test]
    fn an_enum_of_type_names_is_still_an_enum() {
        assert_eq!(kind("enum", "enum(' unsigned','int')"), Some(ColumnKind::Enum));
        assert_eq!(kind("bigint", "bigint(20) unsigned"), Some(ColumnKind::BigInt { unsigned: true }));
        assert_eq!(kind("decimal", "decimal(20,4)"), Some(ColumnKind::Decimal { precision: 20, scale: 4 }));
        assert_eq!(kind("datetime", "datetime(3)"), Some(ColumnKind::DateTime { digits: 3 }));
    }

    #[test]
    fn a_type_that_is_not_known_is_not_guessed() {
        assert_eq!(kind("xmltype", "xmltype"), None);
    }
}

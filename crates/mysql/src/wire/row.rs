//! A row's packet → its cells, each a view of the packet (MySQL's binary protocol, "Binary Protocol Resultset Row").

use super::{Result, unexpected};
use mysql_common::constants::{ColumnFlags, ColumnType};
use mysql_common::packets::Column;

/// One field of one row. What is larger than a number stays in the packet.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Cell<'a> {
    /// NULL.
    Null,
    /// Text, digits of a decimal, or bytes.
    Bytes(&'a [u8]),
    /// A signed integer, or one that fits.
    Int(i64),
    /// An unsigned integer.
    UInt(u64),
    /// `FLOAT`.
    Float(f32),
    /// `DOUBLE`.
    Double(f64),
    /// Year, month, day, hour, minute, second, microseconds.
    Date(u16, u8, u8, u8, u8, u8, u32),
    /// Whether it is negative; days, hours, minutes, seconds, microseconds.
    Time(bool, u32, u8, u8, u8, u32),
}

/// How the fields of one column are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Field {
    /// Nothing but NULL.
    Null,
    /// A length, and as many bytes.
    Bytes,
    /// An integer of 1, 2, 4 or 8 bytes.
    Integer {
        /// How many bytes.
        width: usize,
        /// Whether it has no sign.
        unsigned: bool,
    },
    /// 4 bytes.
    Float,
    /// 8 bytes.
    Double,
    /// A length of 0, 4, 7 or 11, and as many bytes.
    Date,
    /// A length of 0, 8 or 12, and as many bytes.
    Time,
}

impl Field {
    /// Returns how a column's fields are written.
    ///
    /// # Errors
    /// If the server sends a type that no statement can have.
    pub(super) fn of(column: &Column) -> Result<Self> {
        let unsigned = column.flags().contains(ColumnFlags::UNSIGNED_FLAG);
        let integer = |width| Self::Integer { width, unsigned };
        #[expect(clippy::wildcard_enum_match_arm, reason = "the types that only a server uses inside are many")]
        match column.column_type() {
            ColumnType::MYSQL_TYPE_NULL => Ok(Self::Null),
            ColumnType::MYSQL_TYPE_TINY => Ok(integer(1)),
            ColumnType::MYSQL_TYPE_SHORT | ColumnType::MYSQL_TYPE_YEAR => Ok(integer(2)),
            ColumnType::MYSQL_TYPE_LONG | ColumnType::MYSQL_TYPE_INT24 => Ok(integer(4)),
            ColumnType::MYSQL_TYPE_LONGLONG => Ok(integer(8)),
            ColumnType::MYSQL_TYPE_FLOAT => Ok(Self::Float),
            ColumnType::MYSQL_TYPE_DOUBLE => Ok(Self::Double),
            ColumnType::MYSQL_TYPE_DATE
            | ColumnType::MYSQL_TYPE_NEWDATE
            | ColumnType::MYSQL_TYPE_DATETIME
            | ColumnType::MYSQL_TYPE_TIMESTAMP => Ok(Self::Date),
            ColumnType::MYSQL_TYPE_TIME => Ok(Self::Time),
            ColumnType::MYSQL_TYPE_STRING
            | ColumnType::MYSQL_TYPE_VAR_STRING
            | ColumnType::MYSQL_TYPE_VARCHAR
            | ColumnType::MYSQL_TYPE_BLOB
            | ColumnType::MYSQL_TYPE_TINY_BLOB
            | ColumnType::MYSQL_TYPE_MEDIUM_BLOB
            | ColumnType::MYSQL_TYPE_LONG_BLOB
            | ColumnType::MYSQL_TYPE_SET
            | ColumnType::MYSQL_TYPE_ENUM
            | ColumnType::MYSQL_TYPE_DECIMAL
            | ColumnType::MYSQL_TYPE_NEWDECIMAL
            | ColumnType::MYSQL_TYPE_BIT
            | ColumnType::MYSQL_TYPE_GEOMETRY
            | ColumnType::MYSQL_TYPE_VECTOR
            | ColumnType::MYSQL_TYPE_JSON => Ok(Self::Bytes),
            other => Err(unexpected(&format!("the server sends columns of type {other:?}, which is none of a result"))),
        }
    }
}

/// The cells of one row, from left to right.
#[derive(Debug, Clone)]
pub(crate) struct Cells<'a> {
    fields: std::iter::Enumerate<std::slice::Iter<'a, Field>>,
    /// A bit for each field, from the third on, that is set if it is NULL.
    nulls: &'a [u8],
    rest: &'a [u8],
}

/// The bits of the map of NULLs that come before those of the fields.
const RESERVED_BITS: usize = 2;

impl<'a> Cells<'a> {
    /// Returns the cells of a row with these fields.
    ///
    /// # Errors
    /// If the packet is too short for its map of NULLs.
    pub(super) fn new(fields: &'a [Field], packet: &'a [u8]) -> Result<Self> {
        let map_bytes = (fields.len() + RESERVED_BITS).div_ceil(8);
        let parts = packet.split_first().and_then(|(_, rest)| rest.split_at_checked(map_bytes));
        let (nulls, rest) = parts.ok_or_else(cut_short)?;
        Ok(Self { fields: fields.iter().enumerate(), nulls, rest })
    }

    fn cell(&mut self, index: usize, field: Field) -> Option<Cell<'a>> {
        let bit = index + RESERVED_BITS;
        if self.nulls.get(bit / 8)? >> (bit % 8) & 1 == 1 {
            return Some(Cell::Null);
        }
        Some(match field {
            Field::Null => Cell::Null,
            Field::Bytes => Cell::Bytes(lengthy(&mut self.rest)?),
            Field::Integer { width: 1, unsigned } => {
                let [byte] = self.array()?;
                Cell::Int(if unsigned { i64::from(byte) } else { i64::from(byte.cast_signed()) })
            }
            Field::Integer { width: 2, unsigned } => {
                let number = u16::from_le_bytes(self.array()?);
                Cell::Int(if unsigned { i64::from(number) } else { i64::from(number.cast_signed()) })
            }
            Field::Integer { width: 4, unsigned } => {
                let number = u32::from_le_bytes(self.array()?);
                Cell::Int(if unsigned { i64::from(number) } else { i64::from(number.cast_signed()) })
            }
            Field::Integer { unsigned, .. } => {
                let number = u64::from_le_bytes(self.array()?);
                if unsigned { Cell::UInt(number) } else { Cell::Int(number.cast_signed()) }
            }
            Field::Float => Cell::Float(f32::from_le_bytes(self.array()?)),
            Field::Double => Cell::Double(f64::from_le_bytes(self.array()?)),
            Field::Date => date(self.short()?)?,
            Field::Time => time(self.short()?)?,
        })
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (bytes, rest) = self.rest.split_first_chunk::<N>()?;
        self.rest = rest;
        Some(*bytes)
    }

    /// Takes as many bytes as the first one says.
    fn short(&mut self) -> Option<&'a [u8]> {
        let [length] = self.array()?;
        let (bytes, rest) = self.rest.split_at_checked(length.into())?;
        self.rest = rest;
        Some(bytes)
    }
}

impl<'a> Iterator for Cells<'a> {
    type Item = Result<Cell<'a>>;

    fn next(&mut self) -> Option<Self::Item> {
        let (index, field) = self.fields.next()?;
        Some(self.cell(index, *field).ok_or_else(cut_short))
    }
}

fn cut_short() -> mysql_async::Error {
    unexpected("a row of the server ends too early")
}

/// Takes as many bytes as the number before them says.
pub(super) fn lengthy<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let length = usize::try_from(length(rest)?).ok()?;
    let (bytes, behind) = rest.split_at_checked(length)?;
    *rest = behind;
    Some(bytes)
}

/// Takes a number of 1, 3, 4 or 9 bytes.
pub(super) fn length(rest: &mut &[u8]) -> Option<u64> {
    let (first, behind) = rest.split_first()?;
    let width = match first {
        0..=0xfa => {
            *rest = behind;
            return Some((*first).into());
        }
        0xfc => 2,
        0xfd => 3,
        0xfe => 8,
        0xfb | 0xff => return None,
    };
    let (bytes, behind) = behind.split_at_checked(width)?;
    *rest = behind;
    let mut number = [0; 8];
    number.get_mut(..width)?.copy_from_slice(bytes);
    Some(u64::from_le_bytes(number))
}

fn date(bytes: &[u8]) -> Option<Cell<'static>> {
    let (day, time) = match bytes {
        [] => return Some(Cell::Date(0, 0, 0, 0, 0, 0, 0)),
        [low, high, month, day, time @ ..] => ((u16::from_le_bytes([*low, *high]), *month, *day), time),
        _ => return None,
    };
    let (hour, minute, second, micros) = match time {
        [] => (0, 0, 0, 0),
        [hour, minute, second] => (*hour, *minute, *second, 0),
        [hour, minute, second, micros @ ..] => (*hour, *minute, *second, u32::from_le_bytes(micros.try_into().ok()?)),
        _ => return None,
    };
    Some(Cell::Date(day.0, day.1, day.2, hour, minute, second, micros))
}

fn time(bytes: &[u8]) -> Option<Cell<'static>> {
    let Some((negative, bytes)) = bytes.split_first() else { return Some(Cell::Time(false, 0, 0, 0, 0, 0)) };
    let (days, bytes) = bytes.split_first_chunk::<4>()?;
    let (hours, minutes, seconds, micros) = match bytes {
        [hours, minutes, seconds] => (*hours, *minutes, *seconds, 0),
        [hours, minutes, seconds, micros @ ..] => {
            (*hours, *minutes, *seconds, u32::from_le_bytes(micros.try_into().ok()?))
        }
        _ => return None,
    };
    Some(Cell::Time(*negative == 1, u32::from_le_bytes(*days), hours, minutes, seconds, micros))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const FIELDS: [Field; 9] = [
        Field::Integer { width: 1, unsigned: false },
        Field::Integer { width: 2, unsigned: true },
        Field::Integer { width: 8, unsigned: true },
        Field::Bytes,
        Field::Float,
        Field::Double,
        Field::Date,
        Field::Time,
        Field::Bytes,
    ];

    fn cells(packet: &[u8]) -> Result<Vec<Cell<'_>>> {
        Cells::new(&FIELDS, packet)?.collect()
    }

    fn packet() -> Vec<u8> {
        let mut packet = vec![0, 0, 0b100]; // the ninth field is NULL: bit 10
        packet.extend([0xff, 0xff, 0xff]);
        packet.extend(u64::MAX.to_le_bytes());
        packet.extend([0xfc, 3, 0, b'a', b'b', b'c']);
        packet.extend(1.5f32.to_le_bytes());
        packet.extend((-2.5f64).to_le_bytes());
        packet.extend([11, 0xe8, 7, 2, 29, 1, 2, 3, 7, 0, 0, 0]);
        packet.extend([8, 1, 34, 0, 0, 0, 22, 59, 58]);
        packet
    }

    #[test]
    fn every_field_is_read_as_it_is_written() {
        let expected = [
            Cell::Int(-1),
            Cell::Int(65_535),
            Cell::UInt(u64::MAX),
            Cell::Bytes(b"abc"),
            Cell::Float(1.5),
            Cell::Double(-2.5),
            Cell::Date(2024, 2, 29, 1, 2, 3, 7),
            Cell::Time(true, 34, 22, 59, 58, 0),
            Cell::Null,
        ];
        assert_eq!(cells(&packet()).unwrap(), expected);
    }

    #[test]
    fn zeros_are_sent_as_nothing() {
        assert_eq!(date(&[]), Some(Cell::Date(0, 0, 0, 0, 0, 0, 0)));
        assert_eq!(time(&[]), Some(Cell::Time(false, 0, 0, 0, 0, 0)));
        assert_eq!(date(&[0xe8, 7, 2, 29]), Some(Cell::Date(2024, 2, 29, 0, 0, 0, 0)));
    }

    #[test]
    fn a_row_that_ends_too_early_is_an_error() {
        let whole = packet();
        for length in 0..whole.len() {
            assert!(cells(&whole[..length]).is_err(), "{length} bytes");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_row_or_an_error(packet in proptest::collection::vec(any::<u8>(), 0..80)) {
            let _ = cells(&packet);
        }

        #[test]
        fn lengths_are_those_of_mysql_common(number in any::<u64>(), shift in 0..64u32) {
            let number = number >> shift;
            let mut written = Vec::new();
            mysql_common::proto::MySerialize::serialize(
                &mysql_common::misc::raw::RawInt::<mysql_common::misc::raw::int::LenEnc>::new(number),
                &mut written,
            );
            let mut rest = written.as_slice();
            prop_assert_eq!(length(&mut rest), Some(number));
            prop_assert!(rest.is_empty());
        }
    }
}

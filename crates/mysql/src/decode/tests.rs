//! Tests of the decoders: values in, a column out.

use super::*;
use crate::name::SourceTable;
use crate::schema::SourceColumn;
use crate::spec::ReadOptions;
use arrow::array::AsArray;
use arrow::datatypes::DecimalType;
use arrow::util::display::{ArrayFormatter, FormatOptions};
use proptest::prelude::*;

fn spec(kind: ColumnKind) -> ReadSpec {
    let (name, field_name, declared) = ("c".to_owned(), "c".to_owned(), String::new());
    let column = SourceColumn { name, field_name, kind, conversion: None, declared, nullable: true, comment: None };
    let source = "mysql://reader@localhost/db".parse().unwrap();
    ReadSpec::new(source, SourceTable::new("db", "t"), vec![column])
}

/// Decodes the values of one column; the answer is how Arrow prints them, or the problem with one of them.
fn decoded_as(spec: &ReadSpec, values: &[Cell<'_>]) -> Result<String, String> {
    let mut decoder = BatchDecoder::new(spec);
    for value in values {
        push(&mut decoder, &[*value])?;
    }
    let batch = decoder.finish().unwrap();
    assert_eq!((batch.num_rows(), decoder.rows(), decoder.bytes()), (values.len(), 0, 0));
    let options = FormatOptions::default().with_null("NULL");
    let formatter = ArrayFormatter::try_new(batch.column(0), &options).unwrap();
    let texts: Vec<String> = (0..batch.num_rows()).map(|row| formatter.value(row).to_string()).collect();
    Ok(texts.join(" "))
}

fn decoded(kind: ColumnKind, values: &[Cell<'_>]) -> Result<String, String> {
    decoded_as(&spec(kind), values)
}

/// Adds a row.
fn push(decoder: &mut BatchDecoder, row: &[Cell<'_>]) -> Result<(), String> {
    for (column, value) in row.iter().enumerate() {
        decoder.push(column, value)?;
    }
    decoder.end_row(8 * row.len());
    Ok(())
}

fn bytes(text: &str) -> Cell<'_> {
    Cell::Bytes(text.as_bytes())
}

fn ok(text: &str) -> Result<String, String> {
    Ok(text.to_owned())
}

#[test]
fn integers_keep_their_ends() {
    let ends = |least, greatest| [Cell::Int(least), Cell::Null, Cell::Int(greatest)];
    let kind = ColumnKind::BigInt { unsigned: false };
    assert_eq!(decoded(kind, &ends(i64::MIN, i64::MAX)), ok("-9223372036854775808 NULL 9223372036854775807"));
    assert_eq!(decoded(ColumnKind::TinyInt { unsigned: true }, &ends(0, 255)), ok("0 NULL 255"));
    assert_eq!(decoded(ColumnKind::MediumInt { unsigned: true }, &ends(0, 16_777_215)), ok("0 NULL 16777215"));
    let kind = ColumnKind::BigInt { unsigned: true };
    assert_eq!(decoded(kind, &[Cell::Int(0), Cell::UInt(u64::MAX)]), ok("0 18446744073709551615"));
}

#[test]
fn an_integer_that_does_not_fit_stops_the_run() {
    let error = decoded(ColumnKind::TinyInt { unsigned: false }, &[Cell::Int(128)]).unwrap_err();
    assert!(error.starts_with("the server sent 128, not an integer of the column's width"), "{error}");
}

#[test]
fn a_flag_is_0_or_1_or_stops_the_run() {
    assert_eq!(decoded(ColumnKind::Flag, &[Cell::Int(0), Cell::Int(1), Cell::Null]), ok("false true NULL"));
    let error = decoded(ColumnKind::Flag, &[Cell::Int(-1)]).unwrap_err();
    assert_eq!(error, "-1 is neither 0 nor 1; keep the numbers with `--tinyint1 int`");
    let options = ReadOptions { tiny_int1: TinyInt1::Int, ..ReadOptions::default() };
    assert_eq!(decoded_as(&spec(ColumnKind::Flag).with_options(options), &[Cell::Int(-1)]), ok("-1"));
}

#[test]
fn bits_are_booleans_or_bytes() {
    let values = [Cell::Bytes(&[0]), Cell::Bytes(&[1]), Cell::Null];
    assert_eq!(decoded(ColumnKind::Bit { length: 1 }, &values), ok("false true NULL"));
    assert_eq!(decoded(ColumnKind::Bit { length: 12 }, &[Cell::Bytes(&[0x0a, 0xbc])]), ok("0abc"));
}

#[test]
fn decimals_beyond_38_digits_stay_text() {
    let digits = "-12345678901234567890123456789012345678901234567.89";
    assert_eq!(decoded(ColumnKind::Decimal { precision: 49, scale: 2 }, &[bytes(digits)]), ok(digits));
    assert_eq!(decoded(ColumnKind::Decimal { precision: 5, scale: 2 }, &[bytes("-0.05")]), ok("-0.05"));
}

#[test]
fn text_must_be_utf8() {
    assert_eq!(decoded(ColumnKind::Text, &[bytes("naïve 🦀"), bytes(""), Cell::Null]), ok("naïve 🦀  NULL"));
    assert!(decoded(ColumnKind::Text, &[Cell::Bytes(&[0xff])]).is_err());
}

#[test]
fn spans_read_as_in_mysql() {
    let kind = |digits| ColumnKind::Time { digits };
    let longest = Cell::Time(true, 34, 22, 59, 59, 0);
    assert_eq!(decoded(kind(0), &[longest, Cell::Time(false, 0, 0, 0, 0, 0)]), ok("-838:59:59 00:00:00"));
    assert_eq!(decoded(kind(3), &[Cell::Time(false, 0, 1, 2, 3, 45_000)]), ok("01:02:03.045"));
    assert_eq!(decoded(kind(6), &[Cell::Time(false, 4, 4, 0, 0, 7)]), ok("100:00:00.000007"));
}

#[test]
fn a_geometry_loses_its_prefix_only() {
    let value = Cell::Bytes(&[0, 0, 0, 0, 1, 2, 3]);
    assert_eq!(decoded(ColumnKind::Geometry, &[value]), ok("010203"));
    assert!(decoded(ColumnKind::Geometry, &[Cell::Bytes(&[0, 0])]).is_err());
}

#[test]
fn moments_keep_their_precision_and_zone() {
    let wall = ColumnKind::DateTime { digits: 0 };
    assert_eq!(decoded(wall, &[Cell::Date(2024, 3, 31, 2, 30, 0, 0)]), ok("2024-03-31T02:30:00"));
    let moment = ColumnKind::Timestamp { digits: 6 };
    assert_eq!(decoded(moment, &[Cell::Date(1970, 1, 1, 0, 0, 1, 1)]), ok("1970-01-01T00:00:01.000001Z"));
    assert_eq!(decoded(wall, &[Cell::Date(9999, 12, 31, 23, 59, 59, 999_000)]), ok("9999-12-31T23:59:59.999"));
    assert!(decoded(wall, &[Cell::Date(2024, 1, 1, 0, 0, 0, 1)]).is_err());
}

#[test]
fn a_day_that_comes_again_is_the_same_one() {
    let [eve, day] = [Cell::Date(2023, 12, 31, 23, 59, 59, 0), Cell::Date(2024, 1, 1, 0, 0, 1, 0)];
    let zeros = Cell::Date(0, 0, 0, 0, 0, 0, 0);
    let [eve_text, day_text] = ["2023-12-31T23:59:59", "2024-01-01T00:00:01"];
    let expected = [eve_text, eve_text, day_text, "NULL", "NULL", day_text, eve_text].join(" ");
    let values = [eve, eve, day, zeros, zeros, day, eve];
    assert_eq!(decoded(ColumnKind::DateTime { digits: 0 }, &values), Ok(expected));
}

#[test]
fn what_a_column_did_not_have_when_it_was_described_is_refused() {
    assert!(decoded(ColumnKind::Date, &[Cell::Date(2024, 1, 1, 0, 0, 1, 0)]).is_err());
    assert!(decoded(ColumnKind::Time { digits: 3 }, &[Cell::Time(false, 0, 1, 2, 3, 4)]).is_err());
    let span = Cell::Time(true, 34, 22, 59, 59, 4000);
    assert_eq!(decoded(ColumnKind::Time { digits: 3 }, &[span]), Ok("-838:59:59.004".to_owned()));
}

#[test]
fn a_date_of_zeros_becomes_null_and_is_counted() {
    let mut decoder = BatchDecoder::new(&spec(ColumnKind::Date));
    for value in [Cell::Date(0, 0, 0, 0, 0, 0, 0), Cell::Date(2024, 2, 29, 0, 0, 0, 0), Cell::Null] {
        push(&mut decoder, &[value]).unwrap();
    }
    assert_eq!(decoder.finish().unwrap().column(0).null_count(), 2);
    assert_eq!(decoder.take_nulled(), [DateNullCount { column: "c".to_owned(), zero: 1, invalid: 0 }]);
    assert_eq!(decoder.take_nulled(), []);
}

#[test]
fn a_date_that_is_none_stops_the_run_or_becomes_null() {
    for (year, month, day) in [(2024, 0, 10), (2024, 2, 30), (0, 1, 1)] {
        let value = Cell::Date(year, month, day, 0, 0, 0, 0);
        let error = decoded(ColumnKind::Date, std::slice::from_ref(&value)).unwrap_err();
        assert!(error.ends_with("make such dates NULL with `--invalid-dates null`"), "{error}");
        let options = ReadOptions { invalid_dates: InvalidDates::Null, ..ReadOptions::default() };
        assert_eq!(decoded_as(&spec(ColumnKind::Date).with_options(options), &[value]), ok("NULL"));
    }
}

#[test]
fn a_row_without_columns_still_counts() {
    let spec = ReadSpec { columns: Vec::new(), ..spec(ColumnKind::Text) };
    let mut decoder = BatchDecoder::new(&spec);
    push(&mut decoder, &[Cell::Int(1)]).unwrap();
    assert_eq!(decoder.finish().unwrap().num_rows(), 1);
}

proptest! {
    #[test]
    fn floats_keep_every_bit(float in any::<u32>(), double in any::<u64>()) {
        let mut decoder = BatchDecoder::new(&ReadSpec {
            columns: [ColumnKind::Float, ColumnKind::Double].map(|kind| spec(kind).columns.remove(0)).to_vec(),
            ..spec(ColumnKind::Float)
        });
        let row = [Cell::Float(f32::from_bits(float)), Cell::Double(f64::from_bits(double))];
        push(&mut decoder, &row).unwrap();
        let batch = decoder.finish().unwrap();
        let read = batch.column(0).as_primitive::<Float32Type>().value(0).to_bits();
        prop_assert_eq!(read, float);
        prop_assert_eq!(batch.column(1).as_primitive::<Float64Type>().value(0).to_bits(), double);
    }

    #[test]
    fn decimals_come_back_as_written(number in any::<i64>(), scale in 0..10u8) {
        let scale_i8 = i8::try_from(scale).unwrap();
        let text = arrow::datatypes::Decimal128Type::format_decimal(number.into(), 38, scale_i8);
        let kind = ColumnKind::Decimal { precision: 38, scale };
        prop_assert_eq!(decoded(kind, &[bytes(&text)]), Ok(text));
    }
}

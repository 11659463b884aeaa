//! Tests of the spec: the type table as a whole, and that a spec survives its journey.

use super::*;
use crate::name::SourceTable;
use crate::schema::ColumnKind;

fn column(kind: ColumnKind) -> SourceColumn {
    let name = format!("{kind:?}");
    let field_name = name.clone();
    SourceColumn { name, field_name, kind, conversion: None, declared: String::new(), nullable: false, comment: None }
}

fn spec(kinds: &[ColumnKind]) -> ReadSpec {
    let source = "mysql://reader@localhost/db".parse().unwrap();
    ReadSpec::new(source, SourceTable::new("db", "t"), kinds.iter().copied().map(column).collect())
}

#[test]
fn every_type_has_its_arrow_type() {
    use ColumnKind::*;
    let spec = spec(&[
        Flag,
        TinyInt { unsigned: false },
        TinyInt { unsigned: true },
        SmallInt { unsigned: false },
        SmallInt { unsigned: true },
        MediumInt { unsigned: false },
        MediumInt { unsigned: true },
        Int { unsigned: false },
        Int { unsigned: true },
        BigInt { unsigned: false },
        BigInt { unsigned: true },
        Decimal { precision: 38, scale: 10 },
        Decimal { precision: 39, scale: 10 },
        Float,
        Double,
        Bit { length: 1 },
        Bit { length: 12 },
        Date,
        DateTime { digits: 0 },
        DateTime { digits: 3 },
        DateTime { digits: 4 },
        Timestamp { digits: 0 },
        Timestamp { digits: 6 },
        Time { digits: 6 },
        Year,
        Text,
        Enum,
        Set,
        Json,
        Token,
        Binary,
        Geometry,
        Vector,
    ]);
    let table: Vec<String> = spec
        .arrow_schema()
        .fields()
        .iter()
        .map(|field| format!("{}: {}{}", field.name(), field.data_type(), if field.is_nullable() { "?" } else { "" }))
        .collect();
    insta::assert_snapshot!(table.join("\n"), @r#"
    Flag: Boolean
    TinyInt { unsigned: false }: Int8
    TinyInt { unsigned: true }: Int16
    SmallInt { unsigned: false }: Int16
    SmallInt { unsigned: true }: Int32
    MediumInt { unsigned: false }: Int32
    MediumInt { unsigned: true }: Int32
    Int { unsigned: false }: Int32
    Int { unsigned: true }: Int64
    BigInt { unsigned: false }: Int64
    BigInt { unsigned: true }: Decimal128(20, 0)
    Decimal { precision: 38, scale: 10 }: Decimal128(38, 10)
    Decimal { precision: 39, scale: 10 }: Utf8
    Float: Float32
    Double: Float64
    Bit { length: 1 }: Boolean
    Bit { length: 12 }: Binary
    Date: Date32?
    DateTime { digits: 0 }: Timestamp(ms)?
    DateTime { digits: 3 }: Timestamp(ms)?
    DateTime { digits: 4 }: Timestamp(µs)?
    Timestamp { digits: 0 }: Timestamp(ms, "UTC")?
    Timestamp { digits: 6 }: Timestamp(µs, "UTC")?
    Time { digits: 6 }: Utf8
    Year: Int32
    Text: Utf8
    Enum: Utf8
    Set: Utf8
    Json: Utf8
    Token: Utf8
    Binary: Binary
    Geometry: Binary
    Vector: Binary
    "#);
}

#[test]
fn a_tinyint1_may_stay_a_number() {
    let options = ReadOptions { tiny_int1: TinyInt1::Int, ..ReadOptions::default() };
    let schema = spec(&[ColumnKind::Flag]).with_options(options).arrow_schema();
    assert_eq!(schema.field(0).data_type(), &arrow::datatypes::DataType::Int8);
}

#[test]
fn a_spec_survives_its_journey_and_holds_no_secret() {
    let spec = spec(&[ColumnKind::Text, ColumnKind::Decimal { precision: 5, scale: 2 }]);
    let json = serde_json::to_string(&spec).unwrap();
    assert_eq!(serde_json::from_str::<ReadSpec>(&json).unwrap(), spec);
    assert!(json.contains("\"credential\":\"Environment\""), "{json}");
}

//! Tests of the filters: which are pushed, and how they read in MySQL.

use super::*;
use crate::name::SourceTable;
use datafusion::logical_expr::{col, lit};
use insta::assert_snapshot;

fn pushed(filter: Expr) -> String {
    let column = |(name, kind): (&str, ColumnKind)| SourceColumn {
        name: name.to_uppercase(),
        field_name: name.to_owned(),
        kind,
        declared: String::new(),
        nullable: true,
        conversion: None,
        comment: None,
    };
    let columns = [
        ("id", ColumnKind::Int { unsigned: false }),
        ("price", ColumnKind::Decimal { precision: 9, scale: 2 }),
        ("name", ColumnKind::Text),
        ("born", ColumnKind::Date),
        ("seen", ColumnKind::Timestamp { digits: 0 }),
        ("ratio", ColumnKind::Double),
    ];
    let source = "mysql://reader@localhost/db".parse().unwrap();
    let columns = columns.into_iter().map(column).collect();
    let spec = ReadSpec::new(source, SourceTable::new("db", "t"), columns);
    match pushed_filter(&filter, &spec) {
        Some(pushed) => format!("{} ({})", pushed.sql, if pushed.is_exact { "exact" } else { "narrows" }),
        None => "not pushed".to_owned(),
    }
}

fn date(days: i32) -> Expr {
    lit(ScalarValue::Date32(Some(days)))
}

#[test]
fn numbers_are_pushed_exactly() {
    assert_snapshot!(pushed(col("id").lt(lit(10i32))), @"`ID` < 10 (exact)");
    assert_snapshot!(pushed(lit(10i32).lt(col("id")).and(col("id").not_eq(lit(12i32)))), @"(`ID` > 10 AND `ID` <> 12) (exact)");
    assert_snapshot!(pushed(col("id").in_list(vec![lit(1i32), lit(2i32)], false)), @"`ID` IN (1, 2) (exact)");
    assert_snapshot!(pushed(col("id").between(lit(1i32), lit(9i32)).or(col("id").is_null())), @"((`ID` >= 1 AND `ID` <= 9) OR `ID` IS NULL) (exact)");
    assert_snapshot!(pushed(col("price").gt_eq(lit(ScalarValue::Decimal128(Some(-150), 9, 2)))), @"`PRICE` >= -1.50 (exact)");
}

#[test]
fn text_and_dates_narrow_the_rows_down() {
    assert_snapshot!(pushed(col("name").eq(lit("O'Hare"))), @"`NAME` = 'O''Hare' (narrows)");
    assert_snapshot!(pushed(col("born").gt(date(19_000))), @"`BORN` > '2022-01-08' (narrows)");
    let moment = ScalarValue::TimestampMillisecond(Some(1), Some("UTC".into()));
    assert_snapshot!(pushed(col("seen").lt_eq(lit(moment))), @"`SEEN` <= '1970-01-01 00:00:00.001000' (narrows)");
    assert_snapshot!(pushed(col("id").eq(lit(1i32)).or(col("name").eq(lit("é")))), @"(`ID` = 1 OR `NAME` = _utf8mb4 X'C3A9') (narrows)");
}

#[test]
fn what_could_mean_something_else_is_not_pushed() {
    for filter in [
        col("name").not_eq(lit("a")),
        col("name").lt(lit("a")),
        col("name").like(lit("a%")),
        col("ratio").eq(lit(0.5)),
        col("born").is_null(),
        col("id").eq(col("price")),
        col("id").in_list(vec![lit(1i32)], true),
        col("id").eq(lit(1i32)).and(col("name").lt(lit("a"))),
        Expr::Not(Box::new(col("name").eq(lit("a")))),
        col("born").gt(date(i32::MAX)),
    ] {
        assert_eq!(pushed(filter.clone()), "not pushed", "{filter}");
    }
}

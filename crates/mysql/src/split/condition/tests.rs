//! Tests of the conditions: every row meets exactly one, and they read as expected.

use super::super::key::{KeyColumn, ranges};
use super::*;
use crate::schema::ColumnKind;
use proptest::collection::vec;
use proptest::prelude::*;

fn key(names: &[&str], nullable: bool) -> SplitKey {
    let column = |name: &&str| KeyColumn { name: (*name).to_owned(), kind: ColumnKind::Text, nullable };
    SplitKey { index: None, columns: names.iter().map(column).collect() }
}

fn ints(values: &[i64]) -> Key {
    Key(values.iter().map(|value| KeyValue::Int(i128::from(*value))).collect())
}

fn sql(names: &[&str], nullable: bool, start: Option<Key>, end: Option<Key>) -> String {
    range_condition(&key(names, nullable), &KeyRange { start, end }).unwrap_or_default()
}

/// Evaluates a condition as MySQL does: a comparison with NULL is neither true nor false.
fn holds(condition: &Condition<'_>, row: &[Option<i64>]) -> Option<bool> {
    match condition {
        Condition::IsNull { column } => Some(row[*column].is_none()),
        Condition::Compare { column, operator, value } => {
            let KeyValue::Int(value) = value else { return None };
            let ordering = i128::from(row[*column]?).cmp(value);
            Some(match operator {
                Operator::Less => ordering.is_lt(),
                Operator::LessOrEqual => ordering.is_le(),
                Operator::Equal => ordering.is_eq(),
                Operator::Greater => ordering.is_gt(),
                Operator::GreaterOrEqual => ordering.is_ge(),
            })
        }
        Condition::And(parts) => fold(parts, row, false),
        Condition::Or(parts) => fold(parts, row, true),
    }
}

fn fold(parts: &[Condition<'_>], row: &[Option<i64>], decisive: bool) -> Option<bool> {
    let values: Vec<_> = parts.iter().map(|part| holds(part, row)).collect();
    if values.contains(&Some(decisive)) {
        Some(decisive)
    } else if values.contains(&None) {
        None
    } else {
        Some(!decisive)
    }
}

/// Returns how many of the ranges between `cuts` hold `row`.
fn hits(key: &SplitKey, mut cuts: Vec<Vec<i64>>, row: &[Option<i64>]) -> usize {
    cuts.sort();
    cuts.dedup();
    let ranges = ranges(cuts.iter().map(|cut| ints(cut)).collect());
    let holds_row =
        |range: &&KeyRange| in_range(key, range).is_none_or(|condition| holds(&condition, row) == Some(true));
    ranges.iter().filter(holds_row).count()
}

proptest! {
    #[test]
    fn every_key_is_in_exactly_one_range(cuts in vec(vec(-50..50i64, 1), 0..20), row in -60..60i64) {
        prop_assert_eq!(hits(&key(&["a"], false), cuts, &[Some(row)]), 1);
    }

    #[test]
    fn every_composite_key_is_in_exactly_one_range(cuts in vec(vec(-3..3i64, 3), 0..20), row in vec(-4..4i64, 3)) {
        let row: Vec<_> = row.into_iter().map(Some).collect();
        prop_assert_eq!(hits(&key(&["a", "b", "c"], false), cuts, &row), 1);
    }

    #[test]
    fn a_row_without_a_key_is_in_exactly_one_range(cuts in vec(vec(-50..50i64, 1), 0..20)) {
        prop_assert_eq!(hits(&key(&["a"], true), cuts, &[None]), 1);
    }

    #[test]
    fn a_text_literal_never_leaves_its_quotes(text in "\\PC*|[\\x00-\\x7f]*") {
        let literal = KeyValue::Text(text.clone()).sql();
        let inside = literal.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\''));
        match inside {
            Some(inside) => {
                prop_assert!(!inside.contains('\\'));
                prop_assert_eq!(inside.replace("''", "\u{1}").contains('\''), false);
                prop_assert_eq!(inside.replace("''", "'"), text);
            }
            None => prop_assert_eq!(literal, format!("_utf8mb4 X'{}'", hex(text.as_bytes()))),
        }
    }
}

#[test]
fn ranges_of_one_column_are_half_open() {
    insta::assert_snapshot!(sql(&["id"], false, Some(ints(&[10])), Some(ints(&[20]))), @"`id` >= 10 AND `id` < 20");
    insta::assert_snapshot!(sql(&["id"], false, None, Some(ints(&[20]))), @"`id` < 20");
    insta::assert_snapshot!(sql(&["id"], false, Some(ints(&[10])), None), @"`id` >= 10");
    assert_eq!(sql(&["id"], false, None, None), "");
}

#[test]
fn rows_without_a_key_belong_to_the_first_range() {
    insta::assert_snapshot!(sql(&["id"], true, None, Some(ints(&[20]))), @"(`id` < 20 OR `id` <=> NULL)");
    insta::assert_snapshot!(sql(&["id"], true, Some(ints(&[20])), None), @"`id` >= 20");
}

#[test]
fn composite_keys_are_compared_column_by_column() {
    insta::assert_snapshot!(sql(&["a", "b`b"], false, Some(ints(&[1, 2])), Some(ints(&[3, 4]))), @"`a` >= 1 AND (`a` > 1 OR `a` = 1 AND `b``b` >= 2) AND `a` <= 3 AND (`a` < 3 OR `a` = 3 AND `b``b` < 4)");
}

#[test]
fn literals_mean_the_same_under_any_mode() {
    let start = Key(vec![
        KeyValue::Text("O'Hare".to_owned()),
        KeyValue::Text("a\\é".to_owned()),
        KeyValue::Bytes(vec![0, 255]),
        KeyValue::Decimal("-1.50".to_owned()),
        KeyValue::Time("2024-02-29 02:30:00".to_owned()),
    ]);
    insta::assert_snapshot!(sql(&["a", "b", "c", "d", "e"], false, Some(start), None), @"`a` >= 'O''Hare' AND (`a` > 'O''Hare' OR `a` = 'O''Hare' AND (`b` > _utf8mb4 X'615CC3A9' OR `b` = _utf8mb4 X'615CC3A9' AND (`c` > X'00FF' OR `c` = X'00FF' AND (`d` > -1.50 OR `d` = -1.50 AND `e` >= '2024-02-29 02:30:00'))))");
}

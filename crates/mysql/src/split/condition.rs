//! Ranges of keys as conditions of a statement.

use super::key::{Key, KeyRange, KeyValue, SplitKey, hex};
use crate::name::quote_name;

/// A condition on key columns, small enough that its promise can be tested without a server.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Condition<'a> {
    Compare { column: usize, operator: Operator, value: &'a KeyValue },
    IsNull { column: usize },
    And(Vec<Condition<'a>>),
    Or(Vec<Condition<'a>>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operator {
    Less,
    LessOrEqual,
    Equal,
    Greater,
    GreaterOrEqual,
}

/// Writes the condition that holds exactly for the rows of `range`; nothing if that is every row.
pub(crate) fn range_condition(key: &SplitKey, range: &KeyRange) -> Option<String> {
    in_range(key, range).map(|condition| condition.sql(key))
}

/// Writes the condition that holds exactly for the rows whose key is greater than `start`.
pub(super) fn after_condition(key: &SplitKey, start: &Key) -> String {
    ordered(start, Operator::Greater, Operator::GreaterOrEqual, Operator::Greater).sql(key)
}

/// Writes the condition that holds for the rows whose first columns are `prefix`; nothing if that is every row.
pub(super) fn tie_condition(key: &SplitKey, prefix: &[KeyValue]) -> Option<String> {
    (!prefix.is_empty()).then(|| ties(prefix).sql(key))
}

/// Writes the condition that holds for the rows whose first columns are `prefix`, and whose next column is greater
/// than `low` and not less than `from`.
pub(super) fn beyond_condition(key: &SplitKey, prefix: &[KeyValue], low: &KeyValue, from: Option<&KeyValue>) -> String {
    let compare = |operator, value| Condition::Compare { column: prefix.len(), operator, value };
    let mut parts = vec![ties(prefix), compare(Operator::Greater, low)];
    parts.extend(from.map(|from| compare(Operator::GreaterOrEqual, from)));
    parts.retain(|part| *part != Condition::And(Vec::new()));
    Condition::And(parts).sql(key)
}

fn ties(prefix: &[KeyValue]) -> Condition<'_> {
    let tie = |(column, value)| Condition::Compare { column, operator: Operator::Equal, value };
    Condition::And(prefix.iter().enumerate().map(tie).collect())
}

/// Of the ranges that a sorted list of boundaries makes, exactly one condition holds for every row, NULLs
/// included: `below` and `from` one boundary exclude each other and leave nothing out.
fn in_range<'a>(key: &SplitKey, range: &'a KeyRange) -> Option<Condition<'a>> {
    let nullable = key.columns.first().is_some_and(|column| column.nullable);
    match (&range.start, &range.end) {
        (None, None) => None,
        (None, Some(end)) if nullable => Some(Condition::Or(vec![below(end), Condition::IsNull { column: 0 }])),
        (None, Some(end)) => Some(below(end)),
        (Some(start), None) => Some(from(start)),
        (Some(start), Some(end)) => Some(Condition::And(vec![from(start), below(end)])),
    }
}

fn below(end: &Key) -> Condition<'_> {
    ordered(end, Operator::Less, Operator::LessOrEqual, Operator::Less)
}

fn from(start: &Key) -> Condition<'_> {
    ordered(start, Operator::Greater, Operator::GreaterOrEqual, Operator::GreaterOrEqual)
}

/// Compares column by column: `(a, b) < (1, 2)` becomes `a <= 1 AND (a < 1 OR (a = 1 AND b < 2))`. MySQL does
/// not use an index for comparisons of rows; this form it understands. The first part repeats what follows,
/// for optimizers that look no further.
fn ordered(key: &Key, strict: Operator, or_equal: Operator, last: Operator) -> Condition<'_> {
    let compare = |column, operator, value| Condition::Compare { column, operator, value };
    let count = key.0.len();
    let mut condition = Condition::Or(Vec::new());
    for (column, value) in key.0.iter().enumerate().rev() {
        condition = if column + 1 == count {
            compare(column, last, value)
        } else {
            let tie = Condition::And(vec![compare(column, Operator::Equal, value), condition]);
            Condition::Or(vec![compare(column, strict, value), tie])
        };
    }
    match key.0.first() {
        Some(value) if count > 1 => Condition::And(vec![compare(0, or_equal, value), condition]),
        Some(_) | None => condition,
    }
}

impl Condition<'_> {
    fn sql(&self, key: &SplitKey) -> String {
        let name = |column: &usize| key.columns.get(*column).map(|column| quote_name(&column.name)).unwrap_or_default();
        match self {
            Self::Compare { column, operator, value } => {
                format!("{} {} {}", name(column), operator.sql(), value.sql())
            }
            // Not `IS NULL`: of a date that must not be NULL that is true for 0000-00-00 too, which is a key like others.
            Self::IsNull { column } => format!("{} <=> NULL", name(column)),
            Self::And(parts) => joined(parts, " AND ", key),
            Self::Or(parts) => format!("({})", joined(parts, " OR ", key)),
        }
    }
}

fn joined(parts: &[Condition<'_>], word: &str, key: &SplitKey) -> String {
    parts.iter().map(|part| part.sql(key)).collect::<Vec<_>>().join(word)
}

impl Operator {
    fn sql(self) -> &'static str {
        match self {
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Equal => "=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
        }
    }
}

impl KeyValue {
    /// Writes the value as a literal that means the same under any SQL mode.
    pub(super) fn sql(&self) -> String {
        match self {
            Self::Int(number) => number.to_string(),
            Self::Decimal(digits) => digits.clone(),
            Self::Time(time) => format!("'{time}'"),
            Self::Text(text) => text_literal(text),
            Self::Bytes(bytes) => format!("X'{}'", hex(bytes)),
        }
    }
}

/// Writes a text as a literal that means the same under any SQL mode. The collation of a column outranks that
/// of a literal, so MySQL compares the two as the column does.
pub(crate) fn text_literal(text: &str) -> String {
    if is_plain(text) {
        format!("'{}'", text.replace('\'', "''"))
    } else {
        format!("_utf8mb4 X'{}'", hex(text.as_bytes()))
    }
}

/// Returns whether a text may stand in quotes as it is: a backslash means different things in different modes.
fn is_plain(text: &str) -> bool {
    text.bytes().all(|byte| (b' '..=b'~').contains(&byte) && byte != b'\\')
}

#[cfg(test)]
mod tests;

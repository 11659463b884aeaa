//! Which of DataFusion's filters MySQL can answer, and how they read there.

use crate::name::quote_name;
use crate::schema::{ColumnKind, SourceColumn, may_become_null};
use crate::spec::ReadSpec;
use arrow::array::types::Decimal128Type;
use arrow::datatypes::DecimalType;
use datafusion::common::ScalarValue;
use datafusion::logical_expr::expr::InList;
use datafusion::logical_expr::{Between, BinaryExpr, Expr, Operator};

/// A filter as a condition of MySQL.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Pushed {
    pub(super) sql: String,
    /// Whether the condition holds for the very rows that the filter holds for. If not, it holds for some more.
    pub(super) is_exact: bool,
}

/// Writes `filter` as a condition of MySQL that holds wherever the filter does; nothing if it has to be left to
/// DataFusion.
///
/// Comparisons of integers and decimals mean the same on both sides. Dates do not quite, since those of zeros
/// become NULL on the way. Text is compared under a collation by MySQL and byte by byte by DataFusion: equal
/// bytes are equal under any collation, so `=` and `IN` narrow the rows down, and no other comparison is pushed.
#[expect(clippy::wildcard_enum_match_arm, reason = "whatever is not listed is left to DataFusion")]
pub(super) fn pushed_filter(filter: &Expr, spec: &ReadSpec) -> Option<Pushed> {
    match filter {
        Expr::BinaryExpr(BinaryExpr { left, op: Operator::And, right }) => {
            joined(pushed_filter(left, spec)?, "AND", pushed_filter(right, spec)?)
        }
        Expr::BinaryExpr(BinaryExpr { left, op: Operator::Or, right }) => {
            joined(pushed_filter(left, spec)?, "OR", pushed_filter(right, spec)?)
        }
        Expr::BinaryExpr(BinaryExpr { left, op, right }) => comparison(left, *op, right, spec),
        Expr::Between(Between { expr, negated: false, low, high }) => {
            let low = comparison(expr, Operator::GtEq, low, spec)?;
            joined(low, "AND", comparison(expr, Operator::LtEq, high, spec)?)
        }
        Expr::InList(InList { expr, list, negated: false }) => in_list(column(expr, spec)?, list),
        Expr::IsNull(expr) => null_test(column(expr, spec)?, "IS NULL"),
        Expr::IsNotNull(expr) => null_test(column(expr, spec)?, "IS NOT NULL"),
        _ => None,
    }
}

fn joined(left: Pushed, word: &str, right: Pushed) -> Option<Pushed> {
    let sql = format!("({} {word} {})", left.sql, right.sql);
    Some(Pushed { sql, is_exact: left.is_exact && right.is_exact })
}

fn comparison(left: &Expr, operator: Operator, right: &Expr, spec: &ReadSpec) -> Option<Pushed> {
    let (column, operator, literal) = match (column(left, spec), column(right, spec)) {
        (Some(column), None) => (column, operator, right),
        (None, Some(column)) => (column, operator.swap()?, left),
        (Some(_), Some(_)) | (None, None) => return None,
    };
    let symbol = symbol(operator)?;
    let meaning = Meaning::of(column.kind)?;
    if meaning == Meaning::Text && operator != Operator::Eq {
        return None;
    }
    let sql = format!("{} {symbol} {}", quote_name(&column.name), literal_sql(literal, meaning)?);
    Some(Pushed { sql, is_exact: meaning == Meaning::Number })
}

fn in_list(column: &SourceColumn, list: &[Expr]) -> Option<Pushed> {
    let meaning = Meaning::of(column.kind)?;
    let literals: Option<Vec<String>> = list.iter().map(|item| literal_sql(item, meaning)).collect();
    let literals = literals.filter(|literals| !literals.is_empty())?.join(", ");
    let sql = format!("{} IN ({literals})", quote_name(&column.name));
    Some(Pushed { sql, is_exact: meaning == Meaning::Number })
}

/// A date that becomes NULL on the way is not NULL in MySQL (and a date of zeros is, in some conditions).
fn null_test(column: &SourceColumn, test: &str) -> Option<Pushed> {
    let sql = format!("{} {test}", quote_name(&column.name));
    (!may_become_null(column.kind)).then_some(Pushed { sql, is_exact: true })
}

fn column<'a>(expression: &Expr, spec: &'a ReadSpec) -> Option<&'a SourceColumn> {
    let Expr::Column(wanted) = expression else { return None };
    spec.columns.iter().find(|column| column.field_name == wanted.name)
}

#[expect(clippy::wildcard_enum_match_arm, reason = "whatever is not listed is left to DataFusion")]
fn symbol(operator: Operator) -> Option<&'static str> {
    Some(match operator {
        Operator::Eq => "=",
        Operator::NotEq => "<>",
        Operator::Lt => "<",
        Operator::LtEq => "<=",
        Operator::Gt => ">",
        Operator::GtEq => ">=",
        _ => return None,
    })
}

/// How values of a column compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Meaning {
    Number,
    Day,
    Moment,
    Text,
}

impl Meaning {
    fn of(kind: ColumnKind) -> Option<Self> {
        match kind {
            ColumnKind::TinyInt { .. }
            | ColumnKind::SmallInt { .. }
            | ColumnKind::MediumInt { .. }
            | ColumnKind::Int { .. }
            | ColumnKind::BigInt { .. }
            | ColumnKind::Decimal { precision: ..=38, .. } => Some(Self::Number),
            ColumnKind::Date => Some(Self::Day),
            ColumnKind::DateTime { .. } | ColumnKind::Timestamp { .. } => Some(Self::Moment),
            ColumnKind::Text => Some(Self::Text),
            ColumnKind::Flag
            | ColumnKind::Decimal { .. }
            | ColumnKind::Float
            | ColumnKind::Double
            | ColumnKind::Bit { .. }
            | ColumnKind::Time { .. }
            | ColumnKind::Year
            | ColumnKind::Enum
            | ColumnKind::Set
            | ColumnKind::Json
            | ColumnKind::Token
            | ColumnKind::Binary
            | ColumnKind::Geometry
            | ColumnKind::Vector => None,
        }
    }
}

fn literal_sql(expression: &Expr, meaning: Meaning) -> Option<String> {
    let Expr::Literal(literal, _) = expression else { return None };
    match (meaning, literal) {
        (Meaning::Number, ScalarValue::Int8(Some(number))) => Some(number.to_string()),
        (Meaning::Number, ScalarValue::Int16(Some(number))) => Some(number.to_string()),
        (Meaning::Number, ScalarValue::Int32(Some(number))) => Some(number.to_string()),
        (Meaning::Number, ScalarValue::Int64(Some(number))) => Some(number.to_string()),
        (Meaning::Number, ScalarValue::UInt64(Some(number))) => Some(number.to_string()),
        (Meaning::Number, ScalarValue::Decimal128(Some(number), precision, scale)) => {
            Some(Decimal128Type::format_decimal(*number, *precision, *scale))
        }
        (Meaning::Day, ScalarValue::Date32(Some(days))) => {
            let date = arrow::temporal_conversions::date32_to_datetime(*days)?;
            four_digit_year(date).then(|| format!("'{}'", date.format("%Y-%m-%d")))
        }
        (Meaning::Moment, ScalarValue::TimestampMillisecond(Some(value), _)) => {
            moment(chrono::DateTime::from_timestamp_millis(*value)?.naive_utc())
        }
        (Meaning::Moment, ScalarValue::TimestampMicrosecond(Some(value), _)) => {
            moment(chrono::DateTime::from_timestamp_micros(*value)?.naive_utc())
        }
        (Meaning::Text, ScalarValue::Utf8(Some(text)) | ScalarValue::Utf8View(Some(text))) => {
            Some(crate::split::text_literal(text))
        }
        _ => None,
    }
}

fn moment(time: chrono::NaiveDateTime) -> Option<String> {
    four_digit_year(time).then(|| format!("'{}'", time.format("%Y-%m-%d %H:%M:%S%.6f")))
}

fn four_digit_year(time: chrono::NaiveDateTime) -> bool {
    (1..=9999).contains(&chrono::Datelike::year(&time))
}

#[cfg(test)]
mod tests;

//! The questions about a key that split planning asks the server.

use super::condition::{after_condition, beyond_condition, tie_condition};
use super::key::{Key, KeyRange, KeyValue, SplitKey};
use super::range_condition;
use crate::error::SourceError;
use crate::name::quote_name;
use crate::schema::ColumnKind;
use crate::select::where_clause;
use crate::spec::ReadSpec;
use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Row, Value};

const ACTION: &str = "plan splits of";

/// Asks about the rows of one read, in the order of its key.
pub(super) struct Probe<'a> {
    pub(super) conn: &'a mut Conn,
    pub(super) spec: &'a ReadSpec,
    pub(super) key: &'a SplitKey,
}

/// The key of a row, and where it stands.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// There is no such row.
    Nothing,
    /// The row's key is NULL.
    Null,
    /// The row has the very key that the search began at, as MySQL compares them.
    Same,
    /// The row has a greater key.
    Key(Key),
}

impl Probe<'_> {
    /// Counts the rows.
    pub(super) async fn count(&mut self) -> Result<u64, SourceError> {
        let sql = format!("SELECT COUNT(*) FROM {}{}", self.spec.origin.sql(), where_clause(self.spec, None));
        let count: Option<u64> = self.conn.query_first(sql).await.map_err(|cause| self.failed(cause))?;
        count.ok_or_else(|| self.odd("a count has no result"))
    }

    /// Returns the optimizer's estimate of all rows, before any condition that no index serves; nothing if it
    /// does not tell, as for a view that the user may read but not explain.
    pub(super) async fn whole(&mut self) -> Option<u64> {
        let filter = where_clause(self.spec, None);
        let sql = format!("EXPLAIN FORMAT=TRADITIONAL SELECT * FROM {}{filter}", self.spec.origin.sql());
        let rows: Vec<Row> = self.conn.query(sql).await.ok()?;
        joined_rows(&rows)
    }

    /// Returns the optimizer's estimate of the rows in `range`; nothing if it does not tell. It looks into the
    /// index for a range, so for a small one the estimate is close, however stale the table's statistics are.
    pub(super) async fn estimate(&mut self, range: &KeyRange) -> Result<Option<u64>, SourceError> {
        let condition = range_condition(self.key, range);
        // MySQL does not look into an index whose use is forced, but counts on averages.
        let (columns, from) = (key_columns(self.key), from_index(self.spec, self.key, "USE"));
        let filter = where_clause(self.spec, condition);
        let sql = format!("EXPLAIN FORMAT=TRADITIONAL SELECT {columns} FROM {from}{filter}");
        let rows: Vec<Row> = self.conn.query(sql).await.map_err(|cause| self.failed(cause))?;
        Ok(joined_rows(&rows))
    }

    /// Returns the least and the greatest value of the column after `prefix`, of the rows whose first columns are
    /// `prefix`; nothing if there is no such row.
    pub(super) async fn ends(&mut self, prefix: &[KeyValue]) -> Result<Option<(KeyValue, KeyValue)>, SourceError> {
        let Some(column) = self.key.columns.get(prefix.len()) else { return Ok(None) };
        let (name, kind) = (quote_name(&column.name), column.kind);
        let condition = tie_condition(self.key, prefix).map(|tie| format!(" WHERE {tie}")).unwrap_or_default();
        let from = from_index(self.spec, self.key, "FORCE");
        let sql = format!("SELECT MIN({name}), MAX({name}) FROM {from}{condition}");
        let row: Option<Row> = self.conn.exec_first(sql, ()).await.map_err(|cause| self.failed(cause))?;
        let Some(row) = row else { return Ok(None) };
        let end = |index| self.value(&row, index, kind);
        Ok(end(0)?.zip(end(1)?))
    }

    /// Returns the first value of the column after `prefix` that is greater than `low`, not less than `from`, and
    /// in `range`, of the rows whose first columns are `prefix`; nothing if there is none, or if the server cannot
    /// compare its column with `from`, which is a guess.
    pub(super) async fn next_from(
        &mut self,
        prefix: &[KeyValue],
        low: &KeyValue,
        from: Option<&KeyValue>,
        range: &KeyRange,
    ) -> Result<Option<KeyValue>, SourceError> {
        let condition = beyond_condition(self.key, prefix, low, from);
        match self.first_in(prefix, condition, range, "").await {
            Err(SourceError::Query { cause: mysql_async::Error::Server(_), .. }) if from.is_some() => Ok(None),
            found => found,
        }
    }

    /// Returns the greatest value of the column after `prefix` that is greater than `low` and in `range`, of the rows
    /// whose first columns are `prefix`; nothing if there is none.
    pub(super) async fn last(
        &mut self,
        prefix: &[KeyValue],
        low: &KeyValue,
        range: &KeyRange,
    ) -> Result<Option<KeyValue>, SourceError> {
        let condition = beyond_condition(self.key, prefix, low, None);
        self.first_in(prefix, condition, range, " DESC").await
    }

    async fn first_in(
        &mut self,
        prefix: &[KeyValue],
        condition: String,
        range: &KeyRange,
        order: &str,
    ) -> Result<Option<KeyValue>, SourceError> {
        let Some(column) = self.key.columns.get(prefix.len()) else { return Ok(None) };
        let (name, kind) = (quote_name(&column.name), column.kind);
        let below = range_condition(self.key, &KeyRange { start: None, end: range.end.clone() });
        let below = below.map(|below| format!(" AND {below}")).unwrap_or_default();
        let from = from_index(self.spec, self.key, "FORCE");
        let sql = format!("SELECT {name} FROM {from} WHERE {condition}{below} ORDER BY {name}{order} LIMIT 1");
        let row: Option<Row> = self.conn.exec_first(sql, ()).await.map_err(|cause| self.failed(cause))?;
        row.map_or(Ok(None), |row| self.value(&row, 0, kind))
    }

    /// Returns the key that stands `offset` rows after the first row from `start` on.
    pub(super) async fn at(&mut self, start: Option<&Key>, offset: u64) -> Result<Found, SourceError> {
        let range = KeyRange { start: start.cloned(), end: None };
        let after = start.map(|start| after_condition(self.key, start));
        let sql = at_sql(self.spec, self.key, after.as_deref(), range_condition(self.key, &range), offset);
        self.find(sql).await
    }

    /// Returns the first key after `start`; the first that is not NULL without one.
    pub(super) async fn next(&mut self, start: Option<&Key>) -> Result<Found, SourceError> {
        let condition = match (start, self.key.columns.first()) {
            (Some(start), _) => Some(after_condition(self.key, start)),
            (None, first) => first.map(|first| format!("{} IS NOT NULL", quote_name(&first.name))),
        };
        let sql = at_sql(self.spec, self.key, None, condition, 0);
        self.find(sql).await
    }

    async fn find(&mut self, sql: String) -> Result<Found, SourceError> {
        let row: Option<Row> = self.conn.exec_first(sql, ()).await.map_err(|cause| self.failed(cause))?;
        let Some(row) = row else { return Ok(Found::Nothing) };
        let columns = self.key.columns.iter().enumerate();
        let values: Result<Option<Vec<KeyValue>>, SourceError> =
            columns.map(|(index, column)| self.value(&row, index, column.kind)).collect();
        let is_same = matches!(row.as_ref(self.key.columns.len()), Some(Value::Int(0)));
        Ok(match values? {
            None => Found::Null,
            Some(_) if is_same => Found::Same,
            Some(values) => Found::Key(Key(values)),
        })
    }

    /// Reads a key's value; nothing if it is NULL.
    fn value(&self, row: &Row, index: usize, kind: ColumnKind) -> Result<Option<KeyValue>, SourceError> {
        let value = row.as_ref(index).ok_or_else(|| self.odd("a key has too few columns"))?;
        if *value == Value::NULL {
            return Ok(None);
        }
        key_value(value, kind).map(Some).ok_or_else(|| self.odd("a key is not of its column's type"))
    }

    fn failed(&self, cause: mysql_async::Error) -> SourceError {
        SourceError::from_query(ACTION, &self.spec.origin, cause)
    }

    fn odd(&self, problem: &str) -> SourceError {
        SourceError::Unexpected { action: ACTION, origin: self.spec.origin.clone(), problem: problem.to_owned() }
    }
}

/// Writes the statement that steps `offset` rows along the key. Its last column, if `after` is given, says
/// whether the row found lies after the row that the search began at.
fn at_sql(spec: &ReadSpec, key: &SplitKey, after: Option<&str>, condition: Option<String>, offset: u64) -> String {
    let columns = key_columns(key);
    let after = after.map(|after| format!(", ({after})")).unwrap_or_default();
    let (from, filter) = (from_index(spec, key, "FORCE"), where_clause(spec, condition));
    format!("SELECT {columns}{after} FROM {from}{filter} ORDER BY {columns} LIMIT 1 OFFSET {offset}")
}

fn key_columns(key: &SplitKey) -> String {
    key.columns.iter().map(|column| quote_name(&column.name)).collect::<Vec<_>>().join(", ")
}

/// Names the table, and its index with the `hint` to `USE` it if any or to `FORCE` its use.
fn from_index(spec: &ReadSpec, key: &SplitKey, hint: &str) -> String {
    let table = spec.origin.sql();
    match &key.index {
        Some(index) => format!("{table} {hint} INDEX ({})", quote_name(index)),
        None => table,
    }
}

fn key_value(value: &Value, kind: ColumnKind) -> Option<KeyValue> {
    match (value, kind) {
        (Value::Int(number), _) => Some(KeyValue::Int(i128::from(*number))),
        (Value::UInt(number), _) => Some(KeyValue::Int(i128::from(*number))),
        (Value::Bytes(bytes), ColumnKind::Decimal { .. }) => Some(KeyValue::Decimal(digits(bytes)?)),
        (Value::Bytes(bytes), ColumnKind::Binary) => Some(KeyValue::Bytes(bytes.clone())),
        (Value::Bytes(bytes), _) => Some(KeyValue::Text(String::from_utf8(bytes.clone()).ok()?)),
        (Value::Date(year, month, day, ..), ColumnKind::Date) => {
            Some(KeyValue::Time(format!("{year:04}-{month:02}-{day:02}")))
        }
        (Value::Date(year, month, day, hour, minute, second, micros), _) => {
            Some(KeyValue::Time(format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}.{micros:06}")))
        }
        (Value::NULL | Value::Float(_) | Value::Double(_) | Value::Time(..), _) => None,
    }
}

/// Returns a decimal as it stands in a statement, if it is nothing but one.
fn digits(bytes: &[u8]) -> Option<String> {
    let allowed = |byte: &u8| byte.is_ascii_digit() || matches!(byte, b'-' | b'.');
    if !bytes.iter().all(allowed) {
        return None;
    }
    String::from_utf8(bytes.to_vec()).ok()
}

/// Returns how many rows a statement has by its `EXPLAIN`: of the tables that it joins the one, times how many rows of
/// each other belong to a row of those before.
///
/// If so much would be read that an index is of no use it is of all rows: too many, but large at any rate.
fn joined_rows(explained: &[Row]) -> Option<u64> {
    // The other rows explain what a table of the statement is made of.
    let joined = explained.iter().filter(|row| text(row, "id").as_deref() == Some("1"));
    let rows = joined.map(|row| match text(row, "type") {
        // No type: the optimizer has seen that there is no such row.
        None => Some(0),
        Some(_) => text(row, "rows")?.parse().ok(),
    });
    let rows: Vec<u64> = rows.collect::<Option<_>>()?;
    rows.into_iter().reduce(u64::saturating_mul)
}

/// Returns a field of an `EXPLAIN`, which the text protocol always sends as text.
fn text(row: &Row, column: &str) -> Option<String> {
    let index = row.columns_ref().iter().position(|field| field.name_str() == column)?;
    match row.as_ref(index)? {
        Value::Bytes(bytes) => String::from_utf8(bytes.clone()).ok(),
        Value::Int(number) => Some(number.to_string()),
        Value::UInt(number) => Some(number.to_string()),
        Value::NULL | Value::Float(_) | Value::Double(_) | Value::Date(..) | Value::Time(..) => None,
    }
}

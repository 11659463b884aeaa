//! The questions about a key that split planning asks the server.

use super::condition::{after_condition, beyond_condition, tie_condition};
use super::key::{Key, KeyRange, KeyValue, SplitKey};
use super::range_condition;
use super::value::{key_of, value_of};
use crate::error::SourceError;
use crate::name::quote_name;
use crate::schema::ColumnKind;
use crate::select::where_clause;
use crate::spec::ReadSpec;
use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Row, Value};

pub(super) const ACTION: &str = "plan splits of";

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
        let is_same = matches!(row.as_ref(self.key.columns.len()), Some(Value::Int(0)));
        Ok(match key_of(&row, self.key).map_err(|problem| self.odd(problem))? {
            None => Found::Null,
            Some(_) if is_same => Found::Same,
            Some(key) => Found::Key(key),
        })
    }

    /// Hands the keys of all rows to `take`, in their order; nothing for a row without a key.
    pub(super) async fn stream(&mut self, mut take: impl FnMut(Option<Key>)) -> Result<(), SourceError> {
        let (spec, key) = (self.spec, self.key);
        let columns = key_columns(key);
        let sql = format!("SELECT {columns} FROM {}{} ORDER BY {columns}", spec.origin.sql(), where_clause(spec, None));
        let mut rows = self.conn.exec_iter(sql, ()).await.map_err(|cause| failed(spec, cause))?;
        while let Some(row) = rows.next().await.map_err(|cause| failed(spec, cause))? {
            take(key_of(&row, key).map_err(|problem| odd(spec, problem))?);
        }
        Ok(())
    }

    fn value(&self, row: &Row, index: usize, kind: ColumnKind) -> Result<Option<KeyValue>, SourceError> {
        value_of(row, index, kind).map_err(|problem| self.odd(problem))
    }

    pub(super) fn failed(&self, cause: mysql_async::Error) -> SourceError {
        failed(self.spec, cause)
    }

    fn odd(&self, problem: &str) -> SourceError {
        odd(self.spec, problem)
    }
}

fn failed(spec: &ReadSpec, cause: mysql_async::Error) -> SourceError {
    SourceError::from_query(ACTION, &spec.origin, cause)
}

fn odd(spec: &ReadSpec, problem: &str) -> SourceError {
    SourceError::Unexpected { action: ACTION, origin: spec.origin.clone(), problem: problem.to_owned() }
}

/// Writes the statement that steps `offset` rows along the key. Its last column, if `after` is given, says
/// whether the row found lies after the row that the search began at.
fn at_sql(spec: &ReadSpec, key: &SplitKey, after: Option<&str>, condition: Option<String>, offset: u64) -> String {
    let columns = key_columns(key);
    let after = after.map(|after| format!(", ({after})")).unwrap_or_default();
    let (from, filter) = (from_index(spec, key, "FORCE"), where_clause(spec, condition));
    format!("SELECT {columns}{after} FROM {from}{filter} ORDER BY {columns} LIMIT 1 OFFSET {offset}")
}

pub(super) fn key_columns(key: &SplitKey) -> String {
    key.columns.iter().map(|column| quote_name(&column.name)).collect::<Vec<_>>().join(", ")
}

/// Names the table, and its index with the `hint` to `USE` it if any or to `FORCE` its use.
pub(super) fn from_index(spec: &ReadSpec, key: &SplitKey, hint: &str) -> String {
    let table = spec.origin.sql();
    match &key.index {
        Some(index) => format!("{table} {hint} INDEX ({})", quote_name(index)),
        None => table,
    }
}

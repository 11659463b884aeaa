//! What the optimizer thinks of how many rows there are: `EXPLAIN`, which reads none of them.

use super::key::KeyRange;
use super::probe::{Probe, from_index, key_columns};
use super::range_condition;
use crate::error::SourceError;
use crate::field::text;
use crate::select::where_clause;
use mysql_async::prelude::Queryable;
use mysql_async::{Error, Row};

/// The most rows that anything is estimated at. The optimizer multiplies the tables of a join, beyond all numbers.
const MOST_ROWS: u64 = 1 << 48;

impl Probe<'_> {
    /// Returns the optimizer's estimate of all rows, before any condition that no index serves; nothing if it does not
    /// tell, as for a view that the user may read but not explain.
    ///
    /// # Errors
    /// If the server refuses to read the rows, too, or the connection fails.
    pub(super) async fn whole(&mut self) -> Result<Option<u64>, SourceError> {
        let columns = if self.key.columns.is_empty() { "1".to_owned() } else { key_columns(self.key) };
        let filter = where_clause(self.spec, None);
        self.explain(format!("SELECT {columns} FROM {}{filter}", self.spec.origin.sql())).await
    }

    /// Returns the optimizer's estimate of the rows in `range`; nothing if it does not tell. It looks into the
    /// index for a range, so for a small one the estimate is close, however stale the table's statistics are.
    ///
    /// # Errors
    /// Those of [`Self::whole`].
    pub(super) async fn estimate(&mut self, range: &KeyRange) -> Result<Option<u64>, SourceError> {
        let condition = range_condition(self.key, range);
        // MySQL does not look into an index whose use is forced, but counts on averages.
        let (columns, from) = (key_columns(self.key), from_index(self.spec, self.key, "USE"));
        let filter = where_clause(self.spec, condition);
        self.explain(format!("SELECT {columns} FROM {from}{filter}")).await
    }

    async fn explain(&mut self, sql: String) -> Result<Option<u64>, SourceError> {
        let explained: Result<Vec<Row>, Error> = self.conn.query(format!("EXPLAIN FORMAT=TRADITIONAL {sql}")).await;
        let cause = match explained {
            Ok(rows) => return Ok(joined_rows(&rows)),
            Err(cause) => cause,
        };
        let is_refused = matches!(cause, Error::Server(_));
        let error = self.failed(cause);
        if !is_refused || error.is_transient() {
            return Err(error);
        }
        // A statement that can be prepared may be run: only its explanation is refused.
        let statement = self.conn.prep(sql).await.map_err(|cause| self.failed(cause))?;
        self.conn.close(statement).await.map_err(|cause| self.failed(cause))?;
        tracing::debug!(origin = %self.spec.origin, %error, "the server does not explain");
        Ok(None)
    }
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
    product(&rows)
}

/// Returns the product, or the most there can be; nothing of nothing.
fn product(rows: &[u64]) -> Option<u64> {
    rows.iter().copied().reduce(u64::saturating_mul).map(|rows| rows.min(MOST_ROWS))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_join_of_more_rows_than_there_are_numbers_has_an_estimate() {
        assert_eq!(product(&[20, 3]), Some(60));
        assert_eq!(product(&[u64::MAX, 7, 100]), Some(MOST_ROWS));
        assert_eq!(product(&[u64::MAX, 0]), Some(0));
        assert_eq!(product(&[]), None);
        // Thousands of them can be added up, and stand in a plan.
        assert!(MOST_ROWS.checked_mul(10_000).is_some_and(|rows| i64::try_from(rows).is_ok()));
    }
}

//! Short questions to the server, over the sessions that plan and those that read.

use crate::connect::Session;
use crate::wire::ReadSession;
use mysql_async::prelude::Queryable;
use mysql_async::{Row, Value};

/// The fields of a row; nothing for NULL.
pub(crate) type TextRow = Vec<Option<String>>;

/// A session that can be asked.
pub(crate) trait Ask: Send {
    /// Runs a statement, and returns its rows as text.
    ///
    /// # Errors
    /// If the server refuses the statement, or the connection fails.
    fn rows(&mut self, sql: String) -> impl Future<Output = Result<Vec<TextRow>, mysql_async::Error>> + Send;

    /// Runs a statement, and returns its first row, if it has any.
    ///
    /// # Errors
    /// Those of [`Self::rows`].
    fn first(&mut self, sql: String) -> impl Future<Output = Result<Option<TextRow>, mysql_async::Error>> + Send {
        async { Ok(self.rows(sql).await?.into_iter().next()) }
    }

    /// Runs a statement, and returns the first number of its last column, if it is one.
    ///
    /// # Errors
    /// Those of [`Self::rows`].
    fn number(&mut self, sql: String) -> impl Future<Output = Result<Option<u64>, mysql_async::Error>> + Send {
        async { Ok(self.first(sql).await?.and_then(|mut row| row.pop()?).and_then(|text| text.parse().ok())) }
    }
}

impl Ask for Session {
    async fn rows(&mut self, sql: String) -> Result<Vec<TextRow>, mysql_async::Error> {
        let rows: Vec<Row> = self.query(sql).await?;
        Ok(rows.into_iter().map(|row| row.unwrap_raw().into_iter().map(|value| text(value?)).collect()).collect())
    }
}

/// A row of text holds text alone.
fn text(value: Value) -> Option<String> {
    if let Value::Bytes(bytes) = value { Some(String::from_utf8_lossy(&bytes).into_owned()) } else { None }
}

impl Ask for ReadSession {
    async fn rows(&mut self, sql: String) -> Result<Vec<TextRow>, mysql_async::Error> {
        Self::rows(self, &sql).await
    }
}

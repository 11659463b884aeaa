//! Short questions to the server, over the sessions that plan and those that read.

use crate::connect::Session;
use crate::wire::ReadSession;
use mysql_async::prelude::Queryable;
use mysql_async::{Row, Value};

/// A session that can be asked.
pub(crate) trait Ask: Send {
    /// Runs a statement, and returns its first row as text, if it has any.
    ///
    /// # Errors
    /// If the server refuses the statement, or the connection fails.
    fn first(
        &mut self,
        sql: String,
    ) -> impl Future<Output = Result<Option<Vec<Option<String>>>, mysql_async::Error>> + Send;

    /// Runs a statement, and returns the first number of its last column, if it is one.
    ///
    /// # Errors
    /// Those of [`Self::first`].
    fn number(&mut self, sql: String) -> impl Future<Output = Result<Option<u64>, mysql_async::Error>> + Send {
        async { Ok(self.first(sql).await?.and_then(|mut row| row.pop()?).and_then(|text| text.parse().ok())) }
    }
}

impl Ask for Session {
    async fn first(&mut self, sql: String) -> Result<Option<Vec<Option<String>>>, mysql_async::Error> {
        let row: Option<Row> = self.query_first(sql).await?;
        Ok(row.map(|row| row.unwrap_raw().into_iter().map(|value| text(value?)).collect()))
    }
}

/// A row of text holds text alone.
fn text(value: Value) -> Option<String> {
    if let Value::Bytes(bytes) = value { Some(String::from_utf8_lossy(&bytes).into_owned()) } else { None }
}

impl Ask for ReadSession {
    async fn first(&mut self, sql: String) -> Result<Option<Vec<Option<String>>>, mysql_async::Error> {
        Self::first(self, &sql).await
    }
}

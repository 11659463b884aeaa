//! How large a table is, as its server estimates it.

use crate::error::SourceError;
use crate::origin::Origin;
use mysql_async::Conn;
use mysql_async::prelude::Queryable;

const BYTES: &str = "SELECT data_length FROM information_schema.tables WHERE table_schema = ? AND table_name = ?";

/// Returns about how many bytes the rows of a table take on the server's disk; nothing for a view or a query, which have no
/// size. May be repeated; only reads.
///
/// # Errors
/// If the connection fails.
pub async fn table_bytes(conn: &mut Conn, origin: &Origin) -> Result<Option<u64>, SourceError> {
    let Some(table) = origin.table() else { return Ok(None) };
    let bytes: Result<Option<Option<u64>>, _> = conn.exec_first(BYTES, (&table.database, &table.table)).await;
    Ok(bytes.map_err(|cause| SourceError::from_query("look at the size of", origin, cause))?.flatten())
}

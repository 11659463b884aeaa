//! Asks the server what a table looks like.

use super::charset::text_conversion;
use super::keys::read_keys;
use super::kind::Declaration;
use super::{SourceColumn, TableSchema, UnsupportedColumn};
use crate::error::SourceError;
use crate::name::SourceTable;
use datafusion::common::utils::datafusion_strsim::levenshtein;
use mysql_async::Conn;
use mysql_async::prelude::Queryable;

const ACTION: &str = "describe";

/// How many letters of a name may differ for it to be suggested.
const SIMILAR_LETTERS: usize = 3;

/// Reads columns and keys of `table`. Reading may be repeated and changes nothing.
///
/// # Errors
/// If the database or the table does not exist (the error suggests similar names), the user may not read it,
/// or one of its columns has an unknown type.
pub async fn describe(conn: &mut Conn, table: &SourceTable) -> Result<TableSchema, SourceError> {
    if let Err(error) = probe(conn, table).await {
        return Err(with_similar_names(conn, error).await);
    }
    let Identity { stored, is_view, comment, bytes } = identity(conn, table).await?;
    let (columns, unsupported) = read_columns(conn, &stored).await?;
    let keys = if is_view { Vec::new() } else { read_keys(conn, &stored).await? };
    // The name as typed is the one that the server accepts in statements.
    Ok(TableSchema { origin: table.into(), columns, unsupported, keys, is_view, comment, bytes })
}

/// Lets the server itself say whether the table is there and may be read: what `information_schema` does not
/// show may be absent or forbidden.
async fn probe(conn: &mut Conn, table: &SourceTable) -> Result<(), SourceError> {
    conn.query_drop(format!("SELECT 1 FROM {} LIMIT 0", table.quoted()))
        .await
        .map_err(|cause| SourceError::from_query(ACTION, table, cause))
}

/// A row of `information_schema.TABLES`.
struct Identity {
    /// The name as the server stores it.
    stored: SourceTable,
    is_view: bool,
    comment: Option<String>,
    bytes: Option<u64>,
}

async fn identity(conn: &mut Conn, table: &SourceTable) -> Result<Identity, SourceError> {
    type Found = (String, String, String, String, Option<u64>);
    let sql = "SELECT TABLE_SCHEMA, TABLE_NAME, TABLE_TYPE, TABLE_COMMENT, DATA_LENGTH FROM information_schema.TABLES \
               WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ?";
    let parameters = (table.database.as_str(), table.table.as_str());
    let mut found: Vec<Found> =
        conn.exec(sql, parameters).await.map_err(|cause| SourceError::from_query(ACTION, table, cause))?;
    // Where names are case-sensitive this comparison is not, and may find `T` beside `t`.
    found.sort_by_key(|(database, name, ..)| *database != table.database || *name != table.table);
    let Some((database, name, kind, comment, bytes)) = found.into_iter().next() else {
        return Err(SourceError::UnknownTable { table: table.clone(), similar: Vec::new() });
    };
    let is_view = kind != "BASE TABLE" && kind != "SYSTEM VERSIONED";
    // A view's comment is the word `VIEW`.
    let comment = Some(comment).filter(|comment| !comment.is_empty() && !is_view);
    let bytes = bytes.filter(|_| !is_view);
    Ok(Identity { stored: SourceTable::new(database, name), is_view, comment, bytes })
}

/// A row of `information_schema.COLUMNS`.
struct Found {
    table: String,
    name: String,
    data_type: String,
    declared: String,
    precision: Option<u64>,
    scale: Option<u64>,
    digits: Option<u64>,
    nullable: String,
    comment: String,
    character_set: Option<String>,
}

/// Reads the columns, those of a known type and the others.
async fn read_columns(
    conn: &mut Conn,
    table: &SourceTable,
) -> Result<(Vec<SourceColumn>, Vec<UnsupportedColumn>), SourceError> {
    // DATA_TYPE and COLUMN_TYPE are long texts in MySQL.
    let sql = "SELECT TABLE_NAME, COLUMN_NAME, CAST(DATA_TYPE AS CHAR), CAST(COLUMN_TYPE AS CHAR), \
               NUMERIC_PRECISION, NUMERIC_SCALE, DATETIME_PRECISION, IS_NULLABLE, COLUMN_COMMENT, CHARACTER_SET_NAME \
               FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ? \
               ORDER BY ORDINAL_POSITION";
    let parameters = (table.database.as_str(), table.table.as_str());
    let found: Vec<FoundRow> =
        conn.exec(sql, parameters).await.map_err(|cause| SourceError::from_query(ACTION, table, cause))?;
    let (mut columns, mut unsupported) = (Vec::new(), Vec::new());
    for one in found.into_iter().map(Found::from).filter(|one| one.table == table.table) {
        match one.into_column() {
            Ok(column) => columns.push(column),
            Err(unknown) => unsupported.push(unknown),
        }
    }
    Ok((columns, unsupported))
}

type FoundRow = (String, String, String, String, Option<u64>, Option<u64>, Option<u64>, String, String, Option<String>);

impl From<FoundRow> for Found {
    fn from(row: FoundRow) -> Self {
        let (table, name, data_type, declared, precision, scale, digits, nullable, comment, character_set) = row;
        Self { table, name, data_type, declared, precision, scale, digits, nullable, comment, character_set }
    }
}

impl Found {
    fn into_column(self) -> Result<SourceColumn, UnsupportedColumn> {
        let declaration = Declaration {
            name: &self.data_type,
            full: &self.declared,
            precision: self.precision,
            scale: self.scale,
            digits: self.digits,
        };
        let Some(kind) = declaration.kind() else {
            return Err(UnsupportedColumn { column: self.name, declared: self.declared });
        };
        Ok(SourceColumn {
            field_name: self.name.clone(),
            name: self.name,
            kind,
            conversion: text_conversion(kind, self.character_set.as_deref()),
            declared: self.declared,
            nullable: self.nullable == "YES",
            comment: Some(self.comment).filter(|comment| !comment.is_empty()),
        })
    }
}

/// Adds to "does not exist" what there is instead. If even that cannot be read, the error stands as it is.
async fn with_similar_names(conn: &mut Conn, error: SourceError) -> SourceError {
    let SourceError::UnknownTable { table, .. } = error else { return error };
    let sql = "SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = ? ORDER BY TABLE_NAME";
    let names: Vec<String> = conn.exec(sql, (table.database.as_str(),)).await.unwrap_or_default();
    let similar = similar(&table.table, names);
    SourceError::UnknownTable { table, similar }
}

fn similar(wanted: &str, names: Vec<String>) -> Vec<String> {
    let wanted = wanted.to_lowercase();
    let distance = |name: &String| levenshtein(&name.to_lowercase(), &wanted);
    let mut close: Vec<_> = names.into_iter().filter(|name| distance(name) <= SIMILAR_LETTERS).collect();
    close.sort_by_key(distance);
    close.truncate(3);
    close
}

#[cfg(test)]
mod tests {
    use super::similar;

    #[test]
    fn close_names_are_suggested_closest_first() {
        let names = ["accounts", "crime", "Crimes", "grimes_2"].map(str::to_owned).to_vec();
        assert_eq!(similar("crimes", names), ["Crimes", "crime", "grimes_2"]);
    }
}

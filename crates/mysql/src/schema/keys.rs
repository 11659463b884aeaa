//! The indexes of a table that can put its rows in order.

use crate::error::SourceError;
use crate::field::text;
use crate::name::SourceTable;
use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Row};
use std::collections::BTreeMap;

/// An index that orders rows by whole column values. Full-text, spatial, hash, hidden and expression indexes
/// are none, and an index on the first bytes of a column orders nothing beyond them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableKey {
    /// The index's name; `PRIMARY` for the primary key.
    pub name: String,
    /// Whether no two rows have the same values.
    pub unique: bool,
    /// The columns, first the most significant.
    pub columns: Vec<String>,
}

/// Reads the usable indexes of `table`: the primary key first, then unique ones, then the rest, by name.
pub(super) async fn read_keys(conn: &mut Conn, table: &SourceTable) -> Result<Vec<TableKey>, SourceError> {
    let sql = "SELECT * FROM information_schema.STATISTICS WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ? \
               ORDER BY INDEX_NAME, SEQ_IN_INDEX";
    let parameters = (table.database.as_str(), table.table.as_str());
    let rows: Vec<Row> = conn
        .exec(sql, parameters)
        .await
        .map_err(|cause| SourceError::from_query("read the indexes of", table, cause))?;
    let parts = rows.iter().filter(|row| text(row, "TABLE_NAME").as_ref() == Some(&table.table));
    Ok(keys(parts.map(Part::from_row)))
}

/// One column of one index.
struct Part {
    index: String,
    unique: bool,
    /// Nothing if the part is an expression, or only the first bytes of a column.
    column: Option<String>,
    usable: bool,
    /// Its place in the index, from 1 on. Those of columns that the user may not read are missing.
    place: u64,
}

impl Part {
    fn from_row(row: &Row) -> Self {
        let is_prefix = text(row, "SUB_PART").is_some();
        // Of these two columns MySQL has the first and MariaDB the second.
        let hidden = text(row, "IS_VISIBLE").is_some_and(|visible| visible == "NO")
            || text(row, "IGNORED").is_some_and(|ignored| ignored == "YES");
        Self {
            index: text(row, "INDEX_NAME").unwrap_or_default(),
            unique: text(row, "NON_UNIQUE").is_some_and(|non_unique| non_unique == "0"),
            column: text(row, "COLUMN_NAME").filter(|_| !is_prefix),
            place: text(row, "SEQ_IN_INDEX").and_then(|place| place.parse().ok()).unwrap_or(0),
            usable: !hidden && text(row, "INDEX_TYPE").is_some_and(|kind| kind == "BTREE"),
        }
    }
}

fn keys(parts: impl Iterator<Item = Part>) -> Vec<TableKey> {
    let mut indexes: BTreeMap<String, Vec<Part>> = BTreeMap::new();
    for part in parts.filter(|part| part.usable) {
        indexes.entry(part.index.clone()).or_default().push(part);
    }
    let mut keys: Vec<TableKey> = indexes.into_iter().filter_map(|(name, parts)| key(name, &parts)).collect();
    keys.sort_by_key(|key| (key.name != "PRIMARY", !key.unique));
    keys
}

fn key(name: String, parts: &[Part]) -> Option<TableKey> {
    // What stands behind a hidden column is in no order by itself.
    let visible = (1..).zip(parts).take_while(|(place, part)| part.place == *place);
    let columns: Vec<String> = visible.map_while(|(_, part)| part.column.clone()).collect();
    let unique = parts.iter().all(|part| part.unique) && columns.len() == parts.len();
    (!columns.is_empty()).then_some(TableKey { name, unique, columns })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(index: &str, unique: bool, place: u64, column: Option<&str>) -> Part {
        Part { index: index.to_owned(), unique, column: column.map(str::to_owned), usable: true, place }
    }

    #[test]
    fn the_primary_key_comes_first_and_prefixes_end_a_key() {
        let found = keys(
            [
                part("by_name", false, 1, Some("name")),
                part("PRIMARY", true, 1, Some("a")),
                part("PRIMARY", true, 2, Some("b")),
                part("code", true, 1, Some("code")),
                part("code", true, 2, None),
                part("expression", true, 1, None),
                Part { usable: false, ..part("hidden", true, 1, Some("a")) },
                part("begins_with_a_secret", true, 2, Some("b")),
            ]
            .into_iter(),
        );
        let named: Vec<_> = found.iter().map(|key| (key.name.as_str(), key.unique, key.columns.len())).collect();
        assert_eq!(named, [("PRIMARY", true, 2), ("by_name", false, 1), ("code", false, 1)]);
    }
}

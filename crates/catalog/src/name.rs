//! Names: what the user typed (`TableName`), and what the catalog makes of it (`CatalogName`, columns).

use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The longest part of a table name, in bytes: Glue takes 255, and the history table's name is longer by `_history`.
const MAX_PART_BYTES: usize = 247;

/// `DB.TABLE` as the user typed it: names the folders in the warehouse, and folds to the catalog's name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TableName {
    database: String,
    table: String,
}

impl TableName {
    /// Names `table` in `database`.
    ///
    /// # Errors
    /// When either part is empty, too long, or no name of a folder that readers see: it holds `/`, a dot or a control
    /// character, or starts with `_`.
    pub fn try_new(database: &str, table: &str) -> Result<Self, TableNameError> {
        for part in [database, table] {
            if let Some(reason) = flaw(part) {
                return Err(TableNameError { text: format!("{database}.{table}"), reason });
            }
        }
        Ok(Self { database: database.to_owned(), table: table.to_owned() })
    }

    /// Returns the database, as typed.
    pub fn database(&self) -> &str {
        &self.database
    }

    /// Returns the table within its database, as typed.
    pub fn table(&self) -> &str {
        &self.table
    }

    /// Returns the name under which the catalog knows the table.
    pub fn catalog_name(&self) -> CatalogName {
        CatalogName::folded(&self.database, &self.table)
    }
}

/// Says what keeps `part` from being a database's or table's name, if anything does.
fn flaw(part: &str) -> Option<&'static str> {
    if part.is_empty() {
        return Some("a part is empty");
    }
    if part.len() > MAX_PART_BYTES {
        return Some("a part is longer than 247 bytes");
    }
    if part.starts_with(['_', '.']) {
        return Some("a part that starts with `_` or `.` is hidden from readers");
    }
    if part.contains('.') {
        return Some("it has more than one dot");
    }
    if part.contains(['/', '\\']) {
        return Some("a part holds a slash");
    }
    if part.contains(char::is_control) {
        return Some("a part holds a control character");
    }
    (part.trim() != part).then_some("a part starts or ends with a space")
}

impl FromStr for TableName {
    type Err = TableNameError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let error = |reason| TableNameError { text: text.to_owned(), reason };
        let (database, table) = text.split_once('.').ok_or_else(|| error("it has no dot"))?;
        Self::try_new(database, table)
    }
}

impl fmt::Display for TableName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.database, self.table)
    }
}

impl TryFrom<String> for TableName {
    type Error = TableNameError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<TableName> for String {
    fn from(name: TableName) -> Self {
        name.to_string()
    }
}

/// Why a text is not a table name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{}` is not DB.TABLE: {reason}; give e.g. `shop.orders`", text.escape_debug())]
pub struct TableNameError {
    text: String,
    reason: &'static str,
}

/// A table as the catalog names it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CatalogName {
    database: String,
    table: String,
}

impl CatalogName {
    /// Names `table` in `database`, both folded.
    pub fn folded(database: &str, table: &str) -> Self {
        Self::exact(&fold(database), &fold(table))
    }

    /// Names `table` in `database` as the catalog itself spells them: tables that others made may hold any character.
    pub fn exact(database: &str, table: &str) -> Self {
        Self { database: database.to_owned(), table: table.to_owned() }
    }

    /// Returns the database.
    pub fn database(&self) -> &str {
        &self.database
    }

    /// Returns the table within its database.
    pub fn table(&self) -> &str {
        &self.table
    }

    /// Returns the name of the table that has one partition per day.
    #[must_use]
    pub fn history(&self) -> Self {
        Self { database: self.database.clone(), table: format!("{}_history", self.table) }
    }
}

impl fmt::Display for CatalogName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.database, self.table)
    }
}

/// Returns `name` as the catalog has it: in lower case, with `_` for each character outside `[a-z0-9_]`.
pub fn fold(name: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
    name.chars().map(|c| if plain(c) { c.to_ascii_lowercase() } else { '_' }).collect()
}

/// Folds the names of a table's columns, in order.
///
/// # Errors
/// When a name is empty, or two become one.
pub fn fold_columns<'a>(names: impl IntoIterator<Item = &'a str>) -> Result<Vec<String>, NameError> {
    let mut seen: HashMap<String, &str> = HashMap::new();
    let fold_next = |name: &'a str| {
        if name.is_empty() {
            return Err(NameError::Empty);
        }
        let folded = fold(name);
        if let Some(first) = seen.insert(folded.clone(), name) {
            return Err(NameError::Collision { first: first.to_owned(), second: name.to_owned(), folded });
        }
        Ok(folded)
    };
    names.into_iter().map(fold_next).collect()
}

/// Why columns cannot be named in the catalog.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Two columns whose names fold to the same.
    #[error(
        "columns `{first}` and `{second}` are both `{folded}` in the catalog: rename one with an alias, or leave one out"
    )]
    Collision {
        /// The one that comes first.
        first: String,
        /// The other.
        second: String,
        /// What both become.
        folded: String,
    },
    /// A column without a name.
    #[error("a column has an empty name: give it one with an alias")]
    Empty,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_keeps_its_case_and_folds_for_the_catalog() {
        let name: TableName = "crime_data.Crimes 2001-to-Présent".parse().unwrap();
        assert_eq!((name.database(), name.table()), ("crime_data", "Crimes 2001-to-Présent"));
        assert_eq!(name.to_string(), "crime_data.Crimes 2001-to-Présent");
        assert_eq!(name.catalog_name().to_string(), "crime_data.crimes_2001_to_pr_sent");
        assert_eq!(name.catalog_name().history().to_string(), "crime_data.crimes_2001_to_pr_sent_history");
    }

    #[test]
    fn a_table_travels_as_its_text() {
        let name: TableName = "db.Orders".parse().unwrap();
        let json = serde_json::to_string(&name).unwrap();
        assert_eq!(json, r#""db.Orders""#);
        assert_eq!(serde_json::from_str::<TableName>(&json).unwrap(), name);
        assert!(serde_json::from_str::<TableName>(r#""../etc.passwd""#).is_err());
    }

    #[test]
    fn what_is_no_table_name_says_why() {
        let long = format!("db.{}", "x".repeat(248));
        let wrong = [
            ("orders", "it has no dot"),
            (".orders", "a part is empty"),
            ("db.", "a part is empty"),
            ("", "it has no dot"),
            ("a.b.c", "it has more than one dot"),
            ("db...", "a part that starts with `_` or `.` is hidden from readers"),
            ("db._orders", "a part that starts with `_` or `.` is hidden from readers"),
            ("_db.orders", "a part that starts with `_` or `.` is hidden from readers"),
            ("db/x.orders", "a part holds a slash"),
            ("db.a\\b", "a part holds a slash"),
            ("db.a\nb", "a part holds a control character"),
            ("db.a ", "a part starts or ends with a space"),
            (long.as_str(), "a part is longer than 247 bytes"),
        ];
        for (text, reason) in wrong {
            let error = text.parse::<TableName>().unwrap_err().to_string();
            let shown = text.escape_debug();
            assert_eq!(error, format!("`{shown}` is not DB.TABLE: {reason}; give e.g. `shop.orders`"));
        }
    }

    #[test]
    fn columns_fold_one_by_one() {
        let folded = fold_columns(["Primary Type", "ID", "Größe", "x_1"]).unwrap();
        assert_eq!(folded, ["primary_type", "id", "gr__e", "x_1"]);
    }

    #[test]
    fn two_columns_of_one_folded_name_are_refused() {
        for (first, second, folded) in [("Id", "ID", "id"), ("a b", "a_b", "a_b"), ("x", "x", "x")] {
            let error = fold_columns([first, "other", second]).unwrap_err();
            let expected = format!(
                "columns `{first}` and `{second}` are both `{folded}` in the catalog: \
                 rename one with an alias, or leave one out"
            );
            assert_eq!(error.to_string(), expected);
        }
        assert_eq!(fold_columns([""]), Err(NameError::Empty));
    }
}

//! Names in MySQL: `SourceTable`, and the quoting that makes any name safe inside a statement.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// A table or view in MySQL, as `database.table`. Names keep their case.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct SourceTable {
    /// The database (schema) that holds the table.
    pub database: String,
    /// The table's own name.
    pub table: String,
}

/// Says why a text is not a table name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a table of the form `database.table`")]
pub struct ParseTableError(String);

impl SourceTable {
    /// Names `table` in `database`.
    pub fn new(database: impl Into<String>, table: impl Into<String>) -> Self {
        Self { database: database.into(), table: table.into() }
    }

    /// Returns the name as it stands in a statement: both parts in backticks.
    #[must_use]
    pub fn quoted(&self) -> String {
        format!("{}.{}", quote_name(&self.database), quote_name(&self.table))
    }
}

impl fmt::Display for SourceTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.database, self.table)
    }
}

impl FromStr for SourceTable {
    type Err = ParseTableError;

    /// Parses `database.table`, either part in backticks if it holds a dot or a backtick (doubled).
    fn from_str(text: &str) -> Result<Self, ParseTableError> {
        let wrong = || ParseTableError(text.to_owned());
        let (database, rest) = part(text).ok_or_else(wrong)?;
        let (table, rest) = part(rest.strip_prefix('.').ok_or_else(wrong)?).ok_or_else(wrong)?;
        if rest.is_empty() { Ok(Self { database, table }) } else { Err(wrong()) }
    }
}

/// Reads one name from the front of `text`; returns it and what follows, or nothing if there is none.
fn part(text: &str) -> Option<(String, &str)> {
    let Some(quoted) = text.strip_prefix('`') else {
        let end = text.find('.').unwrap_or(text.len());
        let (name, rest) = text.split_at(end);
        return (!name.is_empty() && !name.contains('`')).then(|| (name.to_owned(), rest));
    };
    let mut name = String::new();
    let mut chars = quoted.char_indices().peekable();
    while let Some((at, character)) = chars.next() {
        if character != '`' {
            name.push(character);
        } else if chars.next_if(|(_, next)| *next == '`').is_some() {
            name.push('`');
        } else {
            return (!name.is_empty()).then(|| (name, &quoted[at + 1..]));
        }
    }
    None
}

/// Puts `name` in backticks, doubling those inside it.
pub(crate) fn quote_name(name: &str) -> String {
    format!("`{}`", name.replace('`', "``"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_table_is_database_dot_table() {
        assert_eq!("crime_data.Crimes".parse(), Ok(SourceTable::new("crime_data", "Crimes")));
        assert_eq!("`a.b`.`c``d`".parse(), Ok(SourceTable::new("a.b", "c`d")));
        for wrong in ["", "crimes", ".crimes", "db.", "a.b.c", "`a.b", "`a``.b", "a`b.c", "``.a"] {
            let error = wrong.parse::<SourceTable>().unwrap_err();
            assert_eq!(error.to_string(), format!("`{wrong}` is not a table of the form `database.table`"));
        }
    }

    proptest! {
        #[test]
        fn a_quoted_name_parses_back(database in "\\PC{1,12}", table in "\\PC{1,12}") {
            let name = SourceTable { database, table };
            prop_assert_eq!(name.quoted().parse::<SourceTable>(), Ok(name));
        }
    }
}

//! Where rows come from: a table or view, or the result of a query.

use crate::name::SourceTable;
use crate::query::SourceQuery;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Where rows come from. Prints as it is called in a message: ``table `db.t` `` or `the query`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// A table or view.
    Table(SourceTable),
    /// The result of a query.
    Query(SourceQuery),
}

impl Origin {
    /// Returns the table; nothing for a query.
    #[must_use]
    pub fn table(&self) -> Option<&SourceTable> {
        match self {
            Self::Table(table) => Some(table),
            Self::Query(_) => None,
        }
    }

    /// Writes what stands after `FROM` in a statement.
    #[must_use]
    pub fn sql(&self) -> String {
        match self {
            Self::Table(table) => table.quoted(),
            Self::Query(query) => query.derived(),
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Table(table) => write!(f, "table `{table}`"),
            Self::Query(_) => f.write_str("the query"),
        }
    }
}

impl From<SourceTable> for Origin {
    fn from(table: SourceTable) -> Self {
        Self::Table(table)
    }
}

impl From<&SourceTable> for Origin {
    fn from(table: &SourceTable) -> Self {
        Self::Table(table.clone())
    }
}

impl From<SourceQuery> for Origin {
    fn from(query: SourceQuery) -> Self {
        Self::Query(query)
    }
}

impl From<&Origin> for Origin {
    fn from(origin: &Origin) -> Self {
        origin.clone()
    }
}

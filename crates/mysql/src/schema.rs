//! What a table looks like: its columns from `information_schema`, its keys, and the Arrow schema they make.

mod charset;
mod describe;
mod keys;
mod kind;
mod result;
mod retype;
mod risk;
mod types;

pub use describe::describe;
pub use keys::TableKey;
pub use kind::{ColumnKind, UnsupportedColumn};
pub use result::describe_query;
pub use retype::{Conversion, ParseTypedColumnError, ReadAs, TypedColumn, retype};
pub use risk::risk;

pub(crate) use charset::{LOST_CHARACTER, loss_check};
pub(crate) use types::{arrow_type, may_become_null};

use crate::error::SourceError;
use crate::origin::Origin;
use crate::query::depends_on_now;
use serde::{Deserialize, Serialize};

/// A column of a MySQL table, and the name it gets in the output.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceColumn {
    /// The name in MySQL.
    pub name: String,
    /// The name of the Arrow field; the same unless set with [`with_field_name`](Self::with_field_name).
    pub field_name: String,
    /// The type of the values that arrive: that in MySQL, unless they are converted.
    pub kind: ColumnKind,
    /// How the values are asked for where they are not wanted as they are.
    pub conversion: Option<Conversion>,
    /// The type as MySQL writes it, for example `int(10) unsigned`.
    pub declared: String,
    /// Whether the column may hold NULL.
    pub nullable: bool,
    /// The column's comment, if it has one.
    pub comment: Option<String>,
}

impl SourceColumn {
    /// Returns the same column under another name in the output.
    #[must_use]
    pub fn with_field_name(self, field_name: impl Into<String>) -> Self {
        Self { field_name: field_name.into(), ..self }
    }
}

/// A table or view, or a query's result, as the server describes it: columns in their declared order, invisible and generated ones
/// included, and the keys that its rows could be split by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableSchema {
    /// The table, under the name that it was asked for by, or the query.
    pub origin: Origin,
    /// The columns that can be read, in their declared order.
    pub columns: Vec<SourceColumn>,
    /// The columns of a type that this crate does not know. A run must not leave one out silently: take
    /// columns through [`select`](Self::select) or [`all_columns`](Self::all_columns).
    pub unsupported: Vec<UnsupportedColumn>,
    /// The indexes that can order rows, the primary key first.
    pub keys: Vec<TableKey>,
    /// Whether it is a view: views have no keys of their own, nor have queries.
    pub is_view: bool,
    /// The table's comment, if it has one.
    pub comment: Option<String>,
}

impl TableSchema {
    /// Returns whether what is there, of the rows for which `condition` holds, may depend on what time it is: only the server
    /// knows what is behind a view or a query.
    #[must_use]
    pub fn may_depend_on_now(&self, condition: Option<&str>) -> bool {
        self.is_view || self.origin.table().is_none() || condition.is_some_and(depends_on_now)
    }

    /// Returns the column called `name`: exactly, or else the only one that differs in upper and lower case.
    /// (MySQL's column names are case-insensitive.)
    ///
    /// # Errors
    /// If there is none (the error lists the columns there are), or its type is unknown.
    pub fn column(&self, name: &str) -> Result<&SourceColumn, SourceError> {
        if let Some(cause) = self.unsupported.iter().find(|unknown| unknown.column == name) {
            return Err(SourceError::Unsupported { origin: self.origin.clone(), cause: cause.clone() });
        }
        let exact = self.columns.iter().find(|column| column.name == name);
        let folded = || self.columns.iter().find(|column| column.name.to_lowercase() == name.to_lowercase());
        exact.or_else(folded).ok_or_else(|| SourceError::UnknownColumn {
            origin: self.origin.clone(),
            column: name.to_owned(),
            columns: self.columns.iter().map(|column| column.name.clone()).collect(),
        })
    }

    /// Returns the columns called `names`, in that order.
    ///
    /// # Errors
    /// If one of them does not exist.
    pub fn select<'a>(&self, names: impl IntoIterator<Item = &'a str>) -> Result<Vec<SourceColumn>, SourceError> {
        names.into_iter().map(|name| self.column(name).cloned()).collect()
    }

    /// Returns every column of the table.
    ///
    /// # Errors
    /// If the type of one of them is unknown.
    pub fn all_columns(&self) -> Result<Vec<SourceColumn>, SourceError> {
        match self.unsupported.first() {
            None => Ok(self.columns.clone()),
            Some(cause) => Err(SourceError::Unsupported { origin: self.origin.clone(), cause: cause.clone() }),
        }
    }
}

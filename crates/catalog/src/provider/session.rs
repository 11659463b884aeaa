//! `SessionCatalog`: DataFusion's catalog over ours, for a session that plans many queries.
//!
//! DataFusion looks up each table of a statement once, and each look-up here reads the table's pointer: so a statement reads
//! one snapshot of each table, the one that is live when it is planned. Which databases and tables there are DataFusion asks
//! without waiting, so those [`Names`] are listed before.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use datafusion::catalog::{CatalogProvider, SchemaProvider, TableProvider};
use datafusion::common::Result;
use datafusion::execution::session_state::SessionState;
use datafusion::logical_expr::TableType;
use parking_lot::RwLock;
use tokio::sync::Mutex;

use super::Database;
use crate::{Catalog, CatalogError};

/// For how long listed names count as those that are there: a client that draws a tree of them asks many times.
const FRESH: Duration = Duration::from_secs(5);

/// The names of a catalog's databases and tables, as they were listed last; all sessions of a process share them.
#[derive(Debug)]
pub struct Names {
    catalog: Arc<dyn Catalog>,
    tables: RwLock<BTreeMap<String, Vec<String>>>,
    /// When they were listed.
    listed: Mutex<Option<Instant>>,
}

impl Names {
    /// Returns the names of `catalog`: none before they are listed.
    pub fn new(catalog: Arc<dyn Catalog>) -> Self {
        Self { catalog, tables: RwLock::default(), listed: Mutex::default() }
    }

    /// Lists the names if they are older than a few seconds. A database that may not be listed has none. May be repeated.
    ///
    /// # Errors
    /// The catalog's, when it does not say which databases there are; then the names stay as they were.
    pub async fn refresh(&self) -> Result<(), CatalogError> {
        let mut listed = self.listed.lock().await;
        if listed.is_some_and(|at| at.elapsed() < FRESH) {
            return Ok(());
        }
        let mut tables = BTreeMap::new();
        for database in self.catalog.databases().await? {
            let names = self.catalog.tables(&database).await.unwrap_or_else(|error| {
                tracing::warn!(database, %error, "the tables of a database cannot be listed");
                Vec::new()
            });
            tables.insert(database, names);
        }
        *self.tables.write() = tables;
        *listed = Some(Instant::now());
        Ok(())
    }

    /// Returns each table's database and name, as they were listed last.
    pub fn tables(&self) -> Vec<(String, String)> {
        let listed = self.tables.read();
        let of = |(database, tables): (&String, &Vec<String>)| {
            tables.iter().map(|table| (database.clone(), table.clone())).collect::<Vec<_>>()
        };
        listed.iter().flat_map(of).collect()
    }
}

/// The catalog of a session of many queries.
pub struct SessionCatalog {
    names: Arc<Names>,
    session: Weak<RwLock<SessionState>>,
}

impl SessionCatalog {
    /// Returns the view of the catalog behind `names` for `session`, which is held weakly since it will hold this catalog.
    pub fn new(names: Arc<Names>, session: Weak<RwLock<SessionState>>) -> Self {
        Self { names, session }
    }
}

impl CatalogProvider for SessionCatalog {
    fn schema_names(&self) -> Vec<String> {
        self.names.tables.read().keys().cloned().collect()
    }

    /// Returns the database called `name`, which need not be there: it has no tables then.
    fn schema(&self, name: &str) -> Option<Arc<dyn SchemaProvider>> {
        let tables = self.names.tables.read().get(name).cloned().unwrap_or_default();
        let database = Database::new(name.to_owned(), Arc::clone(&self.names.catalog), Weak::clone(&self.session));
        Some(Arc::new(Listed { tables, database }))
    }
}

impl fmt::Debug for SessionCatalog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionCatalog").field("names", &self.names).finish_non_exhaustive()
    }
}

/// A database as one statement sees it, with the tables that were listed in it.
#[derive(Debug)]
struct Listed {
    tables: Vec<String>,
    database: Database,
}

#[async_trait]
impl SchemaProvider for Listed {
    fn table_names(&self) -> Vec<String> {
        self.tables.clone()
    }

    async fn table(&self, name: &str) -> Result<Option<Arc<dyn TableProvider>>> {
        self.database.table(name).await
    }

    /// Returns what every table of ours is, without opening this one.
    async fn table_type(&self, name: &str) -> Result<Option<TableType>> {
        Ok(self.table_exist(name).then_some(TableType::Base))
    }

    fn table_exist(&self, name: &str) -> bool {
        self.tables.iter().any(|table| table == name)
    }
}

//! `WarehouseCatalog`: DataFusion's catalog over ours, as one query sees it.
//!
//! A table's pointer is read when the query first names the table, once: however often the query names it after that,
//! and whatever is committed meanwhile, it reads the same files of the same snapshot. So one provider serves one
//! query, and the next query takes a new one. A session that plans many has a [`SessionCatalog`].

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::{Arc, Weak};

use async_trait::async_trait;
use datafusion::catalog::{CatalogProvider, SchemaProvider, TableProvider};
use datafusion::common::{DataFusionError, Result, internal_datafusion_err};
use datafusion::execution::session_state::SessionState;
use parking_lot::{Mutex, RwLock};
use tokio::sync::OnceCell;

use crate::{Catalog, CatalogError, CatalogName};

pub use session::{Names, SessionCatalog};
use table::SnapshotTable;

mod files;
mod schema;
mod session;
mod table;

/// The catalog of one query.
#[derive(Debug)]
pub struct WarehouseCatalog {
    databases: BTreeMap<String, Arc<Database>>,
}

impl WarehouseCatalog {
    /// Returns the view of `catalog` for one query of `session`, which is held weakly since it will hold this catalog.
    ///
    /// # Errors
    /// When the catalog's databases cannot be listed.
    pub async fn try_new(catalog: Arc<dyn Catalog>, session: Weak<RwLock<SessionState>>) -> Result<Self, CatalogError> {
        let database = |name: String| {
            let database = Database::new(name.clone(), Arc::clone(&catalog), Weak::clone(&session));
            (name, Arc::new(database))
        };
        let databases = catalog.databases().await?.into_iter().map(database).collect();
        Ok(Self { databases })
    }
}

impl CatalogProvider for WarehouseCatalog {
    fn schema_names(&self) -> Vec<String> {
        self.databases.keys().cloned().collect()
    }

    fn schema(&self, name: &str) -> Option<Arc<dyn SchemaProvider>> {
        let database = self.databases.get(name)?;
        Some(Arc::clone(database) as Arc<dyn SchemaProvider>)
    }
}

/// What a query found under a table's name: the table as it was then, or that there was none.
type Found = Arc<OnceCell<Option<Arc<SnapshotTable>>>>;

/// One database, and the tables that the query has opened in it.
struct Database {
    name: String,
    catalog: Arc<dyn Catalog>,
    session: Weak<RwLock<SessionState>>,
    opened: Mutex<HashMap<String, Found>>,
}

impl Database {
    fn new(name: String, catalog: Arc<dyn Catalog>, session: Weak<RwLock<SessionState>>) -> Self {
        Self { name, catalog, session, opened: Mutex::default() }
    }

    async fn open(&self, table: &str) -> Result<Option<Arc<SnapshotTable>>> {
        let name = CatalogName::exact(&self.name, table);
        let found = self.catalog.table(&name).await.map_err(external)?;
        let Some(found) = found else { return Ok(None) };
        let session = self.session.upgrade();
        let session = session.ok_or_else(|| internal_datafusion_err!("the session of `{name}` has ended"))?;
        let state = session.read().clone();
        let files = files::list(&state, self.catalog.as_ref(), &name, &found.table).await?;
        Ok(Some(Arc::new(SnapshotTable::try_new(&state, files).await?)))
    }
}

#[async_trait]
impl SchemaProvider for Database {
    /// Returns the tables that the query has opened: to list a database takes a call that this one cannot wait for.
    fn table_names(&self) -> Vec<String> {
        let opened = self.opened.lock();
        let there = opened.iter().filter(|(_, found)| matches!(found.get(), Some(Some(_))));
        let mut names: Vec<String> = there.map(|(name, _)| name.clone()).collect();
        names.sort_unstable();
        names
    }

    async fn table(&self, name: &str) -> Result<Option<Arc<dyn TableProvider>>> {
        let found = Arc::clone(self.opened.lock().entry(name.to_owned()).or_default());
        let table = found.get_or_try_init(|| self.open(name)).await?;
        Ok(table.clone().map(|table| table as Arc<dyn TableProvider>))
    }

    /// Returns whether the query has opened the table.
    fn table_exist(&self, name: &str) -> bool {
        matches!(self.opened.lock().get(name).map(|found| found.get()), Some(Some(Some(_))))
    }
}

impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Database").field("name", &self.name).field("catalog", &self.catalog).finish_non_exhaustive()
    }
}

fn external(error: CatalogError) -> DataFusionError {
    DataFusionError::External(Box::new(error))
}

#[cfg(test)]
mod tests;

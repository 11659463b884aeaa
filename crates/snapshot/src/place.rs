//! Where tables are: their warehouse, and the catalog that their readers look them up in.

use std::sync::Arc;

use clap::{Args, ValueEnum};
use object_store::ObjectStore;
use springald_aws::{AwsError, sdk_config};
use springald_catalog::{Catalog, GlueCatalog, GlueOptions, LocalCatalog};

use crate::Warehouse;

/// Options that say where tables are.
#[derive(Debug, Clone, Args)]
pub struct PlaceArgs {
    /// Root of all snapshots: a directory, file:///dir or s3://bucket/prefix
    #[arg(long, env = "SPRINGALD_WAREHOUSE", value_name = "URL", help_heading = "Target")]
    pub warehouse: Warehouse,
    /// Catalog that readers look tables up in; default: glue for an s3:// warehouse, else local
    #[arg(long, env = "SPRINGALD_CATALOG", value_name = "KIND", help_heading = "Target")]
    pub catalog: Option<CatalogKind>,
    /// Let Glue keep a table as it was before each change; it keeps at most 100,000 versions, and then refuses changes
    #[arg(long, env = "SPRINGALD_GLUE_VERSIONS", help_heading = "Target")]
    pub glue_versions: bool,
}

/// A kind of catalog.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum CatalogKind {
    /// AWS Glue
    Glue,
    /// Documents in the warehouse itself, below _catalog/
    Local,
}

impl PlaceArgs {
    /// Returns the catalog that was asked for, or the one that belongs to the warehouse's kind; `store` is the warehouse's.
    ///
    /// # Errors
    /// When Glue is asked for a local warehouse, or there is no region to look for it in.
    pub async fn open_catalog(
        &self,
        store: &Arc<dyn ObjectStore>,
        create_database: bool,
    ) -> Result<Arc<dyn Catalog>, PlaceError> {
        let is_local = self.warehouse.local_dir().is_some();
        let root = self.warehouse.root().clone();
        match self.catalog.unwrap_or(if is_local { CatalogKind::Local } else { CatalogKind::Glue }) {
            CatalogKind::Local => Ok(Arc::new(LocalCatalog::new(Arc::clone(store), root))),
            CatalogKind::Glue if is_local => Err(PlaceError::NotOnS3 { warehouse: self.warehouse.to_string() }),
            CatalogKind::Glue => {
                let config = sdk_config().await.map_err(PlaceError::Glue)?;
                let options = GlueOptions { create_database, keep_versions: self.glue_versions };
                Ok(Arc::new(GlueCatalog::new(config, Arc::clone(store), root, options)))
            }
        }
    }
}

/// A catalog that cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum PlaceError {
    /// Tables that Glue's readers would not reach.
    #[error("readers of Glue do not see `{warehouse}`: give an s3:// warehouse, or --catalog local")]
    NotOnS3 {
        /// The warehouse.
        warehouse: String,
    },
    /// No way to Glue.
    #[error("use the Glue catalog")]
    Glue(#[source] AwsError),
}

//! The Glue catalog in this process, at the endpoint of any server.

use super::aws::ministack;
use object_store::memory::InMemory;
use object_store::path::Path;
use springald_aws::loader;
use springald_catalog::{Catalog, CatalogName, GlueCatalog, GlueOptions, PartitionInput, TableInput, TableVersion};
use std::sync::Arc;

/// Returns the catalog that `endpoint` serves; the documents of its partitions are in memory.
pub(crate) async fn glue_catalog(endpoint: &str) -> GlueCatalog {
    glue_catalog_with(endpoint, GlueOptions { create_database: true, keep_versions: false }).await
}

/// Returns the catalog that `endpoint` serves, with options of its own.
pub(crate) async fn glue_catalog_with(endpoint: &str, options: GlueOptions) -> GlueCatalog {
    let keys = aws_credential_types::Credentials::new("key", "secret", None, None, "tests");
    let config = loader()
        .endpoint_url(endpoint)
        .region(aws_config::Region::new("us-east-1"))
        .credentials_provider(keys)
        .load()
        .await;
    GlueCatalog::new(&config, Arc::new(InMemory::new()), Path::from("lake"), options)
}

/// Returns a table (`db.table`) as MiniStack has it.
pub(crate) fn glue_table(name: &str) -> TableInput {
    block_on(async { current(name).await.table })
}

/// Changes a table in MiniStack, as somebody else might.
pub(crate) fn change_glue_table(name: &str, change: impl FnOnce(&mut TableInput)) {
    block_on(async {
        let mut found = current(name).await;
        change(&mut found.table);
        let catalog = glue_catalog(ministack().endpoint()).await;
        catalog.update_table(parsed(name).database(), &found.table, &found.version).await.unwrap();
    });
}

/// Returns the partitions of a table's history in MiniStack.
pub(crate) fn glue_history(name: &str) -> Vec<PartitionInput> {
    block_on(async {
        let catalog = glue_catalog(ministack().endpoint()).await;
        let found = catalog.partitions(&parsed(name).history()).await.unwrap();
        found.into_iter().map(|found| found.partition).collect()
    })
}

async fn current(name: &str) -> TableVersion {
    let catalog = glue_catalog(ministack().endpoint()).await;
    catalog.table(&parsed(name)).await.unwrap().unwrap_or_else(|| panic!("Glue has no table {name}"))
}

fn parsed(name: &str) -> CatalogName {
    let (database, table) = name.split_once('.').unwrap();
    CatalogName::exact(database, table)
}

fn block_on<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Runtime::new().unwrap().block_on(work)
}

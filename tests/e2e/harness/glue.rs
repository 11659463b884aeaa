//! The Glue catalog in this process, at the endpoint of any server.

use object_store::memory::InMemory;
use object_store::path::Path;
use springald_aws::loader;
use springald_catalog::{GlueCatalog, GlueOptions};
use std::sync::Arc;

/// Returns the catalog that `endpoint` serves; the documents of its partitions are in memory.
pub(crate) async fn glue_catalog(endpoint: &str) -> GlueCatalog {
    let keys = aws_credential_types::Credentials::new("key", "secret", None, None, "tests");
    let config = loader()
        .endpoint_url(endpoint)
        .region(aws_config::Region::new("us-east-1"))
        .credentials_provider(keys)
        .load()
        .await;
    let options = GlueOptions { create_database: true, keep_versions: false };
    GlueCatalog::new(&config, Arc::new(InMemory::new()), Path::from("lake"), options)
}

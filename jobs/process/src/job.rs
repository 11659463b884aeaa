//! The job: query → plan → run → commit.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::Context;
use datafusion::prelude::SessionContext;
use springald_catalog::{Catalog, CatalogError, WarehouseCatalog};
use springald_publish::{Report, Target, publish};

use crate::ProcessArgs;
use crate::query;

/// Runs the job.
///
/// # Errors
/// When the query cannot be read or planned, or the run fails; then nothing is published.
pub async fn run(args: ProcessArgs) -> anyhow::Result<Report> {
    let sql = std::fs::read_to_string(&args.query)
        .with_context(|| format!("read query `{}`: give the path of a file with one SELECT", args.query.display()))?;
    let target = Target::open(&args.target, args.into).await?;
    register_catalog(target.context(), target.catalog()).await?;
    let there = table_names(target.catalog().as_ref()).await.context("read the catalog")?;
    let plan = query::plan(target.context(), &sql, &there)
        .await
        .with_context(|| format!("plan query `{}`", args.query.display()))?;
    let what = serde_json::json!({ "query": sql });
    publish(&target, "process", plan, what, &BTreeMap::new()).await
}

async fn register_catalog(context: &SessionContext, catalog: &Arc<dyn Catalog>) -> anyhow::Result<()> {
    let name = context.copied_config().options().catalog.default_catalog.clone();
    let state = Arc::downgrade(&context.state_ref());
    let tables = WarehouseCatalog::try_new(Arc::clone(catalog), state).await.context("read the catalog")?;
    context.register_catalog(name, Arc::new(tables));
    Ok(())
}

async fn table_names(catalog: &dyn Catalog) -> Result<Vec<String>, CatalogError> {
    let mut names = vec![];
    for database in catalog.databases().await? {
        let tables = catalog.tables(&database).await?;
        names.extend(tables.into_iter().map(|table| format!("{database}.{table}")));
    }
    Ok(names)
}

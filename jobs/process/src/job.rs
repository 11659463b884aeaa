//! The job: query → plan → run → commit.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::Context;
use datafusion::datasource::listing::ListingTableUrl;
use datafusion::prelude::SessionContext;
use object_store::ObjectStoreExt;
use springald_catalog::{Catalog, CatalogError, CatalogName, WarehouseCatalog};
use springald_publish::{Known, Report, Target, Work, publish};

use crate::ProcessArgs;
use crate::inputs::inputs;
use crate::query::{self, PARTITION_BYTES, Surroundings};

/// Runs the job.
///
/// # Errors
/// When the query cannot be read or planned, or the run fails; then nothing is published.
pub async fn run(args: ProcessArgs) -> anyhow::Result<Report> {
    let target = Target::open(&args.target, args.into).await?;
    let sql = read_query(target.context(), &args.query).await.with_context(|| {
        format!("read query `{}`: give the path or store URL of a file with one SELECT", args.query)
    })?;
    register_catalog(target.context(), target.catalog()).await?;
    let named = query::tables(target.context(), &sql).with_context(|| format!("plan query `{}`", args.query))?;
    let there = there(target.catalog().as_ref(), &named).await.context("read the catalog")?;
    // A run that goes on takes the time of its start for now, and so means the same.
    let now = target.layout().run.started();
    let surroundings = Surroundings { there: &there, now, partition_bytes: PARTITION_BYTES };
    let plan = query::plan(target.context(), &sql, &surroundings).await;
    let plan = plan.with_context(|| format!("plan query `{}`", args.query))?;
    let what = serde_json::json!({ "query": sql, "inputs": inputs(&plan)? });
    let work = Work { job: "process", input: plan, what, comments: BTreeMap::new() };
    publish(&target, work, async { Ok(Known::default()) }).await
}

/// Reads a query from a path, or from a store that the session knows.
async fn read_query(context: &SessionContext, file: &str) -> anyhow::Result<String> {
    if !file.contains("://") {
        return Ok(std::fs::read_to_string(file)?);
    }
    let url = ListingTableUrl::parse(file)?;
    let store = context.runtime_env().object_store(url.object_store())?;
    let bytes = store.get(url.prefix()).await?.bytes().await?;
    Ok(String::from_utf8(bytes.into())?)
}

async fn register_catalog(context: &SessionContext, catalog: &Arc<dyn Catalog>) -> anyhow::Result<()> {
    let name = context.copied_config().options().catalog.default_catalog.clone();
    let state = Arc::downgrade(&context.state_ref());
    let tables = WarehouseCatalog::try_new(Arc::clone(catalog), state).await.context("read the catalog")?;
    context.register_catalog(name, Arc::new(tables));
    Ok(())
}

/// Returns which of the tables `named` are there; if one is not, what else is, for the message that says so.
async fn there(catalog: &dyn Catalog, named: &[String]) -> Result<Vec<String>, CatalogError> {
    let mut found = vec![];
    for name in named {
        let Some((database, table)) = name.split_once('.') else { continue };
        if catalog.table(&CatalogName::exact(database, table)).await?.is_some() {
            found.push(name.clone());
        }
    }
    if found.len() == named.len() { Ok(found) } else { table_names(catalog).await }
}

async fn table_names(catalog: &dyn Catalog) -> Result<Vec<String>, CatalogError> {
    let mut names = vec![];
    for database in catalog.databases().await? {
        let tables = catalog.tables(&database).await?;
        names.extend(tables.into_iter().map(|table| format!("{database}.{table}")));
    }
    Ok(names)
}

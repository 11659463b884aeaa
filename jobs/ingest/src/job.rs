//! The job: look at the table → choose columns → cut it into splits → run → commit.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::Context;
use springald_catalog::{TableName, fold_columns};
use springald_mysql::{
    MySqlReadExec, ReadSpec, SourceColumn, SourceError, SplitPlan, TableSchema, connect, describe, plan_splits,
    splits_relation,
};
use springald_publish::{Report, Target, publish};

use crate::IngestArgs;

/// Runs the job.
///
/// # Errors
/// When the table cannot be read as asked, or the run fails; then nothing is published.
pub async fn run(args: IngestArgs) -> anyhow::Result<Report> {
    let into = match &args.into {
        Some(into) => into.clone(),
        None => TableName::try_new(&args.from.database, &args.from.table)
            .context("name the target after --from; give another name with --into")?,
    };
    let source = args.source.parse().context("read --source")?;
    let mut session = connect(&source).await?;
    let table = describe(&mut session, &args.from).await?;
    let columns = named_for_catalog(chosen(&table, &args.columns)?)?;
    let comments = comments(&columns);
    let spec = ReadSpec::new(source.clone(), args.from.clone(), columns).with_filter(args.r#where.clone());
    let plan = plan_splits(&mut session, &table, &spec, args.splits, args.split_column.as_deref()).await?;
    session.close();

    let target = Target::open(&args.target, into).await?;
    for warning in &plan.warnings {
        tracing::warn!(table = %args.from, "{warning}");
    }
    let what = serde_json::json!({
        "source": source.to_string(),
        "from": args.from.to_string(),
        "where": args.r#where,
        "splits": plan.splits,
    });
    let read = read_plan(spec, &plan)?;
    publish(&target, "ingest", Arc::new(read), what, &comments).await
}

fn chosen(table: &TableSchema, names: &[String]) -> anyhow::Result<Vec<SourceColumn>> {
    let columns = match names {
        [] => table.all_columns()?,
        names => table.select(names.iter().map(|name| name.trim()))?,
    };
    Ok(columns)
}

/// Gives each column the name that it has in the catalog and in the files.
fn named_for_catalog(columns: Vec<SourceColumn>) -> anyhow::Result<Vec<SourceColumn>> {
    let folded = fold_columns(columns.iter().map(|column| column.name.as_str()))
        .context("name the columns; leave one of them out with --columns")?;
    Ok(columns.into_iter().zip(folded).map(|(column, name)| column.with_field_name(name)).collect())
}

fn comments(columns: &[SourceColumn]) -> BTreeMap<String, String> {
    let comment = |column: &SourceColumn| Some((column.field_name.clone(), column.comment.clone()?));
    columns.iter().filter_map(comment).collect()
}

fn read_plan(spec: ReadSpec, plan: &SplitPlan) -> anyhow::Result<MySqlReadExec> {
    let spec = spec.with_key(plan.key.clone());
    Ok(MySqlReadExec::try_new(splits_relation(&plan.splits)?, Arc::new(spec))?)
}

/// Returns what the user can do about a failure of the source.
pub fn hint(error: &anyhow::Error) -> Option<String> {
    error.downcast_ref::<SourceError>().and_then(SourceError::hint)
}

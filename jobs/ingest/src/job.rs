//! The job: look at the table → choose columns → cut it into splits → run → commit.

use std::collections::BTreeMap;

use anyhow::{Context, ensure};
use springald_catalog::{TableName, fold_columns};
use springald_cluster::ClusterError;
use springald_mysql::{
    Origin, ReadOptions, ReadSpec, Session, SourceColumn, SourceError, TableSchema, connect, describe, describe_query,
    grants, plan_splits, retype, server_second,
};
use springald_publish::{Report, Target};

use crate::IngestArgs;
use crate::args::Consistency;
use crate::consistency::{Reading, Unplanned, locked_table};
use crate::dry_run::Preview;
use crate::resume::Recorded;
use crate::splits;

/// What the job has done.
#[derive(Debug)]
pub enum Done {
    /// A run, which is published.
    Published(Report),
    /// A look at what a run would do, as text.
    Previewed(String),
}

/// How often a run that reads as of one moment starts over when a session was lost.
const TRIES: usize = 3;

/// Runs the job.
///
/// # Errors
/// When the table cannot be read as asked, or the run fails; then nothing is published.
pub async fn run(args: IngestArgs) -> anyhow::Result<Done> {
    for _ in 1..TRIES {
        match run_once(&args).await {
            Err(error) if is_to_start_over(&error) => tracing::warn!("starting over with a new run: {error:#}"),
            done => return done,
        }
    }
    run_once(&args).await
}

fn is_to_start_over(error: &anyhow::Error) -> bool {
    matches!(error.downcast_ref::<ClusterError>(), Some(ClusterError::StartOver(_)))
}

async fn run_once(args: &IngestArgs) -> anyhow::Result<Done> {
    let origin = args.origin()?;
    let into = target_name(args)?;
    if args.consistency == Consistency::Snapshot {
        locked_table(&origin)?;
        ensure!(
            args.target.resume.is_none(),
            "--consistency snapshot reads as of one moment, and that of a run to --resume has passed: start a new run"
        );
    }
    let name = args.source.parse().context("read --source")?;
    let database = args.from.as_ref().map_or(into.database(), |from| &from.database);
    let source = args.tls.protect(args.secret.source(name, database).await?);
    let mut session = connect(&source).await?;
    let table = described(&mut session, &origin).await?;
    let columns = retype(&table, chosen(&table, &args.columns)?, &args.types)?;
    let columns = named_for_catalog(columns)?;
    let comments = comments(&columns);
    let spec = ReadSpec::new(source.clone(), &origin, columns)
        .with_filter(args.r#where.clone())
        .with_options(read_options(args));
    let splits = splits::requested(&mut session, &origin, args).await?;
    let plan = plan_splits(&mut session, &table, &spec, splits, args.split_column.as_deref()).await?;

    if args.dry_run {
        let grants = grants(&mut session, &origin).await?;
        let into = into.catalog_name().to_string();
        let preview = Preview { spec: &spec, plan: &plan, grants: &grants, target: &args.target, into };
        return Ok(Done::Previewed(preview.text()?));
    }
    let target = Target::open(&args.target, into).await?;
    let recorded = Recorded::of(&target)?;
    let (plan, now) = match &recorded {
        Some(recorded) => (recorded.plan(plan), recorded.now()),
        None => (plan, time_of_run(&mut session, &table, args.r#where.as_deref()).await?),
    };
    let spec = spec.with_now(now);
    for warning in &plan.warnings {
        tracing::warn!(from = %origin, "{warning}");
    }
    let what = serde_json::json!({
        "source": source.to_string(),
        "from": args.from.as_ref().map(ToString::to_string),
        "query": args.query,
        "where": args.r#where,
        "now": spec.now,
        "columns": spec.columns,
        "options": spec.options,
        "max_sessions": args.load.max_sessions,
        "splits": plan.splits,
        "key": plan.key,
    });
    let before = recorded.and_then(Recorded::before);
    let (mode, lock_timeout, load) = (args.consistency, args.lock_timeout, args.load);
    let reading = Reading { mode, lock_timeout, load, spec, plan, before };
    Ok(Done::Published(reading.publish(&target, Unplanned { what, comments }, session).await?))
}

fn read_options(args: &IngestArgs) -> ReadOptions {
    ReadOptions { threads_running: args.load.max_threads_running.get(), ..args.values.into() }
}

fn target_name(args: &IngestArgs) -> anyhow::Result<TableName> {
    match (&args.into, &args.from) {
        (Some(into), _) => Ok(into.clone()),
        (None, Some(from)) => TableName::try_new(&from.database, &from.table)
            .context("name the target after --from; give another name with --into"),
        (None, None) => anyhow::bail!("give the target's name with --into"),
    }
}

async fn described(session: &mut Session, origin: &Origin) -> Result<TableSchema, SourceError> {
    match origin {
        Origin::Table(table) => describe(session, table).await,
        Origin::Query(query) => describe_query(session, query).await,
    }
}

/// Returns what time it is for all sessions of a run, if what they read may depend on it.
async fn time_of_run(
    session: &mut Session,
    table: &TableSchema,
    condition: Option<&str>,
) -> Result<Option<u64>, SourceError> {
    if !table.may_depend_on_now(condition) {
        return Ok(None);
    }
    server_second(session, &table.origin).await.map(Some)
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

/// Returns what the user can do about a failure of the source.
pub fn hint(error: &anyhow::Error) -> Option<String> {
    error.downcast_ref::<SourceError>().and_then(SourceError::hint)
}

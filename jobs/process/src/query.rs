//! SQL text → a physical plan whose partitions are functions of the tables alone.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use datafusion::common::SchemaError;
use datafusion::error::DataFusionError;
use datafusion::execution::context::SQLOptions;
use datafusion::physical_plan::coalesce_partitions::CoalescePartitionsExec;
use datafusion::physical_plan::{ExecutionPlan, ExecutionPlanProperties};
use datafusion::prelude::SessionContext;
use springald_cluster::check_filters;

use crate::chance::depends_on_chance;
use crate::inputs::bytes;

/// Returns the tables that a query names, as it names them.
///
/// # Errors
/// When the text is not SQL.
pub(crate) fn tables(context: &SessionContext, sql: &str) -> Result<Vec<String>, QueryError> {
    let state = context.state();
    let statement = state.sql_to_statement(sql, &state.config().options().sql_parser.dialect)?;
    Ok(state.resolve_table_references(&statement)?.iter().map(ToString::to_string).collect())
}

/// Bytes of files that a partition reads, where there are many: seconds of a task, so that one that is lost costs no more, and
/// what it writes is no crumb.
pub(crate) const PARTITION_BYTES: u64 = 128 << 20;

/// The most partitions that the tables' size makes: a join passes rows from each of them to each.
const MOST_PARTITIONS: usize = 200;

/// Parts of a filter: more would take gigabytes of the node on which the scheduler runs, too.
const MOST_FILTER_PARTS: u64 = 1_000_000;

/// What a query is planned by, beside its text: the same plan for a run that goes on as for the one that died.
pub(crate) struct Surroundings<'a> {
    /// The tables that there are, named as a query has to name them.
    pub(crate) there: &'a [String],
    /// What `now()` is.
    pub(crate) now: DateTime<Utc>,
    /// Bytes of a partition, where the context's own would be larger.
    pub(crate) partition_bytes: u64,
}

/// Plans one query; where its tables are large the context has another number of partitions from now on.
///
/// # Errors
/// When the text is not one query, names what is not there, or gives two columns of the result one name.
pub(crate) async fn plan(
    context: &SessionContext,
    sql: &str,
    surroundings: &Surroundings<'_>,
) -> Result<Arc<dyn ExecutionPlan>, QueryError> {
    let first = plan_once(context, sql, surroundings).await?;
    let partitions = suited(bytes(&first)?, surroundings.partition_bytes);
    if partitions <= context.copied_config().target_partitions() {
        return Ok(first);
    }
    context.state_ref().write().config_mut().options_mut().execution.target_partitions = partitions;
    plan_once(context, sql, surroundings).await
}

fn suited(bytes: u64, partition_bytes: u64) -> usize {
    usize::try_from(bytes.div_ceil(partition_bytes))
        .map_or(MOST_PARTITIONS, |partitions| partitions.min(MOST_PARTITIONS))
}

async fn plan_once(
    context: &SessionContext,
    sql: &str,
    Surroundings { there, now, .. }: &Surroundings<'_>,
) -> Result<Arc<dyn ExecutionPlan>, QueryError> {
    let mut state = context.state();
    state.execution_props_mut().query_execution_start_time = Some(*now);
    let statement = state.sql_to_statement(sql, &state.config().options().sql_parser.dialect)?;
    for table in state.resolve_table_references(&statement)? {
        if !there.contains(&table.to_string()) {
            return Err(QueryError::UnknownTable { table: table.to_string(), there: there.to_vec() });
        }
    }
    let logical = state.statement_to_plan(statement).await?;
    let reads_only = SQLOptions::new().with_allow_ddl(false).with_allow_dml(false).with_allow_statements(false);
    reads_only.verify_plan(&logical)?;
    check_filters(&logical, MOST_FILTER_PARTS)?;
    let chancy = depends_on_chance(&logical)?;
    let physical = state.create_physical_plan(&logical).await?;
    if chancy && physical.output_partitioning().partition_count() > 1 {
        return Ok(Arc::new(CoalescePartitionsExec::new(physical)));
    }
    Ok(physical)
}

/// Why a query cannot be run.
#[derive(Debug, thiserror::Error)]
pub(crate) enum QueryError {
    /// A table that the catalog does not have.
    #[error("table `{table}` is not in the catalog; {}", there_are(there))]
    UnknownTable { table: String, there: Vec<String> },
    /// Not SQL.
    #[error("the query is not one statement of SQL: {reason}")]
    Syntax { reason: String },
    /// Two columns of one name.
    #[error("two columns of the result are named `{column}`: give one another name with an alias, as in `x AS y`")]
    SameName { column: String },
    /// DataFusion's own words.
    #[error(transparent)]
    Plan(DataFusionError),
}

fn there_are(tables: &[String]) -> String {
    match tables {
        [] => "it is empty: ingest the table first".to_owned(),
        tables => format!("ingest it first, or use one of {}", tables.join(", ")),
    }
}

impl From<DataFusionError> for QueryError {
    fn from(error: DataFusionError) -> Self {
        if let DataFusionError::SQL(parser, _) = error.find_root() {
            return Self::Syntax { reason: parser.to_string() };
        }
        let DataFusionError::SchemaError(schema, _) = error.find_root() else {
            return Self::Plan(error);
        };
        let column = match schema.as_ref() {
            SchemaError::AmbiguousReference { field } if field.relation.is_some() => field.name.clone(),
            SchemaError::DuplicateQualifiedField { name, .. } | SchemaError::DuplicateUnqualifiedField { name } => {
                name.clone()
            }
            SchemaError::AmbiguousReference { .. } | SchemaError::FieldNotFound { .. } => return Self::Plan(error),
        };
        Self::SameName { column }
    }
}

#[cfg(test)]
mod tests {
    use datafusion::prelude::{CsvReadOptions, SessionConfig};

    use super::*;

    async fn planned(sql: &str) -> Result<Arc<dyn ExecutionPlan>, QueryError> {
        let context = SessionContext::new_with_config(SessionConfig::new().with_target_partitions(4));
        // In as many partitions as there may be.
        let values = "(VALUES (1, 2), (3, 4), (5, 6)) v";
        let table = format!("CREATE TABLE t AS SELECT column1, max(column2) AS column2 FROM {values} GROUP BY column1");
        context.sql(&table).await?.collect().await?;
        plan(&context, sql, &surroundings(&["t".to_owned()], PARTITION_BYTES)).await
    }

    fn surroundings(there: &[String], partition_bytes: u64) -> Surroundings<'_> {
        Surroundings { there, now: "2024-02-29T23:59:59Z".parse().unwrap(), partition_bytes }
    }

    async fn partitions(sql: &str) -> Result<usize, QueryError> {
        Ok(planned(sql).await?.output_partitioning().partition_count())
    }

    #[tokio::test]
    async fn much_to_read_is_read_in_more_partitions() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("t.csv");
        std::fs::write(&file, format!("a,b\n{}", "1,2\n".repeat(24))).unwrap(); // 100 bytes
        for (partition_bytes, expected) in [(1000, 4), (25, 4), (24, 5), (10, 10), (1, 100)] {
            let context = SessionContext::new_with_config(SessionConfig::new().with_target_partitions(4));
            context.register_csv("t", file.to_str().unwrap(), CsvReadOptions::new()).await.unwrap();
            let sql = "SELECT a, count(*) FROM t GROUP BY a";
            let plan = plan(&context, sql, &surroundings(&["t".to_owned()], partition_bytes)).await.unwrap();
            assert_eq!(plan.output_partitioning().partition_count(), expected, "{partition_bytes} bytes each");
            // Whoever runs the plan takes the number from there.
            assert_eq!(context.copied_config().target_partitions(), expected);
        }
    }

    #[test]
    fn a_table_of_any_size_has_a_bounded_number_of_partitions() {
        assert_eq!(suited(0, PARTITION_BYTES), 0);
        assert_eq!(suited((4 << 30) + 1, PARTITION_BYTES), 33);
        assert_eq!(suited(u64::MAX, PARTITION_BYTES), MOST_PARTITIONS);
    }

    #[tokio::test]
    async fn what_depends_on_chance_is_one_split() {
        assert_eq!(partitions("SELECT column1, count(*) FROM t GROUP BY column1").await.unwrap(), 4);
        for sql in [
            "SELECT column1, count(*) FROM (SELECT * FROM t LIMIT 2) GROUP BY column1",
            "SELECT column1, max(random()) FROM t GROUP BY column1",
            "SELECT column1, count(*) FROM t WHERE column2 IN (SELECT column2 FROM t LIMIT 1) GROUP BY column1",
        ] {
            assert_eq!(partitions(sql).await.unwrap(), 1, "{sql}");
        }
    }

    #[tokio::test]
    async fn what_depends_on_the_order_of_equal_rows_is_one_split_if_it_goes_on_to_others() {
        let numbered = "SELECT column1, row_number() OVER (PARTITION BY column1 ORDER BY column2) AS n FROM t";
        let firsts = "SELECT column1, first_value(column2) AS n FROM t GROUP BY column1";
        let ranks = "SELECT column1, rank() OVER (PARTITION BY column1 ORDER BY column2) AS n FROM t";
        let picked = "SELECT DISTINCT ON (column1) column1, column2 AS n FROM t";
        let means = "SELECT column1, avg(column2) AS n FROM t GROUP BY column1";
        let sums = "SELECT column1, sum(column2) AS n FROM t GROUP BY column1";
        let greatest = "SELECT column1, max(column2 / 3.0e0) AS n FROM t GROUP BY column1";
        let running =
            "SELECT column1, max(column2) OVER (PARTITION BY column1 ORDER BY column2 ROWS 1 PRECEDING) AS n FROM t";
        let whole = "SELECT column1, sum(column2) OVER (PARTITION BY column1) AS n FROM t";
        let chancy = [numbered, firsts, picked, means, running].map(|query| (query, true));
        for (query, is_chancy) in [ranks, sums, greatest, whole].map(|query| (query, false)).into_iter().chain(chancy) {
            assert_eq!(partitions(query).await.unwrap(), 4, "{query}");
            for above in [
                format!("SELECT n, count(*) FROM ({query}) q GROUP BY n"),
                format!("SELECT DISTINCT n FROM ({query}) q WHERE n < 3"),
                format!("SELECT n, sum(column1) OVER (PARTITION BY n) FROM ({query}) q"),
                format!(
                    "SELECT column1, count(*) FROM t WHERE column2 IN (SELECT n FROM ({query}) q) GROUP BY column1"
                ),
            ] {
                let expected = if is_chancy { 1 } else { 4 };
                assert_eq!(partitions(&above).await.unwrap(), expected, "{above}");
            }
        }
    }

    #[tokio::test]
    async fn now_is_the_time_that_is_given() {
        let plan = planned("SELECT CAST(now() AS STRING) AS n, current_date() AS d FROM t LIMIT 1").await.unwrap();
        let rows = datafusion::physical_plan::collect(plan, SessionContext::new().task_ctx()).await.unwrap();
        let rows = datafusion::arrow::util::pretty::pretty_format_batches(&rows).unwrap().to_string();
        assert!(rows.contains("| 2024-02-29T23:59:59 | 2024-02-29 |"), "{rows}");
    }

    #[tokio::test]
    async fn errors_name_the_way_out() {
        let unknown = partitions("SELECT * FROM db.nothing").await.unwrap_err().to_string();
        assert_eq!(unknown, "table `db.nothing` is not in the catalog; ingest it first, or use one of t");
        let twice = partitions("SELECT column1, column2 AS column1 FROM t").await.unwrap_err().to_string();
        assert!(twice.contains("`column1`") && twice.contains("alias"), "{twice}");
    }

    #[tokio::test]
    async fn a_filter_that_doubles_too_often_is_refused() {
        let level = |with, n| format!("{with}, q{} AS (SELECT x + x AS x FROM q{n})", n + 1);
        let doubled = (0..40).fold("WITH q0 AS (SELECT column1 AS x FROM t)".to_owned(), level) + " SELECT x FROM q40";
        let refusal = partitions(&format!("{doubled} WHERE x > 1")).await.unwrap_err().to_string();
        assert!(refusal.contains("may have 1000000: let a `springald process` compute"), "{refusal}");
        partitions(&doubled).await.unwrap();
    }

    #[tokio::test]
    async fn only_queries_are_taken() {
        for sql in ["DROP TABLE t", "INSERT INTO t VALUES (1, 2)", "SET a.b = 1", "SELECT 1; SELECT 2", "SELEC 1", ""] {
            assert!(partitions(sql).await.is_err(), "{sql}");
        }
    }
}

//! A database of its own for each test, and short ways to read from it.

use crate::server;
use arrow::array::RecordBatch;
use arrow::util::display::FormatOptions;
use arrow::util::pretty::pretty_format_batches_with_options;
use datafusion::error::DataFusionError;
use datafusion::physical_plan::{ExecutionPlan, collect_partitioned};
use datafusion::prelude::SessionContext;
use mysql_async::prelude::Queryable;
use springald_mysql::{
    MySqlReadExec, MySqlSource, Origin, ReadOptions, ReadSpec, Session, SourceTable, SplitPlan, TableSchema, connect,
    describe, describe_query, plan_splits, splits_relation,
};
use std::num::NonZeroUsize;
use std::sync::Arc;
use tokio::sync::OnceCell;

/// A database that one test has for itself.
pub(crate) struct Database {
    pub(crate) name: String,
    pub(crate) session: Session,
}

impl Database {
    /// Makes an empty database called `name`.
    pub(crate) async fn new(name: &str) -> Self {
        ODD.get_or_init(make_odd).await;
        let mut session = connect(server::source()).await.unwrap();
        session.query_drop(format!("DROP DATABASE IF EXISTS `{name}`")).await.unwrap();
        session.query_drop(format!("CREATE DATABASE `{name}` CHARACTER SET utf8mb4")).await.unwrap();
        session.query_drop(format!("USE `{name}`")).await.unwrap();
        Self { name: name.to_owned(), session }
    }

    /// Runs statements that return nothing.
    pub(crate) async fn run(&mut self, statements: &[&str]) {
        for statement in statements {
            self.session.query_drop(*statement).await.unwrap_or_else(|error| panic!("{statement:.300}: {error}"));
        }
    }

    /// Returns the first value of a statement.
    pub(crate) async fn ask(&mut self, statement: &str) -> String {
        self.session.query_first(statement).await.unwrap().unwrap()
    }

    /// Whether the server is MariaDB, which has some types that MySQL does not, and the other way round.
    pub(crate) async fn is_mariadb(&mut self) -> bool {
        self.ask("SELECT VERSION()").await.contains("MariaDB")
    }

    pub(crate) fn source(&self) -> MySqlSource {
        MySqlSource { database: self.name.clone(), ..server::source().clone() }
    }

    pub(crate) fn table(&self, table: &str) -> SourceTable {
        SourceTable::new(&self.name, table)
    }

    pub(crate) async fn describe(&mut self, table: &str) -> TableSchema {
        let table = self.table(table);
        describe(&mut self.session, &table).await.unwrap()
    }

    /// Reads all columns of `table`.
    pub(crate) async fn spec(&mut self, table: &str) -> ReadSpec {
        let columns = self.describe(table).await.all_columns().unwrap();
        ReadSpec::new(self.source(), self.table(table), columns)
    }

    /// Reads all columns of a query's result.
    pub(crate) async fn query(&mut self, sql: &str) -> ReadSpec {
        let schema = describe_query(&mut self.session, &sql.parse().unwrap()).await.unwrap();
        ReadSpec::new(self.source(), &schema.origin, schema.all_columns().unwrap())
    }

    /// Plans the splits of a read.
    pub(crate) async fn plan(&mut self, spec: &ReadSpec, splits: usize, column: Option<&str>) -> SplitPlan {
        let schema = match &spec.origin {
            Origin::Table(table) => self.describe(&table.table).await,
            Origin::Query(query) => describe_query(&mut self.session, query).await.unwrap(),
        };
        let splits = NonZeroUsize::new(splits).unwrap();
        plan_splits(&mut self.session, &schema, spec, splits, column).await.unwrap()
    }

    /// Reads `table` in one split, ordered by its key, and prints it.
    pub(crate) async fn read(&mut self, table: &str) -> Result<String, DataFusionError> {
        self.read_with(table, ReadOptions::default()).await
    }

    /// Reads `table` in one split with some options, and prints it.
    pub(crate) async fn read_with(&mut self, table: &str, options: ReadOptions) -> Result<String, DataFusionError> {
        let spec = self.spec(table).await.with_options(options);
        let plan = self.plan(&spec, 1, None).await;
        Ok(printed(&rows(operator(&plan, spec)).await?))
    }
}

/// Set once the server's defaults are odd.
static ODD: OnceCell<()> = OnceCell::const_new();

/// What new sessions get unless they ask for something else. None of it must be seen in what is read.
const ODD_DEFAULTS: [&str; 9] = [
    "time_zone = '+05:45'",
    "sql_mode = 'ANSI_QUOTES,PAD_CHAR_TO_FULL_LENGTH,NO_BACKSLASH_ESCAPES,PIPES_AS_CONCAT,STRICT_ALL_TABLES,NO_ZERO_DATE'",
    "sql_select_limit = 100",
    "group_concat_max_len = 8",
    "net_write_timeout = 1",
    "net_read_timeout = 1",
    "character_set_server = 'latin1'",
    "sql_auto_is_null = 1",
    "TRANSACTION ISOLATION LEVEL READ UNCOMMITTED",
];

/// Gives the server other defaults than anybody expects.
async fn make_odd() {
    let mut session = connect(server::source()).await.unwrap();
    let version: String = session.query_first("SELECT VERSION()").await.unwrap().unwrap();
    // In seconds, and in milliseconds.
    let limit = if version.contains("MariaDB") { "max_statement_time = 1" } else { "max_execution_time = 1000" };
    for default in ODD_DEFAULTS.iter().chain([&limit]) {
        session.query_drop(format!("SET GLOBAL {default}")).await.unwrap_or_else(|error| panic!("{default}: {error}"));
    }
}

/// Puts the operator over the relation of a plan's splits.
pub(crate) fn operator(plan: &SplitPlan, spec: ReadSpec) -> Arc<dyn ExecutionPlan> {
    let relation = splits_relation(&plan.splits).unwrap();
    let spec = Arc::new(spec.with_key(plan.key.clone()));
    Arc::new(MySqlReadExec::try_new(relation, spec).unwrap())
}

/// Reads everything, and returns it in the order of the partitions.
pub(crate) async fn rows(plan: Arc<dyn ExecutionPlan>) -> Result<Vec<RecordBatch>, DataFusionError> {
    let partitions = collect_partitioned(plan, SessionContext::new().task_ctx()).await?;
    Ok(partitions.concat())
}

/// Prints batches as a table.
pub(crate) fn printed(batches: &[RecordBatch]) -> String {
    let options = FormatOptions::default().with_null("NULL");
    pretty_format_batches_with_options(batches, &options).unwrap().to_string()
}

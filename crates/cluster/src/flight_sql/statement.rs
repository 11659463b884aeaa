//! What one may ask for in SQL: one statement, which only reads.

use datafusion::common::DataFusionError;
use datafusion::execution::SessionState;
use datafusion::sql::parser::Statement as Parsed;
use datafusion::sql::sqlparser::ast::Statement;

/// What a statement reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reads {
    /// Rows.
    Rows,
    /// What there is: the names of databases and tables.
    Names,
}

/// Looks at a statement as `state` will, before it is planned.
///
/// # Errors
/// When the text is not one statement of SQL, or does more than read.
pub(super) fn look_at(state: &SessionState, sql: &str) -> Result<Reads, StatementError> {
    let parsed = state.sql_to_statement(sql, &state.config().options().sql_parser.dialect);
    let parsed = parsed.map_err(|error| {
        let sql = if let DataFusionError::SQL(parser, _) = error.find_root() { Some(parser.to_string()) } else { None };
        StatementError::Syntax(sql.unwrap_or_else(|| error.strip_backtrace()))
    })?;
    let reads = only_reads(&parsed).ok_or(StatementError::Changes)?;
    let tables = state.resolve_table_references(&parsed).unwrap_or_default();
    let asks_what_there_is = tables.iter().any(|table| table.schema() == Some("information_schema"));
    Ok(if asks_what_there_is { Reads::Names } else { reads })
}

/// Returns what `parsed` reads if it does nothing else. What stands within a query is looked at again when it is planned.
fn only_reads(parsed: &Parsed) -> Option<Reads> {
    match parsed {
        Parsed::Explain(explain) => only_reads(&explain.statement),
        Parsed::Statement(statement) if matches!(**statement, Statement::Query(_)) => Some(Reads::Rows),
        Parsed::Statement(statement) => shows(statement).then_some(Reads::Names),
        Parsed::CreateExternalTable(_) | Parsed::CopyTo(_) | Parsed::Reset(_) => None,
    }
}

fn shows(statement: &Statement) -> bool {
    matches!(
        statement,
        Statement::ShowTables { .. }
            | Statement::ShowColumns { .. }
            | Statement::ShowVariable { .. }
            | Statement::ShowFunctions { .. }
            | Statement::ExplainTable { .. }
    )
}

/// Why a statement is not taken.
#[derive(Debug, thiserror::Error)]
pub(super) enum StatementError {
    /// Not SQL.
    #[error("this is not one statement of SQL: {0}")]
    Syntax(String),
    /// Something that writes, defines or sets.
    #[error(
        "Flight SQL only reads here: give one SELECT, EXPLAIN, SHOW or DESCRIBE; tables are written by `springald ingest` and \
         `springald process`, and settings are the cluster's"
    )]
    Changes,
}

#[cfg(test)]
mod tests {
    use springald_aws::S3Options;

    use super::*;
    use crate::Stores;
    use crate::session::{session_config, session_state};

    fn looked_at(sql: &str) -> Result<Reads, StatementError> {
        look_at(&session_state(session_config(4), &Stores::new(S3Options::default())).unwrap(), sql)
    }

    #[test]
    fn queries_are_taken() {
        for sql in [
            "SELECT 1",
            "select a.* from db.t a join db.u using (id) where a.x in (select x from v) order by 1 limit 3;",
            "WITH a AS (SELECT 1 AS x) SELECT * FROM a UNION ALL VALUES (2)",
            "EXPLAIN SELECT * FROM db.t",
            "EXPLAIN ANALYZE SELECT * FROM db.t",
        ] {
            assert_eq!(looked_at(sql).unwrap(), Reads::Rows, "{sql}");
        }
    }

    #[test]
    fn what_there_is_may_be_asked_for() {
        for sql in [
            "SHOW TABLES",
            "SHOW COLUMNS FROM db.t",
            "SHOW ALL",
            "SHOW datafusion.execution.batch_size",
            "SHOW FUNCTIONS",
            "DESCRIBE db.t",
            "SELECT table_name FROM information_schema.tables",
            "SELECT * FROM springald.information_schema.schemata",
        ] {
            assert_eq!(looked_at(sql).unwrap(), Reads::Names, "{sql}");
        }
    }

    #[test]
    fn what_changes_anything_is_refused() {
        for sql in [
            "SET datafusion.execution.target_partitions = 1000000",
            "RESET datafusion.execution.target_partitions",
            "CREATE EXTERNAL TABLE t STORED AS CSV LOCATION '/etc/passwd'",
            "CREATE TABLE t AS SELECT 1",
            "CREATE VIEW db.v AS SELECT 1",
            "CREATE DATABASE d",
            "CREATE SCHEMA d",
            "CREATE FUNCTION f(INT) RETURNS INT RETURN 1",
            "DROP TABLE db.t",
            "DROP VIEW db.t",
            "INSERT INTO db.t VALUES (1)",
            "UPDATE db.t SET x = 1",
            "DELETE FROM db.t",
            "TRUNCATE TABLE db.t",
            "COPY (SELECT 1) TO 's3://lake/x.parquet'",
            "EXPLAIN INSERT INTO db.t VALUES (1)",
            "EXPLAIN ANALYZE COPY (SELECT 1) TO '/tmp/x.parquet'",
            "PREPARE p AS SELECT 1",
            "EXECUTE p",
            "DEALLOCATE p",
            "BEGIN",
            "COMMIT",
            "USE db",
        ] {
            let refused = looked_at(sql).unwrap_err();
            assert!(refused.to_string().contains("only reads"), "{sql}: {refused}");
        }
    }

    #[test]
    fn nonsense_and_two_statements_are_no_statement() {
        for sql in ["", "SELEC 1", "SELECT 1; SELECT 2", "SELECT 1; DROP TABLE t", "\0"] {
            let refused = looked_at(sql).unwrap_err();
            assert!(refused.to_string().contains("not one statement"), "{sql}: {refused}");
        }
    }
}

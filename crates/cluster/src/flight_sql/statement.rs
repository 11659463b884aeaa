//! What one may ask for in SQL: one statement, which only reads, and which the scheduler can plan.

use std::ops::ControlFlow;

use datafusion::common::DataFusionError;
use datafusion::execution::SessionState;
use datafusion::sql::parser::Statement as Parsed;
use datafusion::sql::sqlparser::ast::{Expr, ObjectName, Query, SetExpr, Statement, TableFactor, Visit, Visitor};
use datafusion::sql::sqlparser::dialect::GenericDialect;
use datafusion::sql::sqlparser::keywords::Keyword;
use datafusion::sql::sqlparser::tokenizer::{Token, Tokenizer};

use super::tables::tables;
use super::unfolded::is_lengthening;

/// What a statement reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reads {
    /// Rows.
    Rows,
    /// What there is: the names of databases and tables.
    Names,
}

/// Operators and keywords of a statement: a chain of them is a tree as deep as it is long, which no stack would hold at last.
const MOST_OPERATORS: usize = 2000;

/// Tables that a statement may read, each counted as often as it is named, and every subquery as one at least: to plan a query of three hundred joins took the
/// scheduler six minutes, and all of its stack.
const MOST_TABLES: usize = 50;

/// The schema whose tables say what there is; queries over it run in the scheduler itself.
const INFORMATION: &str = "information_schema";

/// Those of its tables that DataFusion makes without opening every table of the catalog.
const LISTS: [&str; 5] = ["df_settings", "parameters", "routines", "schemata", "tables"];

/// Looks at a statement as `state` will, before it is planned.
///
/// # Errors
/// When the text is not one statement of SQL, does more than read, or would cost the scheduler more than its share.
pub(super) fn look_at(state: &SessionState, sql: &str) -> Result<Reads, StatementError> {
    let operators = operators(sql)?;
    if operators > MOST_OPERATORS {
        return Err(StatementError::TooLong { operators });
    }
    let parsed = state.sql_to_statement(sql, &state.config().options().sql_parser.dialect);
    let parsed = parsed.map_err(|error| {
        let sql = if let DataFusionError::SQL(parser, _) = error.find_root() { Some(parser.to_string()) } else { None };
        StatementError::Syntax(sql.unwrap_or_else(|| error.strip_backtrace()))
    })?;
    reads(&parsed)
}

fn operators(sql: &str) -> Result<usize, StatementError> {
    let tokens = Tokenizer::new(&GenericDialect {}, sql).tokenize();
    let tokens = tokens.map_err(|error| StatementError::Syntax(error.to_string()))?;
    let is_leaf = |token: &Token| {
        if let Token::Word(word) = token {
            return word.keyword == Keyword::NoKeyword;
        }
        matches!(
            token,
            Token::Whitespace(_) | Token::Comma | Token::Period | Token::Number(..) | Token::SingleQuotedString(_)
        )
    };
    Ok(tokens.iter().filter(|token| !is_leaf(token)).count())
}

/// Returns what `parsed` reads if it does nothing else. What stands within a query is looked at again when it is planned.
fn reads(parsed: &Parsed) -> Result<Reads, StatementError> {
    match parsed {
        Parsed::Explain(explain) => {
            let reads = reads(&explain.statement)?;
            if explain.options.analyze { Err(StatementError::Analyze) } else { Ok(reads) }
        }
        Parsed::Statement(statement) => reads_of(statement),
        Parsed::CreateExternalTable(_) | Parsed::CopyTo(_) | Parsed::Reset(_) => Err(StatementError::Changes),
    }
}

fn reads_of(statement: &Statement) -> Result<Reads, StatementError> {
    if let Statement::Query(query) = statement {
        return reads_of_query(query);
    }
    if matches!(statement, Statement::ShowTables { .. }) {
        return Ok(Reads::Names);
    }
    if matches!(statement, Statement::ShowColumns { .. }) {
        return Err(StatementError::Information);
    }
    if is_about_itself(statement) { Ok(Reads::Rows) } else { Err(StatementError::Changes) }
}

fn is_about_itself(statement: &Statement) -> bool {
    matches!(
        statement,
        Statement::ShowVariable { .. } | Statement::ShowFunctions { .. } | Statement::ExplainTable { .. }
    )
}

fn reads_of_query(query: &Query) -> Result<Reads, StatementError> {
    let mut found = Found::default();
    let _: ControlFlow<()> = query.visit(&mut found);
    if found.is_recursive {
        return Err(StatementError::Recursive);
    }
    if tables(query) > MOST_TABLES {
        return Err(StatementError::TooManyTables);
    }
    match &found.lists[..] {
        [] => Ok(Reads::Rows),
        // Nothing bounds what more than each row once would make in the scheduler's memory.
        [list] if LISTS.contains(&list.as_str()) && found.queries == 1 && !found.grows && is_of_one_table(query) => {
            Ok(Reads::Names)
        }
        _ => Err(StatementError::Information),
    }
}

/// Returns whether a query takes its rows from one table, each once.
fn is_of_one_table(query: &Query) -> bool {
    let SetExpr::Select(select) = query.body.as_ref() else { return false };
    let [from] = &select.from[..] else { return false };
    let is_table = matches!(from.relation, TableFactor::Table { args: None, .. });
    is_table && query.with.is_none() && from.joins.is_empty() && select.lateral_views.is_empty()
}

/// What there is in a query, at any depth.
#[derive(Default)]
struct Found {
    queries: usize,
    lists: Vec<String>,
    is_recursive: bool,
    /// Whether it makes more rows of one, or a longer text than there is.
    grows: bool,
}

impl Visitor for Found {
    type Break = ();

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<()> {
        self.queries += 1;
        self.is_recursive |= query.with.as_ref().is_some_and(|with| with.recursive);
        ControlFlow::Continue(())
    }

    fn pre_visit_relation(&mut self, name: &ObjectName) -> ControlFlow<()> {
        if let [.., schema, table] = &lower_case(name)[..]
            && schema == INFORMATION
        {
            self.lists.push(table.clone());
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
        if let Expr::Function(function) = expr {
            self.grows |=
                lower_case(&function.name).last().is_some_and(|name| name == "unnest" || is_lengthening(name));
        }
        ControlFlow::Continue(())
    }
}

fn lower_case(name: &ObjectName) -> Vec<String> {
    name.0.iter().filter_map(|part| Some(part.as_ident()?.value.to_lowercase())).collect()
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
    /// Values apart from the statement.
    #[error("Flight SQL takes no rows and no parameters here: write the values into the statement")]
    Parameters,
    /// A tree too deep to plan.
    #[error(
        "the statement has {operators} operators and keywords, and may have {MOST_OPERATORS}: use `x IN (…)` instead of a chain \
         of OR, or ask in parts"
    )]
    TooLong { operators: usize },
    /// A plan that takes too long to make.
    #[error(
        "the statement reads more than {MOST_TABLES} tables, each counted as often as it is named, also by way of WITH: ask in \
         parts, the first of which `springald process` publishes as a table that the next one reads"
    )]
    TooManyTables,
    /// A query that Ballista does not distribute.
    #[error("WITH RECURSIVE does not run on a cluster")]
    Recursive,
    /// A query whose operators are to be measured in one process.
    #[error("EXPLAIN ANALYZE would measure one task of a query only: EXPLAIN shows how it is cut into stages")]
    Analyze,
    /// More of what there is than one list of it.
    #[error(
        "ask information_schema for one of {} at a time, without a join or a function that makes more of it; `DESCRIBE database.table` lists the columns of a table",
        LISTS.join(", ")
    )]
    Information,
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
    fn tables_are_counted_as_often_as_they_are_planned() {
        let of = |tables: usize| format!("SELECT 1 FROM a{}", ", b".repeat(tables - 1));
        let twice = |tables: usize| format!("WITH b AS (SELECT 1 FROM b), a AS ({}) SELECT * FROM a, A", of(tables));
        for few in [of(50), twice(25), format!("SELECT 1 FROM a WHERE x IN ({})", of(49)), twice(24) + ", db.a, x"] {
            assert_eq!(looked_at(&few).unwrap(), Reads::Rows, "{few}");
        }
        let shadowed =
            format!("WITH a AS ({}) SELECT * FROM (WITH a AS (SELECT 1 FROM t) SELECT 1 FROM a) AS b", of(40));
        assert_eq!(looked_at(&shadowed).unwrap(), Reads::Rows);
        let doubled =
            [("SELECT id FROM t", "d"), ("SELECT 1 AS id", "e"), ("VALUES (1)", "x.d")].map(|(first, name)| {
                let twice = |n| format!(", \"{name}{n}\" AS (SELECT a.id FROM \"{name}{0}\" a, {name}{0} b)", n - 1);
                let twice = (1..20).map(twice).collect::<String>();
                format!("WITH \"{name}0\"(id) AS ({first}){twice} SELECT * FROM \"{name}19\"")
            });
        let quoted = |n| format!(", d{n} AS (SELECT a.id FROM d{0} a, d{0} b), \"D{n}\" AS (SELECT 1)", n - 1);
        let quoted = (1..10).map(quoted).collect::<String>();
        let quoted = format!("WITH d0 AS (SELECT 1 AS id){quoted} SELECT * FROM d9");
        let values = format!("SELECT 1 FROM (VALUES (1)) AS v{}", ", (SELECT 1) AS w, unnest([1])".repeat(25));
        let others =
            [of(51), twice(26), format!("SELECT 1 FROM a WHERE x IN ({})", of(50)), format!("EXPLAIN {}", of(51))];
        let unused = format!("WITH a AS ({}) SELECT 1", of(51));
        for many in doubled.into_iter().chain([values, unused, quoted]).chain(others) {
            assert!(matches!(looked_at(&many), Err(StatementError::TooManyTables)), "{many}");
        }
    }

    #[test]
    fn queries_are_taken() {
        for sql in [
            "SELECT 1",
            "select a.* from db.t a join db.u using (id) where a.x in (select x from v) order by 1 limit 3;",
            "WITH a AS (SELECT 1 AS x) SELECT * FROM a UNION ALL VALUES (2)",
            "EXPLAIN SELECT * FROM db.t",
            "SHOW ALL",
            "SHOW datafusion.execution.batch_size",
            "SHOW FUNCTIONS",
            "DESCRIBE db.t",
        ] {
            assert_eq!(looked_at(sql).unwrap(), Reads::Rows, "{sql}");
        }
    }

    #[test]
    fn what_there_is_may_be_asked_for_one_list_at_a_time() {
        for sql in [
            "SHOW TABLES",
            "SELECT table_name FROM information_schema.tables WHERE table_schema = 'db' ORDER BY 1",
            "SELECT * FROM springald.INFORMATION_SCHEMA.schemata",
            "EXPLAIN SELECT count(*) FROM information_schema.df_settings GROUP BY name",
        ] {
            assert_eq!(looked_at(sql).unwrap(), Reads::Names, "{sql}");
        }
        for sql in [
            "SHOW COLUMNS FROM db.t",
            "SELECT * FROM information_schema.columns",
            "SELECT * FROM information_schema.views",
            "SELECT * FROM information_schema.tables a, information_schema.tables b",
            "SELECT * FROM information_schema.tables a CROSS JOIN (VALUES (1), (2)) b",
            "SELECT * FROM information_schema.tables, db.t",
            "SELECT * FROM (SELECT a.* FROM information_schema.tables a CROSS JOIN (VALUES (1), (2)) b) t",
            "SELECT * FROM (SELECT * FROM information_schema.tables) t",
            "SELECT UNNEST([1, 2, 3]) FROM information_schema.tables",
            "SELECT Lpad(table_name, 2000000000, 'x') FROM information_schema.tables",
            "SELECT * FROM information_schema.tables WHERE table_name IN (VALUES ('t'))",
            "SELECT * FROM db.t WHERE x IN (SELECT table_name FROM information_schema.tables)",
            "WITH a AS (SELECT * FROM information_schema.tables) SELECT * FROM a, a AS b",
            "SELECT * FROM information_schema.tables UNION ALL SELECT * FROM information_schema.tables",
        ] {
            let refused = looked_at(sql).unwrap_err().to_string();
            assert!(refused.contains("at a time") && refused.contains("DESCRIBE"), "{sql}: {refused}");
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
        for sql in ["", "SELEC 1", "SELECT 1; SELECT 2", "SELECT 1; DROP TABLE t", "\0", "SELECT 'open"] {
            let refused = looked_at(sql).unwrap_err();
            assert!(refused.to_string().contains("not one statement"), "{sql}: {refused}");
        }
    }

    #[test]
    fn a_chain_may_be_long_and_a_list_longer() {
        for (sql, taken) in [
            (format!("SELECT 1{}", " + 1".repeat(1900)), true),
            (format!("SELECT 1{}", " + 1".repeat(50_000)), false),
            (format!("SELECT 1{}", " UNION ALL SELECT 1".repeat(1000)), false),
            (format!("SELECT 'a'{}", " || 'a'".repeat(2001)), false),
            (format!("SELECT 1 WHERE 1 IN (1{})", ", 1".repeat(50_000)), true),
        ] {
            assert_eq!(operators(&sql).unwrap() <= MOST_OPERATORS, taken, "{}", &sql[..40]);
        }
        let refused = looked_at(&format!("SELECT 1{}", " OR 1".repeat(3000))).unwrap_err().to_string();
        assert!(refused.contains("has 3001 operators") && refused.contains("IN"), "{refused}");
        let recursive = "WITH RECURSIVE a AS (SELECT 1 AS x UNION ALL SELECT x + 1 FROM a) SELECT * FROM a";
        for sql in [recursive.to_owned(), format!("SELECT * FROM ({recursive}) t")] {
            assert!(looked_at(&sql).unwrap_err().to_string().contains("RECURSIVE"), "{sql}");
        }
        let analyze = looked_at("EXPLAIN ANALYZE SELECT * FROM db.t").unwrap_err().to_string();
        assert!(analyze.contains("EXPLAIN ANALYZE would measure one task"), "{analyze}");
    }
}

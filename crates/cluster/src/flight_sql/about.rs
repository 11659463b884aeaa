//! What drivers are told about the service: that it only reads, and which tables there are.

use arrow_flight::error::Result;
use arrow_flight::sql::metadata::{SqlInfoData, SqlInfoDataBuilder};
use arrow_flight::sql::{
    CommandGetSqlInfo, CommandGetTables, SqlInfo, SqlSupportedCaseSensitivity, SqlSupportedTransaction,
};
use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::Schema;

use crate::session::CATALOG;

/// Answers what the service can do.
///
/// # Errors
/// None that a request could cause.
pub(super) fn service(asked: CommandGetSqlInfo) -> Result<RecordBatch> {
    asked.into_builder(&facts()?).build()
}

fn facts() -> Result<SqlInfoData> {
    let mut facts = SqlInfoDataBuilder::new();
    facts.append(SqlInfo::FlightSqlServerName, "Springald");
    facts.append(SqlInfo::FlightSqlServerVersion, env!("CARGO_PKG_VERSION"));
    facts.append(SqlInfo::FlightSqlServerArrowVersion, "1.3"); // of the format
    facts.append(SqlInfo::FlightSqlServerReadOnly, true);
    facts.append(SqlInfo::FlightSqlServerSql, true);
    facts.append(SqlInfo::FlightSqlServerSubstrait, false);
    facts.append(SqlInfo::FlightSqlServerTransaction, SqlSupportedTransaction::None as i32);
    facts.append(SqlInfo::FlightSqlServerCancel, false);
    facts.append(SqlInfo::FlightSqlServerBulkIngestion, false);
    facts.append(SqlInfo::SqlDdlCatalog, false);
    facts.append(SqlInfo::SqlDdlSchema, false);
    facts.append(SqlInfo::SqlDdlTable, false);
    facts.append(SqlInfo::SqlIdentifierCase, SqlSupportedCaseSensitivity::SqlCaseSensitivityLowercase as i32);
    facts.append(SqlInfo::SqlIdentifierQuoteChar, "\"");
    facts.append(
        SqlInfo::SqlQuotedIdentifierCase,
        SqlSupportedCaseSensitivity::SqlCaseSensitivityCaseInsensitive as i32,
    );
    facts.append(SqlInfo::SqlSearchStringEscape, "\\");
    facts.append(SqlInfo::SqlCatalogTerm, "catalog");
    facts.append(SqlInfo::SqlSchemaTerm, "database");
    facts.append(SqlInfo::SqlCatalogAtStart, true);
    facts.build()
}

/// Answers which of `tables`, each a database and a name, are asked for, without their columns.
///
/// # Errors
/// When the answer cannot be made.
pub(super) fn tables(asked: CommandGetTables, tables: &[(String, String)]) -> Result<RecordBatch> {
    let mut found = asked.into_builder();
    for (database, table) in tables {
        found.append(CATALOG, database, table, "TABLE", &Schema::empty())?;
    }
    found.build()
}

#[cfg(test)]
mod tests {
    use datafusion::arrow::array::AsArray;

    use super::*;

    #[test]
    fn the_service_only_reads() {
        let read_only = SqlInfo::FlightSqlServerReadOnly as u32;
        let told = service(CommandGetSqlInfo { info: vec![read_only] }).unwrap();
        assert_eq!(told.num_rows(), 1);
        // A union whose second type is a Boolean.
        assert!(told.column(1).as_union().value(0).as_boolean().value(0));
        assert!(service(CommandGetSqlInfo { info: vec![] }).unwrap().num_rows() > 10);
    }

    #[test]
    fn tables_are_those_asked_for() {
        let all = [("a", "t"), ("a", "u"), ("b", "t")].map(|(database, table)| (database.to_owned(), table.to_owned()));
        let ask = |database: Option<&str>, table: Option<&str>| {
            let command = CommandGetTables {
                db_schema_filter_pattern: database.map(str::to_owned),
                table_name_filter_pattern: table.map(str::to_owned),
                ..CommandGetTables::default()
            };
            tables(command, &all).unwrap().num_rows()
        };
        assert_eq!(
            [ask(None, None), ask(Some("a"), None), ask(None, Some("t")), ask(Some("b"), Some("u"))],
            [3, 2, 2, 0]
        );
    }
}

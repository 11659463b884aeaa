//! What was typed.

use clap::Args;
use springald_catalog::TableName;
use springald_publish::TargetArgs;

/// Publish the result of a query over the catalog's tables as a table's snapshot
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  springald process --query sql/crime_type_details.sql --warehouse ./warehouse \\
    --into crime_data.crime_type_details

The query is one SELECT in DataFusion's SQL; tables are named DB.TABLE, in lower case, as the catalog has them. \
It sees one snapshot of each table, from its start to its end. On success one line of JSON is printed.

Exit codes: 0 published; 1 failed, nothing published; 2 usage; 3 overtaken by a run for the same table and date that \
started later, nothing published.")]
pub struct ProcessArgs {
    /// File that holds the query: a path or a store URL
    #[arg(long, env = "SPRINGALD_QUERY", value_name = "FILE.sql", help_heading = "Source")]
    pub query: String,
    /// Table to publish; its name keeps its case in paths and is folded to lower case in the catalog
    #[arg(long, env = "SPRINGALD_INTO", value_name = "DB.TABLE", help_heading = "Target")]
    pub into: TableName,
    /// Where and how to publish
    #[command(flatten)]
    pub target: TargetArgs,
}

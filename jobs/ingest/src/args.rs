//! What was typed.

use std::fmt;
use std::num::NonZeroUsize;
use std::time::Duration;

use clap::{ArgGroup, Args, ValueEnum};
use springald_catalog::TableName;
use springald_mysql::{Origin, ParseSourceError, SourceName, SourceQuery, SourceTable, TypedColumn};
use springald_publish::TargetArgs;

use crate::load::LoadArgs;
use crate::protection::TlsArgs;
use crate::secret::SecretArgs;
use crate::values::ValueArgs;

/// Copy a MySQL or MariaDB table into a published Parquet snapshot
#[derive(Debug, Args)]
#[command(group(ArgGroup::new("copied").required(true).args(["from", "query"])))]
#[command(after_help = "\
Example:
  export MYSQL_PWD=…
  springald ingest --source mysql://reader@db.example:3306/crime_data \\
    --from crime_data.Crimes_2001_to_Present --warehouse ./warehouse

The password is taken from MYSQL_PWD, in this process and in each executor's own environment, or from a secret in AWS \
Secrets Manager, which each process reads with its own role; it is never part of an option, a plan, a log or a report. \
On success one line of JSON is printed.

Exit codes: 0 published; 1 failed, nothing published; 2 usage; 3 overtaken by a run for the same table and date that \
started later, nothing published.")]
pub struct IngestArgs {
    /// Server to read from: mysql://USER@HOST:PORT/DB with the password in MYSQL_PWD, or secretsmanager:ID_OR_ARN
    #[arg(long, env = "SPRINGALD_SOURCE", hide_env_values = true, value_name = "SOURCE", help_heading = "Source")]
    pub source: TypedSource,
    /// Where the server of a secret is, and how long its rotation may take
    #[command(flatten)]
    pub secret: SecretArgs,
    /// Table or view to copy
    #[arg(long, env = "SPRINGALD_FROM", value_name = "DB.TABLE", help_heading = "Source")]
    pub from: Option<SourceTable>,
    /// SELECT, in MySQL's SQL, to copy the result of instead of a table. It is read in one part unless a column of it is
    /// named to cut it by; conditions, columns and types are those of the result. Its target must be named
    #[arg(long, env = "SPRINGALD_QUERY", value_name = "SELECT", requires = "into", help_heading = "Source")]
    pub query: Option<SourceQuery>,
    /// Columns to copy, separated by commas, by their names in MySQL; default: all
    #[arg(long, env = "SPRINGALD_COLUMNS", value_name = "a,b,c", value_delimiter = ',', help_heading = "Source")]
    pub columns: Vec<String>,
    /// Type to read a column as instead of its own: string (the text that MySQL shows), or int for a TINYINT(1) or BIT;
    /// several separated by commas, or given one by one
    #[arg(
        long = "type",
        env = "SPRINGALD_TYPE",
        value_name = "COLUMN=TYPE",
        value_delimiter = ',',
        help_heading = "Values"
    )]
    pub types: Vec<TypedColumn>,
    /// Condition on the rows to copy, in MySQL's SQL, e.g. "Year >= 2020"
    #[arg(long, env = "SPRINGALD_WHERE", value_name = "SQL", help_heading = "Source")]
    pub r#where: Option<String>,
    /// Indexed column to cut the table by; default: the primary key, and of a view or query none: it is not cut
    #[arg(long, env = "SPRINGALD_SPLIT_COLUMN", value_name = "C", help_heading = "Source")]
    pub split_column: Option<String>,
    /// Parts to read at the same time or one after the other, of about the same number of rows each; default: four for
    /// each task slot of the cluster and at least 16, but of a table of 512 MiB or more no more than have 192 MiB each
    #[arg(long, env = "SPRINGALD_SPLITS", value_name = "N", help_heading = "Source")]
    pub splits: Option<NonZeroUsize>,
    /// How much of the server the run may take
    #[command(flatten)]
    pub load: LoadArgs,
    /// How the server is reached
    #[command(flatten)]
    pub tls: TlsArgs,
    /// How values are carried over
    #[command(flatten)]
    pub values: ValueArgs,
    /// Look at everything, change nothing: print the splits, each column's type, the user's rights and the target
    #[arg(long, env = "SPRINGALD_DRY_RUN", help_heading = "Run")]
    pub dry_run: bool,
    /// What is made sure of while the table is read
    #[arg(long, env = "SPRINGALD_CONSISTENCY", value_name = "MODE", default_value = "verify", help_heading = "Source")]
    pub consistency: Consistency,
    /// Longest time for which writers of the table may wait with --consistency snapshot, e.g. 30s
    #[arg(long, env = "SPRINGALD_LOCK_TIMEOUT", value_name = "TIME", default_value = "30s",
        value_parser = humantime::parse_duration, help_heading = "Source")]
    pub lock_timeout: Duration,
    /// Table to publish; its name keeps its case in paths and is folded to lower case in the catalog. Default: the
    /// name of the table that is copied; for a query it must be given
    #[arg(long, env = "SPRINGALD_INTO", value_name = "DB.TABLE", help_heading = "Target")]
    pub into: Option<TableName>,
    /// Where and how to publish
    #[command(flatten)]
    pub target: TargetArgs,
}

impl IngestArgs {
    /// Returns what is copied.
    ///
    /// # Errors
    /// When neither a table nor a query is given.
    pub fn origin(&self) -> anyhow::Result<Origin> {
        match (&self.from, &self.query) {
            (Some(table), None) => Ok(table.into()),
            (None, Some(query)) => Ok(query.clone().into()),
            (None, None) | (Some(_), Some(_)) => anyhow::bail!("give either --from or --query"),
        }
    }
}

/// A source as it was typed. It is looked at by the job only, since a refused option is printed, and somebody may have
/// typed a password into it.
#[derive(Clone)]
pub struct TypedSource(String);

impl TypedSource {
    /// Reads what was typed.
    ///
    /// # Errors
    /// When it is no source; the error holds no password.
    pub fn parse(&self) -> Result<SourceName, ParseSourceError> {
        self.0.parse()
    }
}

impl From<String> for TypedSource {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl fmt::Debug for TypedSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// What is made sure of while a table is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Consistency {
    /// Look before and after whether the table changed, and say so in commit.json and the report
    Verify,
    /// Read the table as of one moment; writers wait until every session has begun. Needs the LOCK TABLES privilege
    Snapshot,
    /// Nothing
    None,
}

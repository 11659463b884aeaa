//! What was typed.

use std::num::NonZeroUsize;
use std::time::Duration;

use clap::{Args, Subcommand};
use springald_catalog::TableName;
use springald_snapshot::{PlaceArgs, RunId};

/// List a table's snapshots, go back to an earlier one, or remove those that nobody needs
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  springald snapshots list crime_data.crimes_2001_to_present --warehouse s3://lake/raw
  springald snapshots rollback crime_data.crimes_2001_to_present --warehouse s3://lake/raw \\
    --run 20261123T063000Z-0a1b2c

Each prints one line of JSON. Exit code: 1 when nothing was changed, the message says why.")]
pub struct SnapshotsArgs {
    /// What is done
    #[command(subcommand)]
    pub verb: Verb,
}

/// What is done with a table's snapshots.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Print each run with its day, rows and size, and whether it is live or a day's snapshot in the history
    List(TableArgs),
    /// Print all that is recorded of one run
    Show {
        /// The table
        #[command(flatten)]
        table: TableArgs,
        /// The run, e.g. 20261123T063000Z-0a1b2c
        #[arg(long, env = "SPRINGALD_RUN", value_name = "RUN")]
        run: RunId,
    },
    /// Make an earlier run the live one, until the next ordinary run moves on from there
    Rollback {
        /// The table
        #[command(flatten)]
        table: TableArgs,
        /// The run to go back to, e.g. 20261123T063000Z-0a1b2c
        #[arg(long, env = "SPRINGALD_RUN", value_name = "RUN")]
        run: RunId,
    },
    /// Remove runs that nobody needs: never the live one, the two before it, one younger than a day, one still at work,
    /// or one that the history or another table of the catalog points at. On S3, what killed writers have left of uploads
    /// goes too
    Expire {
        /// The table
        #[command(flatten)]
        table: TableArgs,
        /// How old a run has to be, e.g. 30d
        #[arg(long, env = "SPRINGALD_KEEP", value_name = "TIME", default_value = "30d",
            value_parser = humantime::parse_duration)]
        keep: Duration,
        /// Remove younger ones too, beyond the last N that were published
        #[arg(long, env = "SPRINGALD_KEEP_LAST", value_name = "N")]
        keep_last: Option<NonZeroUsize>,
        /// Print what would be removed, and remove nothing
        #[arg(long, env = "SPRINGALD_DRY_RUN")]
        dry_run: bool,
    },
}

/// A table and where it is.
#[derive(Debug, Args)]
pub struct TableArgs {
    /// Table, by its name in the catalog or as it was published
    #[arg(value_name = "DB.TABLE")]
    pub table: TableName,
    /// Its warehouse and catalog
    #[command(flatten)]
    pub place: PlaceArgs,
}

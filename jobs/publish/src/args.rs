//! What was typed about the target: the same options for every job that publishes.

use std::path::PathBuf;

use clap::Args;
use springald_cluster::{ByteSize, ClusterAddress, ParseSizeError};
use springald_snapshot::{PlaceArgs, RunId, SnapshotDate};

use crate::SchemaMode;

/// The most that a file may have: S3 takes 10,000 parts of one, and they are small because writers hold them in memory.
const MOST_FILE_BYTES: u64 = 32 << 30;

/// Options of every job that publishes a snapshot.
#[derive(Debug, Clone, Args)]
pub struct TargetArgs {
    /// Warehouse and catalog
    #[command(flatten)]
    pub place: PlaceArgs,
    /// What becomes of columns that are not as in the table's last snapshot; looked at before anything is written
    #[arg(long, env = "SPRINGALD_SCHEMA", value_name = "MODE", default_value = "evolve", help_heading = "Target")]
    pub schema: SchemaMode,
    /// Count each column's different values, and give Glue the statistics by which Athena and Redshift plan their queries.
    /// Without it those of an earlier snapshot are removed
    #[arg(long, env = "SPRINGALD_COLUMN_STATISTICS", help_heading = "Target")]
    pub column_statistics: bool,
    /// Create the catalog's database where Glue does not have it
    #[arg(long, env = "SPRINGALD_CREATE_DATABASE", help_heading = "Target")]
    pub create_database: bool,
    /// Bytes at which a split goes on in another file, e.g. `128MiB`; Athena and Spark read files of 128 to 512 MiB best
    #[arg(long, env = "SPRINGALD_FILE_SIZE", value_name = "SIZE", default_value = "256MiB", help_heading = "Target", value_parser = file_size)]
    pub file_size: ByteSize,
    /// KMS key that encrypts what is written to S3, by id or ARN; executors need it too. Default: as the bucket does
    #[arg(long, env = "SPRINGALD_SSE_KMS_KEY", value_name = "KEY", help_heading = "Target")]
    pub sse_kms_key: Option<String>,
    /// Day the snapshot stands for; default: today in UTC
    #[arg(long, env = "SPRINGALD_DATE", value_name = "YYYY-MM-DD", help_heading = "Target")]
    pub date: Option<SnapshotDate>,
    /// Run to go on with, whose job has died: what it had written is kept, and the rest is read as it had been planned. Give the
    /// options that it was started with; its name is in its log, and in the warehouse below _runs/
    #[arg(long, env = "SPRINGALD_RESUME", value_name = "RUN", help_heading = "Run")]
    pub resume: Option<RunId>,
    /// Cluster to run on; default: one in this process
    #[arg(long, env = "SPRINGALD_CLUSTER", value_name = "df://HOST:PORT", help_heading = "Run")]
    pub cluster: Option<ClusterAddress>,
    /// The cluster's certificates, made by `springald tls init`; needed where --cluster has them
    #[arg(long, env = "SPRINGALD_TLS_BUNDLE", value_name = "FILE", help_heading = "Run")]
    pub tls_bundle: Option<PathBuf>,
    /// File to write the run's report to, as JSON
    #[arg(long, env = "SPRINGALD_REPORT", value_name = "FILE", help_heading = "Run")]
    pub report: Option<PathBuf>,
}

fn file_size(text: &str) -> Result<ByteSize, String> {
    let size: ByteSize = text.parse().map_err(|error: ParseSizeError| error.to_string())?;
    if size.bytes() > MOST_FILE_BYTES {
        return Err("a file may have 32GiB at most, for S3 takes one in no more than 10,000 parts".to_owned());
    }
    Ok(size)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_no_larger_than_s3_takes_it() {
        assert_eq!(file_size("32GiB").map(ByteSize::bytes), Ok(MOST_FILE_BYTES));
        assert!(file_size("33GiB").unwrap_err().contains("32GiB at most"));
        assert!(file_size("much").unwrap_err().contains("is not a size"));
    }
}

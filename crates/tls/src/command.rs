//! `springald tls`: what there is to do about a cluster's certificates.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::Bundle;
use crate::init::{InitArgs, init};

/// Make or check the certificates with which the processes of a cluster know each other
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  springald tls init --out springald-tls.pem

Exit code: 1 when the file cannot be made, or the one that is there cannot be used.")]
pub struct TlsArgs {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Make a cluster's authority and its certificate, in one file that every process of the cluster is given
    #[command(after_help = "\
Example:
  springald tls init --out springald-tls.pem --days 90

The authority's own key is forgotten once it has signed: to renew a certificate, make a new file.
Exit code: 1 when the file is there already or cannot be written.")]
    Init(InitArgs),
    /// Check that a file holds certificates which can be used now
    #[command(after_help = "\
Example:
  springald tls check --tls-bundle /etc/springald/tls-bundle.pem

Exit code: 1 when they cannot; the message says why.")]
    Check(CheckArgs),
}

#[derive(Debug, Args)]
struct CheckArgs {
    /// File to check, as scheduler, executors and jobs are given it
    #[arg(long, env = "SPRINGALD_TLS_BUNDLE", value_name = "FILE")]
    tls_bundle: PathBuf,
}

/// Runs the command; returns what it has to say.
///
/// # Errors
/// When the file cannot be made, or the one that is there cannot be used.
pub fn run(args: TlsArgs) -> anyhow::Result<String> {
    match args.verb {
        Verb::Init(args) => init(args),
        Verb::Check(CheckArgs { tls_bundle }) => {
            let name = Bundle::read(&tls_bundle)?.name();
            Ok(format!("{}: the certificate of cluster {name} is valid", tls_bundle.display()))
        }
    }
}

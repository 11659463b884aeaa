//! `generate-crimes`: writes a CSV file of the character of Chicago's "Crimes - 2001 to Present".

use anyhow::Context;
use clap::Parser;
use springald_demo::{Crimes, write_csv};
use std::fs::File;
use std::io;
use std::path::PathBuf;

/// Writes a CSV file of the character of the City of Chicago's "Crimes - 2001 to Present", of any size
///
/// Equal seeds and numbers of rows give equal files. The rows are not sorted by id.
#[derive(Debug, Parser)]
#[command(after_help = "Example: generate-crimes --rows 200000 --out crimes.csv")]
struct Args {
    /// How many rows to write, e.g. `200000`
    #[arg(long)]
    rows: u64,

    /// The number that all random choices follow from, e.g. `7`
    #[arg(long, default_value_t = 2001)]
    seed: u64,

    /// The file to write, e.g. `crimes.csv`; absent: standard output
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

fn main() -> anyhow::Result<()> {
    let Args { rows, seed, out } = Args::parse();
    match out {
        None => write_csv(Crimes::new(rows, seed), io::stdout().lock()).context("write to standard output"),
        Some(path) => {
            let file = File::create(&path).with_context(|| format!("create `{}`", path.display()))?;
            write_csv(Crimes::new(rows, seed), file).with_context(|| format!("write `{}`", path.display()))
        }
    }
}

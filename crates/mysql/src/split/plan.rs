//! Plans the splits of a read.

use super::Split;
use super::choose::{Choice, choose};
use super::estimate::estimate;
use super::key::{KeyRange, SplitKey, ranges};
use super::probe::Probe;
use super::walk::{Cuts, walk};
use crate::error::SourceError;
use crate::schema::TableSchema;
use crate::spec::ReadSpec;
use mysql_async::Conn;
use std::num::NonZeroUsize;

/// Up to this many rows the index is walked, which is exact and takes a few hundredths of a second.
const WALKED_ROWS: u64 = 100_000;

/// From this many rows on it is noticed when each split of a view or query computes all of it.
const NOTICED_ROWS: u64 = 10_000;

/// The splits of a read, and what they are ranges of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SplitPlan {
    /// The splits, numbered from 0 without a gap, in ascending order of their ranges. Never empty.
    pub splits: Vec<Split>,
    /// What the ranges are ranges of: goes into the [`ReadSpec`]. Nothing for a table without a usable key.
    pub key: Option<SplitKey>,
    /// What the user should know, in whole sentences.
    pub warnings: Vec<String>,
}

/// Cuts what `spec` reads into about `requested` splits with about the same number of rows each.
///
/// There are fewer splits where there are fewer rows or keys, and one for an empty table. Every row is in
/// exactly one of them. `split_column` names the column to split by; by default it is the primary key, or else
/// a unique index. May be repeated; only reads.
///
/// # Errors
/// If `split_column` does not exist or cannot be split by, or a statement fails.
pub async fn plan_splits(
    conn: &mut Conn,
    schema: &TableSchema,
    spec: &ReadSpec,
    requested: NonZeroUsize,
    split_column: Option<&str>,
) -> Result<SplitPlan, SourceError> {
    match choose(schema, split_column)? {
        Choice::Key(key) => {
            let mut probe = Probe { conn, spec, key: &key };
            let splits = splits(cuts(&mut probe, requested).await?);
            let warnings = unserved(&mut probe, &splits).await?.into_iter().collect();
            Ok(SplitPlan { splits, key: Some(key), warnings })
        }
        Choice::Whole(warning) => {
            let key = SplitKey { index: None, columns: Vec::new() };
            let rows = Probe { conn, spec, key: &key }.whole().await.unwrap_or(0);
            Ok(SplitPlan { splits: splits(Cuts::none(rows)), key: None, warnings: vec![warning] })
        }
    }
}

/// Says that the parts of a view or query are not found by an index, if so: then each split computes all of it.
async fn unserved(probe: &mut Probe<'_>, splits: &[Split]) -> Result<Option<String>, SourceError> {
    let (None, [_, .., last]) = (&probe.key.index, splits) else { return Ok(None) };
    let (part, whole) = (probe.estimate(&last.range).await?, probe.whole().await);
    let computes_all = part.zip(whole).is_some_and(|(part, whole)| part >= whole && whole >= NOTICED_ROWS);
    let column = probe.key.columns.first().filter(|_| computes_all);
    Ok(column.map(|column| {
        format!(
            "each of the {} splits computes all of {}, for no index serves `{}`: name another column with \
             `--split-column`, or ask for fewer `--splits`",
            splits.len(),
            probe.spec.origin,
            column.name
        )
    }))
}

async fn cuts(probe: &mut Probe<'_>, requested: NonZeroUsize) -> Result<Cuts, SourceError> {
    let parts = u64::try_from(requested.get()).unwrap_or(u64::MAX);
    let rows = probe.whole().await;
    match rows {
        Some(rows) if parts == 1 => Ok(Cuts::none(rows)),
        Some(rows) if rows > WALKED_ROWS => match estimate(probe, parts, rows).await? {
            Some(cuts) => Ok(cuts),
            None => walk(probe, parts).await,
        },
        Some(_) | None => walk(probe, parts).await,
    }
}

fn splits(cuts: Cuts) -> Vec<Split> {
    let ranges: Vec<KeyRange> = ranges(cuts.boundaries);
    let numbered = (0..).zip(ranges).zip(cuts.rows);
    numbered.map(|((number, range), estimated_rows)| Split { number, range, estimated_rows }).collect()
}

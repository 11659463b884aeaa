//! Plans the splits of a read.

use super::Split;
use super::choose::{Choice, choose};
use super::confirm::confirm;
use super::estimate::estimate;
use super::gather::gather;
use super::key::{KeyRange, SplitKey, ranges};
use super::probe::{ACTION, Probe};
use super::walk::{Cuts, walk};
use crate::error::SourceError;
use crate::schema::TableSchema;
use crate::spec::ReadSpec;
use mysql_async::Conn;
use mysql_async::prelude::Queryable;
use std::num::NonZeroUsize;

/// Up to this many rows all keys are looked at, which is exact and takes a few hundredths of a second.
const EXACT_ROWS: u64 = 100_000;

/// Of how many rows one is to be read for the condition's own index to be the way to them.
const FEW: u64 = 16;

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
    require_condition(conn, spec).await?;
    match choose(schema, split_column, spec.filter.as_deref())? {
        Choice::Key(key) => {
            let mut probe = Probe { conn, spec, key: &key };
            let (cuts, way) = cuts(&mut probe, requested).await?;
            let splits = splits(confirm(&mut probe, cuts).await?);
            let mut warnings: Vec<String> = unserved(&mut probe, &splits).await?.into_iter().collect();
            if warnings.is_empty() {
                warnings.extend(way.warning(spec));
            }
            Ok(SplitPlan { splits, key: Some(key), warnings })
        }
        Choice::Whole(warning) => {
            let key = SplitKey { index: None, columns: Vec::new() };
            let rows = Probe { conn, spec, key: &key }.whole().await?.unwrap_or(0);
            Ok(SplitPlan { splits: splits(Cuts::none(rows)), key: None, warnings: vec![warning] })
        }
    }
}

/// Lets the server say whether the user's condition is one. A piece of SQL that is one in parentheses alone could close them,
/// and would then be tied to a split's range in another way than it is meant.
async fn require_condition(conn: &mut Conn, spec: &ReadSpec) -> Result<(), SourceError> {
    let Some(condition) = &spec.filter else { return Ok(()) };
    let failed = |cause| SourceError::from_query(ACTION, &spec.origin, cause);
    let bare = conn.prep(format!("SELECT 1 FROM {} WHERE {condition}", spec.origin.sql())).await.map_err(failed)?;
    conn.close(bare).await.map_err(failed)
}

/// Says that the parts of a view or query are not found by an index, if so: then each split computes all of it.
async fn unserved(probe: &mut Probe<'_>, splits: &[Split]) -> Result<Option<String>, SourceError> {
    let (None, [_, .., last]) = (&probe.key.index, splits) else { return Ok(None) };
    let (part, whole) = (probe.estimate(&last.range).await?, probe.whole().await?);
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

/// How boundaries are found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// There are none: all rows, about so many, are one range.
    One { rows: u64 },
    /// By steps along the index, over so many rows if that is known.
    Walk { rows: Option<u64> },
    /// From the keys of all rows, of which there are so many if that is known.
    Gather { rows: Option<u64> },
    /// By the optimizer's estimates for `whole` rows, of which `wanted` meet the condition.
    Estimate { whole: u64, wanted: u64 },
}

/// What the optimizer says of all rows.
#[derive(Debug, Clone, Copy)]
struct Outlook {
    /// How many the best of all indexes leaves over.
    wanted: Option<u64>,
    /// How many the key's own index leaves over.
    along_key: Option<u64>,
    /// Whether the key has an index.
    is_indexed: bool,
}

impl Way {
    fn of(outlook: Outlook, parts: u64) -> Self {
        let Outlook { wanted, along_key, is_indexed } = outlook;
        match (wanted, along_key) {
            (wanted, _) if parts == 1 => Self::One { rows: wanted.unwrap_or(0) },
            (None, _) | (_, None) if is_indexed => Self::Walk { rows: None },
            (None, _) | (_, None) => Self::Gather { rows: None },
            (Some(_), Some(whole)) if is_indexed && whole <= EXACT_ROWS => Self::Walk { rows: Some(whole) },
            (Some(wanted), Some(whole)) => {
                // Along the key's index each of a few rows that another index finds would be searched for.
                let is_found_elsewhere = !is_indexed || wanted <= whole / FEW;
                if is_found_elsewhere && wanted <= EXACT_ROWS {
                    Self::Gather { rows: Some(wanted) }
                } else {
                    Self::Estimate { whole, wanted }
                }
            }
        }
    }

    /// Returns the exact way to what this one has not found.
    fn without_estimates(self, is_indexed: bool) -> Self {
        match self {
            Self::Estimate { whole, .. } if is_indexed => Self::Walk { rows: Some(whole) },
            Self::Estimate { wanted, .. } => Self::Gather { rows: Some(wanted) },
            Self::One { .. } | Self::Walk { .. } | Self::Gather { .. } => self,
        }
    }

    /// Says that the boundaries have cost much, if so.
    fn warning(self, spec: &ReadSpec) -> Option<String> {
        let (rows, read) = match self {
            Self::One { .. } | Self::Estimate { .. } => return None,
            Self::Walk { rows } => (rows, "its index was read from end to end"),
            Self::Gather { rows } => (rows, "the keys of all of its rows were read"),
        };
        let reason = match rows {
            None => "the server does not let the user explain it (for a view that takes the right SHOW VIEW)",
            Some(rows) if rows > EXACT_ROWS => "the server has no estimates for its keys",
            Some(_) => return None,
        };
        Some(format!("to find the splits of {} {read}, for {reason}; --splits 1 needs none", spec.origin))
    }
}

async fn cuts(probe: &mut Probe<'_>, requested: NonZeroUsize) -> Result<(Cuts, Way), SourceError> {
    let parts = u64::try_from(requested.get()).unwrap_or(u64::MAX);
    let way = Way::of(outlook(probe).await?, parts);
    if let Way::Estimate { whole, wanted } = way
        && let Some(cuts) = estimate(probe, parts, whole, wanted).await?
    {
        return Ok((cuts, way));
    }
    let way = way.without_estimates(probe.key.index.is_some());
    let cuts = match way {
        Way::One { rows } => Cuts::none(rows),
        Way::Walk { .. } | Way::Estimate { .. } => walk(probe, parts).await?,
        Way::Gather { .. } => gather(probe, parts).await?,
    };
    Ok((cuts, way))
}

async fn outlook(probe: &mut Probe<'_>) -> Result<Outlook, SourceError> {
    let wanted = probe.whole().await?;
    let is_indexed = probe.key.index.is_some();
    // Without a condition there is no other index to choose.
    let has_condition = probe.spec.filter.is_some() || !probe.spec.pushed.is_empty();
    let along_key = if is_indexed && has_condition { probe.estimate(&KeyRange::ALL).await? } else { wanted };
    Ok(Outlook { wanted, along_key, is_indexed })
}

fn splits(cuts: Cuts) -> Vec<Split> {
    let ranges: Vec<KeyRange> = ranges(cuts.boundaries);
    let numbered = (0..).zip(ranges).zip(cuts.rows);
    numbered.map(|((number, range), estimated_rows)| Split { number, range, estimated_rows }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn way(wanted: Option<u64>, along_key: Option<u64>, is_indexed: bool, parts: u64) -> Way {
        Way::of(Outlook { wanted, along_key, is_indexed }, parts)
    }

    #[test]
    fn few_rows_are_looked_at_and_many_are_estimated() {
        let all = |rows| (Some(rows), Some(rows));
        let of = |(wanted, along_key), is_indexed| way(wanted, along_key, is_indexed, 8);
        assert_eq!(of(all(100_000), true), Way::Walk { rows: Some(100_000) });
        assert_eq!(of(all(100_000), false), Way::Gather { rows: Some(100_000) });
        assert_eq!(of(all(100_001), true), Way::Estimate { whole: 100_001, wanted: 100_001 });
        assert_eq!(of(all(100_001), false), Way::Estimate { whole: 100_001, wanted: 100_001 });
        assert_eq!(way(Some(5_000_000), Some(5_000_000), true, 1), Way::One { rows: 5_000_000 });
    }

    #[test]
    fn rows_that_another_index_finds_are_not_searched_for_along_the_key() {
        assert_eq!(way(Some(5_000), Some(300_000), true, 8), Way::Gather { rows: Some(5_000) });
        assert_eq!(way(Some(90_000), Some(300_000), true, 8), Way::Estimate { whole: 300_000, wanted: 90_000 });
        assert_eq!(way(Some(5_000), Some(90_000), true, 8), Way::Walk { rows: Some(90_000) });
    }

    #[test]
    fn what_is_not_explained_is_read() {
        assert_eq!(way(None, None, true, 8), Way::Walk { rows: None });
        assert_eq!(way(None, None, false, 8), Way::Gather { rows: None });
        assert_eq!(way(None, None, false, 1), Way::One { rows: 0 });
        let estimate = Way::Estimate { whole: 500_000, wanted: 200_000 };
        assert_eq!(estimate.without_estimates(true), Way::Walk { rows: Some(500_000) });
        assert_eq!(estimate.without_estimates(false), Way::Gather { rows: Some(200_000) });
    }
}

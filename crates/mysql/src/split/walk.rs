//! Exact boundaries: steps along the index and notes the key after every n-th row.
//!
//! Reads the whole index once, so it is for tables of a modest size and for keys that nothing cheaper serves.

use super::key::Key;
use super::probe::{Found, Probe};
use crate::error::SourceError;

/// Boundaries, and how many rows lie before the first, between them, and after the last.
pub(super) struct Cuts {
    pub(super) boundaries: Vec<Key>,
    pub(super) rows: Vec<u64>,
}

impl Cuts {
    /// No boundary: all `rows` in one range.
    pub(super) fn none(rows: u64) -> Self {
        Self { boundaries: Vec::new(), rows: vec![rows] }
    }
}

/// Cuts the rows into at most `parts` ranges of equal size, up to rows that share a key. Every range of a
/// unique key holds a row.
pub(super) async fn walk(probe: &mut Probe<'_>, parts: u64) -> Result<Cuts, SourceError> {
    let total = probe.count().await?;
    let mut boundaries: Vec<Key> = Vec::new();
    let mut rows = Vec::new();
    let mut position = 0;
    for target in targets(total, parts) {
        let here = boundaries.last();
        let found = match probe.at(here, target - position).await? {
            // More rows share this key than a range should have: they cannot be parted.
            Found::Same => probe.next(here).await?,
            // The rows without a key fill a range of their own.
            Found::Null => probe.next(None).await?,
            found @ (Found::Nothing | Found::Key(_)) => found,
        };
        let Found::Key(key) = found else { break };
        boundaries.push(key);
        rows.push(target - position);
        position = target;
    }
    rows.push(total - position);
    Ok(Cuts { boundaries, rows })
}

/// Returns the positions that cut `total` rows into `parts`, or into single rows if there are fewer.
pub(super) fn targets(total: u64, parts: u64) -> impl Iterator<Item = u64> {
    let parts = parts.min(total).max(1);
    (1..parts).filter_map(move |part| {
        let position = u128::from(total) * u128::from(part) / u128::from(parts);
        u64::try_from(position).ok()
    })
}

#[cfg(test)]
mod tests {
    use super::targets;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn parts_differ_by_one_row_at_most(total in 0..u64::MAX, parts in 1..300u64) {
            let mut positions: Vec<u64> = std::iter::once(0).chain(targets(total, parts)).collect();
            positions.push(total);
            let sizes: Vec<u64> = positions.windows(2).map(|pair| pair[1] - pair[0]).collect();
            prop_assert_eq!(sizes.len() as u64, parts.min(total).max(1));
            let (least, most) = (sizes.iter().min().unwrap(), sizes.iter().max().unwrap());
            prop_assert!(most - least <= 1);
        }
    }
}

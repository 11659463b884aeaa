//! Exact boundaries of what no index puts in order: takes the keys of all rows, sorted by the server, in one statement.
//!
//! For views, queries and rows that a condition's own index finds, of which each step along the key would read all.

use super::key::Key;
use super::probe::Probe;
use super::walk::{Cuts, targets};
use crate::error::SourceError;

/// How many keys are kept at the same time. With more of them they lie further apart.
const KEPT_KEYS: usize = 1 << 16;

/// Cuts the rows into at most `parts` ranges of about equal size, up to rows that share a key.
pub(super) async fn gather(probe: &mut Probe<'_>, parts: u64) -> Result<Cuts, SourceError> {
    let mut gathered = Gathered::new(KEPT_KEYS);
    probe.stream(|key| gathered.add(key)).await?;
    Ok(gathered.cuts(parts))
}

/// Keys in ascending order, each with how many rows come before it.
struct Gathered {
    kept: Vec<(u64, Key)>,
    most: usize,
    /// How many rows lie between two kept keys at least.
    distance: u64,
    last: Option<Key>,
    rows: u64,
}

impl Gathered {
    fn new(most: usize) -> Self {
        Self { kept: Vec::new(), most, distance: 1, last: None, rows: 0 }
    }

    /// Takes the next row's key; rows without one come before all others.
    fn add(&mut self, key: Option<Key>) {
        let before = self.rows;
        self.rows += 1;
        let Some(key) = key.filter(|key| self.last.as_ref() != Some(key)) else { return };
        let reached = self.kept.last().map_or(0, |(position, _)| position + self.distance);
        if before >= reached {
            self.kept.push((before, key.clone()));
        }
        self.last = Some(key);
        if self.kept.len() > self.most {
            let mut number = 0;
            self.kept.retain(|_| {
                number += 1;
                number % 2 == 1
            });
            self.distance *= 2;
        }
    }

    /// Returns boundaries at the first kept key after each target.
    fn cuts(self, parts: u64) -> Cuts {
        let mut cuts = Cuts { boundaries: Vec::new(), rows: Vec::new() };
        let mut position = 0;
        let mut kept = self.kept.into_iter().peekable();
        for target in targets(self.rows, parts) {
            while kept.next_if(|(before, _)| *before < target).is_some() {}
            let Some((before, key)) = kept.next_if(|(before, _)| *before > position) else { continue };
            cuts.boundaries.push(key);
            cuts.rows.push(before - position);
            position = before;
        }
        cuts.rows.push(self.rows - position);
        cuts
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::split::KeyValue;
    use proptest::collection::vec;
    use proptest::prelude::*;

    fn cuts(keys: impl IntoIterator<Item = Option<i128>>, most: usize, parts: u64) -> (Vec<i128>, Vec<u64>) {
        let mut gathered = Gathered::new(most);
        keys.into_iter().for_each(|key| gathered.add(key.map(|key| Key(vec![KeyValue::Int(key)]))));
        let cuts = gathered.cuts(parts);
        let number = |key: &Key| if let KeyValue::Int(number) = key.0[0] { number } else { i128::MIN };
        (cuts.boundaries.iter().map(number).collect(), cuts.rows)
    }

    proptest! {
        #[test]
        fn each_range_has_the_rows_it_says(mut keys in vec(proptest::option::of(0..60i128), 0..300), parts in 1..20u64, most in 2..400usize) {
            keys.sort_unstable();
            let (boundaries, rows) = cuts(keys.clone(), most, parts);
            prop_assert!(boundaries.windows(2).all(|pair| pair[0] < pair[1]));
            prop_assert!(rows.len() <= usize::try_from(parts).unwrap());
            let ends = boundaries.iter().copied().map(Some).chain([None]);
            let mut start = None;
            for (end, rows) in ends.zip(rows) {
                let within = |key: &&Option<i128>| {
                    let from = start.is_none_or(|start| key.is_some_and(|key| key >= start));
                    from && end.is_none_or(|end| key.is_none_or(|key| key < end))
                };
                prop_assert_eq!(keys.iter().filter(within).count() as u64, rows);
                start = end;
            }
        }
    }

    #[test]
    fn keys_of_one_row_each_are_cut_evenly() {
        assert_eq!(cuts((0..8).map(Some), 100, 4), (vec![2, 4, 6], vec![2, 2, 2, 2]));
        assert_eq!(cuts((0..3).map(Some), 100, 10), (vec![1, 2], vec![1, 1, 1]));
        assert_eq!(cuts([], 100, 4), (vec![], vec![0]));
    }

    #[test]
    fn many_keys_are_kept_further_apart() {
        let (boundaries, rows) = cuts((0..10_000).map(Some), 100, 4);
        assert_eq!(boundaries.len(), 3);
        assert!(rows.iter().all(|rows| (2400..2600).contains(rows)), "{rows:?}");
    }
}

//! Cheap boundaries: halves the key space until the optimizer's estimates say how the rows lie in it.
//!
//! ```text
//! keys    20,000 ······························ 8.4M ▒▒▒▒▒▒▒▒▒▒ 11.6M
//! buckets |        3,900       |     12        |1,100|1,080|990|…
//! ```
//!
//! Each estimate is a look into the index that costs no read of rows. Estimates of large ranges are far off (the
//! server caps them at half the table), those of small ones are close, so every bucket is halved until it holds a
//! fraction of a split. For keys that lie on a line: integers, decimals and times.

use super::key::{Key, KeyRange, KeyValue};
use super::line::Line;
use super::probe::Probe;
use super::walk::Cuts;
use crate::error::SourceError;
use std::collections::BinaryHeap;

/// A stretch of the key line, from `low` on and below `high`. Ordered by its rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Bucket {
    rows: u64,
    low: i128,
    high: i128,
}

/// Cuts the rows into at most `parts` ranges of about equal size, or returns nothing if the key does not lie on a
/// line, the optimizer has no estimate, or one value of the first column has more rows than a range should have
/// while the key's other columns could part them.
pub(super) async fn estimate(probe: &mut Probe<'_>, parts: u64) -> Result<Option<Cuts>, SourceError> {
    let Some(line) = probe.key.columns.first().and_then(|column| Line::of(column.kind)) else {
        return Ok(None);
    };
    let Some((least, greatest)) = probe.ends().await? else { return Ok(None) };
    let Some((low, greatest)) = line.position(&least).zip(line.position(&greatest)) else { return Ok(None) };
    let Some(buckets) = Survey { probe, line, last: greatest }.buckets(low, parts).await? else {
        return Ok(None);
    };
    let total: u64 = buckets.iter().map(|bucket| bucket.rows).sum();
    let is_composite = probe.key.columns.len() > 1;
    let is_lump = |bucket: &Bucket| bucket.high - bucket.low == 1 && bucket.rows > total / parts;
    if is_composite && buckets.iter().any(is_lump) {
        return Ok(None);
    }
    Ok(Some(cuts(&buckets, parts, line)))
}

/// Looks along the key line.
struct Survey<'a, 'b> {
    probe: &'a mut Probe<'b>,
    line: Line,
    /// The position of the greatest key.
    last: i128,
}

impl Survey<'_, '_> {
    /// Returns buckets small enough to cut `parts` ranges from, in ascending order.
    async fn buckets(&mut self, low: i128, parts: u64) -> Result<Option<Vec<Bucket>>, SourceError> {
        let per_part = (1024 / parts).clamp(2, 8);
        let mut budget = 400 + 6 * parts * per_part;
        // Rows without a key come first, as if they had a key just below the least one.
        let Some(nulls) = self.bucket(low - 1, low, true).await? else { return Ok(None) };
        let Some(all) = self.bucket(low, self.last + 1, false).await? else { return Ok(None) };
        let mut heap = BinaryHeap::from([all]);
        let (mut done, mut total) = (vec![nulls], all.rows);
        while let Some(bucket) = heap.pop() {
            if bucket.rows <= total / (parts * per_part) {
                done.push(bucket);
                break;
            }
            if bucket.high - bucket.low == 1 {
                done.push(bucket);
                continue;
            }
            if budget == 0 {
                return Ok(None);
            }
            budget -= 1;
            let middle = bucket.low + (bucket.high - bucket.low) / 2;
            let (left, right) = (self.bucket(bucket.low, middle, false).await?, self.bucket(middle, bucket.high, false).await?);
            let Some((left, right)) = left.zip(right) else { return Ok(None) };
            total = total - bucket.rows + left.rows + right.rows;
            heap.extend([left, right]);
        }
        done.extend(heap);
        done.sort_by_key(|bucket| bucket.low);
        Ok(Some(done))
    }

    async fn bucket(&mut self, low: i128, high: i128, nulls: bool) -> Result<Option<Bucket>, SourceError> {
        if nulls && !self.probe.key.columns.iter().any(|column| column.nullable) {
            return Ok(Some(Bucket { rows: 0, low, high }));
        }
        let key = |position| Key(vec![self.line.value(position)]);
        // The open end spares a key beyond what the column can hold.
        let start = (!nulls).then(|| key(low));
        let end = (high <= self.last).then(|| key(high));
        let rows = self.probe.estimate(&KeyRange { start, end }).await?;
        Ok(rows.map(|rows| Bucket { rows, low, high }))
    }
}

/// Cuts the buckets into at most `parts` ranges, taking the rows of a bucket to lie evenly in it.
fn cuts(buckets: &[Bucket], parts: u64, line: Line) -> Cuts {
    let total: u64 = buckets.iter().map(|bucket| bucket.rows).sum();
    let mut boundaries: Vec<i128> = Vec::new();
    let mut rows = Vec::new();
    let (mut position, mut before) = (0, 0);
    let mut targets = (1..parts).map(|part| share(total, part, parts)).peekable();
    for bucket in buckets {
        let after = before + bucket.rows;
        while let Some(target) = targets.next_if(|target| *target <= after) {
            let width = (bucket.high - bucket.low).unsigned_abs();
            let part = width.saturating_mul(u128::from(target - before)) / u128::from(bucket.rows.max(1));
            let cut = bucket.low.saturating_add_unsigned(part.min(width));
            if boundaries.last().is_none_or(|last| *last < cut) {
                boundaries.push(cut);
                rows.push(target - position);
                position = target;
            }
        }
        before = after;
    }
    rows.push(total - position);
    Cuts { boundaries: boundaries.into_iter().map(|cut| key(line.value(cut))).collect(), rows }
}

fn key(value: KeyValue) -> Key {
    Key(vec![value])
}

/// Returns `part / parts` of `total`, rounded down.
fn share(total: u64, part: u64, parts: u64) -> u64 {
    let share = u128::from(total) * u128::from(part) / u128::from(parts.max(1));
    u64::try_from(share).unwrap_or(total)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::ColumnKind;
    use proptest::collection::vec;
    use proptest::prelude::*;

    const INT: ColumnKind = ColumnKind::BigInt { unsigned: false };

    fn cut_at(cuts: &Cuts) -> Vec<i128> {
        let number = |key: &Key| if let KeyValue::Int(number) = key.0[0] { number } else { i128::MIN };
        cuts.boundaries.iter().map(number).collect()
    }

    proptest! {
        #[test]
        fn cuts_ascend_and_account_for_every_row(sizes in vec((0..1000u64, 1..50i128), 1..40), parts in 1..40u64) {
            let mut low = 0;
            let bucket = |(rows, width): (u64, i128)| {
                let bucket = Bucket { rows, low, high: low + width };
                low += width;
                bucket
            };
            let buckets: Vec<Bucket> = sizes.into_iter().map(bucket).collect();
            let total: u64 = buckets.iter().map(|bucket| bucket.rows).sum();
            let cuts = cuts(&buckets, parts, Line::of(INT).unwrap());
            let at = cut_at(&cuts);
            prop_assert!(at.windows(2).all(|pair| pair[0] < pair[1]));
            prop_assert_eq!(cuts.rows.len(), at.len() + 1);
            prop_assert_eq!(cuts.rows.iter().sum::<u64>(), total);
            prop_assert!(at.len() < parts.try_into().unwrap());
        }
    }

    #[test]
    fn rows_that_lie_at_the_far_end_are_cut_there() {
        let buckets = [Bucket { rows: 10, low: 0, high: 1000 }, Bucket { rows: 990, low: 1000, high: 1099 }];
        assert_eq!(cut_at(&cuts(&buckets, 4, Line::of(INT).unwrap())), [1024, 1049, 1074]);
    }
}

//! Cheap boundaries: halves the range of keys until the optimizer's estimates say how the rows lie in it.
//!
//! ```text
//! keys    20,000 ······························ 8.4M ▒▒▒▒▒▒▒▒▒▒ 11.6M
//! buckets |        3,900       |     12        |1,100|1,080|990|…
//! ```
//!
//! Each estimate is a look into the index that reads no rows. Estimates of large ranges are far off (the server caps
//! them at half the table), and those of more than a few pages are about twice too high; but among ranges of similar
//! size they agree within some percent. So the largest bucket is halved until each holds a fraction of a split.

use super::axis::Axis;
use super::key::{Key, KeyRange, KeyValue};
use super::probe::Probe;
use super::walk::Cuts;
use crate::error::SourceError;

/// How often a halfway point of text is guessed before the next key is taken instead.
const GUESSES: usize = 16;

/// How many times fewer or more rows the ranges may add up to than the statistics of the table say. Beyond that the
/// server estimates ranges in some way that is of no use here, such as each of them as the whole.
const MOST_DOUBTED: u64 = 8;

/// A range of keys and how many rows it may have.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Bucket {
    rows: u64,
    range: KeyRange,
    /// What is being halved; nothing if the rows cannot be parted.
    span: Option<Span>,
    /// Whether the rows are likely to lie in a small part of the span: nearly all of what it was halved from are here.
    is_dense: bool,
}

/// The values of one key column in a bucket, where all columns before it have one value.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Span {
    prefix: Vec<KeyValue>,
    axis: Axis,
    low: KeyValue,
    high: KeyValue,
}

/// How many times more rows one half of a bucket has than the other if it is dense.
const DENSE: u64 = 8;

/// Cuts the rows into at most `parts` ranges of about equal size. `whole` is the estimate of all rows, `wanted` of those
/// that meet the condition. Returns nothing if the optimizer has no estimates of use for the key, or if halving does not
/// get anywhere.
pub(super) async fn estimate(
    probe: &mut Probe<'_>,
    parts: u64,
    whole: u64,
    wanted: u64,
) -> Result<Option<Cuts>, SourceError> {
    let mut survey = Survey { probe };
    let Some(buckets) = survey.buckets(parts).await? else { return Ok(None) };
    let total: u64 = buckets.iter().map(|bucket| bucket.rows).sum();
    // Of a table the statistics may be old; of a view or query the two come from the same estimates.
    let is_computed = survey.probe.key.index.is_none();
    if total < whole / MOST_DOUBTED || (is_computed && total / MOST_DOUBTED > whole) {
        return Ok(None);
    }
    let mut cuts = cuts(&buckets, parts);
    for rows in cuts.rows.iter_mut().filter(|_| total > wanted) {
        *rows = share(wanted, *rows, total);
    }
    Ok(Some(cuts))
}

/// Looks along the key.
struct Survey<'a, 'b> {
    probe: &'a mut Probe<'b>,
}

impl Survey<'_, '_> {
    /// Returns buckets small enough to cut `parts` ranges from, in ascending order.
    async fn buckets(&mut self, parts: u64) -> Result<Option<Vec<Bucket>>, SourceError> {
        let wanted = parts * (256 / parts).clamp(2, 8);
        let Some(mut buckets) = self.begin().await? else { return Ok(None) };
        for _ in 0..200 + 4 * wanted {
            let total: u64 = buckets.iter().map(|bucket| bucket.rows).sum();
            let divisible = buckets.iter().enumerate().filter(|(_, bucket)| bucket.span.is_some());
            let largest = divisible.max_by_key(|(_, bucket)| bucket.rows);
            let Some((index, bucket)) = largest.filter(|(_, bucket)| bucket.rows > total / wanted) else {
                return Ok(Some(buckets));
            };
            let bucket = bucket.clone();
            let Some(parted) = self.part(bucket).await? else { return Ok(None) };
            buckets.splice(index..=index, parted);
        }
        Ok(None)
    }

    /// Returns one bucket of all rows that have a key, and before it one of those that have none.
    async fn begin(&mut self) -> Result<Option<Vec<Bucket>>, SourceError> {
        let Some(span) = self.span(Vec::new()).await? else { return Ok(None) };
        let nullable = self.probe.key.columns.first().is_some_and(|column| column.nullable);
        let start = nullable.then(|| Key(vec![span.low.clone()]));
        let with_key = KeyRange { start: start.clone(), end: None };
        let Some(rows) = self.probe.estimate(&with_key).await? else { return Ok(None) };
        let mut buckets = vec![Bucket { rows, range: with_key, span: Some(span), is_dense: false }];
        if nullable {
            let range = KeyRange { start: None, end: start };
            let Some(rows) = self.probe.estimate(&range).await? else { return Ok(None) };
            buckets.insert(0, Bucket { rows, range, span: None, is_dense: false });
        }
        Ok(Some(buckets))
    }

    /// Halves a bucket: at a value of its column, or if there is but one, by the next column.
    async fn part(&mut self, mut bucket: Bucket) -> Result<Option<Vec<Bucket>>, SourceError> {
        let Some(span) = bucket.span.take() else { return Ok(Some(vec![bucket])) };
        let Some((middle, high)) = self.middle(&span, &bucket).await? else {
            let prefix = [span.prefix, vec![span.low]].concat();
            bucket.span = self.span(prefix).await?;
            bucket.is_dense = false;
            return Ok(Some(vec![bucket]));
        };
        let cut = Some(key(&span.prefix, &middle));
        let left = KeyRange { start: bucket.range.start, end: cut.clone() };
        let right = KeyRange { start: cut, end: bucket.range.end };
        let rows = (self.probe.estimate(&left).await?, self.probe.estimate(&right).await?);
        let (Some(left_rows), Some(right_rows)) = rows else { return Ok(None) };
        let left_span = Span { high: span.axis.before(&middle), ..span.clone() };
        let right_span = Span { low: middle, high, ..span };
        let is_dense = |rows: u64, others: u64| rows > others.saturating_mul(DENSE);
        Ok(Some(vec![
            Bucket { rows: left_rows, range: left, span: Some(left_span), is_dense: is_dense(left_rows, right_rows) },
            Bucket {
                rows: right_rows,
                range: right,
                span: Some(right_span),
                is_dense: is_dense(right_rows, left_rows),
            },
        ]))
    }

    /// Returns the values of the column after `prefix`; nothing if there is no such column or no row.
    async fn span(&mut self, prefix: Vec<KeyValue>) -> Result<Option<Span>, SourceError> {
        let Some(column) = self.probe.key.columns.get(prefix.len()) else { return Ok(None) };
        let Some(axis) = Axis::of(column.kind) else { return Ok(None) };
        let ends = self.probe.ends(&prefix).await?;
        Ok(ends.map(|(low, high)| Span { prefix, axis, low, high }))
    }

    /// Returns a value greater than the least of a bucket's span, about halfway to the greatest, and the greatest; nothing
    /// if there is none.
    async fn middle(&mut self, span: &Span, bucket: &Bucket) -> Result<Option<(KeyValue, KeyValue)>, SourceError> {
        if span.axis.is_guessed() {
            return self.guessed(span, &bucket.range).await;
        }
        // Looking where the rows begin and end costs an index two steps, and anything else all of its rows.
        if bucket.is_dense && self.probe.key.index.is_some() {
            return self.narrowed(span, &bucket.range).await;
        }
        let middle = span.axis.halfway(&span.low, &span.high);
        Ok(middle.map(|middle| (middle, span.high.clone())))
    }

    /// Where the order is only guessed, the value is that of a row which the server finds in the range, so the
    /// buckets are in the server's order however wrong the guess was.
    async fn guessed(&mut self, span: &Span, range: &KeyRange) -> Result<Option<(KeyValue, KeyValue)>, SourceError> {
        // The end of a range may lie far beyond its last row, so that is asked for first.
        let Some(last) = self.probe.last(&span.prefix, &span.low, range).await? else { return Ok(None) };
        let mut high = last.clone();
        for _ in 0..GUESSES {
            let Some(guess) = span.axis.halfway(&span.low, &high) else { break };
            let found = self.probe.next_from(&span.prefix, &span.low, Some(&guess), range).await?;
            if let Some(found) = found {
                return Ok(Some((found, last)));
            }
            // No row from the guess on: they all lie below it.
            high = guess;
        }
        let next = self.probe.next_from(&span.prefix, &span.low, None, range).await?;
        Ok(next.map(|next| (next, last)))
    }

    /// Looks where the rows begin beyond the least value, and where they end, and halves what lies between. So many rows
    /// of one value are found after a few steps, however fine the line is that it lies on.
    async fn narrowed(&mut self, span: &Span, range: &KeyRange) -> Result<Option<(KeyValue, KeyValue)>, SourceError> {
        let Some(last) = self.probe.last(&span.prefix, &span.low, range).await? else { return Ok(None) };
        let next = self.probe.next_from(&span.prefix, &span.low, None, range).await?;
        Ok(next.map(|next| (span.axis.halfway(&next, &last).unwrap_or(next), last)))
    }
}

/// Cuts the buckets into at most `parts` ranges. Inside a bucket of numbers the rows are taken to lie evenly; other
/// buckets are cut at their nearer end.
fn cuts(buckets: &[Bucket], parts: u64) -> Cuts {
    let total: u64 = buckets.iter().map(|bucket| bucket.rows).sum();
    let mut cuts = Cuts { boundaries: Vec::new(), rows: Vec::new() };
    let (mut position, mut before) = (0, 0);
    let mut targets = (1..parts).map(|part| share(total, part, parts)).peekable();
    for bucket in buckets {
        let after = before + bucket.rows;
        let mut reached = Place::Start;
        while let Some(target) = targets.next_if(|target| *target <= after) {
            let (place, Some(cut)) = bucket.cut(target - before) else { continue };
            // Keys are compared by MySQL alone, so that boundaries ascend is a matter of where they come from.
            if place < reached {
                continue;
            }
            reached = place;
            if cuts.boundaries.last() != Some(&cut) {
                cuts.boundaries.push(cut);
                cuts.rows.push(target - position);
                position = target;
            }
        }
        before = after;
    }
    cuts.rows.push(total - position);
    cuts
}

/// Where in a bucket a boundary lies, in ascending order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    Start,
    Inside,
    End,
}

impl Bucket {
    /// Returns the key after about `rows` rows, and where in the bucket it lies; no key if that is an end of the whole.
    /// Keys from inside ascend with `rows`.
    fn cut(&self, rows: u64) -> (Place, Option<Key>) {
        let along = |span: &Span| {
            let value = span.axis.along(&span.low, &span.high, rows, self.rows)?;
            Some(key(&span.prefix, &value))
        };
        if let Some(inside) = self.span.as_ref().and_then(along) {
            return (Place::Inside, Some(inside));
        }
        if rows < self.rows / 2 {
            return (Place::Start, self.range.start.clone());
        }
        (Place::End, self.range.end.clone())
    }
}

fn key(prefix: &[KeyValue], last: &KeyValue) -> Key {
    Key(prefix.iter().chain([last]).cloned().collect())
}

/// Returns `part / parts` of `total`, rounded down.
fn share(total: u64, part: u64, parts: u64) -> u64 {
    let share = u128::from(total) * u128::from(part) / u128::from(parts.max(1));
    u64::try_from(share).unwrap_or(total)
}

#[cfg(test)]
mod tests;

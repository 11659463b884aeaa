//! Tests of the cuts: they ascend, and account for every row.

use super::*;
use proptest::collection::vec;
use proptest::prelude::*;

/// Makes a bucket of numbers from `low` on and below `high`.
fn bucket(rows: u64, low: i128, high: i128) -> Bucket {
    let at = |number| Some(Key(vec![KeyValue::Int(number)]));
    let (first, last) = (KeyValue::Int(low), KeyValue::Int(high - 1));
    let span = Span { prefix: Vec::new(), axis: Axis::Int, low: first, high: last };
    Bucket { rows, range: KeyRange { start: at(low), end: at(high) }, span: Some(span), is_dense: false }
}

fn cut_at(cuts: &Cuts) -> Vec<i128> {
    let number = |key: &Key| if let KeyValue::Int(number) = key.0[0] { number } else { i128::MIN };
    cuts.boundaries.iter().map(number).collect()
}

proptest! {
    #[test]
    fn cuts_ascend_and_account_for_every_row(sizes in vec((0..1000u64, 1..50i128, any::<bool>()), 1..40), parts in 1..40u64) {
        let mut low = 0;
        let place = |(rows, width, divisible): (u64, i128, bool)| {
            low += width;
            let bucket = bucket(rows, low - width, low);
            Bucket { span: bucket.span.filter(|_| divisible), ..bucket }
        };
        let buckets: Vec<Bucket> = sizes.into_iter().map(place).collect();
        let total: u64 = buckets.iter().map(|bucket| bucket.rows).sum();
        let cuts = cuts(&buckets, parts);
        let at = cut_at(&cuts);
        prop_assert!(at.windows(2).all(|pair| pair[0] < pair[1]), "{:?}", at);
        prop_assert_eq!(cuts.rows.len(), at.len() + 1);
        prop_assert_eq!(cuts.rows.iter().sum::<u64>(), total);
        prop_assert!(at.len() < parts.try_into().unwrap());
    }
}

#[test]
fn a_narrow_bucket_is_not_cut_backwards() {
    for parts in 1..20 {
        let at = cut_at(&cuts(&[bucket(215, 0, 2)], parts));
        assert!(at.is_sorted_by(|a, b| a < b), "{parts}: {at:?}");
    }
}

#[test]
fn rows_that_lie_at_the_far_end_are_cut_there() {
    let buckets = [bucket(10, 0, 1000), bucket(990, 1000, 1099)];
    assert_eq!(cut_at(&cuts(&buckets, 4)), [1024, 1049, 1074]);
}

#[test]
fn what_cannot_be_parted_is_cut_at_its_nearer_end() {
    let lump = Bucket { span: None, ..bucket(1000, 50, 51) };
    assert_eq!(cut_at(&cuts(&[bucket(10, 0, 50), lump, bucket(10, 51, 100)], 4)), [50, 51]);
}

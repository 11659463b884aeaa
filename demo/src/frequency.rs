//! Picking one of several things as often as its share says.

use rand::Rng;
use rand_chacha::ChaCha8Rng;

/// Shares of a whole; the larger one's share, the more often it is picked.
#[derive(Debug)]
pub(crate) struct Frequencies {
    /// For each thing, the sum of its share and those before it.
    sums: Vec<u32>,
}

impl Frequencies {
    /// Returns the frequencies that belong to `shares`, which must not all be zero.
    pub(crate) fn new(shares: impl IntoIterator<Item = u32>) -> Self {
        let sums = shares.into_iter().scan(0, |sum, share| {
            *sum += share;
            Some(*sum)
        });
        Self { sums: sums.collect() }
    }

    /// Returns the position of one thing.
    pub(crate) fn pick(&self, random: &mut ChaCha8Rng) -> usize {
        let total = self.sums.last().copied().unwrap_or(1);
        let drawn = random.random_range(0..total);
        self.sums.partition_point(|sum| *sum <= drawn)
    }
}

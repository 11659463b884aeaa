//! How many splits a table is read in when nobody says: enough to keep every slot busy, and few enough for large files.

use std::num::NonZeroUsize;

/// How many splits there are for each task slot, so that one that is slow holds up nothing but itself.
const PER_SLOT: usize = 4;

/// How many there are at least.
const LEAST: usize = 16;

/// From how many bytes on a table is large enough for the size of its splits to count.
const LARGE_BYTES: u64 = 512 << 20;

/// How much of a large table a split has at least. What it becomes is a file of some fraction of that, or of most of it.
const SPLIT_BYTES: u64 = 192 << 20;

/// Returns how many splits a table of so many bytes, if that is known, is read in on so many task slots.
#[must_use]
pub fn default_splits(slots: NonZeroUsize, bytes: Option<u64>) -> NonZeroUsize {
    let wanted = slots.saturating_mul(at_least_one(PER_SLOT)).max(at_least_one(LEAST));
    match bytes {
        Some(bytes) if bytes >= LARGE_BYTES => {
            let most = usize::try_from(bytes / SPLIT_BYTES).unwrap_or(usize::MAX);
            wanted.min(at_least_one(most))
        }
        Some(_) | None => wanted,
    }
}

fn at_least_one(number: usize) -> NonZeroUsize {
    NonZeroUsize::new(number).unwrap_or(NonZeroUsize::MIN)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn splits(slots: usize, bytes: Option<u64>) -> usize {
        default_splits(NonZeroUsize::new(slots).unwrap(), bytes).get()
    }

    #[test]
    fn slots_are_kept_busy() {
        assert_eq!([1, 2, 4, 5, 100].map(|slots| splits(slots, None)), [16, 16, 16, 20, 400]);
        assert_eq!(splits(100, Some(LARGE_BYTES - 1)), 400);
    }

    #[test]
    fn a_large_table_is_not_cut_into_crumbs() {
        assert_eq!(splits(100, Some(LARGE_BYTES)), 2);
        assert_eq!(splits(4, Some(10 << 30)), 16);
        assert_eq!(splits(100, Some(10 << 30)), 53);
        assert_eq!(splits(100, Some(1 << 40)), 400);
    }

    proptest! {
        #[test]
        fn splits_of_a_large_table_are_large(slots in 1..10_000usize, bytes in LARGE_BYTES..1 << 50) {
            prop_assert!(bytes / splits(slots, Some(bytes)) as u64 >= SPLIT_BYTES);
        }
    }
}

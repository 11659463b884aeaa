//! Into how many parts a table is cut.

use std::num::NonZeroUsize;

use springald_cluster::ByteSize;
use springald_mysql::{Origin, Session, table_bytes};

use crate::IngestArgs;
use crate::args::Consistency;

/// Splits of a table that fills no more than two files: enough that slots are busy to the end.
const FEW: NonZeroUsize = NonZeroUsize::new(16).unwrap();

/// The most splits that a table's size makes; larger ones go on in another file.
const MOST: NonZeroUsize = NonZeroUsize::new(2000).unwrap();

/// Returns how many splits were asked for, or else how many suit the table.
///
/// # Errors
/// When the connection fails.
pub(crate) async fn requested(
    session: &mut Session,
    origin: &Origin,
    args: &IngestArgs,
) -> anyhow::Result<NonZeroUsize> {
    let splits = match args.splits {
        Some(splits) => splits,
        // How large a part of the table is nobody says.
        None if args.r#where.is_some() || !args.columns.is_empty() => FEW,
        None => suited(table_bytes(session, origin).await?, args.target.file_size),
    };
    // Where each split is read by a session of its own, the cap on sessions is one on splits; sessions that meet read several.
    Ok(match args.consistency {
        Consistency::Verify | Consistency::None => args.load.splits(splits),
        Consistency::Snapshot => splits,
    })
}

/// Returns the number of splits that become a file each, of at most `file_size`, where a table has the bytes for more than
/// two: then none is a crumb. Parquet takes fewer bytes than the server, so the files are smaller than that.
fn suited(bytes: Option<u64>, file_size: ByteSize) -> NonZeroUsize {
    let file = file_size.bytes();
    let files = bytes.filter(|bytes| *bytes > file.saturating_mul(2)).map(|bytes| bytes.div_ceil(file));
    let files = files.and_then(|files| usize::try_from(files).ok()).and_then(NonZeroUsize::new);
    files.map_or(FEW, |files| files.min(MOST))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn splits(bytes: Option<u64>) -> usize {
        suited(bytes, "256MiB".parse().unwrap()).get()
    }

    #[test]
    fn a_large_table_becomes_files_of_the_size_that_is_aimed_at() {
        let mib = 1 << 20;
        assert_eq!(splits(Some(513 * mib)), 3);
        assert_eq!(splits(Some(800 * mib)), 4);
        assert_eq!(splits(Some(100 << 30)), 400);
        assert_eq!(splits(Some(u64::MAX)), MOST.get());
    }

    #[test]
    fn a_small_one_and_one_of_unknown_size_keep_all_slots_busy() {
        assert_eq!(splits(Some(0)), 16);
        assert_eq!(splits(Some(512 << 20)), 16);
        assert_eq!(splits(None), 16);
    }

    proptest::proptest! {
        #[test]
        fn no_file_of_a_large_table_is_a_crumb(bytes in (513_u64 << 20)..(400 << 30)) {
            let each = bytes / splits(Some(bytes)) as u64;
            proptest::prop_assert!((128 << 20..=256 << 20).contains(&each), "{}", each);
        }
    }
}

//! The room on an executor's disk, which is never filled past 85 %: at 90 % YARN gives the node up.

use std::path::{Path, PathBuf};

/// Percent of a disk that may be used.
const MOST_PERCENT: u64 = 85;

/// A disk that is too full.
#[derive(Debug, thiserror::Error)]
#[error("the disk of work directory `{}` is {percent} % full, and no more than {most} % may be", dir.display(), most = MOST_PERCENT)]
pub(super) struct NoRoom {
    dir: PathBuf,
    percent: u64,
}

/// Returns why there is no room on the disk that `dir` is on, if there is none.
pub(super) fn objection(dir: &Path) -> Option<NoRoom> {
    // A disk that does not say how full it is fails what is written to it.
    let disk = rustix::fs::statvfs(dir).ok()?;
    let used = disk.f_blocks.saturating_sub(disk.f_bfree);
    let percent = used_percent(used, used.saturating_add(disk.f_bavail));
    (percent > MOST_PERCENT).then(|| NoRoom { dir: dir.to_owned(), percent })
}

/// Returns how full a disk is, as `df` shows it: rounded up, of what others than root may use.
fn used_percent(used: u64, usable: u64) -> u64 {
    if usable == 0 { 100 } else { used.saturating_mul(100).div_ceil(usable) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disk_is_as_full_as_df_shows() {
        assert_eq!(used_percent(0, 1000), 0);
        assert_eq!(used_percent(850, 1000), 85);
        assert_eq!(used_percent(851, 1000), 86);
        assert_eq!(used_percent(0, 0), 100);
    }
}

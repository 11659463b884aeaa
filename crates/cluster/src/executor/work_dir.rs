//! The directory of an executor's intermediate and spilled data: its own, empty at its start and at its end.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context;

/// How often, and how long apart, it is tried to empty a directory that is still written to.
const TRIES: u32 = 10;
const PAUSE: Duration = Duration::from_millis(200);

/// An executor's own directory, below the one that it was given: several executors of a machine may be given the same.
#[derive(Debug, Clone)]
pub struct WorkDir(PathBuf);

impl WorkDir {
    /// Returns the directory of the executor at `port` below `parent`; touches nothing.
    pub fn new(parent: &Path, port: u16) -> Self {
        Self(parent.join(format!("executor-{port}")))
    }

    /// Returns its path.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Makes it if it is absent, and removes all that lies in it. May be repeated.
    ///
    /// # Errors
    /// When that cannot be done, with the way out in the message.
    pub(super) fn empty(&self) -> anyhow::Result<()> {
        self.try_empty().with_context(|| {
            format!("empty work directory `{}`: give one with --work-dir that this user can write", self.0.display())
        })
    }

    /// Removes all that lies in it, best effort: tasks that were dropped may write for a moment more.
    pub(super) async fn tidy(&self) {
        for _ in 1..TRIES {
            if self.try_empty().is_ok() {
                return;
            }
            tokio::time::sleep(PAUSE).await;
        }
        if let Err(error) = self.empty() {
            tracing::warn!("{error:#}");
        }
    }

    fn try_empty(&self) -> io::Result<()> {
        match std::fs::remove_dir_all(&self.0) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            Ok(()) | Err(_) => {}
        }
        std::fs::create_dir_all(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_another_process_left_is_removed_and_nothing_else() {
        let parent = tempfile::TempDir::new().unwrap();
        let (left, other) = (parent.path().join("executor-7051/job/1"), parent.path().join("executor-7052"));
        std::fs::create_dir_all(&left).unwrap();
        std::fs::create_dir_all(&other).unwrap();
        let dir = WorkDir::new(parent.path(), 7051);
        dir.empty().unwrap();
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
        assert!(other.exists());
    }
}

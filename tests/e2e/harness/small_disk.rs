//! A disk that is soon full: a file system in memory, of a size of its own. Needs root.

use super::tool::scratch;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The disk; it is gone at the end of the test.
#[derive(Debug)]
pub(crate) struct SmallDisk {
    path: PathBuf,
    mebibytes: usize,
}

impl SmallDisk {
    /// Makes a disk of so many mebibytes.
    pub(crate) fn new(name: &str, mebibytes: usize) -> Self {
        let path = scratch().join(format!("disk-{name}"));
        std::fs::create_dir_all(&path).unwrap();
        let size = format!("size={mebibytes}m");
        let mount = Command::new("mount").args(["-t", "tmpfs", "-o", &size, "tmpfs"]).arg(&path).status().unwrap();
        assert!(mount.success(), "a small disk is mounted by root only");
        Self { path, mebibytes }
    }

    /// Returns where it is mounted.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Fills it to nine tenths with what is nobody's.
    pub(crate) fn fill(&self) {
        std::fs::write(self.path.join("other"), vec![b'x'; self.mebibytes * 1024 * 1024 * 9 / 10]).unwrap();
    }

    /// Returns how many files the executors on it have there.
    pub(crate) fn files(&self) -> usize {
        let found =
            Command::new("find").arg(&self.path).args(["-path", "*/executor-*/*", "-type", "f"]).output().unwrap();
        String::from_utf8(found.stdout).unwrap().lines().count()
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        drop(Command::new("umount").arg("--lazy").arg(&self.path).status());
    }
}

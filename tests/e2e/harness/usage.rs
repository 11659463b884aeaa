//! What a process takes of the machine.

use std::fs;

/// A process at one moment.
#[derive(Debug, Clone)]
pub(crate) struct Usage {
    /// Its number.
    pub(crate) pid: String,
    /// Its memory that is in use, in KiB.
    pub(crate) resident_kib: u64,
    /// Its open files, connections among them.
    pub(crate) open_files: u64,
}

impl Usage {
    /// Returns what the process takes now.
    pub(crate) fn of(pid: &str) -> Self {
        let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
        let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        let resident_kib = resident.trim().trim_end_matches(" kB").parse().unwrap();
        let open_files = fs::read_dir(format!("/proc/{pid}/fd")).unwrap().count() as u64;
        Self { pid: pid.to_owned(), resident_kib, open_files }
    }
}

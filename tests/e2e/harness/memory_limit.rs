//! A control group whose processes may have so much memory and no more: the system kills the one that wants it. Needs root.

use super::background::wait_until;
use std::fs;
use std::path::{Path, PathBuf};
use std::process;

/// The group, of either version; it is gone at the end of the test.
#[derive(Debug)]
pub(crate) struct MemoryLimit {
    group: PathBuf,
    files: &'static Files,
}

/// The names of a version's files.
#[derive(Debug)]
struct Files {
    root: &'static str,
    limit: &'static str,
    events: &'static str,
    anonymous: &'static str,
}

const FIRST: Files = Files {
    root: "/sys/fs/cgroup/memory",
    limit: "memory.limit_in_bytes",
    events: "memory.oom_control",
    anonymous: "total_rss ",
};

const SECOND: Files =
    Files { root: "/sys/fs/cgroup", limit: "memory.max", events: "memory.events", anonymous: "anon " };

impl MemoryLimit {
    /// Makes a group without a limit.
    pub(crate) fn new(name: &str) -> Self {
        let files = if Path::new(FIRST.root).join(FIRST.limit).exists() { &FIRST } else { &SECOND };
        let group = Path::new(files.root).join(format!("springald-{}-{name}", process::id()));
        fs::create_dir(&group).unwrap_or_else(|error| panic!("{}: {error}", group.display()));
        Self { group, files }
    }

    /// Returns the words that run the command which follows them in the group.
    pub(crate) fn inside(&self) -> Vec<String> {
        let join = r#"echo $$ >"$1" && shift && exec "$@""#;
        let processes = self.group.join("cgroup.procs");
        ["bash", "-c", join, "bash", processes.to_str().unwrap()].map(str::to_owned).to_vec()
    }

    /// Lets the group have `more` bytes beside what its processes have now.
    pub(crate) fn leave(&self, more: u64) {
        let stat = self.read("memory.stat");
        let limit = number_after(&stat, self.files.anonymous) + more;
        fs::write(self.group.join(self.files.limit), limit.to_string()).unwrap();
    }

    /// Returns how many processes of the group the system has killed.
    pub(crate) fn kills(&self) -> u64 {
        number_after(&self.read(self.files.events), "oom_kill ")
    }

    fn read(&self, file: &str) -> String {
        fs::read_to_string(self.group.join(file)).unwrap()
    }
}

fn number_after(text: &str, word: &str) -> u64 {
    let found = text.lines().find_map(|line| line.strip_prefix(word));
    found.unwrap_or_else(|| panic!("no `{word}` in {text}")).trim().parse().unwrap()
}

impl Drop for MemoryLimit {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            // Processes that were killed leave the group a moment later.
            wait_until(|| fs::remove_dir(&self.group).is_ok());
        }
    }
}

//! The memory of an executor's tasks: each has a share, beyond which it spills.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, ensure};
use ballista_executor::runtime_cache::MemoryPoolPolicy;
use datafusion::execution::memory_pool::FairSpillPool;
use datafusion::execution::runtime_env::{RuntimeEnv, RuntimeEnvBuilder};
use datafusion::prelude::SessionConfig;

const CGROUPS: &str = "/sys/fs/cgroup";

/// Percent of the memory that this process may use which is for tasks; batches on their way and buffers take the rest.
const TASKS_PERCENT: u64 = 70;

/// Returns what gives each task its share of `total` bytes, or of most of what this process may use.
///
/// # Errors
/// When there is nothing to share out.
pub(super) fn pool_policy(total: Option<u64>, vcores: usize) -> anyhow::Result<MemoryPoolPolicy> {
    let total = match total {
        Some(total) => total,
        None => usable().context("find out how much memory there is; give --memory")? / 100 * TASKS_PERCENT,
    };
    let share = usize::try_from(total).unwrap_or(usize::MAX) / vcores.max(1);
    ensure!(share > 0, "--memory of {total} bytes is no byte for each of {vcores} tasks");
    tracing::info!(total, share, vcores, "memory of tasks");
    Ok(Arc::new(move |base: Arc<RuntimeEnv>, _: &SessionConfig, taken: u32| {
        let size = share.saturating_mul(usize::try_from(taken.max(1)).unwrap_or(1));
        RuntimeEnvBuilder::from_runtime_env(&base).with_memory_pool(Arc::new(FairSpillPool::new(size))).build_arc()
    }))
}

/// Returns the bytes that this process may use: the machine's, or fewer if its control group, or one above, says so.
fn usable() -> Option<u64> {
    let machine = machine_bytes(&std::fs::read_to_string("/proc/meminfo").ok()?)?;
    let group = std::fs::read_to_string("/proc/self/cgroup").ok().and_then(|text| group_of(&text));
    let limit = group.and_then(|group| lowest_limit(Path::new(CGROUPS), &group));
    Some(limit.map_or(machine, |limit| limit.min(machine)))
}

fn machine_bytes(meminfo: &str) -> Option<u64> {
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()?.checked_mul(1024)
}

fn group_of(cgroup: &str) -> Option<PathBuf> {
    let path = cgroup.lines().find_map(|line| line.strip_prefix("0::/"))?;
    Some(PathBuf::from(path))
}

fn lowest_limit(root: &Path, group: &Path) -> Option<u64> {
    let limit = |group: &Path| std::fs::read_to_string(root.join(group).join("memory.max")).ok()?.trim().parse().ok();
    group.ancestors().filter_map(limit).min()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tightest_group_counts() {
        let root = tempfile::TempDir::new().unwrap();
        let group = Path::new("system.slice/springald.service");
        std::fs::create_dir_all(root.path().join(group)).unwrap();
        assert_eq!(lowest_limit(root.path(), group), None);
        std::fs::write(root.path().join(group).join("memory.max"), "max\n").unwrap();
        std::fs::write(root.path().join("system.slice/memory.max"), "4096\n").unwrap();
        assert_eq!(lowest_limit(root.path(), group), Some(4096));
        std::fs::write(root.path().join(group).join("memory.max"), "1024\n").unwrap();
        assert_eq!(lowest_limit(root.path(), group), Some(1024));
    }

    #[test]
    fn linux_says_what_there_is() {
        assert_eq!(machine_bytes("MemTotal:       2048 kB\nMemFree: 1 kB\n"), Some(2_097_152));
        assert_eq!(group_of("0::/system.slice/a.service\n"), Some(PathBuf::from("system.slice/a.service")));
        assert!(usable().is_some_and(|bytes| bytes > 0));
    }

    #[test]
    fn a_share_of_nothing_is_refused() {
        assert!(pool_policy(Some(3), 4).is_err());
        assert!(pool_policy(None, 4).is_ok());
    }
}

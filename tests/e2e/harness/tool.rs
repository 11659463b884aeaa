//! Where the tools of the tests lie: scripts in the checkout, Python's packages in the cache, logs beside the build.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process;
use std::sync::LazyLock;

/// Returns the path of a file of the project.
pub(crate) fn in_project(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// Returns the Python that has the packages of `tests/requirements.txt`.
pub(crate) fn python() -> PathBuf {
    installed("venv/bin/python")
}

/// Returns the Python that has PySpark.
pub(crate) fn spark_python() -> PathBuf {
    let python = cache().join("spark-venv/bin/python");
    assert!(
        python.exists(),
        "{} is missing: `make test-spark` or `tests/install-tools.sh spark` installs it",
        python.display()
    );
    python
}

/// Returns the directory with plugins of MariaDB that its core packages do not have.
pub(crate) fn plugins() -> PathBuf {
    installed("mariadb-plugins")
}

fn installed(path: &str) -> PathBuf {
    let installed = cache().join(path);
    assert!(
        installed.exists(),
        "{} is missing: `make test` or tests/install-tools.sh installs it",
        installed.display()
    );
    installed
}

/// Returns the directory of everything that tests/install-tools.sh installs for a user.
pub(crate) fn cache() -> PathBuf {
    let cache = std::env::var_os("SPRINGALD_CACHE").map(PathBuf::from);
    cache.unwrap_or_else(|| std::env::home_dir().unwrap().join(".cache/springald"))
}

/// Returns the directory of this process for logs and for what servers write; those of earlier processes are removed.
pub(crate) fn scratch() -> &'static Path {
    static SCRATCH: LazyLock<PathBuf> = LazyLock::new(|| {
        let all = Path::new(env!("CARGO_TARGET_TMPDIR")).join("e2e");
        remove_leftovers(&all);
        let own = all.join(process::id().to_string());
        std::fs::create_dir_all(&own).unwrap();
        own
    });
    &SCRATCH
}

fn remove_leftovers(all: &Path) {
    let Ok(entries) = std::fs::read_dir(all) else {
        return;
    };
    for entry in entries.flatten() {
        let alive = Path::new("/proc").join(entry.file_name()).exists();
        if !alive {
            drop(std::fs::remove_dir_all(entry.path()));
        }
    }
}

/// Shows a line to whoever looks, also beside tests that pass: what they print otherwise is kept by the test runner.
pub(crate) fn say(line: &str) {
    let mut stderr = std::io::stderr();
    writeln!(stderr, "{line}").unwrap();
}

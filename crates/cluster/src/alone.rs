//! Tests that measure the memory of their process, and so need one of their own.

use std::io::Write;
use std::process::Command;

/// Says that the process has been started for one test.
const ALONE: &str = "SPRINGALD_TEST_ALONE";

/// What begins the lines that such a test shows.
const MEASURED: &str = "measured: ";

/// Runs `test`, which the test called `name` consists of, in a process of its own; shows what it has measured.
pub(crate) fn alone(name: &str, test: impl FnOnce()) {
    if std::env::var_os(ALONE).is_some() {
        return test();
    }
    let mut process = Command::new(std::env::current_exe().unwrap());
    // To name the functions of a panic takes more memory than all else.
    process.args(["--exact", name, "--nocapture"]).env(ALONE, "1").env("RUST_BACKTRACE", "0");
    let output = process.output().unwrap();
    let (printed, said) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{printed}\n{said}");
    assert!(printed.contains("1 passed"), "no test is called {name}: {printed}");
    said.lines().filter_map(|line| line.strip_prefix(MEASURED)).for_each(show);
}

/// Shows what such a test has measured.
pub(crate) fn show(measured: &str) {
    let mut stderr = std::io::stderr();
    writeln!(stderr, "{MEASURED}{measured}").unwrap();
}

/// Returns the most memory that this process has held so far.
pub(crate) fn peak_bytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() * 1024
}

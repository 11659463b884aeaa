//! `--help` of each command reads like documentation.

use crate::harness::springald;

#[test]
fn the_executable_names_its_commands() {
    let help = help_of(&[]);
    for command in ["ingest", "process", "scheduler", "executor"] {
        assert!(help.lines().any(|line| line.trim_start().starts_with(command)), "{command} is not in:\n{help}");
    }
}

#[test]
fn ingest_explains_itself() {
    let variables = ["SOURCE", "FROM", "INTO", "WAREHOUSE", "DATE", "SPLIT_COLUMN", "SPLITS", "COLUMNS", "WHERE"];
    explains(&["ingest"], &[variables.as_slice(), &["CLUSTER", "CATALOG", "REPORT"]].concat());
    assert!(help_of(&["ingest"]).contains("MYSQL_PWD"));
}

#[test]
fn process_explains_itself() {
    explains(&["process"], &["QUERY", "INTO", "WAREHOUSE", "DATE", "CLUSTER", "CATALOG", "REPORT"]);
}

#[test]
fn scheduler_explains_itself() {
    explains(&["scheduler"], &["BIND", "ADVERTISE"]);
}

#[test]
fn executor_explains_itself() {
    explains(&["executor"], &["CLUSTER", "BIND", "VCORES", "MEMORY", "WORK_DIR"]);
    assert!(help_of(&["executor"]).contains("MYSQL_PWD"));
}

/// Panics unless the command's help says what it does, gives an example and exit codes, and describes each option with
/// its environment variable.
fn explains(command: &[&str], variables: &[&str]) {
    let help = help_of(command);
    assert!(help.contains("Example:\n") && help.contains(&format!("springald {}", command[0])), "{help}");
    assert!(help.contains("Exit code"), "{help}");
    for variable in variables {
        let option = format!("--{}", variable.to_lowercase().replace('_', "-"));
        let described = help.lines().position(|line| line.trim_start().starts_with(&option));
        let described = described.unwrap_or_else(|| panic!("{option} is not in:\n{help}"));
        let text: Vec<&str> = help.lines().skip(described).take(5).collect();
        let text = text.join(" ");
        assert!(text.contains(&format!("[env: SPRINGALD_{variable}=")), "no variable for {option}:\n{text}");
        let words = text.split("[env:").next().unwrap().split_whitespace().count();
        assert!(words > 5, "{option} is not described:\n{text}");
    }
}

fn help_of(command: &[&str]) -> String {
    let long = springald(&[command, &["--help"]].concat());
    assert_eq!((long.code, long.stderr.as_str()), (Some(0), ""));
    long.stdout
}

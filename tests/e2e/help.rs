//! `--help` of each command reads like documentation.

use crate::harness::springald;

#[test]
fn the_executable_names_its_commands() {
    let help = help_of(&[]);
    for command in ["ingest", "process", "snapshots", "scheduler", "executor", "tls"] {
        assert!(help.lines().any(|line| line.trim_start().starts_with(command)), "{command} is not in:\n{help}");
    }
}

#[test]
fn ingest_explains_itself() {
    let variables =
        ["SOURCE", "FROM", "QUERY", "INTO", "WAREHOUSE", "DATE", "SPLIT_COLUMN", "SPLITS", "COLUMNS", "WHERE"];
    let how = ["CONSISTENCY", "LOCK_TIMEOUT", "TLS", "TLS_CA", "TINYINT1", "INVALID_DATES", "TYPE", "DRY_RUN"];
    let load = ["MAX_SESSIONS", "MAX_THREADS_RUNNING"];
    let secret = ["HOST", "PORT", "DATABASE", "ROTATION_WAIT"];
    explains(
        &["ingest"],
        &[
            variables.as_slice(),
            &how,
            &load,
            &secret,
            &["CREATE_DATABASE", "GLUE_VERSIONS", "SCHEMA", "COLUMN_STATISTICS", "FILE_SIZE"],
            &["CLUSTER", "TLS_BUNDLE", "CATALOG", "REPORT", "RESUME", "LAUNCHER", "SSE_KMS_KEY"],
        ]
        .concat(),
    );
    assert!(help_of(&["ingest"]).contains("MYSQL_PWD"));
}

#[test]
fn process_explains_itself() {
    explains(
        &["process"],
        &[
            &["QUERY", "INTO", "WAREHOUSE", "DATE", "CLUSTER", "TLS_BUNDLE", "CATALOG", "REPORT"][..],
            &["RESUME", "LAUNCHER", "SSE_KMS_KEY", "SCHEMA", "COLUMN_STATISTICS", "FILE_SIZE"],
        ]
        .concat(),
    );
}

#[test]
fn snapshots_explain_themselves() {
    assert!(help_of(&["snapshots"]).contains("springald snapshots rollback"), "no example");
    let place = ["WAREHOUSE", "CATALOG", "GLUE_VERSIONS"];
    for (verb, own) in
        [("list", &[][..]), ("show", &["RUN"]), ("rollback", &["RUN"]), ("expire", &["KEEP", "KEEP_LAST", "DRY_RUN"])]
    {
        describes(&help_of(&["snapshots", verb]), &[own, &place].concat());
    }
}

#[test]
fn scheduler_explains_itself() {
    explains(
        &["scheduler"],
        &["BIND", "ADVERTISE", "WAREHOUSE", "CATALOG", "TLS_BUNDLE", "INSECURE", "API_TOKEN_FILE"],
    );
}

#[test]
fn executor_explains_itself() {
    let closed = ["TLS_BUNDLE", "INSECURE", "API_TOKEN_FILE"];
    explains(
        &["executor"],
        &[&["CLUSTER", "BIND", "VCORES", "MEMORY", "WORK_DIR", "DRAIN", "SSE_KMS_KEY"][..], &closed].concat(),
    );
    assert!(help_of(&["executor"]).contains("MYSQL_PWD"));
}

#[test]
fn tls_explains_itself() {
    explains(&["tls", "init"], &["OUT", "CLUSTER_NAME", "DAYS"]);
    explains(&["tls", "check"], &["TLS_BUNDLE"]);
}

/// Panics unless the command's help says what it does, gives an example and exit codes, and describes each option with
/// its environment variable.
fn explains(command: &[&str], variables: &[&str]) {
    let help = help_of(command);
    assert!(help.contains("Example:\n") && help.contains(&format!("springald {}", command[0])), "{help}");
    assert!(help.contains("Exit code"), "{help}");
    describes(&help, variables);
}

/// Panics unless the help describes each option with its environment variable.
fn describes(help: &str, variables: &[&str]) {
    for variable in variables {
        let option = format!("--{}", variable.to_lowercase().replace('_', "-"));
        let text = text_of(help, &option).unwrap_or_else(|| panic!("{option} is not in:\n{help}"));
        let named = [format!("[env: SPRINGALD_{variable}=]"), format!("[env: SPRINGALD_{variable}]")];
        assert!(named.iter().any(|named| text.contains(named)), "no variable: {text}");
        assert!(text.split("[env:").next().unwrap().split_whitespace().count() > 5, "not described: {text}");
    }
}

/// Returns all that the help says about an option, on one line.
fn text_of(help: &str, option: &str) -> Option<String> {
    let mut lines = help.lines().map(str::trim).skip_while(|line| line.split(' ').next() != Some(option));
    let first = lines.next()?;
    // A line of text may begin with the name of another option; the option itself is followed by its value, or nothing.
    let is_option = |line: &str| {
        line.starts_with('-') && line.split(' ').nth(1).is_none_or(|next| next.starts_with(['<', '-', '[']))
    };
    let others = lines.take_while(|line| !is_option(line));
    Some([first].into_iter().chain(others).collect::<Vec<_>>().join(" "))
}

fn help_of(command: &[&str]) -> String {
    let long = springald(&[command, &["--help"]].concat());
    assert_eq!((long.code, long.stderr.as_str()), (Some(0), ""));
    long.stdout
}

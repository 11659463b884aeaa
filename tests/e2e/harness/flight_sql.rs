//! A client of Flight SQL that shares no code with the service: ADBC's, in a process of its own.

use super::readback::script;
use serde::Deserialize;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Stdio};

/// A connection to a scheduler, made at the first statement.
#[derive(Debug)]
pub(crate) struct FlightSql {
    process: Child,
    statements: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

/// What a statement was answered with.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum Answer {
    /// The names of the columns, and the rows.
    Rows { columns: Vec<String>, rows: Vec<Vec<serde_json::Value>> },
    /// Why there are none.
    Refused { error: String },
}

/// Whom a client trusts and who it says it is: two bundles, and the cluster's name.
pub(crate) type Identity<'a> = (&'a Path, Option<&'a Path>, &'a str);

impl FlightSql {
    /// Returns a client of the scheduler on `port` of this machine, with TLS if it has an `identity`.
    pub(crate) fn client(port: u16, identity: Option<Identity<'_>>) -> Self {
        Self::client_at("127.0.0.1", port, identity)
    }

    /// Returns a client of the scheduler at `host` and `port`, with TLS if it has an `identity`.
    pub(crate) fn client_at(host: &str, port: u16, identity: Option<Identity<'_>>) -> Self {
        let mut command = script("flight_sql.py");
        let scheme = if identity.is_some() { "grpc+tls" } else { "grpc" };
        command.arg(format!("{scheme}://{host}:{port}"));
        if let Some((trusts, is, cluster)) = identity {
            command.arg("--trust").arg(trusts).args(["--name", cluster]);
            command.args(is.map(|bundle| ["--bundle".as_ref(), bundle.as_os_str()]).into_iter().flatten());
        }
        let mut process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let answers = BufReader::new(process.stdout.take().unwrap());
        Self { statements: process.stdin.take(), process, answers }
    }

    /// Sends a statement, and does not wait for what it is answered with.
    pub(crate) fn send(&mut self, statement: &str) {
        let line = serde_json::to_string(statement).unwrap();
        writeln!(self.statements.as_mut().unwrap(), "{line}").unwrap();
    }

    /// Ends the client as a crash does.
    pub(crate) fn kill(mut self) {
        self.process.kill().unwrap();
    }

    /// Waits for what the statement that was sent last is answered with.
    fn answer(&mut self) -> Answer {
        let mut answer = String::new();
        self.answers.read_line(&mut answer).unwrap();
        serde_json::from_str(&answer).unwrap_or_else(|error| panic!("{error}: {answer}"))
    }

    /// Waits for the rows of the statement that was sent last.
    pub(crate) fn received(&mut self) -> Vec<Vec<serde_json::Value>> {
        match self.answer() {
            Answer::Rows { rows, .. } => rows,
            Answer::Refused { error } => panic!("{error}"),
        }
    }

    /// Waits for the reason why the statement that was sent last is refused.
    pub(crate) fn refused(&mut self) -> String {
        match self.answer() {
            Answer::Rows { columns, rows } => panic!("{columns:?} {rows:?}"),
            Answer::Refused { error } => error,
        }
    }

    /// Sends a statement, and returns its rows.
    pub(crate) fn rows(&mut self, statement: &str) -> Vec<Vec<serde_json::Value>> {
        self.send(statement);
        self.received()
    }

    /// Sends a statement, and returns whether it is answered with rows.
    pub(crate) fn is_answered(&mut self, statement: &str) -> bool {
        self.send(statement);
        matches!(self.answer(), Answer::Rows { .. })
    }

    /// Sends a statement, and returns why it is refused.
    pub(crate) fn refusal(&mut self, statement: &str) -> String {
        self.send(statement);
        self.refused()
    }
}

impl Drop for FlightSql {
    fn drop(&mut self) {
        drop(self.statements.take());
        self.process.wait().unwrap();
    }
}

//! One private MariaDB for all tests of this process; each test uses its own database or tables in it.

use super::background::Background;
use super::port::free_port;
use super::tool::{in_project, scratch};
use std::io::Write;
use std::process::{Command, Output, Stdio};
use std::sync::LazyLock;
use std::thread;

/// The password of every user of the server, in the environment of jobs and executors alike.
pub(crate) const PASSWORD: &str = "a secret: of \"tests\"";

/// The server; `springald` may do everything on it.
#[derive(Debug)]
pub(crate) struct MySql {
    port: u16,
    _server: Background,
}

/// Returns the server, started at the first call.
pub(crate) fn mysql() -> &'static MySql {
    static SERVER: LazyLock<MySql> = LazyLock::new(MySql::start);
    &SERVER
}

impl MySql {
    fn start() -> Self {
        let port = free_port();
        let directory = scratch().join("mariadb");
        let mut command = Command::new(in_project("tests/private-mariadb.sh"));
        command.arg(&directory).arg(port.to_string()).env("MYSQL_PWD", PASSWORD);
        let mut server = Background::start("mariadb", &mut command, scratch().join("mariadb.log"));
        server.wait_until(|| client(port, &["--execute=SELECT 1"], b"").status.success().then_some(()));
        Self { port, _server: server }
    }

    /// Returns the port on 127.0.0.1.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Returns the source as it is given to an ingest job.
    pub(crate) fn source(&self, database: &str) -> String {
        format!("mysql://springald@127.0.0.1:{}/{database}", self.port)
    }

    /// Runs statements.
    pub(crate) fn execute(&self, sql: &str) {
        succeeded(sql, &client(self.port, &[], sql.as_bytes()));
    }

    /// Runs statements that read a file from standard input.
    pub(crate) fn load(&self, sql: &str, file: &[u8]) {
        succeeded(sql, &client(self.port, &[&format!("--execute={sql}")], file));
    }

    /// Runs a query and returns its rows, one line each, columns separated by tabs.
    pub(crate) fn query(&self, sql: &str) -> String {
        let output = client(self.port, &["--skip-column-names"], sql.as_bytes());
        succeeded(sql, &output);
        String::from_utf8(output.stdout).unwrap().trim_end().to_owned()
    }

    /// Creates a database that no other test uses, and returns its name.
    pub(crate) fn new_database(&self, name: &str) -> String {
        self.execute(&format!("CREATE DATABASE {name}"));
        name.to_owned()
    }
}

fn succeeded(sql: &str, output: &Output) {
    assert!(output.status.success(), "{}\nin: {sql}", String::from_utf8_lossy(&output.stderr));
}

fn client(port: u16, arguments: &[&str], input: &[u8]) -> Output {
    let mut command = Command::new("mariadb");
    command.args([
        "--no-defaults",
        "--local-infile=1",
        "--default-character-set=utf8mb4",
        "--batch",
        "--host=127.0.0.1",
        "--user=springald",
    ]);
    command.arg(format!("--port={port}")).args(arguments).env("MYSQL_PWD", PASSWORD);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    thread::scope(|scope| {
        // Beside the reading of its output, lest both sides wait. Where it stops reading early, its error says more.
        scope.spawn(move || drop(stdin.write_all(input)));
        child.wait_with_output().unwrap()
    })
}

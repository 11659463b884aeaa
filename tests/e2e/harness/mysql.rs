//! One private MariaDB for all tests of this process, each of which uses its own database or tables in it; and others for
//! tests that would be in the way of the rest.

use super::background::{Background, wait_until};
use super::port::free_port;
use super::tool::{in_project, scratch};
use std::io::Write;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;

/// The password of every user of the server, in the environment of jobs and executors alike.
pub(crate) const PASSWORD: &str = "a secret: of \"tests\"";

/// A server; `springald` may do everything on it.
#[derive(Debug)]
pub(crate) struct MySql {
    port: u16,
    directory: PathBuf,
    _server: Background,
}

/// Returns the server, started at the first call.
pub(crate) fn mysql() -> &'static MySql {
    static SERVER: LazyLock<MySql> = LazyLock::new(|| MySql::start("mariadb", &[]));
    &SERVER
}

impl MySql {
    /// Starts a server called `name` with options of its own.
    pub(crate) fn start(name: &'static str, options: &[&str]) -> Self {
        let port = free_port();
        let directory = scratch().join(name);
        let mut command = Command::new(in_project("tests/private-mariadb.sh"));
        command.arg(&directory).arg(port.to_string()).args(options).env("MYSQL_PWD", PASSWORD);
        let mut server = Background::start(name, &mut command, scratch().join(format!("{name}.out")));
        server.wait_until(|| answers(port).then_some(()));
        Self { port, directory, _server: server }
    }

    /// Kills the server, which starts again at once. Returns when it answers.
    pub(crate) fn crash(&self) {
        let pid = std::fs::read_to_string(self.directory.join("data/server.pid")).unwrap();
        std::fs::write(self.directory.join("restart"), "").unwrap();
        assert!(Command::new("kill").args(["-KILL", pid.trim()]).status().unwrap().success());
        wait_until(|| !self.directory.join("restart").exists() && answers(self.port));
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

    /// Runs statements that may fail, such as those about sessions that come and go; returns whether they have not.
    pub(crate) fn try_execute(&self, sql: &str) -> bool {
        client(self.port, &[], sql.as_bytes()).status.success()
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

    /// Opens a session that runs statements one by one, and ends when it is dropped.
    pub(crate) fn session(&self) -> OpenSession {
        let mut command = client_command(self.port);
        command.args(["--unbuffered", "--force"]).stdin(Stdio::piped()).stdout(Stdio::null());
        let child = command.stderr(Stdio::null()).spawn();
        OpenSession(child.unwrap())
    }

    /// Runs a statement in a transaction that stays open until what this returns is dropped.
    pub(crate) fn open_transaction(&self, sql: &str) -> OpenSession {
        static OPENED: AtomicU32 = AtomicU32::new(0);
        // The server's own list of transactions is of no use: it stays as it is while somebody looks at it often.
        let done = format!("open transaction {}", OPENED.fetch_add(1, Ordering::Relaxed));
        let mut session = self.session();
        for statement in ["BEGIN", sql, &format!("SELECT GET_LOCK('{done}', 0)")] {
            session.run(statement);
        }
        self.wait_for(&format!("SELECT IS_USED_LOCK('{done}') IS NOT NULL"), "1");
        session
    }

    /// Waits until a query returns `answer`.
    pub(crate) fn wait_for(&self, sql: &str, answer: &str) {
        wait_until(|| self.query(sql) == answer);
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

/// A session of the server's client.
#[derive(Debug)]
pub(crate) struct OpenSession(Child);

impl OpenSession {
    /// Begins to run a statement.
    pub(crate) fn run(&mut self, sql: &str) {
        writeln!(self.0.stdin.as_mut().unwrap(), "{sql};").unwrap();
    }
}

impl Drop for OpenSession {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

fn answers(port: u16) -> bool {
    client(port, &["--execute=SELECT 1"], b"").status.success()
}

fn client_command(port: u16) -> Command {
    let mut command = Command::new("mariadb");
    command.args([
        "--no-defaults",
        "--local-infile=1",
        "--default-character-set=utf8mb4",
        "--batch",
        "--host=127.0.0.1",
        "--user=springald",
    ]);
    command.arg(format!("--port={port}")).env("MYSQL_PWD", PASSWORD);
    command
}

fn client(port: u16, arguments: &[&str], input: &[u8]) -> Output {
    let mut command = client_command(port);
    command.args(arguments);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    thread::scope(|scope| {
        // Beside the reading of its output, lest both sides wait. Where it stops reading early, its error says more.
        scope.spawn(move || drop(stdin.write_all(input)));
        child.wait_with_output().unwrap()
    })
}

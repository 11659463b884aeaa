//! What stands in for AWS: servers that others wrote, at endpoints that every process of the tests is told of.
//!
//! Their ports are chosen before they are started, so that the cluster's executors know them from the beginning; a server
//! that no test needs is never started.

use super::background::{Background, UNTIL_CLOSED};
use super::port::free_port;
use super::tool::{cache, scratch};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

/// The keys of the tests' account, in the environment of jobs and executors alike, and nowhere else.
pub(crate) const ACCESS_KEY: &str = "AKIASPRINGALDTESTKEY";
pub(crate) const SECRET_KEY: &str = "tests/secret+key/of/an/account/that/is/none";

/// The bucket that warehouses lie in.
pub(crate) const BUCKET: &str = "lake";

static S3_PORT: LazyLock<u16> = LazyLock::new(free_port);
static MINISTACK_PORT: LazyLock<u16> = LazyLock::new(free_port);

/// Returns the variables that lead a process to the servers.
pub(crate) fn environment() -> Vec<(&'static str, String)> {
    vec![
        ("AWS_REGION", "us-east-1".to_owned()),
        ("AWS_ACCESS_KEY_ID", ACCESS_KEY.to_owned()),
        ("AWS_SECRET_ACCESS_KEY", SECRET_KEY.to_owned()),
        ("AWS_ENDPOINT_URL", format!("http://127.0.0.1:{}", *MINISTACK_PORT)),
        ("AWS_ENDPOINT_URL_S3", format!("http://127.0.0.1:{}", *S3_PORT)),
        ("AWS_EC2_METADATA_DISABLED", "true".to_owned()),
    ]
}

/// An S3 server, which keeps each object in a file of its own.
#[derive(Debug)]
pub(crate) struct S3 {
    buckets: PathBuf,
    _server: Background,
}

/// Returns the S3 server, started at the first call.
pub(crate) fn s3() -> &'static S3 {
    static SERVER: LazyLock<S3> = LazyLock::new(S3::start);
    &SERVER
}

impl S3 {
    fn start() -> Self {
        let program = cache().join("s3s-fs/bin/s3s-fs");
        assert!(program.exists(), "{} is missing: tests/install-tools.sh installs it", program.display());
        let buckets = scratch().join("s3");
        std::fs::create_dir_all(buckets.join(BUCKET)).unwrap();
        let mut command = Command::new("bash");
        command.args(["-c", UNTIL_CLOSED, "s3s-fs"]).arg(program);
        command.args(["--host", "127.0.0.1", "--port", &S3_PORT.to_string()]);
        command.args(["--access-key", ACCESS_KEY, "--secret-key", SECRET_KEY]).arg(&buckets);
        let mut server = Background::start("s3s-fs", &mut command, scratch().join("s3s-fs.log"));
        server.wait_until(|| TcpStream::connect(("127.0.0.1", *S3_PORT)).ok());
        Self { buckets, _server: server }
    }

    /// Returns its port on 127.0.0.1.
    pub(crate) fn port(&self) -> u16 {
        *S3_PORT
    }

    /// Returns its host and port.
    pub(crate) fn address(&self) -> String {
        format!("127.0.0.1:{}", *S3_PORT)
    }

    /// Returns the directory that the server keeps everything in.
    pub(crate) fn directory(&self) -> &Path {
        &self.buckets
    }

    /// Returns the directory of the files of the objects below an `s3://` URL.
    pub(crate) fn directory_of(&self, url: &str) -> PathBuf {
        self.buckets.join(url.strip_prefix("s3://").unwrap())
    }

    /// Returns the directory of the files of a bucket's objects.
    pub(crate) fn bucket(&self) -> PathBuf {
        self.buckets.join(BUCKET)
    }
}

/// A server of Glue, Secrets Manager and Athena.
#[derive(Debug)]
pub(crate) struct Services {
    endpoint: String,
    _server: Background,
}

/// Returns MiniStack, started at the first call. It enforces versions of tables, and its Athena really reads files.
pub(crate) fn ministack() -> &'static Services {
    static SERVER: LazyLock<Services> = LazyLock::new(|| {
        let mut command = python_service("ministack");
        command.env("BIND_HOST", "127.0.0.1").env("GATEWAY_PORT", MINISTACK_PORT.to_string());
        command.env("IOT_MTLS_ENABLED", "0").env("SFTP_ENABLED", "0").env("S3_DATA_DIR", scratch().join("ministack"));
        Services::start("ministack", &mut command, *MINISTACK_PORT)
    });
    &SERVER
}

/// Returns moto, started at the first call: a second opinion. It takes any version of a table for the current one.
pub(crate) fn moto() -> &'static Services {
    static SERVER: LazyLock<Services> = LazyLock::new(|| {
        let port = free_port();
        let mut command = python_service("moto_server");
        command.args(["-H", "127.0.0.1", "-p", &port.to_string()]);
        Services::start("moto", &mut command, port)
    });
    &SERVER
}

impl Services {
    fn start(name: &'static str, command: &mut Command, port: u16) -> Self {
        let mut server = Background::start(name, command, scratch().join(format!("{name}.log")));
        server.wait_until(|| TcpStream::connect(("127.0.0.1", port)).ok());
        Self { endpoint: format!("http://127.0.0.1:{port}"), _server: server }
    }

    /// Returns the URL it answers at.
    pub(crate) fn endpoint(&self) -> &str {
        &self.endpoint
    }
}

/// Returns the command for a server that is installed beside the tests' Python.
fn python_service(program: &'static str) -> Command {
    let mut command = Command::new("bash");
    command.args(["-c", UNTIL_CLOSED, program]).arg(cache().join("venv/bin").join(program)).current_dir(scratch());
    command
}

//! A cluster of a scheduler and two executors, each a process of its own, with certificates or without.

use super::background::{Background, UNTIL_CLOSED};
use super::cluster::service_command;
use super::port::free_port;
use super::springald::{Outcome, clean_command, run};
use super::tool::scratch;
use super::warehouse::Warehouse;
use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

/// How soon who is refused must know it.
const SOON: Duration = Duration::from_secs(30);

/// A cluster whose connections need certificates, if it was started with any.
pub(crate) struct ClosedCluster {
    scheme: &'static str,
    ports: [u16; 3],
    processes: [Background; 3],
}

impl ClosedCluster {
    /// Starts a cluster called `name` with the bundle in `bundle`, if any, and waits until its executors have registered.
    pub(crate) fn start(name: &'static str, bundle: Option<&Path>) -> Self {
        Self::start_with(name, bundle, &[])
    }

    /// Starts a cluster as [`start`](Self::start) does, whose scheduler has `options`.
    pub(crate) fn start_with(name: &'static str, bundle: Option<&Path>, options: &[&str]) -> Self {
        let scheme = if bundle.is_some() { "https" } else { "http" };
        let ports = [free_port(), free_port(), free_port()];
        let [scheduler, ..] = ports.map(|port| format!("127.0.0.1:{port}"));
        let security = bundle.map_or(vec![], |bundle| vec!["--tls-bundle", bundle.to_str().unwrap()]);
        let arguments = [&["scheduler", "--bind", &scheduler][..], options, &security[..]].concat();
        let mut first = start_service(name, "scheduler", &arguments);
        first.wait_until(|| is_alive(scheme, ports[0]).then_some(()));
        let [second, third] = [1, 2].map(|number| {
            let (role, bind) = (format!("executor-{number}"), format!("127.0.0.1:{}", ports[number]));
            let work_dir = scratch().join(format!("{name}-{role}-work"));
            let cluster = format!("df://{scheduler}");
            let where_to = ["executor", "--cluster", &cluster, "--bind", &bind, "--vcores", "2"];
            let work = ["--work-dir", work_dir.to_str().unwrap()];
            start_service(name, &role, &[&where_to[..], &work[..], &security[..]].concat())
        });
        let mut cluster = Self { scheme, ports, processes: [first, second, third] };
        let all_registered = || look(scheme, ports[0], "/api/executors", &[]).1.matches("\"host\"").count() == 2;
        cluster.processes[0].wait_until(|| all_registered().then_some(()));
        cluster
    }

    /// Returns the ports of the scheduler and of the executors.
    pub(crate) fn ports(&self) -> [u16; 3] {
        self.ports
    }

    /// Returns the address as it is given to jobs.
    pub(crate) fn url(&self) -> String {
        format!("df://127.0.0.1:{}", self.ports[0])
    }

    /// Returns how many tasks each executor has finished so far.
    pub(crate) fn finished_tasks(&self) -> [usize; 2] {
        [1, 2].map(|executor| self.processes[executor].lines_with("Finished task"))
    }

    /// Runs a job on the cluster, with the bundle in `bundle`, if any.
    pub(crate) fn job(&self, warehouse: &Warehouse, bundle: Option<&Path>, job: &[&str]) -> Outcome {
        let mut command = clean_command(job);
        command.args(["--cluster", &self.url(), "--warehouse", warehouse.url()]);
        run(command.envs(bundle.map(|bundle| ("SPRINGALD_TLS_BUNDLE", bundle))))
    }

    /// Asks the service on one of the ports, as curl does with `options`; returns the status, 0 for none, and the answer.
    pub(crate) fn look(&self, port: u16, path: &str, options: &[&str]) -> (u16, String) {
        look(self.scheme, port, path, options)
    }

    /// Panics unless all services answer.
    pub(crate) fn must_answer(&self) {
        for port in self.ports {
            assert!(is_alive(self.scheme, port), "{port} does not answer");
        }
    }
}

/// Starts a service that logs to a file called after `name` and `role`.
pub(crate) fn start_service(name: &'static str, role: &str, arguments: &[&str]) -> Background {
    let mut command = Command::new("bash");
    command.args(["-c", UNTIL_CLOSED, "bash"]);
    service_command(&mut command, arguments);
    Background::start(name, &mut command, scratch().join(format!("{name}-{role}.log")))
}

/// Panics unless `refused` is refused soon, with `word` in its message.
pub(crate) fn refused_soon(word: &str, refused: impl FnOnce() -> Outcome) {
    let begun = Instant::now();
    let outcome = refused();
    assert!(outcome.refusal().contains(word), "`{word}` is not in: {}", outcome.stderr);
    assert!(begun.elapsed() < SOON, "{:?}: {}", begun.elapsed(), outcome.stderr);
}

/// Sends `head` and then 10,000 bytes that mean nothing to a port; panics if the service holds the connection for ever.
pub(crate) fn send_noise(port: u16, head: &[u8], seed: u64) {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.set_read_timeout(Some(SOON)).unwrap();
    let mut state = seed + 0x9E37_79B9_7F4A_7C15;
    let noise = (0..10_000).map(|_| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()[0]
    });
    // The service may close the connection at any byte.
    drop(stream.write_all(&head.iter().copied().chain(noise).collect::<Vec<u8>>()));
    drop(stream.shutdown(Shutdown::Write));
    let mut answer = Vec::new();
    let end = stream.read_to_end(&mut answer).map_err(|error| error.kind());
    assert!(!matches!(end, Err(ErrorKind::WouldBlock | ErrorKind::TimedOut)), "{port} holds on after {head:?}");
}

/// Returns whether a service says that it is alive, to a client without a certificate.
fn is_alive(scheme: &str, port: u16) -> bool {
    look(scheme, port, "/healthz", &[]) == (200, "ok".to_owned())
}

fn look(scheme: &str, port: u16, path: &str, options: &[&str]) -> (u16, String) {
    let mut command = Command::new("curl");
    command.args(["--silent", "--insecure", "--max-time", "20", "--write-out", "\n%{http_code}"]).args(options);
    let output = command.arg(format!("{scheme}://127.0.0.1:{port}{path}")).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let (body, status) = text.rsplit_once('\n').unwrap();
    (status.parse().unwrap(), body.to_owned())
}

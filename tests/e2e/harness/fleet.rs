//! A cluster of one test's own, whose processes the test kills, stops and starts.

use super::background::{Background, UNTIL_CLOSED, wait_until};
use super::cluster::{registered, service_command};
use super::port::free_port;
use super::tool::scratch;
use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A scheduler and executors of one task slot each.
#[derive(Debug)]
pub(crate) struct Fleet {
    name: &'static str,
    port: u16,
    scheduler: Service,
    executors: Vec<Service>,
    variables: Vec<(&'static str, String)>,
}

/// A process of a fleet, by which it can be told apart from whoever started it.
#[derive(Debug)]
struct Service {
    process: Background,
    pid_file: PathBuf,
}

/// A signal.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Signal {
    /// Ends a process at once.
    Kill,
    /// Holds a process.
    Stop,
    /// Lets a held process go on.
    Continue,
}

impl Fleet {
    /// Starts a scheduler and `executors` executors, and waits until all have registered.
    pub(crate) fn start(name: &'static str, executors: usize) -> Self {
        Self::start_with(name, executors, vec![])
    }

    /// Starts a fleet whose executors have `variables` in their environment.
    pub(crate) fn start_with(name: &'static str, executors: usize, variables: Vec<(&'static str, String)>) -> Self {
        let port = free_port();
        let mut fleet = Self { name, port, scheduler: scheduler(name, port), executors: vec![], variables };
        for _ in 0..executors {
            fleet.add_executor();
        }
        wait_until(|| fleet.registered() == executors);
        fleet
    }

    /// Returns the address as it is given to jobs.
    pub(crate) fn url(&self) -> String {
        format!("df://127.0.0.1:{}", self.port)
    }

    /// Starts one more executor; returns its number. It registers when it is ready.
    pub(crate) fn add_executor(&mut self) -> usize {
        let number = self.executors.len();
        let bind = format!("127.0.0.1:{}", free_port());
        let work_dir = scratch().join(format!("{}-work-{number}", self.name));
        let work_dir = work_dir.to_str().unwrap();
        let url = self.url();
        let arguments = ["executor", "--cluster", &url, "--bind", &bind, "--vcores", "1", "--work-dir", work_dir];
        self.executors.push(Service::start(self.name, &arguments, &self.variables));
        number
    }

    /// Sends a signal to an executor.
    pub(crate) fn signal(&self, executor: usize, signal: Signal) {
        self.executors[executor].signal(signal);
    }

    /// Kills the scheduler.
    pub(crate) fn kill_scheduler(&self) {
        self.scheduler.signal(Signal::Kill);
    }

    /// Starts another scheduler in the place of the one before, as systemd does.
    pub(crate) fn restart_scheduler(&mut self) {
        self.scheduler = scheduler(self.name, self.port);
    }

    /// Returns how many executors the scheduler counts as alive.
    pub(crate) fn registered(&self) -> usize {
        registered(self.port).unwrap_or(0)
    }

    /// Returns how many tasks an executor has finished so far.
    pub(crate) fn finished_tasks(&self, executor: usize) -> usize {
        self.lines_with(executor, "Finished task")
    }

    /// Returns how many tasks an executor has begun so far.
    pub(crate) fn started_tasks(&self, executor: usize) -> usize {
        self.lines_with(executor, "Received task")
    }

    /// Returns how many lines of an executor's log hold `text` so far.
    pub(crate) fn lines_with(&self, executor: usize, text: &str) -> usize {
        self.executors[executor].process.lines_with(text)
    }
}

fn scheduler(fleet: &'static str, port: u16) -> Service {
    let mut scheduler = Service::start(fleet, &["scheduler", "--bind", &format!("127.0.0.1:{port}")], &[]);
    scheduler.process.wait_until(|| registered(port).map(|_| ()));
    scheduler
}

impl Service {
    fn start(fleet: &'static str, arguments: &[&str], variables: &[(&str, String)]) -> Self {
        static STARTED: AtomicUsize = AtomicUsize::new(0);
        let name = format!("{fleet}-{}-{}", arguments[0], STARTED.fetch_add(1, Ordering::Relaxed));
        let pid_file = scratch().join(format!("{name}.pid"));
        let mut command = Command::new("bash");
        command.args(["-c", UNTIL_CLOSED, "bash"]);
        service_command(&mut command, arguments);
        command.envs(variables.iter().map(|(name, value)| (name, value)));
        command.env("PID_FILE", &pid_file).env("RUST_LOG", "info,springald_snapshot=debug");
        let process = Background::start(fleet, &mut command, scratch().join(format!("{name}.log")));
        wait_until(|| std::fs::read_to_string(&pid_file).is_ok_and(|pid| pid.ends_with('\n')));
        Self { process, pid_file }
    }

    fn pid(&self) -> String {
        std::fs::read_to_string(&self.pid_file).unwrap().trim().to_owned()
    }

    fn signal(&self, signal: Signal) {
        let name = match signal {
            Signal::Kill => "-KILL",
            Signal::Stop => "-STOP",
            Signal::Continue => "-CONT",
        };
        assert!(Command::new("kill").args([name, &self.pid()]).status().unwrap().success(), "{signal:?}");
    }
}

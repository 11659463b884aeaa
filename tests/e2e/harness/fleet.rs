//! A cluster of one test's own, whose processes the test kills, stops and starts.

use super::background::{Background, UNTIL_CLOSED, wait_until};
use super::cluster::{registered, service_command};
use super::memory_limit::MemoryLimit;
use super::port::free_port;
use super::subnet::Host;
use super::tool::scratch;
use super::usage::Usage;
use super::warehouse::Warehouse;
use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A scheduler and executors of one task slot each.
#[derive(Debug)]
pub(crate) struct Fleet {
    name: &'static str,
    host: String,
    port: u16,
    scheduler: Service,
    scheduler_options: Vec<String>,
    executors: Vec<Service>,
    variables: Vec<Variable<'static>>,
}

/// A variable of an environment; without a value it is not to be there.
type Variable<'a> = (&'a str, Option<String>);

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
    /// Asks a process to end.
    Terminate,
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
        Self::start_in(
            name,
            executors,
            variables.into_iter().map(|(variable, value)| (variable, Some(value))).collect(),
        )
    }

    /// Starts a fleet whose executors have `variables` in their environment, and not those without a value.
    pub(crate) fn start_in(name: &'static str, executors: usize, variables: Vec<Variable<'static>>) -> Self {
        Self { variables, ..Self::start_at(name, "127.0.0.1") }.with(executors)
    }

    /// Starts a fleet whose scheduler serves Flight SQL over the tables of `warehouse`.
    pub(crate) fn start_serving(name: &'static str, executors: usize, warehouse: &Warehouse) -> Self {
        Self::start_serving_at(name, "127.0.0.1", warehouse).with(executors)
    }

    /// Starts a scheduler that serves Flight SQL over the tables of `warehouse` at `host`, an address of this machine, and no
    /// executor.
    pub(crate) fn start_serving_at(name: &'static str, host: &str, warehouse: &Warehouse) -> Self {
        Self::start_scheduler(name, host, vec!["--warehouse".to_owned(), warehouse.url().to_owned()])
    }

    /// Starts a scheduler that others reach at `host`, an address of this machine, and no executor.
    pub(crate) fn start_at(name: &'static str, host: &str) -> Self {
        Self::start_scheduler(name, host, vec![])
    }

    fn start_scheduler(name: &'static str, host: &str, scheduler_options: Vec<String>) -> Self {
        let port = free_port();
        let scheduler = scheduler(name, host, port, &scheduler_options);
        let (host, executors, variables) = (host.to_owned(), vec![], vec![]);
        Self { name, host, port, scheduler, scheduler_options, executors, variables }
    }

    fn with(mut self, executors: usize) -> Self {
        for _ in 0..executors {
            self.add_executor();
        }
        wait_until(|| self.registered() == executors);
        self
    }

    /// Returns the scheduler's port.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Returns the address as it is given to jobs.
    pub(crate) fn url(&self) -> String {
        format!("df://{}:{}", self.host, self.port)
    }

    /// Starts one more executor; returns its number. It registers when it is ready.
    pub(crate) fn add_executor(&mut self) -> usize {
        self.add_executor_with(&[])
    }

    /// Starts one more executor, with `options`; returns its number. It registers when it is ready.
    pub(crate) fn add_executor_with(&mut self, options: &[&str]) -> usize {
        self.add(&[], "127.0.0.1", options, &self.variables.clone())
    }

    /// Starts one more executor on a host of its own, with more variables in its environment; returns its number.
    pub(crate) fn add_executor_on(&mut self, host: &Host, variables: &[(&str, String)]) -> usize {
        let variables: Vec<_> = variables.iter().map(|(variable, value)| (*variable, Some(value.clone()))).collect();
        self.add(&host.inside(), host.address(), &[], &variables)
    }

    /// Starts one more executor in a control group, with `options`; returns its number.
    pub(crate) fn add_executor_within(&mut self, limit: &MemoryLimit, options: &[&str]) -> usize {
        self.add(&limit.inside(), "127.0.0.1", options, &[])
    }

    fn add(&mut self, inside: &[String], address: &str, options: &[&str], variables: &[Variable<'_>]) -> usize {
        let number = self.executors.len();
        let bind = format!("{address}:{}", free_port());
        let work_dir = scratch().join(format!("{}-work-{number}", self.name));
        let work_dir = work_dir.to_str().unwrap();
        let url = self.url();
        let mut arguments = vec!["executor", "--cluster", &url, "--bind", &bind, "--vcores", "1"];
        arguments.extend(open_to_all(address));
        if !options.contains(&"--work-dir") {
            arguments.extend(["--work-dir", work_dir]);
        }
        arguments.extend(options);
        self.executors.push(Service::start(self.name, inside, &arguments, variables));
        number
    }

    /// Sends a signal to an executor.
    pub(crate) fn signal(&self, executor: usize, signal: Signal) {
        self.executors[executor].signal(signal);
    }

    /// Waits until an executor has ended, and returns its exit code.
    pub(crate) fn exit_code(&mut self, executor: usize) -> i32 {
        self.executors[executor].process.exit_code_at_end()
    }

    /// Kills the scheduler.
    pub(crate) fn kill_scheduler(&self) {
        self.scheduler.signal(Signal::Kill);
    }

    /// Starts another scheduler in the place of the one before, as systemd does.
    pub(crate) fn restart_scheduler(&mut self) {
        // The port is free when the one before has ended, which takes a moment.
        self.scheduler.process.exit_code_at_end();
        self.scheduler = scheduler(self.name, &self.host, self.port, &self.scheduler_options);
    }

    /// Returns the number of the executor that was started last.
    pub(crate) fn newest(&self) -> usize {
        self.executors.len() - 1
    }

    /// Returns what the scheduler and the first executor take of the machine.
    pub(crate) fn usage(&self) -> Vec<Usage> {
        [&self.scheduler, &self.executors[0]].map(|service| Usage::of(&service.pid())).to_vec()
    }

    /// Returns how many files lie in the first executor's work directory.
    pub(crate) fn work_files(&self) -> usize {
        let directory = scratch().join(format!("{}-work-0", self.name));
        let found = Command::new("find").arg(directory).args(["-type", "f"]).output().unwrap();
        String::from_utf8(found.stdout).unwrap().lines().count()
    }

    /// Returns how many executors the scheduler counts as alive.
    pub(crate) fn registered(&self) -> usize {
        registered(&self.host, self.port).unwrap_or(0)
    }

    /// Returns how many tasks an executor has finished so far.
    pub(crate) fn finished_tasks(&self, executor: usize) -> usize {
        self.lines_with(executor, "Finished task")
    }

    /// Returns how many tasks an executor has begun so far.
    pub(crate) fn started_tasks(&self, executor: usize) -> usize {
        self.lines_with(executor, "Received task")
    }

    /// Returns how many lines of the scheduler's log hold `text` so far.
    pub(crate) fn scheduler_lines_with(&self, text: &str) -> usize {
        self.scheduler.process.lines_with(text)
    }

    /// Returns how many lines of an executor's log hold `text` so far.
    pub(crate) fn lines_with(&self, executor: usize, text: &str) -> usize {
        self.executors[executor].process.lines_with(text)
    }
}

fn scheduler(fleet: &'static str, host: &str, port: u16, options: &[String]) -> Service {
    let bind = format!("{host}:{port}");
    let options: Vec<&str> = options.iter().map(String::as_str).collect();
    let arguments = [&["scheduler", "--bind", &bind], open_to_all(host), &options].concat();
    let mut scheduler = Service::start(fleet, &[], &arguments, &[]);
    scheduler.process.wait_until(|| registered(host, port).map(|_| ()));
    scheduler
}

/// A service without certificates that is not on loopback has to be told so.
fn open_to_all(host: &str) -> &'static [&'static str] {
    if host == "127.0.0.1" { &[] } else { &["--insecure"] }
}

impl Service {
    fn start(fleet: &'static str, inside: &[String], arguments: &[&str], variables: &[Variable<'_>]) -> Self {
        static STARTED: AtomicUsize = AtomicUsize::new(0);
        let name = format!("{fleet}-{}-{}", arguments[0], STARTED.fetch_add(1, Ordering::Relaxed));
        let pid_file = scratch().join(format!("{name}.pid"));
        let mut command = Command::new("bash");
        command.args(["-c", UNTIL_CLOSED, "bash"]).args(inside);
        service_command(&mut command, arguments);
        for (variable, value) in variables {
            match value {
                Some(value) => command.env(variable, value),
                None => command.env_remove(variable),
            };
        }
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
            Signal::Terminate => "-TERM",
            Signal::Stop => "-STOP",
            Signal::Continue => "-CONT",
        };
        assert!(Command::new("kill").args([name, &self.pid()]).status().unwrap().success(), "{signal:?}");
    }
}

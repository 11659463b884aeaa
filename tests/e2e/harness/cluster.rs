//! One cluster for all tests of this process: a scheduler and two executors, each a process of its own.

use super::aws::environment;
use super::background::{Background, UNTIL_CLOSED};
use super::mysql::PASSWORD;
use super::port::free_port;
use super::springald::clean_command;
use super::tool::scratch;
use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::Command;
use std::sync::LazyLock;
use std::time::Duration;

/// How many executors the cluster has.
const EXECUTORS: usize = 2;

/// Where the cluster is.
const LOOPBACK: &str = "127.0.0.1";

/// The cluster.
#[derive(Debug)]
pub(crate) struct Cluster {
    url: String,
    port: u16,
    executors: [Background; EXECUTORS],
    scheduler: Background,
}

/// Returns the cluster, started at the first call.
pub(crate) fn cluster() -> &'static Cluster {
    static CLUSTER: LazyLock<Cluster> = LazyLock::new(Cluster::start);
    &CLUSTER
}

impl Cluster {
    fn start() -> Self {
        let port = free_port();
        let url = format!("df://127.0.0.1:{port}");
        let bind = format!("127.0.0.1:{port}");
        let mut scheduler = serve("scheduler", &["scheduler", "--bind", &bind]);
        let executors = [("executor-1", 1), ("executor-2", 2)].map(|(name, number)| start_executor(name, number, &url));
        scheduler.wait_until(|| (registered(LOOPBACK, port)? == EXECUTORS).then_some(()));
        Self { url, port, executors, scheduler }
    }

    /// Returns the address as it is given to jobs.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Returns how many lines of the executors' logs hold `text` so far.
    pub(crate) fn lines_with(&self, text: &str) -> usize {
        self.executors.iter().map(|executor| executor.lines_with(text)).sum()
    }

    /// Returns all that scheduler and executors have logged so far.
    pub(crate) fn logs(&self) -> String {
        [&self.scheduler, &self.executors[0], &self.executors[1]].map(Background::logged).concat()
    }

    /// Returns what the scheduler tells whoever asks, by the page: all that its own description of its web API names and
    /// `others`, of every job, stage and executor that it knows.
    pub(crate) fn answers(&self, others: &[&str]) -> BTreeMap<String, Vec<String>> {
        let jobs = self.ids("/api/jobs", "job_id");
        let executors = self.ids("/api/executors", "id");
        let stages = |job: &String| self.ids(&format!("/api/job/{job}/stages"), "stage_id");
        let filled = |page: &str| -> Vec<String> {
            if page.contains("{executor_id}") {
                return executors.iter().map(|executor| page.replace("{executor_id}", executor)).collect();
            }
            let of_job = |job: &String| -> Vec<String> {
                let page = page.replace("{job_id}", job);
                if !page.contains("{stage_id}") {
                    return vec![page];
                }
                stages(job).iter().map(|stage| page.replace("{stage_id}", stage)).collect()
            };
            if page.contains("{job_id}") { jobs.iter().flat_map(of_job).collect() } else { vec![page.to_owned()] }
        };
        let described = self.described_pages();
        let pages = described.iter().map(String::as_str).chain(others.iter().copied());
        let answers = |page: &str| filled(page).iter().filter_map(|url| get(LOOPBACK, self.port, url)).collect();
        pages.map(|page| (page.to_owned(), answers(page))).collect()
    }

    /// Returns the pages that the web API's own description says can be got.
    fn described_pages(&self) -> Vec<String> {
        let description = self.json("/api/openapi.json");
        let paths = description["paths"].as_object().unwrap().iter();
        paths.filter(|(_, verbs)| verbs.get("get").is_some()).map(|(path, _)| path.clone()).collect()
    }

    /// Returns every value of a key in the answer of a page, wherever it stands.
    fn ids(&self, page: &str, key: &str) -> Vec<String> {
        let mut found = Vec::new();
        collect(&self.json(page), key, &mut found);
        found
    }

    fn json(&self, page: &str) -> serde_json::Value {
        let answer = get(LOOPBACK, self.port, page).unwrap_or_else(|| panic!("{page} is not answered"));
        serde_json::from_str(answer.split_once("\r\n\r\n").unwrap().1).unwrap()
    }

    /// Returns how many tasks each executor has finished so far, for whatever job.
    pub(crate) fn finished_tasks(&self) -> [usize; EXECUTORS] {
        self.executors.each_ref().map(|executor| executor.lines_with("Finished task"))
    }
}

fn collect(value: &serde_json::Value, key: &str, found: &mut Vec<String>) {
    found.extend(value.get(key).and_then(|id| id.as_str()).map(str::to_owned));
    let members = value.as_object().into_iter().flat_map(|members| members.values());
    let items = value.as_array().into_iter().flatten();
    members.chain(items).for_each(|inner| collect(inner, key, found));
}

fn start_executor(name: &'static str, number: usize, cluster: &str) -> Background {
    let bind = format!("127.0.0.1:{}", free_port());
    let work_dir = scratch().join(format!("work-{number}"));
    let work_dir = work_dir.to_str().unwrap();
    serve(name, &["executor", "--cluster", cluster, "--bind", &bind, "--vcores", "2", "--work-dir", work_dir])
}

fn serve(name: &'static str, arguments: &[&str]) -> Background {
    let mut command = Command::new("bash");
    command.args(["-c", UNTIL_CLOSED, name]);
    service_command(&mut command, arguments);
    Background::start(name, &mut command, scratch().join(format!("{name}.log")))
}

/// Adds the executable with `arguments` to `command`, with the environment that a service is to have.
pub(super) fn service_command(command: &mut Command, arguments: &[&str]) {
    let service = clean_command(arguments);
    command.arg(service.get_program()).args(service.get_args());
    for (variable, value) in service.get_envs() {
        match value {
            Some(value) => command.env(variable, value),
            None => command.env_remove(variable),
        };
    }
    command.env("MYSQL_PWD", PASSWORD).envs(environment());
}

/// Returns how many executors the scheduler knows, or nothing while it does not answer.
pub(super) fn registered(host: &str, port: u16) -> Option<usize> {
    let body = get(host, port, "/api/executors")?;
    let list = body.get(body.find('[')?..=body.rfind(']')?)?;
    let executors: Vec<serde_json::Value> = serde_json::from_str(list).ok()?;
    Some(executors.len())
}

fn get(host: &str, port: u16, path: &str) -> Option<String> {
    let mut stream = TcpStream::connect((host, port)).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(5))).ok()?;
    let request =
        format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nAccept: application/json\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).ok()?;
    let mut response = String::new();
    stream.read_to_string(&mut response).ok()?;
    response.starts_with("HTTP/1.1 200").then_some(response)
}

//! A warehouse of one test: jobs that write to it, and what lies in it.

use super::aws::{BUCKET, environment, s3};
use super::cluster::cluster;
use super::mysql::mysql;
use super::springald::{Outcome, clean_command, run};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// How long an upload of another test may take.
const UPLOADS_END: Duration = Duration::from_secs(90);

/// A directory that jobs publish to, on the local disk or behind the S3 server, removed at the end of the test.
#[derive(Debug)]
pub(crate) struct Warehouse {
    directory: TempDir,
    url: String,
    options: Vec<String>,
}

impl Warehouse {
    /// Returns an empty warehouse.
    pub(crate) fn new() -> Self {
        let directory = TempDir::with_prefix_in("warehouse-", super::tool::scratch()).unwrap();
        Self { url: directory.path().to_str().unwrap().to_owned(), directory, options: Vec::new() }
    }

    /// Returns an empty warehouse in the bucket of the S3 server, whose jobs are given `options`.
    pub(crate) fn on_s3(options: &[&str]) -> Self {
        let directory = TempDir::with_prefix_in("warehouse-", s3().bucket()).unwrap();
        let url = format!("s3://{BUCKET}/{}", directory.path().file_name().unwrap().to_str().unwrap());
        Self { url, directory, options: options.iter().map(ToString::to_string).collect() }
    }

    /// Returns what jobs are given as their warehouse.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Returns the variables that lead a job to it.
    pub(crate) fn environment(&self) -> Vec<(&'static str, String)> {
        environment()
    }

    /// Returns what the S3 server keeps of multipart uploads that nobody ends: other tests' may be under way now, and are
    /// waited for.
    pub(crate) fn unfinished_uploads(&self) -> Vec<String> {
        let directory = s3().directory();
        let entries = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().file_name());
        let names = entries.map(|name| name.into_string().unwrap());
        let mut left: Vec<String> = names.filter(|name| name.contains("upload")).collect();
        let start = Instant::now();
        while !left.is_empty() && start.elapsed() < UPLOADS_END {
            std::thread::sleep(Duration::from_millis(50));
            left.retain(|name| directory.join(name).exists());
        }
        left
    }

    /// Returns its directory; on S3, that of the server's files.
    pub(crate) fn path(&self) -> &Path {
        self.directory.path()
    }

    /// Returns the command of an ingest job on the two executors.
    pub(crate) fn ingest_command(&self, from: &str, options: &[&str]) -> Command {
        let database = from.split('.').next().unwrap();
        self.ingest_from(&mysql().source(database), &[&["--from", from], options].concat())
    }

    /// Returns the command of an ingest job on the two executors, of what `options` say from a server of the test's own.
    pub(crate) fn ingest_from(&self, source: &str, options: &[&str]) -> Command {
        self.ingest_on(cluster().url(), source, options)
    }

    /// Returns the command of an ingest job on the cluster at `url`, of what `options` say.
    pub(crate) fn ingest_on(&self, url: &str, source: &str, options: &[&str]) -> Command {
        let mut command = self.job_on(url, "ingest");
        command.args(["--source", source]).args(options);
        command
    }

    /// Runs an ingest job on the two executors.
    pub(crate) fn ingest(&self, from: &str, options: &[&str]) -> Outcome {
        run(&mut self.ingest_command(from, options))
    }

    /// Runs a process job on the two executors.
    pub(crate) fn process(&self, query: &Path, into: &str) -> Outcome {
        run(self.job("process").arg("--query").arg(query).args(["--into", into]))
    }

    /// Runs `springald snapshots VERB` on a table.
    pub(crate) fn snapshots(&self, verb: &str, table: &str, options: &[&str]) -> Outcome {
        run(&mut self.snapshots_command(verb, table, options))
    }

    /// Returns the command `springald snapshots VERB` on a table.
    pub(crate) fn snapshots_command(&self, verb: &str, table: &str, options: &[&str]) -> Command {
        let mut command = clean_command(&["snapshots", verb, table, "--warehouse", &self.url]);
        command.args(options).envs(environment());
        command
    }

    /// Makes a run look as if it had started on the first day of 2020, and returns its name from then on.
    pub(crate) fn age_first_run(&self, report: &Value) -> String {
        self.age_run(report, 1)
    }

    /// Makes a run, with all that names it in the warehouse, look as if it had started on a day of January 2020, and
    /// returns its name from then on.
    pub(crate) fn age_run(&self, report: &Value, day: u32) -> String {
        let run = report["run"].as_str().unwrap();
        let aged = format!("202001{day:02}T000000Z-000000");
        let long_ago = std::time::SystemTime::now() - Duration::from_secs(10 * 24 * 3600);
        for name in self.names().into_iter().filter(|name| name.contains(run)) {
            let renamed = self.path().join(name.replace(run, &aged));
            fs::create_dir_all(renamed.parent().unwrap()).unwrap();
            fs::rename(self.path().join(&name), &renamed).unwrap();
        }
        for name in self.names() {
            let file = self.path().join(&name);
            if name.ends_with(".json") {
                let text = fs::read_to_string(&file).unwrap();
                if text.contains(run) {
                    fs::write(&file, text.replace(run, &aged)).unwrap();
                }
            }
            if name.contains(&aged) {
                fs::File::options().write(true).open(&file).unwrap().set_modified(long_ago).unwrap();
            }
        }
        aged
    }

    fn job(&self, job: &str) -> Command {
        self.job_on(cluster().url(), job)
    }

    fn job_on(&self, url: &str, job: &str) -> Command {
        let mut command = clean_command(&[job, "--cluster", url, "--warehouse"]);
        command.arg(&self.url).args(&self.options).envs(environment());
        command
    }

    /// Returns the newest version of a table in the catalog: its number and its document.
    pub(crate) fn newest(&self, table: &str) -> (u64, Value) {
        let directory = self.path().join("_catalog").join(table.replace('.', "/"));
        let entries = fs::read_dir(&directory).unwrap_or_else(|error| panic!("{}: {error}", directory.display()));
        let documents = entries.map(|entry| entry.unwrap().path());
        let newest = documents.filter(|path| path.extension().is_some_and(|kind| kind == "json")).max().unwrap();
        let number = newest.file_stem().unwrap().to_str().unwrap().parse().unwrap();
        (number, serde_json::from_slice(&fs::read(&newest).unwrap()).unwrap())
    }

    /// Returns whether anything is published.
    pub(crate) fn has_tables(&self) -> bool {
        self.names().iter().any(|name| name.starts_with("_catalog/"))
    }

    /// Returns the directory of a table's live snapshot.
    pub(crate) fn location(&self, table: &str) -> String {
        self.newest(table).1["StorageDescriptor"]["Location"].as_str().unwrap().to_owned()
    }

    /// Returns the split manifests of a published run, given its report.
    pub(crate) fn splits(&self, report: &Value) -> Vec<Value> {
        let run = report["run"].as_str().unwrap();
        let names = self.names().into_iter();
        let splits = names.filter(|name| name.contains(&format!("_runs/{run}/split-")));
        splits.map(|name| serde_json::from_slice(&fs::read(self.path().join(name)).unwrap()).unwrap()).collect()
    }

    /// Returns a record of a published run, given its report.
    pub(crate) fn record(&self, report: &Value, file: &str) -> Value {
        let name = format!("_runs/{}/{file}", report["run"].as_str().unwrap());
        let names = self.names();
        let name = names.iter().find(|found| found.ends_with(&name)).unwrap_or_else(|| panic!("{name} is not there"));
        serde_json::from_slice(&fs::read(self.path().join(name)).unwrap()).unwrap()
    }

    /// Returns the path of every file in the warehouse, relative to it. Files may come and go meanwhile.
    pub(crate) fn names(&self) -> Vec<String> {
        let mut found = Vec::new();
        let mut directories = vec![self.path().to_owned()];
        while let Some(directory) = directories.pop() {
            let entries = fs::read_dir(directory).into_iter().flatten();
            for path in entries.map(|entry| entry.unwrap().path()) {
                if path.is_dir() {
                    directories.push(path);
                } else {
                    found.push(path.strip_prefix(self.path()).unwrap().to_str().unwrap().to_owned());
                }
            }
        }
        found
    }

    /// Returns how many splits the runs so far have finished.
    pub(crate) fn finished_splits(&self) -> usize {
        self.names().iter().filter(|name| name.contains("/_runs/") && name.contains("/split-")).count()
    }

    /// Returns what readers can find, by its path: every file's content but the records of runs.
    pub(crate) fn published(&self) -> BTreeMap<String, Vec<u8>> {
        let names = self.names().into_iter().filter(|name| !name.contains("/_runs/"));
        names.map(|name| (name.clone(), fs::read(self.path().join(name)).unwrap())).collect()
    }

    /// Writes a query into the warehouse's neighbourhood, and returns its path.
    pub(crate) fn query_file(&self, sql: &str) -> PathBuf {
        let file = self.path().with_extension("sql");
        fs::write(&file, sql).unwrap();
        file
    }
}

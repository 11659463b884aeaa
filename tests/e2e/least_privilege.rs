//! The policies in `docs/iam` grant each AWS call that is made, and none that is not.
//!
//! Driver and executors reach S3, Glue and Secrets Manager on roads of their own, which note every request.

mod analyst;
mod mwaa;

use crate::harness::{
    Fleet, Noted, Outcome, Road, RotatedUser, Upload, Warehouse, clean_command, in_project, ministack, mysql, noise,
    run,
};
use serde_json::Value;
use std::collections::BTreeSet;
use std::process::Command;

/// The day on which the roads say that every upload was begun.
const LONG_AGO: &str = "2020-01-03T00:00:00.000Z";

/// Only with keys of one's own, which the servers of the tests do not check.
const OF_KEYS: [&str; 2] = ["kms:Decrypt", "kms:GenerateDataKey"];

/// The roads of one role.
struct Roads {
    s3: Road,
    services: Road,
}

impl Roads {
    fn open() -> Self {
        Self { s3: Road::good(LONG_AGO), services: Road::to(ministack().endpoint()) }
    }

    fn variables(&self) -> Vec<(&'static str, String)> {
        vec![
            ("AWS_ENDPOINT_URL", self.services.endpoint().to_owned()),
            ("AWS_ENDPOINT_URL_S3", self.s3.endpoint().to_owned()),
        ]
    }

    /// Returns the actions of all requests so far, as policies name them.
    fn actions(&self) -> BTreeSet<String> {
        let s3 = self.s3.noted();
        let services = self.services.noted();
        s3.iter().flat_map(actions_of_s3).chain(services.iter().map(action_of_service)).collect()
    }
}

/// Returns the actions of all requests on a road to a server that is S3 and everything else.
fn actions_on(road: &Road) -> BTreeSet<String> {
    let noted = road.noted();
    let actions = noted.iter().flat_map(|noted| match target(noted) {
        Some(_) => vec![action_of_service(noted)],
        None => actions_of_s3(noted),
    });
    actions.collect()
}

/// Without the right to list a bucket, S3 answers 403 for an object that is not there.
fn actions_of_s3(noted: &Noted) -> Vec<String> {
    let mut words = noted.head.split(' ');
    let (method, target) = (words.next().unwrap(), words.next().unwrap());
    let is_of_bucket = !target.split('?').next().unwrap().trim_matches('/').contains('/');
    let action = match method {
        "GET" if is_of_bucket && target.contains("uploads") => "ListBucketMultipartUploads",
        "GET" if is_of_bucket => "ListBucket",
        "GET" | "HEAD" => "GetObject",
        "POST" if target.contains("?delete") => "DeleteObject",
        "PUT" | "POST" => "PutObject",
        "DELETE" if target.contains("uploadId") => "AbortMultipartUpload",
        "DELETE" => "DeleteObject",
        other => panic!("no action is known for {other} {target}"),
    };
    let missing = (action == "GetObject" && noted.answer.contains(" 404")).then_some("ListBucket");
    [action].into_iter().chain(missing).map(|action| format!("s3:{action}")).collect()
}

/// Returns the operation that a service was asked for, as `Service.Operation`; S3 has none.
fn target(noted: &Noted) -> Option<&str> {
    noted.head.lines().find_map(|line| {
        let (name, value) = line.split_once(": ")?;
        name.eq_ignore_ascii_case("x-amz-target").then_some(value)
    })
}

/// Column statistics have no rights of their own (facts, 2.2).
fn action_of_service(noted: &Noted) -> String {
    let target = target(noted).unwrap_or_else(|| panic!("no target in {}", noted.head));
    let (service, operation) = target.split_once('.').unwrap();
    match (service, operation.split_once("ColumnStatisticsFor")) {
        ("AWSGlue", Some((verb, place))) => format!("glue:{verb}{place}"),
        ("AWSGlue", None) => format!("glue:{operation}"),
        ("AmazonAthena", _) => format!("athena:{operation}"),
        ("ElasticMapReduce", _) => format!("elasticmapreduce:{operation}"),
        ("secretsmanager", _) => format!("secretsmanager:{operation}"),
        other => panic!("no service is known for {other:?}"),
    }
}

/// Returns `actions` and those that a policy must grant too though no call shows them.
fn with_unseen(mut actions: BTreeSet<String>, unseen: &[&str]) -> BTreeSet<String> {
    for action in unseen {
        assert!(actions.insert((*action).to_owned()), "{action} is seen: it needs no word of its own");
    }
    actions
}

/// Returns the actions that a policy grants, but for those on keys.
fn granted(file: &str) -> BTreeSet<String> {
    let policy = policy(file);
    let statements = policy["Statement"].as_array().unwrap().iter();
    let actions = statements.flat_map(|statement| statement["Action"].as_array().unwrap());
    actions
        .map(|action| action.as_str().unwrap().to_owned())
        .filter(|action| !OF_KEYS.contains(&action.as_str()))
        .collect()
}

fn policy(file: &str) -> Value {
    serde_json::from_str(&std::fs::read_to_string(in_project("docs/iam").join(file)).unwrap()).unwrap()
}

fn job(job: &str, roads: &Roads, fleet: &Fleet, warehouse: &Warehouse, arguments: &[&str]) -> Outcome {
    let mut command = clean_command(&[job, "--cluster", &fleet.url(), "--warehouse", warehouse.url()]);
    run(on(&mut command, roads, warehouse).args(arguments))
}

fn on<'a>(command: &'a mut Command, roads: &Roads, warehouse: &Warehouse) -> &'a mut Command {
    command.envs(warehouse.environment()).envs(roads.variables())
}

/// Creates a small table, and one so large that it is uploaded in parts, whose last row cannot be copied.
fn tables() {
    mysql().new_database("least");
    let noise = noise();
    mysql().execute(&format!(
        "USE least; SET sql_mode = 'ALLOW_INVALID_DATES';
         CREATE TABLE t (id INT PRIMARY KEY, name VARCHAR(20));
         INSERT INTO t SELECT seq, CONCAT('name ', seq) FROM seq_1_to_100;
         CREATE TABLE flawed (id INT PRIMARY KEY, day DATE NOT NULL, noise VARCHAR(1100));
         INSERT INTO flawed SELECT seq, IF(seq = 90000, '2024-00-10', '2024-01-10'), {noise}
           FROM seq_1_to_90000"
    ));
}

/// Does all that a driver does, and returns what it has asked for; executors ask on roads of their own.
fn do_everything(driver: &Roads, fleet: &Fleet, warehouse: &Warehouse) {
    let user = RotatedUser::new("least_user");
    let source = user.source();
    let ingest = |table: &str, options: &[&str]| {
        job("ingest", driver, fleet, warehouse, &[&["--source", &source, "--from", table], options].concat())
    };
    let described = ["--create-database", "--column-statistics", "--date", "2026-05-01"];
    let reports = [&described[..], &["--date", "2026-05-01"], &["--date", "2026-05-02"], &["--date", "2026-05-03"]]
        .map(|options| ingest("least.t", options).report());

    for size in ["1MiB", "1GiB"] {
        let flawed = ingest("least.flawed", &["--splits", "1", "--file-size", size]);
        assert!(flawed.refusal().contains("--invalid-dates"), "{}", flawed.stderr);
    }
    let unknown = warehouse.query_file("SELECT id FROM least.unknown");
    let arguments = ["--query", unknown.to_str().unwrap(), "--into", "least.ids"];
    assert!(job("process", driver, fleet, warehouse, &arguments).refusal().contains("least.t"));
    warehouse.query_file("SELECT id FROM least.t");
    job("process", driver, fleet, warehouse, &arguments).report();

    let snapshots = |verb: &str, options: &[&str]| {
        let mut command = clean_command(&["snapshots", verb, "least.t", "--warehouse", warehouse.url()]);
        run(on(&mut command, driver, warehouse).args(options)).report()
    };
    snapshots("list", &[]);
    snapshots("rollback", &["--run", reports[2]["run"].as_str().unwrap()]);
    snapshots("rollback", &["--run", reports[3]["run"].as_str().unwrap()]);
    let aged = warehouse.age_first_run(&reports[0]);
    let root = warehouse.url().rsplit('/').next().unwrap();
    let left = format!("{root}/least/t/y=2026/m=05/d=01/{aged}/part-00000-dead.parquet");
    let upload = Upload::begin(driver.s3.endpoint(), &left);
    let expired = snapshots("expire", &["--keep", "2d"]);
    assert_eq!((&expired["removed"][0], upload.is_there()), (&Value::from(aged), false));
}

#[test]
fn policies_grant_what_is_asked_for_and_nothing_else() {
    let (driver, executor) = (Roads::open(), Roads::open());
    let fleet = Fleet::start_with("least", 2, executor.variables());
    let warehouse = Warehouse::on_s3(&[]);
    tables();
    do_everything(&driver, &fleet, &warehouse);
    assert_eq!(driver.actions(), granted("driver.json"));
    assert_eq!(executor.actions(), granted("executor.json"));
}

#[test]
fn a_glue_call_is_granted_on_all_three_resources_and_each_action_says_why() {
    let why = std::fs::read_to_string(in_project("docs/iam/README.md")).unwrap();
    for file in ["driver.json", "executor.json", "analyst.json", "mwaa.json"] {
        assert!(why.contains(&format!("`{file}`")), "{file} is not in the README");
        for statement in policy(file)["Statement"].as_array().unwrap() {
            let actions: Vec<&str> =
                statement["Action"].as_array().unwrap().iter().map(|action| action.as_str().unwrap()).collect();
            for action in &actions {
                assert!(why.contains(&format!("`{action}`")), "{action} of {file} is not in the README");
            }
            if actions.iter().any(|action| action.starts_with("glue:")) {
                let resources = statement["Resource"].as_array().unwrap();
                for kind in [":catalog", ":database/", ":table/"] {
                    let is_named = resources.iter().any(|resource| resource.as_str().unwrap().contains(kind));
                    assert!(is_named, "{kind} is missing in {file}");
                }
            }
        }
    }
}

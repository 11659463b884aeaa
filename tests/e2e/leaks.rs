//! No password and no key of AWS is written anywhere: not in logs, plans, manifests, reports, the catalog, or what the
//! scheduler tells whoever asks. It keeps no event log, which would be all that again.

use crate::harness::{
    ACCESS_KEY, CRIMES, PASSWORD, RotatedUser, SECRET_KEY, Tap, Warehouse, clean_command, cluster, crimes, glue_table,
    ministack, mysql, run,
};
use std::fs;

/// What the scheduler tells beside its web API, and what that can be asked for in other forms.
const OTHER_PAGES: [&str; 5] = [
    "/slots",
    "/metrics",
    "/api/job/{job_id}?plan_format=tree",
    "/api/job/{job_id}?plan_format=metrics",
    "/api/job/{job_id}/stages?plan_format=metrics",
];

#[test]
fn no_secret_is_written_or_told() {
    crimes();
    ministack();
    let user = RotatedUser::new("leaks_user");
    let warehouse = Warehouse::on_s3(&["--create-database"]);
    let report = warehouse.path().with_extension("report.json");
    let options = ["--from", CRIMES, "--into", "leaks.crimes", "--report", report.to_str().unwrap(), "--splits", "4"];
    let mut command = warehouse.ingest_from(&user.source(), &options);
    command.env("RUST_LOG", "debug,aws_smithy_runtime=trace,aws_config=trace,aws_sigv4=trace");
    let ingest = run(&mut command);
    assert_eq!(ingest.code, Some(0), "{}", ingest.stderr);
    let query = warehouse.query_file("SELECT id FROM leaks.crimes");
    let process = warehouse.process(&query, "leaks.ids");
    process.report();

    let mut written = vec![("ingest's output", format!("{}{}", ingest.stdout, ingest.stderr))];
    written.push(("process's output", format!("{}{}", process.stdout, process.stderr)));
    written.push(("the report", fs::read_to_string(&report).unwrap()));
    written.push(("Glue", format!("{:?}", glue_table("leaks.crimes"))));
    written.push(("the services' logs", cluster().logs()));
    written.push(("the warehouse", contents(&warehouse)));
    let answers = cluster().answers(&OTHER_PAGES);
    for (page, answers) in &answers {
        assert!(!answers.is_empty(), "nothing was seen of {page}");
        written.extend(answers.iter().map(|answer| (page.as_str(), answer.clone())));
    }
    assert!(answers.contains_key("/api/job/{job_id}/config"), "{:?}", answers.keys());
    for secret in [PASSWORD, &user.password(), ACCESS_KEY, SECRET_KEY] {
        for (place, text) in &written {
            assert!(!text.contains(secret), "{place} shows a secret: {}", around(text, secret));
        }
    }
}

#[test]
fn a_plan_on_its_way_to_the_scheduler_holds_no_secret() {
    mysql().new_database("tapped");
    mysql().execute("CREATE TABLE tapped.t (id INT PRIMARY KEY); INSERT INTO tapped.t VALUES (1), (2), (3)");
    ministack();
    let user = RotatedUser::new("tapped_user");
    let warehouse = Warehouse::on_s3(&[]);
    for (source, named) in [(user.source(), "tapped_user"), (mysql().source("tapped"), "springald")] {
        let tap = Tap::before(cluster().url().trim_start_matches("df://"));
        let url = format!("df://127.0.0.1:{}", tap.port());
        let mut command = clean_command(&["ingest", "--cluster", &url, "--source", &source, "--from", "tapped.t"]);
        command.args(["--catalog", "local", "--warehouse", warehouse.url()]).envs(warehouse.environment());
        run(&mut command).report();
        let sent = String::from_utf8_lossy(&tap.sent()).into_owned();
        assert!(sent.contains("SPRINGALD") && sent.contains(named), "no plan was seen");
        for secret in [PASSWORD, &user.password(), ACCESS_KEY, SECRET_KEY] {
            assert!(!sent.contains(secret), "the encoded plan holds a secret");
        }
    }
}

/// Everything that lies in the warehouse, Parquet files included, as text.
fn contents(warehouse: &Warehouse) -> String {
    let names = warehouse.names().into_iter();
    names.map(|name| String::from_utf8_lossy(&fs::read(warehouse.path().join(name)).unwrap()).into_owned()).collect()
}

/// What stands before a secret, for the message.
fn around<'a>(text: &'a str, secret: &str) -> &'a str {
    let end = text.find(secret).unwrap_or_default();
    let start = text[..end].rfind('\n').unwrap_or_default();
    &text[start..end]
}

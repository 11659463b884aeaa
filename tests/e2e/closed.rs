//! A cluster with certificates lets its own processes in and nobody else, and says why; without them it is open to this
//! machine alone.

use crate::harness::{
    Authority, ClosedCluster, Outcome, Warehouse, compare, free_port, mysql, refused_soon, send_noise, springald,
    start_service, total, wait_until, write_for_owner,
};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

const NAME: &str = "lake.internal";
const ROWS: u64 = 20_000;
const LONG: i32 = 2099;

struct Fixture {
    authority: Authority,
    bundle: PathBuf,
    cluster: ClosedCluster,
}

fn fixture() -> &'static Fixture {
    static FIXTURE: LazyLock<Fixture> = LazyLock::new(|| {
        mysql().new_database("closed");
        mysql().execute(&format!(
            "USE closed; CREATE TABLE t (id INT PRIMARY KEY, k INT NOT NULL, name VARCHAR(20));
             INSERT INTO t SELECT seq, seq % 40, CONCAT('name ', seq) FROM seq_1_to_{ROWS}"
        ));
        let authority = Authority::new("closed");
        let bundle = authority.bundle(NAME, LONG);
        let cluster = ClosedCluster::start("closed", Some(&bundle));
        Fixture { authority, bundle, cluster }
    });
    &FIXTURE
}

impl Fixture {
    fn ingest(&self, warehouse: &Warehouse, bundle: Option<&Path>) -> Outcome {
        let source = mysql().source("closed");
        let job = ["ingest", "--source", &source, "--from", "closed.t", "--splits", "8"];
        self.cluster.job(warehouse, bundle, &job)
    }

    /// Panics unless an ingest with `bundle` is refused soon, publishes nothing, and leaves the cluster as it was.
    fn refuses(&self, bundle: Option<&Path>, word: &str) {
        let warehouse = Warehouse::new();
        refused_soon(word, || self.ingest(&warehouse, bundle));
        assert!(!warehouse.has_tables(), "{:?}", warehouse.names());
        self.cluster.must_answer();
    }
}

#[test]
fn jobs_run_exactly_on_two_executors_with_certificates() {
    let fixture = fixture();
    let warehouse = Warehouse::new();
    let before = fixture.cluster.finished_tasks();
    assert_eq!(fixture.ingest(&warehouse, Some(&fixture.bundle)).rows(), ROWS);
    assert_eq!(compare(&warehouse, "closed.t", "closed.t", "id", &[]).rows, ROWS);

    let query = warehouse.query_file(
        "SELECT a.id, count(*) AS pairs, sum(b.id) AS others FROM closed.t a JOIN closed.t b ON a.k = b.k GROUP BY a.id",
    );
    let process = ["process", "--query", query.to_str().unwrap(), "--into", "closed.pairs"];
    assert_eq!(fixture.cluster.job(&warehouse, Some(&fixture.bundle), &process).rows(), ROWS);
    let expected = ROWS / 40 * (ROWS * (ROWS + 1) / 2);
    assert_eq!(total(&warehouse, "closed.pairs", "others").total, expected);
    assert_eq!(total(&warehouse, "closed.pairs", "pairs").total, ROWS * ROWS / 40);
    let after = fixture.cluster.finished_tasks();
    assert!(after.iter().zip(before).all(|(after, before)| *after > before), "{before:?} {after:?}");
}

#[test]
fn who_has_no_certificate_is_refused() {
    fixture().refuses(None, "give --tls-bundle");
}

#[test]
fn a_certificate_of_another_authority_is_refused() {
    let foreign = Authority::new("foreign").bundle(NAME, LONG);
    fixture().refuses(Some(&foreign), "an authority that this process's bundle does not have");
}

#[test]
fn a_certificate_of_another_cluster_is_refused() {
    let other = fixture().authority.bundle("other.internal", LONG);
    fixture().refuses(Some(&other), "another cluster");
}

#[test]
fn an_expired_certificate_is_refused_where_it_is_and_by_every_port() {
    let fixture = fixture();
    let expired = fixture.authority.bundle(NAME, 2020);
    fixture.refuses(Some(&expired), "expired on 2020-01-01");
    // The bundle's holder could leave its own look at it out: the services look, too.
    let foreign = Authority::new("stranger").bundle(NAME, LONG);
    let other = fixture.authority.bundle("third.internal", LONG);
    for port in fixture.cluster.ports() {
        for (bundle, answers) in [(&fixture.bundle, true), (&expired, false), (&foreign, false), (&other, false)] {
            let bundle = bundle.to_str().unwrap();
            let (status, _) = fixture.cluster.look(port, "/metrics", &["--cert", bundle, "--key", bundle]);
            assert_eq!(status, if answers { 200 } else { 0 }, "{port} {bundle}");
        }
    }
    fixture.cluster.must_answer();
}

#[test]
fn an_executor_that_is_not_trusted_ends_and_says_why() {
    let fixture = fixture();
    let foreign = Authority::new("intruder").bundle(NAME, LONG);
    let url = fixture.cluster.url();
    let bind = format!("127.0.0.1:{}", free_port());
    let executor = ["executor", "--cluster", &url, "--bind", &bind];
    refused_soon("give --tls-bundle", || springald(&executor));
    let foreign = foreign.to_str().unwrap();
    refused_soon("bundle does not have", || springald(&[&executor[..], &["--tls-bundle", foreign]].concat()));
}

#[test]
fn work_needs_a_certificate_on_every_port_and_says_so_in_grpc() {
    let fixture = fixture();
    let [scheduler, first, second] = fixture.cluster.ports();
    let fetch = "/arrow.flight.protocol.FlightService/DoGet";
    let submit = "/ballista.protobuf.SchedulerGrpc/ExecuteQuery";
    let flight_sql = "/arrow.flight.protocol.FlightService/GetFlightInfo";
    let request =
        ["--http2", "--data-binary", "@/dev/null", "--header", "content-type: application/grpc", "--dump-header", "-"];
    for (port, path) in [(scheduler, submit), (scheduler, flight_sql), (first, fetch), (second, fetch)] {
        let (status, said) = fixture.cluster.look(port, path, &request);
        assert_eq!(status, 200, "{said}");
        // 16 is UNAUTHENTICATED.
        assert!(said.contains("grpc-status: 16") && said.contains("--tls-bundle"), "{said}");
    }
    assert_eq!(fixture.cluster.look(scheduler, "/slots", &[]).0, 401);
}

#[test]
fn plain_http_is_no_way_in() {
    let fixture = fixture();
    for port in fixture.cluster.ports() {
        for options in [&["--http2-prior-knowledge"][..], &["--http1.1"]] {
            let url = format!("http://127.0.0.1:{port}/healthz");
            let mut plain = Command::new("curl");
            let output = plain.args(["--silent", "--max-time", "20"]).args(options).arg(url).output().unwrap();
            // 28 is curl's word for an answer that did not come.
            assert!(!output.status.success() && output.status.code() != Some(28), "{output:?}");
        }
    }
    fixture.cluster.must_answer();
}

#[test]
fn onlookers_read_and_change_nothing() {
    let cluster = &fixture().cluster;
    let [scheduler, first, second] = cluster.ports();
    for port in [scheduler, first, second] {
        let (status, metrics) = cluster.look(port, "/metrics", &[]);
        assert!(status == 200 && metrics.contains("process_resident_memory_bytes"), "{port}: {metrics}");
    }
    assert_eq!(cluster.look(scheduler, "/readyz", &[]), (200, "ready\n".to_owned()));
    assert_eq!(cluster.look(scheduler, "/api/jobs", &[]).0, 200);
    for method in ["PATCH", "POST", "DELETE", "OPTIONS"] {
        assert_eq!(cluster.look(scheduler, "/api/job/any", &["--request", method]).0, 405, "{method}");
    }
}

#[test]
fn what_tls_init_makes_closes_a_cluster() {
    fixture();
    let directory = tempfile::tempdir().unwrap();
    let bundle = directory.path().join("bundle.pem");
    let made = springald(&["tls", "init", "--out", bundle.to_str().unwrap(), "--days", "30"]);
    assert!(made.code == Some(0) && made.stdout.contains("secretsmanager create-secret"), "{}", made.stderr);
    assert_eq!(fs::metadata(&bundle).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(springald(&["tls", "init", "--out", bundle.to_str().unwrap()]).refusal().contains("is not replaced"));

    let (cluster, warehouse) = (ClosedCluster::start("made", Some(&bundle)), Warehouse::new());
    let source = mysql().source("closed");
    let job = ["ingest", "--source", &source, "--from", "closed.t"];
    assert_eq!(cluster.job(&warehouse, Some(&bundle), &job).rows(), ROWS);
    refused_soon("give --tls-bundle", || cluster.job(&Warehouse::new(), None, &job));
}

#[test]
fn a_job_with_certificates_finds_out_that_the_cluster_has_none() {
    let warehouse = Warehouse::new();
    let bundle = fixture().bundle.to_str().unwrap();
    refused_soon("it has no certificates", || warehouse.ingest("closed.t", &["--tls-bundle", bundle]));
}

#[test]
fn a_bundle_that_cannot_be_used_is_refused_with_the_way_out() {
    let fixture = fixture();
    let directory = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str, mode: u32| {
        let file = directory.path().join(name);
        write_for_owner(&file, text);
        fs::set_permissions(&file, fs::Permissions::from_mode(mode)).unwrap();
        file
    };
    let good = fs::read_to_string(&fixture.bundle).unwrap();
    let expired = fixture.authority.bundle("late.internal", 2020);
    for (bundle, word) in [
        (directory.path().join("missing.pem"), "springald tls init"),
        (file("open.pem", &good, 0o644), "chmod 600"),
        (file("text.pem", "CERTIFICATES\n", 0o600), "not a PEM file"),
        (file("part.pem", good.split("-----BEGIN PRIVATE").next().unwrap(), 0o600), "no private key"),
        (expired, "expired on 2020-01-01"),
    ] {
        let option = ["--tls-bundle", bundle.to_str().unwrap()];
        let (scheduler, executor) = (format!("127.0.0.1:{}", free_port()), format!("127.0.0.1:{}", free_port()));
        let (url, source, warehouse) = (fixture.cluster.url(), mysql().source("closed"), Warehouse::new());
        let ingest =
            ["ingest", "--source", &source, "--from", "closed.t", "--warehouse", warehouse.url(), "--cluster", &url];
        for command in
            [&["scheduler", "--bind", &scheduler][..], &["executor", "--cluster", &url, "--bind", &executor], &ingest]
        {
            refused_soon(word, || springald(&[command, &option].concat()));
        }
    }
}

#[test]
fn without_certificates_a_service_is_for_this_machine_unless_it_is_told_otherwise() {
    let port = free_port();
    let bind = format!("0.0.0.0:{port}");
    let cluster = format!("df://127.0.0.1:{port}");
    let services = [&["scheduler", "--bind", &bind][..], &["executor", "--cluster", &cluster, "--bind", &bind]];
    for service in services {
        refused_soon("or --insecure", || springald(service));
    }
    let scheduler = start_service("insecure", "scheduler", &["scheduler", "--bind", &bind, "--insecure"]);
    wait_until(|| scheduler.lines_with("INSECURE: whoever reaches this port may use the cluster") == 1);
}

#[test]
fn noise_on_a_port_disturbs_nobody() {
    let fixture = fixture();
    let open = ClosedCluster::start("noisy", None);
    let ports = fixture.cluster.ports().into_iter().chain(open.ports());
    for (number, port) in ports.enumerate() {
        for head in
            [&b""[..], b"\x16\x03\x01\x27\x10", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"POST /slots HTTP/1.1\r\n"]
        {
            send_noise(port, head, u64::try_from(number).unwrap());
        }
    }
    fixture.cluster.must_answer();
    let warehouse = Warehouse::new();
    assert_eq!(fixture.ingest(&warehouse, Some(&fixture.bundle)).rows(), ROWS);
    open.must_answer();
    let source = mysql().source("closed");
    let ingest = ["ingest", "--source", &source, "--from", "closed.t"];
    assert_eq!(open.job(&warehouse, None, &ingest).rows(), ROWS);
}

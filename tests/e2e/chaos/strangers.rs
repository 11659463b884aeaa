//! Strangers on the network of a cluster: not on its machine, so nothing but a certificate or the token lets them look.

use crate::harness::{
    Authority, Background, Host, Peer, Subnet, free_port, scratch, start_service, wait_until, write_for_owner,
};
use std::path::Path;
use std::process::Command;

const TOKEN: &str = "a token of the tests, long enough";

/// What may be looked at, on a scheduler and on an executor.
const OF_SCHEDULER: [&str; 4] = ["/api/jobs", "/api/executors", "/api/state", "/metrics"];
const OF_EXECUTOR: [&str; 1] = ["/metrics"];

#[test]
fn a_stranger_needs_the_token_or_a_certificate_to_look_and_a_certificate_to_work() {
    let authority = Authority::new("strangers");
    let bundle = authority.bundle("strangers.internal", 2099);
    let foreign = Authority::new("strange").bundle("strangers.internal", 2099);
    let cluster = Cluster::start("strangers", &["--tls-bundle", bundle.to_str().unwrap()]);
    for (base, path) in cluster.pages("https") {
        let ask = |options: &[&str]| cluster.ask(&format!("{base}{path}"), options);
        assert_eq!(ask(&[]).0, 401, "{base}{path}");
        assert!(ask(&[]).1.contains("--api-token-file"), "{base}{path}");
        assert_eq!(ask(&bearer("a token of nobody, long enough")).0, 401, "{base}{path}");
        assert_eq!(ask(&bearer(TOKEN)).0, 200, "{base}{path}");
        assert_eq!(ask(&shown(&bundle)).0, 200, "{base}{path}");
        assert_eq!(ask(&shown(&foreign)).0, 0, "{base}{path}");
        assert_eq!(ask(&[&bearer(TOKEN)[..], &["--request", "PATCH"]].concat()).0, 405, "{base}{path}");
    }
    for base in cluster.bases("https") {
        assert_eq!(cluster.ask(&format!("{base}/healthz"), &[]), (200, "ok".to_owned()));
        let plain = cluster.ask(&format!("{}/healthz", base.replace("https", "http")), &["--http2-prior-knowledge"]);
        assert_eq!(plain.0, 0, "plain HTTP is no way in");
    }
    for path in ["/slots", "/work"] {
        let url = format!("{}{path}", cluster.bases("https")[0]);
        assert_eq!(cluster.ask(&url, &bearer(TOKEN)).0, 401, "the token is for looking only");
        assert_eq!(cluster.ask(&url, &shown(&bundle)).0, 200);
    }
}

#[test]
fn a_stranger_needs_the_token_where_there_are_no_certificates() {
    let cluster = Cluster::start("open-to-strangers", &["--insecure"]);
    for (base, path) in cluster.pages("http") {
        let url = format!("{base}{path}");
        assert_eq!(cluster.ask(&url, &[]).0, 401, "{url}");
        assert_eq!(cluster.ask(&url, &bearer("a token of nobody, long enough")).0, 401, "{url}");
        assert_eq!(cluster.ask(&url, &bearer(TOKEN)).0, 200, "{url}");
    }
}

fn bearer(token: &str) -> [&str; 2] {
    ["--oauth2-bearer", token]
}

fn shown(bundle: &Path) -> [&str; 4] {
    let bundle = bundle.to_str().unwrap();
    ["--cert", bundle, "--key", bundle]
}

/// A scheduler and an executor on addresses of a network, and a stranger's host on it.
struct Cluster {
    ports: [String; 2],
    stranger: Host,
    _subnet: Subnet,
    _processes: [Background; 2],
}

impl Cluster {
    fn start(name: &'static str, security: &[&str]) -> Self {
        let subnet = Subnet::new();
        let address = |peer| format!("{}:{}", subnet.address(peer), free_port());
        let ports = [address(Peer::Scheduler), address(Peer::MySql)];
        let token = scratch().join(format!("{name}.token"));
        write_for_owner(&token, TOKEN);
        let shared = [security, &["--api-token-file", token.to_str().unwrap()]].concat();
        let scheduler = [&["scheduler", "--bind", &ports[0]], &shared[..]].concat();
        let scheduler = start_service(name, "scheduler", &scheduler);
        let (url, work_dir) = (format!("df://{}", ports[0]), scratch().join(format!("{name}-work")));
        let executor = ["executor", "--cluster", &url, "--bind", &ports[1], "--work-dir", work_dir.to_str().unwrap()];
        let executor = start_service(name, "executor", &[&executor[..], &shared].concat());
        let stranger = subnet.host(10);
        let cluster = Self { ports, stranger, _subnet: subnet, _processes: [scheduler, executor] };
        let scheme = if security.contains(&"--insecure") { "http" } else { "https" };
        let ready = format!("{}/readyz", cluster.bases(scheme)[0]);
        wait_until(|| cluster.ask(&ready, &[]).0 == 200);
        cluster
    }

    fn bases(&self, scheme: &str) -> [String; 2] {
        self.ports.each_ref().map(|port| format!("{scheme}://{port}"))
    }

    fn pages(&self, scheme: &str) -> Vec<(String, &'static str)> {
        let [scheduler, executor] = self.bases(scheme);
        let of_scheduler = OF_SCHEDULER.map(|page| (scheduler.clone(), page));
        of_scheduler.into_iter().chain(OF_EXECUTOR.map(|page| (executor.clone(), page))).collect()
    }

    /// Asks as the stranger; returns the status, 0 for none, and the answer.
    fn ask(&self, url: &str, options: &[&str]) -> (u16, String) {
        let inside = self.stranger.inside();
        let mut command = Command::new(&inside[0]);
        command.args(&inside[1..]).args(["curl", "--silent", "--insecure", "--max-time", "20"]);
        let output = command.args(["--write-out", "\n%{http_code}"]).args(options).arg(url).output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let (body, status) = text.rsplit_once('\n').unwrap();
        (status.parse().unwrap(), body.to_owned())
    }
}

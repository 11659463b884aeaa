//! Networks that are cut while a run is at work, and healed, or not.

use super::slow::{SPLITS, SlowTable};
use crate::harness::{Fleet, Host, Outcome, Peer, Subnet, Warehouse, mysql, run, s3, say, wait_until};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// Splits that are finished when the network is cut, and while it is.
const SOME: usize = 6;

/// What a cut that nobody heals may cost: half a minute to find it out, and the rest of the run on one executor.
const MOST_DELAY: Duration = Duration::from_secs(75);

/// How long a run may go on that nobody can read for.
const MOST_PATIENCE: Duration = Duration::from_secs(180);

#[test]
fn an_executor_that_is_cut_off_from_everyone_comes_back() {
    let net = Net::new("cut");
    let warehouse = Warehouse::new();
    let running = net.ingest(&warehouse);
    wait_until(|| warehouse.finished_splits() >= SOME && net.fleet.started_tasks(1) > net.fleet.finished_tasks(1));
    net.hosts[1].cut();
    wait_until(|| net.fleet.registered() == 1);
    net.hosts[1].heal(&net.subnet);
    // It takes up work again, under a new name, in the same run or not at all.
    wait_until(|| net.fleet.registered() == 2);
    assert!(net.fleet.lines_with(1, "request to the scheduler failed") >= 1);
    net.require_exact(&warehouse, &running.join().unwrap());
}

#[test]
fn an_executor_that_is_cut_off_from_the_source_for_a_while_goes_on() {
    let net = Net::new("cut_source");
    let warehouse = Warehouse::new();
    net.endure(Peer::MySql, &warehouse);
}

#[test]
fn an_executor_that_is_cut_off_from_the_store_for_a_while_goes_on() {
    let net = Net::new("cut_store");
    let warehouse = Warehouse::on_s3(&[]);
    net.endure(Peer::S3, &warehouse);
}

#[test]
fn an_executor_that_stays_cut_off_from_everyone_leaves_the_run_to_the_other() {
    let net = Net::new("gone");
    net.go_on_without(&Warehouse::new(), |net| net.hosts[1].cut());
}

#[test]
fn an_executor_that_stays_cut_off_from_the_source_leaves_the_run_to_the_other() {
    let net = Net::new("gone_source");
    net.go_on_without(&Warehouse::new(), |net| net.hosts[1].cut_from(&net.subnet, Peer::MySql));
    net.require_lack("a way to MySQL at ");
}

#[test]
fn an_executor_that_stays_cut_off_from_the_store_leaves_the_run_to_the_other() {
    let net = Net::new("gone_store");
    net.go_on_without(&Warehouse::on_s3(&[]), |net| net.hosts[1].cut_from(&net.subnet, Peer::S3));
    net.require_lack("a way to the object store at http://");
}

#[test]
fn a_run_fails_and_says_why_when_no_executor_reaches_the_source_any_more() {
    let net = Net::new("gone_for_all");
    let warehouse = Warehouse::new();
    let running = net.ingest(&warehouse);
    wait_until(|| warehouse.finished_splits() >= SOME);
    net.hosts.iter().for_each(|host| host.cut_from(&net.subnet, Peer::MySql));
    let begun = Instant::now();
    let outcome = running.join().unwrap();
    let taken = begun.elapsed();
    let address = format!("MySQL at `{}:{}`", net.subnet.address(Peer::MySql), mysql().port());
    assert!(outcome.refusal().contains(&address), "{}", outcome.stderr);
    assert!(taken < MOST_PATIENCE, "{taken:?}");
    assert!(!warehouse.has_tables(), "{:?}", warehouse.names());
    say(&format!("no way to the source for anybody: failed {taken:?} after the cut"));
}

/// Two executors on hosts of their own, and a table that takes its time.
struct Net {
    fleet: Fleet,
    hosts: [Host; 2],
    table: SlowTable,
    subnet: Subnet,
}

impl Net {
    fn new(name: &'static str) -> Self {
        let subnet = Subnet::new();
        subnet.forward(Peer::MySql, mysql().port());
        subnet.forward(Peer::S3, s3().port());
        let hosts = [subnet.host(10), subnet.host(11)];
        let mut fleet = Fleet::start_at(name, &subnet.address(Peer::Scheduler));
        for host in &hosts {
            let endpoint = format!("http://{}:{}", subnet.address(Peer::S3), s3().port());
            fleet.add_executor_on(host, &[("AWS_ENDPOINT_URL_S3", endpoint)]);
        }
        wait_until(|| fleet.registered() == 2);
        Self { fleet, hosts, table: SlowTable::new(name), subnet }
    }

    /// Cuts an executor off from `peer` until the other has gone on for a while.
    fn endure(&self, peer: Peer, warehouse: &Warehouse) {
        let (fleet, host) = (&self.fleet, &self.hosts[1]);
        let running = self.ingest(warehouse);
        wait_until(|| warehouse.finished_splits() >= SOME && fleet.started_tasks(1) > fleet.finished_tasks(1));
        host.cut_from(&self.subnet, peer);
        let (other, before) = (fleet.finished_tasks(0), fleet.finished_tasks(1));
        wait_until(|| fleet.finished_tasks(0) >= other + SOME);
        // It may have been at a moment at which it needed nothing more of the peer.
        assert!(fleet.finished_tasks(1) <= before + 1, "the network was not cut");
        host.heal_with(&self.subnet, peer);
        wait_until(|| fleet.finished_tasks(1) > before + 1 || warehouse.has_tables());
        self.require_exact(warehouse, &running.join().unwrap());
    }

    /// Cuts the second executor off in the middle of a task, for good, and panics unless the run is published soon.
    fn go_on_without(&self, warehouse: &Warehouse, cut: impl FnOnce(&Self)) {
        let fleet = &self.fleet;
        let running = self.ingest(warehouse);
        wait_until(|| warehouse.finished_splits() >= SOME && fleet.started_tasks(1) > fleet.finished_tasks(1));
        let before = fleet.started_tasks(1);
        cut(self);
        let begun = Instant::now();
        let outcome = running.join().unwrap();
        let taken = begun.elapsed();
        self.require_exact(warehouse, &outcome);
        assert!(taken < MOST_DELAY, "{taken:?}");
        // It may have been about to end its task, and have got another one.
        assert!(fleet.started_tasks(1) <= before + 1, "it went on taking tasks");
        say(&format!("{}: published {taken:?} after the cut", self.table.database()));
    }

    /// Panics unless the second executor has said that it lacks something.
    fn require_lack(&self, lack: &str) {
        assert_eq!(self.fleet.lines_with(1, &format!("this executor lacks {lack}")), 1);
        assert_eq!(self.fleet.lines_with(0, "this executor lacks"), 0);
    }

    fn ingest(&self, warehouse: &Warehouse) -> JoinHandle<Outcome> {
        let (address, database) = (self.subnet.address(Peer::MySql), self.table.database());
        let source = format!("mysql://springald@{address}:{}/{database}", mysql().port());
        let mut command = self.table.ingest_from(&source, &self.fleet, warehouse);
        command.args(["--splits", &SPLITS.to_string(), "--tls", "off", "--catalog", "local"]);
        thread::spawn(move || run(&mut command))
    }

    fn require_exact(&self, warehouse: &Warehouse, outcome: &Outcome) {
        self.table.require_exact(warehouse, outcome);
    }
}

//! Networks that are cut while a run is at work, and healed.

use super::slow::{SPLITS, SlowTable};
use crate::harness::{Fleet, Host, Outcome, Peer, Subnet, Warehouse, mysql, run, s3, wait_until};
use std::thread::{self, JoinHandle};

/// Splits that are finished when the network is cut, and while it is.
const SOME: usize = 6;

#[test]
fn an_executor_that_is_cut_off_from_everyone_comes_back() {
    let net = Net::new("cut", 1);
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
    let net = Net::new("cut_source", 2);
    let warehouse = Warehouse::new();
    net.endure(Peer::MySql, &warehouse);
}

#[test]
fn an_executor_that_is_cut_off_from_the_store_for_a_while_goes_on() {
    let net = Net::new("cut_store", 3);
    let warehouse = Warehouse::on_s3(&[]);
    net.endure(Peer::S3, &warehouse);
}

/// Two executors on hosts of their own, and a table that takes its time.
struct Net {
    fleet: Fleet,
    hosts: [Host; 2],
    table: SlowTable,
    subnet: Subnet,
}

impl Net {
    fn new(name: &'static str, number: u8) -> Self {
        let subnet = Subnet::new(number);
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

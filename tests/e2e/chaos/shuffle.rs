//! Executors that go while somebody reads the rows that they hold, over a link that makes it last.

use crate::harness::{
    Fleet, FlightSql, Host, Outcome, Peer, Signal, Subnet, Total, Warehouse, clean_command, mysql, run, say, total,
    wait_until,
};
use serde_json::json;
use std::thread;
use std::time::{Duration, Instant};

const ROWS: u64 = 120_000;

/// Bytes of a row's text, which cannot be compressed to less than half.
const WIDTH: u64 = 512;

/// All rows are for one task, and half of them on the other executor: 31 MB, so half a minute.
const RATE: &str = "8mbit";

/// What has been sent when nothing can have been read: rows come in blocks of 2 MiB, as tokio reads a file.
const LITTLE: u64 = 1 << 19;

/// What has been sent when the first block has been read, and the last is still to come.
const MUCH: u64 = 6 << 20;

/// What an executor says that tries its task again.
const BROKE_OFF: &str = "rows broke off, the task is tried again";

/// What a run may take after the loss.
const MOST_DELAY: Duration = Duration::from_secs(60);

#[test]
fn an_executor_is_killed_before_a_block_of_its_rows_has_come() {
    let net = Net::new("killed_early");
    let reader = net.lose_when(LITTLE, |sender| net.fleet.signal(sender, Signal::Kill));
    assert_eq!(net.fleet.lines_with(reader, BROKE_OFF), 1);
}

#[test]
fn an_executor_is_killed_when_a_block_of_its_rows_has_come() {
    let net = Net::new("killed_late");
    net.lose_when(MUCH, |sender| net.fleet.signal(sender, Signal::Kill));
}

#[test]
fn an_executor_is_cut_off_for_good_before_a_block_of_its_rows_has_come() {
    let net = Net::new("cut_early");
    net.lose_when(LITTLE, |sender| net.hosts[sender].cut());
}

/// The scheduler sees both of them, so nobody but the reader can find out, and it sends nothing.
#[test]
fn an_executor_that_loses_sight_of_another_finds_out() {
    let net = Net::new("cut_apart");
    net.lose_when(LITTLE, |sender| {
        let reader = 1 - sender;
        net.hosts[sender].cut_from_host(&net.hosts[reader]);
        wait_until(|| net.fleet.lines_with(reader, BROKE_OFF) == 1);
        net.hosts[sender].heal_with_host(&net.hosts[reader]);
    });
    assert_eq!(net.fleet.scheduler_lines_with("the job is withdrawn"), 0);
}

#[test]
fn a_client_whose_rows_break_off_is_told_to_ask_again() {
    let net = Net::new("cut_client");
    let mut client = FlightSql::client_at(&net.subnet.address(Peer::Scheduler), net.fleet.port(), None);
    let (before, rows) = (net.sent(), net.rows());
    client.send(&rows);
    net.fleet.signal(net.first_to_send(before, LITTLE), Signal::Kill);
    let refusal = client.refused();
    assert!(
        refusal.contains("the executor that holds rows of this query does not answer any more: ask again"),
        "{refusal}"
    );
    let all = client.rows(&format!("SELECT count(DISTINCT id), sum(octet_length(wide)) FROM ({rows})"));
    assert_eq!(all, [[json!(ROWS), json!(ROWS * WIDTH)]]);
}

/// Two executors on hosts of their own that send slowly, and a table of which each reads half.
struct Net {
    fleet: Fleet,
    hosts: [Host; 2],
    warehouse: Warehouse,
    database: &'static str,
    subnet: Subnet,
}

impl Net {
    fn new(database: &'static str) -> Self {
        mysql().new_database(database);
        mysql().execute(&format!(
            "USE {database}; CREATE TABLE t (id INT PRIMARY KEY); INSERT INTO t SELECT seq FROM seq_1_to_{ROWS}"
        ));
        let (warehouse, source) = (Warehouse::new(), mysql().source(database));
        let from = format!("{database}.t");
        let ingest = ["ingest", "--source", &source, "--from", &from, "--splits", "2", "--warehouse"];
        run(clean_command(&ingest).arg(warehouse.path())).report();

        let subnet = Subnet::new();
        let hosts = [subnet.host(10), subnet.host(11)];
        let mut fleet = Fleet::start_serving_at(database, &subnet.address(Peer::Scheduler), &warehouse);
        for host in &hosts {
            host.slow_down(RATE);
            fleet.add_executor_on(host, &[]);
        }
        wait_until(|| fleet.registered() == 2);
        Self { fleet, hosts, warehouse, database, subnet }
    }

    /// Loses the executor that sends rows to the other one when it has sent so many bytes, and panics unless every row is published
    /// once, and soon. Returns which executor was the other one.
    fn lose_when(&self, bytes: u64, lose: impl FnOnce(usize)) -> usize {
        let before = self.sent();
        let (outcome, sender, taken) = thread::scope(|scope| {
            let running = scope.spawn(|| self.process());
            let sender = self.first_to_send(before, bytes);
            lose(sender);
            let begun = Instant::now();
            (running.join().unwrap(), sender, begun.elapsed())
        });
        say(&format!("{}: published {taken:?} after the loss", self.database));
        assert_eq!(outcome.rows(), ROWS);
        let count = Total { rows: ROWS, total: ROWS * (ROWS + 1) / 2 };
        assert_eq!(total(&self.warehouse, &self.into(), "id"), count);
        assert_eq!(total(&self.warehouse, &self.into(), "place"), count);
        assert_eq!(total(&self.warehouse, &self.into(), "width"), Total { rows: ROWS, total: ROWS * WIDTH });
        assert!(taken < MOST_DELAY, "{taken:?}");
        1 - sender
    }

    fn sent(&self) -> [u64; 2] {
        self.hosts.each_ref().map(Host::sent)
    }

    /// Waits until an executor has sent so many bytes more than `before`, and returns it.
    fn first_to_send(&self, before: [u64; 2], bytes: u64) -> usize {
        let mut sender = None;
        wait_until(|| {
            sender = self.sent().iter().zip(before).position(|(&sent, before)| sent >= before + bytes);
            sender.is_some()
        });
        sender.unwrap()
    }

    /// Returns the query for all rows, each with its text.
    fn rows(&self) -> String {
        let digest = |salt| format!("encode(sha512(CAST(4 * id + {salt} AS VARCHAR)), 'hex')");
        let wide = (0..4).map(digest).collect::<Vec<_>>().join(", ");
        format!("SELECT id, concat({wide}) AS wide FROM {}.t", self.database)
    }

    /// Runs a query that has all rows go to one task.
    fn process(&self) -> Outcome {
        let query = self.warehouse.query_file(&format!(
            "SELECT id, row_number() OVER (ORDER BY id) AS place, octet_length(wide) AS width FROM ({})",
            self.rows()
        ));
        let mut command =
            clean_command(&["process", "--into", &self.into(), "--cluster", &self.fleet.url(), "--query"]);
        run(command.arg(query).arg("--warehouse").arg(self.warehouse.path()))
    }

    fn into(&self) -> String {
        format!("{}.numbered", self.database)
    }
}

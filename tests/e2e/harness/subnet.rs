//! A network of one test's own, whose hosts can be cut off: a bridge here, and network namespaces on it. Needs root.

use super::background::{Background, UNTIL_CLOSED, wait_until};
use super::tool::scratch;
use std::io::copy;
use std::net::{Shutdown, TcpListener, TcpStream};
use std::process::{self, Command};
use std::sync::atomic::{AtomicU8, Ordering};
use std::thread;

/// The bridge's own link address. Without one it has the lowest of its links', and a host that comes or goes can change it: the
/// others then send into the void until they ask anew, some 20 s later.
const BRIDGE_MAC: &str = "02:00:00:00:00:01";

/// The link address of a station that there is not.
const NOBODYS_MAC: &str = "02:00:00:00:00:02";

/// The network. On this machine's side there is an address for each service, so that a host can be cut off from one.
#[derive(Debug)]
pub(crate) struct Subnet {
    bridge: String,
    prefix: String,
    number: u8,
}

/// A service on this machine's side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Peer {
    /// The scheduler.
    Scheduler = 1,
    /// The database.
    MySql = 2,
    /// The object store.
    S3 = 3,
}

impl Subnet {
    /// Makes a network.
    pub(crate) fn new() -> Self {
        static MADE: AtomicU8 = AtomicU8::new(0);
        let number = MADE.fetch_add(1, Ordering::Relaxed);
        let (bridge, high) = (format!("sp{}x{number}", process::id()), 64 + process::id() % 128);
        let subnet = Self { prefix: format!("10.{high}.{number}"), bridge, number };
        ip(&["link", "add", &subnet.bridge, "address", BRIDGE_MAC, "type", "bridge"]);
        for peer in [Peer::Scheduler, Peer::MySql, Peer::S3] {
            ip(&["addr", "add", &format!("{}/24", subnet.address(peer)), "dev", &subnet.bridge]);
        }
        ip(&["link", "set", &subnet.bridge, "up"]);
        subnet
    }

    /// Returns the address of a service.
    pub(crate) fn address(&self, peer: Peer) -> String {
        format!("{}.{}", self.prefix, peer as u8)
    }

    /// Makes a port of this machine's loopback interface reachable at a service's address.
    pub(crate) fn forward(&self, peer: Peer, port: u16) {
        let listener = TcpListener::bind((self.address(peer), port)).unwrap();
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                // A connection that breaks is what the network is for.
                if let Ok(server) = TcpStream::connect(("127.0.0.1", port)) {
                    carry(&client, &server);
                    carry(&server, &client);
                }
            }
        });
    }

    /// Starts a host, number 10 or above.
    pub(crate) fn host(&self, number: u8) -> Host {
        let name = format!("{}h{number}", self.bridge);
        let pid_file = scratch().join(format!("{name}.pid"));
        let mut command = Command::new("bash");
        command.args(["-c", UNTIL_CLOSED, "bash", "unshare", "--net", "sleep", "infinity"]).env("PID_FILE", &pid_file);
        let holder = Background::start("host", &mut command, scratch().join(format!("{name}.log")));
        wait_until(|| std::fs::read_to_string(&pid_file).is_ok_and(|pid| pid.ends_with('\n')));
        let pid = std::fs::read_to_string(&pid_file).unwrap().trim().to_owned();
        wait_until(|| is_apart(&pid));
        let (address, link) =
            (format!("{}.{number}", self.prefix), format!("v{}x{}h{number}", process::id(), self.number));
        ip(&["link", "add", &link, "type", "veth", "peer", "name", "eth0", "netns", &pid]);
        ip(&["link", "set", &link, "master", &self.bridge, "up"]);
        let host = Host { pid, link, address, _holder: holder };
        host.ip(&["link", "set", "lo", "up"]);
        host.ip(&["addr", "add", &format!("{}/24", host.address), "dev", "eth0"]);
        host.ip(&["link", "set", "eth0", "up"]);
        host
    }
}

impl Drop for Subnet {
    fn drop(&mut self) {
        drop(Command::new("ip").args(["link", "delete", &self.bridge]).status());
    }
}

/// A host with an address of its own.
#[derive(Debug)]
pub(crate) struct Host {
    pid: String,
    link: String,
    address: String,
    _holder: Background,
}

impl Host {
    /// Returns the address.
    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    /// Returns the words that run the command which follows them on this host.
    pub(crate) fn inside(&self) -> Vec<String> {
        ["nsenter", "--net", "--target", &self.pid, "--"].map(str::to_owned).to_vec()
    }

    /// Cuts the host off from everyone: what is sent is lost.
    pub(crate) fn cut(&self) {
        ip(&["link", "set", &self.link, "nomaster"]);
    }

    /// Undoes [`Self::cut`].
    pub(crate) fn heal(&self, subnet: &Subnet) {
        ip(&["link", "set", &self.link, "master", &subnet.bridge]);
    }

    /// Cuts the host off from one service: what it sends there goes to a station that there is not.
    pub(crate) fn cut_from(&self, subnet: &Subnet, peer: Peer) {
        self.lose(&subnet.address(peer));
    }

    /// Undoes [`Self::cut_from`].
    pub(crate) fn heal_with(&self, subnet: &Subnet, peer: Peer) {
        self.find(&subnet.address(peer));
    }

    /// Cuts the host off from another one, in the same way.
    pub(crate) fn cut_from_host(&self, other: &Self) {
        self.lose(&other.address);
    }

    /// Undoes [`Self::cut_from_host`].
    pub(crate) fn heal_with_host(&self, other: &Self) {
        self.find(&other.address);
    }

    /// Lets the host send no faster than `rate`, in the words of `tc`, and hold little back that is sent though the sender is gone.
    pub(crate) fn slow_down(&self, rate: &str) {
        self.run("sysctl", &["--quiet", "--write", "net.ipv4.tcp_wmem=4096 16384 16384"]);
        let bucket = ["rate", rate, "burst", "128kb", "latency", "60ms"];
        self.run("tc", &[&["qdisc", "add", "dev", "eth0", "root", "tbf"], &bucket[..]].concat());
    }

    /// Returns how many bytes the host has sent.
    pub(crate) fn sent(&self) -> u64 {
        let sent = std::fs::read_to_string(format!("/sys/class/net/{}/statistics/rx_bytes", self.link)).unwrap();
        sent.trim().parse().unwrap()
    }

    fn lose(&self, address: &str) {
        self.ip(&["neigh", "replace", address, "lladdr", NOBODYS_MAC, "nud", "permanent", "dev", "eth0"]);
    }

    fn find(&self, address: &str) {
        self.ip(&["neigh", "del", address, "dev", "eth0"]);
    }

    fn ip(&self, arguments: &[&str]) {
        self.run("ip", arguments);
    }

    fn run(&self, tool: &str, arguments: &[&str]) {
        let inside = self.inside();
        let status = Command::new(&inside[0]).args(&inside[1..]).arg(tool).args(arguments).status().unwrap();
        assert!(status.success(), "{tool} {arguments:?}");
    }
}

/// Returns whether a process has left this one's network.
fn is_apart(pid: &str) -> bool {
    let network = |pid: &str| std::fs::read_link(format!("/proc/{pid}/ns/net")).unwrap();
    network(pid) != network("self")
}

fn carry(from: &TcpStream, to: &TcpStream) {
    let (mut from, mut to) = (from.try_clone().unwrap(), to.try_clone().unwrap());
    thread::spawn(move || {
        drop(copy(&mut from, &mut to));
        drop(to.shutdown(Shutdown::Write));
    });
}

fn ip(arguments: &[&str]) {
    assert!(Command::new("ip").args(arguments).status().unwrap().success(), "ip {arguments:?}");
}

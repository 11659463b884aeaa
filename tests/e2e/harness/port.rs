//! Ports for services of the tests.

use std::net::TcpListener;
use std::process;
use std::sync::atomic::{AtomicU32, Ordering};

/// Ports are taken from here on, below those that the system hands out to connections.
const FIRST: u16 = 18_000;
const COUNT: u16 = 14_000;

/// How far apart the ports of one process lie: a prime, so that each comes once, and large, so that the ports of two
/// processes whose numbers are close do not run into each other.
const STRIDE: u32 = 1709;

/// Returns a port on which nobody listens. It differs from call to call, and likely from process to process.
pub(crate) fn free_port() -> u16 {
    static TRIED: AtomicU32 = AtomicU32::new(0);
    let start = process::id() * 37 % u32::from(COUNT);
    loop {
        let place = (start + TRIED.fetch_add(1, Ordering::Relaxed) * STRIDE) % u32::from(COUNT);
        let port = FIRST + u16::try_from(place).unwrap();
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

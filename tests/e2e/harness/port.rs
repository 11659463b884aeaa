//! Ports for services of the tests.

use std::net::TcpListener;
use std::process;
use std::sync::atomic::{AtomicU16, Ordering};

/// Ports are taken from here on, below those that the system hands out to connections.
const FIRST: u16 = 18_000;
const COUNT: u16 = 14_000;

/// Returns a port on which nobody listens. It differs from call to call, and likely from process to process.
pub(crate) fn free_port() -> u16 {
    static TRIED: AtomicU16 = AtomicU16::new(0);
    let start = u16::try_from(process::id() * 37 % u32::from(COUNT)).unwrap();
    loop {
        let port = FIRST + (start + TRIED.fetch_add(1, Ordering::Relaxed)) % COUNT;
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

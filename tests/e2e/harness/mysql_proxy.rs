//! A proxy in front of a server, which does to one connection what networks and slow readers do.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;

/// The settings of a session that bound how long the server waits for a slow reader, and the same for an impatient one.
const PATIENT: &[u8] = b"net_write_timeout = 600";
const IMPATIENT: &[u8] = b"net_write_timeout = 001";

/// What becomes of the first connection that has brought so many bytes from the server.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Fate {
    /// It is cut.
    CutAfter(usize),
    /// Nothing more is read of it until [`MySqlProxy::go_on`], and every session's server waits for only a second.
    StallAfter(usize),
}

/// A proxy; it lives as long as this process.
#[derive(Debug)]
pub(crate) struct MySqlProxy {
    port: u16,
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    fate: Fate,
    met: AtomicBool,
    goes_on: Mutex<bool>,
    going_on: Condvar,
}

impl MySqlProxy {
    /// Starts a proxy of the server at a port of this machine.
    pub(crate) fn start(server: u16, fate: Fate) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let (met, goes_on, going_on) = (AtomicBool::new(false), Mutex::new(false), Condvar::new());
        let shared = Arc::new(Shared { fate, met, goes_on, going_on });
        let for_connections = Arc::clone(&shared);
        thread::spawn(move || {
            for client in listener.incoming() {
                let (client, server) = (client.unwrap(), TcpStream::connect(("127.0.0.1", server)).unwrap());
                for_connections.serve(&client, &server);
            }
        });
        Self { port, shared }
    }

    /// Returns the source as it is given to an ingest job.
    pub(crate) fn source(&self, database: &str) -> String {
        format!("mysql://springald@127.0.0.1:{}/{database}", self.port)
    }

    /// Returns whether a connection has met its fate.
    pub(crate) fn has_struck(&self) -> bool {
        self.shared.met.load(Ordering::Acquire)
    }

    /// Reads on from a connection that was stalled.
    pub(crate) fn go_on(&self) {
        *self.shared.goes_on.lock().unwrap() = true;
        self.shared.going_on.notify_all();
    }
}

impl Shared {
    fn serve(self: &Arc<Self>, client: &TcpStream, server: &TcpStream) {
        let (shared, mut from, mut to) = (Arc::clone(self), client.try_clone().unwrap(), server.try_clone().unwrap());
        thread::spawn(move || shared.pass(&mut from, &mut to, |shared, bytes, _| shared.asked(bytes)));
        let (shared, mut from, mut to) = (Arc::clone(self), server.try_clone().unwrap(), client.try_clone().unwrap());
        thread::spawn(move || shared.pass(&mut from, &mut to, |shared, _, sum| shared.answered(sum)));
    }

    /// Passes bytes on until one side ends or `look`, which sees each portion and the sum of all, says that they end.
    fn pass(
        &self,
        from: &mut TcpStream,
        to: &mut TcpStream,
        look: impl Fn(&Self, &mut [u8], usize) -> Result<(), ErrorKind>,
    ) {
        let (mut buffer, mut sum) = (vec![0; 64 * 1024], 0);
        while let Ok(length @ 1..) = from.read(&mut buffer) {
            sum += length;
            let portion = &mut buffer[..length];
            if look(self, portion, sum).is_err() || to.write_all(portion).is_err() {
                break;
            }
        }
        for side in [from, to] {
            drop(side.shutdown(Shutdown::Both));
        }
    }

    fn asked(&self, bytes: &mut [u8]) -> Result<(), ErrorKind> {
        let found = bytes.windows(PATIENT.len()).position(|window| window == PATIENT);
        if let (Fate::StallAfter(_), Some(at)) = (self.fate, found) {
            bytes[at..at + PATIENT.len()].copy_from_slice(IMPATIENT);
        }
        Ok(())
    }

    fn answered(&self, sum: usize) -> Result<(), ErrorKind> {
        let (Fate::CutAfter(limit) | Fate::StallAfter(limit)) = self.fate;
        if sum < limit || self.met.swap(true, Ordering::AcqRel) {
            return Ok(());
        }
        match self.fate {
            Fate::CutAfter(_) => Err(ErrorKind::ConnectionReset),
            Fate::StallAfter(_) => {
                drop(self.going_on.wait_while(self.goes_on.lock().unwrap(), |goes_on| !*goes_on).unwrap());
                Ok(())
            }
        }
    }
}

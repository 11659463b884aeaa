//! A road to a server, which notes what is asked for. One to the S3 server lists unfinished uploads, which the server does
//! not; on a bad one some requests are answered 503, some connections are cut, some stall; on a contested one every object
//! that is to be created meets another that is being created.

use super::aws::s3;
use super::uploads::UploadList;
use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

const STALL: Duration = Duration::from_secs(10);

const SLOW_DOWN: &str =
    "<?xml version=\"1.0\"?><Error><Code>SlowDown</Code><Message>Reduce your rate</Message></Error>";

const CONFLICT: &str = "<?xml version=\"1.0\"?><Error><Code>ConditionalRequestConflict</Code>\
    <Message>The conditional request cannot succeed due to a conflicting operation against this resource.</Message></Error>";

/// What becomes of a request, on a bad road by its number: 5 % are refused, 1 % cut on the way there and 1 % on the way
/// back. The first upload's answer is lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Passes,
    IsRefused,
    IsCut,
    LosesItsAnswer,
    Stalls,
}

impl Fate {
    fn of(number: u32) -> Self {
        match number % 100 {
            50 => Self::IsCut,
            75 => Self::LosesItsAnswer,
            30 if number < 300 => Self::Stalls,
            place if place % 20 == 7 => Self::IsRefused,
            _ => Self::Passes,
        }
    }
}

/// The road; its threads end with the process.
#[derive(Debug)]
pub(crate) struct Road {
    endpoint: String,
    traffic: Arc<Traffic>,
}

#[derive(Debug)]
struct Traffic {
    server: String,
    is_bad: bool,
    is_contested: bool,
    contested: Mutex<BTreeSet<String>>,
    requests: AtomicU32,
    uploads: UploadList,
    noted: Mutex<Vec<Noted>>,
}

/// A request that was answered.
#[derive(Debug, Clone)]
pub(crate) struct Noted {
    /// Its first line and its headers.
    pub(crate) head: String,
    /// The first line of the answer.
    pub(crate) answer: String,
}

impl Road {
    /// Opens a bad road to the S3 server.
    pub(crate) fn bad() -> Self {
        Self::open(Traffic { is_bad: true, ..Traffic::to(s3().address()) })
    }

    /// Opens a road without mishaps, which says of every unfinished upload that it was begun at a moment.
    pub(crate) fn good(begun: &'static str) -> Self {
        Self::open(Traffic { uploads: UploadList::begun_at(begun), ..Traffic::to(s3().address()) })
    }

    /// Opens a road without mishaps to any server, given the URL it answers at.
    pub(crate) fn to(endpoint: &str) -> Self {
        Self::open(Traffic::to(endpoint.trim_start_matches("http://").to_owned()))
    }

    /// Opens a road to the S3 server on which the first try to create an object is answered 409: S3 has not decided.
    pub(crate) fn contested() -> Self {
        Self::open(Traffic { is_contested: true, ..Traffic::to(s3().address()) })
    }

    fn open(traffic: Traffic) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let traffic = Arc::new(traffic);
        let carried = Arc::clone(&traffic);
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let traffic = Arc::clone(&carried);
                // A connection that breaks is what a bad road is for.
                thread::spawn(move || drop(traffic.carry(&client)));
            }
        });
        Self { endpoint, traffic }
    }

    /// Returns the URL of its near end.
    pub(crate) fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// Returns how many requests have come.
    pub(crate) fn requests(&self) -> u32 {
        self.traffic.requests.load(Ordering::SeqCst)
    }

    /// Returns the requests that were answered so far.
    pub(crate) fn noted(&self) -> Vec<Noted> {
        self.traffic.noted.lock().unwrap().clone()
    }
}

impl Traffic {
    fn to(server: String) -> Self {
        let (requests, noted, contested) = (AtomicU32::new(0), Mutex::default(), Mutex::default());
        let (is_bad, is_contested) = (false, false);
        Self { server, is_bad, is_contested, contested, requests, uploads: UploadList::default(), noted }
    }

    /// Returns whether a request, given its head, is the first that is to create its object.
    fn is_contested(&self, head: &str) -> bool {
        let line = head.lines().next().unwrap_or_default();
        let creates = line.starts_with("PUT ") && head.to_lowercase().contains("\nif-none-match: ");
        self.is_contested && creates && self.contested.lock().unwrap().insert(line.to_owned())
    }

    fn note(&self, head: &str, answer: &[u8]) {
        let first_line = String::from_utf8_lossy(answer).lines().next().unwrap_or_default().to_owned();
        self.noted.lock().unwrap().push(Noted { head: head.to_owned(), answer: first_line });
    }

    /// Carries one request and its answer, and hangs up.
    fn carry(&self, mut client: &TcpStream) -> std::io::Result<()> {
        let (head, body) = request(client)?;
        let number = self.requests.fetch_add(1, Ordering::SeqCst);
        let mut fate = if self.is_bad { Fate::of(number) } else { Fate::Passes };
        match fate {
            Fate::IsRefused => return refuse(client, "503 Slow Down", SLOW_DOWN),
            Fate::Stalls => thread::sleep(STALL),
            Fate::IsCut | Fate::LosesItsAnswer | Fate::Passes => {}
        }
        if self.is_contested(&String::from_utf8_lossy(&head)) {
            self.note(&String::from_utf8_lossy(&head), b"HTTP/1.1 409 Conflict");
            return refuse(client, "409 Conflict", CONFLICT);
        }
        let mut upstream = TcpStream::connect(&self.server)?;
        upstream.write_all(&head)?;
        if fate == Fate::IsCut {
            upstream.write_all(&body[..body.len() / 2])?;
            return client.shutdown(Shutdown::Both);
        }
        upstream.write_all(&body)?;
        let mut answer = Vec::new();
        upstream.read_to_end(&mut answer)?;
        let head = String::from_utf8_lossy(&head);
        if self.uploads.notes_first(&head, &answer) && self.is_bad {
            fate = Fate::LosesItsAnswer;
        }
        let answer = self.uploads.list(&head, &answer).unwrap_or(answer);
        self.note(&head, &answer);
        let carried = if fate == Fate::LosesItsAnswer { answer.len() / 2 } else { answer.len() };
        client.write_all(&answer[..carried])?;
        client.shutdown(Shutdown::Both)
    }
}

/// Reads a request; the head asks the server to hang up after its answer.
fn request(client: &TcpStream) -> std::io::Result<(Vec<u8>, Vec<u8>)> {
    let mut reader = BufReader::new(client);
    let (mut head, mut length) = (Vec::new(), 0);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        if line.trim().is_empty() {
            break;
        }
        let lower = line.to_lowercase();
        if let Some(value) = lower.strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        if !lower.starts_with("connection:") {
            head.extend_from_slice(line.as_bytes());
        }
    }
    head.extend_from_slice(b"connection: close\r\n\r\n");
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    Ok((head, body))
}

fn refuse(client: &TcpStream, status: &str, document: &str) -> std::io::Result<()> {
    let head = format!("HTTP/1.1 {status}\r\nConnection: close\r\nContent-Type: application/xml\r\n");
    write!(&*client, "{head}Content-Length: {}\r\n\r\n{document}", document.len())
}

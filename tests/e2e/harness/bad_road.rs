//! A bad road to the S3 server: some requests are answered 503, some connections are cut, some stall.

use super::aws::s3;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::Duration;

const STALL: Duration = Duration::from_secs(10);

const SLOW_DOWN: &str =
    "<?xml version=\"1.0\"?><Error><Code>SlowDown</Code><Message>Reduce your rate</Message></Error>";

/// What becomes of a request, by its number: 5 % are refused, 1 % cut on the way there and 1 % on the way back.
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
pub(crate) struct BadRoad {
    endpoint: String,
    requests: Arc<AtomicU32>,
}

impl BadRoad {
    /// Opens a road to the S3 server.
    pub(crate) fn to_s3() -> Self {
        let server = s3().address();
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let requests = Arc::new(AtomicU32::new(0));
        let counted = Arc::clone(&requests);
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let (server, counted) = (server.clone(), Arc::clone(&counted));
                // A connection that breaks is what this road is for.
                thread::spawn(move || drop(carry(&client, &server, &counted)));
            }
        });
        Self { endpoint, requests }
    }

    /// Returns the URL of its near end.
    pub(crate) fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// Returns how many requests have come.
    pub(crate) fn requests(&self) -> u32 {
        self.requests.load(Ordering::SeqCst)
    }
}

/// Carries one request and its answer, and hangs up.
fn carry(client: &TcpStream, server: &str, counted: &AtomicU32) -> std::io::Result<()> {
    let (head, body) = request(client)?;
    let fate = Fate::of(counted.fetch_add(1, Ordering::SeqCst));
    match fate {
        Fate::IsRefused => return refuse(client),
        Fate::Stalls => thread::sleep(STALL),
        Fate::IsCut | Fate::LosesItsAnswer | Fate::Passes => {}
    }
    let mut upstream = TcpStream::connect(server)?;
    upstream.write_all(&head)?;
    if fate == Fate::IsCut {
        upstream.write_all(&body[..body.len() / 2])?;
        return client.shutdown(Shutdown::Both);
    }
    upstream.write_all(&body)?;
    let mut answer = Vec::new();
    upstream.read_to_end(&mut answer)?;
    let carried = if fate == Fate::LosesItsAnswer { answer.len() / 2 } else { answer.len() };
    (&*client).write_all(&answer[..carried])?;
    client.shutdown(Shutdown::Both)
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

fn refuse(client: &TcpStream) -> std::io::Result<()> {
    let head = "HTTP/1.1 503 Slow Down\r\nConnection: close\r\nContent-Type: application/xml\r\n";
    write!(&*client, "{head}Content-Length: {}\r\n\r\n{SLOW_DOWN}", SLOW_DOWN.len())
}

//! The metadata service of an EC2 instance, in its version 2 alone: whoever shows no token is refused (facts, 1.7).

use super::aws::{ACCESS_KEY, SECRET_KEY, environment};
use chrono::{DateTime, SecondsFormat, Utc};
use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

const TOKEN_PATH: &str = "/latest/api/token";
const REGION_PATH: &str = "/latest/meta-data/placement/region";
const ROLE_PATH: &str = "/latest/meta-data/iam/security-credentials/";
const ROLE: &str = "EMR_EC2_ROLE";

/// What a process on an instance finds out by itself.
const FOUND_OUT: [&str; 4] = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION", "AWS_EC2_METADATA_DISABLED"];

/// The service; its threads end with the process.
#[derive(Debug)]
pub(crate) struct Instance {
    endpoint: String,
    state: Arc<State>,
}

#[derive(Debug)]
struct State {
    lifetime: Duration,
    tokens: Mutex<BTreeSet<String>>,
    given: Mutex<usize>,
    refused: Mutex<usize>,
}

/// The parts of a request that are looked at.
#[derive(Debug, Default)]
struct Request {
    method: String,
    path: String,
    token: Option<String>,
    asks_for_lifetime: bool,
}

impl Instance {
    /// Starts the service of an instance whose role is that of the tests' account; its credentials last for `lifetime` from
    /// the moment they are asked for.
    pub(crate) fn start(lifetime: Duration) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let state = State { lifetime, tokens: Mutex::default(), given: Mutex::default(), refused: Mutex::default() };
        let state = Arc::new(state);
        let serving = Arc::clone(&state);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let state = Arc::clone(&serving);
                // A client that hangs up early has nothing to be told.
                thread::spawn(move || drop(state.serve(&stream)));
            }
        });
        Self { endpoint, state }
    }

    /// Returns the variables of a process on the instance: where AWS is, and neither keys nor a region.
    pub(crate) fn environment(&self) -> Vec<(&'static str, Option<String>)> {
        let places = environment().into_iter().filter(|(name, _)| !FOUND_OUT.contains(name));
        let hidden = FOUND_OUT.map(|name| (name, None));
        let service = ("AWS_EC2_METADATA_SERVICE_ENDPOINT", Some(self.endpoint.clone()));
        places.map(|(name, value)| (name, Some(value))).chain(hidden).chain([service]).collect()
    }

    /// Asks as version 1 does, without a token; returns the answer's status.
    pub(crate) fn ask_without_token(&self) -> String {
        let mut stream = TcpStream::connect(self.endpoint.trim_start_matches("http://")).unwrap();
        write!(stream, "GET {ROLE_PATH} HTTP/1.1\r\nHost: instance\r\n\r\n").unwrap();
        let mut line = String::new();
        BufReader::new(stream).read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    }

    /// Returns how many sessions have asked for a token so far: each process has one at least.
    pub(crate) fn sessions(&self) -> usize {
        self.state.tokens.lock().unwrap().len()
    }

    /// Returns how often credentials were given so far.
    pub(crate) fn given(&self) -> usize {
        *self.state.given.lock().unwrap()
    }

    /// Returns how many requests were refused for want of a token so far.
    pub(crate) fn refused(&self) -> usize {
        *self.state.refused.lock().unwrap()
    }
}

impl State {
    fn serve(&self, stream: &TcpStream) -> std::io::Result<()> {
        let request = Request::read(stream)?;
        let (status, body) = self.answer(&request);
        let head = format!("HTTP/1.1 {status}\r\nConnection: close\r\nx-aws-ec2-metadata-token-ttl-seconds: 21600\r\n");
        write!(&*stream, "{head}Content-Length: {}\r\n\r\n{body}", body.len())
    }

    fn answer(&self, request: &Request) -> (&'static str, String) {
        if (request.method.as_str(), request.path.as_str()) == ("PUT", TOKEN_PATH) {
            return if request.asks_for_lifetime {
                ("200 OK", self.new_token())
            } else {
                ("400 Bad Request", String::new())
            };
        }
        let is_known = |token: &String| self.tokens.lock().unwrap().contains(token);
        if !request.token.as_ref().is_some_and(is_known) {
            *self.refused.lock().unwrap() += 1;
            return ("401 Unauthorized", String::new());
        }
        match request.path.strip_prefix(ROLE_PATH) {
            Some("") => ("200 OK", ROLE.to_owned()),
            Some(ROLE) => ("200 OK", self.credentials()),
            None if request.path == REGION_PATH => ("200 OK", "us-east-1".to_owned()),
            Some(_) | None => ("404 Not Found", String::new()),
        }
    }

    fn new_token(&self) -> String {
        let mut tokens = self.tokens.lock().unwrap();
        let token = format!("token-{}", tokens.len());
        tokens.insert(token.clone());
        token
    }

    fn credentials(&self) -> String {
        *self.given.lock().unwrap() += 1;
        let now = Utc::now();
        let moment = |time: DateTime<Utc>| time.to_rfc3339_opts(SecondsFormat::Secs, true);
        serde_json::json!({
            "Code": "Success", "Type": "AWS-HMAC", "LastUpdated": moment(now), "Expiration": moment(now + self.lifetime),
            "AccessKeyId": ACCESS_KEY, "SecretAccessKey": SECRET_KEY, "Token": "of-the-instance",
        })
        .to_string()
    }
}

impl Request {
    fn read(stream: &TcpStream) -> std::io::Result<Self> {
        let mut reader = BufReader::new(stream);
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let mut words = line.split(' ').map(str::to_owned);
        let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        let mut request = Self { method, path, ..Self::default() };
        loop {
            let mut line = String::new();
            reader.read_line(&mut line)?;
            let Some((name, value)) = line.trim_end().split_once(": ") else { return Ok(request) };
            match name.to_lowercase().as_str() {
                "x-aws-ec2-metadata-token" => request.token = Some(value.to_owned()),
                "x-aws-ec2-metadata-token-ttl-seconds" => request.asks_for_lifetime = true,
                _ => {}
            }
        }
    }
}

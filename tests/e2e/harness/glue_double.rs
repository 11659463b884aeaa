//! A small Glue of our own, for what the servers that others wrote do not do as AWS does (facts, 3.2, 3.3, 6.1, 6.2):
//! names are folded to lower case, a table's first version is "0", comments over 255 characters and batches over 100
//! partitions are refused, items of a batch can be, and an answer can be lost after its change was made.

use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

/// The double; its thread ends with the process.
#[derive(Debug)]
pub(crate) struct GlueDouble {
    endpoint: String,
    state: Arc<State>,
}

#[derive(Debug, Default)]
struct State {
    tables: Mutex<BTreeMap<String, Value>>,
    partitions: Mutex<BTreeMap<String, Value>>,
    loses_next_update: AtomicBool,
    refuses_items: AtomicBool,
    archived: AtomicU32,
    updates: AtomicU32,
}

/// Why the items of a batch are refused, if they are to be.
const ITEM_REFUSED: &str = "ResourceNumberLimitExceededException";

/// A refusal: Glue's code, and why.
type Refused = (&'static str, String);

impl GlueDouble {
    /// Starts an empty catalog in which every database is there.
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let state = Arc::new(State::default());
        let serving = Arc::clone(&state);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let state = Arc::clone(&serving);
                thread::spawn(move || serve(&state, stream));
            }
        });
        Self { endpoint, state }
    }

    /// Returns the URL it answers at.
    pub(crate) fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// Lets the next `UpdateTable` take effect and hangs up instead of answering.
    pub(crate) fn lose_next_answer(&self) {
        self.state.loses_next_update.store(true, Ordering::SeqCst);
    }

    /// Returns how many versions of tables were kept when another took their place.
    pub(crate) fn archived(&self) -> u32 {
        self.state.archived.load(Ordering::SeqCst)
    }

    /// Lets batch calls answer 200 from now on, with an error for each item that they would have taken; or lets them take it.
    pub(crate) fn refuse_items(&self, refuses: bool) {
        self.state.refuses_items.store(refuses, Ordering::SeqCst);
    }

    /// Returns how many `UpdateTable` requests have come.
    pub(crate) fn updates(&self) -> u32 {
        self.state.updates.load(Ordering::SeqCst)
    }
}

/// Answers one request and hangs up.
fn serve(state: &State, stream: TcpStream) {
    let Some((operation, body)) = request(&stream) else { return };
    let answer = state.answer(&operation, &body);
    if operation == "UpdateTable" {
        state.updates.fetch_add(1, Ordering::SeqCst);
        if answer.is_ok() && state.loses_next_update.swap(false, Ordering::SeqCst) {
            return;
        }
    }
    let (status, body) = match answer {
        Ok(body) => ("200 OK", body),
        Err((code, message)) => ("400 Bad Request", json!({ "__type": code, "Message": message })),
    };
    let body = body.to_string();
    let head = format!("HTTP/1.1 {status}\r\nContent-Type: application/x-amz-json-1.1\r\nConnection: close\r\n");
    drop(write!(&stream, "{head}Content-Length: {}\r\n\r\n{body}", body.len()));
}

/// Reads the operation's name and its parameters.
fn request(stream: &TcpStream) -> Option<(String, Value)> {
    let mut reader = BufReader::new(stream);
    let (mut operation, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(": ") else {
            if line.trim().is_empty() {
                break;
            } else {
                continue;
            };
        };
        match name.to_lowercase().as_str() {
            "x-amz-target" => operation = value.split_once('.')?.1.to_owned(),
            "content-length" => length = value.parse().ok()?,
            _ => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some((operation, serde_json::from_slice(&body).ok()?))
}

impl State {
    fn answer(&self, operation: &str, body: &Value) -> Result<Value, Refused> {
        match operation {
            "GetTable" => Ok(json!({ "Table": self.table(&key(body, &body["Name"]))? })),
            "CreateTable" => self.create_table(body),
            "UpdateTable" => self.update_table(body),
            "GetPartition" => self.partition(body),
            "BatchCreatePartition" => self.create_partitions(body),
            "BatchUpdatePartition" => self.update_partitions(body),
            "GetPartitions" => Ok(json!({ "Partitions": self.partitions_of(body) })),
            "GetColumnStatisticsForTable" | "GetColumnStatisticsForPartition" => Ok(json!({ "Errors": [] })),
            "GetDatabases" => Ok(json!({ "DatabaseList": self.databases() })),
            "GetTables" => Ok(json!({ "TableList": self.tables_of(&text(&body["DatabaseName"]).to_lowercase()) })),
            other => Err(("InvalidInputException", format!("no such operation: {other}"))),
        }
    }

    fn table(&self, key: &str) -> Result<Value, Refused> {
        self.tables.lock().unwrap().get(key).cloned().ok_or_else(|| not_found(key))
    }

    fn create_table(&self, body: &Value) -> Result<Value, Refused> {
        let input = checked(&body["TableInput"])?;
        let key = key(body, &input["Name"]);
        let mut tables = self.tables.lock().unwrap();
        if tables.contains_key(&key) {
            return Err(("AlreadyExistsException", key));
        }
        tables.insert(key, stored(body, input, 0));
        Ok(json!({}))
    }

    fn update_table(&self, body: &Value) -> Result<Value, Refused> {
        let input = checked(&body["TableInput"])?;
        let key = key(body, &input["Name"]);
        let mut tables = self.tables.lock().unwrap();
        let current = tables.get(&key).ok_or_else(|| not_found(&key))?["VersionId"].clone();
        if body["VersionId"] != current {
            return Err(("ConcurrentModificationException", format!("{key} is at version {current}")));
        }
        if body["SkipArchive"] != true {
            self.archived.fetch_add(1, Ordering::SeqCst);
        }
        let next = text(&current).parse::<u32>().unwrap() + 1;
        tables.insert(key, stored(body, input, next));
        Ok(json!({}))
    }

    fn partition(&self, body: &Value) -> Result<Value, Refused> {
        let key = partition_key(body, &body["PartitionValues"]);
        let found = self.partitions.lock().unwrap().get(&key).cloned();
        found.map(|partition| json!({ "Partition": partition })).ok_or_else(|| not_found(&key))
    }

    fn create_partitions(&self, body: &Value) -> Result<Value, Refused> {
        let inputs = batch(&body["PartitionInputList"])?;
        let mut partitions = self.partitions.lock().unwrap();
        let mut errors = Vec::new();
        for input in inputs {
            let key = partition_key(body, &input["Values"]);
            let refused = |code| json!({ "PartitionValues": input["Values"], "ErrorDetail": detail(code) });
            match partitions.entry(key) {
                Entry::Occupied(_) => errors.push(refused("AlreadyExistsException")),
                Entry::Vacant(_) if self.refuses_items.load(Ordering::SeqCst) => errors.push(refused(ITEM_REFUSED)),
                Entry::Vacant(place) => {
                    place.insert(input.clone());
                }
            }
        }
        Ok(json!({ "Errors": errors }))
    }

    fn update_partitions(&self, body: &Value) -> Result<Value, Refused> {
        let entries = batch(&body["Entries"])?;
        let mut partitions = self.partitions.lock().unwrap();
        let mut errors = Vec::new();
        for entry in entries {
            let values = &entry["PartitionValueList"];
            let refused = |code| json!({ "PartitionValueList": values, "ErrorDetail": detail(code) });
            match partitions.get_mut(&partition_key(body, values)) {
                Some(_) if self.refuses_items.load(Ordering::SeqCst) => errors.push(refused(ITEM_REFUSED)),
                Some(partition) => *partition = entry["PartitionInput"].clone(),
                None => errors.push(refused("EntityNotFoundException")),
            }
        }
        Ok(json!({ "Errors": errors }))
    }

    fn partitions_of(&self, body: &Value) -> Vec<Value> {
        let prefix = format!("{}/", key(body, &body["TableName"]));
        let partitions = self.partitions.lock().unwrap();
        partitions.iter().filter(|(key, _)| key.starts_with(&prefix)).map(|(_, found)| found.clone()).collect()
    }

    fn databases(&self) -> Vec<Value> {
        let tables = self.tables.lock().unwrap();
        let mut names: Vec<&str> = tables.keys().filter_map(|key| key.split('/').next()).collect();
        names.dedup();
        names.iter().map(|name| json!({ "Name": name })).collect()
    }

    fn tables_of(&self, database: &str) -> Vec<Value> {
        let prefix = format!("{database}/");
        let tables = self.tables.lock().unwrap();
        tables.iter().filter(|(key, _)| key.starts_with(&prefix)).map(|(_, table)| table.clone()).collect()
    }
}

/// Glue folds the names of databases and tables when it stores them.
fn key(body: &Value, table: &Value) -> String {
    format!("{}/{}", text(&body["DatabaseName"]), text(table)).to_lowercase()
}

fn partition_key(body: &Value, values: &Value) -> String {
    format!("{}/{values}", key(body, &body["TableName"]))
}

fn stored(body: &Value, input: &Map<String, Value>, version: u32) -> Value {
    let mut table = input.clone();
    table.insert("Name".to_owned(), text(&input["Name"]).to_lowercase().into());
    table.insert("DatabaseName".to_owned(), text(&body["DatabaseName"]).to_lowercase().into());
    table.insert("VersionId".to_owned(), version.to_string().into());
    table.into()
}

fn checked(input: &Value) -> Result<&Map<String, Value>, Refused> {
    let columns = input["StorageDescriptor"]["Columns"].as_array().into_iter().flatten();
    let comments = columns.filter_map(|column| column["Comment"].as_str());
    for comment in comments {
        if comment.chars().count() > 255 || comment.contains(['\r', '\n']) {
            return Err(("InvalidInputException", format!("comment {comment:?}")));
        }
    }
    if !input["PartitionKeys"].is_array() {
        return Err(("InvalidInputException", "Athena needs PartitionKeys".to_owned()));
    }
    input.as_object().ok_or(("InvalidInputException", "no table".to_owned()))
}

fn batch(items: &Value) -> Result<&Vec<Value>, Refused> {
    let items = items.as_array().ok_or(("InvalidInputException", "no batch".to_owned()))?;
    if items.len() > 100 { Err(("InvalidInputException", "over 100 partitions".to_owned())) } else { Ok(items) }
}

fn detail(code: &str) -> Value {
    json!({ "ErrorCode": code, "ErrorMessage": "by the double" })
}

fn not_found(key: &str) -> Refused {
    ("EntityNotFoundException", key.to_owned())
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

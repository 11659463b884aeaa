//! The bare drain: runs the statements of an ingest over as many connections, and drops every row.
//!
//! What it takes is what server and protocol take by themselves, so the benchmark holds an ingest against it. It uses the
//! driver alone and nothing of the engine, and so is built in no time. It takes the statements from standard input, one per
//! line, and the password from `MYSQL_PWD`.
//!
//! usage: drain HOST PORT USER CONNECTIONS

use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Opts, OptsBuilder};
use std::collections::VecDeque;
use std::error::Error;
use std::io::stdin;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::task::JoinSet;

type Failure = Box<dyn Error + Send + Sync>;

/// The statements that no connection has taken yet.
type Waiting = Arc<Mutex<VecDeque<String>>>;

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [host, port, user, connections] = arguments.as_slice() else {
        return Err("usage: drain HOST PORT USER CONNECTIONS < STATEMENTS".into());
    };
    let options: Opts = OptsBuilder::default()
        .ip_or_hostname(host)
        .tcp_port(port.parse()?)
        .user(Some(user))
        .pass(std::env::var("MYSQL_PWD").ok())
        .prefer_socket(false)
        .tcp_nodelay(true)
        .into();
    let statements: Result<VecDeque<String>, _> = stdin().lines().collect();
    let waiting: Waiting = Arc::new(Mutex::new(statements?));
    let mut readers = JoinSet::new();
    for _ in 0..connections.parse()? {
        readers.spawn(read(options.clone(), Arc::clone(&waiting)));
    }
    let mut rows = 0;
    while let Some(read) = readers.join_next().await {
        rows += read??;
    }
    print(rows);
    Ok(())
}

/// Runs statements over one connection until none is left, and returns how many rows they had.
async fn read(options: Opts, waiting: Waiting) -> Result<u64, Failure> {
    let mut connection = Conn::new(options).await?;
    let mut count = 0;
    while let Some(statement) = next(&waiting) {
        let mut rows = connection.exec_iter(statement, ()).await?;
        while rows.next().await?.is_some() {
            count += 1;
        }
    }
    connection.disconnect().await?;
    Ok(count)
}

fn next(waiting: &Waiting) -> Option<String> {
    waiting.lock().unwrap_or_else(PoisonError::into_inner).pop_front()
}

#[expect(clippy::print_stdout, reason = "the result of a program of its own")]
fn print(rows: u64) {
    println!("{rows}");
}

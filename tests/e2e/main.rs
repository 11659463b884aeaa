//! End to end: the executable as its users call it, against a real MariaDB, on a scheduler and two executors that are
//! processes of their own. What it publishes is read back by programs that share no code with it.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking, their harness included")]

mod analysis;
mod atomicity;
mod bad_input;
mod bad_road;
mod chaos;
mod closed;
mod consistency;
mod counts;
mod dry_run;
mod exactness;
mod expiry;
mod files;
mod flight_sql;
mod glue;
mod harness;
mod help;
mod instance_role;
mod lake;
mod leaks;
mod least_privilege;
mod load;
mod options;
mod overtaken;
mod process;
mod published;
mod query;
mod race;
mod retries;
mod rotation;
mod schema;
mod secrets;
mod skew;
mod snapshots;
mod spark;
mod statistics;
mod store;
mod tls;
mod types;

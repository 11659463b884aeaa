//! The source against a real server: a private MariaDB that this binary starts, or the server that
//! `SPRINGALD_TEST_MYSQL_URL` names (with its password in `MYSQL_PWD`, and the right to create databases and
//! users).

#[path = "source/errors.rs"]
mod errors;
#[path = "source/fixture.rs"]
mod fixture;
#[path = "source/reads.rs"]
mod reads;
#[path = "source/server.rs"]
mod server;
#[path = "source/splits.rs"]
mod splits;
#[path = "source/tables.rs"]
mod tables;
#[path = "source/types.rs"]
mod types;

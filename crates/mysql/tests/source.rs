//! The source against a real server: a private MariaDB that this binary starts, or the server that
//! `SPRINGALD_TEST_MYSQL_URL` names (with its password in `MYSQL_PWD`, and the right to create databases and
//! users).

#[cfg(test)]
#[path = "source/access.rs"]
mod access;
#[cfg(test)]
#[path = "source/characters.rs"]
mod characters;
#[cfg(test)]
#[path = "source/costs.rs"]
mod costs;
#[cfg(test)]
#[path = "source/errors.rs"]
mod errors;
#[cfg(test)]
#[path = "source/fixture.rs"]
mod fixture;
#[cfg(test)]
#[path = "source/keys.rs"]
mod keys;
#[cfg(test)]
#[path = "source/logins.rs"]
mod logins;
#[cfg(test)]
#[path = "source/payloads.rs"]
mod payloads;
#[cfg(test)]
#[path = "source/queries.rs"]
mod queries;
#[cfg(test)]
#[path = "source/reads.rs"]
mod reads;
#[cfg(test)]
#[path = "source/retype.rs"]
mod retype;
#[cfg(test)]
#[path = "source/server.rs"]
mod server;
#[cfg(test)]
#[path = "source/settings.rs"]
mod settings;
#[cfg(test)]
#[path = "source/shapes.rs"]
mod shapes;
#[cfg(test)]
#[path = "source/silence.rs"]
mod silence;
#[cfg(test)]
#[path = "source/splits.rs"]
mod splits;
#[cfg(test)]
#[path = "source/tables.rs"]
mod tables;
#[cfg(test)]
#[path = "source/types.rs"]
mod types;

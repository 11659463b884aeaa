//! The role of the instance, by version 2 of its metadata service, is all that driver and executors need: neither has a key or
//! a region in its environment.

use crate::harness::{
    Fleet, Instance, RotatedUser, Warehouse, clean_command, compare_location, glue_table, ministack, mysql, run,
};
use std::time::Duration;

const EXECUTORS: usize = 2;
const ROWS: u64 = 2000;

/// Processes that ask for themselves: the driver, and the executors.
const PROCESSES: usize = 1 + EXECUTORS;

/// How often a process has to ask, at most, for credentials that last: once for each of its clients.
const CLIENTS: usize = 4;

/// Copies a table from a server whose login is a secret, to S3 and Glue, on instances whose metadata service is `instance`.
fn ingest(instance: &Instance, name: &'static str, user: &'static str, splits: &str) {
    mysql().new_database(name);
    mysql().execute(&format!(
        "USE {name}; CREATE TABLE t (id INT PRIMARY KEY); INSERT INTO t SELECT seq FROM seq_1_to_{ROWS}"
    ));
    ministack();
    let (user, warehouse) = (RotatedUser::new(user), Warehouse::on_s3(&[]));
    let fleet = Fleet::start_in(name, EXECUTORS, instance.environment());
    let table = format!("{name}.t");
    let mut command = clean_command(&["ingest", "--cluster", &fleet.url(), "--warehouse", warehouse.url()]);
    command.args(["--source", &user.source(), "--from", &table, "--splits", splits, "--create-database"]);
    for (variable, value) in instance.environment() {
        match value {
            Some(value) => command.env(variable, value),
            None => command.env_remove(variable),
        };
    }
    assert_eq!(run(&mut command).rows(), ROWS);
    assert_eq!(compare_location(&glue_table(&table).storage_descriptor.location, &table, "id", &[]).rows, ROWS);
    for executor in 0..EXECUTORS {
        assert!(fleet.finished_tasks(executor) > 0, "executor {executor} was idle");
    }
}

#[test]
fn driver_and_executors_take_the_role_of_their_instance_and_ask_seldom() {
    let instance = Instance::start(Duration::from_secs(6 * 3600));
    assert_eq!(instance.ask_without_token(), "HTTP/1.1 401 Unauthorized");
    ingest(&instance, "instance_role", "instance_role_user", "24");
    assert_eq!(instance.refused(), 1, "somebody else has asked without a token");
    assert!(instance.sessions() >= PROCESSES, "{} sessions", instance.sessions());
    assert!((PROCESSES..=PROCESSES * CLIENTS).contains(&instance.given()), "given {} times", instance.given());
}

#[test]
fn credentials_that_are_about_to_expire_are_fetched_anew() {
    let instance = Instance::start(Duration::from_secs(120));
    ingest(&instance, "expiring_role", "expiring_role_user", "24");
    assert!(instance.given() > PROCESSES * CLIENTS, "given {} times only", instance.given());
    assert_eq!(instance.refused(), 0);
}

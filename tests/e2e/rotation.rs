//! A password that is rotated while a table is read costs time, and nothing else: no row, no run, and no attempt of a task.

use crate::harness::{
    AlternatingUsers, Fleet, MySql, RotatedUser, Warehouse, compare, compare_with, mysql, wait_until,
};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

const ROWS: u64 = 20_000;
const EXECUTORS: usize = 2;
const SPLITS: usize = 100;
const ROTATIONS: usize = 10;

/// The rotation whose two steps lie far apart, and how far.
const SLOW: usize = 4;
const GAP: Duration = Duration::from_secs(20);

#[test]
fn ten_rotations_during_a_run_lose_nothing_fail_nothing_and_spend_no_attempt() {
    create_table(mysql(), "rotated");
    let mut user = RotatedUser::new("rotated_user");
    let (fleet, warehouse) = (Fleet::start("rotated", EXECUTORS), Warehouse::on_s3(&["--catalog", "local"]));
    let mut job = start(&mut ingest(&warehouse, &fleet, &user.source(), "rotated"));
    for rotation in 0..ROTATIONS {
        wait_for_random_moment(&mut job, &warehouse, rotation, ROTATIONS);
        user.change_password();
        if rotation == SLOW {
            std::thread::sleep(GAP);
        }
        user.publish_password();
    }
    require_success(job);
    assert_eq!(compare(&warehouse, "rotated.t", "rotated.t", "id", &[]).rows, ROWS);
    require_one_attempt_a_split(&fleet);
    assert!(count(&fleet, "login refused") > 0, "no executor has met a rotation");
}

#[test]
fn users_who_take_turns_lose_nothing_and_spend_no_attempt() {
    let server = MySql::start("alternating", &["--userstat=1"]);
    create_table(&server, "alternating");
    let mut users = AlternatingUsers::new(&server, "turns");
    let (fleet, warehouse) = (Fleet::start("alternating", EXECUTORS), Warehouse::on_s3(&["--catalog", "local"]));
    let mut job = start(&mut ingest(&warehouse, &fleet, &users.source(), "alternating"));
    for rotation in 0..ROTATIONS {
        wait_for_random_moment(&mut job, &warehouse, rotation, ROTATIONS);
        users.change_password();
        // Whoever has the other's login is refused now, and takes the one that the secret still names.
        if [1, 2].contains(&rotation) {
            wait_until(|| rows_read(&server, &users.still_named()) > ROWS / 100);
        }
        users.publish_password();
    }
    require_success(job);
    assert_eq!(compare_with(&server, &warehouse, "alternating.t", "alternating.t", "id", &[]).rows, ROWS);
    require_one_attempt_a_split(&fleet);
    for user in users.users() {
        assert!(rows_read(&server, &user) > ROWS / 100, "{user} has read {} rows", rows_read(&server, &user));
    }
}

fn rows_read(server: &MySql, user: &str) -> u64 {
    let read =
        format!("SELECT COALESCE(SUM(ROWS_READ), 0) FROM information_schema.USER_STATISTICS WHERE USER = '{user}'");
    server.query(&read).parse().unwrap()
}

fn create_table(server: &MySql, database: &str) {
    server.new_database(database);
    server.execute(&format!(
        "USE {database}; CREATE TABLE t (id INT PRIMARY KEY, name VARCHAR(20));
         INSERT INTO t SELECT seq, CONCAT('name ', seq) FROM seq_1_to_{ROWS}"
    ));
}

/// Returns the command of a job on the fleet.
fn ingest(warehouse: &Warehouse, fleet: &Fleet, source: &str, database: &str) -> Command {
    let (splits, url) = (SPLITS.to_string(), fleet.url());
    let from = format!("{database}.t");
    let mut command = warehouse.ingest_on(&url, source, &["--from", &from, "--splits", &splits]);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn start(command: &mut Command) -> Child {
    command.spawn().unwrap()
}

fn require_success(job: Child) {
    let output = job.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// Each split is one task, whatever becomes of its login.
fn require_one_attempt_a_split(fleet: &Fleet) {
    assert_eq!((0..EXECUTORS).map(|executor| fleet.started_tasks(executor)).sum::<usize>(), SPLITS);
}

fn count(fleet: &Fleet, text: &str) -> usize {
    (0..EXECUTORS).map(|executor| fleet.lines_with(executor, text)).sum()
}

/// Waits for a moment in the part of the run that belongs to a rotation; work is left for those to come.
fn wait_for_random_moment(job: &mut Child, warehouse: &Warehouse, rotation: usize, of: usize) {
    let moment = rotation * (SPLITS - 20) / of + usize::from(random_below(8));
    while warehouse.finished_splits() < moment {
        assert_eq!(job.try_wait().unwrap(), None, "the run ended before all rotations");
        std::thread::sleep(Duration::from_millis(1));
    }
}

fn random_below(limit: u8) -> u8 {
    use std::hash::{BuildHasher, RandomState};
    u8::try_from(RandomState::new().hash_one(0) % u64::from(limit)).unwrap()
}

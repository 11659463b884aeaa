//! A password that is rotated while a table is read costs time, and nothing else.

use crate::harness::{RotatedUser, Warehouse, cluster, compare, mysql};
use std::process::{Child, Stdio};
use std::time::Duration;

const SPLITS: usize = 100;
const ROTATIONS: usize = 10;

/// The rotation whose two steps lie far apart, and how far.
const SLOW: usize = 4;
const GAP: Duration = Duration::from_secs(20);

#[test]
fn ten_rotations_during_a_run_lose_nothing_and_fail_nothing() {
    mysql().new_database("rotated");
    mysql().execute(
        "USE rotated; CREATE TABLE t (id INT PRIMARY KEY, name VARCHAR(20));
         INSERT INTO t SELECT seq, CONCAT('name ', seq) FROM seq_1_to_20000",
    );
    let mut user = RotatedUser::new("rotated_user");
    let warehouse = Warehouse::on_s3(&["--catalog", "local"]);
    let refused = cluster().lines_with("login refused");
    let mut command = warehouse.ingest_from(&user.source(), &["--from", "rotated.t", "--splits", &SPLITS.to_string()]);
    let mut job = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();

    for rotation in 0..ROTATIONS {
        // Any moment will do, as long as work is left for the ones to come.
        let moment = rotation * (SPLITS - 20) / ROTATIONS + usize::from(rand_below(8));
        wait_until(&mut job, || finished(&warehouse) >= moment);
        user.change_password();
        if rotation == SLOW {
            std::thread::sleep(GAP);
        }
        user.publish_password();
    }
    let output = job.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(compare(&warehouse, "rotated.t", "rotated.t", "id", &[]).rows, 20_000);
    assert!(cluster().lines_with("login refused") > refused, "no executor has met a rotation");
}

fn finished(warehouse: &Warehouse) -> usize {
    warehouse.names().iter().filter(|name| name.contains("/split-") && name.ends_with(".json")).count()
}

fn wait_until(job: &mut Child, has_come: impl Fn() -> bool) {
    while !has_come() {
        assert_eq!(job.try_wait().unwrap(), None, "the run ended before all rotations");
        std::thread::sleep(Duration::from_millis(1));
    }
}

fn rand_below(limit: u8) -> u8 {
    use std::hash::{BuildHasher, RandomState};
    u8::try_from(RandomState::new().hash_one(0) % u64::from(limit)).unwrap()
}

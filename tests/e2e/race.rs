//! Twenty drivers publish one table for one day at the same time, each killed or slowed at random: in the end the table is
//! whole, and it is the run that started last of those that survived.

use crate::harness::{Warehouse, compare_location, glue_history, glue_table, ministack, mysql};
use std::hash::{BuildHasher, RandomState};
use std::process::{Child, Command, Output, Stdio};
use std::thread;
use std::time::Duration;

const DRIVERS: usize = 20;
const ROWS: u64 = 500;

#[test]
fn of_twenty_racing_drivers_the_last_survivor_is_published_whole() {
    ministack();
    mysql().new_database("race");
    mysql().execute(&format!(
        "USE race; CREATE TABLE t (id INT PRIMARY KEY, name VARCHAR(20));
         INSERT INTO t SELECT seq, CONCAT('name ', seq) FROM seq_1_to_{ROWS}"
    ));
    let warehouse = Warehouse::on_s3(&["--create-database"]);
    let drivers: Vec<Child> = (0..DRIVERS).map(|_| start(&warehouse)).collect();
    let mishap = |(number, driver): (usize, &Child)| {
        let id = driver.id();
        thread::spawn(move || if number == 0 { kill_soon(id) } else { befall(id) })
    };
    let mishaps: Vec<_> = drivers.iter().enumerate().map(mishap).collect();
    let ended: Vec<Output> = drivers.into_iter().map(|driver| driver.wait_with_output().unwrap()).collect();
    mishaps.into_iter().for_each(|mishap| mishap.join().unwrap());

    let survivors: Vec<&Output> = ended.iter().filter(|driver| has_survived(driver)).collect();
    let killed = ended.len() - survivors.len();
    assert!((1..DRIVERS).contains(&killed), "{killed} of {DRIVERS} were killed");
    let last = survivors.iter().map(|driver| run_of(driver).unwrap()).max().unwrap();
    let table = glue_table("race.t");
    let live = table.parameters["springald.run"].clone();
    if live != last {
        // One that was killed had been published before, and had started later: it is no survivor's to undo.
        let of_killed = ended.iter().filter(|driver| !has_survived(driver)).filter_map(run_of);
        assert!(live > last && of_killed.into_iter().any(|run| run == live), "{live} is live, and {last} has survived");
    }
    assert!(table.storage_descriptor.location.contains(&live), "{table:?}");
    assert_eq!(compare_location(&table.storage_descriptor.location, "race.t", "id", &[]).rows, ROWS);
    let [day] = glue_history("race.t").try_into().unwrap();
    assert!(day.parameters["springald.run"] == last || live > last, "{day:?}");
    require_true_exit_codes(&survivors, &live);
}

fn start(warehouse: &Warehouse) -> Child {
    let mut command = warehouse.ingest_command("race.t", &["--splits", "2", "--date", "2026-05-01"]);
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

/// Kills a driver before it can have ended, so that at least one is, however fast the machine.
fn kill_soon(driver: u32) {
    thread::sleep(Duration::from_millis(random_below(500)));
    signal(driver, "-KILL");
}

/// Kills a driver, or stops it for a while; chance decides which, and when: sooner rather than later.
fn befall(driver: u32) {
    thread::sleep(Duration::from_millis(random_below(8000 >> random_below(4))));
    if random_below(3) == 0 {
        return signal(driver, "-KILL");
    }
    signal(driver, "-STOP");
    thread::sleep(Duration::from_millis(random_below(4000)));
    signal(driver, "-CONT");
}

fn signal(driver: u32, name: &str) {
    drop(Command::new("kill").args([name, &driver.to_string()]).stderr(Stdio::null()).status());
}

fn has_survived(driver: &Output) -> bool {
    driver.status.code().is_some()
}

/// Returns the run of a driver, if it came so far as to have one.
fn run_of(driver: &Output) -> Option<String> {
    let log = String::from_utf8_lossy(&driver.stderr);
    let start = log.lines().find(|line| line.contains("run starts"))?;
    start.split_whitespace().find_map(|word| word.strip_prefix("run=")).map(str::to_owned)
}

/// A survivor has published its run, or says that a later one was faster; the last one has published.
fn require_true_exit_codes(survivors: &[&Output], live: &str) {
    for driver in survivors {
        let (run, said) = (run_of(driver).unwrap(), String::from_utf8_lossy(&driver.stderr));
        match driver.status.code() {
            Some(0) => assert!(String::from_utf8_lossy(&driver.stdout).contains(&run), "{said}"),
            Some(3) => assert!(run.as_str() < live, "{run} is the last, and was told that it is not: {said}"),
            code => panic!("exit code {code:?}: {said}"),
        }
    }
}

fn random_below(limit: u64) -> u64 {
    RandomState::new().hash_one(0) % limit
}

//! Twenty drivers publish one table for one day at the same time, some killed, some slowed: the table is whole, and it is
//! the run that started last of those that published.

use crate::harness::{Warehouse, compare_location, glue_history, glue_table, ministack, mysql};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

const DRIVERS: usize = 20;

#[test]
fn of_twenty_racing_drivers_the_one_that_started_last_is_published_whole() {
    ministack();
    mysql().new_database("race");
    mysql().execute("CREATE TABLE race.t (id INT PRIMARY KEY, name VARCHAR(20))");
    mysql().execute("USE race; INSERT INTO t SELECT seq, CONCAT('name ', seq) FROM seq_1_to_500");
    let warehouse = Warehouse::on_s3(&["--create-database"]);
    let drivers: Vec<Child> = (0..DRIVERS).map(|_| start(&warehouse)).collect();
    let mishaps = drivers.iter().enumerate().map(|(number, driver)| (number, driver.id()));
    let mishaps: Vec<_> = mishaps.map(|(number, id)| std::thread::spawn(move || befall(number, id))).collect();
    let ended: Vec<_> = drivers.into_iter().map(|driver| driver.wait_with_output().unwrap()).collect();
    mishaps.into_iter().for_each(|mishap| mishap.join().unwrap());

    let mut published = Vec::new();
    for driver in &ended {
        match driver.status.code() {
            Some(0) => published.push(serde_json::from_slice::<serde_json::Value>(&driver.stdout).unwrap()),
            Some(3) | None => {} // overtaken, or killed
            Some(code) => panic!("exit code {code}: {}", String::from_utf8_lossy(&driver.stderr)),
        }
    }
    let latest = published.iter().map(|report| report["run"].as_str().unwrap()).max().unwrap();
    let table = glue_table("race.t");
    let live = table.parameters["springald.run"].as_str();
    // A driver that was killed may have published before.
    assert!(live >= latest, "{live} is live, but {latest} started later and has published");
    assert_eq!(compare_location(&table.storage_descriptor.location, "race.t", "id", &[]).rows, 500);
    let history = glue_history("race.t");
    assert_eq!(history.len(), 1);
    assert!(history[0].parameters["springald.run"].as_str() >= latest || live > latest, "{history:?}");
}

fn start(warehouse: &Warehouse) -> Child {
    let mut command = warehouse.ingest_command("race.t", &["--splits", "2", "--date", "2026-05-01"]);
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

/// Every fourth driver is killed, every fourth is stopped for a while; each at a moment of its own.
fn befall(number: usize, driver: u32) {
    let signal =
        |name: &str| drop(Command::new("kill").args([name, &driver.to_string()]).stderr(Stdio::null()).status());
    let moment = Duration::from_millis(400 * number as u64 % 5000 + 500);
    match number % 4 {
        1 => {
            std::thread::sleep(moment);
            signal("-KILL");
        }
        3 => {
            std::thread::sleep(moment);
            signal("-STOP");
            std::thread::sleep(Duration::from_secs(3));
            signal("-CONT");
        }
        _ => {}
    }
}

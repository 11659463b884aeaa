//! Many runs in a row on one cluster whose processes die at random: every count is exact, and nothing is left over.
//!
//! `make soak` makes 200 of them; here it is as many as SPRINGALD_SOAK_RUNS says, or a few.

use crate::harness::{Fleet, Outcome, Signal, Total, Warehouse, clean_command, mysql, run, say, total, wait_until};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::process::Command;
use std::thread;

const FEW: u64 = 10;

const ROWS: u64 = 1500;

/// Memory that a process may have more at the end than in the middle, in KiB: its allocator's slack.
const MORE_MEMORY: u64 = 64 * 1024;

/// Open files that a process may have more at the end than in the middle: connections that are kept for a while.
const MORE_FILES: u64 = 16;

#[test]
fn runs_in_a_row_leave_nothing_behind() {
    let number = |name: &str, default| std::env::var(name).map_or(default, |text| text.parse().unwrap());
    let (runs, seed) = (number("SPRINGALD_SOAK_RUNS", FEW), number("SPRINGALD_SOAK_SEED", 1));
    let soak = Soak::new();
    let mut fleet = Fleet::start("soak", 3);
    let mut middle = vec![];
    let mut killed = 0;
    for round in 0..runs {
        let chance = chance(seed, round);
        // The scheduler and the first executor live through the second half, so that what they leak can be seen.
        let restarts = round % 5 == 2 && round < runs / 2;
        soak.round(&mut fleet, chance, restarts, &mut killed);
        if round == runs / 2 {
            middle = fleet.usage();
        }
    }
    let end = fleet.usage();
    say(&format!("{runs} runs, {killed} processes ended: from {middle:?} to {end:?}"));
    for (before, after) in middle.iter().zip(&end).take(2) {
        assert_eq!(before.pid, after.pid, "the scheduler and the first executor were to live");
        assert!(after.resident_kib <= before.resident_kib + MORE_MEMORY, "{before:?} became {after:?}");
        assert!(after.open_files <= before.open_files + MORE_FILES, "{before:?} became {after:?}");
    }
    let sessions = "SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE DB = 'soak'";
    wait_until(|| mysql().query(sessions) == "0");
    assert_eq!(soak.warehouse.unfinished_uploads(), Vec::<String>::new());
    wait_until(|| fleet.work_files() == 0);
}

/// A table that is copied and then asked, over and over.
struct Soak {
    warehouse: Warehouse,
    query: String,
}

impl Soak {
    fn new() -> Self {
        mysql().new_database("soak");
        mysql().execute(&format!(
            "USE soak; CREATE TABLE t (id INT PRIMARY KEY); INSERT INTO t SELECT seq FROM seq_1_to_{ROWS}"
        ));
        let warehouse = Warehouse::on_s3(&[]);
        let sql = "SELECT id % 50 AS k, count(*) AS n, sum(id) AS id FROM soak.copied GROUP BY id % 50";
        let query = warehouse.query_file(sql).to_str().unwrap().to_owned();
        Self { warehouse, query }
    }

    /// Copies and asks once, while a process ends.
    fn round(&self, fleet: &mut Fleet, chance: u64, restarts: bool, killed: &mut u64) {
        let before = self.warehouse.finished_splits();
        let mut ingest = self.ingest(fleet);
        let enough = before + usize::try_from(chance % 10).unwrap();
        let copied = thread::scope(|scope| {
            let running = scope.spawn(move || run(&mut ingest));
            wait_until(|| running.is_finished() || self.warehouse.finished_splits() >= enough);
            *killed += end_one(fleet, chance, restarts);
            running.join().unwrap()
        });
        self.require(&copied, "soak.copied", ROWS);
        let asked = run(&mut self.process(fleet));
        self.require(&asked, "soak.asked", 50);
    }

    fn require(&self, outcome: &Outcome, table: &str, rows: u64) {
        assert_eq!(outcome.rows(), rows);
        assert_eq!(total(&self.warehouse, table, "id"), Total { rows, total: ROWS * (ROWS + 1) / 2 });
    }

    fn ingest(&self, fleet: &Fleet) -> Command {
        let query = "SELECT id, SLEEP(0.003) AS nap FROM t";
        let mut command = clean_command(&["ingest", "--source", &mysql().source("soak"), "--query", query]);
        command.args(["--split-column", "id", "--splits", "15", "--into", "soak.copied"]);
        self.on(fleet, command)
    }

    fn process(&self, fleet: &Fleet) -> Command {
        self.on(fleet, clean_command(&["process", "--query", &self.query, "--into", "soak.asked"]))
    }

    fn on(&self, fleet: &Fleet, mut command: Command) -> Command {
        command.args(["--cluster", &fleet.url(), "--warehouse", self.warehouse.url(), "--catalog", "local"]);
        command.envs(self.warehouse.environment());
        command
    }
}

/// Ends the scheduler, or the newest executor in one of two ways, or nothing; what was ended is started again. Returns how
/// many processes have ended.
fn end_one(fleet: &mut Fleet, chance: u64, restarts: bool) -> u64 {
    if restarts {
        fleet.kill_scheduler();
        fleet.restart_scheduler();
        return 1;
    }
    let signal = match chance / 10 % 3 {
        0 => return 0,
        1 => Signal::Kill,
        _ => Signal::Terminate,
    };
    fleet.signal(fleet.newest(), signal);
    fleet.add_executor();
    1
}

fn chance(seed: u64, round: u64) -> u64 {
    let mut hasher = DefaultHasher::new();
    (seed, round).hash(&mut hasher);
    hasher.finish()
}

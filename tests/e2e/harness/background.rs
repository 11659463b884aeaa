//! Processes that serve the tests and never outlive them.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Runs the command in its arguments until standard input closes. The pipe's other end is ours, so it closes when we
/// end, also when we are killed. The command's process number goes into the file that PID_FILE names.
pub(crate) const UNTIL_CLOSED: &str = r#"
exec 3<&0 </dev/null
"$@" &
service=$!
if [ -n "${PID_FILE:-}" ]; then echo "$service" >"$PID_FILE"; fi
{ cat <&3 >/dev/null; kill "$service" 2>/dev/null; } &
wait "$service"
"#;

/// How long a service may take to be ready.
const PATIENCE: Duration = Duration::from_secs(60);

/// Asks `ready` over and over until it says yes; panics if it does not in time.
pub(crate) fn wait_until(mut ready: impl FnMut() -> bool) {
    let start = Instant::now();
    while !ready() {
        assert!(start.elapsed() < PATIENCE, "what was waited for did not come in {PATIENCE:?}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// A process that lives as long as this value, and no longer than this process.
#[derive(Debug)]
pub(crate) struct Background {
    name: &'static str,
    child: Child,
    log: PathBuf,
}

impl Background {
    /// Starts `command`, which must end when its standard input closes, with its output in the file `log`.
    pub(crate) fn start(name: &'static str, command: &mut Command, log: PathBuf) -> Self {
        let output = File::create(&log).unwrap();
        command.stdin(Stdio::piped()).stdout(output.try_clone().unwrap()).stderr(output);
        // Its own process group: an interrupt at the terminal reaches us, and it by way of the pipe.
        let child = command.process_group(0).spawn().unwrap_or_else(|error| panic!("start {name}: {error}"));
        Self { name, child, log }
    }

    /// Asks `ready` over and over until it has an answer; panics with the log's name and end if none comes.
    pub(crate) fn wait_until<T>(&mut self, mut ready: impl FnMut() -> Option<T>) -> T {
        let start = Instant::now();
        loop {
            if let Some(answer) = ready() {
                return answer;
            }
            let ended = self.child.try_wait().unwrap();
            if ended.is_some() || start.elapsed() > PATIENCE {
                let state = ended.map_or("is not ready in time".to_owned(), |status| format!("ended with {status}"));
                panic!("{} {state}; its log is {}:\n{}", self.name, self.log.display(), end_of(&self.log));
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Waits until the process has ended, and returns its exit code; panics if a signal ended it.
    pub(crate) fn exit_code_at_end(&mut self) -> i32 {
        let mut status = None;
        wait_until(|| {
            status = self.child.try_wait().unwrap();
            status.is_some()
        });
        status.unwrap().code().unwrap()
    }

    /// Returns all its output so far.
    pub(crate) fn logged(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap()
    }

    /// Returns how many lines of its output hold `text` so far.
    pub(crate) fn lines_with(&self, text: &str) -> usize {
        std::fs::read_to_string(&self.log).unwrap().lines().filter(|line| line.contains(text)).count()
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        drop(self.child.wait());
    }
}

fn end_of(log: &Path) -> String {
    let mut file = File::open(log).unwrap();
    let length = file.metadata().unwrap().len();
    file.seek(SeekFrom::Start(length.saturating_sub(4000))).unwrap();
    let mut end = Vec::new();
    file.read_to_end(&mut end).unwrap();
    String::from_utf8_lossy(&end).into_owned()
}

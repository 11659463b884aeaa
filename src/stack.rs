//! Stacks for what runs SQL: a long chain of operators is a deep tree.

use std::os::unix::process::CommandExt;
use std::process::Command;

/// What Rust takes for the size of a thread's stack, where the one who makes the thread does not say: Ballista's threads,
/// which run tasks, are such. It is read before the first thread is made.
const VARIABLE: &str = "RUST_MIN_STACK";

/// Holds some thousands of operators, also in a debug build. Of a stack only what has been used takes memory.
const BYTES: usize = 32 << 20;

/// Begins this program again, in the same process, with larger stacks for all its threads, unless their size is set already.
/// Does nothing where it cannot.
pub(crate) fn enlarge() {
    let (Ok(program), None) = (std::env::current_exe(), std::env::var_os(VARIABLE)) else { return };
    let mut arguments = std::env::args_os();
    let mut again = Command::new(program);
    if let Some(name) = arguments.next() {
        again.arg0(name);
    }
    let _: std::io::Error = again.args(arguments).env(VARIABLE, BYTES.to_string()).exec();
}

//! `springald snapshots`: what snapshots a table has, which one is live, and which may go.

mod args;
mod job;

pub use args::SnapshotsArgs;
pub use job::run;

//! Processes that die, hang or come back while a run is at work: its snapshot is exact all the same.
//!
//! These tests take minutes, for a cluster waits before it calls an executor lost. `make test-chaos` runs them.

mod disk;
mod drain;
mod executors;
mod launcher;
mod network;
mod resume;
mod scheduler;
mod seats;
mod slow;
mod versions;
mod wide;
mod zombie;

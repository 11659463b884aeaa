//! Processes that die, hang or come back while a run is at work: its snapshot is exact all the same.
//!
//! These tests take minutes, for a cluster waits before it calls an executor lost, and some need root, for networks and disks of
//! their own. `make test-chaos` runs them, and `make soak` one of them for hours.

mod analysts;
mod disk;
mod drain;
mod executors;
mod large;
mod launcher;
mod many;
mod memory;
mod network;
mod resume;
mod scheduler;
mod seats;
mod shuffle;
mod slow;
mod soak;
mod strangers;
mod versions;
mod wide;
mod zombie;

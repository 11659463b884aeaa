//! The cluster: one way to plan, one to submit, one to start each service, whether in this process or on many nodes.
//!
//! Scheduler, executors and drivers agree on the session's settings, on the codec of our operators and on the object
//! stores because all three come from here.

mod access;
mod address;
mod admission;
#[cfg(test)]
mod alone;
mod ask;
mod broken;
mod cluster;
mod codec;
mod distribute;
mod embedded;
mod executor;
mod filters;
mod flight;
mod flight_sql;
#[cfg(test)]
mod fuzz;
mod life;
mod progress;
mod serve;
mod service;
mod session;
mod size;
mod slots;
mod store;
mod unharmed;
mod version;
mod whole;
mod windows;
mod work;

pub use address::{ClusterAddress, ParseAddressError};
pub use ask::{AskError, wait_for_scheduler};
pub use cluster::{Cluster, ClusterError};
pub use codec::{SpringaldCodec, WirePlan, prove_codec};
pub use executor::{Leave, WorkDir, serve_executor};
pub use filters::check_filters;
pub use flight::with_security;
pub use progress::watch;
pub use service::{bind, executor_config, scheduler_config, serve_scheduler};
pub use session::{MESSAGE_BYTES, session_config, session_context};
pub use size::{ByteSize, ParseSizeError};
pub use store::Stores;

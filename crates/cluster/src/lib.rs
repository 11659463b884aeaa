//! The cluster: one way to plan, one to submit, one to start each service, whether in this process or on many nodes.
//!
//! Scheduler, executors and drivers agree on the session's settings, on the codec of our operators and on the object
//! stores because all three come from here.

mod address;
mod cluster;
mod codec;
mod distribute;
mod embedded;
mod progress;
mod service;
mod session;
mod size;
mod slots;
mod store;

pub use address::{ClusterAddress, ParseAddressError};
pub use cluster::{Cluster, ClusterError};
pub use codec::{SpringaldCodec, prove_codec};
pub use distribute::physical_plan;
pub use progress::watch;
pub use service::{bind, executor_config, scheduler_config, serve_scheduler};
pub use session::{MESSAGE_BYTES, session_config, session_context};
pub use size::{ByteSize, ParseSizeError};
pub use store::Stores;

//! Who may speak with whom on a cluster: one bundle of certificates for all of its processes, checked on both sides.
//!
//! ```text
//! springald tls init ──▶ bundle ──▶ Security ──▶ endpoint: dials with the cluster's certificate
//!                                       └──────▶ listener: accepts, and says of each connection who it is
//! ```
//!
//! A peer is trusted for the authority that vouches for it and for the *cluster's name*, which every certificate of the
//! cluster carries. Host names and addresses do not matter, so nodes may come and go.

mod args;
mod bundle;
mod command;
mod init;
mod issue;
mod listener;
mod pem;
mod refusal;
mod security;
mod server;
mod token;

pub use args::{OpenPortError, ServiceArgs, may_listen};
pub use bundle::{Bundle, BundleError};
pub use command::{TlsArgs, run};
pub use issue::{Validity, issue};
pub use listener::{ClusterListener, Peer};
pub use refusal::why_refused;
pub use security::Security;
pub use token::{ApiToken, TokenError};

//! How AWS is reached: one configuration, one HTTP client and one S3 client a bucket for each process.
//!
//! ```text
//!  environment, profile, role ──▶ sdk_config ──┬──▶ clients of Glue and Secrets Manager
//!                                              └──▶ credentials ──▶ S3Stores: an S3Store for each bucket
//! ```
//!
//! Credentials come from the machine a process runs on, never from a session's settings, which Ballista shows to anyone
//! who asks its scheduler. Nothing here knows whether the other side is AWS: `AWS_ENDPOINT_URL` and its per-service
//! forms may name any server that speaks the same protocol.

mod config;
mod error;
mod s3;

pub use config::{load_config, loader, sdk_config};
pub use error::AwsError;
pub use s3::{NoWay, S3Options, S3Store, S3Stores, UnfinishedUpload, Uploads, answers, lost_way};

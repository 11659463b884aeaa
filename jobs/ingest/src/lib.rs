//! `springald ingest`: a MySQL table becomes the next snapshot of a catalog table.

mod args;
mod consistency;
mod job;

pub use args::IngestArgs;
pub use job::{hint, run};

//! `springald ingest`: a MySQL table becomes the next snapshot of a catalog table.

mod args;
mod consistency;
mod dry_run;
mod job;
mod load;
mod protection;
mod resume;
mod secret;
mod splits;
mod values;

pub use args::IngestArgs;
pub use job::{Done, hint, run};

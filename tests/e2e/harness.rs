//! What the tests stand on: servers and a cluster that are started once and end with this process, warehouses, runs of
//! the executable, and scripts that read back.

mod background;
mod certificates;
mod cluster;
mod mysql;
mod port;
mod proxy;
mod readback;
mod springald;
mod tables;
mod tool;
mod warehouse;

pub(crate) use background::wait_until;
pub(crate) use certificates::Certificates;
pub(crate) use cluster::cluster;
pub(crate) use mysql::{MySql, PASSWORD, mysql};
pub(crate) use port::free_port;
pub(crate) use proxy::{Fate, Proxy};
pub(crate) use readback::{Compared, Total, Watcher, compare, compare_with, total};
pub(crate) use springald::{Outcome, clean_command, run, springald};
pub(crate) use tables::{CRIMES, crimes, load_crimes};
pub(crate) use tool::{in_project, plugins};
pub(crate) use warehouse::Warehouse;

//! What the tests stand on: servers and a cluster that are started once and end with this process, warehouses, runs of
//! the executable, and scripts that read back.

mod aws;
mod background;
mod bad_road;
mod certificates;
mod cluster;
mod fleet;
mod glue;
mod glue_double;
mod mysql;
mod mysql_proxy;
mod port;
mod readback;
mod secret;
mod small_disk;
mod springald;
mod subnet;
mod tables;
mod tool;
mod warehouse;

pub(crate) use aws::{ACCESS_KEY, BUCKET, SECRET_KEY, ministack, moto, s3};
pub(crate) use background::wait_until;
pub(crate) use bad_road::BadRoad;
pub(crate) use certificates::Certificates;
pub(crate) use cluster::cluster;
pub(crate) use fleet::{Fleet, Signal};
pub(crate) use glue::{change_glue_table, glue_catalog, glue_history, glue_table};
pub(crate) use glue_double::GlueDouble;
pub(crate) use mysql::{MySql, PASSWORD, mysql};
pub(crate) use mysql_proxy::{Fate, MySqlProxy};
pub(crate) use port::free_port;
pub(crate) use readback::{
    Compared, Total, Watcher, ask_athena, compare, compare_location, compare_with, read_as_others_do, total,
};
pub(crate) use secret::RotatedUser;
pub(crate) use small_disk::SmallDisk;
pub(crate) use springald::{Outcome, clean_command, run, run_by, springald};
pub(crate) use subnet::{Host, Peer, Subnet};
pub(crate) use tables::{CRIMES, crimes, load_crimes};
pub(crate) use tool::{in_project, plugins, scratch};
pub(crate) use warehouse::Warehouse;

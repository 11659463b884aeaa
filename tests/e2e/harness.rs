//! What the tests stand on: servers and a cluster that are started once and end with this process, warehouses, runs of
//! the executable, and scripts that read back.

mod authority;
mod aws;
mod background;
mod certificates;
mod closed;
mod cluster;
mod fleet;
mod flight_sql;
mod glue;
mod glue_double;
mod instance;
mod memory_limit;
mod mysql;
mod mysql_proxy;
mod port;
mod readback;
mod road;
mod secret;
mod small_disk;
mod springald;
mod subnet;
mod tables;
mod tap;
mod tool;
mod uploads;
mod usage;
mod warehouse;

pub(crate) use authority::{Authority, write_for_owner};
pub(crate) use aws::{ACCESS_KEY, BUCKET, SECRET_KEY, ministack, moto, s3};
pub(crate) use background::{Background, wait_until};
pub(crate) use certificates::Certificates;
pub(crate) use closed::{ClosedCluster, refused_soon, send_noise, start_service};
pub(crate) use cluster::cluster;
pub(crate) use fleet::{Fleet, Signal};
pub(crate) use flight_sql::FlightSql;
pub(crate) use glue::{change_glue_table, glue_catalog, glue_catalog_with, glue_history, glue_table};
pub(crate) use glue_double::GlueDouble;
pub(crate) use instance::Instance;
pub(crate) use memory_limit::MemoryLimit;
pub(crate) use mysql::{MySql, PASSWORD, mysql};
pub(crate) use mysql_proxy::{Fate, MySqlProxy};
pub(crate) use port::free_port;
pub(crate) use readback::{
    Compared, Total, Watcher, analyse, ask_athena, ask_emr, column_statistics, compare, compare_location, compare_with,
    prepare_analysis, read_as_others_do, read_history, read_types, read_with_spark, total,
};
pub(crate) use road::{Noted, Road};
pub(crate) use secret::{AlternatingUsers, RotatedUser, create_rotated_secret, create_secret};
pub(crate) use small_disk::SmallDisk;
pub(crate) use springald::{Outcome, clean_command, run, run_by, springald};
pub(crate) use subnet::{Host, Peer, Subnet};
pub(crate) use tables::{CRIMES, crimes, load_crimes, noise, noisy_table};
pub(crate) use tap::Tap;
pub(crate) use tool::{in_project, plugins, say, scratch};
pub(crate) use uploads::Upload;
pub(crate) use warehouse::Warehouse;

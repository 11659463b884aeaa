//! How many tasks a remote cluster runs at the same time, from its scheduler's REST API.

use std::time::Duration;

use serde::Deserialize;

use crate::ClusterAddress;

const LIMIT: Duration = Duration::from_secs(10);

/// Asks the scheduler at `address` for the task slots of all its executors. May be repeated.
pub(crate) async fn slots(address: &ClusterAddress) -> anyhow::Result<usize> {
    let url = format!("{}/api/executors", address.scheduler_url());
    let executors: Vec<Executor> = tokio::task::spawn_blocking(move || ask(&url)).await??;
    Ok(executors.iter().map(|executor| executor.specification.vcores).sum())
}

fn ask(url: &str) -> Result<Vec<Executor>, ureq::Error> {
    let agent = ureq::Agent::new_with_config(ureq::config::Config::builder().timeout_global(Some(LIMIT)).build());
    agent.get(url).call()?.body_mut().read_json()
}

#[derive(Deserialize)]
struct Executor {
    specification: Specification,
}

#[derive(Deserialize)]
struct Specification {
    vcores: usize,
}

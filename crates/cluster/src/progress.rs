//! How far a run is, from its manifests: a bar on a terminal, a log line now and then elsewhere.

use std::io::IsTerminal;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use springald_snapshot::RunStore;

const LOOK_EVERY: Duration = Duration::from_secs(1);
const LOG_EVERY: u32 = 10;

/// How many looks in a row must find every split finished before the job's own end is waited for no more.
const LAST_LOOKS: u32 = 20;

/// Shows how many of the run's splits are finished. Drop it when the job has ended; it ends by itself when every split has
/// been finished for a while, and the job has not: what the cluster says of a job may get lost, the manifests do not.
pub async fn watch(records: &RunStore, splits: u32) {
    let bar = bar(splits);
    let mut complete = 0;
    for look in 0u32.. {
        tokio::time::sleep(LOOK_EVERY).await;
        let Ok(finished) = records.finished_splits().await else {
            continue; // the run itself will say what is wrong with the store
        };
        complete = if finished >= u64::from(splits) { complete + 1 } else { 0 };
        if complete == LAST_LOOKS {
            tracing::warn!(splits, "every split is finished, and the cluster does not say that the run is");
            return;
        }
        match &bar {
            Some(bar) => bar.set_position(finished),
            None if look % LOG_EVERY == 0 => tracing::info!(finished, splits, "run goes on"),
            None => {}
        }
    }
}

fn bar(splits: u32) -> Option<ProgressBar> {
    if !std::io::stderr().is_terminal() {
        return None;
    }
    let bar = ProgressBar::new(u64::from(splits));
    if let Ok(style) = ProgressStyle::with_template("{elapsed_precise} [{bar:40}] {pos}/{len} splits, {eta} left") {
        bar.set_style(style);
    }
    Some(bar)
}

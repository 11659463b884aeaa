//! How far a run is, from its manifests: a bar on a terminal, a log line now and then elsewhere.

use std::io::IsTerminal;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use springald_snapshot::RunStore;

const LOOK_EVERY: Duration = Duration::from_secs(1);
const LOG_EVERY: u32 = 10;

/// Shows how many of the run's splits are finished, for ever: drop it when the run has ended.
pub async fn watch(records: &RunStore, splits: u32) {
    let bar = bar(splits);
    for look in 0u32.. {
        tokio::time::sleep(LOOK_EVERY).await;
        let Ok(finished) = records.finished_splits().await else {
            continue; // the run itself will say what is wrong with the store
        };
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

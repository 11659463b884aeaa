//! How much of the server a run may take, as it was typed.

use std::num::{NonZeroU64, NonZeroUsize};

use clap::Args;

/// Options on the load that a run puts on its server.
#[derive(Debug, Clone, Copy, Args)]
pub struct LoadArgs {
    /// Sessions that the whole run, its driver and all executors together, may have on the server at the same time;
    /// default: one for each task slot of the cluster. More --splits than this are made larger instead.
    /// To look after a session that is silent for minutes takes one more for a moment
    #[arg(long, env = "SPRINGALD_MAX_SESSIONS", value_name = "N", help_heading = "Source")]
    pub max_sessions: Option<NonZeroUsize>,
    /// Threads_running of the server above which the next split waits, for up to a minute
    #[arg(
        long,
        env = "SPRINGALD_MAX_THREADS_RUNNING",
        value_name = "N",
        default_value = "100",
        help_heading = "Source"
    )]
    pub max_threads_running: NonZeroU64,
}

impl LoadArgs {
    /// Returns how many splits may be read when `wanted` are.
    pub(crate) fn splits(&self, wanted: NonZeroUsize) -> NonZeroUsize {
        self.max_sessions.map_or(wanted, |most| most.min(wanted))
    }

    /// Returns how many sessions may read as of one moment on a cluster of `slots` task slots, beside the driver's two.
    ///
    /// # Errors
    /// When the cap leaves none.
    pub(crate) fn meeting_sessions(&self, slots: NonZeroUsize) -> anyhow::Result<NonZeroUsize> {
        let Some(most) = self.max_sessions else { return Ok(slots) };
        match NonZeroUsize::new(most.get().saturating_sub(2)) {
            Some(readers) => Ok(readers.min(slots)),
            None => anyhow::bail!(
                "--consistency snapshot takes two sessions of the driver beside those that read: give --max-sessions 3 or \
                 more"
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(number: usize) -> NonZeroUsize {
        NonZeroUsize::new(number).unwrap()
    }

    fn capped(most: Option<usize>) -> LoadArgs {
        LoadArgs { max_sessions: most.map(number), max_threads_running: NonZeroU64::MIN }
    }

    #[test]
    fn a_cap_makes_fewer_splits() {
        assert_eq!(capped(None).splits(number(16)), number(16));
        assert_eq!(capped(Some(4)).splits(number(16)), number(4));
        assert_eq!(capped(Some(4)).splits(number(2)), number(2));
    }

    #[test]
    fn a_meeting_leaves_two_sessions_to_the_driver() {
        let readers = |most, slots| capped(most).meeting_sessions(number(slots)).ok().map(NonZeroUsize::get);
        assert_eq!(readers(None, 8), Some(8));
        assert_eq!(readers(Some(6), 8), Some(4));
        assert_eq!(readers(Some(20), 8), Some(8));
        assert_eq!(readers(Some(2), 8), None);
    }
}

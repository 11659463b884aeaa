//! Logs: to stderr, one line an event, what the user is to see and no more.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

/// A job says what it does; of the engine below only warnings.
const JOB: &str = "warn,springald=info,ballista_core=error,ballista_scheduler=error,ballista_executor=error";

/// A service says what the engine does.
const SERVICE: &str = "info,datafusion=warn";

/// Starts logging; `RUST_LOG` overrides what is logged.
pub(crate) fn init(service: bool) {
    let default = if service { SERVICE } else { JOB };
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(default));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .init();
}

//! Logs: to stderr, one line an event, what the user is to see and no more.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

/// A job says what it does; of the engine below only warnings.
const JOB: &str = "warn,springald=info,ballista_core=error,ballista_scheduler=error,ballista_executor=error";

/// A service says what the engine does.
const SERVICE: &str = "info,datafusion=warn";

/// AWS's SDK shows the id of an access key where it says most; nobody gets to see that, whatever `RUST_LOG` asks for.
const SHOW_KEYS: [&str; 5] =
    ["aws_config=info", "aws_credential_types=info", "aws_runtime=info", "aws_sigv4=info", "aws_smithy_runtime=info"];

/// Starts logging; `RUST_LOG` overrides what is logged.
pub(crate) fn init(service: bool) {
    let default = if service { SERVICE } else { JOB };
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(default));
    let limits = SHOW_KEYS.into_iter().filter_map(|limit| limit.parse().ok());
    let filter = limits.fold(filter, EnvFilter::add_directive);
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .init();
}

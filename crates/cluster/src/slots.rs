//! How many tasks a remote cluster runs at the same time, as its scheduler says.

use springald_tls::Security;

use crate::ClusterAddress;
use crate::access::SLOTS;
use crate::ask::{AskError, ask};

/// Asks the scheduler at `address` for the task slots of all its executors. May be repeated.
///
/// # Errors
/// When it does not answer, or does not answer us.
pub(crate) async fn slots(address: &ClusterAddress, security: &Security) -> Result<usize, AskError> {
    let answer = ask(address, security, SLOTS).await?;
    answer.trim().parse().map_err(|_| AskError::Refused {
        address: address.clone(),
        why: "it does not say how many task slots there are: install the same springald on every node".to_owned(),
    })
}

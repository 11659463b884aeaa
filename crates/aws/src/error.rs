//! Why AWS did not do what it was asked, in the user's terms.

use std::error::Error;
use std::fmt::{Debug, Display, Formatter, Result};

use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_glue::error::{DisplayErrorContext, ProvideErrorMetadata, SdkError};

/// Codes with which the services refuse whoever has no right to a call; Glue uses the first for Lake Formation's
/// refusals too (facts, 3.3).
const DENIED: [&str; 3] = ["AccessDeniedException", "AccessDenied", "UnrecognizedClientException"];

/// Codes of refusals that may pass by themselves, after all repetitions of the SDK.
const PASSING: [&str; 6] = [
    "ThrottlingException",
    "Throttling",
    "InternalServiceException",
    "InternalServiceError",
    "OperationTimeoutException",
    "ServiceUnavailable",
];

/// A call that failed, or could not be made.
#[derive(Debug, thiserror::Error)]
pub enum AwsError {
    /// Nothing says which region to use.
    #[error("no AWS region: set AWS_REGION, or `region` in the profile; on EC2 the metadata service gives it")]
    NoRegion,
    /// Nothing gives credentials.
    #[error(
        "no AWS credentials: give this machine an instance role, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
    )]
    NoCredentials(#[source] CredentialsError),
    /// Credentials were to be had, but could not be fetched.
    #[error("fetch AWS credentials")]
    Credentials(#[source] CredentialsError),
    /// The role may not do it.
    #[error("not allowed: {message}; let the role of this machine do {action}, see docs/iam")]
    Denied {
        /// The action as policies name it, e.g. `glue:UpdateTable`.
        action: &'static str,
        /// What the service says.
        message: String,
    },
    /// The service refused.
    #[error("{action} was refused: {code}: {message}")]
    Refused {
        /// The action as policies name it.
        action: &'static str,
        /// The service's code.
        code: String,
        /// What the service says.
        message: String,
    },
    /// No answer came.
    #[error("{action} had no answer")]
    NoAnswer {
        /// The action as policies name it.
        action: &'static str,
        /// What happened on the way.
        #[source]
        cause: Flat,
    },
}

impl AwsError {
    /// Sorts the failure of a call that needs the right to `action`.
    pub fn of<E>(action: &'static str, error: SdkError<E>) -> Self
    where
        E: ProvideErrorMetadata + Error + Send + Sync + 'static,
    {
        let Some(refusal) = error.as_service_error() else {
            return match missing_credentials(&error) {
                Some(text) => Self::NoCredentials(CredentialsError::not_loaded(text)),
                None => Self::NoAnswer { action, cause: Flat(DisplayErrorContext(&error).to_string()) },
            };
        };
        let code = refusal.code().unwrap_or("unknown").to_owned();
        let message = refusal.message().unwrap_or("no message").to_owned();
        if DENIED.contains(&code.as_str()) {
            return Self::Denied { action, message };
        }
        Self::Refused { action, code, message }
    }

    /// Sorts a failure of the provider of credentials.
    pub fn of_credentials(error: CredentialsError) -> Self {
        match error {
            CredentialsError::CredentialsNotLoaded(_) | CredentialsError::InvalidConfiguration(_) => {
                Self::NoCredentials(error)
            }
            _ => Self::Credentials(error),
        }
    }

    /// Returns the service's code of a refusal, if the service answered.
    pub fn code(&self) -> Option<&str> {
        match self {
            Self::Refused { code, .. } => Some(code),
            Self::NoRegion
            | Self::NoCredentials(_)
            | Self::Credentials(_)
            | Self::Denied { .. }
            | Self::NoAnswer { .. } => None,
        }
    }

    /// Returns whether the same call may succeed a moment later.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::NoRegion | Self::NoCredentials(_) | Self::Denied { .. } => false,
            Self::Credentials(_) | Self::NoAnswer { .. } => true,
            Self::Refused { code, .. } => PASSING.contains(&code.as_str()),
        }
    }
}

/// Returns the text of the chain's error that says that no provider has credentials, if one does.
fn missing_credentials(error: &(dyn Error + 'static)) -> Option<String> {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if let Some(CredentialsError::CredentialsNotLoaded(_)) = error.downcast_ref() {
            return Some(error.source().map_or_else(|| error.to_string(), ToString::to_string));
        }
        cause = error.source();
    }
    None
}

/// The SDK's chain of causes as one text: its errors do not show theirs.
pub struct Flat(String);

impl Display for Flat {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        f.write_str(&self.0)
    }
}

impl Debug for Flat {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        f.write_str(&self.0)
    }
}

impl Error for Flat {}

//! What S3 refused, in the user's terms.

use std::error::Error as StdError;

use object_store::Error;

/// How `object_store` shows the status of a refusal.
const FORBIDDEN: &str = "403 Forbidden";

/// What keeps a bucket from being used.
#[derive(Debug, thiserror::Error)]
enum Refusal {
    #[error("bucket `{bucket}` does not exist: create it, or name another")]
    NoBucket { bucket: String },
    #[error("{code}: {message}; let the role of this machine use bucket `{bucket}`, see docs/iam")]
    Denied { bucket: String, code: String, message: String },
}

/// Returns `error` with a cause that says what to do, where the bucket is missing or may not be used.
pub(super) fn explained(bucket: &str, error: Error) -> Error {
    let bucket = bucket.to_owned();
    let (path, text) = match &error {
        Error::NotFound { path, source } | Error::PermissionDenied { path, source } => {
            (path.clone(), source.to_string())
        }
        // What a listing is refused with has no kind of its own.
        Error::Generic { source, .. } => (format!("s3://{bucket}"), source.to_string()),
        _ => return error,
    };
    let code = element(&text, "Code");
    if code == Some("NoSuchBucket") {
        return Error::NotFound { path, source: Box::new(Refusal::NoBucket { bucket }) };
    }
    if !text.contains(FORBIDDEN) {
        return error;
    }
    let code = code.unwrap_or(FORBIDDEN).to_owned();
    let message = element(&text, "Message").unwrap_or("no message").to_owned();
    Error::PermissionDenied { path, source: Box::new(Refusal::Denied { bucket, code, message }) }
}

/// Returns the text of an element of S3's error document.
fn element<'a>(document: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = document.split_once(&format!("<{name}>"))?;
    let (text, _) = rest.split_once(&format!("</{name}>"))?;
    Some(text)
}

/// Returns whether a create-only put may have been made or not: its answer was lost, or another one was being made.
pub(super) fn is_undecided(error: &Error) -> bool {
    is_conflict(error) || matches!(error, Error::Generic { .. })
}

/// Returns whether S3 answered 409. `object_store` calls both that and 412 `AlreadyExists`, but 412 has an error of its
/// own as the cause.
pub(super) fn is_conflict(error: &Error) -> bool {
    let Error::AlreadyExists { source, .. } = error else { return false };
    let cause: &(dyn StdError + 'static) = source.as_ref();
    cause.downcast_ref::<Error>().is_none()
}

/// Returns a conflict that would not end as what it is: a failure that may pass.
pub(super) fn undecided(error: Error) -> Error {
    Error::Generic { store: "S3", source: Box::new(error) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_conflict_is_no_lost_race() {
        let path = || "x".to_owned();
        let lost = Error::Precondition { path: path(), source: "412".into() };
        assert!(!is_conflict(&Error::AlreadyExists { path: path(), source: Box::new(lost) }));
        assert!(is_conflict(&Error::AlreadyExists { path: path(), source: "409".into() }));
    }

    #[test]
    fn refusals_name_the_bucket_and_the_way_out() {
        let answer =
            |code| format!("403 Forbidden: <Error><Code>{code}</Code><Message>Access Denied</Message></Error>");
        let denied = Error::PermissionDenied { path: "x".to_owned(), source: answer("AccessDenied").into() };
        let text = explained("lake", denied).to_string();
        assert!(text.contains("AccessDenied: Access Denied; let the role of this machine use bucket `lake`"), "{text}");
        for missing in [
            Error::NotFound { path: "x".to_owned(), source: answer("NoSuchBucket").into() },
            Error::Generic { store: "S3", source: answer("NoSuchBucket").into() },
        ] {
            let text = explained("lake", missing).to_string();
            assert!(text.ends_with("bucket `lake` does not exist: create it, or name another"), "{text}");
        }
    }
}

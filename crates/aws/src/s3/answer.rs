//! Answers that break off: `object_store` repeats a request, and goes on with what a GET has not sent, but gives up where
//! the text of any other answer ends too early.

use std::time::Duration;

use object_store::client::HttpError;
use object_store::{Error, Result};

/// How often something is asked for again, and the first of the pauses before, which grow.
const REPETITIONS: u32 = 5;
const FIRST_PAUSE: Duration = Duration::from_millis(100);

/// Returns whether it is the answer that broke off. A request that failed, after all its repetitions, has another cause.
pub(super) fn broke_off(error: &Error) -> bool {
    let Error::Generic { source, .. } = error else { return false };
    source.source().is_some_and(|cause| cause.is::<HttpError>())
}

/// Asks again, a few times, while the answer breaks off. What is asked for must do no harm when it is done twice.
///
/// # Errors
/// The last answer's.
pub(super) async fn repeated<T, F>(mut ask: impl FnMut() -> F) -> Result<T>
where
    F: Future<Output = Result<T>>,
{
    let mut patience = Patience::default();
    loop {
        match ask().await {
            Err(error) if patience.bears(&error).await => {}
            answered => return answered,
        }
    }
}

/// How much of it is left.
#[derive(Debug, Default)]
pub(super) struct Patience {
    repetitions: u32,
}

impl Patience {
    /// Waits, and returns true, if it was the answer that broke off, and not too often yet.
    pub(super) async fn bears(&mut self, error: &Error) -> bool {
        broke_off(error) && self.waits(error).await
    }

    /// Waits, and returns true, if that was not too often yet.
    pub(super) async fn waits(&mut self, error: &Error) -> bool {
        if self.repetitions == REPETITIONS {
            return false;
        }
        tracing::info!(%error, "asking again");
        let pause = FIRST_PAUSE * 2_u32.pow(self.repetitions);
        tokio::time::sleep(pause.mul_f64(rand::random_range(0.5..1.5))).await;
        self.repetitions += 1;
        true
    }

    /// Has all of it again.
    pub(super) fn recovers(&mut self) {
        self.repetitions = 0;
    }
}

#[cfg(test)]
pub(super) mod tests {
    use object_store::client::HttpErrorKind;

    use super::*;

    /// As `object_store`'s own error of an answer, which is private to it.
    #[derive(Debug, thiserror::Error)]
    #[error("get the body of the answer")]
    struct Body(#[source] HttpError);

    /// As its error of a request.
    #[derive(Debug, thiserror::Error)]
    #[error("perform the request")]
    struct Request(#[source] Body);

    fn interrupted() -> HttpError {
        HttpError::new(HttpErrorKind::Interrupted, std::io::Error::from(std::io::ErrorKind::UnexpectedEof))
    }

    pub(in super::super) fn broken() -> Error {
        Error::Generic { store: "S3", source: Box::new(Body(interrupted())) }
    }

    pub(in super::super) fn failed() -> Error {
        Error::Generic { store: "S3", source: Box::new(Request(Body(interrupted()))) }
    }

    /// Asks for what breaks off `times` times; returns how often was asked, and whether there was an answer.
    async fn asked(times: u32, error: fn() -> Error) -> (u32, bool) {
        let mut asked = 0;
        let answer = repeated(|| {
            asked += 1;
            let answer = if asked > times { Ok(()) } else { Err(error()) };
            async move { answer }
        });
        let answered = answer.await.is_ok();
        (asked, answered)
    }

    #[tokio::test]
    async fn a_broken_answer_is_asked_for_again_a_few_times() {
        assert_eq!(asked(2, broken).await, (3, true));
        assert_eq!(asked(9, broken).await, (REPETITIONS + 1, false));
    }

    #[tokio::test]
    async fn a_failed_request_was_repeated_already() {
        assert_eq!(asked(1, failed).await, (1, false));
        assert_eq!(asked(1, || Error::NotFound { path: "x".to_owned(), source: "404".into() }).await, (1, false));
    }
}

//! A listing that goes on after the last entry it had seen when an answer broke off.

use futures::stream::{self, BoxStream};
use futures::{StreamExt, TryStreamExt};
use object_store::path::Path;
use object_store::{Error, ObjectMeta, Result};

use super::answer::{Patience, repeated};

/// How many objects S3 deletes at a request at most, and how many such requests are made at the same time.
const DELETED_AT_ONCE: usize = 1_000;
const CONCURRENT_DELETIONS: usize = 8;

type Entries = BoxStream<'static, Result<ObjectMeta>>;

/// Returns what `list` lists after `offset`, in the order of the names. Where an answer breaks off, `list` is called
/// again, with the last entry that was seen.
pub(super) fn resumed<F>(list: F, offset: Option<Path>) -> Entries
where
    F: Fn(Option<&Path>) -> Entries + Send + 'static,
{
    let entries = list(offset.as_ref());
    let listing = Listing { list, entries, last: offset, patience: Patience::default() };
    stream::unfold(listing, |mut listing| async move { Some((listing.next().await?, listing)) }).boxed()
}

struct Listing<F> {
    list: F,
    entries: Entries,
    last: Option<Path>,
    patience: Patience,
}

impl<F: Fn(Option<&Path>) -> Entries> Listing<F> {
    async fn next(&mut self) -> Option<Result<ObjectMeta>> {
        loop {
            match self.entries.next().await {
                Some(Err(error)) if self.patience.bears(&error).await => {
                    self.entries = (self.list)(self.last.as_ref());
                }
                Some(Ok(entry)) => {
                    self.patience.recovers();
                    self.last = Some(entry.location.clone());
                    return Some(Ok(entry));
                }
                ended => return ended,
            }
        }
    }
}

/// Deletes `locations` with `delete`, which is called again with the same ones where its answer breaks off: S3 calls what
/// is gone deleted.
pub(super) fn deleted<F>(locations: BoxStream<'static, Result<Path>>, delete: F) -> BoxStream<'static, Result<Path>>
where
    F: Fn(Vec<Path>) -> BoxStream<'static, Result<Path>> + Clone + Send + Sync + 'static,
{
    let all_of = move |chunk: Vec<Path>| {
        let delete = delete.clone();
        async move {
            // Only what is deleted or refused by itself is told of each; an answer that breaks off, of all together.
            let gone = repeated(|| delete(chunk.clone()).map(settled).try_collect::<Vec<_>>()).await?;
            Ok::<_, Error>(stream::iter(gone))
        }
    };
    let chunks = locations.try_chunks(DELETED_AT_ONCE).map_err(|error| error.1);
    chunks.map_ok(all_of).try_buffered(CONCURRENT_DELETIONS).try_flatten().boxed()
}

/// Returns as the outer error what concerns the whole answer.
fn settled(answer: Result<Path>) -> Result<Result<Path>> {
    match answer {
        Err(error) if super::answer::broke_off(&error) => Err(error),
        settled => Ok(settled),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::super::answer::tests::{broken, failed};
    use super::*;

    static NAMES: [&str; 5] = ["a", "b", "c", "d", "e"];

    fn entry(name: &str) -> ObjectMeta {
        let last_modified = std::time::SystemTime::UNIX_EPOCH.into();
        ObjectMeta { location: Path::from(name), last_modified, size: 1, e_tag: None, version: None }
    }

    /// Lists [`NAMES`] over a server whose answers break off with `error` after so many entries each, and then no more.
    async fn listed(ends: &'static [usize], error: fn() -> Error) -> (Result<Vec<String>>, usize) {
        let calls = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&calls);
        let list = move |offset: Option<&Path>| {
            let call = counted.fetch_add(1, Ordering::SeqCst);
            let after = offset.map_or("", |path| path.as_ref()).to_owned();
            let rest = NAMES.iter().filter(move |name| **name > after.as_str()).map(|name| Ok(entry(name)));
            match ends.get(call) {
                Some(end) => stream::iter(rest.take(*end).chain([Err(error())]).collect::<Vec<_>>()).boxed(),
                None => stream::iter(rest.collect::<Vec<_>>()).boxed(),
            }
        };
        let found = resumed(list, None).map_ok(|entry| entry.location.to_string()).try_collect().await;
        (found, calls.load(Ordering::SeqCst))
    }

    #[tokio::test]
    async fn each_entry_is_listed_once_wherever_answers_break_off() {
        for ends in [&[][..], &[0], &[2], &[2, 0, 1], &[5, 0], &[1, 1, 1, 1, 1, 0]] {
            let (found, calls) = listed(ends, broken).await;
            assert_eq!((found.unwrap(), calls), (NAMES.map(str::to_owned).to_vec(), ends.len() + 1), "{ends:?}");
        }
    }

    #[tokio::test]
    async fn a_listing_that_fails_otherwise_or_again_and_again_fails() {
        let (found, calls) = listed(&[2], failed).await;
        assert!(found.is_err() && calls == 1);
        assert!(listed(&[0; 9], broken).await.0.is_err());
    }

    #[tokio::test]
    async fn what_is_deleted_is_told_of_once() {
        let calls = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&calls);
        let delete = move |paths: Vec<Path>| {
            let first = counted.fetch_add(1, Ordering::SeqCst) == 0;
            let told = paths.into_iter().map(Ok);
            if first { stream::iter(vec![Err(broken())]).boxed() } else { stream::iter(told).boxed() }
        };
        let paths = NAMES.map(|name| Ok(Path::from(name)));
        let gone: Vec<Path> = deleted(stream::iter(paths).boxed(), delete).try_collect().await.unwrap();
        assert_eq!((gone, calls.load(Ordering::SeqCst)), (NAMES.map(Path::from).to_vec(), 2));
    }
}

//! Which process a scheduler is: every answer says so, for one that has restarted knows nothing of what was before.
//!
//! An executor may not notice a restart otherwise: one that is busy asks every five seconds, and in between a scheduler has
//! died and come back.

use axum::Router;
use axum::http::HeaderValue;
use axum::middleware::map_response;
use axum::response::Response;
use ballista_core::ids::new_instance_id;
use parking_lot::Mutex;
use tonic::metadata::MetadataMap;

/// The header that says it.
const HEADER: &str = "springald-life";

/// Returns `routes`, whose answers name this life of the service.
pub(crate) fn with_life(routes: Router) -> Router {
    let Ok(life) = HeaderValue::from_str(&new_instance_id()) else { return routes };
    routes.layer(map_response(move |mut response: Response| {
        response.headers_mut().insert(HEADER, life.clone());
        std::future::ready(response)
    }))
}

/// The life of the service that has answered first.
#[derive(Debug, Default)]
pub(crate) struct KnownLife(Mutex<Option<String>>);

impl KnownLife {
    /// Returns whether an answer comes from the same life as all before. One that does not say is taken as the same.
    pub(crate) fn goes_on(&self, answer: &MetadataMap) -> bool {
        let Some(life) = answer.get(HEADER).and_then(|life| life.to_str().ok()) else { return true };
        let mut known = self.0.lock();
        known.get_or_insert_with(|| life.to_owned()) == life
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(life: &'static str) -> MetadataMap {
        let mut answer = MetadataMap::new();
        answer.insert(HEADER, life.parse().unwrap());
        answer
    }

    #[test]
    fn the_first_life_is_the_one_that_goes_on() {
        let known = KnownLife::default();
        assert!(known.goes_on(&MetadataMap::new()));
        assert!(known.goes_on(&answer("a")) && known.goes_on(&answer("a")));
        assert!(!known.goes_on(&answer("b")));
        assert!(known.goes_on(&answer("a")) && known.goes_on(&MetadataMap::new()));
    }
}

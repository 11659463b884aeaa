//! Tests of what an executor does while it lacks something.

use super::*;

/// Surroundings that a test makes up.
struct MadeUp {
    have: bool,
    are_idle: bool,
}

#[tonic::async_trait]
impl Surroundings for MadeUp {
    async fn have(&self, _: &Lack, _: Duration) -> bool {
        self.have
    }

    async fn are_idle(&self) -> bool {
        self.are_idle
    }
}

/// Returns lacks that have lasted for an hour.
fn long_lacking() -> Lacks {
    let lacks = Lacks::default();
    lacks.note(&Lack::Room);
    let long_ago = Instant::now().checked_sub(Duration::from_secs(3600)).unwrap();
    lacks.state.lock().noted.iter_mut().for_each(|noted| noted.since = long_ago);
    lacks
}

#[tokio::test]
async fn no_task_is_asked_for_until_the_thing_is_there_again() {
    let lacks = Lacks::default();
    assert!(lacks.wants_tasks());
    lacks.note(&Lack::MySql { address: "db:3306".to_owned() });
    lacks.note(&Lack::MySql { address: "db:3306".to_owned() });
    lacks.look(&MadeUp { have: false, are_idle: true }).await;
    assert!(!lacks.wants_tasks());
    lacks.look(&MadeUp { have: true, are_idle: true }).await;
    assert!(lacks.wants_tasks());
}

#[tokio::test]
async fn a_lack_is_borne_for_as_long_as_others_work() {
    let lacks = long_lacking();
    for _ in 0..10 {
        lacks.look(&MadeUp { have: false, are_idle: false }).await;
        assert!(!lacks.wants_tasks());
    }
}

#[tokio::test]
async fn tasks_are_asked_for_to_fail_when_nobody_works() {
    let lacks = long_lacking();
    let nobody_works = MadeUp { have: false, are_idle: true };
    lacks.look(&nobody_works).await;
    assert!(!lacks.wants_tasks(), "one look may fall between two tasks");
    lacks.look(&nobody_works).await;
    assert!(lacks.wants_tasks());
    lacks.look(&MadeUp { have: false, are_idle: false }).await;
    assert!(lacks.wants_tasks(), "the tasks that fail are at work, too");
    lacks.state.lock().consider(false, Instant::now() + LAST_RESORT);
    assert!(!lacks.wants_tasks());
}

#[tokio::test]
async fn a_port_that_refuses_is_reached() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    assert!(is_reached(&address).await);
    drop(listener);
    assert!(is_reached(&address).await);
    assert!(!is_reached("no host of this name.invalid:1").await);
}

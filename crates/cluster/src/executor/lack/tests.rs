//! Tests of what an executor does while it lacks something.

use super::*;

/// Surroundings that a test makes up.
struct MadeUp {
    have: bool,
    work: Work,
}

#[tonic::async_trait]
impl Surroundings for MadeUp {
    async fn have(&self, _: &Lack, _: Duration) -> bool {
        self.have
    }

    async fn work(&self) -> Option<Work> {
        Some(self.work)
    }
}

const STUCK: Option<Work> = Some(Work { waiting: 3, running: 0 });
const BUSY: Option<Work> = Some(Work { waiting: 3, running: 1 });
const IDLE: Option<Work> = Some(Work { waiting: 0, running: 0 });

/// Returns what an executor lacks that has had no room for an hour.
fn long_lacking(now: Instant) -> State {
    let since = now.checked_sub(Duration::from_secs(3600)).unwrap();
    State { noted: vec![Noted { lack: Lack::Room, since }], ..State::default() }
}

#[tokio::test]
async fn no_task_is_asked_for_until_the_thing_is_there_again() {
    let lacks = Lacks::default();
    assert!(lacks.wants_tasks());
    lacks.note(&Lack::MySql { address: "db:3306".to_owned() });
    lacks.note(&Lack::MySql { address: "db:3306".to_owned() });
    lacks.look(&MadeUp { have: false, work: STUCK.unwrap() }).await;
    assert!(!lacks.wants_tasks());
    lacks.look(&MadeUp { have: true, work: STUCK.unwrap() }).await;
    assert!(lacks.wants_tasks());
}

#[test]
fn a_lack_is_borne_for_as_long_as_others_work_or_nothing_is_to_be_done() {
    let mut now = Instant::now();
    let mut state = long_lacking(now);
    for work in [BUSY, IDLE, None].into_iter().cycle().take(300) {
        state.consider(STUCK, now);
        now += PATIENCE - LOOK_EVERY;
        state.consider(work, now);
        assert_eq!((state.noted.len(), state.resigned_since), (1, None));
    }
}

#[test]
fn tasks_are_taken_to_fail_when_nobody_works_for_long() {
    let begun = Instant::now();
    let mut state = long_lacking(begun);
    state.consider(STUCK, begun);
    assert_eq!(state.noted.len(), 1, "an hour without room says nothing of what the others lack");
    state.consider(STUCK, begun + PATIENCE);
    let lacks = Lacks { state: Mutex::new(state) };
    assert!(lacks.wants_tasks());
    lacks.note(&Lack::Room);
    assert!(lacks.wants_tasks(), "each of the job's attempts is to fail");
    let mut state = lacks.state.into_inner();
    state.consider(BUSY, begun + PATIENCE + LOOK_EVERY);
    assert!(state.resigned_since.is_some(), "the tasks that fail are at work, too");
    state.consider(IDLE, begun + PATIENCE + LOOK_EVERY * 2);
    assert_eq!(state.resigned_since, None, "the next job is not to fail");
}

#[test]
fn a_last_resort_comes_to_an_end() {
    let begun = Instant::now();
    let mut state = State { resigned_since: Some(begun), ..State::default() };
    state.consider(BUSY, begun + LAST_RESORT - LOOK_EVERY);
    assert!(state.is_concerned());
    state.consider(BUSY, begun + LAST_RESORT);
    assert!(!state.is_concerned());
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

//! Bytes that are no plan, or nearly one: decoding them ends with a plan or an error, never with a panic, and takes no more
//! memory than a bound.

use std::sync::{Arc, LazyLock};

use datafusion::execution::TaskContext;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::prelude::SessionContext;
use datafusion_proto::physical_plan::{DefaultPhysicalProtoConverter, PhysicalExtensionCodec};
use proptest::collection::vec;
use proptest::prelude::*;

use super::SpringaldCodec;
use super::prove::sample;
use crate::alone::{alone, peak_bytes};

/// What decoding may take of memory at most, all cases together: the bytes of one case are a thousandth of it.
const MOST_BYTES: u64 = 64 * 1024 * 1024;

/// One change of a message.
#[derive(Debug, Clone)]
enum Change {
    /// Another byte at a place.
    Byte(usize, u8),
    /// Bytes put in at a place.
    Insert(usize, Vec<u8>),
    /// The end is missing.
    Cut(usize),
    /// A part stands there many times.
    Repeat(usize, usize),
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        (any::<usize>(), any::<u8>()).prop_map(|(at, byte)| Change::Byte(at, byte)),
        (any::<usize>(), vec(any::<u8>(), 1..40)).prop_map(|(at, bytes)| Change::Insert(at, bytes)),
        any::<usize>().prop_map(Change::Cut),
        (any::<usize>(), 1..200usize).prop_map(|(at, times)| Change::Repeat(at, times)),
    ]
}

impl Change {
    fn apply(&self, bytes: &mut Vec<u8>) {
        let place = |at: usize| at % (bytes.len() + 1);
        match self {
            Self::Byte(at, byte) => {
                let at = place(*at);
                if let Some(old) = bytes.get_mut(at) {
                    *old = *byte;
                }
            }
            Self::Insert(at, more) => {
                let at = place(*at);
                bytes.splice(at..at, more.iter().copied());
            }
            Self::Cut(at) => bytes.truncate(place(*at)),
            Self::Repeat(at, times) => {
                let at = place(*at);
                let part = bytes[at..].iter().copied().take(40).collect::<Vec<u8>>().repeat(*times);
                bytes.splice(at..at, part);
            }
        }
    }
}

/// An operator's bytes, and its inputs.
type Message = (Vec<u8>, Vec<Arc<dyn ExecutionPlan>>);

/// The bytes of our two operators, and their inputs.
fn messages() -> Vec<Message> {
    let write = sample().unwrap();
    let inputs = |plan: &Arc<dyn ExecutionPlan>| plan.children().into_iter().map(Arc::clone).collect::<Vec<_>>();
    let read = Arc::clone(write.children()[0]);
    [write, read].into_iter().map(|plan| (encoded(&plan), inputs(&plan))).collect()
}

fn encoded(plan: &Arc<dyn ExecutionPlan>) -> Vec<u8> {
    let mut bytes = vec![];
    SpringaldCodec::default().try_encode(Arc::clone(plan), &mut bytes, &DefaultPhysicalProtoConverter {}).unwrap();
    bytes
}

fn decode(bytes: &[u8], inputs: &[Arc<dyn ExecutionPlan>]) -> bool {
    static CONTEXT: LazyLock<Arc<TaskContext>> = LazyLock::new(|| SessionContext::new().task_ctx());
    SpringaldCodec::default().try_decode(bytes, inputs, &CONTEXT, &DefaultPhysicalProtoConverter {}).is_ok()
}

#[test]
fn messages_are_read_when_they_are_whole() {
    for (bytes, inputs) in messages() {
        assert!(decode(&bytes, &inputs));
        assert!(!decode(&bytes, &[]), "an operator without its inputs");
    }
}

#[test]
fn no_message_ends_the_process_or_takes_its_memory() {
    alone("codec::noise::no_message_ends_the_process_or_takes_its_memory", decode_noise);
}

fn decode_noise() {
    let messages = messages();
    assert!(decode(&messages[0].0, &messages[0].1));
    let before = peak_bytes();
    let config = ProptestConfig { cases: 4000, failure_persistence: None, ..ProptestConfig::default() };
    proptest!(config, |(which in 0..2usize, changes in vec(change(), 1..6))| {
        let (mut bytes, inputs) = messages[which].clone();
        changes.iter().for_each(|change| change.apply(&mut bytes));
        decode(&bytes, &inputs);
    });
    let config = ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() };
    proptest!(config, |(mark in any::<bool>(), noise in vec(any::<u8>(), 0..10_000))| {
        let head = if mark { &messages[0].0[..10] } else { &[] };
        decode(&[head, &noise[..]].concat(), &messages[0].1);
    });
    let taken = peak_bytes() - before;
    assert!(taken < MOST_BYTES, "decoding took {taken} bytes of memory");
}

//! Bytes → a physical plan or an error.
#![no_main]

use std::sync::{LazyLock, Once};

use datafusion::physical_plan::displayable;
use datafusion::prelude::SessionContext;
use datafusion_proto::physical_plan::AsExecutionPlan;
use libfuzzer_sys::{fuzz_mutator, fuzz_target, fuzzer_mutate};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use springald_cluster::{SpringaldCodec, WirePlan};

#[path = "../../src/fuzz/message.rs"]
mod message;

fuzz_target!(|bytes: &[u8]| {
    static CONTEXT: LazyLock<SessionContext> = LazyLock::new(SessionContext::new);
    hold_up_panics();
    let plan = WirePlan::try_decode(bytes)
        .and_then(|plan| plan.try_into_physical_plan(&CONTEXT.task_ctx(), &SpringaldCodec::default()));
    if let Ok(plan) = plan {
        // To show it walks through all of it.
        assert!(!displayable(plan.as_ref()).indent(true).to_string().is_empty());
    }
});

// Changed bytes are hardly ever a message any more, so that most changes are those of a message's fields.
fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    let mut random = StdRng::seed_from_u64(seed.into());
    let changed = message::changed(&data[..size], &mut random);
    if random.random_ratio(1, 4) || changed.len() > max_size {
        return fuzzer_mutate(data, size, max_size);
    }
    data[..changed.len()].copy_from_slice(&changed);
    changed.len()
});

/// Lets the codec hold panics up, as it does on a cluster: libFuzzer's hook ends the process at the first one. A panic that
/// leaves the decoding still ends it.
fn hold_up_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| std::panic::set_hook(Box::new(|_| {})));
}

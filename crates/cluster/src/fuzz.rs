//! Plans and messages that are nearly what they should be, for as long as SPRINGALD_FUZZ_SECONDS says, or a moment: `make
//! fuzz` lets it be five minutes.
//!
//! No panic may leave the decoding of a plan, the scheduler must answer all the while and do its work afterwards, and memory
//! must keep within a bound. Valid messages are changed field by field, and nobody looks at where that leads: the target of
//! `cargo fuzz` in the folder `fuzz` of this crate does, for plans, with the same changes.

mod message;
mod seeds;

use std::fs;
use std::future::poll_fn;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use ballista_core::serde::protobuf::execute_query_params::Query;
use ballista_core::serde::protobuf::{ExecuteQueryParams, execute_query_params};
use bytes::Bytes;
use datafusion::physical_plan::{ExecutionPlan, displayable};
use datafusion::prelude::SessionContext;
use datafusion_proto::physical_plan::AsExecutionPlan;
use http_body_util::{BodyExt, Full};
use prost::Message;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use springald_aws::S3Options;
use springald_tls::Security;
use tonic::body::Body;
use tonic::client::GrpcService;
use tonic::transport::{Channel, Endpoint};

use crate::alone::{alone, peak_bytes, show};
use crate::codec::WirePlan;
use crate::embedded::EmbeddedCluster;
use crate::{Cluster, SpringaldCodec, Stores};

/// What all decoding may take of memory beyond what one takes of valid plans.
const MOST_BYTES: u64 = 256 << 20;

/// How long any request may take: a scheduler that hangs is as bad as one that has died.
const ANSWER_LIMIT: Duration = Duration::from_secs(30);

/// One of so many messages submits a query, for that is work.
const SUBMISSIONS: u32 = 40;

/// Returns for how long each test goes on.
fn time() -> Duration {
    let seconds = std::env::var("SPRINGALD_FUZZ_SECONDS").map_or(5, |text| text.parse().unwrap());
    Duration::from_secs(seconds)
}

fn block_on(test: impl Future<Output = ()>) {
    tokio::runtime::Runtime::new().unwrap().block_on(test);
}

fn decoded(bytes: &[u8], context: &SessionContext) -> datafusion::error::Result<Arc<dyn ExecutionPlan>> {
    WirePlan::try_decode(bytes)?.try_into_physical_plan(&context.task_ctx(), &SpringaldCodec::default())
}

#[test]
fn plans_with_changes_are_plans_or_errors() {
    alone("fuzz::plans_with_changes_are_plans_or_errors", || block_on(decode_plans()));
}

async fn decode_plans() {
    let (plans, context, mut random) = (seeds::plans().await, SessionContext::new(), StdRng::seed_from_u64(1));
    for plan in &plans {
        assert!(decoded(plan, &context).is_ok());
    }
    if let Some(folder) = std::env::var_os("SPRINGALD_FUZZ_PLANS") {
        keep(&plans, Path::new(&folder));
    }
    let (before, begun) = (peak_bytes(), Instant::now());
    let (mut plans_left, mut errors, mut rows, mut panics) = (0u64, 0u64, 0u64, 0u64);
    while begun.elapsed() < time() {
        let mut bytes = plans[random.random_range(0..plans.len())].clone();
        for _ in 0..random.random_range(1..4u8) {
            bytes = message::changed(&bytes, &mut random);
        }
        match decoded(&bytes, &context) {
            // To show it walks through all of it.
            Ok(plan) => plans_left += u64::from(!displayable(plan.as_ref()).indent(true).to_string().is_empty()),
            Err(error) if error.to_string().contains("the plan cannot be decoded") => panics += 1,
            Err(error) => {
                errors += 1;
                rows += u64::from(error.to_string().contains("the plan has rows"));
            }
        }
    }
    let taken = peak_bytes() - before;
    show(&format!(
        "plans with changes: {plans_left} read, {errors} refused, {rows} of them for their rows' headers, {panics} panics held \
         up, {taken} bytes"
    ));
    assert!(plans_left > 0 && rows > 0, "{plans_left} plans, {rows} errors: the changes are too many or too few");
    assert!(taken < MOST_BYTES, "decoding took {taken} bytes of memory");
}

/// Writes the plans that `cargo fuzz` begins with.
fn keep(plans: &[Vec<u8>], folder: &Path) {
    fs::create_dir_all(folder).unwrap();
    for (number, plan) in plans.iter().enumerate() {
        fs::write(folder.join(number.to_string()), plan).unwrap();
    }
}

#[test]
fn a_scheduler_answers_messages_with_changes_and_works_on() {
    alone("fuzz::a_scheduler_answers_messages_with_changes_and_works_on", || block_on(send_messages()));
}

async fn send_messages() {
    let stores = Stores::new(S3Options::default());
    let cluster = EmbeddedCluster::start(2, &stores).await.unwrap();
    let endpoint = Endpoint::from_shared(cluster.address().scheduler_url(&Security::Open)).unwrap();
    let (messages, mut random) = (seeds::messages().await, StdRng::seed_from_u64(2));
    let (before, begun) = (peak_bytes(), Instant::now());
    let mut channel = endpoint.connect().await.unwrap();
    let (mut answered, mut cut) = (0u64, 0u64);
    while begun.elapsed() < time() {
        let which = if random.random_ratio(1, SUBMISSIONS) { 0 } else { random.random_range(1..messages.len()) };
        let (call, valid) = &messages[which];
        let bytes = if which == 0 { submission(valid, &mut random) } else { message::changed(valid, &mut random) };
        let answer = tokio::time::timeout(ANSWER_LIMIT, send(&mut channel, call, &bytes)).await;
        match answer.unwrap_or_else(|_| panic!("no answer to {call} {bytes:?}")) {
            Ok(()) => answered += 1,
            Err(_) => {
                cut += 1;
                channel = endpoint.connect().await.unwrap();
            }
        }
    }
    let taken = peak_bytes() - before;
    show(&format!("messages with changes: {answered} answered, {cut} not, {taken} bytes"));
    assert_eq!(cut, 0, "requests were left without an answer");
    assert!(taken < MOST_BYTES, "the scheduler took {taken} bytes of memory");
    let address = Some(cluster.address().clone());
    let cluster = Cluster::start(address, stores, Security::Open).await.unwrap();
    let context = cluster.context().unwrap();
    let plan = context.sql("SELECT 1 AS one").await.unwrap().create_physical_plan().await.unwrap();
    tokio::time::timeout(ANSWER_LIMIT, cluster.run(&context, plan)).await.unwrap().unwrap();
}

/// Changes the plan in a submission, or the submission.
fn submission(valid: &[u8], random: &mut StdRng) -> Vec<u8> {
    let mut submission = ExecuteQueryParams::decode(valid).unwrap();
    let Some(Query::PhysicalPlan(plan)) = &submission.query else { panic!("no plan") };
    if random.random_ratio(1, 4) {
        return message::changed(valid, random);
    }
    submission.query = Some(execute_query_params::Query::PhysicalPlan(message::changed(plan, random)));
    submission.encode_to_vec()
}

/// Calls the scheduler with any bytes; it may refuse them.
async fn send(channel: &mut Channel, call: &str, bytes: &[u8]) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let length = u32::try_from(bytes.len())?.to_be_bytes();
    let body = Body::new(Full::new(Bytes::from([&[0], &length[..], bytes].concat())));
    let path = format!("/ballista.protobuf.SchedulerGrpc/{call}");
    let request = http::Request::post(path).header("content-type", "application/grpc").header("te", "trailers");
    poll_fn(|context| GrpcService::<Body>::poll_ready(channel, context)).await?;
    let response = GrpcService::<Body>::call(channel, request.body(body)?).await?;
    response.into_body().collect().await?;
    Ok(())
}

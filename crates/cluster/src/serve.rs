//! The two services on their ports: gRPC, and what may be asked over HTTP beside it, behind one door.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use ballista_core::serde::protobuf::scheduler_grpc_server::SchedulerGrpcServer;
use ballista_scheduler::api::get_routes;
use ballista_scheduler::scheduler_server::SchedulerServer;
use futures::FutureExt;
use prometheus::TextEncoder;
use springald_catalog::Catalog;
use springald_tls::{ClusterListener, Peer};
use tonic::Status;
use tonic::service::Routes;

use crate::access::{Access, SLOTS, WORK, check, is_grpc};
use crate::codec::{NoLogicalPlan, WirePlan};
use crate::flight_sql::flight_sql;
use crate::session::MESSAGE_BYTES;
use crate::unharmed::said;
use crate::whole::with_whole_jobs;
use crate::work::Work;

/// Ballista's scheduler, with plans as we take them.
pub(crate) type Scheduler = SchedulerServer<NoLogicalPlan, WirePlan>;

/// Serves `routes` on `listener`, to whom `access` lets in, until `end` comes; then requests that run are finished.
pub(crate) async fn serve(
    listener: ClusterListener,
    routes: Router,
    access: Access,
    end: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    let routes = routes.layer(from_fn(unharmed)).layer(from_fn_with_state(Arc::new(access), check));
    axum::serve(listener, routes.into_make_service_with_connect_info::<Peer>()).with_graceful_shutdown(end).await
}

/// Answers a request whose handler panics: Ballista's do on some messages that are incomplete, and would take all other
/// requests on the connection with them.
async fn unharmed(request: Request, next: Next) -> Response {
    let path = request.uri().path().to_owned();
    let is_grpc = is_grpc(request.headers());
    match AssertUnwindSafe(next.run(request)).catch_unwind().await {
        Ok(response) => response,
        Err(panic) => {
            tracing::warn!(path, "request could not be answered: {}", said(panic.as_ref()));
            if is_grpc {
                Status::invalid_argument(
                    "the request is not complete, or cannot be answered: the service's log says why",
                )
                .into_http::<Body>()
            } else {
                (StatusCode::INTERNAL_SERVER_ERROR, "the request cannot be answered; the log says why\n")
                    .into_response()
            }
        }
    }
}

/// Returns all that the scheduler answers; queries over Flight SQL only where there is a catalog for them.
pub(crate) fn scheduler_routes(scheduler: Scheduler, catalog: Option<Arc<dyn Catalog>>) -> anyhow::Result<Router> {
    let grpc = SchedulerGrpcServer::new(scheduler.clone())
        .max_decoding_message_size(MESSAGE_BYTES)
        .max_encoding_message_size(MESSAGE_BYTES);
    let scheduler = Arc::new(scheduler);
    let mut grpc = Routes::new(grpc);
    if let Some(catalog) = catalog {
        grpc = grpc.add_service(flight_sql(&scheduler, catalog)?);
    }
    let own = Router::new().route("/readyz", get(ready)).route(SLOTS, get(slots)).route(WORK, get(work));
    let own = own.with_state(Arc::clone(&scheduler));
    let routes = get_routes(Arc::clone(&scheduler)).merge(own).merge(service_routes(grpc));
    Ok(with_whole_jobs(routes, scheduler))
}

/// Returns all that a service answers which has no more than `grpc` to offer.
pub(crate) fn service_routes(grpc: Routes) -> Router {
    grpc.into_axum_router().fallback(unknown).route("/healthz", get(|| async { "ok" })).route("/metrics", get(metrics))
}

/// Answers who asks for what is not here; who speaks gRPC would take a bare 404 for a broken service.
async fn unknown(request: Request) -> Response {
    if is_grpc(request.headers()) {
        let said = "this service has no such call; Flight SQL is served by `springald scheduler --warehouse`";
        return Status::unimplemented(said).into_http::<Body>();
    }
    StatusCode::NOT_FOUND.into_response()
}

async fn ready(State(scheduler): State<Arc<Scheduler>>) -> Response {
    if scheduler.is_ready() {
        "ready\n".into_response()
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "no executor has registered\n").into_response()
    }
}

async fn slots(State(scheduler): State<Arc<Scheduler>>) -> Response {
    match scheduler.state.executor_manager.get_executors_state().await {
        Ok(executors) => {
            let slots: u64 = executors.iter().map(|(executor, _, _)| u64::from(executor.specification.vcores)).sum();
            slots.to_string().into_response()
        }
        Err(error) => (StatusCode::SERVICE_UNAVAILABLE, format!("{error}\n")).into_response(),
    }
}

async fn work(State(scheduler): State<Arc<Scheduler>>) -> Json<Work> {
    Json(Work::of(&scheduler).await)
}

async fn metrics() -> Response {
    match TextEncoder::new().encode_to_string(&prometheus::gather()) {
        Ok(text) => ([("content-type", prometheus::TEXT_FORMAT)], text).into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, format!("{error}\n")).into_response(),
    }
}

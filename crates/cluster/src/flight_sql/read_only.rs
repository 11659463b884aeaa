//! `ReadOnly`: Ballista's Flight SQL, but for what changes anything.
//!
//! Ballista's own runs DDL and `SET` on the scheduler, in a session that all clients without a log-in share: one could have it
//! read any file of the node, and change how the others' queries are planned. And it tells drivers that it may be written to.

use std::pin::Pin;
use std::sync::Arc;

use arrow_flight::encode::FlightDataEncoderBuilder;
use arrow_flight::flight_service_server::FlightService;
use arrow_flight::sql::{Any, Command};
use arrow_flight::{
    Action, Criteria, Empty, FlightData, FlightDescriptor, FlightInfo, HandshakeRequest, PollInfo, SchemaResult, Ticket,
};
use ballista_flight_sql::BallistaFlightSqlService;
use datafusion::arrow::array::RecordBatch;
use datafusion::execution::SessionState;
use futures::{Stream, TryStreamExt};
use prost::Message;
use springald_catalog::Names;
use springald_fault::message;
use tonic::{Request, Response, Status, Streaming};

use super::statement::{Reads, StatementError, look_at};
use super::{Analysts, about};
use crate::broken::broke_off;

/// What answers.
type Inner = BallistaFlightSqlService<Analysts>;

type Answer<T> = Result<Response<T>, Status>;

/// Flight SQL that reads.
pub(crate) struct ReadOnly {
    inner: Inner,
    names: Arc<Names>,
    parser: SessionState,
}

impl ReadOnly {
    /// Returns `inner`, whose sessions know of the tables that `names` lists; `parser` reads SQL as those sessions do.
    pub(crate) fn new(inner: Inner, names: Arc<Names>, parser: SessionState) -> Self {
        Self { inner, names, parser }
    }

    /// Lets a statement through that only reads.
    async fn check(&self, sql: &str) -> Result<(), Status> {
        match look_at(&self.parser, sql) {
            Ok(Reads::Rows) => Ok(()),
            Ok(Reads::Names) => self.refresh().await,
            Err(error @ (StatementError::Changes | StatementError::Parameters)) => {
                Err(Status::permission_denied(error.to_string()))
            }
            Err(error) => Err(Status::invalid_argument(error.to_string())),
        }
    }

    async fn refresh(&self) -> Result<(), Status> {
        let refreshed = self.names.refresh().await;
        refreshed.map_err(|error| Status::unavailable(format!("read the catalog: {}", message(&error))))
    }
}

#[tonic::async_trait]
impl FlightService for ReadOnly {
    type HandshakeStream = <Inner as FlightService>::HandshakeStream;
    type ListFlightsStream = <Inner as FlightService>::ListFlightsStream;
    type DoGetStream = <Inner as FlightService>::DoGetStream;
    type DoPutStream = <Inner as FlightService>::DoPutStream;
    type DoActionStream = <Inner as FlightService>::DoActionStream;
    type ListActionsStream = <Inner as FlightService>::ListActionsStream;
    type DoExchangeStream = <Inner as FlightService>::DoExchangeStream;

    async fn get_flight_info(&self, request: Request<FlightDescriptor>) -> Answer<FlightInfo> {
        if let Command::CommandStatementQuery(statement) = command(&request.get_ref().cmd)? {
            self.check(&statement.query).await?;
        }
        self.inner.get_flight_info(request).await
    }

    async fn do_action(&self, request: Request<Action>) -> Answer<Self::DoActionStream> {
        if let Command::ActionCreatePreparedStatementRequest(statement) = command(&request.get_ref().body)? {
            self.check(&statement.query).await?;
        }
        self.inner.do_action(request).await
    }

    async fn do_get(&self, request: Request<Ticket>) -> Answer<Self::DoGetStream> {
        let command = command(&request.get_ref().ticket)?;
        if let Command::CommandGetSqlInfo(asked) = command {
            return answered(about::service(asked));
        }
        if let Command::CommandGetDbSchemas(_) | Command::CommandGetTables(_) = command {
            self.refresh().await?;
        }
        // Ballista's would open each table for its columns, whether they are asked for or not.
        if let Command::CommandGetTables(asked) = command
            && !asked.include_schema
        {
            return answered(about::tables(asked, &self.names.tables()));
        }
        let rows = self.inner.do_get(request).await.map_err(told)?;
        Ok(rows.map(|rows| Box::pin(rows.map_err(told)) as Self::DoGetStream))
    }

    async fn do_put(&self, request: Request<Streaming<FlightData>>) -> Answer<Self::DoPutStream> {
        let first = request.into_inner().message().await?.and_then(|first| first.flight_descriptor);
        let update = first.is_some_and(|first| matches!(command(&first.cmd), Ok(Command::CommandStatementUpdate(_))));
        let refusal = if update { StatementError::Changes } else { StatementError::Parameters };
        Err(Status::permission_denied(refusal.to_string()))
    }

    async fn handshake(&self, request: Request<Streaming<HandshakeRequest>>) -> Answer<Self::HandshakeStream> {
        self.inner.handshake(request).await
    }

    async fn list_flights(&self, request: Request<Criteria>) -> Answer<Self::ListFlightsStream> {
        self.inner.list_flights(request).await
    }

    async fn poll_flight_info(&self, request: Request<FlightDescriptor>) -> Answer<PollInfo> {
        self.inner.poll_flight_info(request).await
    }

    async fn get_schema(&self, request: Request<FlightDescriptor>) -> Answer<SchemaResult> {
        self.inner.get_schema(request).await
    }

    async fn list_actions(&self, request: Request<Empty>) -> Answer<Self::ListActionsStream> {
        self.inner.list_actions(request).await
    }

    async fn do_exchange(&self, request: Request<Streaming<FlightData>>) -> Answer<Self::DoExchangeStream> {
        self.inner.do_exchange(request).await
    }
}

fn answered<S>(batch: arrow_flight::error::Result<RecordBatch>) -> Answer<S>
where
    S: From<Pin<Box<dyn Stream<Item = Result<FlightData, Status>> + Send>>>,
{
    let batch = batch.map_err(|error| Status::internal(format!("make the answer: {error}")))?;
    let encoder = FlightDataEncoderBuilder::new().with_schema(batch.schema());
    let stream = encoder.build(futures::stream::iter([Ok(batch)])).map_err(Status::from);
    Ok(Response::new(S::from(Box::pin(stream))))
}

/// Returns what a client is told who does not get its rows: where an executor has gone with them, what to do.
fn told(status: Status) -> Status {
    let said = status.message();
    if !broke_off(said) && !said.contains("GrpcConnectionError") && !said.contains("Timeout expired") {
        return status;
    }
    tracing::warn!("rows of a query are lost on their way to its client: {said}");
    Status::unavailable("the executor that holds rows of this query does not answer any more: ask again")
}

fn command(bytes: &[u8]) -> Result<Command, Status> {
    let command = Any::decode(bytes).map_err(|error| error.to_string());
    let command = command.and_then(|any| Command::try_from(any).map_err(|error| error.to_string()));
    command.map_err(|error| Status::invalid_argument(format!("this is no request of Flight SQL: {error}")))
}

//! The connection to the scheduler. It is made when it is first used, and made again whenever it was lost.

use std::fmt;
use std::time::Duration;

use anyhow::Context;
use ballista_core::extension::SessionConfigExt;
use ballista_core::serde::protobuf::ExecutorStoppedParams;
use ballista_core::serde::protobuf::scheduler_grpc_client::SchedulerGrpcClient;
use ballista_core::utils::{GrpcClientConfig, create_grpc_client_endpoint};
use ballista_executor::executor_process::ExecutorProcessConfig;
use http::StatusCode;
use tonic::Status;
use tonic::transport::Channel;

use crate::access::WORK;
use crate::ask::get;
use crate::session::{MESSAGE_BYTES, session_config};
use crate::work::Work;

/// How long an executor that ends tries to say so; then the scheduler finds out by itself.
const LAST_WORD: Duration = Duration::from_secs(3);

/// How often a wait for the scheduler is logged.
const LOG_EVERY: u32 = 60;

/// The connection of one executor.
#[derive(Debug, Clone)]
pub(super) struct Connection {
    url: String,
    channel: Channel,
}

impl Connection {
    /// Returns the connection that `config` describes; does not connect yet.
    ///
    /// # Errors
    /// When the scheduler's address cannot be used, or the connection cannot be protected as asked.
    pub(super) fn new(config: &ExecutorProcessConfig) -> anyhow::Result<Self> {
        let url = format!("http://{}:{}", config.scheduler_host, config.scheduler_port);
        let options = GrpcClientConfig::from(&session_config(1).ballista_config());
        let mut endpoint = create_grpc_client_endpoint(url.clone(), Some(&options)).context("reach the scheduler")?;
        if let Some(change) = &config.override_create_grpc_client_endpoint {
            endpoint = change(endpoint).map_err(|error| anyhow::anyhow!("reach the scheduler: {error}"))?;
        }
        Ok(Self { url, channel: endpoint.connect_lazy() })
    }

    /// Returns a client on the connection.
    pub(super) fn client(&self) -> SchedulerGrpcClient<Channel> {
        SchedulerGrpcClient::new(self.channel.clone())
            .max_decoding_message_size(MESSAGE_BYTES)
            .max_encoding_message_size(MESSAGE_BYTES)
    }

    /// Tells the scheduler that there is no executor `id` any more, for ever trying again. May be repeated.
    pub(super) async fn deregister_at_last(&self, id: &str, reason: &str, again: Duration) {
        for time in 0u32.. {
            match self.try_deregister(id, reason).await {
                Ok(()) => return,
                Err(status) if time % LOG_EVERY == 0 => {
                    tracing::warn!("waiting for the scheduler at {self}: {}", springald_fault::message(&status));
                }
                Err(_) => {}
            }
            tokio::time::sleep(again).await;
        }
    }

    /// Tells the scheduler that there is no executor `id` any more, if it answers soon. May be repeated.
    pub(super) async fn deregister(&self, id: &str, reason: &str) {
        match tokio::time::timeout(LAST_WORD, self.try_deregister(id, reason)).await {
            Ok(Ok(())) => tracing::info!(executor = id, "deregistered"),
            Ok(Err(status)) => tracing::warn!(executor = id, "not deregistered: {}", springald_fault::message(&status)),
            Err(_) => tracing::warn!(executor = id, "not deregistered: the scheduler at {self} does not answer"),
        }
    }

    /// Asks what there is to do in the whole cluster; nothing if the scheduler does not say. May be repeated.
    pub(super) async fn work(&self) -> Option<Work> {
        let (status, text) = tokio::time::timeout(LAST_WORD, get(self.channel.clone(), WORK)).await.ok()?.ok()?;
        if status == StatusCode::OK { serde_json::from_str(&text).ok() } else { None }
    }

    async fn try_deregister(&self, id: &str, reason: &str) -> Result<(), Status> {
        let stopped = ExecutorStoppedParams { executor_id: id.to_owned(), reason: reason.to_owned() };
        self.client().executor_stopped(stopped).await.map(|_| ())
    }
}

impl fmt::Display for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.url)
    }
}

//! Connections to other executors, kept for a while: a query with a shuffle opens thousands otherwise.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use ballista_core::client::BallistaClient;
use ballista_core::client_pool::{BallistaClientPool, PooledClient};
use ballista_core::error::Result;
use ballista_core::extension::BallistaConfigGrpcEndpoint;
use ballista_core::utils::GrpcClientConfig;
use parking_lot::Mutex;

/// How long a connection that nobody uses is kept.
const KEPT: Duration = Duration::from_secs(30);

type Place = (String, u16, GrpcClientConfig);

type Idle = HashMap<Place, Vec<(Instant, BallistaClient)>>;

/// The idle connections of one executor.
#[derive(Default)]
pub(super) struct ClientPool {
    idle: Arc<Mutex<Idle>>,
}

impl fmt::Debug for ClientPool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClientPool")
    }
}

#[tonic::async_trait]
impl BallistaClientPool for ClientPool {
    async fn acquire(
        &self,
        host: &str,
        port: u16,
        config: &GrpcClientConfig,
        customize_endpoint: Option<Arc<BallistaConfigGrpcEndpoint>>,
    ) -> Result<PooledClient> {
        let place = (host.to_owned(), port, config.clone());
        let kept = {
            let mut idle = self.idle.lock();
            forget_old(&mut idle);
            idle.get_mut(&place).and_then(Vec::pop)
        };
        let client = match kept {
            Some((_, client)) => client,
            None => {
                BallistaClient::try_new(
                    host,
                    port,
                    config.max_message_size,
                    config.use_tls,
                    customize_endpoint,
                    config.io_retries_times,
                    config.io_retry_wait_time_ms,
                    config.initial_connection_window_size,
                    config.initial_stream_window_size,
                )
                .await?
            }
        };
        let idle = Arc::clone(&self.idle);
        let put_back = move |client| idle.lock().entry(place).or_default().push((Instant::now(), client));
        Ok(PooledClient::new(client, Box::new(put_back)))
    }

    async fn evict_idle(&self) {
        forget_old(&mut self.idle.lock());
    }
}

fn forget_old(idle: &mut Idle) {
    idle.retain(|_, clients| {
        clients.retain(|(since, _)| since.elapsed() < KEPT);
        !clients.is_empty()
    });
}

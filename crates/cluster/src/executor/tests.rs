//! Tests of an executor that cannot decode what its scheduler sends.

use super::*;
use crate::codec::sample;
use crate::{
    Cluster, ClusterAddress, ClusterError, SpringaldCodec, Stores, bind, executor_config, scheduler_config,
    serve_scheduler,
};
use datafusion::common::exec_err;
use datafusion::error::Result;
use datafusion::execution::TaskContext;
use datafusion::physical_plan::ExecutionPlan;
use datafusion_proto::physical_plan::{PhysicalExtensionCodec, PhysicalProtoConverterExtension};
use springald_aws::S3Options;
use springald_tls::Security;
use std::net::Ipv4Addr;
use tempfile::TempDir;

/// How long a job may go on whose plan nobody can read: far shorter than an executor is waited for.
const SOON: Duration = Duration::from_secs(15);

/// A codec that decodes nothing, in one of two ways.
#[derive(Debug, Clone, Copy)]
enum Unable {
    Refuses,
    Panics,
}

impl PhysicalExtensionCodec for Unable {
    fn try_decode(
        &self,
        _: &[u8],
        _: &[Arc<dyn ExecutionPlan>],
        _: &TaskContext,
        _: &dyn PhysicalProtoConverterExtension,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        match self {
            Self::Refuses => exec_err!("cannot be read here"),
            Self::Panics => panic!("cannot be read here"),
        }
    }

    fn try_encode(
        &self,
        node: Arc<dyn ExecutionPlan>,
        bytes: &mut Vec<u8>,
        converter: &dyn PhysicalProtoConverterExtension,
    ) -> Result<()> {
        SpringaldCodec::default().try_encode(node, bytes, converter)
    }
}

/// Starts a scheduler, and an executor with `codec`; returns where the scheduler is.
async fn start(codec: Unable, dir: &TempDir, stores: &Arc<Stores>) -> ClusterAddress {
    let any_port = (Ipv4Addr::LOCALHOST, 0).into();
    let listener = bind(any_port).await.unwrap();
    let address = ClusterAddress::loopback(listener.local_addr().unwrap().port());
    let config = scheduler_config(listener.local_addr().unwrap(), address.host(), Arc::clone(stores), &Security::Open);
    tokio::spawn(async move { serve_scheduler(listener, config, &Security::Open, None, None).await });
    let port = bind(any_port).await.unwrap().local_addr().unwrap();
    let work_dir = WorkDir::new(dir.path(), port.port());
    let mut config = executor_config(&address, port, work_dir.path().to_string_lossy().into_owned(), stores);
    config.override_physical_codec = Some(Arc::new(codec));
    let leave = Leave::on_signals(Duration::ZERO).unwrap();
    tokio::spawn(async move { serve_executor(config, work_dir, leave).await });
    address
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_that_an_executor_cannot_decode_fails_its_job_at_once() {
    for codec in [Unable::Refuses, Unable::Panics] {
        let (dir, stores) = (TempDir::new().unwrap(), Stores::new(S3Options::default()));
        let address = start(codec, &dir, &stores).await;
        let cluster = Cluster::start(Some(address), stores, Security::Open).await.unwrap();
        while cluster.slots().await.is_err() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let context = cluster.context().unwrap();
        // Twice: the first has not ended what asks for tasks.
        for _ in 0..2 {
            let ran = tokio::time::timeout(SOON, cluster.run(&context, sample().unwrap())).await;
            let error = ran.unwrap_or_else(|_| panic!("{codec:?}: the job hangs")).unwrap_err();
            assert!(matches!(&error, ClusterError::Job(text) if text.contains("cannot be read here")), "{error}");
        }
    }
}

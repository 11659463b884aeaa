//! A service's port: takes connections in, with their handshakes apart from each other, and says who each of them is.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;

use crate::Security;

/// How long a handshake may take.
const HANDSHAKE_LIMIT: Duration = Duration::from_secs(10);

/// Handshakes at the same time; connections beyond them wait for their turn.
const MOST_HANDSHAKES: usize = 512;

/// How long a service waits when it cannot take a connection in, for instance for want of file descriptors.
const PAUSE: Duration = Duration::from_millis(100);

/// A connection, encrypted or not.
pub trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for T {}

/// Who is at the other end of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Peer {
    /// Its address.
    pub address: SocketAddr,
    /// Whether it has shown the cluster's certificate.
    pub has_certificate: bool,
    /// Whether it runs on this very machine.
    pub is_here: bool,
}

type Arrived = (Box<dyn Stream>, Peer);

/// A bound port of a service; dropping it ends the taking in.
#[derive(Debug)]
pub struct ClusterListener {
    arrived: mpsc::Receiver<Arrived>,
    address: SocketAddr,
    taking_in: JoinHandle<()>,
}

impl ClusterListener {
    /// Takes in what comes to `listener`, as `security` demands.
    ///
    /// # Errors
    /// When the bundle's key is not its certificate's, or the listener is closed.
    pub fn new(listener: TcpListener, security: &Security) -> anyhow::Result<Self> {
        let address = listener.local_addr().context("look up the address of a port")?;
        let acceptor = security.acceptor().context("use the bundle's certificate: is the key beside it its own?")?;
        let (sender, arrived) = mpsc::channel(MOST_HANDSHAKES);
        let taking_in = tokio::spawn(take_in(listener, acceptor, sender));
        Ok(Self { arrived, address, taking_in })
    }
}

impl Drop for ClusterListener {
    fn drop(&mut self) {
        self.taking_in.abort();
    }
}

impl Listener for ClusterListener {
    type Io = Box<dyn Stream>;
    type Addr = Peer;

    async fn accept(&mut self) -> Arrived {
        match self.arrived.recv().await {
            Some(arrived) => arrived,
            None => std::future::pending().await,
        }
    }

    fn local_addr(&self) -> io::Result<Peer> {
        Ok(Peer { address: self.address, has_certificate: false, is_here: true })
    }
}

impl Connected<IncomingStream<'_, ClusterListener>> for Peer {
    fn connect_info(stream: IncomingStream<'_, ClusterListener>) -> Self {
        *stream.remote_addr()
    }
}

async fn take_in(listener: TcpListener, acceptor: Option<TlsAcceptor>, sender: mpsc::Sender<Arrived>) {
    let turns = Arc::new(Semaphore::new(MOST_HANDSHAKES));
    while let Ok(turn) = Arc::clone(&turns).acquire_owned().await {
        match listener.accept().await {
            Ok((stream, address)) => {
                tokio::spawn(greet(stream, address, acceptor.clone(), sender.clone(), turn));
            }
            Err(error) => {
                tracing::warn!(%error, "connection could not be taken in");
                sleep(PAUSE).await;
            }
        }
    }
}

async fn greet(
    stream: TcpStream,
    address: SocketAddr,
    acceptor: Option<TlsAcceptor>,
    sender: mpsc::Sender<Arrived>,
    turn: OwnedSemaphorePermit,
) {
    match timeout(HANDSHAKE_LIMIT, shake_hands(stream, address, acceptor)).await {
        // An error means that the service has ended, and with it who would take the connection.
        Ok(Ok(arrived)) => drop(sender.send(arrived).await),
        Ok(Err(error)) => tracing::info!(peer = %address, %error, "connection refused"),
        Err(_elapsed) => tracing::info!(peer = %address, "connection refused: no handshake in time"),
    }
    drop(turn);
}

async fn shake_hands(stream: TcpStream, address: SocketAddr, acceptor: Option<TlsAcceptor>) -> io::Result<Arrived> {
    stream.set_nodelay(true)?;
    let is_here = is_same_machine(address, stream.local_addr()?);
    let Some(acceptor) = acceptor else {
        return Ok((Box::new(stream), Peer { address, has_certificate: false, is_here }));
    };
    let stream = acceptor.accept(stream).await?;
    let has_certificate = stream.get_ref().1.peer_certificates().is_some_and(|shown| !shown.is_empty());
    Ok((Box::new(stream), Peer { address, has_certificate, is_here }))
}

/// Returns whether a connection from `peer` to `local` does not leave the machine.
fn is_same_machine(peer: SocketAddr, local: SocketAddr) -> bool {
    let (peer, local) = (peer.ip().to_canonical(), local.ip().to_canonical());
    peer.is_loopback() || peer == local
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_between_two_addresses_of_a_network_leaves_the_machine() {
        for (peer, local, is_here) in [
            ("127.0.0.1:50000", "127.0.0.1:7050", true),
            ("[::1]:50000", "[::1]:7050", true),
            ("[::ffff:127.0.0.1]:50000", "[::ffff:127.0.0.1]:7050", true),
            ("10.0.1.23:50000", "10.0.1.23:7050", true),
            ("10.0.1.24:50000", "10.0.1.23:7050", false),
        ] {
            assert_eq!(is_same_machine(peer.parse().unwrap(), local.parse().unwrap()), is_here, "{peer}");
        }
    }
}

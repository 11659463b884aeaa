//! Logging in: the handshake, TLS, and the proof of the password.

use super::channel::{Channel, LONGEST_PAYLOAD};
use super::{Result, tls, unexpected};
use crate::login::MySqlSource;
use crate::secret::Secret;
use mysql_async::DriverError;
use mysql_common::constants::CapabilityFlags;
use mysql_common::crypto;
use mysql_common::io::ParseBuf;
use mysql_common::packets::{AuthPlugin, AuthSwitchRequest, HandshakePacket, HandshakeResponse, SslRequest};
use mysql_common::proto::MySerialize;
use std::time::Duration;
use tokio::net::TcpStream;

/// After how long a connection on which nothing comes is looked after, and how often; the way is lost when nobody at the
/// other end answers for so long. A server that is busy answers: its system does.
const KEEPALIVE: Duration = Duration::from_secs(10);
const KEEPALIVE_AGAIN: Duration = Duration::from_secs(5);
const LOST_AFTER: Duration = Duration::from_secs(25);

/// `utf8mb4_general_ci`: what the login itself is written in.
const COLLATION: u8 = 45;

/// What the server's answers to a proof begin with.
mod answer {
    pub(super) const OK: u8 = 0x00;
    pub(super) const MORE: u8 = 0x01;
    pub(super) const SWITCH: u8 = 0xfe;
}

/// What `caching_sha2_password` says with [`answer::MORE`], and is asked for its key with.
mod sha2 {
    pub(super) const KNOWN: u8 = 0x03;
    pub(super) const PROVE_IN_FULL: u8 = 0x04;
    pub(super) const ASK_FOR_KEY: u8 = 0x02;
}

/// Who logs in, and where.
#[derive(Clone, Copy)]
pub(crate) struct Login<'a> {
    /// The server, and how the connection is protected.
    pub(crate) source: &'a MySqlSource,
    /// The user, whom a secret may name.
    pub(crate) user: &'a str,
    /// The password.
    pub(crate) password: &'a Secret,
}

impl Login<'_> {
    /// Connects and logs in.
    pub(super) async fn open(self) -> Result<Channel> {
        let source = self.source;
        let stream = TcpStream::connect((source.host.as_str(), source.port)).await?;
        stream.set_nodelay(true)?;
        notice_a_lost_way(&stream)?;
        let mut channel = Channel::new(stream);
        // A server that turns us away at the door does not know yet how we want to be told.
        let greeting = channel.receive_with(CapabilityFlags::empty()).await?;
        let greeting = ParseBuf(&greeting).parse::<HandshakePacket<'_>>(())?;
        let connector = tls::connector(&source.tls)?;
        let capabilities = greeting.capabilities() & wanted(connector.is_some());
        if let Some(connector) = connector {
            if !capabilities.contains(CapabilityFlags::CLIENT_SSL) {
                return Err(DriverError::NoClientSslFlagFromServer.into());
            }
            channel.send(&bytes_of(&SslRequest::new(capabilities, longest_payload(), COLLATION))).await?;
            channel = channel.secure(&connector, tls::server_name(&source.host)?).await?;
        }
        let plugin = match greeting.auth_plugin() {
            Some(AuthPlugin::CachingSha2Password) => AuthPlugin::CachingSha2Password,
            _ => AuthPlugin::MysqlNativePassword,
        };
        let nonce = greeting.nonce();
        let proof = plugin.gen_data(Some(self.password.expose()), &nonce);
        let version = greeting.maria_db_server_version_parsed().or_else(|| greeting.server_version_parsed());
        let response = HandshakeResponse::new(
            proof.as_deref(),
            version.unwrap_or_default(),
            Some(self.user.as_bytes()),
            Some(source.database.as_bytes()),
            Some(plugin.borrow()),
            capabilities,
            None,
            longest_payload(),
        );
        channel.send(&bytes_of(&response)).await?;
        self.prove(&mut channel, plugin, nonce).await?;
        Ok(channel)
    }

    /// Answers until the server lets us in.
    async fn prove(self, channel: &mut Channel, mut plugin: AuthPlugin<'static>, mut nonce: Vec<u8>) -> Result<()> {
        let mut may_switch = true;
        loop {
            let said = channel.receive().await?;
            match (said.as_slice(), &plugin) {
                ([answer::OK, ..], _) => return Ok(()),
                ([answer::SWITCH, _, ..], _) if may_switch => {
                    may_switch = false;
                    let request = ParseBuf(&said).parse::<AuthSwitchRequest<'_>>(())?;
                    nonce = request.plugin_data().to_vec();
                    plugin = spoken(request.auth_plugin().into_owned())?;
                    let proof = plugin.gen_data(Some(self.password.expose()), &nonce);
                    channel.send(proof.as_deref().unwrap_or_default()).await?;
                }
                ([answer::MORE, sha2::KNOWN], AuthPlugin::CachingSha2Password) => {}
                ([answer::MORE, sha2::PROVE_IN_FULL], AuthPlugin::CachingSha2Password) => {
                    self.prove_in_full(channel, &nonce).await?;
                }
                _ => return Err(DriverError::UnexpectedPacket { payload: said }.into()),
            }
        }
    }

    /// Sends the password itself: under TLS as it is, else so that only the server can read it.
    async fn prove_in_full(self, channel: &mut Channel, nonce: &[u8]) -> Result<()> {
        let mut password = [self.password.expose().as_bytes(), &[0]].concat();
        if channel.is_secure() {
            return channel.send(&password).await;
        }
        channel.send(&[sha2::ASK_FOR_KEY]).await?;
        let answer = channel.receive().await?;
        let Some((_, key)) = answer.split_first().filter(|_| !nonce.is_empty()) else {
            return Err(unexpected("the server sent no key for the password"));
        };
        for (byte, mask) in password.iter_mut().zip(nonce.iter().cycle()) {
            *byte ^= mask;
        }
        channel.send(&crypto::encrypt(&password, key)).await
    }
}

/// Makes the system end a connection whose other end does not even acknowledge what it is sent.
fn notice_a_lost_way(stream: &TcpStream) -> std::io::Result<()> {
    let socket = socket2::SockRef::from(stream);
    let keepalive = socket2::TcpKeepalive::new().with_time(KEEPALIVE).with_interval(KEEPALIVE_AGAIN);
    socket.set_tcp_keepalive(&keepalive)?;
    socket.set_tcp_user_timeout(Some(LOST_AFTER))
}

/// Returns the plugin, if a proof for it can be made.
fn spoken(plugin: AuthPlugin<'static>) -> Result<AuthPlugin<'static>> {
    match plugin {
        AuthPlugin::CachingSha2Password | AuthPlugin::MysqlNativePassword | AuthPlugin::Ed25519 => Ok(plugin),
        AuthPlugin::MysqlOldPassword => Err(DriverError::MysqlOldPasswordDisabled.into()),
        AuthPlugin::MysqlClearPassword => Err(DriverError::CleartextPluginDisabled.into()),
        AuthPlugin::MariadbParsec { .. } | AuthPlugin::Other(_) => {
            let name = String::from_utf8_lossy(plugin.as_bytes()).into_owned();
            Err(DriverError::UnknownAuthPlugin { name }.into())
        }
    }
}

fn wanted(tls: bool) -> CapabilityFlags {
    let always = CapabilityFlags::CLIENT_PROTOCOL_41
        | CapabilityFlags::CLIENT_SECURE_CONNECTION
        | CapabilityFlags::CLIENT_LONG_PASSWORD
        | CapabilityFlags::CLIENT_TRANSACTIONS
        | CapabilityFlags::CLIENT_CONNECT_WITH_DB
        | CapabilityFlags::CLIENT_PLUGIN_AUTH;
    if tls { always | CapabilityFlags::CLIENT_SSL } else { always }
}

fn longest_payload() -> u32 {
    u32::try_from(LONGEST_PAYLOAD).unwrap_or(u32::MAX)
}

fn bytes_of(packet: &impl MySerialize) -> Vec<u8> {
    let mut bytes = Vec::new();
    packet.serialize(&mut bytes);
    bytes
}

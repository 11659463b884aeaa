//! A connection's bytes as packets, each with its length and its place in the conversation.

use super::{Result, unexpected};
use bytes::{Buf, BytesMut};
use mysql_async::DriverError;
use mysql_common::constants::CapabilityFlags;
use mysql_common::io::ParseBuf;
use mysql_common::packets::ErrPacket;
use std::io;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::pki_types::ServerName;

/// Bytes before a packet's own: three of its length, one of its number.
const HEADER_BYTES: usize = 4;

/// The length of a packet that is not the last of its payload.
const LONGEST_PACKET: usize = 0xff_ffff;

/// The largest payload that a MySQL server can be set to send. The server's own limit is the one that counts.
pub(crate) const LONGEST_PAYLOAD: usize = 1 << 30;

/// The room that a read has at least: some hundreds of rows.
const READ_BYTES: usize = 64 << 10;

/// The first byte of an answer that is an error.
const ERROR: u8 = 0xff;

#[expect(clippy::large_enum_variant, reason = "there is one per connection")]
enum Transport {
    Plain(TcpStream),
    Secure(TlsStream<TcpStream>),
}

/// A connection to a server. Dropping it closes the socket at once.
pub(super) struct Channel {
    transport: Transport,
    buffer: BytesMut,
    /// How many bytes at the beginning of the buffer have been handed over.
    taken: usize,
    long: Long,
    sequence: u8,
}

/// A payload of several packets.
#[derive(Default)]
struct Long {
    bytes: Vec<u8>,
    is_whole: bool,
}

/// Where the next payload is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Arrival {
    /// Not there yet.
    Nowhere,
    /// In the buffer, of this length.
    Buffered(usize),
    /// Put together of several packets.
    Assembled,
}

impl Channel {
    /// Begins a conversation.
    pub(super) fn new(stream: TcpStream) -> Self {
        Self::over(Transport::Plain(stream), 0)
    }

    fn over(transport: Transport, sequence: u8) -> Self {
        Self { transport, buffer: BytesMut::new(), taken: 0, long: Long::default(), sequence }
    }

    /// Returns whether nobody on the way can read what is said.
    pub(super) fn is_secure(&self) -> bool {
        matches!(self.transport, Transport::Secure(_))
    }

    /// Goes on with the conversation under TLS, with a server of that name.
    pub(super) async fn secure(self, connector: &TlsConnector, name: ServerName<'static>) -> Result<Self> {
        let Transport::Plain(stream) = self.transport else { return Err(unexpected("TLS has begun already")) };
        let stream = connector.connect(name, stream).await?;
        Ok(Self::over(Transport::Secure(stream), self.sequence))
    }

    /// Sends a command, which begins a conversation anew.
    pub(super) async fn command(&mut self, code: u8, body: &[u8]) -> Result<()> {
        self.sequence = 0;
        self.send(&[&[code], body].concat()).await
    }

    /// Sends a payload.
    pub(super) async fn send(&mut self, payload: &[u8]) -> Result<()> {
        let packets = framed(payload, &mut self.sequence);
        match &mut self.transport {
            Transport::Plain(stream) => stream.write_all(&packets).await?,
            Transport::Secure(stream) => {
                stream.write_all(&packets).await?;
                stream.flush().await?;
            }
        }
        Ok(())
    }

    /// Waits for the next payload and returns it. An error of the server becomes one of ours.
    pub(super) async fn receive(&mut self) -> Result<Vec<u8>> {
        self.receive_with(CapabilityFlags::CLIENT_PROTOCOL_41).await
    }

    /// Like [`Self::receive`], from a server that knows only these capabilities of ours: an error's form depends on them.
    pub(super) async fn receive_with(&mut self, capabilities: CapabilityFlags) -> Result<Vec<u8>> {
        loop {
            let place = self.arrived()?;
            if place != Arrival::Nowhere {
                let payload = self.payload(place).to_vec();
                refuse_error(&payload, capabilities)?;
                return Ok(payload);
            }
            self.fill().await?;
        }
    }

    /// Waits for more bytes.
    pub(super) async fn fill(&mut self) -> Result<()> {
        self.buffer.reserve(READ_BYTES);
        let count = match &mut self.transport {
            Transport::Plain(stream) => stream.read_buf(&mut self.buffer).await?,
            Transport::Secure(stream) => stream.read_buf(&mut self.buffer).await?,
        };
        if count == 0 {
            return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
        }
        Ok(())
    }

    /// Lets go of the payload before, and says where the next one is.
    ///
    /// # Errors
    /// If a packet is missing, or the payload is longer than any that a server may send.
    pub(super) fn arrived(&mut self) -> Result<Arrival> {
        self.buffer.advance(std::mem::take(&mut self.taken));
        if self.long.is_whole {
            self.long = Long::default();
        }
        loop {
            let [low, middle, high, number, body @ ..] = &*self.buffer else { return Ok(Arrival::Nowhere) };
            let length = usize::from(*low) | usize::from(*middle) << 8 | usize::from(*high) << 16;
            let Some(body) = body.get(..length) else { return Ok(Arrival::Nowhere) };
            if *number != self.sequence {
                return Err(DriverError::PacketOutOfOrder.into());
            }
            self.sequence = self.sequence.wrapping_add(1);
            if length < LONGEST_PACKET && self.long.bytes.is_empty() {
                self.taken = HEADER_BYTES + length;
                return Ok(Arrival::Buffered(length));
            }
            if self.long.bytes.len() + length > LONGEST_PAYLOAD {
                return Err(DriverError::PacketTooLarge.into());
            }
            self.long.bytes.extend_from_slice(body);
            self.buffer.advance(HEADER_BYTES + length);
            if length < LONGEST_PACKET {
                self.long.is_whole = true;
                return Ok(Arrival::Assembled);
            }
        }
    }

    /// Returns the payload that has arrived there. Only until [`Self::arrived`] is called again is it there.
    pub(super) fn payload(&self, place: Arrival) -> &[u8] {
        match place {
            Arrival::Nowhere => &[],
            Arrival::Buffered(length) => self.buffer.get(HEADER_BYTES..HEADER_BYTES + length).unwrap_or_default(),
            Arrival::Assembled => &self.long.bytes,
        }
    }
}

/// Fails with the server's error if a payload is one.
pub(super) fn refuse_error(payload: &[u8], capabilities: CapabilityFlags) -> Result<()> {
    if payload.first() != Some(&ERROR) {
        return Ok(());
    }
    match ParseBuf(payload).parse::<ErrPacket<'_>>(capabilities)? {
        ErrPacket::Error(error) => Err(error.into()),
        ErrPacket::Progress(_) => Err(unexpected("the server reports progress that nobody asked for")),
    }
}

/// Cuts a payload into packets.
fn framed(payload: &[u8], sequence: &mut u8) -> Vec<u8> {
    let mut packets = Vec::with_capacity(payload.len() + HEADER_BYTES);
    let mut rest = payload;
    loop {
        let (packet, behind) = rest.split_at(rest.len().min(LONGEST_PACKET));
        let [low, middle, high, ..] = packet.len().to_le_bytes();
        packets.extend_from_slice(&[low, middle, high, *sequence]);
        packets.extend_from_slice(packet);
        *sequence = sequence.wrapping_add(1);
        rest = behind;
        if packet.len() < LONGEST_PACKET {
            return packets;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::net::TcpListener;

    /// Returns a channel to somebody who says `bytes` and hangs up.
    async fn hearing(bytes: Vec<u8>) -> Channel {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { listener.accept().await.unwrap().0.write_all(&bytes).await });
        Channel::new(TcpStream::connect(address).await.unwrap())
    }

    #[tokio::test]
    async fn payloads_of_any_length_arrive_as_they_were_sent() {
        let lengths = [0, 1, 70_000, LONGEST_PACKET - 1, LONGEST_PACKET, 2 * LONGEST_PACKET + 5, 3];
        let payloads: Vec<Vec<u8>> = lengths.iter().map(|length| vec![7; *length]).collect();
        let mut sequence = 0;
        let sent = payloads.iter().flat_map(|payload| framed(payload, &mut sequence)).collect();
        let mut channel = hearing(sent).await;
        for payload in &payloads {
            assert!(channel.receive().await.unwrap() == *payload, "{} bytes", payload.len());
        }
        let end = channel.receive().await.unwrap_err();
        assert!(end.to_string().contains("end of file"), "{end}");
    }

    #[tokio::test]
    async fn a_missing_packet_and_an_error_are_told() {
        let mut channel = hearing(vec![1, 0, 0, 3, 9]).await;
        assert!(matches!(channel.receive().await, Err(mysql_async::Error::Driver(DriverError::PacketOutOfOrder))));
        let error = [&[0xff, 0x15, 0x04, b'#'][..], b"28000Access denied"].concat();
        let mut channel = hearing(framed(&error, &mut 0)).await;
        let Err(mysql_async::Error::Server(error)) = channel.receive().await else { unreachable!() };
        assert_eq!((error.code, error.state.as_str(), error.message.as_str()), (1045, "28000", "Access denied"));
    }
}

//! A logged-in session: statements, and their answers row by row.

use super::channel::{Arrival, Channel, refuse_error};
use super::row::{Cells, Field, length, lengthy};
use super::{Login, Result, unexpected};
use mysql_async::DriverError;
use mysql_common::constants::CapabilityFlags;
use mysql_common::io::ParseBuf;
use mysql_common::packets::Column;

/// The commands of MySQL's protocol that a reader needs.
mod command {
    pub(super) const QUIT: u8 = 0x01;
    pub(super) const QUERY: u8 = 0x03;
    pub(super) const PREPARE: u8 = 0x16;
    pub(super) const EXECUTE: u8 = 0x17;
    pub(super) const CLOSE: u8 = 0x19;
}

/// The first byte of an answer without rows.
const OK: u8 = 0x00;

/// The first byte of what stands after columns and after rows, and the most bytes that it has.
const END: u8 = 0xfe;
const END_BYTES: usize = 8;

/// The byte that stands for NULL in a row of text.
const NULL: u8 = 0xfb;

/// A session that reads. Dropping it closes its socket, and the server ends a statement at its next write to it.
pub(crate) struct ReadSession {
    channel: Channel,
    reading: Option<Reading>,
}

/// The statement whose rows are being read.
struct Reading {
    statement: [u8; 4],
    fields: Vec<Field>,
}

/// What there is of the rows of a statement.
pub(crate) enum Next<'a> {
    /// A row.
    Row {
        /// Its cells.
        cells: Cells<'a>,
        /// How many bytes the server sent for it.
        bytes: usize,
    },
    /// Nothing yet: see [`ReadSession::fill`].
    Wait,
    /// No more rows.
    End,
}

impl ReadSession {
    /// Connects and logs in.
    ///
    /// # Errors
    /// If the server cannot be reached or refuses the login.
    pub(crate) async fn log_in(login: Login<'_>) -> Result<Self> {
        Ok(Self { channel: login.open().await?, reading: None })
    }

    /// Runs a statement, and returns its rows as text.
    ///
    /// # Errors
    /// If the server refuses it, or the connection fails.
    pub(crate) async fn rows(&mut self, sql: &str) -> Result<Vec<Vec<Option<String>>>> {
        self.channel.command(command::QUERY, sql.as_bytes()).await?;
        let answer = self.channel.receive().await?;
        if answer.first() == Some(&OK) {
            return Ok(Vec::new());
        }
        self.skip_columns(&answer).await?;
        let mut rows = Vec::new();
        loop {
            let row = self.channel.receive().await?;
            if is_end(&row) {
                return Ok(rows);
            }
            rows.push(texts(&row).ok_or_else(|| unexpected("a row of text ends too early"))?);
        }
    }

    /// Prepares a statement without parameters and begins to read its rows: only of a prepared one does the server send
    /// them in binary form.
    ///
    /// # Errors
    /// If the server refuses it, or the connection fails.
    pub(crate) async fn select(&mut self, sql: &str) -> Result<()> {
        self.channel.command(command::PREPARE, sql.as_bytes()).await?;
        let prepared = self.channel.receive().await?;
        let [OK, s0, s1, s2, s3, columns_low, columns_high, 0, 0, ..] = *prepared else {
            return Err(DriverError::UnexpectedPacket { payload: prepared }.into());
        };
        if [columns_low, columns_high] != [0, 0] {
            self.skip_until_end().await?;
        }
        let statement = [s0, s1, s2, s3];
        // No cursor, once, no parameters.
        self.channel.command(command::EXECUTE, &[&statement[..], &[0], &1u32.to_le_bytes()].concat()).await?;
        let answer = self.channel.receive().await?;
        let mut fields = Vec::new();
        for _ in 0..columns_of(&answer)? {
            let column = self.channel.receive().await?;
            fields.push(Field::of(&ParseBuf(&column).parse::<Column>(())?)?);
        }
        self.expect_end().await?;
        self.reading = Some(Reading { statement, fields });
        Ok(())
    }

    /// Returns the next row of the statement, if it has arrived. Waits for nothing.
    ///
    /// # Errors
    /// If the statement has failed.
    pub(crate) fn next(&mut self) -> Result<Next<'_>> {
        let place = self.channel.arrived()?;
        if place == Arrival::Nowhere {
            return Ok(Next::Wait);
        }
        let packet = self.channel.payload(place);
        if is_end(packet) {
            return Ok(Next::End);
        }
        refuse_error(packet, CapabilityFlags::CLIENT_PROTOCOL_41)?;
        let fields = self.reading.as_ref().map(|reading| reading.fields.as_slice()).unwrap_or_default();
        Ok(Next::Row { cells: Cells::new(fields, packet)?, bytes: packet.len() })
    }

    /// Waits until the server has sent more.
    ///
    /// # Errors
    /// If the connection fails.
    pub(crate) async fn fill(&mut self) -> Result<()> {
        self.channel.fill().await
    }

    /// Lets the server forget the statement, after its last row.
    ///
    /// # Errors
    /// If the connection fails.
    pub(crate) async fn end(&mut self) -> Result<()> {
        match self.reading.take() {
            Some(reading) => self.channel.command(command::CLOSE, &reading.statement).await,
            None => Ok(()),
        }
    }

    /// Says goodbye to the server.
    ///
    /// # Errors
    /// If the connection fails.
    pub(crate) async fn close(mut self) -> Result<()> {
        self.channel.command(command::QUIT, &[]).await
    }

    async fn skip_columns(&mut self, answer: &[u8]) -> Result<()> {
        columns_of(answer)?;
        self.skip_until_end().await
    }

    async fn skip_until_end(&mut self) -> Result<()> {
        while !is_end(&self.channel.receive().await?) {}
        Ok(())
    }

    async fn expect_end(&mut self) -> Result<()> {
        let end = self.channel.receive().await?;
        if is_end(&end) { Ok(()) } else { Err(DriverError::UnexpectedPacket { payload: end }.into()) }
    }
}

fn is_end(packet: &[u8]) -> bool {
    packet.first() == Some(&END) && packet.len() <= END_BYTES
}

/// Returns how many columns an answer announces.
fn columns_of(mut answer: &[u8]) -> Result<u64> {
    match length(&mut answer) {
        Some(count) if count > 0 => Ok(count),
        _ => Err(unexpected("the statement yields no rows")),
    }
}

/// Returns the fields of a row of text.
fn texts(mut row: &[u8]) -> Option<Vec<Option<String>>> {
    let mut fields = Vec::new();
    while let Some((first, behind)) = row.split_first() {
        if *first == NULL {
            row = behind;
            fields.push(None);
        } else {
            fields.push(Some(String::from_utf8_lossy(lengthy(&mut row)?).into_owned()));
        }
    }
    Some(fields)
}

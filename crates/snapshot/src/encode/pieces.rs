//! What the encoder writes, in pieces that an upload takes over without copying them.

use std::io;

use bytes::Bytes;

/// Bytes in pieces of one size.
pub(super) struct Pieces {
    size: usize,
    full: Vec<Bytes>,
    open: Vec<u8>,
}

impl Pieces {
    /// Returns no pieces yet; each will have `size` bytes.
    pub(super) fn new(size: usize) -> Self {
        Self { size, full: vec![], open: vec![] }
    }

    /// Takes out the pieces that are full, in their order.
    pub(super) fn take_full(&mut self) -> Vec<Bytes> {
        std::mem::take(&mut self.full)
    }

    /// Takes out all pieces, in their order; the last one may be smaller.
    pub(super) fn take_all(&mut self) -> Vec<Bytes> {
        let mut pieces = self.take_full();
        if !self.open.is_empty() {
            pieces.push(Bytes::from(std::mem::take(&mut self.open)));
        }
        pieces
    }
}

impl io::Write for Pieces {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let taken = bytes.len().min(self.size - self.open.len());
        if self.open.capacity() == 0 {
            self.open.reserve_exact(self.size);
        }
        self.open.extend_from_slice(&bytes[..taken]);
        if self.open.len() == self.size {
            self.full.push(Bytes::from(std::mem::take(&mut self.open)));
        }
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn pieces_have_one_size_but_for_the_last() {
        let bytes: Vec<u8> = (0..=u8::MAX).collect();
        let mut pieces = Pieces::new(100);
        pieces.write_all(&bytes[..10]).unwrap();
        assert!(pieces.take_full().is_empty());
        pieces.write_all(&bytes[10..220]).unwrap();
        assert_eq!(pieces.take_full(), [&bytes[..100], &bytes[100..200]]);
        pieces.write_all(&bytes[220..]).unwrap();
        assert_eq!(pieces.take_all(), [&bytes[200..]]);
        assert!(pieces.take_all().is_empty());
    }
}

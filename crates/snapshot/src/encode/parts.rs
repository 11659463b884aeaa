//! What the encoder writes, in parts that an upload takes over without copying them.

use std::io;

use bytes::Bytes;

/// Bytes in parts of one size.
pub(super) struct Parts {
    size: usize,
    full: Vec<Bytes>,
    open: Vec<u8>,
}

impl Parts {
    /// Returns no parts yet; each will have `size` bytes.
    pub(super) fn new(size: usize) -> Self {
        Self { size, full: vec![], open: vec![] }
    }

    /// Takes out the parts that are full, in their order.
    pub(super) fn take_full(&mut self) -> Vec<Bytes> {
        std::mem::take(&mut self.full)
    }

    /// Takes out all parts, in their order; the last one may be smaller.
    pub(super) fn take_all(&mut self) -> Vec<Bytes> {
        let mut parts = self.take_full();
        if !self.open.is_empty() {
            parts.push(Bytes::from(std::mem::take(&mut self.open)));
        }
        parts
    }
}

impl io::Write for Parts {
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
    fn parts_have_one_size_but_for_the_last() {
        let bytes: Vec<u8> = (0..=u8::MAX).collect();
        let mut parts = Parts::new(100);
        parts.write_all(&bytes[..10]).unwrap();
        assert!(parts.take_full().is_empty());
        parts.write_all(&bytes[10..220]).unwrap();
        assert_eq!(parts.take_full(), [&bytes[..100], &bytes[100..200]]);
        parts.write_all(&bytes[220..]).unwrap();
        assert_eq!(parts.take_all(), [&bytes[200..]]);
        assert!(parts.take_all().is_empty());
    }
}

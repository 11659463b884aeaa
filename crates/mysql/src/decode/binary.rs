//! Bytes: `BINARY`, `BLOB`, `BIT(n)`, and geometries as WKB.

use super::{Decode, not_a};
use crate::wire::Cell;
use arrow::array::{ArrayRef, BinaryBuilder};
use arrow::error::ArrowError;
use std::sync::Arc;

/// The bytes of a spatial reference that MySQL puts before the WKB of a geometry.
pub(super) const GEOMETRY_PREFIX: usize = 4;

/// Bytes as the server sends them, without the first few.
pub(super) struct Binaries {
    builder: BinaryBuilder,
    skipped: usize,
}

impl Binaries {
    pub(super) fn new(skipped: usize) -> Self {
        Self { builder: BinaryBuilder::new(), skipped }
    }
}

impl Decode for Binaries {
    fn push_null(&mut self) {
        self.builder.append_null();
    }

    fn push(&mut self, value: &Cell<'_>) -> Result<(), String> {
        let Cell::Bytes(bytes) = value else { return Err(not_a("bytes", value)) };
        let kept = bytes.get(self.skipped..).ok_or_else(|| not_a("a GEOMETRY", value))?;
        self.builder.append_value(kept);
        Ok(())
    }

    fn finish(&mut self) -> Result<ArrayRef, ArrowError> {
        Ok(Arc::new(self.builder.finish()))
    }
}

//! Batches → one Parquet file in the store, visible only when it is complete.

use std::error::Error;
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use object_store::ObjectStore;
use object_store::buffered::BufWriter;
use object_store::path::Path;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_writer::ArrowWriterOptions;
use parquet::basic::{Compression, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::metadata::ParquetMetaData;
use parquet::file::properties::{WriterProperties, WriterPropertiesBuilder};
use parquet::schema::types::ColumnPath;
use tokio::io::AsyncWriteExt;

use self::pieces::Pieces;
use crate::dictionary::columns_without_repetition;
use crate::{DataFile, SnapshotError};

mod pieces;

/// Encoded bytes of a row group: what a writer holds in memory before any of it is sent, whatever the table's size. A
/// group of the crimes table has some 200,000 rows.
const ROW_GROUP_BYTES: usize = 8 * 1024 * 1024;

/// A page's most bytes, before it is compressed, and its most rows. A writer holds one of every column, each with a compressor
/// that is as large.
const PAGE_BYTES: usize = 256 * 1024;
const PAGE_ROWS: usize = 8192;

/// Bytes of one part of a multipart upload, of which a writer holds two, one being sent and one being filled, and those
/// of a row group that has just become complete: as few as S3 takes. It takes at most 10,000 parts.
const PART_BYTES: usize = 5 * 1024 * 1024;

/// Bytes of the pieces that parts are made of: about those of a page, so that one finds room where the other was.
const PIECE_BYTES: usize = 256 * 1024;

/// One Parquet file being written.
pub(crate) struct FileWriter {
    name: String,
    rows: u64,
    writer: ArrowWriter<Pieces>,
    /// Takes over what the writer has put into its pieces.
    upload: BufWriter,
}

impl FileWriter {
    /// Opens a file in `dir` for rows like those of `sample`, its first ones; nothing of it can be seen before
    /// [`Self::finish`].
    pub(crate) fn try_new(
        store: &Arc<dyn ObjectStore>,
        dir: &Path,
        name: String,
        schema: &SchemaRef,
        sample: &[RecordBatch],
    ) -> Result<Self, SnapshotError> {
        let upload = BufWriter::with_capacity(Arc::clone(store), dir.clone().join(name.as_str()), PART_BYTES)
            .with_max_concurrency(1);
        // Without the embedded Arrow schema readers see plain Parquet types, the same ones whoever wrote the batch.
        let plain = columns_without_repetition(sample);
        let plain = plain.map_err(|cause| encode_error(&name)(ParquetError::External(cause.into())))?;
        let properties = properties(plain);
        let options = ArrowWriterOptions::new().with_properties(properties).with_skip_arrow_metadata(true);
        let writer = ArrowWriter::try_new_with_options(Pieces::new(PIECE_BYTES), Arc::clone(schema), options)
            .map_err(|source| SnapshotError::Encode { file: name.clone(), source })?;
        Ok(Self { name, rows: 0, writer, upload })
    }

    /// Returns how many bytes the file has by now, those still being encoded included.
    pub(crate) fn bytes(&self) -> usize {
        self.writer.bytes_written() + self.writer.in_progress_size()
    }

    /// Appends a batch.
    pub(crate) async fn write(&mut self, batch: &RecordBatch) -> Result<(), SnapshotError> {
        self.writer.write(batch).map_err(encode_error(&self.name))?;
        self.rows += batch.num_rows() as u64;
        for piece in self.writer.inner_mut().take_full() {
            self.upload.put(piece).await.map_err(upload_error(&self.name))?;
        }
        Ok(())
    }

    /// Writes the footer and makes the file visible.
    pub(crate) async fn finish(mut self) -> Result<(DataFile, ParquetMetaData), SnapshotError> {
        let metadata = self.writer.finish().map_err(encode_error(&self.name))?;
        for piece in self.writer.inner_mut().take_all() {
            self.upload.put(piece).await.map_err(upload_error(&self.name))?;
        }
        self.upload.shutdown().await.map_err(upload_error(&self.name))?;
        let bytes = self.writer.bytes_written() as u64;
        Ok((DataFile { file: self.name, rows: self.rows, bytes }, metadata))
    }

    /// Drops what has been uploaded. Best effort: the run has failed already, and leftovers are swept up later.
    pub(crate) async fn abort(mut self) {
        if let Err(error) = self.upload.abort().await {
            tracing::warn!(file = self.name, %error, "upload could not be aborted");
        }
    }
}

fn encode_error(name: &str) -> impl FnOnce(ParquetError) -> SnapshotError {
    let file = name.to_owned();
    move |source| SnapshotError::Encode { file, source }
}

fn upload_error<E: Error + Send + Sync + 'static>(name: &str) -> impl FnOnce(E) -> SnapshotError {
    let encode_error = encode_error(name);
    move |source| encode_error(ParquetError::External(Box::new(source)))
}

fn properties(plain: Vec<String>) -> WriterProperties {
    let builder = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .set_max_row_group_bytes(Some(ROW_GROUP_BYTES))
        .set_data_page_size_limit(PAGE_BYTES)
        .set_data_page_row_count_limit(PAGE_ROWS)
        .set_created_by(concat!("springald version ", env!("CARGO_PKG_VERSION")).to_owned());
    let without = |builder: WriterPropertiesBuilder, name| {
        builder.set_column_dictionary_enabled(ColumnPath::new(vec![name]), false)
    };
    plain.into_iter().fold(builder, without).build()
}

#[cfg(test)]
mod tests {
    use arrow::array::{ArrayRef, FixedSizeBinaryArray};
    use object_store::ObjectStoreExt;
    use object_store::memory::InMemory;
    use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

    use super::*;

    /// Rows that cannot be compressed, 64 KiB each.
    fn noise(rows: usize) -> RecordBatch {
        let mut bytes = vec![0; rows * 65_536];
        rand::fill(&mut bytes[..]);
        let column = FixedSizeBinaryArray::try_from_iter(bytes.chunks(65_536)).unwrap();
        RecordBatch::try_from_iter([("noise", Arc::new(column) as ArrayRef)]).unwrap()
    }

    #[tokio::test]
    async fn a_file_of_several_row_groups_and_parts_is_what_was_written() {
        let store: Arc<dyn ObjectStore> = Arc::new(InMemory::new());
        let batches: Vec<_> = [100, 1, 150, 70].map(noise).into();
        let name = "part.parquet".to_owned();
        let mut file = FileWriter::try_new(&store, &Path::default(), name, &batches[0].schema(), &[]).unwrap();
        for batch in &batches {
            file.write(batch).await.unwrap();
        }
        let (written, metadata) = file.finish().await.unwrap();
        let bytes = store.get(&Path::from("part.parquet")).await.unwrap().bytes().await.unwrap();
        assert_eq!((written.rows, written.bytes), (321, bytes.len() as u64));
        assert!(metadata.num_row_groups() > 1 && bytes.len() > 3 * PART_BYTES, "{written:?}");
        let read = ParquetRecordBatchReaderBuilder::try_new(bytes).unwrap().with_batch_size(321).build().unwrap();
        let read: Vec<_> = read.map(Result::unwrap).collect();
        let all = arrow::compute::concat_batches(&batches[0].schema(), &batches).unwrap();
        assert_eq!(read, [all]);
    }
}

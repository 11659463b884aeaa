//! Rows that travel in a plan: Arrow's reader makes as much room for them as their own headers ask for, so these are looked at
//! before.
//!
//! Rows stand in a scan of memory as a stream (<https://arrow.apache.org/docs/format/Columnar.html#ipc-streaming-format>), and
//! in values that are lists, structs and the like as messages without their frame, anywhere in a plan.

use datafusion::arrow::ipc::{Message, root_as_message};
use datafusion::common::exec_datafusion_err;
use datafusion::error::Result;
use prost::decode_length_delimiter;

use super::depth::too_deep;

/// What stands before a header's length.
const CONTINUATION: [u8; 4] = [0xff; 4];

/// How deep messages of a plan may lie in each other. Prost reads a hundred, and begins to count anew where an operator brings
/// bytes of its own.
const DEEPEST: usize = 300;

/// Refuses a stream of rows whose headers ask for more than the stream has.
///
/// # Errors
/// If one does, or cannot be read, or [its rows are not plain](check_message).
pub(super) fn check_stream(stream: &[u8]) -> Result<()> {
    let mut rest = stream;
    while let Some(length) = header_length(&mut rest)? {
        let header = take(&mut rest, length)?;
        let message = root_as_message(header)
            .map_err(|error| exec_datafusion_err!("the plan has rows whose header cannot be read: {error}"))?;
        let asked = check_message(message)?;
        let body = take(&mut rest, message.bodyLength())?;
        if usize::try_from(asked).is_ok_and(|asked| asked > body.len()) {
            return Err(exec_datafusion_err!("the plan has rows that ask for {asked} bytes of {}", body.len()));
        }
    }
    Ok(())
}

/// Refuses a plan as it travels in which any value has rows that [are not plain](check_message).
///
/// # Errors
/// If one has, or messages lie too deep in each other to look.
pub(super) fn check_values(plan: &[u8]) -> Result<()> {
    check_fields(plan, 0)
}

/// Looks at all fields of what may be a message, and goes on while they look like any.
fn check_fields(mut message: &[u8], depth: usize) -> Result<()> {
    if depth > DEEPEST {
        return Err(too_deep());
    }
    while let Some(value) = next_value(&mut message) {
        // The header begins with the place of its root.
        if value.first_chunk().is_some_and(|root| (u32::from_le_bytes(*root) as usize) < value.len()) {
            root_as_message(value).map_or(Ok(0), check_message)?;
        }
        check_fields(value, depth + 1)?;
    }
    Ok(())
}

/// Returns the value of the next field, empty if it is a number; nothing where no more fields follow.
fn next_value<'a>(message: &mut &'a [u8]) -> Option<&'a [u8]> {
    if message.is_empty() {
        return None;
    }
    let length = match decode_length_delimiter(&mut *message).ok()? & 7 {
        0 => decode_length_delimiter(&mut *message).map(|_| 0).ok()?,
        1 => 8,
        2 => decode_length_delimiter(&mut *message).ok()?,
        // The fields of a group follow, and its end.
        3 | 4 => 0,
        5 => 4,
        _ => return None,
    };
    let (value, rest) = message.split_at_checked(length)?;
    *message = rest;
    Some(value)
}

/// Returns where in the body the last of a message's buffers ends.
///
/// # Errors
/// If the rows are compressed, for only they say how long they will be; or a buffer begins before the one before it ends, for the
/// reader may copy each. Arrow's writer does neither unless it is told to.
fn check_message(message: Message<'_>) -> Result<i64> {
    let of_dictionary = message.header_as_dictionary_batch().and_then(|batch| batch.data());
    let Some(rows) = message.header_as_record_batch().or(of_dictionary) else { return Ok(0) };
    if rows.compression().is_some() {
        return Err(exec_datafusion_err!("the plan has rows that are compressed, and may not have any"));
    }
    rows.buffers().into_iter().flatten().try_fold(0, |end, buffer| {
        let next =
            buffer.offset().checked_add(buffer.length()).filter(|_| buffer.length() >= 0 && buffer.offset() >= end);
        next.ok_or_else(|| exec_datafusion_err!("the plan has rows whose buffers lie over each other"))
    })
}

/// Returns the length of the next header as Arrow's reader finds it; nothing at the stream's end.
fn header_length(rest: &mut &[u8]) -> Result<Option<i64>> {
    if rest.is_empty() {
        return Ok(None);
    }
    let mut first = take(rest, 4)?;
    if first == CONTINUATION {
        first = take(rest, 4)?;
    }
    let length = first.first_chunk().map_or(0, |bytes| i32::from_le_bytes(*bytes));
    Ok((length != 0).then_some(length.into()))
}

fn take<'a>(rest: &mut &'a [u8], length: i64) -> Result<&'a [u8]> {
    let taken = usize::try_from(length).ok().and_then(|length| rest.split_at_checked(length));
    let (taken, left) = taken.ok_or_else(|| {
        exec_datafusion_err!("the plan has rows that ask for {length} bytes where {} are left", rest.len())
    })?;
    *rest = left;
    Ok(taken)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use datafusion::arrow::array::{ArrayRef, Int64Array, RecordBatch, StringArray};
    use datafusion::arrow::ipc::CompressionType;
    use datafusion::arrow::ipc::reader::StreamReader;
    use datafusion::arrow::ipc::writer::{IpcWriteOptions, StreamWriter};
    use prost::Message as _;

    use super::*;

    fn stream(options: IpcWriteOptions) -> Vec<u8> {
        let numbers: ArrayRef = Arc::new(Int64Array::from_iter_values(0..1000));
        let texts: ArrayRef = Arc::new(StringArray::from_iter_values((0..1000).map(|number| number.to_string())));
        let batch = RecordBatch::try_from_iter([("n", numbers), ("t", texts)]).unwrap();
        let mut bytes = vec![];
        let mut writer = StreamWriter::try_new_with_options(&mut bytes, &batch.schema(), options).unwrap();
        for _ in 0..3 {
            writer.write(&batch).unwrap();
        }
        writer.finish().unwrap();
        drop(writer);
        bytes
    }

    fn plain() -> IpcWriteOptions {
        IpcWriteOptions::default()
    }

    fn zipped() -> IpcWriteOptions {
        plain().try_with_compression(Some(CompressionType::LZ4_FRAME)).unwrap()
    }

    #[test]
    fn rows_as_they_are_written_are_taken() {
        assert!(check_stream(&stream(plain())).is_ok());
        assert!(check_stream(&[]).is_ok());
        // What stands behind the end is not read.
        assert!(check_stream(&[&stream(plain())[..], &[0xee; 20]].concat()).is_ok());
    }

    #[test]
    fn a_stream_that_is_cut_is_refused() {
        let whole = stream(plain());
        for length in (1..whole.len() - 8).step_by(7) {
            assert!(check_stream(&whole[..length]).is_err() || at_a_message_end(&whole[..length]), "{length}");
        }
    }

    /// A stream may end between two messages.
    fn at_a_message_end(bytes: &[u8]) -> bool {
        StreamReader::try_new(bytes, None).is_ok_and(|mut reader| reader.all(|batch| batch.is_ok()))
    }

    #[test]
    fn a_header_gets_no_more_than_there_is() {
        let whole = stream(plain());
        let error = check_stream(&[&CONTINUATION[..], &0x7fff_fff0_i32.to_le_bytes(), &whole[8..]].concat());
        assert!(error.unwrap_err().to_string().contains("rows that ask for 2147483632 bytes where"));
        assert!(check_stream(&[&CONTINUATION[..], &(-8_i32).to_le_bytes(), &whole[8..]].concat()).is_err());
        // The length of the first batch's body: its bytes stand once in its header.
        let header = root_header_of_rows(&whole);
        let body = root_as_message(&whole[header.clone()]).unwrap().bodyLength().to_le_bytes();
        let at = whole[header.clone()].windows(8).position(|bytes| bytes == body).unwrap() + header.start;
        for length in [i64::MAX, -1, 1 << 40, 1 << 20] {
            let mut changed = whole.clone();
            changed[at..at + 8].copy_from_slice(&length.to_le_bytes());
            let error = check_stream(&changed).unwrap_err().to_string();
            assert!(error.contains(&format!("ask for {length} bytes")), "{error}");
        }
    }

    #[test]
    fn buffers_lie_one_after_the_other() {
        let whole = stream(plain());
        let header = root_header_of_rows(&whole);
        let buffers =
            root_as_message(&whole[header.clone()]).unwrap().header_as_record_batch().unwrap().buffers().unwrap();
        let (first, last) = (buffers.get(1), buffers.get(buffers.len() - 1));
        assert!(first.length() > 0 && last.length() > 0);
        let bytes = |buffer: &datafusion::arrow::ipc::Buffer| {
            [buffer.offset().to_le_bytes(), buffer.length().to_le_bytes()].concat()
        };
        for (offset, length, word) in [
            (first.offset(), last.length(), "over each other"),
            (last.offset(), -1, "over each other"),
            (i64::MAX, 8, "over each other"),
            (last.offset(), 1 << 30, "ask for"),
        ] {
            let at = whole.windows(16).position(|found| found == bytes(last)).unwrap();
            let mut changed = whole.clone();
            changed[at..at + 16].copy_from_slice(&[offset.to_le_bytes(), length.to_le_bytes()].concat());
            let error = check_stream(&changed).unwrap_err().to_string();
            assert!(error.contains(word), "{error}");
        }
    }

    #[test]
    fn what_lies_too_deep_to_look_at_is_refused() {
        let nested = |depth: usize| {
            (0..depth).fold(vec![0x08, 1], |inner, _| {
                let mut outer = vec![0x12];
                prost::encode_length_delimiter(inner.len(), &mut outer).unwrap();
                outer.extend(inner);
                outer
            })
        };
        assert!(check_values(&nested(DEEPEST - 1)).is_ok());
        assert!(check_values(&nested(DEEPEST + 1)).unwrap_err().to_string().contains("deep"));
    }

    /// Where the header of the first rows stands: after that of the schema, which has no body.
    fn root_header_of_rows(stream: &[u8]) -> std::ops::Range<usize> {
        let length = |at: usize| u32::from_le_bytes(*stream[at + 4..].first_chunk().unwrap()) as usize;
        let start = 8 + length(0) + 8;
        start..start + length(start - 8)
    }

    #[test]
    fn compressed_rows_are_refused_wherever_they_stand() {
        #[derive(Clone, PartialEq, prost::Message)]
        struct Outer {
            #[prost(uint64, tag = "1")]
            number: u64,
            #[prost(message, optional, boxed, tag = "2")]
            inner: Option<Box<Outer>>,
            #[prost(bytes = "vec", tag = "3")]
            value: Vec<u8>,
        }
        assert!(check_stream(&stream(zipped())).unwrap_err().to_string().contains("compressed"));
        for (options, taken) in [(plain(), true), (zipped(), false)] {
            let bytes = stream(options);
            let value = bytes[root_header_of_rows(&bytes)].to_vec();
            let innermost = Outer { number: 1, inner: None, value };
            let plan =
                (0..20).fold(innermost, |inner, number| Outer { number, inner: Some(Box::new(inner)), value: vec![] });
            assert_eq!(check_values(&plan.encode_to_vec()).is_ok(), taken);
        }
    }
}

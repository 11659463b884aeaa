//! Changes of a protobuf message that leave most of it whole: a field is missing, there twice, or has another value.
//!
//! Bytes that are changed anywhere are hardly ever a message any more; a plan without a field is what an incomplete one is.

use rand::Rng;

/// A field of a message, by the places of its bytes.
#[derive(Debug, Clone, Copy)]
struct Field {
    start: usize,
    value: usize,
    end: usize,
    is_long: bool,
}

/// Returns `message` with one change somewhere in it.
pub(super) fn changed(message: &[u8], random: &mut impl Rng) -> Vec<u8> {
    let Some(fields) = fields(message).filter(|fields| !fields.is_empty()) else {
        return noisy(message, random);
    };
    let field = fields[random.random_range(0..fields.len())];
    let (before, after) = (&message[..field.start], &message[field.end..]);
    let whole = &message[field.start..field.end];
    let (key, value) = (&message[field.start..key_end(message, field)], &message[field.value..field.end]);
    let deeper = field.is_long && random.random_ratio(9, 10);
    match random.random_range(0..10u8) {
        _ if deeper => [before, key, &framed(&changed(value, random)), after].concat(),
        0..4 => [before, after].concat(),
        4..6 => [before, whole, whole, after].concat(),
        _ if field.is_long => [before, key, &framed(&noisy(value, random)), after].concat(),
        _ => [before, key, &varint(random.random::<u64>() >> random.random_range(0..64u32)), after].concat(),
    }
}

/// Returns `bytes` with another byte, without their end, or with more of them.
fn noisy(bytes: &[u8], random: &mut impl Rng) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    let at = random.random_range(0..=bytes.len());
    match random.random_range(0..3u8) {
        0 if at < bytes.len() => bytes[at] = random.random(),
        1 => bytes.truncate(at),
        _ => drop(
            bytes.splice(at..at, (0..random.random_range(1..20)).map(|_| random.random::<u8>()).collect::<Vec<_>>()),
        ),
    }
    bytes
}

/// Returns the fields of a message, or nothing if the bytes are none.
fn fields(message: &[u8]) -> Option<Vec<Field>> {
    let (mut found, mut at) = (vec![], 0);
    while at < message.len() {
        let (key, after_key) = read_varint(message, at)?;
        let (value, end) = match key & 7 {
            0 => (after_key, read_varint(message, after_key)?.1),
            1 => (after_key, after_key + 8),
            2 => {
                let (length, value) = read_varint(message, after_key)?;
                (value, value.checked_add(usize::try_from(length).ok()?)?)
            }
            5 => (after_key, after_key + 4),
            _ => return None,
        };
        if key >> 3 == 0 || end > message.len() {
            return None;
        }
        found.push(Field { start: at, value, end, is_long: key & 7 == 2 });
        at = end;
    }
    Some(found)
}

fn key_end(message: &[u8], field: Field) -> usize {
    read_varint(message, field.start).map_or(field.value, |(_, end)| end)
}

fn read_varint(bytes: &[u8], mut at: usize) -> Option<(u64, usize)> {
    let (mut value, mut shift) = (0u64, 0);
    loop {
        let byte = *bytes.get(at)?;
        at += 1;
        value |= u64::from(byte & 0x7f).checked_shl(shift)?;
        if byte & 0x80 == 0 {
            return Some((value, at));
        }
        shift += 7;
    }
}

fn varint(mut value: u64) -> Vec<u8> {
    let mut bytes = vec![];
    while value >= 0x80 {
        bytes.push(value.to_le_bytes()[0] | 0x80);
        value >>= 7;
    }
    bytes.push(value.to_le_bytes()[0]);
    bytes
}

/// Returns `bytes` after their length.
fn framed(bytes: &[u8]) -> Vec<u8> {
    [&varint(bytes.len() as u64), bytes].concat()
}

#[test]
fn fields_are_found_and_lengths_kept() {
    // Field 1 is 300; field 2 is a message whose field 1 is "a".
    let message = [&[0x08][..], &varint(300), &[0x12, 3, 0x0a, 1, b'a']].concat();
    let found = fields(&message).unwrap();
    assert_eq!(found.iter().map(|field| (field.start, field.end)).collect::<Vec<_>>(), [(0, 3), (3, 8)]);
    assert_eq!(fields(&message[..7]).map(|fields| fields.len()), None);
    assert_eq!(read_varint(&varint(u64::MAX), 0), Some((u64::MAX, 10)));
}

//! The blocks of a PEM file, as they stand in it.

/// A block of a PEM file.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Block<'a> {
    /// What it says it holds, e.g. `CERTIFICATE`.
    pub(crate) label: &'a str,
    /// All of it, with its first and last line.
    pub(crate) text: &'a str,
}

/// Returns the whole blocks of `text`; what stands between them, and a block that does not end, is left out.
pub(crate) fn blocks(text: &str) -> Vec<Block<'_>> {
    let mut found = vec![];
    let mut rest = text;
    while let Some(block) = first(rest) {
        found.push(block.0);
        rest = block.1;
    }
    found
}

fn first(text: &str) -> Option<(Block<'_>, &str)> {
    const BEGIN: &str = "-----BEGIN ";
    let text = text.get(text.find(BEGIN)?..)?;
    let (label, _) = text.get(BEGIN.len()..)?.split_once("-----")?;
    let end = format!("-----END {label}-----");
    let length = text.find(&end)? + end.len();
    Some((Block { label, text: text.get(..length)? }, text.get(length..)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_found_between_other_text() {
        let text =
            "of cluster a\n-----BEGIN X-----\nAA==\n-----END X-----\n\n-----BEGIN Y Z-----\nBB==\n-----END Y Z-----";
        let labels: Vec<_> = blocks(text).iter().map(|block| (block.label, block.text.len())).collect();
        assert_eq!(labels, [("X", 38), ("Y Z", 42)]);
    }

    #[test]
    fn what_is_no_block_is_left_out() {
        for text in ["", "CERTIFICATES\n", "-----BEGIN X-----\nAA==", "-----BEGIN ", "-----END X-----"] {
            assert!(blocks(text).is_empty(), "{text}");
        }
    }
}

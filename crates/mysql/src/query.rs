//! `SourceQuery`: a `SELECT` of the user's, whose result is read like a table.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// The name of a query's result in a statement.
const RESULT: &str = "q";

/// Words in whose presence a query may have another result each time it is run.
const VARYING: [&str; 7] = ["LIMIT", "FETCH", "RAND", "UUID", "UUID_SHORT", "RANDOM_BYTES", SYSDATE];

/// The one function of the time that does not take a session's `timestamp` for now.
const SYSDATE: &str = "SYSDATE";

/// The others.
const OF_THE_TIME: [&str; 12] = [
    "NOW",
    "CURDATE",
    "CURTIME",
    "CURRENT_DATE",
    "CURRENT_TIME",
    "CURRENT_TIMESTAMP",
    "LOCALTIME",
    "LOCALTIMESTAMP",
    "UNIX_TIMESTAMP",
    "UTC_DATE",
    "UTC_TIME",
    "UTC_TIMESTAMP",
];

/// A `SELECT` of the user's, without the semicolon at its end. Whether it is one, the server says.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SourceQuery(String);

/// Says that a text is no query.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the query is empty: write a SELECT")]
pub struct ParseQueryError;

impl SourceQuery {
    /// Returns the text.
    #[must_use]
    pub fn sql(&self) -> &str {
        &self.0
    }

    /// Writes the query as a table of a statement, called `q`.
    pub(crate) fn derived(&self) -> String {
        format!("{} AS {RESULT}", parenthesized(&self.0))
    }

    /// Returns what may give the query another result each time it is run, so that the parts of several runs would be
    /// parts of no one result: a word such as `LIMIT`, or a variable.
    pub(crate) fn varying(&self) -> Option<String> {
        bare_words(&self.0).into_iter().find(|word| word.starts_with('@') || is_among(word, &VARYING))
    }
}

/// Returns whether a condition depends on what time a session takes for now.
pub(crate) fn depends_on_now(condition: &str) -> bool {
    bare_words(condition).iter().any(|word| is_among(word, &OF_THE_TIME))
}

/// Returns whether a condition depends on the time, whatever a session takes for it.
pub(crate) fn depends_on_clock(condition: &str) -> bool {
    bare_words(condition).iter().any(|word| is_among(word, &[SYSDATE]))
}

fn is_among(word: &str, words: &[&str]) -> bool {
    words.contains(&word.to_uppercase().as_str())
}

impl FromStr for SourceQuery {
    type Err = ParseQueryError;

    fn from_str(text: &str) -> Result<Self, ParseQueryError> {
        let text = text.trim_end_matches(|end: char| end == ';' || end.is_whitespace()).trim_start();
        if text.is_empty() { Err(ParseQueryError) } else { Ok(Self(text.to_owned())) }
    }
}

impl fmt::Display for SourceQuery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Encloses a piece of SQL, so that an `OR` in it ends with it. A comment to the end of the line would swallow the
/// parenthesis, so a piece with one gets a line of its own.
pub(crate) fn parenthesized(sql: &str) -> String {
    let has_comment = sql.contains("--") || sql.contains('#');
    let end = if has_comment { "\n" } else { "" };
    format!("({sql}{end})")
}

/// Returns the words of a statement, and its variables with their `@`, but for what stands in quotes and comments.
fn bare_words(sql: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut rest = sql;
    while let Some(character) = rest.chars().next() {
        let skipped = skipped(rest);
        if skipped == 0 && (character.is_alphanumeric() || matches!(character, '_' | '@' | '$')) {
            words.iter_mut().next_back().into_iter().for_each(|word| word.push(character));
        } else {
            words.push(String::new());
        }
        rest = &rest[skipped.max(character.len_utf8())..];
    }
    words.retain(|word| !word.is_empty());
    words
}

/// Returns how many bytes at the front of `sql` are a text or name in quotes, or a comment.
fn skipped(sql: &str) -> usize {
    let until = |end: &str| sql[2..].find(end).map_or(sql.len(), |at| 2 + at + end.len());
    match sql.as_bytes() {
        [quote @ (b'\'' | b'"' | b'`'), ..] => quoted(sql, *quote),
        [b'/', b'*', next, ..] if !matches!(next, b'!' | b'M') => until("*/"),
        [b'-', b'-', ..] | [b'#', ..] => sql.find('\n').map_or(sql.len(), |at| at + 1),
        _ => 0,
    }
}

/// Returns the length of what is quoted. A doubled quote ends one text and begins the next, which comes to the same.
fn quoted(sql: &str, quote: u8) -> usize {
    let mut bytes = sql.bytes().enumerate().skip(1);
    while let Some((at, byte)) = bytes.next() {
        if byte == b'\\' && quote != b'`' {
            bytes.next();
        } else if byte == quote {
            return at + 1;
        }
    }
    sql.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn query(text: &str) -> SourceQuery {
        text.parse().unwrap()
    }

    #[test]
    fn a_query_ends_before_its_semicolon() {
        assert_eq!(query(" SELECT 1 ;\n; ").sql(), "SELECT 1");
        assert_eq!("  ; ".parse::<SourceQuery>(), Err(ParseQueryError));
    }

    #[test]
    fn a_comment_does_not_swallow_what_follows() {
        assert_eq!(query("SELECT 1").derived(), "(SELECT 1) AS q");
        assert_eq!(query("SELECT 1 -- one").derived(), "(SELECT 1 -- one\n) AS q");
    }

    #[test]
    fn what_varies_is_found_outside_of_quotes_and_comments() {
        for (sql, word) in [
            ("SELECT id FROM t ORDER BY id limit 5", Some("limit")),
            ("SELECT id, RAND() AS r FROM t", Some("RAND")),
            ("SELECT @n := @n + 1 AS n FROM t", Some("@n")),
            ("SELECT 'limit' AS `limit`, \"it\\\"s a limit\", 'it''s a limit' FROM t -- LIMIT 5", None),
            ("SELECT a /* LIMIT */, limits, rand_seed # RAND()\nFROM t", None),
            ("SELECT a /*! LIMIT 5 */ FROM t", Some("LIMIT")),
            ("SELECT a, now() AS n FROM t", None),
            ("SELECT a, sysdate() AS n FROM t", Some("sysdate")),
        ] {
            assert_eq!(query(sql).varying().as_deref(), word, "{sql}");
        }
    }

    #[test]
    fn a_condition_that_depends_on_the_time_is_known() {
        for (condition, now, clock) in [
            ("at > curdate() - INTERVAL 1 DAY", true, false),
            ("at > SYSDATE()", false, true),
            ("`now` = 'CURDATE()' -- NOW()", false, false),
        ] {
            assert_eq!((depends_on_now(condition), depends_on_clock(condition)), (now, clock), "{condition}");
        }
    }

    proptest! {
        #[test]
        fn any_text_has_words(sql in "\\PC{0,40}") {
            prop_assert!(bare_words(&sql).iter().all(|word| sql.contains(word.as_str())));
        }
    }
}

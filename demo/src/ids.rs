//! The ids of the table: unique, most of them between 8.4 and 11.6 million, those of homicides from 20,000 on.
//!
//! ```text
//!   20,000 ▏▏▏ homicides, 0.2 %           8,400,000 ▁▂▃▄▅▆▇█ the others, denser towards the end  11,600,000
//! ```
//!
//! Ranges of equal width therefore hold very unequal numbers of rows. The file is not sorted: ids rise from block to
//! block of [`WINDOW`] rows and are shuffled inside each. More rows than the range can hold go on above 11.6 million.

use rand::Rng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

/// How many rows in a thousand are homicides, whose ids come from a counter of their own.
const HOMICIDES_PER_MILLE: u32 = 2;
/// Where the ids of homicides start.
const FIRST_HOMICIDE: u64 = 20_000;
/// Where all other ids start.
const FIRST: u64 = 8_400_000;
/// The end of all other ids, while they fit.
const END: u64 = 11_600_000;
/// The number of neighbouring ids that are shuffled with each other.
const WINDOW: u64 = 1024;
/// The width of the range per row that keeps neighbours apart where ids are densest.
const MIN_WIDTH_PER_ROW: f64 = 1.6;

/// A row's id, and what it says about the row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Id {
    /// The id of a homicide.
    Homicide(u64),
    /// Any other id.
    Other(u64),
}

impl Id {
    /// Returns the id as the table holds it.
    pub(crate) fn number(self) -> u64 {
        match self {
            Id::Homicide(number) | Id::Other(number) => number,
        }
    }

    /// Returns whether the row with this id is a homicide.
    pub(crate) fn is_homicide(self) -> bool {
        matches!(self, Id::Homicide(_))
    }
}

/// Hands out the ids of one table.
#[derive(Debug)]
pub(crate) struct Ids {
    rows: u64,
    width: f64,
    window: Vec<u64>,
    next_window: u64,
    next_homicide: u64,
}

impl Ids {
    /// Returns the ids of a table of `rows` rows.
    #[expect(clippy::cast_precision_loss, reason = "numbers of rows lie far below 2^53")]
    pub(crate) fn new(rows: u64) -> Self {
        let width = (rows as f64 * MIN_WIDTH_PER_ROW).max((END - FIRST) as f64);
        Self { rows, width, window: Vec::new(), next_window: 0, next_homicide: FIRST_HOMICIDE }
    }

    /// Returns the next row's id.
    pub(crate) fn next(&mut self, random: &mut ChaCha8Rng) -> Id {
        if self.window.is_empty() {
            self.refill(random);
        }
        // Taken from the window even for a homicide, so that the others' ids do not depend on who is one.
        let Some(other) = self.window.pop() else {
            return Id::Other(END); // more ids than rows were asked for
        };
        if random.random_ratio(HOMICIDES_PER_MILLE, 1000) {
            let id = self.next_homicide;
            self.next_homicide += random.random_range(1..=2);
            Id::Homicide(id)
        } else {
            Id::Other(other)
        }
    }

    fn refill(&mut self, random: &mut ChaCha8Rng) {
        let first = self.next_window * WINDOW;
        let rows = first..(first + WINDOW).min(self.rows);
        self.window = rows.map(|row| random.random_range(self.start_of(row)..self.start_of(row + 1))).collect();
        self.window.shuffle(random);
        self.next_window += 1;
    }

    /// Returns the lowest id that row number `row` may get: a curve that climbs fast at first, so ids lie thinner there.
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "positive numbers far below 2^53"
    )]
    fn start_of(&self, row: u64) -> u64 {
        let share = row as f64 / self.rows as f64;
        FIRST + (share * (1.3 - 0.3 * share) * self.width) as u64
    }
}

//! Makes rows of the character of the City of Chicago's "Crimes - 2001 to Present", any number of them, for the demo,
//! the tests and the benchmarks.
//!
//! What makes the real table hard for a copying tool is kept: a small cluster of ids far below all others, codes with
//! leading zeros, missing and misplaced coordinates, commas and quotes inside text, one moment that nearly all rows were
//! updated at, one thing spelled in two ways. Names of streets are invented. Equal seeds and numbers of rows make equal
//! tables, row for row.
//!
//! The rows come roughly in the order of their ids, as they do in the city's file, and never exactly: they are shuffled among neighbours.

mod crime;
mod frequency;
mod ids;
mod kinds;
mod places;
mod times;

pub use crime::{Crime, HEADER, write_csv};
use kinds::KindTable;
use places::Places;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use times::Moments;

/// An endless supply of rows cut off after the number asked for; memory does not grow with it.
#[derive(Debug)]
pub struct Crimes {
    random: ChaCha8Rng,
    ids: ids::Ids,
    kinds: KindTable,
    places: Places,
    moments: Moments,
    made: u64,
    rows: u64,
}

impl Crimes {
    /// Returns the table of `rows` rows that belongs to `seed`.
    pub fn new(rows: u64, seed: u64) -> Self {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        Self {
            ids: ids::Ids::new(rows),
            kinds: KindTable::new(),
            places: Places::new(&mut random),
            moments: Moments::new(rows),
            made: 0,
            rows,
            random,
        }
    }

    fn make(&mut self, row: u64) -> Crime {
        let random = &mut self.random;
        let id = self.ids.next(random);
        let kind = if id.is_homicide() { kinds::HOMICIDE } else { self.kinds.pick(random) };
        let moment = self.moments.pick(row, random);
        Crime {
            id: id.number(),
            case_number: self.moments.case_number(row, random),
            date: moment.date,
            updated_on: moment.updated_on,
            kind,
            location_description: self.places.pick_location(random),
            arrest: random.random_ratio(kind.arrests_percent, 100),
            domestic: random.random_ratio(kind.domestic_percent, 100),
            place: self.places.pick(random),
        }
    }
}

impl Iterator for Crimes {
    type Item = Crime;

    fn next(&mut self) -> Option<Crime> {
        if self.made == self.rows {
            return None;
        }
        let row = self.made;
        self.made += 1;
        Some(self.make(row))
    }
}

#[cfg(test)]
mod tests;

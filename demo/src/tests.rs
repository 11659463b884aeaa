//! The generated table has the real one's character: one test for each trait that has broken a copying tool.

use super::*;
use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

const ROWS: usize = 100_000;

struct Table(Vec<[String; 22]>);

impl Table {
    fn generate() -> &'static Self {
        static TABLE: LazyLock<Table> =
            LazyLock::new(|| Table(Crimes::new(ROWS as u64, 2001).map(|crime| crime.fields()).collect()));
        &TABLE
    }

    fn column(&self, name: &str) -> impl Iterator<Item = &str> + Clone {
        let position = HEADER.iter().position(|column| *column == name).unwrap();
        self.0.iter().map(move |row| row[position].as_str())
    }

    fn ids(&self) -> Vec<u64> {
        self.column("ID").map(|id| id.parse().unwrap()).collect()
    }

    fn share(&self, name: &str, holds: impl Fn(&str) -> bool) -> f64 {
        self.column(name).filter(|value| holds(value)).count() as f64 / self.0.len() as f64
    }
}

#[test]
fn ids_are_unique() {
    for rows in [0, 1, 1000, 1025, ROWS as u64] {
        let ids: HashSet<u64> = Crimes::new(rows, 1).map(|crime| crime.id).collect();
        assert_eq!(ids.len() as u64, rows);
    }
}

#[test]
fn ids_stay_unique_beyond_what_the_range_can_hold() {
    let mut ids = ids::Ids::new(4_000_000);
    let mut random = ChaCha8Rng::seed_from_u64(1);
    let mut numbers: Vec<u64> = (0..4_000_000).map(|_| ids.next(&mut random).number()).collect();
    numbers.sort_unstable();
    assert!(numbers.windows(2).all(|pair| pair[0] < pair[1]));
}

#[test]
fn a_few_ids_start_near_twenty_thousand_and_belong_to_homicides() {
    let table = Table::generate();
    let low: Vec<u64> = table.ids().into_iter().filter(|id| *id < 8_400_000).collect();
    assert!((150..250).contains(&low.len()), "{} low ids", low.len());
    assert!(low.iter().all(|id| (20_000..21_000).contains(id)));
    for (id, kind) in table.ids().into_iter().zip(table.column("Primary Type")) {
        assert_eq!(id < 8_400_000, kind == "HOMICIDE");
    }
}

#[test]
fn the_other_ids_fill_their_range_unevenly() {
    let ids = Table::generate().ids();
    let others: Vec<u64> = ids.into_iter().filter(|id| *id >= 8_400_000).collect();
    assert!(*others.iter().min().unwrap() < 8_401_000 && *others.iter().max().unwrap() < 11_600_000);
    assert!(*others.iter().max().unwrap() > 11_590_000);
    let early = others.iter().filter(|id| **id < 9_200_000).count();
    let late = others.iter().filter(|id| **id >= 10_800_000).count();
    assert!(late * 10 > early * 15, "{early} early, {late} late");
}

#[test]
fn rows_are_not_sorted_by_id_but_nearly() {
    let others: Vec<u64> = Table::generate().ids().into_iter().filter(|id| *id >= 8_400_000).collect();
    assert!(!others.is_sorted());
    assert!(others.windows(2 * 1024).step_by(5000).all(|pair| pair.first() < pair.last()));
}

#[test]
fn codes_keep_leading_zeros_and_their_width() {
    let table = Table::generate();
    for (column, width, example) in [("IUCR", 4, "0110"), ("District", 3, "006"), ("Beat", 4, "0611")] {
        assert!(table.column(column).all(|code| code.len() == width), "{column}");
        assert!(table.column(column).any(|code| code == example), "{column} {example}");
    }
    assert!(table.column("FBI Code").any(|code| code == "04B"));
}

#[test]
fn coordinates_are_missing_in_seven_rows_of_a_thousand_and_zero_in_some() {
    let table = Table::generate();
    assert!((0.006..0.008).contains(&table.share("X Coordinate", str::is_empty)));
    assert!((0.0002..0.001).contains(&table.share("X Coordinate", |x| x == "0")));
    for row in &table.0 {
        let missing = row[15].is_empty();
        assert!([16, 19, 20, 21].iter().all(|column| row[*column].is_empty() == missing));
        assert!(missing || row[21] == format!("({}, {})", row[19], row[20]));
    }
}

#[test]
fn coordinates_lie_in_the_city_with_up_to_nine_decimals() {
    let table = Table::generate();
    let latitudes = table.column("Latitude").filter(|text| !text.is_empty() && !text.starts_with("36.6"));
    assert!(latitudes.clone().all(|text| (41.5..42.2).contains(&text.parse::<f64>().unwrap())));
    assert!(latitudes.clone().any(|text| text.len() == 12));
    assert!(latitudes.clone().any(|text| text.len() < 12));
    let distinct = latitudes.clone().collect::<HashSet<_>>().len() as f64 / ROWS as f64;
    assert!((0.5..0.95).contains(&distinct), "{distinct} of the latitudes are distinct");
}

#[test]
fn two_rows_of_a_thousand_have_no_location_description() {
    assert!((0.0015..0.0025).contains(&Table::generate().share("Location Description", str::is_empty)));
}

#[test]
fn text_holds_commas_and_quotes() {
    let table = Table::generate();
    for column in ["Description", "Location Description"] {
        assert!(table.column(column).any(|text| text.contains(',')), "{column} without a comma");
        assert!(table.column(column).any(|text| text.contains('"')), "{column} without a quote");
    }
    assert!(table.column("Block").any(|text| text.contains('\'')));
}

#[test]
fn one_thing_is_spelled_in_two_ways() {
    let kinds: HashSet<String> = Table::generate().column("Primary Type").map(str::to_owned).collect();
    assert!(kinds.contains("NON-CRIMINAL") && kinds.contains("NON - CRIMINAL"));
}

#[test]
fn updates_pile_up_on_one_day() {
    let table = Table::generate();
    let share = table.share("Updated On", |text| text == "02/10/2018 03:50:01 PM");
    assert!((0.98..0.99).contains(&share), "{share}");
    assert!(table.column("Updated On").collect::<HashSet<_>>().len() > 100);
}

#[test]
fn dates_pile_up_on_the_hour_and_agree_with_the_year() {
    let table = Table::generate();
    assert!((0.3..0.5).contains(&table.share("Date", |text| &text[14..19] == "00:00")));
    assert!(table.share("Date", |text| text.ends_with("12:01:00 AM") && text.starts_with("01/01/")) > 0.002);
    assert!(table.column("Date").zip(table.column("Year")).all(|(date, year)| &date[6..10] == year));
}

#[test]
fn frequencies_are_uneven_and_arrests_one_in_five() {
    let table = Table::generate();
    let mut counts: HashMap<&str, usize> = HashMap::new();
    table.column("Primary Type").for_each(|kind| *counts.entry(kind).or_default() += 1);
    assert!(counts["THEFT"] > ROWS / 5 && counts["OBSCENITY"] < ROWS / 1000 && counts.len() > 20);
    assert!((0.15..0.25).contains(&table.share("Arrest", |text| text == "true")));
    assert!((0.1..0.25).contains(&table.share("Domestic", |text| text == "true")));
    assert!(table.column("Case Number").collect::<HashSet<_>>().len() < ROWS);
}

#[test]
fn equal_seeds_make_equal_tables_and_others_do_not() {
    let fields = |seed| Crimes::new(500, seed).map(|crime| crime.fields()).collect::<Vec<_>>();
    assert_eq!(fields(7), fields(7));
    assert_ne!(fields(7), fields(8));
}

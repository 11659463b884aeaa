//! One row, and how the city writes it: 22 columns, dates in the American order, booleans as words.

use crate::kinds::Kind;
use crate::places::{Place, Point};
use chrono::{Datelike, NaiveDateTime};
use std::io;

/// The names of the columns, as in the city's file.
pub const HEADER: [&str; 22] = [
    "ID",
    "Case Number",
    "Date",
    "Block",
    "IUCR",
    "Primary Type",
    "Description",
    "Location Description",
    "Arrest",
    "Domestic",
    "Beat",
    "District",
    "Ward",
    "Community Area",
    "FBI Code",
    "X Coordinate",
    "Y Coordinate",
    "Year",
    "Updated On",
    "Latitude",
    "Longitude",
    "Location",
];

/// One row of the table.
#[derive(Clone, Debug)]
pub struct Crime {
    pub(crate) id: u64,
    pub(crate) case_number: String,
    pub(crate) date: NaiveDateTime,
    pub(crate) updated_on: NaiveDateTime,
    pub(crate) kind: Kind,
    pub(crate) location_description: &'static str,
    pub(crate) arrest: bool,
    pub(crate) domestic: bool,
    pub(crate) place: Place,
}

impl Crime {
    /// Returns the row as text, one string per column of [`HEADER`].
    pub fn fields(&self) -> [String; 22] {
        let Crime { kind, place, .. } = self;
        let (x, y) = feet(place.point);
        let (latitude, longitude) = place.point.degrees().map(|(lat, lon)| (degree(lat), degree(lon))).unzip();
        let location = latitude.iter().zip(&longitude).map(|(lat, lon)| format!("({lat}, {lon})")).collect();
        [
            self.id.to_string(),
            self.case_number.clone(),
            american(self.date),
            format!("{:03}XX {} {}", place.hundreds, place.direction, place.street),
            kind.iucr.to_owned(),
            kind.primary_type.to_owned(),
            kind.description.to_owned(),
            self.location_description.to_owned(),
            self.arrest.to_string(),
            self.domestic.to_string(),
            format!("{:04}", place.beat),
            format!("{:03}", place.district),
            place.ward.to_string(),
            place.community_area.to_string(),
            kind.fbi_code.to_owned(),
            x,
            y,
            self.date.year().to_string(),
            american(self.updated_on),
            latitude.unwrap_or_default(),
            longitude.unwrap_or_default(),
            location,
        ]
    }
}

/// Writes `crimes` as the city does: a line of names, then a line a row.
///
/// # Errors
/// Fails when `out` does.
pub fn write_csv(crimes: impl IntoIterator<Item = Crime>, out: impl io::Write) -> io::Result<()> {
    let mut csv = csv::Writer::from_writer(io::BufWriter::with_capacity(1 << 20, out));
    csv.write_record(HEADER)?;
    for crime in crimes {
        csv.write_record(crime.fields())?;
    }
    csv.flush()
}

fn feet(point: Point) -> (String, String) {
    match point {
        Point::At(x, y) => (x.to_string(), y.to_string()),
        Point::Unknown => (String::new(), String::new()),
        Point::Origin => ("0".to_owned(), "0".to_owned()),
    }
}

/// Returns degrees with at most nine decimals and no zeros at the end.
fn degree(value: f64) -> String {
    let mut text = format!("{value:.9}");
    text.truncate(text.trim_end_matches('0').len());
    text
}

/// Returns a moment as in `02/10/2018 03:50:01 PM`.
fn american(moment: NaiveDateTime) -> String {
    moment.format("%m/%d/%Y %I:%M:%S %p").to_string()
}

//! Where it was done: blocks on a grid of invented streets, with coordinates, districts and wards that fit them.

use crate::frequency::Frequencies;
use rand::Rng;
use rand_chacha::ChaCha8Rng;

/// Where a row's crime took place.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    /// The house number's hundreds, as in `014XX`.
    pub(crate) hundreds: u16,
    /// The half of the city that the street's part lies in: `N`, `E`, `S` or `W`.
    pub(crate) direction: char,
    /// The street's name.
    pub(crate) street: &'static str,
    /// Where exactly, as far as it is told.
    pub(crate) point: Point,
    /// The police district, 1 to 25.
    pub(crate) district: u16,
    /// The beat, whose first two digits are the district.
    pub(crate) beat: u16,
    /// The ward, 1 to 50.
    pub(crate) ward: u16,
    /// The community area, 1 to 77.
    pub(crate) community_area: u16,
}

/// The coordinates of a place.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Point {
    /// Feet east and north, on the state's plane.
    At(f64, f64),
    /// Nobody told.
    Unknown,
    /// Entered as 0/0, which lies in another state.
    Origin,
}

impl Point {
    /// Returns latitude and longitude, in degrees.
    pub(crate) fn degrees(self) -> Option<(f64, f64)> {
        match self {
            Point::At(x, y) => {
                let (east, north) = (x - CENTRE_FEET.0, y - CENTRE_FEET.1);
                let latitude = CENTRE_DEGREES.0 + (north + east * PLANE_TURN) / FEET_PER_DEGREE.0;
                let narrowing = 1.0 + (CENTRE_DEGREES.0 - latitude) * 0.0156; // meridians meet towards the north
                Some((latitude, CENTRE_DEGREES.1 + east / (FEET_PER_DEGREE.1 * narrowing)))
            }
            Point::Unknown => None,
            Point::Origin => Some((36.619_446_395, -91.686_565_684)),
        }
    }
}

/// The corner that all house numbers are counted from, in feet on the state's plane.
const CENTRE_FEET: (f64, f64) = (1_176_300.0, 1_899_900.0);
/// The same corner in degrees of latitude and longitude.
const CENTRE_DEGREES: (f64, f64) = (41.881_9, -87.627_8);
/// Feet in a degree of latitude and of longitude at the centre.
const FEET_PER_DEGREE: (f64, f64) = (364_300.0, 272_500.0);
/// How far the plane is turned against the meridian, in feet per foot.
const PLANE_TURN: f64 = 0.0112;
/// Feet from one block of a hundred house numbers to the next.
const FEET_PER_BLOCK: f64 = 660.0;
/// Feet between neighbouring streets.
const FEET_PER_STREET: f64 = 1320.0;
/// How far from the middle of a street its addresses lie at most, in feet.
const FEET_OFF_STREET: f64 = 120.0;
/// How many rows in a thousand have no coordinates.
const UNKNOWN_PER_MILLE: u32 = 7;
/// How many rows in ten thousand have coordinates 0/0.
const ORIGIN_PER_TEN_THOUSAND: u32 = 5;
/// How many rows of a hundred took place at one of the addresses where much happens.
const BUSY_PERCENT: u32 = 25;
/// The number of such addresses.
const BUSY_ADDRESSES: u32 = 3000;

const STREETS: &[&str] = &[
    "ALDER AVE",
    "AMBER ST",
    "ASTER BLVD",
    "BADGER AVE",
    "BARLEY ST",
    "BEACON AVE",
    "BEECH ST",
    "BIRCH AVE",
    "BRIAR PL",
    "CANYON ST",
    "CEDAR AVE",
    "CHERRY ST",
    "CLOVER AVE",
    "COBALT ST",
    "COPPER DR",
    "CORAL AVE",
    "CRANE ST",
    "DAHLIA AVE",
    "DR AMELIA HARTWELL DR",
    "DUNE ST",
    "EAGLE AVE",
    "ELDER ST",
    "EMBER AVE",
    "FALCON ST",
    "FERN AVE",
    "FINCH ST",
    "FLINT AVE",
    "FOUNDRY ST",
    "GARNET AVE",
    "GRANITE ST",
    "HARBOR DR",
    "HAZEL AVE",
    "HERON ST",
    "HICKORY AVE",
    "IRIS ST",
    "IVORY AVE",
    "JASPER ST",
    "JUNIPER AVE",
    "KESTREL ST",
    "LARCH AVE",
    "LARK ST",
    "LILAC AVE",
    "LINDEN ST",
    "MAGPIE AVE",
    "MARBLE ST",
    "MAYOR LINDQVIST PKWY",
    "MEADOW AVE",
    "MILL ST",
    "MYRTLE AVE",
    "NETTLE ST",
    "O'LEARY CT",
    "OAK AVE",
    "ONYX ST",
    "OPAL AVE",
    "ORCHARD ST",
    "OSPREY AVE",
    "PEBBLE ST",
    "PINE AVE",
    "PLOVER ST",
    "POPLAR AVE",
];
/// The last hundred of house numbers, in each of the four directions.
const HUNDREDS: u16 = 100;

const LOCATIONS: &[(&str, u32)] = &[
    ("STREET", 2200),
    ("RESIDENCE", 1800),
    ("APARTMENT", 1300),
    ("SIDEWALK", 850),
    ("OTHER", 420),
    ("PARKING LOT/GARAGE(NON.RESID.)", 310),
    ("SMALL RETAIL STORE", 210),
    ("RESIDENTIAL YARD (FRONT/BACK)", 200),
    ("RESTAURANT", 200),
    ("ALLEY", 190),
    ("RESIDENCE-GARAGE", 180),
    ("VEHICLE NON-COMMERCIAL", 170),
    ("SCHOOL, PUBLIC, BUILDING", 150),
    ("DEPARTMENT STORE", 140),
    ("GAS STATION", 110),
    ("GROCERY FOOD STORE", 110),
    ("PARK PROPERTY", 70),
    ("BAR OR TAVERN", 70),
    ("HOTEL/MOTEL", 50),
    ("BANK", 40),
    ("SCHOOL, PUBLIC, GROUNDS", 40),
    ("CTA TRAIN", 40),
    ("DRUG STORE", 40),
    ("VACANT LOT/LAND", 35),
    ("SCHOOL, PRIVATE, BUILDING", 25),
    ("CHURCH/SYNAGOGUE/PLACE OF WORSHIP", 20),
    ("AIRPORT TERMINAL LOWER LEVEL - NON-SECURE AREA", 10),
    ("COMMERCIAL PROPERTY, \"POP-UP\" STORE", 10),
    ("FARMERS' MARKET", 5),
];

/// How many rows in a thousand say nothing about the kind of location.
const NO_LOCATION_PER_MILLE: u32 = 2;

/// Picks places, some of them far more often than others.
#[derive(Debug)]
pub(crate) struct Places {
    locations: Frequencies,
    busy: Vec<Place>,
}

impl Places {
    /// Returns all places of one table.
    pub(crate) fn new(random: &mut ChaCha8Rng) -> Self {
        let locations = Frequencies::new(LOCATIONS.iter().map(|(_, frequency)| *frequency));
        Self { locations, busy: (0..BUSY_ADDRESSES).map(|_| address(random)).collect() }
    }

    /// Returns a place.
    pub(crate) fn pick(&self, random: &mut ChaCha8Rng) -> Place {
        let mut place = address(random);
        if random.random_ratio(BUSY_PERCENT, 100) {
            let position = random.random_range(0..self.busy.len()).min(random.random_range(0..self.busy.len()));
            place = self.busy[position];
        }
        if random.random_ratio(UNKNOWN_PER_MILLE, 1000) {
            place.point = Point::Unknown;
        } else if random.random_ratio(ORIGIN_PER_TEN_THOUSAND, 10_000) {
            place.point = Point::Origin;
        }
        place
    }

    /// Returns what kind of location it was, or an empty string.
    pub(crate) fn pick_location(&self, random: &mut ChaCha8Rng) -> &'static str {
        let location = LOCATIONS[self.locations.pick(random)].0;
        if random.random_ratio(NO_LOCATION_PER_MILLE, 1000) { "" } else { location }
    }
}

/// Returns an address with all that follows from where it lies.
fn address(random: &mut ChaCha8Rng) -> Place {
    let number = random.random_range(0..STREETS.len());
    let hundreds = random.random_range(0..HUNDREDS).min(random.random_range(0..HUNDREDS));
    let positive = random.random_bool(0.5);
    let along = f64::from(hundreds) * FEET_PER_BLOCK + random.random_range(0.0..FEET_PER_BLOCK);
    let along = if positive { along } else { -along };
    let across = (f64::from(u8::try_from(number).unwrap_or(u8::MAX)) - 40.0) * FEET_PER_STREET;
    let across = across + random.random_range(0.0..FEET_OFF_STREET);
    let runs_north = number % 2 == 0;
    let (east, north) = if runs_north { (across, along) } else { (along, across) };
    let direction = match (runs_north, positive) {
        (true, true) => 'N',
        (true, false) => 'S',
        (false, true) => 'E',
        (false, false) => 'W',
    };
    let district = 1 + square(east, north, 25);
    Place {
        hundreds,
        direction,
        street: STREETS[number],
        point: Point::At((CENTRE_FEET.0 + east).round(), (CENTRE_FEET.1 + north).round()),
        district,
        beat: district * 100 + 11 + square(north, east, 25),
        ward: 1 + square(east + north, north, 50),
        community_area: 1 + square(north, east - north, 77),
    }
}

/// Returns which of `count` areas, each made of many squares of a mile, a corner of the city belongs to.
#[expect(clippy::cast_possible_truncation, reason = "an offset within the city is a small number of miles")]
fn square(east: f64, north: f64, count: u16) -> u16 {
    let mile = |feet: f64| (feet / 5280.0).floor() as i32;
    let area = (mile(east) * 7 + mile(north) * 11).rem_euclid(i32::from(count));
    u16::try_from(area).unwrap_or(0)
}

//! What was done: kinds of crimes with their codes, and how often they occur.

use crate::frequency::Frequencies;
use rand_chacha::ChaCha8Rng;

/// One line of the city's table of codes, with how often it occurs and what is usual for it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Kind {
    /// The Illinois Uniform Crime Reporting code: four characters, with leading zeros.
    pub(crate) iucr: &'static str,
    /// The group of kinds this one belongs to.
    pub(crate) primary_type: &'static str,
    /// What sets it apart in its group.
    pub(crate) description: &'static str,
    /// The FBI's code, two digits and perhaps a letter.
    pub(crate) fbi_code: &'static str,
    /// How many rows of 10,000 are of this kind, about.
    frequency: u32,
    /// How many of 100 led to an arrest.
    pub(crate) arrests_percent: u32,
    /// How many of 100 were domestic.
    pub(crate) domestic_percent: u32,
}

/// The kind of the rows whose ids lie near 20,000.
pub(crate) const HOMICIDE: Kind = kind(("0110", "HOMICIDE", "FIRST DEGREE MURDER", "01A"), 0, 34, 5);

const fn kind(
    (iucr, primary_type, description, fbi_code): (&'static str, &'static str, &'static str, &'static str),
    frequency: u32,
    arrests_percent: u32,
    domestic_percent: u32,
) -> Kind {
    Kind { iucr, primary_type, description, fbi_code, frequency, arrests_percent, domestic_percent }
}

const KINDS: &[Kind] = &[
    kind(("0820", "THEFT", "$500 AND UNDER", "06"), 950, 10, 4),
    kind(("0810", "THEFT", "OVER $500", "06"), 560, 4, 4),
    kind(("0890", "THEFT", "FROM BUILDING", "06"), 380, 5, 4),
    kind(("0860", "THEFT", "RETAIL THEFT", "06"), 300, 48, 0),
    kind(("0870", "THEFT", "POCKET-PICKING", "06"), 80, 3, 0),
    kind(("0895", "THEFT", "FROM COIN-OPERATED MACHINE, \"SMASH\" ENTRY", "06"), 8, 9, 0),
    kind(("0486", "BATTERY", "DOMESTIC BATTERY SIMPLE", "08B"), 930, 19, 100),
    kind(("0460", "BATTERY", "SIMPLE", "08B"), 600, 19, 4),
    kind(("041A", "BATTERY", "AGGRAVATED: HANDGUN", "04B"), 100, 8, 2),
    kind(("0430", "BATTERY", "AGGRAVATED: OTHER DANG WEAPON", "04B"), 80, 27, 6),
    kind(("0454", "BATTERY", "AGG PO HANDS NO/MIN INJURY", "08B"), 30, 92, 1),
    kind(("1320", "CRIMINAL DAMAGE", "TO VEHICLE", "14"), 580, 4, 9),
    kind(("1310", "CRIMINAL DAMAGE", "TO PROPERTY", "14"), 530, 7, 14),
    kind(("1305", "CRIMINAL DAMAGE", "CRIMINAL DEFACEMENT", "14"), 40, 12, 1),
    kind(("1153", "DECEPTIVE PRACTICE", "FINANCIAL IDENTITY THEFT OVER $ 300", "11"), 270, 1, 1),
    kind(("1150", "DECEPTIVE PRACTICE", "CREDIT CARD FRAUD", "11"), 140, 3, 1),
    kind(("1130", "DECEPTIVE PRACTICE", "FRAUD OR CONFIDENCE GAME", "11"), 80, 4, 1),
    kind(("1121", "DECEPTIVE PRACTICE", "COUNTERFEITING DOCUMENT", "10"), 40, 31, 0),
    kind(("0560", "ASSAULT", "SIMPLE", "08A"), 450, 18, 28),
    kind(("051A", "ASSAULT", "AGGRAVATED: HANDGUN", "04A"), 110, 25, 11),
    kind(("0520", "ASSAULT", "AGGRAVATED:KNIFE/CUTTING INSTR", "04A"), 60, 35, 25),
    kind(("2820", "OTHER OFFENSE", "TELEPHONE THREAT", "26"), 160, 4, 34),
    kind(("2825", "OTHER OFFENSE", "HARASSMENT BY TELEPHONE", "26"), 120, 3, 47),
    kind(("2826", "OTHER OFFENSE", "HARASSMENT BY ELECTRONIC MEANS", "26"), 110, 3, 46),
    kind(("4387", "OTHER OFFENSE", "VIOLATE ORDER OF PROTECTION", "26"), 60, 28, 95),
    kind(("502P", "OTHER OFFENSE", "FALSE/STOLEN/ALTERED TRP", "26"), 30, 90, 0),
    kind(("1811", "NARCOTICS", "POSS: CANNABIS 30GMS OR LESS", "18"), 300, 100, 0),
    kind(("2024", "NARCOTICS", "POSS: HEROIN(WHITE)", "18"), 130, 100, 0),
    kind(("2014", "NARCOTICS", "MANU/DELIVER: HEROIN (WHITE)", "18"), 80, 99, 0),
    kind(("0610", "BURGLARY", "FORCIBLE ENTRY", "05"), 300, 5, 1),
    kind(("0620", "BURGLARY", "UNLAWFUL ENTRY", "05"), 180, 6, 2),
    kind(("031A", "ROBBERY", "ARMED: HANDGUN", "03"), 180, 6, 1),
    kind(("0320", "ROBBERY", "STRONGARM - NO WEAPON", "03"), 150, 10, 3),
    kind(("0910", "MOTOR VEHICLE THEFT", "AUTOMOBILE", "07"), 350, 9, 1),
    kind(("0915", "MOTOR VEHICLE THEFT", "TRUCK, BUS, MOTOR HOME", "07"), 20, 5, 0),
    kind(("1330", "CRIMINAL TRESPASS", "TO LAND", "26"), 130, 58, 3),
    kind(("1365", "CRIMINAL TRESPASS", "TO RESIDENCE", "26"), 60, 46, 15),
    kind(("143A", "WEAPONS VIOLATION", "UNLAWFUL POSS OF HANDGUN", "15"), 110, 79, 0),
    kind(("1750", "OFFENSE INVOLVING CHILDREN", "CHILD ABUSE", "20"), 60, 13, 60),
    kind(("0281", "CRIM SEXUAL ASSAULT", "NON-AGGRAVATED", "02"), 50, 8, 16),
    kind(("0470", "PUBLIC PEACE VIOLATION", "RECKLESS CONDUCT", "24"), 60, 70, 3),
    kind(("1563", "SEX OFFENSE", "CRIMINAL SEXUAL ABUSE", "17"), 40, 14, 10),
    kind(("3731", "INTERFERENCE WITH PUBLIC OFFICER", "OBSTRUCTING IDENTIFICATION", "24"), 30, 99, 0),
    kind(("1506", "PROSTITUTION", "SOLICIT ON PUBLIC WAY", "16"), 30, 100, 0),
    kind(("1020", "ARSON", "BY FIRE", "09"), 15, 11, 4),
    kind(("2220", "LIQUOR LAW VIOLATION", "ILLEGAL POSS BY MINOR", "22"), 9, 99, 0),
    kind(("1792", "KIDNAPPING", "CHILD ABDUCTION/STRANGER", "26"), 8, 4, 20),
    kind(("1680", "GAMBLING", "OTHER", "19"), 6, 100, 0),
    kind(("0580", "STALKING", "SIMPLE", "08A"), 6, 14, 57),
    kind(("5114", "NON - CRIMINAL", "FOID - REVOCATION", "26"), 1, 30, 0),
    kind(("5093", "NON-CRIMINAL", "LOST PASSPORT", "26"), 2, 0, 0),
    kind(("1535", "OBSCENITY", "OBSCENITY", "17"), 1, 78, 0),
];

/// Picks kinds as often as they occur.
#[derive(Debug)]
pub(crate) struct KindTable {
    frequencies: Frequencies,
}

impl KindTable {
    /// Returns the table of all kinds but homicide.
    pub(crate) fn new() -> Self {
        Self { frequencies: Frequencies::new(KINDS.iter().map(|kind| kind.frequency)) }
    }

    /// Returns a kind.
    pub(crate) fn pick(&self, random: &mut ChaCha8Rng) -> Kind {
        KINDS[self.frequencies.pick(random)]
    }
}

//! Makes a cluster's authority and its one certificate.

use chrono::{Datelike, Days, NaiveDate, Utc};
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
    date_time_ymd,
};

/// From which day on a certificate is valid, and up to which.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Validity {
    /// The first day.
    pub from: NaiveDate,
    /// The day after the last one.
    pub until: NaiveDate,
}

impl Validity {
    /// Returns the time from yesterday, so that a clock that is behind does no harm, for `days` days from today; nothing if
    /// that is out of the calendar.
    pub fn days_from_today(days: u32) -> Option<Self> {
        let today = Utc::now().date_naive();
        Some(Self { from: today.pred_opt()?, until: today.checked_add_days(Days::new(u64::from(days) + 1))? })
    }
}

/// Returns a new bundle for the cluster called `name`, a DNS name. Its authority's key is in nobody's hands: it has signed
/// this one certificate and is forgotten.
///
/// # Errors
/// When `name` is no DNS name, or the system gives no random numbers.
pub fn issue(name: &str, validity: Validity) -> Result<String, rcgen::Error> {
    let mut authority = params(vec![], &format!("authority of {name}"), validity)?;
    authority.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    authority.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    let authority_key = KeyPair::generate()?;
    let authority_certificate = authority.self_signed(&authority_key)?;

    let mut own = params(vec![name.to_owned()], name, validity)?;
    own.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    own.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
    let key = KeyPair::generate()?;
    let certificate = own.signed_by(&key, &Issuer::new(authority, authority_key))?;
    Ok(format!("{}{}{}", certificate.pem(), key.serialize_pem(), authority_certificate.pem()))
}

fn params(names: Vec<String>, subject: &str, validity: Validity) -> Result<CertificateParams, rcgen::Error> {
    let mut params = CertificateParams::new(names)?;
    params.distinguished_name.remove(DnType::CommonName);
    params.distinguished_name.push(DnType::CommonName, subject);
    params.not_before = date_time_ymd(validity.from.year(), month(validity.from), day(validity.from));
    params.not_after = date_time_ymd(validity.until.year(), month(validity.until), day(validity.until));
    Ok(params)
}

fn month(date: NaiveDate) -> u8 {
    u8::try_from(date.month()).unwrap_or(1)
}

fn day(date: NaiveDate) -> u8 {
    u8::try_from(date.day()).unwrap_or(1)
}

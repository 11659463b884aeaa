//! Bundles that can be used, and those that cannot.

use super::*;
use crate::issue::{Validity, issue};
use std::io::Write;

const DAY: u64 = 24 * 60 * 60;

fn made(name: &str) -> String {
    issue(name, Validity::days_from_today(30).unwrap()).unwrap()
}

fn in_days(days: u64) -> UnixTime {
    UnixTime::since_unix_epoch(Duration::from_secs(UnixTime::now().as_secs() + days * DAY))
}

fn refusal(text: &str, time: UnixTime) -> String {
    Bundle::parse(text, time).unwrap_err().to_string()
}

#[test]
fn what_was_made_is_read_and_carries_the_name() {
    assert_eq!(Bundle::parse(&made("lake.internal"), UnixTime::now()).unwrap().name(), "lake.internal");
}

#[test]
fn a_certificate_has_its_time() {
    let text = made("lake.internal");
    assert!(refusal(&text, in_days(32)).contains("expired on "));
    assert!(refusal(&text, UnixTime::since_unix_epoch(Duration::from_secs(DAY))).contains("not valid before "));
}

#[test]
fn parts_of_a_bundle_are_not_one() {
    let text = made("lake.internal");
    let parts = blocks(&text);
    let [own, key, authority] = [0, 1, 2].map(|part| parts[part].text);
    let foreign = made("lake.internal");
    let foreign = blocks(&foreign)[2].text;
    for (text, word) in [
        (String::new(), "not a PEM file"),
        ("CERTIFICATES\n".to_owned(), "not a PEM file"),
        (format!("{}\n{key}\n{authority}", own.replace("MII", "???")), "not a PEM file"),
        (format!("{own}\n{authority}"), "no private key"),
        (format!("{own}\n{key}"), "no authority"),
        (format!("{own}\n{key}\n{foreign}"), "does not vouch"),
    ] {
        let refusal = refusal(&text, UnixTime::now());
        assert!(refusal.contains(word), "`{word}` is not in: {refusal}");
    }
    let both = format!("{own}\n{key}\n{foreign}\n{authority}");
    assert_eq!(Bundle::parse(&both, UnixTime::now()).unwrap().authorities.len(), 2);
}

#[test]
fn a_file_that_others_may_read_is_refused() {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(made("lake.internal").as_bytes()).unwrap();
    for (mode, is_refused) in [(0o600, false), (0o640, false), (0o400, false), (0o644, true), (0o660, true)] {
        fs::set_permissions(file.path(), fs::Permissions::from_mode(mode)).unwrap();
        let read = Bundle::read(file.path());
        assert_eq!(read.is_err(), is_refused, "{mode:o}: {read:?}");
        if let Err(error) = read {
            assert!(error.to_string().contains("chmod 600"), "{error}");
        }
    }
}

#[test]
fn a_missing_file_says_how_to_make_one() {
    let error = Bundle::read(Path::new("/nowhere/bundle.pem")).unwrap_err().to_string();
    assert!(error.contains("/nowhere/bundle.pem") && error.contains("springald tls init"), "{error}");
}

#[test]
fn no_key_shows_in_a_bundle_that_is_printed() {
    let bundle = Bundle::parse(&made("lake.internal"), UnixTime::now()).unwrap();
    assert_eq!(format!("{bundle:?}"), r#"Bundle { name: DnsName("lake.internal"), .. }"#);
}

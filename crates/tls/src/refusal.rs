//! Why a connection failed, in the words of whoever has to put it right.

use std::error::Error;
use std::io;

use tokio_rustls::rustls::{AlertDescription, CertificateError, Error as TlsError};

/// Returns why one side of a connection did not trust the other, if that is what `error` says anywhere in its causes.
pub fn why_refused(error: &(dyn Error + 'static)) -> Option<String> {
    let mut link = Some(error);
    while let Some(cause) = link {
        if let Some(failure) = tls_error(cause) {
            return Some(words(failure));
        }
        link = cause.source();
    }
    None
}

/// An I/O error does not name what it wraps as its cause, but that one's cause.
fn tls_error<'a>(cause: &'a (dyn Error + 'static)) -> Option<&'a TlsError> {
    if let Some(found) = cause.downcast_ref::<TlsError>() {
        return Some(found);
    }
    let inner = cause.downcast_ref::<io::Error>()?.get_ref()?;
    let inner: &'a (dyn Error + 'static) = inner;
    tls_error(inner)
}

#[expect(clippy::wildcard_enum_match_arm, reason = "what is not listed stands in the text as rustls words it")]
fn words(error: &TlsError) -> String {
    const SAME: &str = "give every process of the cluster the same --tls-bundle";
    match error {
        TlsError::InvalidCertificate(reason) => match reason {
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
                "its certificate has expired: give every process of the cluster a new --tls-bundle".to_owned()
            }
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                format!("its certificate is that of another cluster; {SAME}")
            }
            // Authorities of two bundles may have the same name, and then it is the signature that is wrong.
            CertificateError::UnknownIssuer | CertificateError::BadSignature => {
                format!("its certificate comes from an authority that this process's bundle does not have; {SAME}")
            }
            other => format!("its certificate is not accepted ({other}); {SAME}"),
        },
        TlsError::AlertReceived(alert) => format!("{}; {SAME}", refused(*alert)),
        TlsError::InvalidMessage(_) => {
            "it has no certificates: start it with --tls-bundle, or leave that out here".to_owned()
        }
        other => format!("{other}; {SAME}"),
    }
}

fn refused(alert: AlertDescription) -> &'static str {
    const EXPIRED: AlertDescription = AlertDescription::CertificateExpired;
    const UNKNOWN: [AlertDescription; 2] = [AlertDescription::UnknownCA, AlertDescription::DecryptError];
    const MISSING: AlertDescription = AlertDescription::CertificateRequired;
    if alert == EXPIRED {
        "it says that this process's certificate has expired"
    } else if UNKNOWN.contains(&alert) {
        "its bundle does not have the authority of this process's certificate"
    } else if alert == MISSING {
        "it needs a certificate from this process"
    } else {
        "it does not accept this process's certificate"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrapped(error: TlsError) -> io::Error {
        io::Error::other(io::Error::new(io::ErrorKind::InvalidData, error))
    }

    #[test]
    fn the_reason_is_found_below_other_errors() {
        for (error, word) in [
            (TlsError::InvalidCertificate(CertificateError::UnknownIssuer), "authority"),
            (TlsError::InvalidCertificate(CertificateError::Expired), "has expired"),
            (TlsError::InvalidCertificate(CertificateError::NotValidForName), "another cluster"),
            (TlsError::AlertReceived(AlertDescription::UnknownCA), "authority of this process"),
            (TlsError::AlertReceived(AlertDescription::CertificateExpired), "this process's certificate has expired"),
            (TlsError::HandshakeNotComplete, "same --tls-bundle"),
        ] {
            let why = why_refused(&wrapped(error)).unwrap();
            assert!(why.contains(word), "`{word}` is not in: {why}");
        }
    }

    #[test]
    fn other_errors_are_no_refusal() {
        assert_eq!(why_refused(&io::Error::from(io::ErrorKind::ConnectionRefused)), None);
        assert_eq!(why_refused(&io::Error::other("closed")), None);
    }
}

//! The bundle: the one file that every process of a cluster is given. PEM: first the cluster's certificate, then its key,
//! then the authorities whose certificates are trusted (two while they are exchanged).

use std::fmt;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, TrustAnchor, UnixTime};
use webpki::{ALL_VERIFICATION_ALGS, EndEntityCert, KeyUsage, anchor_from_trusted_cert};

use crate::pem::blocks;

const CERTIFICATE: &str = "CERTIFICATE";

/// What everybody may do with a file, and what its group may change.
const TOO_OPEN: u32 = 0o027;

/// A cluster's certificate, its key and its authorities: read, and found valid at the time.
pub struct Bundle {
    pub(crate) name: ServerName<'static>,
    pub(crate) certificate: CertificateDer<'static>,
    pub(crate) key: PrivateKeyDer<'static>,
    pub(crate) authorities: Vec<TrustAnchor<'static>>,
    /// Certificate and key once more, as tonic takes them.
    pub(crate) identity: tonic::transport::Identity,
}

impl Bundle {
    /// Reads the bundle in `file`. May be repeated.
    ///
    /// # Errors
    /// When the file cannot be read, others could read it, it is not a bundle, or its certificate is not valid now. Each
    /// message says what to do.
    pub fn read(file: &Path) -> Result<Self, BundleError> {
        let error = |fault| BundleError { file: file.to_owned(), fault };
        let unreadable = |cause| error(Fault::Unreadable(cause));
        let mode = fs::metadata(file).map_err(unreadable)?.permissions().mode() & 0o777;
        if mode & TOO_OPEN != 0 {
            return Err(error(Fault::TooOpen { mode }));
        }
        let text = fs::read(file).map_err(unreadable)?;
        let text = String::from_utf8(text).map_err(|_| error(Fault::NotPem))?;
        Self::parse(&text, UnixTime::now()).map_err(error)
    }

    /// Returns the bundle that `text` holds, if its certificate is valid at `time`.
    fn parse(text: &str, time: UnixTime) -> Result<Self, Fault> {
        let blocks = blocks(text);
        let mut certificates = blocks.iter().filter(|block| block.label == CERTIFICATE);
        let own = certificates.next().ok_or(Fault::NotPem)?;
        let key_text = blocks.iter().find(|block| block.label.ends_with("PRIVATE KEY")).ok_or(Fault::NoKey)?;
        let key = PrivateKeyDer::from_pem_slice(key_text.text.as_bytes()).map_err(|_| Fault::NoKey)?;
        let certificate = CertificateDer::from_pem_slice(own.text.as_bytes()).map_err(|_| Fault::NotPem)?;
        let authorities: Vec<TrustAnchor<'static>> =
            certificates.map(|block| anchor(block.text)).collect::<Result<_, _>>()?;
        if authorities.is_empty() {
            return Err(Fault::NoAuthority);
        }
        let name = valid_name(&certificate, &authorities, time)?;
        let identity = tonic::transport::Identity::from_pem(own.text, key_text.text);
        Ok(Self { name, certificate, key, authorities, identity })
    }

    /// Returns the cluster's name.
    pub fn name(&self) -> String {
        self.name.to_str().into_owned()
    }
}

fn anchor(text: &str) -> Result<TrustAnchor<'static>, Fault> {
    let certificate = CertificateDer::from_pem_slice(text.as_bytes()).map_err(|_| Fault::NotPem)?;
    let anchor = anchor_from_trusted_cert(&certificate).map_err(Fault::Invalid)?;
    Ok(anchor.to_owned())
}

/// Returns the name in a certificate that one of `authorities` vouches for at `time`, to clients and to servers.
fn valid_name(
    certificate: &CertificateDer<'_>,
    authorities: &[TrustAnchor<'_>],
    time: UnixTime,
) -> Result<ServerName<'static>, Fault> {
    let parsed = EndEntityCert::try_from(certificate).map_err(Fault::Invalid)?;
    for usage in [KeyUsage::server_auth(), KeyUsage::client_auth()] {
        let verified = parsed.verify_for_usage(ALL_VERIFICATION_ALGS, authorities, &[], time, usage, None, None);
        verified.map_err(fault)?;
    }
    let name = parsed.valid_dns_names().next().ok_or(Fault::NoName)?;
    ServerName::try_from(name.to_owned()).map_err(|_| Fault::NoName)
}

#[expect(clippy::wildcard_enum_match_arm, reason = "what is not listed stands in the text as webpki words it")]
fn fault(error: webpki::Error) -> Fault {
    match error {
        webpki::Error::CertExpired { not_after, .. } => Fault::Expired { at: date(not_after) },
        webpki::Error::CertNotValidYet { not_before, .. } => Fault::NotYet { at: date(not_before) },
        other => Fault::Invalid(other),
    }
}

fn date(time: UnixTime) -> String {
    let time = std::time::UNIX_EPOCH + Duration::from_secs(time.as_secs());
    chrono::DateTime::<chrono::Utc>::from(time).format("%Y-%m-%d %H:%M UTC").to_string()
}

impl fmt::Debug for Bundle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bundle").field("name", &self.name).finish_non_exhaustive()
    }
}

/// A bundle that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("use certificates `{}`: {fault}", .file.display())]
pub struct BundleError {
    file: PathBuf,
    fault: Fault,
}

/// What is wrong with a bundle, and what to do. A foreign cause stands in the text.
#[derive(Debug, thiserror::Error)]
enum Fault {
    #[error("{0}; make a bundle with `springald tls init`, or give the file's own place with --tls-bundle")]
    Unreadable(std::io::Error),
    #[error(
        "everybody may read it (mode {mode:04o}), and it holds a key: `chmod 600` it, and if that was for long, make a new one"
    )]
    TooOpen { mode: u32 },
    #[error("it is not a PEM file with a certificate: give the file that `springald tls init` made, unchanged")]
    NotPem,
    #[error("it holds no private key: give the file that `springald tls init` made, unchanged")]
    NoKey,
    #[error("it holds no authority beside the certificate: give the file that `springald tls init` made, unchanged")]
    NoAuthority,
    #[error("its certificate carries no cluster name (a DNS name): make a new bundle with `springald tls init`")]
    NoName,
    #[error(
        "its certificate expired on {at}: make a new bundle with `springald tls init` and give it to every process"
    )]
    Expired { at: String },
    #[error("its certificate is not valid before {at}: look at this machine's clock")]
    NotYet { at: String },
    #[error("its authority does not vouch for its certificate ({0}): make a new bundle with `springald tls init`")]
    Invalid(webpki::Error),
}

#[cfg(test)]
mod tests;

//! Certificates for clusters of the tests, of an authority that exists for one test only: good ones and bad ones.

use super::tool::scratch;
use rcgen::{
    BasicConstraints, CertificateParams, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose, date_time_ymd,
};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

/// An authority that vouches for whatever it is told to.
pub(crate) struct Authority {
    name: &'static str,
    issuer: Issuer<'static, KeyPair>,
    certificate: String,
}

impl Authority {
    /// Makes an authority, whose files are called `name…`.
    pub(crate) fn new(name: &'static str) -> Self {
        let mut params = CertificateParams::new(Vec::<String>::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        let key = KeyPair::generate().unwrap();
        let certificate = params.self_signed(&key).unwrap().pem();
        Self { name, issuer: Issuer::new(params, key), certificate }
    }

    /// Makes the bundle of the cluster called `cluster`, whose certificate is valid until the year `until`.
    pub(crate) fn bundle(&self, cluster: &str, until: i32) -> PathBuf {
        let mut params = CertificateParams::new(vec![cluster.to_owned()]).unwrap();
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
        params.not_after = date_time_ymd(until, 1, 1);
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap().pem();
        let file = scratch().join(format!("{}-{cluster}-{until}.pem", self.name));
        write_for_owner(&file, &format!("{certificate}{}{}", key.serialize_pem(), self.certificate));
        file
    }
}

/// Writes a file that nobody but its owner may read.
pub(crate) fn write_for_owner(file: &std::path::Path, text: &str) {
    fs::write(file, text).unwrap();
    fs::set_permissions(file, fs::Permissions::from_mode(0o600)).unwrap();
}

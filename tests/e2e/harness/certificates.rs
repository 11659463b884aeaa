//! Certificates for servers of the tests, of an authority that exists for one test only.

use super::tool::scratch;
use std::path::{Path, PathBuf};
use std::process::Command;

/// An authority, and a server's certificate by it for 127.0.0.1 alone.
#[derive(Debug)]
pub(crate) struct Certificates {
    /// The authority's certificate.
    pub(crate) authority: PathBuf,
    /// The server's.
    pub(crate) certificate: PathBuf,
    /// The server's key.
    pub(crate) key: PathBuf,
}

impl Certificates {
    /// Makes an authority called `name` and a certificate by it.
    pub(crate) fn make(name: &str) -> Self {
        let directory = scratch().join(format!("certificates-{name}"));
        std::fs::create_dir_all(&directory).unwrap();
        let authority_subject = format!("/CN=authority {name}");
        let new_key = "req -x509 -newkey rsa:2048 -nodes -days 2 -sha256 -keyout";
        openssl(&directory, &format!("{new_key} authority.key -out authority.pem -subj"), &[&authority_subject]);
        let signed = format!("{new_key} server.key -out server.pem -CA authority.pem -CAkey authority.key -subj");
        let for_the_server = ["-addext", "subjectAltName=IP:127.0.0.1", "-addext", "basicConstraints=CA:FALSE"];
        openssl(&directory, &signed, &[&["/CN=server"][..], &for_the_server].concat());
        let [authority, certificate, key] =
            ["authority.pem", "server.pem", "server.key"].map(|file| directory.join(file));
        Self { authority, certificate, key }
    }
}

fn openssl(directory: &Path, arguments: &str, others: &[&str]) {
    let mut command = Command::new("openssl");
    let output = command.args(arguments.split(' ')).args(others).current_dir(directory).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

//! How connections to the server are protected, as it was typed.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use springald_mysql::{MySqlSource, Tls};

/// Options of TLS to the server.
#[derive(Debug, Clone, Args)]
pub struct TlsArgs {
    /// Protection of connections to the server; default: off for a server on this machine, verify for any other
    #[arg(long, env = "SPRINGALD_TLS", value_name = "MODE", help_heading = "Source")]
    tls: Option<TlsMode>,
    /// PEM file of authorities to trust besides the well-known ones, e.g. the RDS bundle; on every machine that connects
    #[arg(long, env = "SPRINGALD_TLS_CA", value_name = "FILE", help_heading = "Source")]
    tls_ca: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum TlsMode {
    /// Encrypted, and the server's certificate must be valid for its host name
    Verify,
    /// Encrypted, but whoever answers is believed
    Require,
    /// Not at all
    Off,
}

impl TlsArgs {
    /// Returns `source` with the protection that was asked for, or the default for its host.
    pub(crate) fn protect(&self, source: MySqlSource) -> MySqlSource {
        let authorities = self.tls_ca.clone();
        let tls = match (self.tls, &source.tls) {
            (Some(TlsMode::Off), _) => Tls::Off,
            (None, Tls::Off) if authorities.is_none() => Tls::Off,
            (Some(TlsMode::Require), _) => Tls::Require,
            (Some(TlsMode::Verify), _) | (None, _) => Tls::Verify { authorities },
        };
        source.with_tls(tls)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn protected(host: &str, tls: Option<TlsMode>, tls_ca: Option<&str>) -> Tls {
        let source = format!("mysql://u@{host}/d").parse().unwrap();
        TlsArgs { tls, tls_ca: tls_ca.map(PathBuf::from) }.protect(source).tls
    }

    #[test]
    fn only_a_local_server_is_reached_in_the_clear_by_default() {
        let bundle = Some(PathBuf::from("rds.pem"));
        assert_eq!(protected("127.0.0.1", None, None), Tls::Off);
        assert_eq!(protected("db.example", None, None), Tls::Verify { authorities: None });
        assert_eq!(protected("db.example", None, Some("rds.pem")), Tls::Verify { authorities: bundle.clone() });
        assert_eq!(protected("127.0.0.1", None, Some("rds.pem")), Tls::Verify { authorities: bundle });
        assert_eq!(protected("db.example", Some(TlsMode::Off), None), Tls::Off);
        assert_eq!(protected("127.0.0.1", Some(TlsMode::Require), None), Tls::Require);
    }
}

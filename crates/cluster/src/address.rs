//! `df://HOST:PORT`: where a cluster's scheduler answers.

use std::fmt;
use std::str::FromStr;

use springald_tls::Security;
use url::{Host, Url};

/// The address of a scheduler, written `df://HOST:PORT`; the port defaults to 7050.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClusterAddress {
    host: Host,
    port: u16,
}

impl ClusterAddress {
    /// The scheduler's port where none is given: below the ephemeral range, and no port of Hadoop's.
    pub const PORT: u16 = 7050;

    /// Returns the address of a scheduler on this machine's loopback interface.
    pub fn loopback(port: u16) -> Self {
        Self { host: Host::Ipv4(std::net::Ipv4Addr::LOCALHOST), port }
    }

    /// Returns the host as it stands in a URL.
    pub fn host(&self) -> String {
        self.host.to_string()
    }

    /// Returns the port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Returns the URL that Ballista's clients connect to.
    pub fn scheduler_url(&self, security: &Security) -> String {
        let scheme = if security.is_mutual() { "https" } else { "http" };
        format!("{scheme}://{}:{}", self.host, self.port)
    }
}

impl fmt::Display for ClusterAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "df://{}:{}", self.host, self.port)
    }
}

impl FromStr for ClusterAddress {
    type Err = ParseAddressError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let error = || ParseAddressError(text.to_owned());
        let url = Url::parse(text).map_err(|_| error())?;
        let bare = matches!(url.path(), "" | "/") && url.query().is_none() && url.username().is_empty();
        if url.scheme() != "df" || !bare {
            return Err(error());
        }
        let host = Host::parse(url.host_str().ok_or_else(error)?).map_err(|_| error())?;
        Ok(Self { host, port: url.port().unwrap_or(Self::PORT) })
    }
}

/// A text that is no scheduler's address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a cluster: write df://HOST:PORT, e.g. df://10.0.1.23:7050")]
pub struct ParseAddressError(String);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_of_every_kind() {
        for (text, url) in [
            ("df://10.0.1.23:7050", "http://10.0.1.23:7050"),
            ("df://ip-10-0-1-23.ec2.internal", "http://ip-10-0-1-23.ec2.internal:7050"),
            ("df://[::1]:9000/", "http://[::1]:9000"),
        ] {
            assert_eq!(text.parse::<ClusterAddress>().unwrap().scheduler_url(&Security::Open), url);
        }
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for text in ["", "localhost:7050", "http://localhost:7050", "df://", "df://h:70500", "df://h/x", "df://u@h"] {
            assert!(text.parse::<ClusterAddress>().is_err(), "{text}");
        }
    }
}

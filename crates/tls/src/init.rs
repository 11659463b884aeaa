//! `springald tls init`: makes the file that every process of a cluster is given.

use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use clap::Args;
use tokio_rustls::rustls::pki_types::ServerName;

use crate::{Validity, issue};

/// What was typed.
#[derive(Debug, Args)]
pub(crate) struct InitArgs {
    /// File to make; it holds a key, so only its owner may read it. One that is there already stays as it is
    #[arg(long, env = "SPRINGALD_OUT", value_name = "FILE", default_value = "springald-tls.pem")]
    out: PathBuf,
    /// Name that the processes of this cluster know each other by: any DNS name, which need not be registered anywhere
    #[arg(long, env = "SPRINGALD_CLUSTER_NAME", value_name = "NAME", default_value = "springald.internal")]
    cluster_name: String,
    /// For how many days the certificate is valid, from today on
    #[arg(long, env = "SPRINGALD_DAYS", value_name = "N", default_value_t = 365,
        value_parser = clap::value_parser!(u32).range(1..=36_500))]
    days: u32,
}

/// Makes the file; returns what to do next.
///
/// # Errors
/// When the name is no DNS name, or the file is there already or cannot be written.
pub(crate) fn init(args: InitArgs) -> anyhow::Result<String> {
    let InitArgs { out, cluster_name, days } = args;
    let validity = Validity::days_from_today(days).context("count --days from today")?;
    ensure!(
        matches!(ServerName::try_from(cluster_name.as_str()), Ok(ServerName::DnsName(_))),
        "`{cluster_name}` is not a DNS name: give one with --cluster-name, e.g. springald.internal"
    );
    let bundle = issue(&cluster_name, validity).with_context(|| format!("make a certificate for `{cluster_name}`"))?;
    write_new(&out, &bundle).with_context(|| {
        format!("write `{}`: choose another file with --out; one that is there already is not replaced", out.display())
    })?;
    Ok(next_steps(&out, &cluster_name, validity))
}

fn write_new(file: &Path, text: &str) -> std::io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(file)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

fn next_steps(file: &Path, name: &str, validity: Validity) -> String {
    let (file, until) = (file.display(), validity.until);
    format!(
        "{file}: the certificate of cluster {name}, valid until {until}, with its key and its authority.

On EMR: put it into a secret, name that to the bootstrap action with --tls-secret, and remove the file:
  aws secretsmanager create-secret --name springald/tls --secret-string file://{file}
Elsewhere: give it to scheduler, executors and jobs with --tls-bundle, or SPRINGALD_TLS_BUNDLE.
Whoever has it may use the cluster: keep it as you keep a password. Before {until}, make a new one."
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_file_is_made_for_its_owner_alone_and_never_replaced() {
        let directory = tempfile::tempdir().unwrap();
        let out = directory.path().join("bundle.pem");
        let made = || init(InitArgs { out: out.clone(), cluster_name: "lake.internal".to_owned(), days: 1 });
        let said = made().unwrap();
        assert!(said.contains("aws secretsmanager create-secret"), "{said}");
        assert_eq!(std::fs::metadata(&out).unwrap().permissions().mode() & 0o777, 0o600);
        let before = std::fs::read(&out).unwrap();
        let error = format!("{:#}", made().unwrap_err());
        assert!(error.contains("not replaced"), "{error}");
        assert_eq!(std::fs::read(&out).unwrap(), before);
    }

    #[test]
    fn a_name_that_is_none_is_refused() {
        for name in ["", "ä", "a b", "10.0.1.23"] {
            let out = PathBuf::from("/nowhere/bundle.pem");
            let error = init(InitArgs { out, cluster_name: name.to_owned(), days: 1 }).unwrap_err();
            assert!(error.to_string().contains("--cluster-name"), "{error}");
        }
    }
}

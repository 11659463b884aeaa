//! What the user may do on the server, as the server itself says it.

use crate::error::SourceError;
use crate::origin::Origin;
use mysql_async::Conn;
use mysql_async::prelude::Queryable;

/// Returns the grants of the user that is logged in, without what some servers add of passwords. Only reads.
///
/// `SHOW GRANTS` is asked, for `information_schema` shows RDS's master user next to nothing.
///
/// # Errors
/// If the connection fails.
pub async fn grants(conn: &mut Conn, origin: &Origin) -> Result<Vec<String>, SourceError> {
    let found: Vec<String> = conn
        .query("SHOW GRANTS FOR CURRENT_USER()")
        .await
        .map_err(|cause| SourceError::from_query("show the grants on", origin, cause))?;
    Ok(found.iter().map(|grant| without_password(grant).to_owned()).collect())
}

fn without_password(grant: &str) -> &str {
    grant.split_once(" IDENTIFIED ").map_or(grant, |(public, _)| public)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_grant_shows_no_password() {
        let grant = "GRANT USAGE ON *.* TO `u`@`%` IDENTIFIED BY PASSWORD '*94BDCEBE19083CE2A1F959FD02F964C7AF4CFC29'";
        assert_eq!(without_password(grant), "GRANT USAGE ON *.* TO `u`@`%`");
    }
}

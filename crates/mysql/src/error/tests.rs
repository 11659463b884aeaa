//! Tests of the errors: which are retried, and what they say.

use super::*;
use mysql_async::{Error, ServerError};
use std::io;

fn server(code: u16) -> Error {
    Error::Server(ServerError { code, message: "said the server".to_owned(), state: "HY000".to_owned() })
}

fn query(cause: Error) -> SourceError {
    SourceError::from_query("read", SourceTable::new("db", "t"), cause)
}

/// What Ballista looks at when it decides on a retry.
fn is_retried(error: SourceError) -> bool {
    matches!(DataFusionError::from(error).find_root(), DataFusionError::IoError(_))
}

#[test]
fn lost_connections_and_crowded_servers_are_retried() {
    for code in [1040, 1205, 1213, 1412, 1615, 2006, 2013, 3032] {
        assert!(is_retried(query(server(code))), "{code}");
    }
    let lost = io::Error::new(io::ErrorKind::UnexpectedEof, "connection closed");
    assert!(is_retried(query(Error::Io(mysql_async::IoError::Io(lost)))));
    let limit = Duration::from_secs(300);
    let origin = SourceTable::new("db", "t").into();
    assert!(is_retried(SourceError::Silence { action: "read", origin, waited: limit }));
}

#[test]
fn a_lost_way_says_where_it_led() {
    let lost = || Error::Io(mysql_async::IoError::Io(io::ErrorKind::TimedOut.into()));
    let origin = SourceTable::new("db", "t").into();
    let read = SourceError::from_read("read", &origin, "h:3306".to_owned(), lost());
    let connect = SourceError::from_connect("h:3306".to_owned(), "reader", "db", lost());
    let other = query(lost()).on_the_way_to("h:3306".to_owned());
    for error in [read, connect, other] {
        let error = DataFusionError::from(error);
        assert_eq!(springald_fault::lack_of(&error), Some(&Lack::MySql { address: "h:3306".to_owned() }), "{error}");
    }
    let refused = Error::Io(mysql_async::IoError::Io(io::ErrorKind::ConnectionRefused.into()));
    let refused = SourceError::from_connect("h:3306".to_owned(), "reader", "db", refused);
    assert_eq!(refused.unreached(), None);
    assert_eq!(query(server(1213)).on_the_way_to("h:3306".to_owned()).unreached(), None);
}

#[test]
fn user_faults_and_bad_data_are_final() {
    for code in [1044, 1045, 1049, 1054, 1064, 1142, 1146] {
        assert!(!is_retried(query(server(code))), "{code}");
    }
    assert!(!is_retried(SourceError::Value {
        origin: SourceTable::new("db", "t").into(),
        column: "flag".to_owned(),
        row: "id=7".to_owned(),
        problem: "2 is neither 0 nor 1".to_owned(),
    }));
}

#[test]
fn a_refused_login_names_the_variable() {
    let error = SourceError::from_connect("h:3306".to_owned(), "reader", "db", server(1045));
    assert_eq!(error.to_string(), "log in to MySQL at `h:3306` as `reader`");
    assert!(error.hint().unwrap().contains("MYSQL_PWD"));
}

#[test]
fn an_unknown_table_suggests_similar_names() {
    let table = SourceTable::new("db", "crimes");
    let similar = vec!["Crimes".to_owned(), "crime".to_owned()];
    let error = SourceError::UnknownTable { table, similar };
    assert_eq!(error.to_string(), "table `db.crimes` does not exist; did you mean `Crimes`, `crime`?");
}

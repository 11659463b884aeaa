//! Values about as long as a packet of the protocol, and far longer: each arrives whole.

use crate::fixture::Database;
use datafusion::prelude::SessionContext;
use springald_mysql::{MySqlTable, ReadOptions};
use std::sync::Arc;

/// The longest packet. A payload as long as that, or a multiple, is followed by an empty one.
const PACKET: usize = 0xff_ffff;

/// What stands before the value in a row of an INT and the value: the header, a byte of NULLs, the INT, and the length.
const BEFORE_SHORT: usize = 1 + 1 + 4 + 4;
const BEFORE_LONG: usize = 1 + 1 + 4 + 9;

#[tokio::test]
async fn values_about_as_long_as_a_packet_and_of_a_hundred_megabytes_are_whole() {
    let mut db = Database::new("p_payloads").await;
    db.run(&["CREATE TABLE t (id INT PRIMARY KEY, v LONGTEXT CHARACTER SET latin1)"]).await;
    let around = |length: usize, before: usize| (length - before - 1)..=(length - before + 1);
    let lengths: Vec<usize> =
        around(PACKET, BEFORE_SHORT).chain(around(2 * PACKET, BEFORE_LONG)).chain([1 << 24, 100_000_000]).collect();
    for length in &lengths {
        let whole = format!("LEFT(REPEAT(SHA2({length}, 512), {length} DIV 128 + 1), {length})");
        db.run(&[&format!("INSERT INTO t VALUES ({length}, {whole})")]).await;
    }
    let table = MySqlTable::try_new(db.source(), db.table("t"), ReadOptions::default()).await.unwrap();
    let context = SessionContext::new();
    context.register_table("t", Arc::new(table)).unwrap();
    for length in lengths {
        let expected =
            db.ask(&format!("SELECT CONCAT(LENGTH(v), ' | ', SHA2(v, 256)) FROM t WHERE id = {length}")).await;
        let sql = format!("SELECT OCTET_LENGTH(v) AS bytes, SHA256(v) AS digest FROM t WHERE id = {length}");
        let seen = crate::fixture::printed(&context.sql(&sql).await.unwrap().collect().await.unwrap());
        let seen: Vec<&str> =
            seen.split_whitespace().filter(|word| word.len() > 6 && word.contains(char::is_numeric)).collect();
        assert_eq!(seen.join(" | "), expected);
    }
}

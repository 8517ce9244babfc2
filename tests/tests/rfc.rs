//! The table of citations is that of the tree.

use sip_tests::rfc;

#[test]
fn the_table_is_up_to_date() {
    let table = rfc::coverage().expect("the data file is right");
    let written = std::fs::read_to_string(rfc::table()).unwrap_or_default();
    assert!(written == table, "run `cargo run -p sip-tests --bin rfc-coverage`");
}

//! Phones with passwords: SIPp registers with the right one and with a wrong one; two baresip phones
//! register and call each other.

use super::Options;
use super::server::Server;
use super::{baresip, sipp};

/// Who has which password. MD5 alone, because SIPp 3.6 and baresip 1.0 know no other algorithm, and the
/// one looks at the first challenge only, the other gives up at one that it does not know.
pub(super) const CONFIG: &str = r#"
[auth]
algorithms = ["MD5"]

[[auth.users]]
name = "alice"
password = "interop"

[[auth.users]]
name = "bob"
password = "interop"
"#;

const REGISTRATIONS: u32 = 500;

pub(super) fn run(server: &Server, _options: &Options) -> Result<String, String> {
    let users = |name: &str, password: &str| {
        let mut text = "SEQUENTIAL\n".to_owned();
        for user in ["alice", "bob"] {
            text += &format!("{user};[authentication username={user} password={password}];\n");
        }
        server.scratch().write(name, &text)
    };
    let (right, wrong) = (users("right.csv", "interop")?, users("wrong.csv", "guess")?);
    sipp::register_with_password(server, &right, REGISTRATIONS, 200)?;
    sipp::register_with_password(server, &wrong, REGISTRATIONS / 10, 401)?;
    baresip::call(server, Some("interop"))?;
    Ok(format!(
        "{REGISTRATIONS} registrations let in, {} turned away; two phones called each other",
        REGISTRATIONS / 10
    ))
}

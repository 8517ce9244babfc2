//! Hosts.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::Leniency;
use super::cursor::Cursor;

/// ```abnf
/// host           =  hostname / IPv4address / IPv6reference
/// IPv6reference  =  "[" IPv6address "]"
/// ```
/// As text in canonical form: an address as such, a name in lower case.
pub(super) fn host(cursor: &mut Cursor<'_>) -> Option<String> {
    if cursor.byte(b'[').is_some() {
        let inside = cursor.run(|byte| byte != b']');
        cursor.byte(b']')?;
        return Some(format!("[{}]", ipv6(core::str::from_utf8(inside).ok()?, cursor)?));
    }
    let text = cursor.some(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte))?;
    let text = core::str::from_utf8(text).ok()?;
    if let Ok(address) = text.parse::<Ipv4Addr>() {
        return Some(address.to_string());
    }
    is_hostname(text, cursor).then(|| text.to_ascii_lowercase())
}

fn ipv6(text: &str, cursor: &Cursor<'_>) -> Option<Ipv6Addr> {
    let address = text.parse().ok();
    if address.is_none() && cursor.allows(Leniency::ThirdColon) && !text.contains("::::") {
        return text.replacen(":::", "::", 1).parse().ok();
    }
    address
}

/// ```abnf
/// hostname     =  *( domainlabel "." ) toplabel [ "." ]
/// domainlabel  =  alphanum / alphanum *( alphanum / "-" ) alphanum
/// toplabel     =  ALPHA / ALPHA *( alphanum / "-" ) alphanum
/// ```
fn is_hostname(text: &str, cursor: &Cursor<'_>) -> bool {
    let labels: Vec<&str> = text.strip_suffix('.').unwrap_or(text).split('.').collect();
    let top = labels.last().copied().unwrap_or_default();
    if cursor.allows(Leniency::Hostname) {
        return labels.iter().all(|label| !label.is_empty())
            && !top.bytes().all(|byte| byte.is_ascii_digit());
    }
    let is_label = |label: &&str| {
        !label.is_empty()
            && !label.starts_with('-')
            && !label.ends_with('-')
            && !label.contains('_')
    };
    labels.iter().all(is_label) && top.starts_with(|first: char| first.is_ascii_alphabetic())
}

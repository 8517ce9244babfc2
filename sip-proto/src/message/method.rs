//! Request methods.

use core::fmt;

use bytes::Bytes;

/// A request method. Methods are case-sensitive (RFC 3261 section 7.1): `invite` is not `INVITE`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Method {
    /// RFC 3261 section 13.
    Invite,
    /// RFC 3261 section 13.2.2.4 and 17.1.1.3.
    Ack,
    /// RFC 3261 section 15.
    Bye,
    /// RFC 3261 section 9.
    Cancel,
    /// RFC 3261 section 10.
    Register,
    /// RFC 3261 section 11.
    Options,
    /// RFC 3262.
    Prack,
    /// RFC 6665.
    Subscribe,
    /// RFC 6665.
    Notify,
    /// RFC 3903.
    Publish,
    /// RFC 6086.
    Info,
    /// RFC 3515.
    Refer,
    /// RFC 3428.
    Message,
    /// RFC 3311.
    Update,
    /// Any other token.
    Other(Bytes),
}

impl Method {
    /// The method that `name` names. The bytes are taken as they are: a request whose method is
    /// not a token cannot be parsed again.
    ///
    /// ```
    /// use sip_proto::Method;
    ///
    /// assert_eq!(Method::from_bytes("INVITE"), Method::Invite);
    /// assert_eq!(Method::from_bytes("invite").as_str(), "invite");
    /// ```
    #[must_use]
    pub fn from_bytes(name: impl AsRef<[u8]>) -> Self {
        let name = name.as_ref();
        Self::known(name).unwrap_or_else(|| Self::Other(Bytes::copy_from_slice(name)))
    }

    /// The same, sharing the storage of `bytes`, of which `name` is a part.
    pub(super) fn from_part(bytes: &Bytes, name: &[u8]) -> Self {
        Self::known(name).unwrap_or_else(|| Self::Other(bytes.slice_ref(name)))
    }

    fn known(name: &[u8]) -> Option<Self> {
        Some(match name {
            b"INVITE" => Self::Invite,
            b"ACK" => Self::Ack,
            b"BYE" => Self::Bye,
            b"CANCEL" => Self::Cancel,
            b"REGISTER" => Self::Register,
            b"OPTIONS" => Self::Options,
            b"PRACK" => Self::Prack,
            b"SUBSCRIBE" => Self::Subscribe,
            b"NOTIFY" => Self::Notify,
            b"PUBLISH" => Self::Publish,
            b"INFO" => Self::Info,
            b"REFER" => Self::Refer,
            b"MESSAGE" => Self::Message,
            b"UPDATE" => Self::Update,
            _ => return None,
        })
    }

    /// As on the wire.
    pub(super) fn as_bytes(&self) -> &[u8] {
        match self {
            Self::Other(name) => name,
            known => known.as_str().as_bytes(),
        }
    }

    /// As on the wire. A hand-made [`Method::Other`] that is not text reads as `?`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Invite => "INVITE",
            Self::Ack => "ACK",
            Self::Bye => "BYE",
            Self::Cancel => "CANCEL",
            Self::Register => "REGISTER",
            Self::Options => "OPTIONS",
            Self::Prack => "PRACK",
            Self::Subscribe => "SUBSCRIBE",
            Self::Notify => "NOTIFY",
            Self::Publish => "PUBLISH",
            Self::Info => "INFO",
            Self::Refer => "REFER",
            Self::Message => "MESSAGE",
            Self::Update => "UPDATE",
            Self::Other(name) => core::str::from_utf8(name).unwrap_or("?"),
        }
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_methods_survive_the_round_trip_and_others_stay_as_they_are() {
        for name in [
            "INVITE",
            "ACK",
            "BYE",
            "CANCEL",
            "REGISTER",
            "OPTIONS",
            "PRACK",
            "SUBSCRIBE",
            "NOTIFY",
            "PUBLISH",
            "INFO",
            "REFER",
            "MESSAGE",
            "UPDATE",
        ] {
            let method = Method::from_bytes(name);
            assert!(!matches!(method, Method::Other(_)), "{name}");
            assert_eq!(method.as_str(), name);
        }
        for name in ["invite", "Invite", "NEWMETHOD", "RE%47IST%45R"] {
            assert_eq!(
                Method::from_bytes(name),
                Method::Other(Bytes::copy_from_slice(name.as_bytes()))
            );
        }
    }
}

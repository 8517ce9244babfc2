//! Wire text as a string in any serde format, without loss: a byte is the character of that number,
//! so that ASCII reads as it is and what is not UTF-8 survives.

use bytes::Bytes;
use serde::de::{Deserialize, Deserializer, Error};
use serde::ser::{SerializeSeq, Serializer};

pub(crate) fn serialize<S: Serializer>(text: &Bytes, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&to_string(text))
}

pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Bytes, D::Error> {
    from_string(&String::deserialize(deserializer)?)
}

fn to_string(text: &Bytes) -> String {
    text.iter().copied().map(char::from).collect()
}

fn from_string<E: Error>(text: &str) -> Result<Bytes, E> {
    let bytes: Result<Vec<u8>, _> = text.chars().map(u8::try_from).collect();
    bytes.map(Bytes::from).map_err(|_| E::custom("a character is no byte"))
}

/// The same for a list of texts.
pub(crate) mod list {
    use super::{Bytes, Deserialize, Deserializer, SerializeSeq, Serializer};

    pub(crate) fn serialize<S: Serializer>(
        texts: &[Bytes],
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        let mut sequence = serializer.serialize_seq(Some(texts.len()))?;
        for text in texts {
            sequence.serialize_element(&super::to_string(text))?;
        }
        sequence.end()
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Vec<Bytes>, D::Error> {
        let texts = Vec::<String>::deserialize(deserializer)?;
        texts.iter().map(|text| super::from_string(text)).collect()
    }
}

//! Untrusted JSON as plain data.
//!
//! Two equal keys in one object are an error: otherwise two readers of one body could see two amounts. `serde_json` parses (and
//! bounds the depth to 128); a derived reader per message would triple the size of vault.wasm.

use std::cell::Cell;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use zeroize::Zeroize;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Json {
    Null,
    Boolean(bool),
    Integer(u64),
    /// A fraction of up to three digits after the point, in thousandths: amounts that a gateway writes as numbers.
    Thousandths(u64),
    /// Negative, finer or beyond 64 bits: nothing here is ever one.
    OtherNumber,
    String(String),
    Array(Vec<Json>),
    Object(Vec<(String, Json)>),
}

impl Json {
    /// `None` when the bytes are not one JSON value in UTF-8.
    #[must_use]
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let ambiguous = Cell::new(false);
        let mut reader = serde_json::Deserializer::from_slice(bytes);
        let json = Reading { ambiguous: &ambiguous }.deserialize(&mut reader).ok()?;
        reader.end().ok()?;
        (!ambiguous.get()).then_some(json)
    }

    /// The member of an object; `Null` when there is none, or when this is not an object.
    #[must_use]
    pub fn get(&self, key: &str) -> &Self {
        match self {
            Self::Object(members) => {
                members.iter().find(|(known, _)| known == key).map_or(&Self::Null, |(_, value)| value)
            }
            _ => &Self::Null,
        }
    }

    #[must_use]
    pub fn is_object(&self) -> bool {
        matches!(self, Self::Object(_))
    }

    #[must_use]
    pub fn is_null(&self) -> bool {
        *self == Self::Null
    }

    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    #[must_use]
    pub fn integer(&self) -> Option<u64> {
        match self {
            Self::Integer(number) => Some(*number),
            _ => None,
        }
    }

    #[must_use]
    pub fn boolean(&self) -> Option<bool> {
        match self {
            Self::Boolean(value) => Some(*value),
            _ => None,
        }
    }

    #[must_use]
    pub fn array(&self) -> Option<&[Self]> {
        match self {
            Self::Array(items) => Some(items),
            _ => None,
        }
    }
}

/// Wipes every text: a configuration carries keys.
impl Zeroize for Json {
    fn zeroize(&mut self) {
        match self {
            Self::String(text) => text.zeroize(),
            Self::Array(items) => items.iter_mut().for_each(Zeroize::zeroize),
            Self::Object(members) => members.iter_mut().for_each(|(_, value)| value.zeroize()),
            Self::Null | Self::Boolean(_) | Self::Integer(_) | Self::Thousandths(_) | Self::OtherNumber => {}
        }
    }
}

/// `ambiguous`: somebody else could read it otherwise. A flag and no error: an error of our own words would bring along all the
/// code with which `serde_json` reads such words again.
#[derive(Clone, Copy)]
struct Reading<'a> {
    ambiguous: &'a Cell<bool>,
}

impl<'de> DeserializeSeed<'de> for Reading<'_> {
    type Value = Json;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Json, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Reading<'_> {
    type Value = Json;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("JSON")
    }

    fn visit_unit<E: Error>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Json, E> {
        Ok(Json::Boolean(value))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Json, E> {
        Ok(Json::Integer(value))
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<Json, E> {
        Ok(Json::OtherNumber)
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Json, E> {
        // Both halves are exact: the nearest whole number of thousandths, and whether `value` is the float nearest to that many.
        let thousandths = (value * 1000.0).round();
        let whole = (0.0..THOUSANDTHS_MAX).contains(&thousandths) && thousandths / 1000.0 == value;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "whole, not negative, and small")]
        Ok(if whole { Json::Thousandths(thousandths as u64) } else { Json::OtherNumber })
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Json, E> {
        Ok(Json::String(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut input: A) -> Result<Json, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = input.next_element_seed(self)? {
            items.push(item);
        }
        Ok(Json::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut input: A) -> Result<Json, A::Error> {
        let mut members: Vec<(String, Json)> = Vec::new();
        while let Some(key) = input.next_key::<String>()? {
            // Quadratic, so bounded: no message here has a tenth of it.
            if members.len() >= MEMBERS_MAX || members.iter().any(|(known, _)| *known == key) {
                self.ambiguous.set(true);
                return Ok(Json::Null);
            }
            members.push((key, input.next_value_seed(self)?));
        }
        Ok(Json::Object(members))
    }
}

const MEMBERS_MAX: usize = 256;
/// Below it a float tells each thousandth from the next.
const THOUSANDTHS_MAX: f64 = 9e15;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn reads_what_json_is() {
        let json = Json::parse(br#" {"a":"x","b":[1,-1,1.5,true,null],"c":{"d":"\u00e9\n"}} "#).unwrap();
        assert_eq!(json.get("a").text(), Some("x"));
        assert_eq!(
            json.get("b").array(),
            Some(&[Json::Integer(1), Json::OtherNumber, Json::Thousandths(1500), Json::Boolean(true), Json::Null][..])
        );
        assert_eq!(json.get("c").get("d").text(), Some("é\n"));
        assert!(json.get("e").get("f").is_null());
    }

    #[test]
    fn numbers_keep_three_digits_after_the_point() {
        let read = |text: &str| Json::parse(text.as_bytes());
        for (text, thousandths) in [
            ("0.001", 1),
            ("10.55", 10_550),
            ("1.0", 1000),
            ("1e3", 1_000_000),
            ("4503599627370.495", 4_503_599_627_370_495),
        ] {
            assert_eq!(read(text), Some(Json::Thousandths(thousandths)), "{text}");
        }
        for text in ["-1.5", "0.0001", "10.5500001", "1e300", "9007199254740.993"] {
            assert_eq!(read(text), Some(Json::OtherNumber), "{text}");
        }
        for cents in (0..200_000_u64).chain([123_456_789_012, 99_999_999_999]) {
            let text = format!("{}.{:02}", cents / 100, cents % 100);
            assert_eq!(read(&text), Some(Json::Thousandths(cents * 10)), "{text}");
        }
    }

    #[test]
    fn refuses_what_could_be_read_two_ways() {
        for text in [
            r#"{"a":1,"a":1}"#,
            r#"{"status":"FAILED","status":"COMPLETED"}"#,
            r#"{"a":1,"\u0061":2}"#,
            r#"{"a":{"b":1,"b":2}}"#,
            r#"{"a":1}{"a":1}"#,
            r#"{"a":1,}"#,
            r#"{a:1}"#,
            r#"{"a":1"#,
            "",
            "nul",
            "NaN",
            "\u{feff}{}",
            &"[".repeat(200),
            &format!("{{{}}}", (0..300).map(|key| format!("\"{key}\":0")).collect::<Vec<_>>().join(",")),
        ] {
            assert_eq!(Json::parse(text.as_bytes()), None, "{text}");
        }
        assert_eq!(Json::parse(b"\"\xff\""), None);
    }

    proptest! {
        #[test]
        fn no_bytes_panic(bytes: Vec<u8>, text in r#"[\[\]{}":,0-9a-z\\ .eE+-]{0,64}"#) {
            let _ = Json::parse(&bytes);
            let _ = Json::parse(text.as_bytes());
        }
    }
}

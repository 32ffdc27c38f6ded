//! Deterministic CBOR (RFC 8949 §4.2.1), as much of it as an imprint and a bundle need.
//!
//! Unsigned integers, byte strings, text, arrays, and maps with unsigned keys. Every value has one spelling: the reader refuses a
//! longer one, an unsorted or repeated key, an indefinite length and anything after the end.

use alloc::string::String;
use alloc::vec::Vec;

use zeroize::Zeroize;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    Uint(u64),
    Bytes(Vec<u8>),
    Text(String),
    Array(Vec<Value>),
    Map(Vec<(u64, Value)>),
}

const UINT: u8 = 0;
const BYTES: u8 = 2;
const TEXT: u8 = 3;
const ARRAY: u8 = 4;
const MAP: u8 = 5;

/// A bundle is three deep.
const DEPTH_MAX: u8 = 6;

impl Value {
    /// `None` when the bytes are not one value in its one spelling.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let mut reader = Reader { rest: bytes };
        let value = reader.value(DEPTH_MAX)?;
        reader.rest.is_empty().then_some(value)
    }

    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::new();
        self.write(&mut out);
        out
    }

    fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::Uint(number) => head(out, UINT, *number),
            Self::Bytes(bytes) => {
                head(out, BYTES, bytes.len() as u64);
                out.extend_from_slice(bytes);
            }
            Self::Text(text) => {
                head(out, TEXT, text.len() as u64);
                out.extend_from_slice(text.as_bytes());
            }
            Self::Array(items) => {
                head(out, ARRAY, items.len() as u64);
                for item in items {
                    item.write(out);
                }
            }
            Self::Map(members) => {
                head(out, MAP, members.len() as u64);
                for (key, value) in members {
                    head(out, UINT, *key);
                    value.write(out);
                }
            }
        }
    }

    /// The member of a map.
    pub fn get(&self, key: u64) -> Option<&Self> {
        match self {
            Self::Map(members) => members.iter().find(|(known, _)| *known == key).map(|(_, value)| value),
            _ => None,
        }
    }

    pub fn uint(&self) -> Option<u64> {
        match self {
            Self::Uint(number) => Some(*number),
            _ => None,
        }
    }

    pub fn bytes(&self) -> Option<&[u8]> {
        match self {
            Self::Bytes(bytes) => Some(bytes),
            _ => None,
        }
    }

    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    pub fn array(&self) -> Option<&[Self]> {
        match self {
            Self::Array(items) => Some(items),
            _ => None,
        }
    }

    pub fn texts(&self) -> Option<Vec<String>> {
        self.array()?.iter().map(|item| item.text().map(String::from)).collect()
    }
}

/// Keys pass through here: what is dropped is wiped.
impl Zeroize for Value {
    fn zeroize(&mut self) {
        match self {
            Self::Uint(number) => number.zeroize(),
            Self::Bytes(bytes) => bytes.zeroize(),
            Self::Text(text) => text.zeroize(),
            Self::Array(items) => items.iter_mut().for_each(Zeroize::zeroize),
            Self::Map(members) => members.iter_mut().for_each(|(_, value)| value.zeroize()),
        }
    }
}

fn head(out: &mut Vec<u8>, major: u8, number: u64) {
    let major = major << 5;
    let bytes = number.to_be_bytes();
    let (short, width): (u8, usize) = match number {
        0..=23 => return out.push(major | bytes[7]),
        24..=0xff => (24, 1),
        0x100..=0xffff => (25, 2),
        0x1_0000..=0xffff_ffff => (26, 4),
        _ => (27, 8),
    };
    out.push(major | short);
    out.extend(bytes.iter().skip(8 - width));
}

struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    fn take(&mut self, length: u64) -> Option<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(usize::try_from(length).ok()?)?;
        self.rest = rest;
        Some(taken)
    }

    fn head(&mut self) -> Option<(u8, u64)> {
        let first = *self.take(1)?.first()?;
        let (width, least) = match first & 31 {
            direct @ 0..=23 => return Some((first >> 5, u64::from(direct))),
            24 => (1, 24),
            25 => (2, 0x100),
            26 => (4, 0x1_0000),
            27 => (8, 0x1_0000_0000),
            _ => return None,
        };
        let number = self.take(width)?.iter().fold(0, |number, byte| number << 8 | u64::from(*byte));
        (number >= least).then_some((first >> 5, number))
    }

    fn value(&mut self, depth: u8) -> Option<Value> {
        let depth = depth.checked_sub(1)?;
        let (major, number) = self.head()?;
        // Each item takes a byte at least: no length can ask for more room than there are bytes.
        let items = || usize::try_from(number).ok().filter(|count| *count <= self.rest.len());
        match major {
            UINT => Some(Value::Uint(number)),
            BYTES => Some(Value::Bytes(self.take(number)?.to_vec())),
            TEXT => Some(Value::Text(core::str::from_utf8(self.take(number)?).ok()?.into())),
            ARRAY => (0..items()?).map(|_| self.value(depth)).collect::<Option<_>>().map(Value::Array),
            MAP => {
                let mut members: Vec<(u64, Value)> = Vec::new();
                for _ in 0..items()? {
                    let (UINT, key) = self.head()? else {
                        return None;
                    };
                    if members.last().is_some_and(|(before, _)| *before >= key) {
                        return None;
                    }
                    members.push((key, self.value(depth)?));
                }
                Some(Value::Map(members))
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hex::{from_hex, to_hex};

    /// RFC 8949, appendix A, as far as these types go.
    #[test]
    fn the_examples_of_the_rfc() {
        for (hex, value) in [
            ("00", Value::Uint(0)),
            ("17", Value::Uint(23)),
            ("1818", Value::Uint(24)),
            ("1864", Value::Uint(100)),
            ("1903e8", Value::Uint(1000)),
            ("1a000f4240", Value::Uint(1_000_000)),
            ("1b000000e8d4a51000", Value::Uint(1_000_000_000_000)),
            ("1bffffffffffffffff", Value::Uint(u64::MAX)),
            ("40", Value::Bytes(Vec::new())),
            ("4401020304", Value::Bytes(alloc::vec![1, 2, 3, 4])),
            ("60", Value::Text(String::new())),
            ("6449455446", Value::Text("IETF".into())),
            ("62c3bc", Value::Text("ü".into())),
            ("80", Value::Array(Vec::new())),
            (
                "8301820203820405",
                Value::Array(alloc::vec![
                    Value::Uint(1),
                    Value::Array(alloc::vec![Value::Uint(2), Value::Uint(3)]),
                    Value::Array(alloc::vec![Value::Uint(4), Value::Uint(5)]),
                ]),
            ),
            ("a201020304", Value::Map(alloc::vec![(1, Value::Uint(2)), (3, Value::Uint(4))])),
        ] {
            assert_eq!(to_hex(&value.encode()), hex);
            assert_eq!(Value::parse(&from_hex(hex).unwrap()), Some(value));
        }
    }

    #[test]
    fn another_spelling_is_refused() {
        for hex in [
            "",
            "1817",
            "190017",
            "1900ff",
            "1a0000ffff",
            "1b00000000ffffffff",
            "1c",
            "1f",
            "18",
            "1903",
            "20",
            "c0",
            "f4",
            "f6",
            "f93c00",
            "5f40ff",
            "7f60ff",
            "9fff",
            "bfff",
            "41",
            "420a",
            "61ff",
            "82",
            "8101ff",
            "0000",
            "a1",
            "a101",
            "a203040102",
            "a201020102",
            "a1616101",
            "9bffffffffffffffff",
            "5bffffffffffffffff",
            "bbffffffffffffffff",
            "81818181818180",
        ] {
            assert_eq!(Value::parse(&from_hex(hex).unwrap()), None, "{hex}");
        }
    }
}

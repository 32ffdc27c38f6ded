//! The little DER (X.690) that keys and ECDSA signatures are written in: read strictly, one spelling for each value.
//!
//! The crates `der`, `spki`, `pkcs8` and `pem-rfc7468` do the same and more; they were a seventh of vault.wasm.

use alloc::vec::Vec;

use base64ct::{Base64, Encoding as _};
use zeroize::Zeroizing;

pub const SEQUENCE: u8 = 0x30;
pub const INTEGER: u8 = 0x02;
pub const BIT_STRING: u8 = 0x03;
pub const OCTET_STRING: u8 = 0x04;
/// `[0]` and `[1]`, constructed.
pub const CONTEXT_0: u8 = 0xa0;
pub const CONTEXT_1: u8 = 0xa1;

/// What is left to read.
#[derive(Debug, Clone, Copy)]
pub struct Reader<'a>(pub &'a [u8]);

impl<'a> Reader<'a> {
    /// The contents of the next value, which must have this tag and the shortest spelling of its length.
    pub fn read(&mut self, tag: u8) -> Option<&'a [u8]> {
        let (&found, rest) = self.0.split_first()?;
        let (&first, rest) = rest.split_first()?;
        let (length, rest) = match first {
            0..=0x7f => (usize::from(first), rest),
            0x81 => {
                let (&byte, rest) = rest.split_first()?;
                (usize::from(byte), rest)
            }
            0x82 => {
                let (bytes, rest) = rest.split_first_chunk::<2>()?;
                (usize::from(u16::from_be_bytes(*bytes)), rest)
            }
            _ => return None,
        };
        let shortest = match first {
            0x81 => length >= 0x80,
            0x82 => length >= 0x100,
            _ => true,
        };
        let (contents, rest) = rest.split_at_checked(length)?;
        if found != tag || !shortest {
            return None;
        }
        self.0 = rest;
        Some(contents)
    }

    /// The next value when it has this tag; nothing is consumed when it has another.
    pub fn read_optional(&mut self, tag: u8) -> Option<Option<&'a [u8]>> {
        if self.0.first() == Some(&tag) { self.read(tag).map(Some) } else { Some(None) }
    }

    /// A positive integer, big-endian without leading zeros.
    pub fn positive(&mut self) -> Option<&'a [u8]> {
        match self.read(INTEGER)? {
            [0, magnitude @ ..] if magnitude.first().is_some_and(|first| *first >= 0x80) => Some(magnitude),
            magnitude @ [1..=0x7f, ..] => Some(magnitude),
            _ => None,
        }
    }

    /// `None` when something is left.
    pub fn end(self) -> Option<()> {
        self.0.is_empty().then_some(())
    }
}

/// One value and nothing after it.
pub fn only(der: &[u8], tag: u8) -> Option<&[u8]> {
    let mut reader = Reader(der);
    let contents = reader.read(tag)?;
    reader.end()?;
    Some(contents)
}

/// The contents of a PEM text with this label (RFC 7468), white space aside.
pub fn from_pem(pem: &str, label: &str) -> Option<Zeroizing<Vec<u8>>> {
    let body = pem
        .trim_ascii()
        .strip_prefix("-----BEGIN ")?
        .strip_prefix(label)?
        .strip_prefix("-----")?
        .strip_suffix("-----")?
        .strip_suffix(label)?
        .strip_suffix("-----END ")?;
    // Room for all of it at once: growing would leave copies of a key behind.
    let mut text = Zeroizing::new(Vec::with_capacity(body.len()));
    text.extend(body.bytes().filter(|byte| !byte.is_ascii_whitespace()));
    Base64::decode_vec(core::str::from_utf8(&text).ok()?).ok().map(Zeroizing::new)
}

/// The key within a `PrivateKeyInfo` (RFC 5958) of this algorithm, given as the contents of its `AlgorithmIdentifier`.
pub fn private_key<'a>(der: &'a [u8], algorithm: &[u8]) -> Option<&'a [u8]> {
    let mut info = Reader(only(der, SEQUENCE)?);
    let version = info.read(INTEGER)?;
    if !matches!(version, [0 | 1]) || info.read(SEQUENCE)? != algorithm {
        return None;
    }
    let key = info.read(OCTET_STRING)?;
    // Attributes and a public key may follow; neither says anything that the private key does not.
    info.read_optional(CONTEXT_0)?;
    info.read_optional(0x81)?;
    info.end()?;
    Some(key)
}

/// The key within a `SubjectPublicKeyInfo` (RFC 5280) of this algorithm.
pub fn public_key<'a>(der: &'a [u8], algorithm: &[u8]) -> Option<&'a [u8]> {
    let mut info = Reader(only(der, SEQUENCE)?);
    if info.read(SEQUENCE)? != algorithm {
        return None;
    }
    let bits = info.read(BIT_STRING)?;
    info.end()?;
    bits.strip_prefix(&[0])
}

/// Appends a value; `contents` is at most 255 bytes long.
pub fn write(out: &mut Vec<u8>, tag: u8, contents: &[u8]) {
    out.push(tag);
    let length = u8::try_from(contents.len()).unwrap_or(u8::MAX);
    if length >= 0x80 {
        out.push(0x81);
    }
    out.push(length);
    out.extend_from_slice(contents);
}

/// Appends a positive integer given big-endian, leading zeros or not.
pub fn write_positive(out: &mut Vec<u8>, bytes: &[u8]) {
    let start = bytes.iter().position(|byte| *byte != 0).unwrap_or(bytes.len());
    let magnitude = bytes.get(start..).unwrap_or_default();
    let mut contents = Vec::with_capacity(magnitude.len() + 1);
    if magnitude.first().is_none_or(|byte| *byte >= 0x80) {
        contents.push(0);
    }
    contents.extend_from_slice(magnitude);
    write(out, INTEGER, &contents);
}

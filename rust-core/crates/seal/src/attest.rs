//! What the core vouches for.
//!
//! A verdict travels through a queue and a snapshot lies in Redis; both belong to others. Each carries HMAC-SHA256 under a key
//! that never leaves the core, so that a stolen queue or Redis token cannot make a payment look paid. Every kind of content has
//! its own domain: a tag made for one says nothing about another.

use alloc::string::String;
use alloc::vec::Vec;

use httpsig::hmac::{hmac_sha256, verify_hmac_sha256};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::hex::{from_hex, to_hex};

/// What a tag is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Domain {
    /// The verdict on a callback: its text.
    Verdict,
    /// A snapshot of a payment: the payment's id, the text.
    Snapshot,
}

impl Domain {
    const fn prefix(self) -> &'static [u8] {
        match self {
            Self::Verdict => b"lango/verdict/v1\0",
            Self::Snapshot => b"lango/snapshot/v1\0",
        }
    }
}

/// A tag in hex, and which key made it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tag {
    pub mac: String,
    pub kid: String,
}

struct Key {
    bytes: Zeroizing<Vec<u8>>,
    kid: String,
}

impl Key {
    fn new(bytes: &[u8]) -> Option<Self> {
        if !(KEY_BYTES_MIN..=KEY_BYTES_MAX).contains(&bytes.len()) {
            return None;
        }
        let bytes = Zeroizing::new(bytes.to_vec());
        // Of a derived value: the id is public, and must not be a digest of the key itself.
        let fingerprint = Sha256::digest(hmac_sha256(&bytes, &[b"lango/key-id/v1\0"]));
        let kid = to_hex(fingerprint.as_slice()).chars().take(KID_DIGITS).collect();
        Some(Self { bytes, kid })
    }
}

const KEY_BYTES_MIN: usize = 32;
const KEY_BYTES_MAX: usize = 128;
const KID_DIGITS: usize = 8;

/// The current key signs; the previous one still verifies, so that keys can be changed while messages are under way.
pub struct Attestor {
    current: Key,
    previous: Option<Key>,
}

impl Attestor {
    /// Keys of 32 to 128 bytes; `None` when one is not, or both are the same.
    #[must_use]
    pub fn new(current: &[u8], previous: Option<&[u8]>) -> Option<Self> {
        let current = Key::new(current)?;
        let previous = match previous {
            None => None,
            Some(bytes) => Some(Key::new(bytes).filter(|key| key.kid != current.kid)?),
        };
        Some(Self { current, previous })
    }

    /// The tag over the parts. Parts enter with their lengths: no two lists of parts give the same bytes.
    #[must_use]
    pub fn tag(&self, domain: Domain, parts: &[&[u8]]) -> Tag {
        let mac = with_framing(domain, parts, |framed| hmac_sha256(&self.current.bytes, framed));
        Tag { mac: to_hex(&mac), kid: self.current.kid.clone() }
    }

    /// Whether the core made this tag over these parts. Takes the same time whatever the tag says.
    #[must_use]
    pub fn verify(&self, domain: Domain, parts: &[&[u8]], tag: &Tag) -> bool {
        let Some(mac) = from_hex(&tag.mac) else {
            return false;
        };
        [Some(&self.current), self.previous.as_ref()]
            .into_iter()
            .flatten()
            .find(|key| key.kid == tag.kid)
            .is_some_and(|key| with_framing(domain, parts, |framed| verify_hmac_sha256(&key.bytes, framed, &mac)))
    }
}

fn with_framing<T>(domain: Domain, parts: &[&[u8]], then: impl FnOnce(&[&[u8]]) -> T) -> T {
    let lengths: Vec<[u8; 8]> = parts.iter().map(|part| (part.len() as u64).to_be_bytes()).collect();
    let mut framed: Vec<&[u8]> = Vec::with_capacity(1 + 2 * parts.len());
    framed.push(domain.prefix());
    for (length, part) in lengths.iter().zip(parts) {
        framed.push(length);
        framed.push(part);
    }
    then(&framed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    const ONE: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
    const TWO: &str = "ff0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

    fn key(hex: &str) -> Vec<u8> {
        from_hex(hex).unwrap()
    }

    fn attestor(current: &str, previous: Option<&str>) -> Attestor {
        Attestor::new(&key(current), previous.map(key).as_deref()).unwrap()
    }

    /// Computed by another program (Python's hmac and hashlib).
    #[test]
    fn tags_are_the_same_for_ever() {
        let tag = attestor(ONE, None).tag(Domain::Verdict, &[b"{\"v\":1}"]);
        assert_eq!((tag.mac.as_str(), tag.kid.as_str()), (TAG_OF_ONE, KID_OF_ONE));
    }
    const TAG_OF_ONE: &str = "b72857baa6436828413f5d6b013f1ca7ce22c5536b38149e97428809176aca58";
    const KID_OF_ONE: &str = "4e2d88ab";

    #[test]
    fn t63_a_tag_is_good_for_its_own_content_only() {
        let keys = attestor(ONE, None);
        let tag = keys.tag(Domain::Snapshot, &[b"pay_1", b"text"]);
        assert!(keys.verify(Domain::Snapshot, &[b"pay_1", b"text"], &tag));
        let others: [(Domain, &[&[u8]]); 6] = [
            (Domain::Verdict, &[b"pay_1", b"text"]),
            (Domain::Snapshot, &[b"pay_2", b"text"]),
            (Domain::Snapshot, &[b"pay_1", b"texT"]),
            (Domain::Snapshot, &[b"pay_1t", b"ext"]),
            (Domain::Snapshot, &[b"pay_1text"]),
            (Domain::Snapshot, &[b"pay_1", b"text", b""]),
        ];
        for (domain, parts) in others {
            assert!(!keys.verify(domain, parts, &tag), "{domain:?} {parts:?}");
        }
    }

    #[test]
    fn t63_a_changed_tag_is_not_a_tag() {
        let keys = attestor(ONE, None);
        let tag = keys.tag(Domain::Verdict, &[b"text"]);
        for position in 0..tag.mac.len() {
            let mut mac = tag.mac.clone().into_bytes();
            mac[position] = if mac[position] == b'0' { b'1' } else { b'0' };
            let mac = String::from_utf8(mac).unwrap();
            assert!(!keys.verify(Domain::Verdict, &[b"text"], &Tag { mac, kid: tag.kid.clone() }), "{position}");
        }
        for mac in ["", "00", &tag.mac[..62], &alloc::format!("{}00", tag.mac), &alloc::format!("{} ", tag.mac)] {
            let tag = Tag { mac: mac.to_string(), kid: tag.kid.clone() };
            assert!(!keys.verify(Domain::Verdict, &[b"text"], &tag), "{mac}");
        }
        assert!(!keys.verify(Domain::Verdict, &[b"text"], &Tag { mac: tag.mac.clone(), kid: "00000000".to_string() }));
        assert!(!keys.verify(Domain::Verdict, &[b"text"], &Tag { mac: tag.mac, kid: String::new() }));
    }

    #[test]
    fn the_previous_key_verifies_and_does_not_sign() {
        let before = attestor(ONE, None).tag(Domain::Verdict, &[b"text"]);
        let rotated = attestor(TWO, Some(ONE));
        assert!(rotated.verify(Domain::Verdict, &[b"text"], &before));
        assert_ne!(rotated.tag(Domain::Verdict, &[b"text"]).kid, before.kid);
        assert!(!attestor(TWO, None).verify(Domain::Verdict, &[b"text"], &before));
    }

    #[test]
    fn bad_keys_are_refused() {
        let one = key(ONE);
        for length in [0, 1, 31, 129] {
            let bad = alloc::vec![0xab; length];
            assert!(Attestor::new(&bad, None).is_none(), "{length}");
            assert!(Attestor::new(&one, Some(&bad)).is_none(), "{length}");
        }
        assert!(Attestor::new(&one, Some(&one)).is_none());
        // The shortest and the longest that are taken.
        for length in [32, 128] {
            assert!(Attestor::new(&alloc::vec![0xab; length], None).is_some(), "{length}");
        }
    }
}

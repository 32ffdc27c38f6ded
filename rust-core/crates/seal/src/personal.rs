//! Keyed hashes of phone numbers: HMAC-SHA256 under the personal-data key, `{key id}.{32 hex digits}`.
//!
//! Keyed, because the numbers of a country can all be tried in seconds. Whoever holds the rows does not hold the key.

use alloc::string::String;
use alloc::vec::Vec;

use httpsig::hmac::hmac_sha256;
use zeroize::Zeroizing;

use crate::hex::to_hex;

struct Key {
    bytes: Zeroizing<Vec<u8>>,
    id: String,
}

/// 128 bits: two customers of a whole continent do not meet.
const HASH_BYTES: usize = 16;
const ID_BYTES: usize = 4;
const KEY_BYTES_MIN: usize = 32;

impl Key {
    fn new(bytes: &[u8]) -> Option<Self> {
        if bytes.len() < KEY_BYTES_MIN {
            return None;
        }
        let id = shortened(hmac_sha256(bytes, &[b"lango key id"]), ID_BYTES);
        Some(Self { bytes: Zeroizing::new(bytes.to_vec()), id })
    }

    /// The purpose stands before the number, so that what is made for one use tells nothing about the other.
    fn hash(&self, purpose: &str, phone_number: &str) -> String {
        let mac = hmac_sha256(&self.bytes, &[purpose.as_bytes(), b"\n", phone_number.as_bytes()]);
        let mut hash = self.id.clone();
        hash.push('.');
        hash.push_str(&shortened(mac, HASH_BYTES));
        hash
    }
}

fn shortened(mac: [u8; 32], bytes: usize) -> String {
    to_hex(mac.get(..bytes).unwrap_or_default())
}

/// The current key makes hashes; what the previous one made is still found by it.
pub struct PhoneHasher {
    current: Key,
    previous: Option<Key>,
}

#[derive(Debug, PartialEq, Eq)]
pub struct PhoneHashes {
    pub current: String,
    pub previous: Option<String>,
    /// For the list of those who asked to be forgotten.
    pub erased: String,
}

impl PhoneHasher {
    /// Keys of at least 32 bytes.
    #[must_use]
    pub fn new(current: &[u8], previous: Option<&[u8]>) -> Option<Self> {
        let previous = match previous {
            None => None,
            Some(bytes) => Some(Key::new(bytes)?),
        };
        Some(Self { current: Key::new(current)?, previous })
    }

    #[must_use]
    pub fn hash(&self, phone_number: &str) -> PhoneHashes {
        PhoneHashes {
            current: self.current.hash("phone", phone_number),
            previous: self.previous.as_ref().map(|key| key.hash("phone", phone_number)),
            erased: self.current.hash("erased", phone_number),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NUMBER: &str = "260763456789";
    const OLD: [u8; 32] = [0xc9; 32];
    const NEW: [u8; 32] = [0xd0; 32];

    fn hashes(key: &[u8], number: &str) -> PhoneHashes {
        PhoneHasher::new(key, None).unwrap().hash(number)
    }

    /// HMAC-SHA256 under c9…c9 by another implementation (Python's hmac): it may not change, rows hold it.
    #[test]
    fn t55_the_hash_of_a_number_is_the_same_for_ever() {
        let PhoneHashes { current, previous, erased } = hashes(&OLD, NUMBER);
        assert_eq!(current, "319ef03b.652c2596786911698c9e87121869dbd5");
        assert_eq!(erased, "319ef03b.bd6ad21646abda58ab941f141056fb09");
        assert_eq!(previous, None);
    }

    #[test]
    fn t55_it_is_another_for_another_number_key_or_purpose() {
        let (one, other, renewed) = (hashes(&OLD, NUMBER), hashes(&OLD, "260763456788"), hashes(&NEW, NUMBER));
        let tails: Vec<&str> =
            [&one, &other, &renewed].iter().flat_map(|each| [&each.current[9..], &each.erased[9..]]).collect();
        for (index, tail) in tails.iter().enumerate() {
            assert!(!tails[..index].contains(tail), "{index}");
        }
        assert_eq!(one.current[..8], other.current[..8]);
        assert_ne!(one.current[..8], renewed.current[..8]);
    }

    #[test]
    fn t55_during_a_rotation_it_is_told_under_both_keys() {
        let both = PhoneHasher::new(&NEW, Some(&OLD)).unwrap().hash(NUMBER);
        assert_eq!(both.previous, Some(hashes(&OLD, NUMBER).current));
        assert_eq!(both.current, hashes(&NEW, NUMBER).current);
        assert!(PhoneHasher::new(&OLD[..31], None).is_none());
        assert!(PhoneHasher::new(&NEW, Some(&OLD[..31])).is_none());
    }
}

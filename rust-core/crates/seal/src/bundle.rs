//! What a blob holds: keys, where requests may go and what they may carry, and the program.

use alloc::string::String;
use alloc::vec::Vec;

use zeroize::{Zeroize, Zeroizing};

use crate::cbor::Value;

/// Which of the keys for one use. A key is published as `Next`, used as `Current`, and verifies as `Previous` what it made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Slot {
    Current,
    Previous,
    Next,
}

pub struct SealedKey {
    /// As the other side knows it, for a key that signs; empty for one that nobody else knows.
    pub kid: String,
    pub slot: Slot,
    pub not_before_s: u64,
    pub not_after_s: u64,
    purpose: String,
    material: Zeroizing<Vec<u8>>,
}

impl SealedKey {
    #[must_use]
    pub fn material(&self) -> &[u8] {
        &self.material
    }

    fn parse(value: &Value) -> Option<Self> {
        let slot = match value.get(3)?.uint()? {
            0 => Slot::Current,
            1 => Slot::Previous,
            2 => Slot::Next,
            _ => return None,
        };
        Some(Self {
            kid: value.get(1)?.text()?.into(),
            purpose: value.get(2)?.text()?.into(),
            slot,
            not_before_s: value.get(4)?.uint()?,
            not_after_s: value.get(5)?.uint()?,
            material: Zeroizing::new(value.get(6)?.bytes()?.to_vec()),
        })
    }
}

pub struct Bundle {
    keys: Vec<SealedKey>,
    /// `https://host[:port]`: where requests may go.
    pub origins: Vec<String>,
    /// Lower case: what a request may carry.
    pub headers: Vec<String>,
    pub body_bytes_max: usize,
    /// Empty when there is none.
    pub program: Vec<u8>,
}

const FORMAT: u64 = 1;

impl Bundle {
    #[must_use]
    pub fn parse(plaintext: &[u8]) -> Option<Self> {
        let mut map = Value::parse(plaintext)?;
        let bundle = Self::read(&map);
        map.zeroize();
        bundle
    }

    fn read(map: &Value) -> Option<Self> {
        if map.get(1)?.uint()? != FORMAT {
            return None;
        }
        Some(Self {
            keys: map.get(2)?.array()?.iter().map(SealedKey::parse).collect::<Option<_>>()?,
            origins: map.get(3)?.texts()?,
            headers: map.get(4)?.texts()?,
            body_bytes_max: usize::try_from(map.get(5)?.get(1)?.uint()?).ok()?,
            program: map.get(6)?.bytes()?.to_vec(),
        })
    }

    /// The key for a use in one slot.
    #[must_use]
    pub fn key(&self, purpose: &str, slot: Slot) -> Option<&SealedKey> {
        self.keys.iter().find(|key| key.purpose == purpose && key.slot == slot)
    }

    /// The key to sign with: the current one; once its time is over, the next one, which the other side has known for long.
    #[must_use]
    pub fn signing_key(&self, purpose: &str, now_s: u64) -> Option<&SealedKey> {
        [Slot::Current, Slot::Next]
            .into_iter()
            .filter_map(|slot| self.key(purpose, slot))
            .find(|key| (key.not_before_s..=key.not_after_s).contains(&now_s))
    }
}

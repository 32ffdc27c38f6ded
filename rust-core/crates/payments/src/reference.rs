//! A gateway reference is the payment it belongs to, in disguise.
//!
//! A gateway wants an id that we mint before the call, shaped like a UUIDv4, and its callback brings nothing else back. The 122
//! free bits of a UUIDv4 carry 104 bits of payment key, 8 bits of attempt number and 10 check bits, put through a keyed
//! permutation. Decoding needs no index, so a callback finds its payment with every cache and database away.
//!
//! The permutation key is not a secret and never rotates (decision 0002): nothing is authorised by knowing it. The check bits
//! tell our references from another system's on the same gateway account; they authenticate nothing.

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

/// What a payment's name is derived from: the first 104 bits of a SHA-256 over its identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PaymentKey(pub [u8; 13]);

const ID_PREFIX: &str = "pay_";

impl PaymentKey {
    /// Reads `pay_` + 26 lower-case hex digits.
    #[must_use]
    pub fn from_id(id: &str) -> Option<Self> {
        let digits = id.strip_prefix(ID_PREFIX)?.as_bytes();
        let mut key = [0_u8; 13];
        if digits.len() != 2 * key.len() {
            return None;
        }
        for (byte, pair) in key.iter_mut().zip(digits.chunks_exact(2)) {
            *byte = 16 * hex_digit(*pair.first()?)? + hex_digit(*pair.last()?)?;
        }
        Some(Self(key))
    }

    #[must_use]
    pub fn to_id(&self) -> String {
        format!("{ID_PREFIX}{}", hex(&self.0))
    }
}

/// The payment of (merchant, mode, natural key). `kind` says what the natural key is: `invoice` or `idempotency_key`.
///
/// Parts are hashed with their lengths, so that no two different identities give the same bytes.
#[must_use]
pub fn payment_key(merchant: &str, mode: &str, kind: &str, value: &str) -> PaymentKey {
    let mut hash = Sha256::new();
    for part in ["lango/payment-key/v1", merchant, mode, kind, value] {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    let digest = hash.finalize();
    let mut key = [0_u8; 13];
    for (byte, from) in key.iter_mut().zip(digest) {
        *byte = from;
    }
    PaymentKey(key)
}

const HALF_BITS: u32 = 61;
const HALF_MASK: u64 = (1 << HALF_BITS) - 1;
const CHECK_BITS: u32 = 10;
const ATTEMPT_BITS: u32 = 8;
/// Luby and Rackoff need four rounds for a strong permutation; the rest is margin, at microseconds.
const ROUNDS: u8 = 10;

/// The reference of attempt `attempt` (1–255) of a payment, as a lower-case UUIDv4.
///
/// Attempt 0 does not exist: it encodes, and `decode` refuses it.
#[must_use]
pub fn encode(key: &[u8; 32], payment: &PaymentKey, attempt: u8) -> String {
    let plain = payment.0.iter().fold(0_u128, |bits, byte| (bits << 8) + u128::from(*byte));
    let plain = ((plain << ATTEMPT_BITS) + u128::from(attempt)) << CHECK_BITS;
    to_uuid(permute(key, plain))
}

/// What `encode` was given, or `None` when this is not a reference of ours: bad shape, check bits or attempt.
///
/// A random UUIDv4 passes about once in 1024 times, so a decoded payment need not exist.
#[must_use]
pub fn decode(key: &[u8; 32], uuid: &str) -> Option<(PaymentKey, u8)> {
    let plain = unpermute(key, from_uuid(uuid)?);
    if plain & ((1 << CHECK_BITS) - 1) != 0 {
        return None;
    }
    let attempt = (plain >> CHECK_BITS & 0xff) as u8;
    if attempt == 0 {
        return None;
    }
    let mut bits = plain >> (CHECK_BITS + ATTEMPT_BITS);
    let mut payment = [0_u8; 13];
    for byte in payment.iter_mut().rev() {
        *byte = (bits & 0xff) as u8;
        bits >>= 8;
    }
    Some((PaymentKey(payment), attempt))
}

fn permute(key: &[u8; 32], bits: u128) -> u128 {
    let keyed = keyed(key);
    let (mut left, mut right) = split(bits);
    for round in 0..ROUNDS {
        (left, right) = (right, left ^ mix(keyed.clone(), round, right));
    }
    join(left, right)
}

fn unpermute(key: &[u8; 32], bits: u128) -> u128 {
    let keyed = keyed(key);
    let (mut left, mut right) = split(bits);
    for round in (0..ROUNDS).rev() {
        (left, right) = (right ^ mix(keyed.clone(), round, left), left);
    }
    join(left, right)
}

/// What the key costs is paid once, not once a round.
fn keyed(key: &[u8; 32]) -> Hmac<Sha256> {
    #[expect(clippy::expect_used, reason = "HMAC takes a key of any length")]
    Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes a key of any length")
}

fn mix(mut mac: Hmac<Sha256>, round: u8, half: u64) -> u64 {
    mac.update(b"lango/reference/v1");
    mac.update(&[round]);
    mac.update(&half.to_be_bytes());
    let tag = mac.finalize().into_bytes();
    tag.iter().take(8).fold(0_u64, |bits, byte| (bits << 8) + u64::from(*byte)) & HALF_MASK
}

fn split(bits: u128) -> (u64, u64) {
    ((bits >> HALF_BITS) as u64 & HALF_MASK, bits as u64 & HALF_MASK)
}

fn join(left: u64, right: u64) -> u128 {
    (u128::from(left) << HALF_BITS) + u128::from(right)
}

/// RFC 9562 §5.4: 48 free bits, version 4, 12 free bits, variant 10, 62 free bits.
fn to_uuid(free: u128) -> String {
    let high = free >> 74 & 0xffff_ffff_ffff;
    let middle = free >> 62 & 0xfff;
    let low = free & ((1 << 62) - 1);
    let digits = hex(&((high << 80) + (4 << 76) + (middle << 64) + (2 << 62) + low).to_be_bytes());
    let mut uuid = String::with_capacity(36);
    for (index, digit) in digits.chars().enumerate() {
        if matches!(index, 8 | 12 | 16 | 20) {
            uuid.push('-');
        }
        uuid.push(digit);
    }
    uuid
}

/// Only the canonical form, lower case: one payment has one spelling of its reference.
fn from_uuid(text: &str) -> Option<u128> {
    if text.len() != 36 {
        return None;
    }
    let mut bits = 0_u128;
    for (index, byte) in text.bytes().enumerate() {
        match index {
            8 | 13 | 18 | 23 if byte == b'-' => {}
            8 | 13 | 18 | 23 => return None,
            _ => bits = (bits << 4) + u128::from(hex_digit(byte)?),
        }
    }
    if bits >> 76 & 0xf != 4 || bits >> 62 & 0b11 != 0b10 {
        return None;
    }
    Some(((bits >> 80) << 74) + ((bits >> 64 & 0xfff) << 62) + (bits & ((1 << 62) - 1)))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        text.extend([byte >> 4, byte & 0xf].map(|digit| char::from_digit(u32::from(digit), 16).unwrap_or('0')));
        text
    })
}

fn hex_digit(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::HashSet;

    const KEY: [u8; 32] = *b"a reference key of 32 bytes, yes";

    fn is_uuid_v4(text: &str) -> bool {
        let parts: Vec<&str> = text.split('-').collect();
        parts.iter().map(|part| part.len()).eq([8, 4, 4, 4, 12])
            && parts[2].starts_with('4')
            && parts[3].starts_with(['8', '9', 'a', 'b'])
            && text.bytes().all(|byte| matches!(byte, b'-' | b'0'..=b'9' | b'a'..=b'f'))
    }

    /// Computed by another program. A change here would orphan every payment there is.
    #[test]
    fn t12_a_payment_and_its_references_are_the_same_for_ever() {
        let payment = payment_key("mer_1", "test", "invoice", "A-1");
        assert_eq!(payment.to_id(), "pay_48604c09f863455ad7047c50c1");
        assert_eq!(encode(&KEY, &payment, 1), "0e5efda8-dc8b-4471-b44d-42d60b646b5e");
        assert_eq!(encode(&KEY, &payment, 255), "654a04cd-17d2-4839-a102-6c87933e2e8a");
    }

    #[test]
    fn other_identities_are_other_payments() {
        let identities = [
            ("mer_1", "test", "invoice", "A-1"),
            ("mer_1", "live", "invoice", "A-1"),
            ("mer_2", "test", "invoice", "A-1"),
            ("mer_1", "test", "idempotency_key", "A-1"),
            ("mer_1", "test", "invoice", "A-2"),
            ("mer_1", "testinvoice", "", "A-1"),
            ("mer_1t", "est", "invoice", "A-1"),
            ("mer_1", "test", "invoiceA", "-1"),
            ("mer_1", "test", "invoice", ""),
        ];
        let keys: HashSet<PaymentKey> = identities.iter().map(|(a, b, c, d)| payment_key(a, b, c, d)).collect();
        assert_eq!(keys.len(), identities.len());
    }

    #[test]
    fn foreign_ids_are_refused() {
        for text in [
            "",
            "pay_",
            "pay_0123456789abcdef0123456789a",
            "pay_0123456789abcdef01234567890",
            "pay_0123456789ABCDEF0123456789",
            "pay-0123456789abcdef0123456789",
            "pay_0123456789abcdef012345678g",
            "pay_0123456789abcdef01234567é",
        ] {
            assert_eq!(PaymentKey::from_id(text), None, "{text}");
        }
    }

    #[test]
    fn foreign_references_are_refused() {
        let ours = encode(&KEY, &PaymentKey([7; 13]), 3);
        assert_eq!(decode(&KEY, &ours), Some((PaymentKey([7; 13]), 3)));
        let spellings = [
            ours.to_uppercase(),
            ours.replace('-', ""),
            format!("{ours} "),
            format!("{{{ours}}}"),
            ours.replacen('-', "_", 1),
            // 36 characters, and the last 32 digits are those of a reference.
            format!("0{}", ours.replacen('-', "", 1)),
            format!("{}5{}", &ours[..14], &ours[15..]),
            format!("{}c{}", &ours[..19], &ours[20..]),
        ];
        for text in spellings {
            assert_eq!(decode(&KEY, &text), None, "{text}");
        }
        assert_eq!(decode(&KEY, &encode(&KEY, &PaymentKey([7; 13]), 0)), None);
        assert_eq!(from_uuid("00000000-0000-4000-8000-000000000000"), Some(0));
        for text in ["00000000-0000-4000-c000-000000000000", "00000000-0000-5000-8000-000000000000"] {
            assert_eq!(from_uuid(text), None, "{text}");
        }
    }

    #[test]
    fn another_systems_uuid_passes_about_once_in_a_thousand() {
        let strangers = 20_000_u32;
        let passed = (0..strangers)
            .filter(|index| {
                let digest: [u8; 32] = Sha256::digest(index.to_be_bytes()).into();
                let bits = digest.iter().take(16).fold(0_u128, |bits, byte| bits << 8 | u128::from(*byte));
                decode(&KEY, &to_uuid(bits >> 6)).is_some()
            })
            .count();
        // Expected 19.5 (2^-10, less attempt 0), standard deviation 4.4.
        assert!((4..=40).contains(&passed), "{passed} of {strangers}");
    }

    proptest! {
        #[test]
        fn decoding_undoes_encoding(key: [u8; 32], payment: [u8; 13], attempt in 1..=255_u8) {
            let payment = PaymentKey(payment);
            let uuid = encode(&key, &payment, attempt);
            prop_assert!(is_uuid_v4(&uuid), "{}", uuid);
            prop_assert_eq!(decode(&key, &uuid), Some((payment, attempt)));
            prop_assert_eq!(PaymentKey::from_id(&payment.to_id()), Some(payment));
        }

        #[test]
        fn the_permutation_is_one(key: [u8; 32], bits in 0..1_u128 << 122) {
            prop_assert_eq!(unpermute(&key, permute(&key, bits)), bits);
            prop_assert_eq!(from_uuid(&to_uuid(bits)), Some(bits));
        }

        #[test]
        fn attempts_do_not_look_alike(payment: [u8; 13], attempt in 1..255_u8) {
            let one = from_uuid(&encode(&KEY, &PaymentKey(payment), attempt)).unwrap();
            let next = from_uuid(&encode(&KEY, &PaymentKey(payment), attempt + 1)).unwrap();
            prop_assert!((one ^ next).count_ones() > 20);
        }

        #[test]
        fn no_text_panics(text in ".*", uuid in "[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}") {
            let _ = decode(&KEY, &text);
            let _ = decode(&KEY, &uuid);
            let _ = PaymentKey::from_id(&text);
        }
    }
}

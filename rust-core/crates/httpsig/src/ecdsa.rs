//! ECDSA on P-256 with SHA-256, in both spellings of a signature.

use alloc::string::String;

use crate::curve::ecdsa_over;

mod prepared;

pub use prepared::PreparedKeys;

/// id-ecPublicKey, prime256v1 (RFC 5480).
const ALGORITHM: &[u8] = b"\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07";
const CURVE: &[u8] = b"\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07";

ecdsa_over!(p256, 32, ALGORITHM, CURVE);

/// Longest and shortest signature worth looking at: DER of two 33-byte integers, DER of two 1-byte integers.
pub const SIGNATURE_BYTES: core::ops::RangeInclusive<usize> = 8..=72;

#[must_use]
pub fn to_base64(bytes: &[u8]) -> String {
    use base64ct::{Base64, Encoding as _};
    Base64::encode_string(bytes)
}

/// base64url without padding (RFC 4648 §5), in its one spelling. Read in the other alphabet, which is there anyway.
#[must_use]
pub fn from_base64url(text: &str) -> Option<Vec<u8>> {
    use base64ct::{Base64, Encoding as _};
    let mut standard = String::with_capacity(text.len() + 2);
    for character in text.chars() {
        standard.push(match character {
            '-' => '+',
            '_' => '/',
            '+' | '/' | '=' => return None,
            other => other,
        });
    }
    match standard.len() % 4 {
        0 => {}
        2 => standard.push_str("=="),
        3 => standard.push('='),
        _ => return None,
    }
    Base64::decode_vec(&standard).ok()
}

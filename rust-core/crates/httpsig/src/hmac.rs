//! HMAC-SHA256 (RFC 2104): RFC 9421's `hmac-sha256`, and what the core vouches with.

use ::hmac::{Hmac, KeyInit, Mac};
use sha2::{Sha256, Sha512};
use subtle::ConstantTimeEq;

/// The tag over the parts, one after another. Callers separate the parts (fixed domains, lengths).
#[must_use]
pub fn hmac_sha256(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    #[expect(clippy::expect_used, reason = "HMAC takes a key of any length")]
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes a key of any length");
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

/// Whether `tag` is the whole tag over the parts, in constant time; a shortened tag never is.
#[must_use]
pub fn verify_hmac_sha256(key: &[u8], parts: &[&[u8]], tag: &[u8]) -> bool {
    hmac_sha256(key, parts).ct_eq(tag).into()
}

/// The same for HMAC-SHA512.
#[must_use]
pub fn verify_hmac_sha512(key: &[u8], text: &[u8], tag: &[u8]) -> bool {
    #[expect(clippy::expect_used, reason = "HMAC takes a key of any length")]
    let mac = Hmac::<Sha512>::new_from_slice(key).expect("HMAC takes a key of any length");
    mac.chain_update(text).finalize().into_bytes().as_slice().ct_eq(tag).into()
}

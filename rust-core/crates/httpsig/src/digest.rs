//! `Content-Digest` (RFC 9530): the field binds a body to a signature that covers the field.

use alloc::string::String;

use base64ct::{Base64, Encoding};
use sha2::{Digest, Sha256, Sha512};

use crate::sf::read::parse_dictionary;
use crate::sf::{Bare, Item, Limits, Member};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DigestError {
    Malformed,
    /// Neither sha-256 nor sha-512 is there; md5 and its like prove nothing.
    Unsupported,
    Mismatch,
}

/// Whether the field's digests are those of the body. Every digest of a known algorithm must match, and one must be there.
pub fn verify_content_digest(field: &str, body: &[u8]) -> Result<(), DigestError> {
    let members = parse_dictionary(field, Limits::DIGESTS).map_err(|_| DigestError::Malformed)?;
    let mut known = false;
    let mut equal = true;
    for (algorithm, member) in &members {
        let Member::Item(Item { value: Bare::Bytes(digest), .. }) = member else {
            return Err(DigestError::Malformed);
        };
        match algorithm.as_str() {
            "sha-256" => equal &= Sha256::digest(body).as_slice() == digest.as_slice(),
            "sha-512" => equal &= Sha512::digest(body).as_slice() == digest.as_slice(),
            _ => continue,
        }
        known = true;
    }
    match (known, equal) {
        (false, _) => Err(DigestError::Unsupported),
        (true, false) => Err(DigestError::Mismatch),
        (true, true) => Ok(()),
    }
}

/// The field's value for a body: `sha-256=:…:`.
#[must_use]
pub fn sha256_content_digest(body: &[u8]) -> String {
    alloc::format!("sha-256=:{}:", Base64::encode_string(&Sha256::digest(body)))
}

/// The field's value for a body: `sha-512=:…:`.
#[must_use]
pub fn sha512_content_digest(body: &[u8]) -> String {
    alloc::format!("sha-512=:{}:", Base64::encode_string(&Sha512::digest(body)))
}

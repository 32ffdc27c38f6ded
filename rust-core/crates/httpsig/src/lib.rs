//! HTTP message signatures (RFC 9421) and content digests (RFC 9530).
//!
//! Pure: no clock, no I/O, no randomness. What is verified is bounded before it is read, and the order of checks is the
//! cheap ones first. So far requests only, and `ecdsa-p256-sha256` alone: an algorithm is a variant of [`Algorithm`], a
//! component a name that [`Request`] resolves.

#![no_std]

extern crate alloc;

pub mod digest;
pub mod ecdsa;
pub mod hmac;
pub mod message;
pub mod sf;
pub mod sign;
pub mod verify;

/// How a signature was made. It is a property of the key; what a message says about it may only agree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    EcdsaP256Sha256,
}

impl Algorithm {
    /// The name in the IANA registry "HTTP Signature Algorithms".
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::EcdsaP256Sha256 => "ecdsa-p256-sha256",
        }
    }
}

/// How an ECDSA signature is written. RFC 9421 §3.3.4 says `Raw`; pawaPay sends `Der`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// ASN.1 `SEQUENCE { r INTEGER, s INTEGER }`.
    Der,
    /// r and s, 32 bytes each, big-endian.
    Raw,
}

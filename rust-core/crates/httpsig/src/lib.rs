//! HTTP message signatures (RFC 9421) and content digests (RFC 9530).
//!
//! Pure: no clock, no I/O, no randomness. What is verified is bounded before it is read, and the order of checks is the
//! cheap ones first. The vault links what its gateways need ([`message::Request`], [`verify`], [`ecdsa`]); requests and
//! responses whole are [`components`] and [`profile`]; `ed25519`, `p384` and `rsa` are cargo features.

#![no_std]

extern crate alloc;

pub mod components;
mod curve;
pub mod der;
pub mod digest;
pub mod ecdsa;
#[cfg(feature = "p384")]
pub mod ecdsa_p384;
#[cfg(feature = "ed25519")]
pub mod ed25519;
pub mod hmac;
pub mod keys;
pub mod message;
pub mod profile;
#[cfg(feature = "rsa")]
pub mod rsa;
pub mod sf;
pub mod sign;
pub mod verify;

/// How a signature was made. It is a property of the key; what a message says about it may only agree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    HmacSha256,
    Ed25519,
    EcdsaP256Sha256,
    EcdsaP384Sha384,
    RsaPssSha512,
    RsaV15Sha256,
}

impl Algorithm {
    /// The name in the IANA registry "HTTP Signature Algorithms".
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::HmacSha256 => "hmac-sha256",
            Self::Ed25519 => "ed25519",
            Self::EcdsaP256Sha256 => "ecdsa-p256-sha256",
            Self::EcdsaP384Sha384 => "ecdsa-p384-sha384",
            Self::RsaPssSha512 => "rsa-pss-sha512",
            Self::RsaV15Sha256 => "rsa-v1_5-sha256",
        }
    }

    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [
            Self::HmacSha256,
            Self::Ed25519,
            Self::EcdsaP256Sha256,
            Self::EcdsaP384Sha384,
            Self::RsaPssSha512,
            Self::RsaV15Sha256,
        ]
        .into_iter()
        .find(|algorithm| algorithm.name() == name)
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

//! Ed25519 (RFC 8032): `ed25519` of RFC 9421, and what a provisioning key signs with.

use alloc::vec::Vec;

use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};

use crate::der;

/// id-Ed25519 (RFC 8410).
const ALGORITHM: &[u8] = b"\x06\x03\x2b\x65\x70";

pub struct PrivateKey(SigningKey);

impl PrivateKey {
    /// The 32-byte seed.
    #[must_use]
    pub fn from_bytes(seed: &[u8]) -> Option<Self> {
        Some(Self(SigningKey::from_bytes(seed.try_into().ok()?)))
    }

    /// Reads PKCS#8 PEM (`BEGIN PRIVATE KEY`).
    #[must_use]
    pub fn from_pkcs8_pem(pem: &str) -> Option<Self> {
        let document = der::from_pem(pem, "PRIVATE KEY")?;
        Self::from_bytes(der::only(der::private_key(&document, ALGORITHM)?, der::OCTET_STRING)?)
    }

    #[must_use]
    pub fn sign(&self, message: &[u8]) -> Vec<u8> {
        self.0.sign(message).to_bytes().to_vec()
    }

    #[must_use]
    pub fn public_key(&self) -> PublicKey {
        PublicKey(self.0.verifying_key())
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKey(VerifyingKey);

impl PublicKey {
    /// 32 bytes; `None` when they are no point, or a point of small order, under which anything verifies.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        VerifyingKey::from_bytes(bytes.try_into().ok()?).ok().filter(|key| !key.is_weak()).map(Self)
    }

    /// Reads SPKI PEM (`BEGIN PUBLIC KEY`).
    #[must_use]
    pub fn from_spki_pem(pem: &str) -> Option<Self> {
        let document = der::from_pem(pem, "PUBLIC KEY")?;
        Self::from_bytes(der::public_key(&document, ALGORITHM)?)
    }

    #[must_use]
    pub fn to_bytes(&self) -> [u8; 32] {
        self.0.to_bytes()
    }

    /// Strictly: 64 bytes, S below the group's order, no point of small order (so one verifier's yes is every verifier's).
    #[must_use]
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        Signature::from_slice(signature).is_ok_and(|signature| self.0.verify_strict(message, &signature).is_ok())
    }
}

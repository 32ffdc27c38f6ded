//! ECDSA on P-256 with SHA-256, in both spellings of a signature.

use alloc::string::String;
use alloc::vec::Vec;

use p256::ecdsa::signature::{Signer, Verifier};
use p256::ecdsa::{Signature, SigningKey, VerifyingKey};
use p256::pkcs8::{DecodePrivateKey, DecodePublicKey};

use crate::Encoding;

/// A private key. Signing is deterministic (RFC 6979): no randomness can be fed to it.
pub struct PrivateKey(SigningKey);

impl PrivateKey {
    /// Reads PKCS#8 PEM (`BEGIN PRIVATE KEY`); `None` for anything that is not a P-256 key.
    #[must_use]
    pub fn from_pkcs8_pem(pem: &str) -> Option<Self> {
        SigningKey::from_pkcs8_pem(pem.trim_ascii()).ok().map(Self)
    }

    #[must_use]
    pub fn sign(&self, message: &[u8], encoding: Encoding) -> Vec<u8> {
        let signature: Signature = self.0.sign(message);
        match encoding {
            Encoding::Raw => signature.to_bytes().to_vec(),
            Encoding::Der => signature.to_der().as_bytes().to_vec(),
        }
    }

    #[must_use]
    pub fn public_key(&self) -> PublicKey {
        PublicKey(*self.0.verifying_key())
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKey(VerifyingKey);

impl PublicKey {
    /// Reads SPKI PEM (`BEGIN PUBLIC KEY`); `None` for anything that is not a P-256 key.
    #[must_use]
    pub fn from_spki_pem(pem: &str) -> Option<Self> {
        VerifyingKey::from_public_key_pem(pem.trim_ascii()).ok().map(Self)
    }

    /// Verifies a signature written either way: RFC 9421 says raw, pawaPay sends DER, and a DER signature of 64 bytes exists.
    #[must_use]
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        let verifies = |signature: &Signature| self.0.verify(message, signature).is_ok();
        Signature::from_slice(signature).is_ok_and(|raw| verifies(&raw))
            || Signature::from_der(signature).is_ok_and(|der| verifies(&der))
    }
}

/// DER to r‖s; `None` when it is not strict DER, or r or s is out of range.
#[must_use]
pub fn der_to_raw(der: &[u8]) -> Option<[u8; 64]> {
    Signature::from_der(der).ok().map(|signature| signature.to_bytes().into())
}

/// r‖s to DER; `None` when r or s is out of range.
#[must_use]
pub fn raw_to_der(raw: &[u8]) -> Option<Vec<u8>> {
    Signature::from_slice(raw).ok().map(|signature| signature.to_der().as_bytes().to_vec())
}

/// Longest and shortest signature worth looking at: DER of two 33-byte integers, DER of two 1-byte integers.
pub const SIGNATURE_BYTES: core::ops::RangeInclusive<usize> = 8..=72;

#[must_use]
pub fn to_base64(bytes: &[u8]) -> String {
    use base64ct::{Base64, Encoding as _};
    Base64::encode_string(bytes)
}

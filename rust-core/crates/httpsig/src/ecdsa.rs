//! ECDSA on P-256 with SHA-256, in both spellings of a signature.

use alloc::string::String;
use alloc::vec::Vec;

use base64ct::{Base64, Encoding as _};
use p256::ecdsa::signature::{Signer, Verifier};
use p256::ecdsa::{Signature, SigningKey, VerifyingKey};
use zeroize::Zeroizing;

use crate::Encoding;

/// What stands before a P-256 key in DER. There is one way to write it, and a reader of all of ASN.1 would be a tenth of vault.wasm.
const SPKI: [u8; 26] = [
    0x30, 0x59, 0x30, 0x13, 6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1, 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7, 3,
    0x42, 0,
];
const PKCS8: [u8; 36] = [
    0x30, 0x81, 0x87, 2, 1, 0, 0x30, 0x13, 6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1, 6, 8, 0x2a, 0x86, 0x48, 0xce,
    0x3d, 3, 1, 7, 4, 0x6d, 0x30, 0x6b, 2, 1, 1, 4, 0x20,
];
/// Between the private key and its public half.
const PKCS8_PUBLIC_KEY: [u8; 5] = [0xa1, 0x44, 3, 0x42, 0];
const PKCS8_WITHOUT_PUBLIC_KEY: [u8; 35] = [
    0x30, 0x41, 2, 1, 0, 0x30, 0x13, 6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1, 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3,
    1, 7, 4, 0x27, 0x30, 0x25, 2, 1, 1, 4, 0x20,
];

/// What is between the lines of a PEM file (RFC 7468).
fn pem_body(pem: &str, label: &str) -> Option<Vec<u8>> {
    let body = pem
        .trim_ascii()
        .strip_prefix("-----BEGIN ")?
        .strip_prefix(label)?
        .strip_prefix("-----")?
        .strip_suffix("-----")?
        .strip_suffix(label)?
        .strip_suffix("-----END ")?;
    let text: Zeroizing<String> = Zeroizing::new(body.split_ascii_whitespace().collect());
    Base64::decode_vec(&text).ok()
}

/// A private key. Signing is deterministic (RFC 6979): no randomness can be fed to it.
pub struct PrivateKey(SigningKey);

impl PrivateKey {
    /// Reads PKCS#8 PEM (`BEGIN PRIVATE KEY`) with or without the public key in it, as every tool writes it; `None` for
    /// anything that is not a P-256 key.
    #[must_use]
    pub fn from_pkcs8_pem(pem: &str) -> Option<Self> {
        let der = Zeroizing::new(pem_body(pem, "PRIVATE KEY")?);
        let scalar = match der.len() {
            67 => der.strip_prefix(&PKCS8_WITHOUT_PUBLIC_KEY)?,
            138 => der.strip_prefix(&PKCS8)?.get(..37)?.strip_suffix(&PKCS8_PUBLIC_KEY)?,
            _ => return None,
        };
        SigningKey::from_slice(scalar).ok().map(Self)
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
        let der = pem_body(pem, "PUBLIC KEY")?;
        VerifyingKey::from_sec1_bytes(der.strip_prefix(&SPKI)?).ok().filter(|_| der.len() == 91).map(Self)
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

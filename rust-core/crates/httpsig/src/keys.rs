//! Keys of any algorithm. What a key may do is a property of the key, never of the message that names it.

use alloc::vec::Vec;

use zeroize::Zeroizing;

use crate::{Algorithm, Encoding, ecdsa, hmac};

/// The shortest key that HMAC-SHA256 is given: as many bits as its tag has.
pub const HMAC_KEY_BYTES_MIN: usize = 32;

pub enum VerifyingKey {
    HmacSha256(HmacKey),
    EcdsaP256Sha256(ecdsa::PublicKey),
    #[cfg(feature = "ed25519")]
    Ed25519(crate::ed25519::PublicKey),
    #[cfg(feature = "p384")]
    EcdsaP384Sha384(crate::ecdsa_p384::PublicKey),
    #[cfg(feature = "rsa")]
    RsaPssSha512(crate::rsa::PublicKey),
    #[cfg(feature = "rsa")]
    RsaV15Sha256(crate::rsa::PublicKey),
}

impl VerifyingKey {
    #[must_use]
    pub fn algorithm(&self) -> Algorithm {
        match self {
            Self::HmacSha256(_) => Algorithm::HmacSha256,
            Self::EcdsaP256Sha256(_) => Algorithm::EcdsaP256Sha256,
            #[cfg(feature = "ed25519")]
            Self::Ed25519(_) => Algorithm::Ed25519,
            #[cfg(feature = "p384")]
            Self::EcdsaP384Sha384(_) => Algorithm::EcdsaP384Sha384,
            #[cfg(feature = "rsa")]
            Self::RsaPssSha512(_) => Algorithm::RsaPssSha512,
            #[cfg(feature = "rsa")]
            Self::RsaV15Sha256(_) => Algorithm::RsaV15Sha256,
        }
    }

    /// Every signature under this key is exactly this long.
    #[must_use]
    pub fn signature_bytes(&self) -> usize {
        match self {
            Self::HmacSha256(_) => 32,
            Self::EcdsaP256Sha256(_) => 64,
            #[cfg(feature = "ed25519")]
            Self::Ed25519(_) => 64,
            #[cfg(feature = "p384")]
            Self::EcdsaP384Sha384(_) => 96,
            #[cfg(feature = "rsa")]
            Self::RsaPssSha512(key) | Self::RsaV15Sha256(key) => key.signature_bytes(),
        }
    }

    #[must_use]
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        match self {
            Self::HmacSha256(key) => hmac::verify_hmac_sha256(&key.0, &[message], signature),
            Self::EcdsaP256Sha256(key) => key.verify_raw(message, signature),
            #[cfg(feature = "ed25519")]
            Self::Ed25519(key) => key.verify(message, signature),
            #[cfg(feature = "p384")]
            Self::EcdsaP384Sha384(key) => key.verify_raw(message, signature),
            #[cfg(feature = "rsa")]
            Self::RsaPssSha512(key) => key.verify_pss_sha512(message, signature),
            #[cfg(feature = "rsa")]
            Self::RsaV15Sha256(key) => key.verify_v15_sha256(message, signature),
        }
    }
}

/// There is no RSA: it would need blinding, and nothing here has to make an RSA signature.
pub enum SigningKey {
    HmacSha256(HmacKey),
    EcdsaP256Sha256(ecdsa::PrivateKey),
    #[cfg(feature = "ed25519")]
    Ed25519(crate::ed25519::PrivateKey),
    #[cfg(feature = "p384")]
    EcdsaP384Sha384(crate::ecdsa_p384::PrivateKey),
}

impl SigningKey {
    #[must_use]
    pub fn algorithm(&self) -> Algorithm {
        match self {
            Self::HmacSha256(_) => Algorithm::HmacSha256,
            Self::EcdsaP256Sha256(_) => Algorithm::EcdsaP256Sha256,
            #[cfg(feature = "ed25519")]
            Self::Ed25519(_) => Algorithm::Ed25519,
            #[cfg(feature = "p384")]
            Self::EcdsaP384Sha384(_) => Algorithm::EcdsaP384Sha384,
        }
    }

    #[must_use]
    pub fn sign(&self, message: &[u8]) -> Vec<u8> {
        match self {
            Self::HmacSha256(key) => hmac::hmac_sha256(&key.0, &[message]).to_vec(),
            Self::EcdsaP256Sha256(key) => key.sign(message, Encoding::Raw),
            #[cfg(feature = "ed25519")]
            Self::Ed25519(key) => key.sign(message),
            #[cfg(feature = "p384")]
            Self::EcdsaP384Sha384(key) => key.sign(message, Encoding::Raw),
        }
    }
}

/// A shared secret, wiped when it is dropped.
pub struct HmacKey(Zeroizing<Vec<u8>>);

impl HmacKey {
    /// `None` when it is shorter than [`HMAC_KEY_BYTES_MIN`].
    #[must_use]
    pub fn new(bytes: &[u8]) -> Option<Self> {
        (bytes.len() >= HMAC_KEY_BYTES_MIN).then(|| Self(Zeroizing::new(bytes.to_vec())))
    }
}

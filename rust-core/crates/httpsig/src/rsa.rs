//! RSA signatures (RFC 8017), verified only: no secret is near, so `crypto-bigint`'s arithmetic is all that is needed. The
//! crate `rsa` would bring RUSTSEC-2023-0071 along, which is about its private keys.

use alloc::vec::Vec;

use crypto_bigint::modular::{BoxedMontyForm, BoxedMontyParams};
use crypto_bigint::{BoxedUint, Odd};
use sha2::{Digest, Sha256, Sha512};

use crate::der;

/// rsaEncryption with its NULL, and id-RSASSA-PSS without parameters (RFC 4055).
const RSA_ENCRYPTION: &[u8] = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05\x00";
const RSASSA_PSS: &[u8] = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0a";

/// `DigestInfo` of SHA-256 up to the digest (RFC 8017 §9.2, note 1).
const SHA256_INFO: &[u8] = b"\x30\x31\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00\x04\x20";

const MODULUS_BITS: core::ops::RangeInclusive<u32> = 2048..=8192;
const EXPONENT_BITS_MAX: u32 = 33;
/// The salt of `rsa-pss-sha512` has exactly this length (RFC 9421 §3.3.1); a verifier that takes any is not that algorithm.
const SALT_BYTES: usize = 64;

#[derive(Debug, Clone)]
pub struct PublicKey {
    modulus: BoxedMontyParams,
    exponent: BoxedUint,
    bits: u32,
}

impl PublicKey {
    /// Modulus and exponent, big-endian. `None` for a modulus of less than 2048 or more than 8192 bits, and for even numbers.
    #[must_use]
    pub fn from_parts(modulus: &[u8], exponent: &[u8]) -> Option<Self> {
        let (modulus, exponent) = (unsigned(modulus)?, unsigned(exponent)?);
        let bits = modulus.bits_vartime();
        let odd = exponent.as_words().first().is_some_and(|word| word & 1 == 1);
        if !MODULUS_BITS.contains(&bits) || !(2..=EXPONENT_BITS_MAX).contains(&exponent.bits_vartime()) || !odd {
            return None;
        }
        let modulus = Option::<Odd<BoxedUint>>::from(Odd::new(modulus))?;
        Some(Self { modulus: BoxedMontyParams::new_vartime(modulus), exponent, bits })
    }

    /// Reads SPKI PEM (`BEGIN PUBLIC KEY`) or PKCS#1 PEM (`BEGIN RSA PUBLIC KEY`).
    #[must_use]
    pub fn from_pem(pem: &str) -> Option<Self> {
        if let Some(document) = der::from_pem(pem, "RSA PUBLIC KEY") {
            return Self::from_pkcs1_der(&document);
        }
        let document = der::from_pem(pem, "PUBLIC KEY")?;
        let key = der::public_key(&document, RSA_ENCRYPTION).or_else(|| der::public_key(&document, RSASSA_PSS))?;
        Self::from_pkcs1_der(key)
    }

    fn from_pkcs1_der(document: &[u8]) -> Option<Self> {
        let mut fields = der::Reader(der::only(document, der::SEQUENCE)?);
        let (modulus, exponent) = (fields.positive()?, fields.positive()?);
        fields.end()?;
        Self::from_parts(modulus, exponent)
    }

    /// Modulus and exponent, big-endian without leading zeros.
    #[must_use]
    pub fn to_parts(&self) -> (Vec<u8>, Vec<u8>) {
        let trimmed = |number: &BoxedUint| {
            let bytes = number.to_be_bytes();
            let start = bytes.iter().position(|byte| *byte != 0).unwrap_or(bytes.len());
            bytes.get(start..).unwrap_or_default().to_vec()
        };
        (trimmed(self.modulus.modulus()), trimmed(&self.exponent))
    }

    #[must_use]
    pub fn signature_bytes(&self) -> usize {
        self.bits.div_ceil(8) as usize
    }

    /// RSASSA-PSS with SHA-512, MGF1 with SHA-512 and a salt of 64 bytes (RFC 8017 §8.1.2, §9.1.2).
    #[must_use]
    pub fn verify_pss_sha512(&self, message: &[u8], signature: &[u8]) -> bool {
        self.open(signature).is_some_and(|encoded| self.is_pss_of(message, &encoded).is_some())
    }

    /// RSASSA-PKCS1-v1_5 with SHA-256: what the message encodes to is compared, nothing is parsed (RFC 8017 §8.2.2).
    #[must_use]
    pub fn verify_v15_sha256(&self, message: &[u8], signature: &[u8]) -> bool {
        let Some(encoded) = self.open(signature) else { return false };
        let tail = [&[0], SHA256_INFO, &Sha256::digest(message)].concat();
        let mut expected = alloc::vec![0xff; self.signature_bytes() - tail.len()];
        if let Some(head) = expected.get_mut(..2) {
            head.copy_from_slice(&[0, 1]);
        }
        expected.extend(tail);
        encoded == expected
    }

    /// The signature to the power of e: as many bytes as the modulus has.
    fn open(&self, signature: &[u8]) -> Option<Vec<u8>> {
        if signature.len() != self.signature_bytes() {
            return None;
        }
        let number = BoxedUint::from_be_slice(signature, self.modulus.bits_precision()).ok()?;
        if number >= *self.modulus.modulus().as_ref() {
            return None;
        }
        let opened = BoxedMontyForm::new(number, &self.modulus)
            .pow_bounded_exp(&self.exponent, self.exponent.bits_vartime())
            .retrieve()
            .to_be_bytes();
        let start = opened.len().checked_sub(self.signature_bytes())?;
        opened.get(start..).map(<[u8]>::to_vec)
    }

    fn is_pss_of(&self, message: &[u8], opened: &[u8]) -> Option<()> {
        // The encoded message has one bit less than the modulus: perhaps a byte less.
        let bits = self.bits - 1;
        let length = bits.div_ceil(8) as usize;
        let (leading, encoded) = opened.split_at_checked(opened.len().checked_sub(length)?)?;
        let (rest, trailer) = encoded.split_at_checked(length.checked_sub(1)?)?;
        let (masked, hash) = rest.split_at_checked(rest.len().checked_sub(64)?)?;
        let unused = 8 * u32::try_from(length).ok()? - bits;
        let unused_mask = !(0xff_u8 >> unused);
        if leading.iter().any(|byte| *byte != 0) || trailer != [0xbc] || masked.first()? & unused_mask != 0 {
            return None;
        }
        let mut block = mgf1_sha512(hash, masked.len());
        for (byte, masked) in block.iter_mut().zip(masked) {
            *byte ^= masked;
        }
        *block.first_mut()? &= !unused_mask;
        let (padding, salt) = block.split_at_checked(block.len().checked_sub(SALT_BYTES)?)?;
        let (last, zeros) = padding.split_last()?;
        let expected =
            Sha512::new().chain_update([0; 8]).chain_update(Sha512::digest(message)).chain_update(salt).finalize();
        (*last == 1 && zeros.iter().all(|byte| *byte == 0) && expected.as_slice() == hash).then_some(())
    }
}

fn unsigned(bytes: &[u8]) -> Option<BoxedUint> {
    let bits = u32::try_from(bytes.len()).ok().filter(|length| (1..=1024).contains(length))? * 8;
    // Precision comes in whole words of 64 bits, whatever the platform's word is.
    BoxedUint::from_be_slice(bytes, bits.next_multiple_of(64)).ok()
}

fn mgf1_sha512(seed: &[u8], length: usize) -> Vec<u8> {
    let mut mask = Vec::with_capacity(length + 64);
    for counter in 0_u32.. {
        if mask.len() >= length {
            break;
        }
        mask.extend(Sha512::new().chain_update(seed).chain_update(counter.to_be_bytes()).finalize());
    }
    mask.truncate(length);
    mask
}

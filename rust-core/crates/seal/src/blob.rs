//! `PSB1`: what is sealed to one imprint, under one master key, by one provisioning key.
//!
//! HKDF-SHA256 makes from the master key (and, with two shares, the second share) a key of its own for each blob, and a commitment
//! to it: ChaCha20-Poly1305 alone would open under a second key that somebody constructs. Behind the ciphertext stands an Ed25519
//! signature by the provisioning key, which never leaves the machine that seals: who has the master key alone cannot make a blob.
//! SECURITY.md has every byte.

use alloc::vec::Vec;

use chacha20poly1305::aead::{AeadInOut, KeyInit};
use chacha20poly1305::{ChaCha20Poly1305, Key, Nonce, Tag};
use ed25519_dalek::{Signature, VerifyingKey};
use hkdf::Hkdf;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::hex::to_hex;

/// Why a blob does not open. Each is one code; none tells more to whoever tries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Closed {
    /// There is no master key, or no second share where the blob needs one.
    NoKey,
    Malformed,
    /// A suite, purpose or flag that this core does not know.
    Unsupported,
    /// Sealed for a deployment that differs from this one.
    OtherImprint,
    /// None of the master keys is the one that it was sealed with.
    OtherKey,
    Tampered,
    /// Before its first second or after its last one.
    OutOfTime,
    /// Older than what this deployment still takes.
    RolledBack,
    /// Not signed by this deployment's provisioning key.
    OtherSigner,
}

impl Closed {
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::NoKey => "E1001",
            Self::Malformed => "E1002",
            Self::Unsupported => "E1003",
            Self::OtherImprint => "E1004",
            Self::OtherKey => "E1005",
            Self::Tampered => "E1006",
            Self::OutOfTime => "E1007",
            Self::RolledBack => "E1008",
            Self::OtherSigner => "E1011",
        }
    }
}

const MAGIC: &[u8; 4] = b"PSB1";
const SUITE: u8 = 1;
const TWO_SHARES: u8 = 1;
const PURPOSE: u8 = 1;
const KID_DIGITS: usize = 16;
const TAG_BYTES: usize = 16;
const SIGNATURE_BYTES: usize = 64;

struct Header<'a> {
    flags: u8,
    epoch: u32,
    not_before_s: u64,
    not_after_s: u64,
    kid: &'a [u8],
    hint: [u8; 8],
    salt: [u8; 32],
    commitment: [u8; 32],
}

/// A blob cut into its parts; nothing of it is believed yet.
pub struct Blob<'a> {
    header: Header<'a>,
    /// All before the ciphertext: authenticated with it.
    head: &'a [u8],
    ciphertext: &'a [u8],
    tag: [u8; TAG_BYTES],
    signature: [u8; SIGNATURE_BYTES],
    /// What the signature is over: all before it.
    signed: &'a [u8],
}

/// The public half of the provisioning key, and the lowest epoch that is still taken. 36 bytes in the bundle of the vault.
pub struct Trust {
    key: [u8; 32],
    epoch_min: u32,
}

impl Trust {
    #[must_use]
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let mut rest = bytes;
        let trust = Self { key: take(&mut rest)?, epoch_min: u32::from_be_bytes(take(&mut rest)?) };
        rest.is_empty().then_some(trust)
    }
}

/// The keys that a blob may be sealed with.
pub struct Masters<'a> {
    /// 32 bytes each; the previous one exists while the master key is being changed.
    pub keys: &'a [&'a [u8; 32]],
    pub second_share: Option<&'a [u8; 32]>,
}

pub struct Opened {
    pub plaintext: Zeroizing<Vec<u8>>,
    pub not_before_s: u64,
    pub not_after_s: u64,
    prk: Zeroizing<[u8; 32]>,
}

impl Opened {
    /// A key of this blob's for one other use.
    #[must_use]
    pub fn derive(&self, purpose: &[u8], context: &[u8]) -> Zeroizing<[u8; 32]> {
        #[expect(clippy::expect_used, reason = "a pseudorandom key has the length of the hash")]
        let hkdf = Hkdf::<Sha256>::from_prk(self.prk.as_slice()).expect("a pseudorandom key has 32 bytes");
        let mut key = Zeroizing::new([0; 32]);
        expand(&hkdf, &[purpose, context], key.as_mut_slice());
        key
    }
}

impl<'a> Blob<'a> {
    pub fn parse(bytes: &'a [u8]) -> Result<Self, Closed> {
        let mut rest = bytes;
        let magic: [u8; 4] = take(&mut rest).ok_or(Closed::Malformed)?;
        if magic != *MAGIC {
            return Err(Closed::Malformed);
        }
        let [suite, flags, purpose] = take(&mut rest).ok_or(Closed::Malformed)?;
        if suite != SUITE || purpose != PURPOSE || flags & !TWO_SHARES != 0 {
            return Err(Closed::Unsupported);
        }
        Self::body(bytes, rest, flags).ok_or(Closed::Malformed)
    }

    fn body(bytes: &'a [u8], mut rest: &'a [u8], flags: u8) -> Option<Self> {
        let epoch = u32::from_be_bytes(take(&mut rest)?);
        let not_before_s = u64::from_be_bytes(take(&mut rest)?);
        let not_after_s = u64::from_be_bytes(take(&mut rest)?);
        let [kid_length] = take(&mut rest)?;
        let kid = take_slice(&mut rest, usize::from(kid_length))?;
        let header = Header {
            flags,
            epoch,
            not_before_s,
            not_after_s,
            kid,
            hint: take(&mut rest)?,
            salt: take(&mut rest)?,
            commitment: take(&mut rest)?,
        };
        let length = usize::try_from(u32::from_be_bytes(take(&mut rest)?)).ok()?;
        let head = bytes.get(..bytes.len() - rest.len())?;
        let ciphertext = take_slice(&mut rest, length)?;
        let tag = take(&mut rest)?;
        let signed = bytes.get(..bytes.len() - rest.len())?;
        let signature = take(&mut rest)?;
        rest.is_empty().then_some(Self { header, head, ciphertext, tag, signature, signed })
    }

    /// The epoch that it says it is of: a part of the imprint.
    #[must_use]
    pub fn epoch(&self) -> u32 {
        self.header.epoch
    }

    /// Cheap checks first; what was decrypted is handed out when all have passed.
    pub fn open(&self, imprint: &[u8; 32], masters: &Masters, trust: &Trust, now_s: u64) -> Result<Opened, Closed> {
        let Header { flags, kid, hint, salt, commitment, .. } = &self.header;
        if !imprint.starts_with(hint) {
            return Err(Closed::OtherImprint);
        }
        let second = match (flags & TWO_SHARES != 0, masters.second_share) {
            (false, _) => None,
            (true, Some(share)) => Some(share),
            (true, None) => return Err(Closed::NoKey),
        };
        if masters.keys.is_empty() {
            return Err(Closed::NoKey);
        }
        let master = masters.keys.iter().find(|key| key_id(key) == *kid).ok_or(Closed::OtherKey)?;
        let (prk, hkdf) = extract(salt, master, second);

        let context = [&[SUITE, PURPOSE], *kid, imprint.as_slice()].concat();
        let mut expected = [0; 32];
        expand(&hkdf, &[b"PSB1 commit", &context], &mut expected);
        if !bool::from(expected.ct_eq(commitment)) {
            return Err(Closed::OtherKey);
        }
        let mut kek = Zeroizing::new([0; 32]);
        expand(&hkdf, &[b"PSB1 kek", &context], kek.as_mut_slice());
        let mut plaintext = Zeroizing::new(self.ciphertext.to_vec());
        ChaCha20Poly1305::new(&Key::from(*kek))
            .decrypt_inout_detached(
                &Nonce::default(),
                &[self.head, imprint].concat(),
                plaintext.as_mut_slice().into(),
                &Tag::from(self.tag),
            )
            .map_err(|_| Closed::Tampered)?;
        if !self.is_signed_by(trust, imprint) {
            return Err(Closed::OtherSigner);
        }
        if !(self.header.not_before_s..=self.header.not_after_s).contains(&now_s) {
            return Err(Closed::OutOfTime);
        }
        if self.header.epoch < trust.epoch_min {
            return Err(Closed::RolledBack);
        }
        let Header { not_before_s, not_after_s, .. } = self.header;
        Ok(Opened { plaintext, not_before_s, not_after_s, prk })
    }

    fn is_signed_by(&self, trust: &Trust, imprint: &[u8; 32]) -> bool {
        let digest: [u8; 32] = Sha256::digest(self.signed).into();
        let message = [b"PSB1 provision\0".as_slice(), imprint, &digest].concat();
        VerifyingKey::from_bytes(&trust.key)
            .and_then(|key| key.verify_strict(&message, &Signature::from_bytes(&self.signature)))
            .is_ok()
    }
}

/// How a blob names its master key: sixteen hex digits that are derived from it and tell nothing about it.
fn key_id(master: &[u8; 32]) -> Vec<u8> {
    let mut id = [0; KID_DIGITS / 2];
    expand(&Hkdf::<Sha256>::new(None, master), &[b"PSB1 kid"], &mut id);
    to_hex(&id).into_bytes()
}

fn extract(salt: &[u8], master: &[u8; 32], second: Option<&[u8; 32]>) -> (Zeroizing<[u8; 32]>, Hkdf<Sha256>) {
    let mut secret = Zeroizing::new([0_u8; 64]);
    let (first_half, second_half) = secret.split_at_mut(32);
    first_half.copy_from_slice(master);
    let used = match second {
        None => 32,
        Some(share) => {
            second_half.copy_from_slice(share);
            64
        }
    };
    let (prk, hkdf) = Hkdf::<Sha256>::extract(Some(salt), secret.get(..used).unwrap_or_default());
    (Zeroizing::new(prk.into()), hkdf)
}

fn expand(hkdf: &Hkdf<Sha256>, info: &[&[u8]], out: &mut [u8]) {
    #[expect(clippy::expect_used, reason = "HKDF gives up to 8160 bytes, and nobody here asks for more than 32")]
    hkdf.expand_multi_info(info, out).expect("HKDF gives 32 bytes");
}

fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (taken, after) = rest.split_first_chunk::<N>()?;
    *rest = after;
    Some(*taken)
}

fn take_slice<'a>(rest: &mut &'a [u8], length: usize) -> Option<&'a [u8]> {
    let (taken, after) = rest.split_at_checked(length)?;
    *rest = after;
    Some(taken)
}

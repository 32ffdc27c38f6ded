//! Loops over one operation each, ours and that of the crate beneath it, in one module and one run.
//!
//! `input()` says where sixteen kilobytes lie that the host may fill; `run(operation, length, times)` does the operation `times`
//! times on their first `length` bytes and returns how many succeeded.
#![expect(unsafe_code, reason = "an exported name is an unsafe attribute; no code here is")]

use std::cell::RefCell;
use std::hint::black_box;

use hmac::{Hmac, KeyInit, Mac};
use httpsig::Encoding;
use httpsig::ecdsa::PreparedKeys;
use p256::ecdsa::signature::{Signer, Verifier};
use seal::blob::{Blob, Masters, Trust};
use sha2::Sha256;

const INPUT_BYTES: usize = 16 * 1024;
const SECRET: [u8; 32] = [7; 32];
const TRUST_BYTES: usize = 36;

struct Bench {
    input: Box<[u8]>,
    p256: Ours<httpsig::ecdsa::PrivateKey, httpsig::ecdsa::PublicKey>,
    bare_p256: p256::ecdsa::SigningKey,
    ed25519: Ours<httpsig::ed25519::PrivateKey, httpsig::ed25519::PublicKey>,
    bare_ed25519: ed25519_dalek::SigningKey,
}

struct Ours<Private, Public> {
    private: Private,
    public: Public,
}

impl Bench {
    fn new() -> Option<Self> {
        let p256 = httpsig::ecdsa::PrivateKey::from_bytes(&SECRET)?;
        let ed25519 = httpsig::ed25519::PrivateKey::from_bytes(&SECRET)?;
        Some(Self {
            input: vec![0; INPUT_BYTES].into_boxed_slice(),
            p256: Ours { public: p256.public_key(), private: p256 },
            bare_p256: p256::ecdsa::SigningKey::from_bytes(&SECRET.into()).ok()?,
            ed25519: Ours { public: ed25519.public_key(), private: ed25519 },
            bare_ed25519: ed25519_dalek::SigningKey::from_bytes(&SECRET),
        })
    }

    fn run(&self, operation: u32, length: usize, times: u32) -> Option<u32> {
        let message = self.input.get(..length)?;
        let repeat = |once: &dyn Fn(&[u8]) -> bool| (0..times).map(|_| u32::from(once(black_box(message)))).sum();
        Some(match operation {
            0 => repeat(&|message| !black_box(self.p256.private.sign(message, Encoding::Der)).is_empty()),
            1 => repeat(&|message| {
                let signature: p256::ecdsa::Signature = self.bare_p256.sign(message);
                !black_box(signature.to_bytes()).is_empty()
            }),
            2 => {
                let signature = self.p256.private.sign(message, Encoding::Der);
                // As the vault verifies, which keeps what it made of a key at its second signature.
                let prepared = RefCell::new(PreparedKeys::default());
                repeat(&|message| prepared.borrow_mut().verify(&self.p256.public, message, black_box(&signature)))
            }
            3 => {
                let signature: p256::ecdsa::Signature = self.bare_p256.sign(message);
                let signature = signature.to_bytes();
                repeat(&|message| {
                    p256::ecdsa::Signature::from_slice(black_box(&signature))
                        .is_ok_and(|signature| self.bare_p256.verifying_key().verify(message, &signature).is_ok())
                })
            }
            4 => repeat(&|message| !black_box(self.ed25519.private.sign(message)).is_empty()),
            5 => repeat(&|message| {
                use ed25519_dalek::Signer;
                !black_box(self.bare_ed25519.sign(message).to_bytes()).is_empty()
            }),
            6 => {
                let signature = self.ed25519.private.sign(message);
                repeat(&|message| self.ed25519.public.verify(message, black_box(&signature)))
            }
            7 => {
                use ed25519_dalek::Signer;
                let (signature, key) = (self.bare_ed25519.sign(message).to_bytes(), self.bare_ed25519.verifying_key());
                repeat(&|message| {
                    ed25519_dalek::Signature::from_slice(black_box(&signature))
                        .is_ok_and(|signature| key.verify_strict(message, &signature).is_ok())
                })
            }
            8 => repeat(&|message| !black_box(httpsig::hmac::hmac_sha256(&SECRET, &[message])).is_empty()),
            9 => repeat(&|message| {
                Hmac::<Sha256>::new_from_slice(&SECRET).is_ok_and(|mut mac| {
                    mac.update(message);
                    !black_box(mac.finalize().into_bytes()).is_empty()
                })
            }),
            // Imprint, master key, trust and blob, one behind the other: opened whole, its signature with it.
            10 => {
                let (imprint, rest) = message.split_first_chunk::<32>()?;
                let (master, rest) = rest.split_first_chunk::<32>()?;
                let (trust, sealed) = rest.split_at_checked(TRUST_BYTES)?;
                let trust = Trust::parse(trust)?;
                let masters = Masters { keys: &[master], second_share: None };
                repeat(&|_| {
                    Blob::parse(black_box(sealed)).is_ok_and(|blob| blob.open(imprint, &masters, &trust, NOW_S).is_ok())
                })
            }
            _ => return None,
        })
    }
}

/// 2026-11-21, within what the blob that is opened is good for.
const NOW_S: u64 = 1_795_248_000;

thread_local! {
    static BENCH: RefCell<Option<Bench>> = RefCell::new(Bench::new());
}

#[unsafe(no_mangle)]
pub extern "C" fn input() -> *const u8 {
    BENCH.with_borrow(|bench| bench.as_ref().map_or(std::ptr::null(), |bench| bench.input.as_ptr()))
}

/// How often the operation succeeded; 0 when there is no such operation.
#[unsafe(no_mangle)]
pub extern "C" fn run(operation: u32, length: u32, times: u32) -> u32 {
    BENCH.with_borrow(|bench| {
        bench.as_ref().and_then(|bench| bench.run(operation, length as usize, times)).unwrap_or_default()
    })
}

//! What a program looks like outside: under a deployment's own opcodes and masks.
//!
//! `"LGP1" ‖ program id[32] ‖ body`, the body's opcodes permuted and all of it masked. The id is SHA-256 of the plain body, so
//! it is the same in all deployments of one program, and a program under another key is refused. This gives each deployment a
//! language of its own and makes tampering evident; it is no secrecy. Secrecy and authorship are the sealed blob's.

use httpsig::hmac::hmac_sha256;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::program::{LoadError, Program};

const MAGIC: &[u8; 4] = b"LGP1";
const PERMUTATION: &[u8] = b"lango isa permutation v1\0";
const MASK: &[u8] = b"lango isa mask v1\0";
/// Instructions come first in a body, behind their number.
const CODE_AT: usize = 2;
const INSTRUCTION_BYTES: usize = 8;

/// Opens, verifies and decodes. Nothing of a body is read before its id is right.
pub fn load(bytes: &[u8], isa_key: &[u8; 32]) -> Result<Program, LoadError> {
    let rest = bytes.strip_prefix(MAGIC).ok_or(LoadError::Malformed)?;
    let (id, masked) = rest.split_first_chunk::<32>().ok_or(LoadError::Malformed)?;
    if masked.len() > crate::program::BODY_BYTES_MAX {
        return Err(LoadError::TooLarge);
    }
    let mut mask = Stream::new(isa_key, MASK, id);
    let mut body: Vec<u8> = masked.iter().map(|byte| byte ^ mask.next()).collect();
    let canonical = inverse(&permutation(isa_key, id));
    let instructions = body.first_chunk::<CODE_AT>().map_or(0, |count| usize::from(u16::from_be_bytes(*count)));
    for op in body.iter_mut().skip(CODE_AT).step_by(INSTRUCTION_BYTES).take(instructions) {
        *op = canonical.get(usize::from(*op)).copied().unwrap_or(u8::MAX);
    }
    if !bool::from(program_id(&body).ct_eq(id)) {
        return Err(LoadError::OtherKey);
    }
    let mut program = Program::from_plain(&body)?;
    program.id = *id;
    Ok(program)
}

#[must_use]
pub fn program_id(body: &[u8]) -> [u8; 32] {
    Sha256::digest(body).into()
}

/// `permutation[canonical] = deployed`, by Fisher and Yates; bytes that would favour some outcomes are drawn again.
fn permutation(isa_key: &[u8; 32], id: &[u8; 32]) -> [u8; 256] {
    let mut stream = Stream::new(isa_key, PERMUTATION, id);
    let mut codes = [0_u8; 256];
    for (code, value) in codes.iter_mut().zip(0..=u8::MAX) {
        *code = value;
    }
    for last in (1..256_usize).rev() {
        let choices = last + 1;
        let fair = 256 - 256 % choices;
        let chosen = loop {
            let byte = usize::from(stream.next());
            if byte < fair {
                break byte % choices;
            }
        };
        codes.swap(last, chosen);
    }
    codes
}

fn inverse(permutation: &[u8; 256]) -> [u8; 256] {
    let mut canonical = [u8::MAX; 256];
    for (code, deployed) in (0..=u8::MAX).zip(permutation) {
        if let Some(slot) = canonical.get_mut(usize::from(*deployed)) {
            *slot = code;
        }
    }
    canonical
}

/// HMAC-SHA256(key, label ‖ id ‖ counter) as an endless string of bytes.
struct Stream<'a> {
    key: &'a [u8; 32],
    label: &'static [u8],
    id: &'a [u8; 32],
    block: [u8; 32],
    counter: u32,
    at: usize,
}

impl<'a> Stream<'a> {
    const fn new(key: &'a [u8; 32], label: &'static [u8], id: &'a [u8; 32]) -> Self {
        Self { key, label, id, block: [0; 32], counter: 0, at: 32 }
    }

    fn next(&mut self) -> u8 {
        if self.at == self.block.len() {
            self.block = hmac_sha256(self.key, &[self.label, self.id, &self.counter.to_be_bytes()]);
            self.counter = self.counter.wrapping_add(1);
            self.at = 0;
        }
        let byte = self.block.get(self.at).copied().unwrap_or_default();
        self.at += 1;
        byte
    }
}

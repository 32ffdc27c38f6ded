//! The boundary: bytes in and out, sixteen and four at a time, through calls that take and give numbers.
//!
//! A call is `reset(length)`, `put4(…)` until all is in, `call(operation)` → length of the answer, `get(offset)` until all is
//! out. `src/core/vault-core.ts` is the other side.
#![expect(unsafe_code, reason = "an exported name is an unsafe attribute; no code here is")]

use std::cell::RefCell;

use zeroize::Zeroize;

use crate::vault::Vault;

/// A callback's body, its headers and the gateway's keys fit with room to spare.
const MESSAGE_BYTES_MAX: usize = 512 * 1024;

/// The call could not be understood: a bug in the glue.
const MALFORMED: i32 = -1;
/// The operation needs a configuration and there is none.
const NOT_CONFIGURED: i32 = -2;

#[derive(Default)]
struct Mailbox {
    input: Vec<u8>,
    expected: usize,
    output: Vec<u8>,
    vault: Vault,
}

thread_local! {
    static MAILBOX: RefCell<Mailbox> = RefCell::new(Mailbox::default());
}

/// Makes room for a message of `length` bytes and wipes what was there. 0, or -1 when it is too long.
#[unsafe(no_mangle)]
pub extern "C" fn reset(length: u32) -> i32 {
    MAILBOX.with_borrow_mut(|mailbox| {
        wipe(&mut mailbox.input);
        wipe(&mut mailbox.output);
        mailbox.expected = 0;
        let length = length as usize;
        if length > MESSAGE_BYTES_MAX {
            return MALFORMED;
        }
        mailbox.expected = length;
        // Reserved at once, so that no growing leaves a copy of a key behind.
        mailbox.input.reserve_exact(length + 16);
        0
    })
}

/// What was written, and no more: `Vec::zeroize` goes over all that was ever reserved, and the module's own bytes were a message
/// once. Then the memory is given back.
fn wipe(bytes: &mut Vec<u8>) {
    bytes.as_mut_slice().zeroize();
    *bytes = Vec::new();
}

/// Appends sixteen bytes, little-endian; what goes beyond the announced length is dropped.
#[unsafe(no_mangle)]
pub extern "C" fn put4(a: u32, b: u32, c: u32, d: u32) {
    MAILBOX.with_borrow_mut(|mailbox| {
        if mailbox.input.len() >= mailbox.expected {
            return;
        }
        for word in [a, b, c, d] {
            mailbox.input.extend_from_slice(&word.to_le_bytes());
        }
        mailbox.input.truncate(mailbox.expected);
    });
}

/// Runs an operation on the message. The length of its answer, or a negative number.
#[unsafe(no_mangle)]
pub extern "C" fn call(operation: u32) -> i32 {
    MAILBOX.with_borrow_mut(|mailbox| {
        let Mailbox { input, expected, output, vault } = mailbox;
        if input.len() != *expected {
            return MALFORMED;
        }
        let answer = vault.call(operation, input);
        wipe(input);
        *expected = 0;
        match answer {
            Ok(answer) => {
                *output = answer;
                i32::try_from(output.len()).unwrap_or(MALFORMED)
            }
            Err(crate::vault::CallError::Malformed) => MALFORMED,
            Err(crate::vault::CallError::NotConfigured) => NOT_CONFIGURED,
        }
    })
}

/// Four bytes of the answer at `offset`, little-endian; zeros beyond its end.
#[unsafe(no_mangle)]
pub extern "C" fn get(offset: u32) -> i32 {
    MAILBOX.with_borrow(|mailbox| {
        let bytes = mailbox.output.get(offset as usize..).unwrap_or_default();
        let mut word = [0; 4];
        for (to, from) in word.iter_mut().zip(bytes) {
            *to = *from;
        }
        i32::from_le_bytes(word)
    })
}

/// Wipes the answer: a built request carries the gateway's token.
#[unsafe(no_mangle)]
pub extern "C" fn done() {
    MAILBOX.with_borrow_mut(|mailbox| wipe(&mut mailbox.output));
}

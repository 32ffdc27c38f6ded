//! The boundary: the calls of vault.wasm's mailbox, so that `src/core/vault-mailbox.ts` opens this module too.
#![expect(unsafe_code, reason = "an exported name is an unsafe attribute; no code here is")]

use std::cell::RefCell;

use crate::operations;

const MESSAGE_BYTES_MAX: usize = 4 * 1024 * 1024;
const MALFORMED: i32 = -1;

#[derive(Default)]
struct Mailbox {
    input: Vec<u8>,
    expected: usize,
    output: Vec<u8>,
}

thread_local! {
    static MAILBOX: RefCell<Mailbox> = RefCell::new(Mailbox::default());
}

/// Makes room for a message of `length` bytes. 0, or -1 when it is too long.
#[unsafe(no_mangle)]
pub extern "C" fn reset(length: u32) -> i32 {
    MAILBOX.with_borrow_mut(|mailbox| {
        mailbox.input.clear();
        mailbox.output.clear();
        mailbox.expected = 0;
        let length = length as usize;
        if length > MESSAGE_BYTES_MAX {
            return MALFORMED;
        }
        mailbox.expected = length;
        0
    })
}

/// Appends sixteen bytes, little-endian; what goes beyond the announced length is dropped.
#[unsafe(no_mangle)]
pub extern "C" fn put4(a: u32, b: u32, c: u32, d: u32) {
    MAILBOX.with_borrow_mut(|mailbox| {
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
        let Some(answer) = operations::answer(operation, &mailbox.input) else { return MALFORMED };
        mailbox.output = answer;
        i32::try_from(mailbox.output.len()).unwrap_or(MALFORMED)
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

/// Forgets the answer.
#[unsafe(no_mangle)]
pub extern "C" fn done() {
    MAILBOX.with_borrow_mut(|mailbox| mailbox.output = Vec::new());
}

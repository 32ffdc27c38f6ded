//! A gateway program: whatever its bytes are, it is refused or runs within its bounds.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| vm::fuzz_entry(bytes));

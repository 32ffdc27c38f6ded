//! What binds the core to its deployment, and what the core vouches for.
//!
//! `imprint` says where the core runs, `blob` opens what was sealed to that, `bundle` reads what was in it; `attest` makes and
//! checks the tags of the core, and `personal` hashes what customers
//! are found by. The formats are written down byte by byte in SECURITY.md.

#![no_std]

extern crate alloc;

pub mod attest;
pub mod blob;
pub mod bundle;
mod cbor;
pub mod hex;
pub mod imprint;
pub mod personal;

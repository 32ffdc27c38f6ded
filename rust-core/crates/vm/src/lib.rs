//! Runs gateway programs: what `scripts/provision` compiles from the specs in `src/gateways` and a merchant policy.
//!
//! A program is straight: its jumps go forward only, so every instruction runs at most once and a routine's length bounds its
//! work. It reads what it is handed (the order, an answer's JSON, the gateway's settings) and writes pieces of text into one
//! bounded buffer. Where a request goes, what is signed and with which key is not in its power.

pub mod envelope;
mod fuzz;
pub mod isa;
pub mod program;
mod run;
pub mod text;
pub mod url;
mod verify;

pub use fuzz::fuzz_entry;
pub use program::{Gateway, LoadError, Program, Routine};
pub use run::{Ended, Field, Inputs, Output, Trap, run};

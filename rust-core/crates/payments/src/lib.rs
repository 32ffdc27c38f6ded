//! The rules of a payment, as plain data in and out.
//!
//! Nothing here reads a clock, draws randomness or talks to anyone: times and ids are arguments, so that the code which is
//! tested, model-checked and simulated natively is the code which runs in the Workers.

pub mod money;
pub mod mutants;
pub mod providers;
pub mod reducer;
pub mod reference;

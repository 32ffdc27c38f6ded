//! Which gateway a payment goes through, and why.
//!
//! Nothing here reads a clock, draws randomness or talks to anyone: the time and the payment's id are arguments, all
//! arithmetic is on integers, and so the same question gets the same answer natively and as WASM, for ever.
//!
//! - [`policy`]: the gateways, the rules and the settings, as data.
//! - [`health`]: what was observed of gateways and rails, additive over isolates; [`breaker`] and [`tally`] are its parts,
//!   [`heard`] is what of others is believed, [`standing`] all of it for people.
//! - [`failover`]: whether another gateway may be tried at all. The only thing here that money hangs on.
//! - [`decide`]: eligibility, then rules, then score; the answer is a record of everything that was weighed.
//! - [`record`]: that record as JSON, as it is stored; [`explain`]: in a few lines of text.
//!
//! A *rail* is an operator in a country: pawaPay's provider codes (`MTN_MOMO_ZMB`) name both, so the code is the rail's name.

pub mod breaker;
pub mod decide;
pub mod explain;
pub mod failover;
pub mod health;
pub mod heard;
pub mod mutants;
pub mod policy;
pub mod record;
pub mod standing;
pub mod tally;

/// Milliseconds since 1970.
pub type Millis = u64;

/// Hundredths of a percent: 10,000 is all, or the amount itself.
pub const WHOLE_BP: u64 = 10_000;

//! Gateways, in halves: `build_*` makes a complete request, `read_*` says what an answer means.
//!
//! What one gateway wants and says is data: a program that `vm` runs. Here is what holds for all of them: that an order is what
//! it should be before anything of it is written, how a request is signed, when an answer can be read at all, and when a
//! callback is to be believed. Sending is somebody else's work. What a gateway may do unexpectedly (new fields, new statuses,
//! HTML, silence) is `unknown` or `pending` here, never a failure: only a definite no is a no.

pub mod callback;
pub mod config;
pub mod deposit;
pub mod http;
pub mod intent;
pub mod predict;
pub mod public_keys;
pub mod question;
mod request;
pub mod status;
mod text;
pub mod token;

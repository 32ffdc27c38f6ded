//! pawaPay's Merchant API v2 (docs.pawapay.io), in halves: `build_*` makes a complete request, `read_*` says what an answer means.
//!
//! Sending is somebody else's work. What pawaPay may do unexpectedly (new fields, new statuses, HTML, silence) is `unknown` or
//! `pending` here, never a failure: only a definite no is a no.

pub mod active_conf;
pub mod callback;
pub mod config;
pub mod deposit;
pub mod http;
pub mod predict;
pub mod public_keys;
pub mod status;
mod text;

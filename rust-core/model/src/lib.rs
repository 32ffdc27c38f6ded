//! An exhaustive model of one payment. The reducer in it is the one that ships; the payment object, the consumer, the queue, two
//! gateways, the network and the shop around it are modelled, each step between two durable writes on its own.
//!
//! What holds here and what is left out: `docs/guarantees.md`.

pub mod bounds;
mod fuel;
pub mod gallery;
pub mod lango;
mod mutants;
mod object;
pub mod payment;
pub mod properties;
pub mod run;
pub mod world;

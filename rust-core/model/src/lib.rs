//! An exhaustive model of one payment. The reducer in it is the one that ships; the payment object, the consumer, the queue, two
//! gateways, the network and the shop around it are modelled, each step between two durable writes on its own.
//!
//! What holds here and what is left out: `docs/guarantees.md`.

pub mod action;
mod asking;
pub mod bounds;
mod consumer;
mod enabled;
mod failover;
mod final_states;
mod fuel;
pub mod gallery;
pub mod lango;
mod mutants;
mod object;
pub mod payment;
mod perform;
pub mod properties;
pub mod refunds;
pub mod run;
pub mod world;

//! Deliberate bugs, one at a time and by name. Without the feature there are none, and every guard below is the real one.

#[cfg(feature = "mutants")]
pub use payments::mutants::{mutated, switch_on};

#[cfg(not(feature = "mutants"))]
pub const fn mutated(_name: &str) -> bool {
    false
}

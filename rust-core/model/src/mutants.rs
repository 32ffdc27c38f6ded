//! Deliberate bugs, one at a time and by name. Without the feature there are none, and every guard below is the real one.

#[cfg(feature = "mutants")]
pub use payments::mutants::mutated;

/// In the reducer and in the router, of which each has its own.
#[cfg(feature = "mutants")]
pub fn switch_on(name: &str) {
    payments::mutants::switch_on(name);
    route::mutants::switch_on(name);
}

#[cfg(not(feature = "mutants"))]
pub const fn mutated(_name: &str) -> bool {
    false
}

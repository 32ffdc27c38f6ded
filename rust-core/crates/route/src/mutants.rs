//! Deliberate bugs, for `tests/gallery.rs`: each guard that keeps a customer from being charged twice can be switched off by
//! name, which proves that the tests would notice its loss. Without the feature `mutants` a guard is a constant and nothing of
//! this is compiled.

#[cfg(all(feature = "mutants", target_family = "wasm"))]
compile_error!("mutants are never shipped");

/// Whether this guard is switched off.
#[cfg(not(feature = "mutants"))]
pub(crate) const fn mutated(_name: &str) -> bool {
    false
}

#[cfg(feature = "mutants")]
pub use gallery::{mutated, switch_on};

#[cfg(feature = "mutants")]
mod gallery {
    use std::sync::atomic::{AtomicU64, Ordering};

    /// Of the process: the gallery runs its mutants one after the other.
    static CURRENT: AtomicU64 = AtomicU64::new(0);

    /// Switches every other mutant off. An unknown name switches off none.
    pub fn switch_on(name: &str) {
        CURRENT.store(fnv1a(name), Ordering::SeqCst);
    }

    #[inline]
    #[must_use]
    pub fn mutated(name: &str) -> bool {
        CURRENT.load(Ordering::Relaxed) == fnv1a(name)
    }

    const fn fnv1a(name: &str) -> u64 {
        let (bytes, mut hash, mut index) = (name.as_bytes(), 0xcbf2_9ce4_8422_2325_u64, 0);
        while index < bytes.len() {
            #[allow(clippy::indexing_slicing, reason = "the index is below the length")]
            let byte = bytes[index];
            hash = (hash ^ byte as u64).wrapping_mul(0x0100_0000_01b3);
            index += 1;
        }
        hash
    }
}

#[cfg(test)]
mod tests {
    use super::mutated;

    #[test]
    fn no_guard_is_switched_off_in_what_is_built_and_tested_here() {
        const { assert!(!cfg!(feature = "mutants"), "tests are run on what ships") };
        assert!(!mutated("drop-unknown-guard"));
    }
}

//! The gallery: each guard that keeps a customer from being charged twice is taken away in turn, and must be missed.
//!
//!     cargo test -p route --features mutants --test gallery

#![cfg(feature = "mutants")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

mod safety;

use std::collections::BTreeSet;
use std::path::Path;

use safety::{policy, sequences, views, violation};

/// The guard that is taken away, and how that shows.
const MUTANTS: [(&str, &str); 6] = [
    ("failover-on-timeout", "failover while the money may move"),
    ("failover-on-5xx", "failover while the money may move"),
    ("failover-on-not-found", "failover while the money may move"),
    ("cancel-not-confirmed", "failover while the money may move"),
    ("second-failover", "a second failover"),
    ("breaker-moves-pending", "sent elsewhere while the money may move"),
];

fn first_violation() -> Option<String> {
    let policy = policy();
    let views = views();
    sequences().iter().find_map(|attempts| views.iter().find_map(|view| violation(&policy, attempts, view)))
}

#[test]
fn each_is_caught_and_without_them_there_is_nothing_to_catch() {
    route::mutants::switch_on("none of them");
    assert_eq!(first_violation(), None);
    for (name, shows) in MUTANTS {
        route::mutants::switch_on(name);
        let found = first_violation().unwrap_or_else(|| panic!("{name} is not caught"));
        assert!(found.starts_with(shows), "{name}: {found}");
        println!("caught: {name}: {found}");
    }
}

#[test]
fn every_guard_in_the_sources_is_in_the_gallery() {
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut guards = BTreeSet::new();
    for file in std::fs::read_dir(sources).unwrap() {
        let path = file.unwrap().path();
        if !path.ends_with("mutants.rs") {
            let text = std::fs::read_to_string(&path).unwrap();
            guards.extend(text.split("mutated(\"").skip(1).filter_map(|rest| rest.split('"').next()).map(String::from));
        }
    }
    assert_eq!(guards, MUTANTS.iter().map(|(name, _)| (*name).to_owned()).collect());
}

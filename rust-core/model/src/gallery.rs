//! The mutant gallery: one deliberate bug a line, and the property that has to catch it. A new one is a line here and
//! `mutated("its-name")` at the guard that it takes away, in the reducer or in `object.rs`. Those of refunds: `refunds.rs`.

use crate::properties as must;
use std::collections::BTreeSet;
use std::path::Path;

#[cfg(feature = "mutants")]
pub use crate::mutants::switch_on;

/// Its name, the rule that is broken first, and what comes of it when nobody stops there.
pub type Mutant = (&'static str, &'static str, &'static [&'static str]);

#[rustfmt::skip]
pub const MUTANTS: &[Mutant] = &[
    // In the reducer.
    ("one-not-found-is-enough", must::NOT_WHILE_OPEN, &[must::ONE_CHARGE]),
    ("expired-by-our-own-clock", must::NOT_WHILE_OPEN, &[must::ONE_CHARGE]),
    ("an-older-word-takes-it-back", must::NOT_TAKEN_BACK, &[]),
    ("a-callback-takes-it-back", must::NOT_TAKEN_BACK, &[]),
    ("contradiction-asks-nothing", must::ENDS_WELL, &[]),
    ("drop-unknown-guard", must::NOT_WHILE_OPEN, &[must::ONE_CHARGE]),
    ("begin-while-open", must::NOT_WHILE_OPEN, &[must::ONE_CHARGE]),
    ("begin-though-paid", must::NOT_WHILE_OPEN, &[must::ONE_CHARGE]),
    ("unknown-is-failed", must::UNKNOWN_IS_NOT_FAILED, &[must::ONE_CHARGE]),
    ("fail-on-silence", must::NOT_WHILE_OPEN, &[must::ONE_CHARGE]),
    ("fail-on-amnesia", must::UNKNOWN_IS_NOT_FAILED, &[must::ONE_CHARGE]),
    ("refusal-undoes-the-gateways-word", must::NO_SUCCESS_LOST, &[must::FINAL]),
    ("success-overwritten-by-failed", must::NO_SUCCESS_LOST, &[must::FINAL]),
    ("pending-reopens", must::NO_SUCCESS_LOST, &[must::FINAL]),
    ("late-success-untold", must::FINAL, &[]),
    ("late-success-dropped", must::NO_SUCCESS_LOST, &[must::ENDS_WELL]),
    ("double-not-recorded", must::DOUBLES, &[]),
    ("amount-not-compared", must::PAID_IS_PAID, &[must::POSTED_IS_CAPTURED]),
    ("nothing-asks-after-a-crash", must::ENDS_WELL, &[]),
    ("fulfilment-not-tried-again", must::ENDS_WELL, &[]),
    // In the router's rule, and in what asks it.
    ("failover-on-timeout", must::NOT_WHILE_OPEN, &[must::ONE_CHARGE]),
    ("failover-on-5xx", must::NOT_WHILE_OPEN, &[must::ONE_CHARGE]),
    ("failover-on-not-found", must::NOT_WHILE_OPEN, &[must::ONE_CHARGE]),
    ("breaker-moves-pending", must::NOT_WHILE_OPEN, &[must::ONE_CHARGE]),
    ("cancel-not-confirmed", must::NOT_WHILE_OPEN, &[must::ONE_CHARGE]),
    ("second-failover", must::ONE_FAILOVER, &[]),
    // In what drives it.
    ("send-before-durable", must::DURABLE, &[must::ENDS_WELL]),
    ("new-reference-on-retry", must::NOT_WHILE_OPEN, &[must::ONE_CHARGE]),
    ("short-lease", must::NOT_WHILE_OPEN, &[must::ONE_CHARGE]),
    ("crash-starts-another-attempt", must::NOT_WHILE_OPEN, &[must::ONE_CHARGE]),
    ("expires-and-sends-again", must::NOT_WHILE_OPEN, &[must::ONE_CHARGE]),
    ("expects-no-callback", must::ENDS_WELL, &[]),
    ("expects-only-of-the-closed", must::ENDS_WELL, &[]),
    ("older-word-answers-the-question", must::ENDS_WELL, &[]),
    ("not-found-answers-the-question", must::ENDS_WELL, &[]),
    ("old-success-answers-the-question", must::ENDS_WELL, &[]),
    ("crash-means-not-sent", must::UNKNOWN_IS_NOT_FAILED, &[must::ENDS_WELL]),
    ("thrown-fetch-is-not-sent", must::UNKNOWN_IS_NOT_FAILED, &[must::ENDS_WELL]),
    ("timeout-is-a-refusal", must::UNKNOWN_IS_NOT_FAILED, &[must::ONE_CHARGE]),
    ("not-found-dated-by-its-arrival", must::UNKNOWN_IS_NOT_FAILED, &[must::ONE_CHARGE]),
    ("forgets-an-earlier-attempt", must::NO_SUCCESS_LOST, &[]),
    ("no-alarm-with-the-attempt", must::ENDS_WELL, &[]),
    ("trusts-the-body", must::PAID_IS_PAID, &[must::POSTED_IS_CAPTURED]),
    ("trusts-the-queue", must::POSTED_IS_CAPTURED, &[]),
    ("mark-before-effect", must::MARKED_AFTER, &[must::ENDS_WELL]),
    ("posting-not-idempotent", must::POSTED_ONCE, &[]),
    ("acknowledges-before-fulfilling", must::ENDS, &[]),
    ("answers-200-before-durable", must::ENDS_WELL, &[]),
];

/// Every name, of the refunds' own exploration too.
pub fn names() -> BTreeSet<String> {
    let refunds = crate::refunds::MUTANTS.iter().map(|(name, _)| *name);
    MUTANTS.iter().map(|(name, ..)| *name).chain(refunds).map(Into::into).collect()
}

/// The names of all guards that can be taken away, as the sources have them.
///
/// # Errors
/// When the sources cannot be read.
pub fn guards_in_the_sources() -> std::io::Result<BTreeSet<String>> {
    let model = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut names = BTreeSet::new();
    let crates = ["../crates/payments/src", "../crates/payments/src/reducer", "../crates/route/src"];
    for directory in [model.join("src")].into_iter().chain(crates.map(|source| model.join(source))) {
        for file in std::fs::read_dir(directory)? {
            let path = file?.path();
            let is_code = path.extension().is_some_and(|ending| ending == "rs");
            if is_code && !path.ends_with("mutants.rs") && !path.ends_with("gallery.rs") {
                let source = std::fs::read_to_string(path)?;
                names.extend(
                    source.split("mutated(\"").skip(1).filter_map(|rest| rest.split('"').next()).map(Into::into),
                );
            }
        }
    }
    Ok(names)
}

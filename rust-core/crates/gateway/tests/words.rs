//! Words that sound like an outcome and are none.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod support;

use gateway::status::{Found, Outcome, StatusOutcome, read_deposit_status};
use proptest::prelude::*;
use support::*;
use vm::Routine;

fn read(word: &str) -> StatusOutcome {
    let word = word.replace('\\', "\\\\").replace('"', "\\\"");
    read_deposit_status(
        config(),
        "pawapay",
        Routine::ReadStatus,
        &answer(200, &format!(r#"{{"status":"FOUND","data":{{"status":"{word}"}}}}"#)),
        "ZMW",
        None,
    )
}

fn is_open(outcome: &StatusOutcome) -> bool {
    matches!(outcome, StatusOutcome::Found(Found { outcome, .. }) if !matches!(outcome, Outcome::Succeeded | Outcome::Failed))
}

#[test]
fn t30_words_of_others_and_misspelt_ones_are_not_final() {
    for word in [
        "SUCCES",
        "SUCCESS",
        "SUCCESSFUL",
        "PAID",
        "OK",
        "completed",
        "Completed",
        "COMPLETED ",
        "failed",
        "Failed",
        "FAIL",
        "FAILURE",
        "REJECTED",
        "CANCELLED",
        "EXPIRED",
    ] {
        assert!(
            matches!(read(word), StatusOutcome::Found(Found { outcome: Outcome::Unrecognised, .. })),
            "{word}: {:?}",
            read(word)
        );
    }
    for word in ["PROCESSING", "ACCEPTED", "SUBMITTED", "ENQUEUED", "IN_RECONCILIATION"] {
        assert!(matches!(read(word), StatusOutcome::Found(Found { outcome: Outcome::Pending, .. })), "{word}");
    }
    assert!(!is_open(&read("COMPLETED")) && !is_open(&read("FAILED")));
}

proptest! {
    #[test]
    fn t30_no_word_but_two_is_final(word in "[ -~]{0,12}", at in 0..9_usize, upper: bool) {
        prop_assume!(word != "COMPLETED" && word != "FAILED");
        prop_assert!(!matches!(read(&word), StatusOutcome::Found(_)) || is_open(&read(&word)), "{word}");
        for known in ["COMPLETED", "FAILED"] {
            let mut letters: Vec<char> = known.chars().collect();
            let bent = at % letters.len();
            if upper { letters.remove(bent); } else { letters.iter_mut().skip(bent).for_each(|letter| *letter = letter.to_ascii_lowercase()); }
            let word: String = letters.into_iter().collect();
            prop_assert!(is_open(&read(&word)), "{word}");
        }
    }
}

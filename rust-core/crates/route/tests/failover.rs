//! When another gateway may be tried, and when never.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "tests fail by panicking"
)]

mod safety;

use proptest::prelude::*;
use route::failover::{Attempt, Cause, Doubt, Outcome, Why, may_fail_over};
use safety::{outcomes, policy, sequences, views, violation};

fn attempts(outcomes: &[Outcome]) -> Vec<Attempt> {
    outcomes
        .iter()
        .zip(safety::GATEWAYS)
        .map(|(outcome, name)| Attempt { gateway: name.into(), outcome: *outcome })
        .collect()
}

#[test]
fn t24_t25_the_table() {
    use Cause::{Customer, Gateway, Operator};
    use Outcome::{
        CancelRequested, Cancelled, Expired, Failed, NeedsAction, NotSent, Pending, Refused, Succeeded, Unknown,
    };
    let unknown = |doubt| Unknown { doubt };
    #[rustfmt::skip]
    let rows: Vec<(&[Outcome], bool, Why)> = vec![
        (&[], true, Why::NothingSent),
        (&[NotSent], true, Why::NothingSent),
        (&[NotSent, NotSent], true, Why::NothingSent),
        (&[Refused { cause: Gateway }], true, Why::RefusedForGood),
        (&[Refused { cause: Operator }], true, Why::RefusedForGood),
        (&[Failed { cause: Gateway }], true, Why::RefusedForGood),
        (&[Refused { cause: Gateway }, NotSent], true, Why::NothingSent),
        (&[Cancelled], true, Why::CancelConfirmed),
        (&[CancelRequested], false, Why::MayStillBeCaptured),
        (&[Refused { cause: Customer }], false, Why::CustomersOwn),
        (&[Failed { cause: Customer }], false, Why::CustomersOwn),
        (&[Expired], false, Why::CustomersOwn),
        (&[Pending], false, Why::MayStillBeCaptured),
        (&[NeedsAction], false, Why::MayStillBeCaptured),
        (&[Succeeded], false, Why::AlreadyPaid),
        (&[Refused { cause: Gateway }, Refused { cause: Gateway }], false, Why::FailedOverAlready),
        (&[Cancelled, Refused { cause: Gateway }], false, Why::FailedOverAlready),
    ];
    for (given, allowed, why) in rows {
        let verdict = may_fail_over(&attempts(given));
        assert_eq!((verdict.allowed, verdict.why), (allowed, why), "{given:?}");
    }
    for doubt in [Doubt::TimedOut, Doubt::ServerError, Doubt::Unreadable, Doubt::NotFound { for_ms: 86_400_000 }] {
        // T24: A refused for good, B's answer is lost: there is no C.
        for given in [vec![unknown(doubt)], vec![Refused { cause: Gateway }, unknown(doubt)]] {
            let verdict = may_fail_over(&attempts(&given));
            assert_eq!((verdict.allowed, verdict.why), (false, Why::MayStillBeCaptured), "{given:?}");
        }
    }
}

#[test]
fn t26_no_short_sequence_at_all_ends_in_a_second_charge() {
    let (policy, views) = (policy(), views());
    let sequences = sequences();
    assert!(sequences.len() > 6_000);
    for attempts in &sequences {
        for view in &views {
            assert_eq!(violation(&policy, attempts, view), None);
        }
    }
}

#[test]
fn attempts_are_read_as_they_are_written() {
    for outcome in outcomes() {
        let attempt = Attempt { gateway: "a".into(), outcome };
        let text = serde_json::to_string(&attempt).unwrap();
        assert_eq!(serde_json::from_str::<Attempt>(&text).unwrap(), attempt, "{text}");
    }
    let text = r#"{"gateway":"a","outcome":"unknown","doubt":{"why":"not_found","forMs":1000}}"#;
    let read: Attempt = serde_json::from_str(text).unwrap();
    assert_eq!(read.outcome, Outcome::Unknown { doubt: Doubt::NotFound { for_ms: 1_000 } });
}

proptest! {
    #[test]
    fn nothing_that_may_still_be_captured_is_ever_passed_by(
        picks in proptest::collection::vec((0_usize..19, 0_usize..3), 0..9),
        ill in any::<bool>(),
    ) {
        let all = outcomes();
        let attempts: Vec<Attempt> = picks
            .iter()
            .map(|(outcome, gateway)| Attempt {
                gateway: safety::GATEWAYS[*gateway].into(),
                outcome: all[*outcome],
            })
            .collect();
        let [well, broken] = views();
        prop_assert_eq!(violation(&policy(), &attempts, if ill { &broken } else { &well }), None);
    }
}

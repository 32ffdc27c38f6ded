//! The record that is written by hand is the one that serde writes, to the byte: it is read back by serde and by JavaScript.

#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

use payments::reducer::Minor;
use proptest::prelude::*;
use proptest::sample::select;
use route::breaker::Position;
use route::decide::{Because, Candidate, Decision, Score, Trigger, WhyNot};
use route::failover::{Verdict, Why};
use route::policy::PaidBy;
use route::record::record;

/// Names, and what nobody should have named anything.
fn text() -> impl Strategy<Value = String> {
    prop_oneof!["[a-z_0-9]{0,12}", any::<String>(), "[\u{0}-\u{1f}\"\\\\/\u{7f}é€𐍈\u{2028}]{0,6}"]
}

/// Digits of each length, and the ends of what 32 and 64 bits hold.
fn number() -> impl Strategy<Value = u64> {
    let ends = [0, 9, 10, 9_999, u64::from(u32::MAX), u64::from(u32::MAX) + 1, u64::MAX];
    prop_oneof![select(ends.to_vec()), any::<u64>(), any::<u32>().prop_map(u64::from), 0_u64..20_000]
}

fn position() -> impl Strategy<Value = Position> {
    select(vec![Position::Closed, Position::Open, Position::HalfOpen])
}

fn because() -> impl Strategy<Value = Because> {
    select(vec![
        Because::Score,
        Because::Priority,
        Because::Split,
        Because::Exploration,
        Because::Probe,
        Because::LastResort,
        Because::AlreadyPaid,
        Because::MayStillBeCaptured,
        Because::CustomersOwn,
        Because::FailedOverAlready,
        Because::RailDown,
        Because::NoGateway,
    ])
}

fn verdict() -> impl Strategy<Value = Verdict> {
    let why = select(vec![
        Why::NothingSent,
        Why::RefusedForGood,
        Why::CancelConfirmed,
        Why::AlreadyPaid,
        Why::MayStillBeCaptured,
        Why::CustomersOwn,
        Why::FailedOverAlready,
    ]);
    (any::<bool>(), why).prop_map(|(allowed, why)| Verdict { allowed, why })
}

fn why_not() -> impl Strategy<Value = WhyNot> {
    let plain = select(vec![
        WhyNot::Provider,
        WhyNot::Country,
        WhyNot::Currency,
        WhyNot::NoContract,
        WhyNot::AlreadyTried,
        WhyNot::ClosedByFeed,
    ]);
    prop_oneof![
        3 => plain,
        1 => any::<u8>().prop_map(|decimals| WhyNot::Decimals { decimals }),
        1 => number().prop_map(|amount| WhyNot::BelowMinimum { minimum_minor: Minor(amount) }),
        1 => number().prop_map(|amount| WhyNot::AboveMaximum { maximum_minor: Minor(amount) }),
        1 => number().prop_map(|amount| WhyNot::NotAMultiple { multiple_of_minor: Minor(amount) }),
        1 => text().prop_map(|capability| WhyNot::Capability { capability }),
        1 => text().prop_map(|rule| WhyNot::Excluded { rule }),
        1 => number().prop_map(|until_ms| WhyNot::Breaker { until_ms }),
    ]
}

prop_compose! {
    fn score()(
        total_bp in prop_oneof![any::<i64>(), -20_000_i64..20_000],
        parts in proptest::array::uniform6(number()),
        fee_paid_by in select(vec![None, Some(PaidBy::Merchant), Some(PaidBy::Customer)]),
    ) -> Score {
        let [success_bp, latency_bp, cost_bp, prompt_ms, fee_bp, evidence] = parts;
        Score { total_bp, success_bp, latency_bp, cost_bp, prompt_ms, fee_bp, fee_paid_by, evidence }
    }
}

prop_compose! {
    fn candidate()(
        gateway in text(),
        position in position(),
        why_not in proptest::option::of(why_not()),
        score in proptest::option::of(score()),
    ) -> Candidate {
        Candidate { gateway, position, why_not, score }
    }
}

prop_compose! {
    fn decision()(
        (v, now_ms, probe) in (any::<u8>(), number(), any::<bool>()),
        (policy_version, payment_id, rail) in (text(), text(), text()),
        (gateway, rule) in (proptest::option::of(text()), proptest::option::of(text())),
        trigger in select(vec![Trigger::Request, Trigger::Failover]),
        because in because(),
        rail_position in position(),
        failover in proptest::option::of(verdict()),
        candidates in proptest::collection::vec(candidate(), 0..4),
    ) -> Decision {
        Decision {
            v, policy_version, payment_id, now_ms, trigger, gateway, because, rule, probe, rail, rail_position, failover, candidates,
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn it_is_what_serde_writes(decision in decision()) {
        let text = record(&decision);
        prop_assert_eq!(&text, &serde_json::to_string(&decision).unwrap());
        prop_assert!(!text.contains('\n'));
        prop_assert_eq!(serde_json::from_str::<Decision>(&text).unwrap(), decision);
    }
}

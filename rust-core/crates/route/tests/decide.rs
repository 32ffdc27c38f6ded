//! Who is chosen, by what, and what the record says of it.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "tests fail by panicking"
)]

use proptest::prelude::*;
use route::breaker::Position;
use route::decide::{Because, Decision, Request, Trigger, WhyNot, decide};
use route::explain::explain;
use route::failover::{Attempt, Cause, Outcome};
use route::health::{Availability, Health, Observation, Seen, observe};
use route::policy::Policy;

const T0: u64 = 1_790_000_000_000;
const RAIL: &str = "MTN_MOMO_ZMB";

/// `pawapay` and `mtn` reach the rail, `wave` does not.
const POLICY: &str = r#"{
    "version": "2026-11-21",
    "gateways": [
        { "name": "pawapay", "capabilities": ["refund"], "providers": [
            { "code": "MTN_MOMO_ZMB", "country": "ZMB", "currencies": [{ "code": "ZMW", "decimals": 2, "minMinor": "100", "maxMinor": "500000" }] }
        ] },
        { "name": "mtn", "merchants": ["mer_1"], "providers": [
            { "code": "MTN_MOMO_ZMB", "country": "ZMB", "currencies": [{ "code": "ZMW", "decimals": 0 }] }
        ] },
        { "name": "wave", "providers": [
            { "code": "WAVE_SEN", "country": "SEN", "currencies": [{ "code": "XOF", "decimals": 0 }] }
        ] }
    ],
    "settings": { "lowValueMinor": { "ZMW": "5000" }, "exploreBp": 0 }
}"#;

fn policy_with(changes: serde_json::Value) -> Policy {
    let mut value: serde_json::Value = serde_json::from_str(POLICY).unwrap();
    for (key, change) in changes.as_object().unwrap() {
        match (value[key].as_object_mut(), change.as_object()) {
            (Some(object), Some(change)) => object.extend(change.clone()),
            _ => value[key] = change.clone(),
        }
    }
    let policy: Policy = serde_json::from_value(value).unwrap();
    assert_eq!(policy.problems(), Vec::<String>::new());
    policy
}

fn policy() -> Policy {
    policy_with(serde_json::json!({}))
}

fn request() -> Request {
    Request {
        payment_id: "pay_1".into(),
        merchant: "mer_1".into(),
        country: "ZMB".into(),
        provider: RAIL.into(),
        currency: "ZMW".into(),
        amount_minor: payments::reducer::Minor(2_000),
        needs: vec![],
        trigger: Trigger::Request,
        attempts: vec![],
        now_ms: T0,
    }
}

fn seeing(policy: &Policy, what: &[(&str, Seen, u32)]) -> Health {
    let mut view = Health::default();
    for (gateway, seen, times) in what {
        for _ in 0..*times {
            let observation =
                Observation { gateway: (*gateway).into(), rail: RAIL.into(), probe: false, now_ms: T0, seen: *seen };
            let _ = observe(policy, &mut view, &observation);
        }
    }
    view
}

fn why_not(decision: &Decision, gateway: &str) -> Option<WhyNot> {
    decision.candidates.iter().find(|candidate| candidate.gateway == gateway).unwrap().why_not.clone()
}

#[test]
fn eligibility() {
    let minor = payments::reducer::Minor;
    let excluding = policy_with(serde_json::json!({ "rules": [
        { "id": "no-mtn", "when": { "countries": ["ZMB"] }, "effect": { "kind": "exclude", "gateways": ["mtn"] } }
    ] }));
    let plain = policy();
    let of = |policy: &Policy, gateway: &str, change: &dyn Fn(&mut Request)| {
        let mut request = request();
        change(&mut request);
        why_not(&decide(policy, &Health::default(), &request), gateway)
    };
    assert_eq!(of(&plain, "pawapay", &|_| {}), None);
    assert_eq!(of(&plain, "wave", &|_| {}), Some(WhyNot::Provider));
    assert_eq!(of(&plain, "pawapay", &|r| r.country = "UGA".into()), Some(WhyNot::Country));
    assert_eq!(of(&plain, "pawapay", &|r| r.currency = "USD".into()), Some(WhyNot::Currency));
    assert_eq!(of(&plain, "mtn", &|r| r.amount_minor = minor(2_050)), Some(WhyNot::Decimals { decimals: 0 }));
    assert_eq!(of(&plain, "mtn", &|r| r.amount_minor = minor(2_100)), None);
    assert_eq!(
        of(&plain, "pawapay", &|r| r.amount_minor = minor(99)),
        Some(WhyNot::BelowMinimum { minimum_minor: minor(100) })
    );
    assert_eq!(
        of(&plain, "pawapay", &|r| r.amount_minor = minor(500_001)),
        Some(WhyNot::AboveMaximum { maximum_minor: minor(500_000) })
    );
    assert_eq!(
        of(&plain, "mtn", &|r| r.needs = vec!["refund".into()]),
        Some(WhyNot::Capability { capability: "refund".into() })
    );
    let mut in_fives = policy();
    in_fives.gateways[0].providers[0].currencies[0].multiple_of_minor = Some(minor(500));
    assert_eq!(
        of(&in_fives, "pawapay", &|r| r.amount_minor = minor(2_100)),
        Some(WhyNot::NotAMultiple { multiple_of_minor: minor(500) })
    );
    assert_eq!(of(&in_fives, "pawapay", &|r| r.amount_minor = minor(2_500)), None);
    assert_eq!(of(&plain, "mtn", &|r| r.merchant = "mer_2".into()), Some(WhyNot::NoContract));
    assert_eq!(of(&excluding, "mtn", &|_| {}), Some(WhyNot::Excluded { rule: "no-mtn".into() }));
    let refused = |r: &mut Request| {
        r.trigger = Trigger::Failover;
        r.attempts = vec![Attempt { gateway: "mtn".into(), outcome: Outcome::Refused { cause: Cause::Gateway } }];
    };
    assert_eq!(of(&plain, "mtn", &refused), Some(WhyNot::AlreadyTried));
    let nobody = decide(&plain, &Health::default(), &Request { country: "UGA".into(), ..request() });
    assert_eq!((nobody.gateway, nobody.because), (None, Because::NoGateway));
}

#[test]
fn the_better_one_is_chosen_and_a_slow_prompt_costs() {
    let policy = policy();
    let asked = Seen::Prompted { after_ms: 3_000 };
    let better = seeing(
        &policy,
        &[("pawapay", Seen::Succeeded, 80), ("pawapay", Seen::Unknown, 1), ("mtn", Seen::Succeeded, 100)],
    );
    assert_eq!(decide(&policy, &better, &request()).gateway.as_deref(), Some("mtn"));
    let slower = seeing(
        &policy,
        &[
            ("pawapay", Seen::Succeeded, 100),
            ("mtn", Seen::Succeeded, 100),
            ("pawapay", asked, 20),
            ("mtn", Seen::Prompted { after_ms: 12_000 }, 20),
        ],
    );
    assert_eq!(decide(&policy, &slower, &request()).gateway.as_deref(), Some("pawapay"));
}

#[test]
fn nothing_is_known_at_first_and_equals_are_taken_in_order() {
    let decision = decide(&policy(), &Health::default(), &request());
    assert_eq!((decision.gateway.as_deref(), decision.because), (Some("pawapay"), Because::Score));
    let scores: Vec<_> = decision
        .candidates
        .iter()
        .map(|candidate| candidate.score.map(|score| (score.success_bp, score.evidence)))
        .collect();
    assert_eq!(scores, [Some((9_000, 0)), Some((9_000, 0)), None]);
}

#[test]
fn costs_count_when_the_merchant_pays_them_and_the_first_rule_holds() {
    let cost = |id: &str, gateway: &str, fee: u32, paid_by: &str| serde_json::json!({ "id": id, "effect": { "kind": "cost", "gateway": gateway, "feeBp": fee, "fixedMinor": "20", "paidBy": paid_by } });
    let merchant = policy_with(
        serde_json::json!({ "rules": [cost("p", "pawapay", 300, "merchant"), cost("p2", "pawapay", 0, "merchant"), cost("m", "mtn", 100, "merchant")] }),
    );
    let decision = decide(&merchant, &Health::default(), &request());
    assert_eq!(decision.gateway.as_deref(), Some("mtn"));
    // 3 % and 20 of 2,000 minor units.
    assert_eq!(decision.candidates[0].score.unwrap().cost_bp, 400);
    let customer = policy_with(
        serde_json::json!({ "rules": [cost("p", "pawapay", 300, "customer"), cost("m", "mtn", 100, "merchant")] }),
    );
    let decision = decide(&customer, &Health::default(), &request());
    assert_eq!(decision.gateway.as_deref(), Some("pawapay"));
    assert_eq!((decision.candidates[0].score.unwrap().cost_bp, decision.candidates[0].score.unwrap().fee_bp), (0, 400));
}

#[test]
fn a_priority_holds_while_it_is_about_as_good_and_for_those_it_is_for() {
    let policy = policy_with(serde_json::json!({ "rules": [
        { "id": "big", "when": { "currencies": ["ZMW"], "fromMinor": "100000" }, "effect": { "kind": "priority", "gateways": ["pawapay"] } },
        { "id": "ours", "when": { "merchants": ["mer_1"] }, "effect": { "kind": "priority", "gateways": ["mtn", "pawapay"] } }
    ] }));
    let chosen = |view: &Health, amount: u64| {
        let request = Request { amount_minor: payments::reducer::Minor(amount), ..request() };
        let decision = decide(&policy, view, &request);
        (decision.gateway.unwrap(), decision.because, decision.rule)
    };
    let well = Health::default();
    assert_eq!(chosen(&well, 2_000), ("mtn".into(), Because::Priority, Some("ours".into())));
    assert_eq!(chosen(&well, 200_000), ("pawapay".into(), Because::Priority, Some("big".into())));
    let poor = seeing(&policy, &[("mtn", Seen::Failed { cause: Cause::Gateway }, 3), ("pawapay", Seen::Succeeded, 20)]);
    assert_eq!(chosen(&poor, 2_000).0, "pawapay");
}

#[test]
fn a_split_is_kept_and_sticks_to_the_payment() {
    let policy = policy_with(serde_json::json!({ "rules": [
        { "id": "third", "effect": { "kind": "split", "shares": [{ "gateway": "mtn", "percent": 30 }, { "gateway": "pawapay", "percent": 70 }] } }
    ] }));
    let chosen = |i: u32| {
        let request = Request { payment_id: format!("pay_{i}"), ..request() };
        let decision = decide(&policy, &Health::default(), &request);
        assert_eq!((decision.because, decision.rule.as_deref()), (Because::Split, Some("third")));
        assert_eq!(decide(&policy, &Health::default(), &request), decision);
        decision.gateway.unwrap()
    };
    let mtn = (0..2_000).filter(|i| chosen(*i) == "mtn").count();
    assert!((540..660).contains(&mtn), "{mtn} of 2000");
}

#[test]
fn exploration_is_bounded_sticky_and_never_of_large_amounts() {
    let policy = policy_with(serde_json::json!({ "settings": { "exploreBp": 200 } }));
    let view = seeing(&policy, &[("pawapay", Seen::Succeeded, 100)]);
    let explored = |view: &Health, amount: u64, attempts: Vec<Attempt>| {
        (0..5_000)
            .filter(|i| {
                let request = Request {
                    payment_id: format!("pay_{i}"),
                    amount_minor: payments::reducer::Minor(amount),
                    attempts: attempts.clone(),
                    ..request()
                };
                let decision = decide(&policy, view, &request);
                assert_eq!(decision.gateway.as_deref() == Some("mtn"), decision.because == Because::Exploration);
                decision.because == Because::Exploration
            })
            .count()
    };
    let share = explored(&view, 5_000, vec![]);
    assert!((60..=140).contains(&share), "{share} of 5000");
    assert_eq!(explored(&view, 5_100, vec![]), 0);
    let again = vec![Attempt { gateway: "x".into(), outcome: Outcome::Refused { cause: Cause::Gateway } }];
    assert_eq!(explored(&view, 5_000, again), 0, "only first attempts");
    let broken = seeing(&policy, &[("pawapay", Seen::Succeeded, 100), ("mtn", Seen::Unknown, 10)]);
    assert_eq!(explored(&broken, 5_000, vec![]), 0, "its breaker is open");
}

#[test]
fn a_breaker_steers_around_lets_low_values_probe_and_is_the_last_resort() {
    let policy = policy();
    let view = seeing(&policy, &[("mtn", Seen::Succeeded, 100), ("mtn", Seen::Unknown, 8)]);
    let at = |now_ms: u64, amount: u64, country_merchant: &str| {
        decide(
            &policy,
            &view,
            &Request {
                now_ms,
                merchant: country_merchant.into(),
                amount_minor: payments::reducer::Minor(amount),
                ..request()
            },
        )
    };
    let open = at(T0 + 1_000, 2_000, "mer_1");
    assert_eq!((open.gateway.as_deref(), open.because, open.probe), (Some("pawapay"), Because::Score, false));
    assert_eq!(why_not(&open, "mtn"), Some(WhyNot::Breaker { until_ms: T0 + 10_000 }));
    let probe = at(T0 + 11_000, 2_000, "mer_1");
    assert_eq!((probe.gateway.as_deref(), probe.because, probe.probe), (Some("mtn"), Because::Probe, true));
    let mut called = policy.clone();
    called.gateways[1].status_calls = true;
    let waiting = decide(&called, &view, &Request { now_ms: T0 + 11_000, ..request() });
    assert_eq!(waiting.gateway.as_deref(), Some("pawapay"), "no status call was answered yet");
    let unasked = decide(&called, &view, &Request { now_ms: T0 + 25_000, ..request() });
    assert_eq!(
        (unasked.gateway.as_deref(), unasked.probe),
        (Some("mtn"), true),
        "nothing is open there to be asked about"
    );
    let large = at(T0 + 11_000, 6_000, "mer_1");
    assert_eq!((large.gateway.as_deref(), large.because, large.probe), (Some("pawapay"), Because::Score, false));

    // 600,000 is more than pawapay takes: mtn or nobody.
    let only = at(T0 + 1_000, 600_000, "mer_1");
    assert_eq!((only.gateway.as_deref(), only.because, only.probe), (Some("mtn"), Because::LastResort, false));
    assert!(at(T0 + 11_000, 600_000, "mer_1").probe);
    let strict = policy_with(serde_json::json!({ "settings": { "lastResort": false } }));
    let nobody = decide(
        &strict,
        &view,
        &Request { now_ms: T0 + 1_000, amount_minor: payments::reducer::Minor(600_000), ..request() },
    );
    assert_eq!((nobody.gateway, nobody.because), (None, Because::NoGateway));
}

#[test]
fn t27_the_shop_hears_at_once_that_the_rail_is_down() {
    let policy = policy();
    let view = seeing(&policy, &[("pawapay", Seen::Unknown, 8), ("mtn", Seen::Unknown, 8)]);
    let decision = decide(&policy, &view, &request());
    assert_eq!(
        (decision.gateway.as_deref(), decision.because, decision.rail_position),
        (None, Because::RailDown, Position::Open)
    );
    let probe = decide(&policy, &view, &Request { now_ms: T0 + 10_000, ..request() });
    assert_eq!((probe.gateway.is_some(), probe.probe), (true, true));
    let large = decide(
        &policy,
        &view,
        &Request { now_ms: T0 + 10_000, amount_minor: payments::reducer::Minor(6_000), ..request() },
    );
    assert_eq!(large.because, Because::RailDown);
}

#[test]
fn where_no_amount_is_of_low_value_a_breaker_is_not_open_for_ever() {
    let policy = policy_with(serde_json::json!({ "settings": { "lowValueMinor": {} } }));
    let view = seeing(&policy, &[("mtn", Seen::Succeeded, 100), ("mtn", Seen::Unknown, 8)]);
    let at = |now_ms: u64| decide(&policy, &view, &Request { now_ms, ..request() });
    assert_eq!(at(T0 + 69_999).gateway.as_deref(), Some("pawapay"), "a status call may do before");
    assert_eq!((at(T0 + 70_000).gateway.as_deref(), at(T0 + 70_000).probe), (Some("mtn"), true));
    let down = seeing(&policy, &[("pawapay", Seen::Unknown, 8), ("mtn", Seen::Unknown, 8)]);
    let of_rail = |now_ms: u64| decide(&policy, &down, &Request { now_ms, ..request() });
    assert_eq!(of_rail(T0 + 9_999).because, Because::RailDown);
    assert!(of_rail(T0 + 10_000).probe, "nobody is paid there meanwhile");
}

#[test]
fn where_none_of_low_value_comes_any_payment_opens_the_way_again() {
    let policy = policy();
    let large = |now_ms: u64| Request { now_ms, amount_minor: payments::reducer::Minor(60_000), ..request() };
    let mut down = seeing(&policy, &[("pawapay", Seen::Unknown, 8), ("mtn", Seen::Unknown, 8)]);
    let of_rail = |view: &Health, now_ms: u64| decide(&policy, view, &large(now_ms));
    let probe = |view: &mut Health, seen: Seen, now_ms: u64| {
        let observation = Observation { gateway: "pawapay".into(), rail: RAIL.into(), probe: true, now_ms, seen };
        let _ = observe(&policy, view, &observation);
    };
    assert_eq!(of_rail(&down, T0 + 24_999).because, Because::RailDown, "low values look first");
    assert!(of_rail(&down, T0 + 25_000).probe);
    // However long nothing came, one goes, and the next when nothing was heard of it for a while.
    let now_ms = T0 + 60_000_000;
    assert!(of_rail(&down, now_ms).probe);
    probe(&mut down, Seen::Sent, now_ms);
    assert_eq!(of_rail(&down, now_ms + 14_999).because, Because::RailDown);
    assert!(of_rail(&down, now_ms + 15_000).probe);
    for later_ms in [1_000, 2_000, 3_000] {
        probe(&mut down, Seen::Prompted { after_ms: 3_000 }, now_ms + later_ms);
    }
    assert_eq!(of_rail(&down, now_ms + 3_000).because, Because::Score);

    let view = seeing(&policy, &[("mtn", Seen::Succeeded, 100), ("mtn", Seen::Unknown, 8)]);
    assert_eq!(decide(&policy, &view, &large(T0 + 69_999)).gateway.as_deref(), Some("pawapay"));
    let of_pair = decide(&policy, &view, &large(T0 + 70_000));
    assert_eq!((of_pair.gateway.as_deref(), of_pair.probe), (Some("mtn"), true));
}

#[test]
fn a_gateway_that_says_closed_is_passed_by_while_another_reaches_the_rail() {
    let policy = policy();
    let view = seeing(&policy, &[("pawapay", Seen::Feed { status: Availability::Closed }, 1)]);
    let decision = decide(&policy, &view, &request());
    assert_eq!(decision.gateway.as_deref(), Some("mtn"));
    assert_eq!(why_not(&decision, "pawapay"), Some(WhyNot::ClosedByFeed));
}

#[test]
fn t27_the_shop_hears_that_the_rail_is_down_when_all_who_reach_it_say_so() {
    let policy = policy();
    let closed = Seen::Feed { status: route::health::Availability::Closed };
    let view = seeing(&policy, &[("pawapay", closed, 1), ("mtn", closed, 1)]);
    // Open at first, and then half-open: a probe would be refused.
    for now_ms in [T0 + 1_000, T0 + 12_000] {
        let decision = decide(&policy, &view, &Request { now_ms, ..request() });
        assert_eq!((decision.gateway, decision.because), (None, Because::RailDown));
    }
}

#[test]
fn a_shop_that_asks_again_is_served_where_a_failover_is_not() {
    let attempts = vec![Attempt { gateway: "pawapay".into(), outcome: Outcome::Failed { cause: Cause::Customer } }];
    let asked = decide(&policy(), &Health::default(), &Request { attempts: attempts.clone(), ..request() });
    assert_eq!(asked.gateway.as_deref(), Some("pawapay"));
    let alone = decide(&policy(), &Health::default(), &Request { attempts, trigger: Trigger::Failover, ..request() });
    assert_eq!((alone.gateway, alone.because), (None, Because::CustomersOwn));
}

#[test]
fn what_is_wrong_with_a_policy_is_said_with_its_place() {
    let text = POLICY
        .replace(
            r#""version": "2026-11-21","#,
            r#""version": "x", "rules": [
        { "id": "a", "when": { "fromMinor": "1" }, "effect": { "kind": "priority", "gateways": ["nobody"] } },
        { "id": "a", "effect": { "kind": "split", "shares": [{ "gateway": "mtn", "percent": 99 }] } }
    ],"#,
        )
        .replace(r#""exploreBp": 0"#, r#""exploreBp": 5001"#);
    let policy: Policy = serde_json::from_str(&text).unwrap();
    assert_eq!(
        policy.problems(),
        [
            "rules.0.effect: there is no gateway `nobody`",
            "rules.0.when: an amount needs its one currency beside it",
            "rules.1.id: `a` is there twice",
            "rules.1.effect.shares: percents add up to 100",
            "settings.exploreBp: at most 5000",
        ]
    );
    assert!(serde_json::from_str::<Policy>(&POLICY.replace("exploreBp", "exploreShare")).is_err());
}

#[test]
fn a_decision_is_explained_in_a_few_lines() {
    let policy = policy();
    let view = seeing(&policy, &[("pawapay", Seen::Succeeded, 30), ("mtn", Seen::Unknown, 8)]);
    assert_eq!(
        explain(&decide(&policy, &view, &request())),
        "pay_1: pawapay, the best score (policy 2026-11-21, rail MTN_MOMO_ZMB: closed)\n\
         \u{20} pawapay: 9775 = success 9875 - latency 100 - cost 0; prompt 4000 ms, 30 outcomes\n\
         \u{20} mtn: not: its breaker is open (4974 = success 5074 - latency 100 - cost 0; prompt 4000 ms, 8 outcomes)\n\
         \u{20} wave: not: does not reach this provider"
    );
}

proptest! {
    /// Whatever was seen: a score is what its parts say, nobody who cannot take it is chosen, and the record can be read again.
    #[test]
    fn the_record_holds_together(
        seen in proptest::collection::vec((0_usize..2, 0_usize..6, 0_u32..60), 0..8),
        amount in 0_u64..700_000,
        id in "[a-z]{1,8}",
        later in 0_u64..200_000,
    ) {
        let policy = policy_with(serde_json::json!({ "settings": { "exploreBp": 5000 } }));
        let kinds = [Seen::Succeeded, Seen::Unknown, Seen::Slow, Seen::Prompted { after_ms: 2_500 }, Seen::Failed { cause: Cause::Gateway }, Seen::Failed { cause: Cause::Customer }];
        let what: Vec<_> = seen.iter().map(|(gateway, kind, times)| (["pawapay", "mtn"][*gateway], kinds[*kind], *times)).collect();
        let view = seeing(&policy, &what);
        let request = Request { payment_id: id, amount_minor: payments::reducer::Minor(amount), now_ms: T0 + later, ..request() };
        let decision = decide(&policy, &view, &request);
        for candidate in &decision.candidates {
            if let Some(score) = candidate.score {
                let parts = [score.success_bp, score.latency_bp, score.cost_bp].map(|part| i64::try_from(part).unwrap());
                prop_assert_eq!(score.total_bp, parts[0] - parts[1] - parts[2]);
                prop_assert!(score.success_bp <= 10_000);
            }
        }
        if let Some(gateway) = &decision.gateway {
            let stopped = why_not(&decision, gateway);
            let may = matches!(decision.because, Because::Probe | Because::LastResort);
            let only_by_its_breaker = matches!(stopped, Some(WhyNot::Breaker { .. }));
            prop_assert!(stopped.is_none() || (may && only_by_its_breaker));
        }
        let text = serde_json::to_string(&decision).unwrap();
        prop_assert_eq!(serde_json::from_str::<Decision>(&text).unwrap(), decision);
    }
}

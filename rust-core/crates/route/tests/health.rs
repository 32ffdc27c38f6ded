//! What is observed, who is blamed for it, and that observations of several isolates add.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "tests fail by panicking"
)]

use proptest::prelude::*;
use route::breaker::Position;
use route::failover::Cause;
use route::health::{Availability, Health, Observation, Seen, observe};
use route::policy::Policy;

const T0: u64 = 1_790_000_000_000;
const RAILS: [&str; 2] = ["MTN_MOMO_ZMB", "AIRTEL_ZMB"];

/// `a` and `b` reach both rails, `solo` a third and the second.
fn policy() -> Policy {
    let provider =
        |code: &str| format!(r#"{{"code":"{code}","country":"ZMB","currencies":[{{"code":"ZMW","decimals":2}}]}}"#);
    let gateway = |name: &str, rails: &[&str]| {
        let providers: Vec<String> = rails.iter().map(|rail| provider(rail)).collect();
        format!(r#"{{"name":"{name}","providers":[{}]}}"#, providers.join(","))
    };
    let gateways = [gateway("a", &RAILS), gateway("b", &RAILS), gateway("solo", &["ZAMTEL_ZMB", "AIRTEL_ZMB"])];
    serde_json::from_str(&format!(r#"{{"version":"1","gateways":[{}]}}"#, gateways.join(","))).unwrap()
}

struct World {
    policy: Policy,
    view: Health,
    now_ms: u64,
}

impl World {
    fn new() -> Self {
        Self { policy: policy(), view: Health::default(), now_ms: T0 }
    }

    fn see(&mut self, gateway: &str, rail: &str, seen: Seen, times: u32) {
        self.look(gateway, rail, seen, times, false);
    }

    fn look(&mut self, gateway: &str, rail: &str, seen: Seen, times: u32, probe: bool) {
        for _ in 0..times {
            self.now_ms += 200;
            let observation =
                Observation { gateway: gateway.into(), rail: rail.into(), probe, now_ms: self.now_ms, seen };
            let _ = observe(&self.policy, &mut self.view, &observation);
        }
    }

    fn cell(&self, gateway: &str, rail: &str) -> Position {
        self.view.cell(gateway, rail).map_or(Position::Closed, |cell| cell.breaker.position(self.now_ms))
    }

    fn rail(&self, rail: &str) -> Position {
        self.view.rails.get(rail).map_or(Position::Closed, |rail| rail.breaker.position(self.now_ms))
    }

    fn gateway(&self, gateway: &str) -> Position {
        self.view.gateway(gateway).position(self.now_ms)
    }
}

const ASKED: Seen = Seen::Prompted { after_ms: 3_000 };

#[test]
fn a_gateway_that_stops_answering_is_open_within_ten_attempts_however_well_it_did() {
    for good in [0, 10, 1_000] {
        let mut world = World::new();
        world.see("a", RAILS[0], ASKED, good);
        assert_eq!(world.cell("a", RAILS[0]), Position::Closed);
        world.see("a", RAILS[0], Seen::Unknown, 10);
        assert_eq!(world.cell("a", RAILS[0]), Position::Open, "after {good} good ones");
        assert_eq!(world.rail(RAILS[0]), Position::Closed);
        assert_eq!(world.cell("b", RAILS[0]), Position::Closed);
    }
}

#[test]
fn a_brown_out_at_forty_percent_opens_it_within_twenty() {
    let mut world = World::new();
    world.see("a", RAILS[0], ASKED, 200);
    for i in 0..20 {
        world.see("a", RAILS[0], if i % 5 < 3 { Seen::Unknown } else { ASKED }, 1);
    }
    assert_eq!(world.cell("a", RAILS[0]), Position::Open);
}

#[test]
fn the_usual_failures_open_nothing() {
    let mut world = World::new();
    for i in 0..2_000 {
        world.see("a", RAILS[0], if i % 12 == 0 { Seen::Failed { cause: Cause::Gateway } } else { ASKED }, 1);
    }
    assert_eq!(world.cell("a", RAILS[0]), Position::Closed);
}

#[test]
fn what_customers_do_is_held_against_nobody() {
    let mut world = World::new();
    world.see("a", RAILS[0], Seen::Failed { cause: Cause::Customer }, 500);
    assert_eq!(world.cell("a", RAILS[0]), Position::Closed);
    assert_eq!(world.gateway("a"), Position::Closed);
}

#[test]
fn t27_an_operator_that_is_down_everywhere_is_blamed_in_place_of_its_gateways() {
    let mut world = World::new();
    world.see("a", RAILS[1], ASKED, 20);
    world.see("a", RAILS[0], Seen::Failed { cause: Cause::Operator }, 10);
    assert_eq!(world.cell("a", RAILS[0]), Position::Open, "nobody else has been heard yet");
    world.see("b", RAILS[0], Seen::Unknown, 10);
    assert_eq!(world.rail(RAILS[0]), Position::Open);
    assert_eq!(world.cell("a", RAILS[0]), Position::Closed);
    assert_eq!(world.cell("b", RAILS[0]), Position::Closed);
    assert_eq!([world.gateway("a"), world.gateway("b")], [Position::Closed; 2]);
    assert_eq!(world.rail(RAILS[1]), Position::Closed);
    // What was sent before the verdict goes on failing, and is nobody's fault but the rail's.
    world.see("a", RAILS[0], Seen::Unknown, 30);
    assert_eq!((world.cell("a", RAILS[0]), world.gateway("a")), (Position::Closed, Position::Closed));
}

#[test]
fn the_only_gateway_of_a_rail_is_not_blamed_while_its_other_rails_work() {
    let mut world = World::new();
    world.see("solo", "AIRTEL_ZMB", ASKED, 10);
    world.see("solo", "ZAMTEL_ZMB", Seen::Unknown, 10);
    assert_eq!(world.rail("ZAMTEL_ZMB"), Position::Open);
    assert_eq!(world.gateway("solo"), Position::Closed);

    let mut alone = World::new();
    alone.see("solo", "ZAMTEL_ZMB", Seen::Unknown, 10);
    assert_eq!((alone.rail("ZAMTEL_ZMB"), alone.cell("solo", "ZAMTEL_ZMB")), (Position::Closed, Position::Open));
}

#[test]
fn trouble_on_several_rails_is_the_gateways() {
    let mut world = World::new();
    for rail in RAILS {
        world.see("b", rail, ASKED, 10);
    }
    for _ in 0..5 {
        for rail in RAILS {
            world.see("a", rail, Seen::Unknown, 1);
        }
    }
    assert_eq!(world.gateway("a"), Position::Open);
    assert_eq!([world.rail(RAILS[0]), world.rail(RAILS[1])], [Position::Closed; 2]);
}

#[test]
fn a_feed_that_says_delayed_keeps_the_gateway_from_blame_and_goes_stale() {
    let mut world = World::new();
    world.see("a", RAILS[0], Seen::Feed { status: Availability::Delayed }, 1);
    world.see("a", RAILS[0], Seen::Slow, 40);
    assert_eq!((world.cell("a", RAILS[0]), world.gateway("a")), (Position::Closed, Position::Closed));
    world.now_ms += 120_000;
    world.see("a", RAILS[0], Seen::Slow, 10);
    assert_eq!(world.cell("a", RAILS[0]), Position::Open);
}

#[test]
fn a_feed_that_says_closed_closes_the_rail_when_nobody_else_reaches_it() {
    let mut world = World::new();
    world.see("solo", "ZAMTEL_ZMB", Seen::Feed { status: Availability::Closed }, 1);
    assert_eq!(world.rail("ZAMTEL_ZMB"), Position::Open);
    world.see("a", RAILS[0], Seen::Feed { status: Availability::Closed }, 1);
    assert_eq!(world.rail(RAILS[0]), Position::Closed, "b still reaches it");
}

#[test]
fn probes_close_it_again_and_one_that_fails_opens_it_for_longer() {
    let mut world = World::new();
    world.see("a", RAILS[0], Seen::Unknown, 10);
    let opened = world.view.cell("a", RAILS[0]).unwrap().breaker;
    assert_eq!(world.view.probes_due(world.now_ms), vec![]);
    world.now_ms = opened.open_until_ms;
    assert_eq!(world.cell("a", RAILS[0]), Position::HalfOpen);
    assert_eq!(world.view.probes_due(world.now_ms), vec![(Some("a".into()), Some(RAILS[0].into()))]);
    world.look("a", RAILS[0], Seen::Asked, 1, true);
    assert_eq!(world.view.probes_due(world.now_ms), vec![], "one is on its way");
    world.see("a", RAILS[0], ASKED, 5);
    assert_eq!(world.cell("a", RAILS[0]), Position::HalfOpen, "only probes count");
    world.look("a", RAILS[0], Seen::Unknown, 1, true);
    let again = world.view.cell("a", RAILS[0]).unwrap().breaker;
    assert_eq!(again.open_until_ms - again.changed_ms, 15_000);

    world.now_ms = again.open_until_ms;
    world.look("a", RAILS[0], Seen::Sent, 1, true);
    world.look("a", RAILS[0], ASKED, 1, true);
    assert_eq!(world.view.probes_due(world.now_ms).len(), 1);
    world.look("a", RAILS[0], Seen::Asked, 2, true);
    world.look("a", RAILS[0], Seen::Answered, 2, true); // No amount is low: status calls are as good as payments.
    assert_eq!(world.cell("a", RAILS[0]), Position::Closed);
    // What opened it is no longer held against it.
    world.see("a", RAILS[0], Seen::Unknown, 2);
    assert_eq!(world.cell("a", RAILS[0]), Position::Closed);
}

#[test]
fn where_payments_can_probe_a_status_call_only_lets_them() {
    let mut world = World::new();
    world.policy.settings.low_value_minor.insert("ZMW".into(), payments::reducer::Minor(5_000));
    world.see("a", RAILS[0], Seen::Unknown, 10);
    world.now_ms = world.view.cell("a", RAILS[0]).unwrap().breaker.open_until_ms;
    world.look("a", RAILS[0], Seen::Answered, 9, true);
    assert_eq!(world.cell("a", RAILS[0]), Position::HalfOpen);
    world.look("a", RAILS[0], ASKED, 3, true);
    assert_eq!(world.cell("a", RAILS[0]), Position::Closed);
}

#[test]
fn status_calls_take_no_payments_place() {
    let mut world = World::new();
    world.policy.settings.low_value_minor.insert("ZMW".into(), payments::reducer::Minor(5_000));
    world.see("a", RAILS[0], Seen::Unknown, 10);
    let breaker = |world: &World| world.view.cell("a", RAILS[0]).unwrap().breaker;
    world.now_ms = breaker(&world).open_until_ms;
    let mut asked = 0;
    for _ in 0..20 {
        if !world.view.probes_due(world.now_ms).is_empty() {
            world.look("a", RAILS[0], Seen::Asked, 1, true);
            world.look("a", RAILS[0], Seen::Answered, 1, true);
            asked += 1;
        }
        world.now_ms += 100;
    }
    assert_eq!(asked, 3, "and are bounded themselves");
    for _ in 0..3 {
        assert!(breaker(&world).wants_probe(world.now_ms));
        world.look("a", RAILS[0], Seen::Sent, 1, true);
        world.look("a", RAILS[0], ASKED, 1, true);
    }
    assert_eq!(world.cell("a", RAILS[0]), Position::Closed);
}

/// `a` works elsewhere and loses what is sent to it on the first rail, until its breaker has been open for eight seconds; nothing
/// else is heard of that rail.
fn only_a_is_sent_anything(world: &mut World) {
    world.see("a", RAILS[1], ASKED, 10);
    world.see("a", RAILS[0], Seen::Unknown, 4);
    world.now_ms += 8_000;
}

#[test]
fn a_gateway_that_is_excluded_from_a_rail_does_not_keep_it_from_blame() {
    let rules = |when: serde_json::Value| -> Vec<route::policy::Rule> {
        let rule =
            serde_json::json!({ "id": "no-b", "when": when, "effect": { "kind": "exclude", "gateways": ["b"] } });
        serde_json::from_value(serde_json::json!([rule])).unwrap()
    };
    for when in [
        serde_json::json!({}),
        serde_json::json!({ "providers": [RAILS[0]] }),
        serde_json::json!({ "countries": ["UGA", "ZMB"], "currencies": ["ZMW"] }),
    ] {
        let mut world = World::new();
        world.policy.rules = rules(when);
        only_a_is_sent_anything(&mut world);
        assert_eq!((world.rail(RAILS[0]), world.cell("a", RAILS[0])), (Position::Open, Position::Closed));
        assert_eq!(world.gateway("a"), Position::Closed);
    }
    for part in [
        serde_json::json!({ "providers": [RAILS[1]] }),
        serde_json::json!({ "countries": ["UGA"] }),
        serde_json::json!({ "currencies": ["USD"] }),
        serde_json::json!({ "merchants": ["mer_1"] }),
        serde_json::json!({ "currencies": ["ZMW"], "toMinor": "5000" }),
    ] {
        let mut world = World::new();
        world.policy.rules = rules(part);
        only_a_is_sent_anything(&mut world);
        assert_eq!(world.rail(RAILS[0]), Position::Closed, "it takes others");
    }
}

#[test]
fn a_gateway_that_what_comes_is_not_for_does_not_keep_the_rail_from_blame() {
    let mut world = World::new();
    only_a_is_sent_anything(&mut world);
    assert_eq!((world.rail(RAILS[0]), world.cell("a", RAILS[0])), (Position::Closed, Position::Open), "b may take it");
    world.see("a", RAILS[0], Seen::Sent, 1);
    assert_eq!(world.rail(RAILS[0]), Position::Open, "nobody else could take it");

    // One that went before it was known, or to look, says nothing of the others.
    for (wait_back_ms, probe) in [(7_000, false), (0, true)] {
        let mut world = World::new();
        only_a_is_sent_anything(&mut world);
        world.now_ms -= wait_back_ms;
        world.look("a", RAILS[0], Seen::Sent, 1, probe);
        assert_eq!(world.rail(RAILS[0]), Position::Closed);
    }

    // One that has served it works, or is bad itself.
    let mut served = World::new();
    served.see("b", RAILS[0], ASKED, 1);
    served.now_ms += 3_600_000;
    only_a_is_sent_anything(&mut served);
    served.see("a", RAILS[0], Seen::Sent, 1);
    assert_eq!(served.rail(RAILS[0]), Position::Closed);
}

#[test]
fn a_sum_that_is_too_long_keeps_what_others_need() {
    let mut world = World::new();
    world.see("b", RAILS[1], Seen::Feed { status: Availability::Closed }, 1);
    world.see("b", RAILS[0], ASKED, 1);
    world.now_ms += 90_000;
    world.see("a", RAILS[1], ASKED, 30);
    world.see("a", RAILS[0], Seen::Unknown, 10);
    let thinned = |buckets: u64| world.view.thinned(buckets, world.now_ms);
    let whole = thinned(40);
    for (name, rail) in &world.view.rails {
        assert_eq!((whole.rails[name].breaker, &whole.rails[name].feeds), (rail.breaker, &rail.feeds));
        for (gateway, cell) in &rail.cells {
            let kept = &whole.rails[name].cells[gateway];
            assert_eq!((kept.breaker, &kept.recent), (cell.breaker, &cell.recent));
            assert!(kept.usual.is_empty() && !cell.usual.is_empty());
        }
    }
    let newest = thinned(2);
    assert!(newest.cell("b", RAILS[0]).is_none(), "a minute and a half ago");
    assert!(!newest.cell("a", RAILS[0]).unwrap().recent.is_empty());
    let none = thinned(0);
    assert_eq!(none.cell("a", RAILS[0]).unwrap().breaker, world.view.cell("a", RAILS[0]).unwrap().breaker);
    assert!(none.cell("a", RAILS[0]).unwrap().recent.is_empty() && none.cell("a", RAILS[1]).is_none());
    assert_eq!(none.feed("b", RAILS[1], world.now_ms), Availability::Closed);
}

#[test]
fn an_outage_is_not_what_a_gateway_is_usually_like() {
    let mut world = World::new();
    world.see("a", RAILS[0], Seen::Succeeded, 50);
    world.see("a", RAILS[0], Seen::Unknown, 60);
    let usual = world.view.cell("a", RAILS[0]).unwrap().usual.weighed(0, world.now_ms / 300_000);
    assert!(usual.unknown <= usual.succeeded / 10, "{usual:?}");
}

/// What is in the store, and what the world makes of it.
fn heard(world: &World, stored: serde_json::Value) -> Health {
    serde_json::from_value::<Health>(stored).unwrap().believed(&world.policy, world.now_ms)
}

#[test]
fn what_honest_isolates_publish_is_believed_whole() {
    let mut world = World::new();
    world.see("a", RAILS[0], ASKED, 20);
    world.see("a", RAILS[0], Seen::Unknown, 10);
    world.see("b", RAILS[1], Seen::Feed { status: Availability::Delayed }, 1);
    let stored = serde_json::to_value(&world.view).unwrap();
    assert_eq!(heard(&world, stored.clone()), world.view);
    world.now_ms -= 30_000; // A clock that is behind.
    assert_eq!(heard(&world, stored), world.view);
}

#[test]
fn what_nobody_can_have_seen_is_not_believed() {
    let world = World::new();
    let late = T0 + 3_600_000;
    let for_ever = serde_json::json!({ "changedMs": T0, "openUntilMs": u64::MAX, "trips": 1 });
    let never_probed = serde_json::json!({ "changedMs": T0, "openUntilMs": T0 + 1, "probedMs": late });
    let of_the_future = serde_json::json!({ "changedMs": u64::MAX, "openUntilMs": 0 });
    let cell = serde_json::json!({
        "breaker": for_ever,
        "recent": { (late / 3_000).to_string(): [0, 0, 9, 0, 9, 0, 0, 0], (T0 / 3_000).to_string(): [1, 0, 0, 0, 0, 0, 0, 0] },
        "usual": { (late / 300_000).to_string(): [0, 0, 9, 0, 9, 0, 0, 0], "1": [0, 0, 9, 0, 9, 0, 0, 0] },
    });
    let feed = serde_json::json!({ "atMs": late, "status": "closed" });
    let rail = serde_json::json!({ "breaker": of_the_future, "cells": { "a": cell, "solo": cell, "x": cell }, "feeds": { "a": feed } });
    let found = heard(
        &world,
        serde_json::json!({ "gateways": { "a": for_ever, "b": never_probed, "x": {} }, "rails": { RAILS[0]: rail, "NOWHERE": rail } }),
    );
    assert!(found.gateways.is_empty());
    assert_eq!(found.rails.keys().collect::<Vec<_>>(), [RAILS[0]]);
    let state = &found.rails[RAILS[0]];
    assert!(state.breaker == route::breaker::Breaker::default() && state.feeds.is_empty());
    assert_eq!(state.cells.keys().collect::<Vec<_>>(), ["a"]);
    let cell = &state.cells["a"];
    assert!(cell.breaker.is_closed());
    assert_eq!(cell.recent.since(0, late / 3_000).count() + cell.usual.since(0, late / 300_000).count(), 0);
    assert_eq!(cell.recent.since(0, T0 / 3_000).map(|(_, counts)| counts.succeeded).sum::<u32>(), 1);
}

#[test]
fn people_see_what_decisions_go_by() {
    let mut world = World::new();
    world.see("a", RAILS[0], Seen::Succeeded, 6);
    world.see("a", RAILS[0], Seen::Unknown, 2);
    world.see("a", RAILS[0], ASKED, 8);
    world.see("b", RAILS[0], Seen::Feed { status: Availability::Closed }, 1);
    let found = route::standing::standing(&world.policy, &world.view, world.now_ms);
    assert_eq!(found.gateways.iter().map(|each| each.name.as_str()).collect::<Vec<_>>(), ["a", "b", "solo"]);
    assert_eq!((found.rails.len(), found.rails[0].rail.as_str()), (1, RAILS[0]));
    let [a, b] = &found.rails[0].pairs[..] else { panic!("{found:?}") };
    assert_eq!((a.gateway.as_str(), a.position, a.feed), ("a", Position::Closed, Availability::Operational));
    assert_eq!(a.prompt_ms, Some(3_000));
    let (success, unknown) = (a.success_bp.unwrap(), a.unknown_bp.unwrap());
    // Three quarters, but for their weight, and every outcome is one or the other.
    assert!((7_000..8_000).contains(&success) && (9_999..=10_000).contains(&(success + unknown)), "{a:?}");
    assert_eq!(
        (b.feed, b.outcomes, b.success_bp, b.unknown_bp, b.prompt_ms),
        (Availability::Closed, 0, None, None, None)
    );
}

fn seen() -> impl Strategy<Value = Seen> {
    prop_oneof![
        Just(Seen::Sent),
        Just(Seen::Asked),
        (0_u64..60_000).prop_map(|after_ms| Seen::Prompted { after_ms }),
        Just(Seen::Slow),
        Just(Seen::Succeeded),
        Just(Seen::Unknown),
        Just(Seen::Answered),
        Just(Seen::Failed { cause: Cause::Customer }),
        Just(Seen::Failed { cause: Cause::Gateway }),
        Just(Seen::Failed { cause: Cause::Operator }),
        Just(Seen::Feed { status: Availability::Closed }),
        Just(Seen::Feed { status: Availability::Operational }),
    ]
}

fn observations() -> impl Strategy<Value = Vec<Observation>> {
    let one = (0_usize..3, 0_usize..2, any::<bool>(), 0_u64..4_000, seen());
    proptest::collection::vec(one, 0..120).prop_map(|all| {
        let mut now_ms = T0;
        all.into_iter()
            .map(|(gateway, rail, probe, later_ms, seen)| {
                now_ms += later_ms;
                Observation {
                    gateway: ["a", "b", "solo"][gateway].into(),
                    rail: RAILS[rail].into(),
                    probe,
                    now_ms,
                    seen,
                }
            })
            .collect()
    })
}

proptest! {
    /// Isolates that each see a part, and know of the others all that is to be known, end with the view of one that saw all.
    #[test]
    fn observations_of_isolates_add(all in observations(), whose in proptest::collection::vec(0_usize..3, 120)) {
        let policy = policy();
        let mut view = Health::default();
        let mut own = [Health::default(), Health::default(), Health::default()];
        for (observation, isolate) in all.iter().zip(whose) {
            let change = observe(&policy, &mut view, observation);
            own[isolate].merge(&change);
        }
        for order in [[0, 1, 2], [2, 0, 1], [1, 2, 0]] {
            let mut sum = Health::default();
            for isolate in order {
                sum.merge(&own[isolate]);
            }
            prop_assert_eq!(&sum, &view);
        }
        let text = serde_json::to_string(&view).unwrap();
        prop_assert_eq!(serde_json::from_str::<Health>(&text).unwrap(), view);
    }

    /// Isolates that know of nobody else: no Redis. Merged later, in whatever order, it comes to the same.
    #[test]
    fn merging_does_not_ask_who_is_first(parts in proptest::collection::vec(observations(), 3)) {
        let policy = policy();
        let own: Vec<Health> = parts
            .iter()
            .map(|part| {
                let mut view = Health::default();
                for observation in part {
                    let _ = observe(&policy, &mut view, observation);
                }
                view
            })
            .collect();
        let merged = |order: [usize; 3]| {
            let mut sum = Health::default();
            for i in order {
                sum.merge(&own[i]);
            }
            sum
        };
        prop_assert_eq!(merged([0, 1, 2]), merged([2, 1, 0]));
        prop_assert_eq!(merged([0, 1, 2]), merged([1, 0, 2]));
        let mut right = own[1].clone();
        right.merge(&own[2]);
        let mut left = own[0].clone();
        left.merge(&right);
        prop_assert_eq!(left, merged([0, 1, 2]));
    }

    /// What no clock and no store could have written is read, and nothing panics.
    #[test]
    fn nonsense_in_the_store_is_survived(
        buckets in proptest::collection::vec((any::<u64>(), any::<[u32; 8]>()), 0..8),
        changed in any::<u64>(),
        until in any::<u64>(),
        now_ms in any::<u64>(),
        seen in seen(),
    ) {
        let policy = policy();
        let rows: Vec<String> = buckets.iter().map(|(bucket, counts)| format!(r#""{bucket}":{counts:?}"#)).collect();
        let rows = rows.join(",");
        let text = format!(
            r#"{{"rails":{{"MTN_MOMO_ZMB":{{"cells":{{"a":{{"breaker":{{"changedMs":{changed},"openUntilMs":{until}}},"recent":{{{rows}}},"usual":{{{rows}}}}}}}}}}}}}"#
        );
        let mut view: Health = serde_json::from_str(&text).unwrap_or_default();
        for probe in [true, false] {
            let observation =
                Observation { gateway: "a".into(), rail: RAILS[0].into(), probe, now_ms, seen };
            let _ = observe(&policy, &mut view, &observation);
        }
        view.forget(now_ms);
        let _ = view.probes_due(now_ms);
    }
}

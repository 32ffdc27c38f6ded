//! What no sequence of attempts may lead to, and every short sequence there is. Said here in its own words: nothing of
//! `failover` judges itself.

use std::collections::BTreeMap;

use route::breaker::Breaker;
use route::decide::{Request, Trigger, decide};
use route::failover::{Attempt, Cause, Doubt, Outcome, may_fail_over};
use route::health::{Cell, Health, Rail};
use route::policy::Policy;

pub const NOW_MS: u64 = 1_790_000_000_000;
pub const GATEWAYS: [&str; 3] = ["a", "b", "c"];

pub fn outcomes() -> Vec<Outcome> {
    let causes = [Cause::Customer, Cause::Gateway, Cause::Operator];
    let doubts = [
        Doubt::TimedOut,
        Doubt::ServerError,
        Doubt::Unreadable,
        Doubt::NotFound { for_ms: 999 },
        Doubt::NotFound { for_ms: 1_001 },
        Doubt::NotFound { for_ms: 86_400_000 },
    ];
    [
        Outcome::NotSent,
        Outcome::Cancelled,
        Outcome::CancelRequested,
        Outcome::Expired,
        Outcome::Pending,
        Outcome::NeedsAction,
        Outcome::Succeeded,
    ]
    .into_iter()
    .chain(causes.map(|cause| Outcome::Refused { cause }))
    .chain(causes.map(|cause| Outcome::Failed { cause }))
    .chain(doubts.map(|doubt| Outcome::Unknown { doubt }))
    .collect()
}

/// The money may have moved or may yet: only a word for good from the gateway, or never having sent, says otherwise.
fn money_may_move(outcome: Outcome) -> bool {
    !matches!(
        outcome,
        Outcome::NotSent | Outcome::Cancelled | Outcome::Refused { .. } | Outcome::Failed { .. } | Outcome::Expired
    )
}

fn is_customers(outcome: Outcome) -> bool {
    matches!(
        outcome,
        Outcome::Expired | Outcome::Refused { cause: Cause::Customer } | Outcome::Failed { cause: Cause::Customer }
    )
}

/// What is wrong with what the router says to these attempts; `None` when nothing is.
pub fn violation(policy: &Policy, attempts: &[Attempt], view: &Health) -> Option<String> {
    let verdict = may_fail_over(attempts);
    let sent = attempts.iter().filter(|attempt| attempt.outcome != Outcome::NotSent).count();
    let open = attempts.iter().any(|attempt| money_may_move(attempt.outcome));
    let wrong = |what: &str| Some(format!("{what}: {attempts:?}"));
    if verdict.allowed && open {
        return wrong("failover while the money may move");
    }
    if verdict.allowed && attempts.iter().any(|attempt| is_customers(attempt.outcome)) {
        return wrong("failover of the customer's own refusal");
    }
    if verdict.allowed && sent > 1 {
        return wrong("a second failover");
    }
    for trigger in [Trigger::Request, Trigger::Failover] {
        let decision = decide(policy, view, &request(trigger, attempts));
        if decision.gateway.is_some() && open {
            return wrong("sent elsewhere while the money may move");
        }
        if decision.gateway.is_some() && trigger == Trigger::Failover && !verdict.allowed {
            return wrong("failed over against the verdict");
        }
        if trigger == Trigger::Failover
            && attempts.iter().any(|attempt| Some(&attempt.gateway) == decision.gateway.as_ref())
        {
            return wrong("failed over to where it came from");
        }
    }
    None
}

/// Every sequence of up to three attempts.
pub fn sequences() -> Vec<Vec<Attempt>> {
    let mut all = vec![vec![]];
    let mut last = vec![vec![]];
    for gateway in GATEWAYS {
        last = last
            .iter()
            .flat_map(|sequence: &Vec<Attempt>| {
                outcomes().into_iter().map(move |outcome| {
                    let mut longer = sequence.clone();
                    longer.push(Attempt { gateway: gateway.into(), outcome });
                    longer
                })
            })
            .collect();
        all.extend(last.iter().cloned());
    }
    all
}

/// Everybody well; and the first gateway's breaker open.
pub fn views() -> [Health; 2] {
    let open = Breaker::default().opened(NOW_MS - 1_000);
    let cell = Cell { breaker: open, ..Cell::default() };
    let rail = Rail { cells: BTreeMap::from([("a".into(), cell)]), ..Rail::default() };
    [Health::default(), Health { rails: BTreeMap::from([("MTN_MOMO_ZMB".into(), rail)]), ..Health::default() }]
}

pub fn policy() -> Policy {
    let gateway = |name: &str| {
        format!(
            r#"{{"name":"{name}","providers":[{{"code":"MTN_MOMO_ZMB","country":"ZMB","currencies":[{{"code":"ZMW","decimals":2}}]}}]}}"#
        )
    };
    let text = format!(
        r#"{{"version":"1","gateways":[{}],"settings":{{"lowValueMinor":{{"ZMW":"5000"}}}}}}"#,
        GATEWAYS.map(gateway).join(",")
    );
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}"))
}

pub fn request(trigger: Trigger, attempts: &[Attempt]) -> Request {
    Request {
        payment_id: "pay_1".into(),
        merchant: "mer_1".into(),
        country: "ZMB".into(),
        provider: "MTN_MOMO_ZMB".into(),
        currency: "ZMW".into(),
        amount_minor: payments::reducer::Minor(1_000),
        needs: vec![],
        trigger,
        attempts: attempts.to_vec(),
        now_ms: NOW_MS,
    }
}

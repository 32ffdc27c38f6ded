//! States that earlier versions of this code wrote (`test/vectors/states`), and what a later one may add to ours.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "helpers of tests fail by panicking")]

use payments::reducer::{
    ANSWERS_MIN, Effect, Event, Minor, Outcome, PaymentStatus, Refusal, Source, State, Told, Version, step,
};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::path::Path;

const NEXT_DAY: u64 = 1_790_000_000_000 + 86_400_000;

fn recorded() -> Vec<(String, Value)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../test/vectors/states");
    let mut states = Vec::new();
    for file in ["shape-1.json", "shape-2.json"] {
        let text = std::fs::read_to_string(folder.join(file)).unwrap();
        let recording: Value = serde_json::from_str(&text).unwrap();
        for each in recording["states"].as_array().unwrap() {
            states.push((format!("{file}: {}", each["name"].as_str().unwrap()), each["state"].clone()));
        }
    }
    states
}

fn read(value: &Value) -> State {
    serde_json::from_value(value.clone()).unwrap()
}

fn told(n: u32, outcome: Outcome, now_ms: u64) -> Event {
    Event::Told(Told {
        n,
        outcome,
        failure_code: None,
        amount_minor: Some("1050".into()),
        currency: Some("ZMW".into()),
        provider_transaction_id: None,
        source: Source::Poll,
        next_action: None,
        heard_at_ms: None,
        now_ms,
    })
}

#[test]
fn t53_every_state_of_an_earlier_version_is_read_whole() {
    let states = recorded();
    assert!(states.len() >= 40);
    for (name, old) in &states {
        let state = read(old);
        assert_eq!(state.v, Version::V1, "{name}");
        // All that was there is there: nothing of it was renamed or forgotten.
        let written = serde_json::to_value(&state).unwrap();
        assert_contains(name, &written, old);
        assert!(state.unread.is_empty() && state.attempts.iter().all(|attempt| attempt.unread.is_empty()), "{name}");
    }
}

fn assert_contains(name: &str, whole: &Value, part: &Value) {
    match (whole, part) {
        (Value::Object(whole), Value::Object(part)) => {
            part.iter().for_each(|(key, value)| assert_contains(&format!("{name}.{key}"), &whole[key], value));
        }
        (Value::Array(whole), Value::Array(part)) => {
            assert_eq!(whole.len(), part.len(), "{name}");
            whole.iter().zip(part).for_each(|(whole, part)| assert_contains(name, whole, part));
        }
        _ => assert_eq!(whole, part, "{name}"),
    }
}

#[test]
fn t53_and_goes_on() {
    for (name, old) in recorded() {
        let state = read(&old);
        let Some(open) = state.attempts.iter().find(|attempt| attempt.is_open()).map(|attempt| attempt.n) else {
            assert_eq!(step(Some(state.clone()), Event::Wake { now_ms: NEXT_DAY }).unwrap().0, state, "{name}");
            continue;
        };
        // Never a second attempt beside the open one, asked about until the truth is known, then paid.
        let begin = Event::Begin {
            n: open + 1,
            gateway: "pawapay".into(),
            reference: "another".into(),
            amount_minor: Minor(1050),
            currency: "ZMW".into(),
            settle_ms: None,
            now_ms: NEXT_DAY,
        };
        let refusal = step(Some(state.clone()), begin).unwrap_err();
        assert!(matches!(refusal, Refusal::AlreadyOpen | Refusal::InReview), "{name}");
        let (woken, effects) = step(Some(state.clone()), Event::Wake { now_ms: NEXT_DAY }).unwrap();
        assert_eq!(
            effects.contains(&Effect::Poll { n: open }),
            state.attempts.iter().any(|each| each.next_poll_at_ms.is_some()),
            "{name}"
        );
        let paid = step(Some(woken), told(open, Outcome::Succeeded, NEXT_DAY)).unwrap().0;
        assert_eq!(paid.status, PaymentStatus::Succeeded, "{name}");
    }
}

#[test]
fn t58_an_old_attempt_is_not_failed_by_the_first_not_found_that_the_new_version_hears() {
    let (name, old) = recorded().into_iter().find(|(name, _)| name.ends_with("unknown, not found twice")).unwrap();
    let mut state = read(&old);
    let mut heard = 0;
    let mut now_ms = NEXT_DAY;
    while state.status == PaymentStatus::Unknown {
        state = step(Some(state), Event::Wake { now_ms }).unwrap().0;
        state = step(Some(state), told(1, Outcome::NotFound, now_ms)).unwrap().0;
        now_ms += 86_400_000;
        heard += 1;
    }
    assert_eq!((state.status, heard), (PaymentStatus::Failed, ANSWERS_MIN), "{name}");
}

#[test]
fn refunds_of_payments_from_before_there_were_any() {
    let refund = |attempt| Event::RefundBegin {
        n: 1,
        attempt,
        key: "k".into(),
        reference: "refund".into(),
        amount_minor: Minor(1050),
        now_ms: NEXT_DAY,
    };
    for (name, expected) in [
        ("fulfilled", Ok(Version::V2)),
        ("late success", Ok(Version::V2)),
        ("failed", Err(Refusal::NothingToRefund)),
        ("review: reversal", Err(Refusal::NothingToRefund)),
        ("review: amount_mismatch", Err(Refusal::NothingToRefund)),
    ] {
        for (_, old) in recorded().iter().filter(|(full, _)| full.ends_with(&format!(": {name}"))) {
            assert_eq!(step(Some(read(old)), refund(1)).map(|(state, _)| state.v), expected, "{name}");
        }
    }
    // How much a double of those days was, nobody wrote down.
    for (_, old) in recorded().iter().filter(|(name, _)| name.ends_with("double")) {
        assert_eq!(step(Some(read(old)), refund(2)), Err(Refusal::NothingToRefund));
        assert!(step(Some(read(old)), refund(1)).is_ok());
    }
}

#[test]
fn t53_a_version_from_the_future_is_refused() {
    for (_, old) in recorded() {
        for version in [json!(0), json!(3), json!("1"), json!(null)] {
            let mut other = old.clone();
            other["v"] = version;
            assert!(serde_json::from_value::<State>(other).is_err());
        }
    }
}

/// Where a newer version may have put something: every object of the state.
const PLACES: [&str; 5] = ["", "/attempts/0", "/fulfilment", "/nextAction", "/refunds/0"];

fn fresh() -> Value {
    let begin = |n| Event::Begin {
        n,
        gateway: "pawapay".into(),
        reference: format!("reference-{n}"),
        amount_minor: Minor(1050),
        currency: "ZMW".into(),
        settle_ms: None,
        now_ms: 1,
    };
    let twice = [
        begin(1),
        told(1, Outcome::Failed, 1),
        begin(2),
        told(2, Outcome::Succeeded, 2),
        told(1, Outcome::Succeeded, 3),
    ];
    let state = twice.into_iter().fold(None, |state, event| Some(step(state, event).unwrap().0)).unwrap();
    let mut value = serde_json::to_value(state).unwrap();
    value["nextAction"] = json!({"type": "redirect", "url": "https://pay.example"});
    value
}

fn any_addition() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(json!(null)),
        any::<bool>().prop_map(|value| json!(value)),
        any::<u64>().prop_map(|value| json!(value)),
        any::<i64>().prop_map(|value| json!(value)),
        ".{0,20}".prop_map(|value| json!(value)),
        prop::collection::vec(any::<u32>(), 0..3).prop_map(|value| json!({"deep": [{"er": value}]})),
    ]
}

proptest! {
    #[test]
    fn t53_what_a_newer_version_wrote_survives_this_one(
        additions in prop::collection::vec((0..PLACES.len(), any_addition()), 1..6),
    ) {
        let mut newer = fresh();
        for (index, (place, addition)) in additions.iter().enumerate() {
            let object = newer.pointer_mut(PLACES[*place]).unwrap();
            object[format!("ofTomorrow{index}")] = addition.clone();
        }
        prop_assert_eq!(&serde_json::to_value(read(&newer)).unwrap(), &newer, "read and written");
        // Through a step that touches every part: the double's refund is begun and the payment fulfilled.
        let fulfilled = Event::Fulfilled { via: payments::reducer::Via::Qstash, now_ms: 9 };
        let refund = Event::RefundBegin {
            n: 1, attempt: 1, key: "double-1".into(), reference: "refund-1".into(), amount_minor: Minor(1050), now_ms: 9,
        };
        let state = [fulfilled, refund].into_iter().fold(read(&newer), |state, event| step(Some(state), event).unwrap().0);
        let written = serde_json::to_value(state).unwrap();
        for (index, (place, addition)) in additions.iter().enumerate() {
            // What the customer had to do is over and gone, with all that was said about it.
            if PLACES[*place] != "/nextAction" {
                let place = format!("{}/ofTomorrow{index}", PLACES[*place]);
                prop_assert_eq!(written.pointer(&place), Some(addition), "{}", place);
            }
        }
    }
}

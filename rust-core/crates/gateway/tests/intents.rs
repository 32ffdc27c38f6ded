//! What a shop signed against what is about to be sent: `test/vectors/intents`, whose policy is compiled beside it.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod support;

use std::sync::LazyLock;

use gateway::config::Gateways;
use gateway::deposit::{BuildError, Order, build_deposit};
use proptest::prelude::*;
use strict_json::Json;
use support::gateways_running;
use vm::Program;

fn vectors() -> Json {
    Json::parse(include_bytes!("../../../../test/vectors/intents/intents.json")).unwrap()
}

fn gateways() -> &'static Gateways {
    static GATEWAYS: LazyLock<Gateways> = LazyLock::new(|| {
        gateways_running(
            Program::from_plain(include_bytes!("../../../../test/vectors/intents/intents.program")).unwrap(),
        )
    });
    &GATEWAYS
}

/// The common order with a case's changes over it, and its intent.
fn order(vectors: &Json, case: &Json) -> Order {
    let Json::Object(mut members) = vectors.get("order").clone() else { unreachable!() };
    let changes = match case.get("order") {
        Json::Object(changes) => changes.clone(),
        _ => Vec::new(),
    };
    members.retain(|(name, _)| !changes.iter().any(|(changed, _)| changed == name));
    members.extend(changes);
    members.push(("intent".to_owned(), case.get("intent").clone()));
    Order::from_json(&Json::Object(members)).unwrap()
}

fn verdict(gateways: &Gateways, order: &Order, now_ms: u64) -> &'static str {
    match build_deposit(gateways, order, None, now_ms) {
        Ok(_) => "ok",
        Err(BuildError::Intent(error)) => error.reason(),
        Err(other) => other.code(),
    }
}

#[test]
fn every_case_has_its_verdict() {
    let (vectors, gateways) = (vectors(), gateways());
    let cases = vectors.get("cases").array().unwrap();
    assert!(cases.len() > 50);
    for case in cases {
        let now_ms = case.get("nowMs").integer().or(vectors.get("nowMs").integer()).unwrap();
        let expected = case.get("expect").text().unwrap();
        assert_eq!(verdict(gateways, &order(&vectors, case), now_ms), expected, "{}", case.get("name").text().unwrap());
    }
}

#[test]
fn one_other_bit_in_any_byte_is_another_intent() {
    let (vectors, gateways) = (vectors(), gateways());
    let case = &vectors.get("cases").array().unwrap()[0];
    let (right, now_ms) = (order(&vectors, case), vectors.get("nowMs").integer().unwrap());
    assert_eq!(verdict(gateways, &right, now_ms), "ok");
    let intent = right.intent.clone().unwrap();
    for at in 0..intent.len() {
        let mut bytes = intent.clone().into_bytes();
        bytes[at] ^= 1 << (at % 7);
        let bent = Order { intent: Some(String::from_utf8(bytes).unwrap()), ..right.clone() };
        let verdict = verdict(gateways, &bent, now_ms);
        assert!(["malformed", "unknown_key", "signature"].contains(&verdict), "{at}: {verdict}");
    }
}

proptest! {
    #[test]
    fn no_text_is_more_than_refused(intent in ".{0,80}", dotted in "[A-Za-z0-9_-]{0,40}\\.[A-Za-z0-9_-]{0,40}\\.[A-Za-z0-9_-]{0,40}") {
        let (vectors, gateways) = (vectors(), gateways());
        let case = &vectors.get("cases").array().unwrap()[0];
        for intent in [intent, dotted] {
            let order = Order { intent: Some(intent), ..order(&vectors, case) };
            prop_assert_eq!(verdict(gateways, &order, vectors.get("nowMs").integer().unwrap()), "malformed");
        }
    }
}

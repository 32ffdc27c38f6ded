//! What a callback must look like to be believed, and what it is worth when it does not.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod support;

use gateway::callback::{Arrived, Authentic, Declined, Operation, Verdict, verify_callback};
use gateway::config::Gateways;
use gateway::public_keys::PublicKeyText;
use gateway::status::Outcome;
use httpsig::Encoding;
use httpsig::ecdsa::{PreparedKeys, PrivateKey};
use proptest::prelude::*;
use support::*;

fn judge(config: &Gateways, arrived: &Arrived, body: &[u8]) -> Result<Verdict, Declined> {
    let verify = |prepared: &mut PreparedKeys| {
        verify_callback(config, arrived, body, &[public_key(2, KEY_ID)], prepared, NOW_MS)
    };
    let answer = verify(&mut PreparedKeys::default());
    // And so says a vault that has seen the gateway sign before.
    let mut prepared = PreparedKeys::default();
    let gateway = PrivateKey::from_pkcs8_pem(&private_pem(2)).unwrap();
    for encoding in [Encoding::Der, Encoding::Raw] {
        assert!(prepared.verify(&gateway.public_key(), b"before", &gateway.sign(b"before", encoding)));
    }
    assert_eq!(verify(&mut prepared), answer);
    answer
}

fn refused(reason: &'static str) -> Result<Verdict, Declined> {
    Err(Declined::Refused(reason))
}

#[test]
fn a_signed_callback_becomes_a_verdict() {
    let body = deposit_body(&reference(3));
    for encoding in [Encoding::Der, Encoding::Raw] {
        let arrived = signed_with(body.as_bytes(), 2, KEY_ID, NOW_S, encoding);
        let verdict = judge(config(), &arrived, body.as_bytes()).unwrap();
        assert_eq!(verdict.authentic, Authentic::Signed);
        assert_eq!(verdict.outcome, Outcome::Succeeded);
        assert_eq!((verdict.payment_id, verdict.attempt), (Some(PAYMENT.to_id()), Some(3)));
        assert_eq!((verdict.amount_minor.as_deref(), verdict.currency.as_deref()), (Some("1000"), Some("RWF")));
        assert_eq!(verdict.provider_transaction_id.as_deref(), Some("12356789"));
        assert_eq!((verdict.operation, verdict.reference), ("deposit", reference(3)));
        assert_eq!((verdict.received_at_ms, verdict.body_sha256.len()), (NOW_MS, 64));
    }
}

/// The attestation covers these very bytes: their order and spelling are part of the contract.
#[test]
fn a_verdict_has_one_spelling() {
    let body = r#"{"depositId":"00000000-0000-4000-8000-000000000000","status":"FAILED","failureReason":{"failureCode":"PAYER_NOT_FOUND","failureMessage":"x"}}"#;
    let verdict = judge(config(), &signed(body.as_bytes()), body.as_bytes()).unwrap();
    assert_eq!(
        serde_json::to_string(&verdict).unwrap(),
        r#"{"v":1,"gateway":"pawapay","operation":"deposit","authentic":"signed","reference":"00000000-0000-4000-8000-000000000000","paymentId":null,"attempt":null,"outcome":"failed","failureCode":"PAYER_NOT_FOUND","amountMinor":null,"currency":null,"providerTransactionId":null,"bodySha256":"@","receivedAtMs":1790171710000}"#
            .replace('@', &verdict.body_sha256)
    );
}

#[test]
fn t36_every_byte_of_the_body_counts() {
    let body = deposit_body(&reference(1));
    let arrived = signed(body.as_bytes());
    for index in 0..body.len() {
        let mut bent = body.clone().into_bytes();
        bent[index] ^= 1;
        assert_eq!(judge(config(), &arrived, &bent), refused("digest_mismatch"), "byte {index}");
    }
    assert_eq!(judge(config(), &arrived, b""), refused("digest_mismatch"));
    assert_eq!(judge(config(), &arrived, &body.as_bytes()[1..]), refused("digest_mismatch"));
    assert_eq!(judge(config(), &arrived, &[body.as_bytes(), b"\n"].concat()), refused("digest_mismatch"));
    assert_eq!(
        judge(config(), &arrived, &["\u{feff}".as_bytes(), body.as_bytes()].concat()),
        refused("digest_mismatch")
    );
}

#[test]
fn t36_every_covered_component_counts() {
    let body = deposit_body(&reference(1));
    let arrived = signed(body.as_bytes());
    let with = |name: &str, value: &str| {
        let mut bent = arrived.clone();
        bent.headers.retain(|(known, _)| known != name);
        bent.headers.push((name.to_owned(), value.to_owned()));
        bent
    };
    let invalid = Err(Declined::NeedKey { key_id: KEY_ID.to_owned(), reason: "signature_invalid" });
    let other_body = signed(b"{}");
    let header =
        |arrived: &Arrived, name: &str| arrived.headers.iter().find(|(known, _)| known == name).unwrap().1.clone();
    #[rustfmt::skip]
    let rows: Vec<(&str, Arrived, Result<Verdict, Declined>)> = vec![
        ("method",           Arrived { method: "GET".into(), ..arrived.clone() },                                             refused("method_not_post")),
        ("another method",   Arrived { method: "PUT".into(), ..arrived.clone() },                                             invalid.clone()),
        ("method's case",    Arrived { method: "post".into(), ..arrived.clone() },                                            refused("method_not_post")),
        ("authority",        Arrived { url: "https://evil.example.com/webhooks/pawapay/deposits".into(), ..arrived.clone() }, refused("authority_unknown")),
        ("authority's port", Arrived { url: "https://pay.example.com:8443/webhooks/pawapay/deposits".into(), ..arrived.clone() }, refused("authority_unknown")),
        ("authority's case", Arrived { url: "https://PAY.example.com/webhooks/pawapay/deposits".into(), ..arrived.clone() },  refused("url_malformed")),
        ("path",             Arrived { url: "https://pay.example.com/webhooks/pawapay/refunds".into(), ..arrived.clone() },   invalid.clone()),
        ("trailing slash",   Arrived { url: "https://pay.example.com/webhooks/pawapay/deposits/".into(), ..arrived.clone() }, invalid.clone()),
        ("encoded path",     Arrived { url: "https://pay.example.com/webhooks/pawapay/deposit%73".into(), ..arrived.clone() }, invalid.clone()),
        ("content type",     with("content-type", "application/json; charset=UTF-8"),                                         invalid.clone()),
        ("date",             with("signature-date", "2026-09-23T13:55:10.673817315Z"),                                        invalid.clone()),
        ("digest",           with("content-digest", &header(&other_body, "content-digest")),                                  invalid.clone()),
        ("signature",        with("signature", &header(&other_body, "signature")),                                            invalid.clone()),
        ("input",            with("signature-input", &header(&arrived, "signature-input").replace("expires=1790171770", "expires=1790171771")), invalid),
    ];
    for (what, bent, expected) in rows {
        assert_eq!(judge(config(), &bent, body.as_bytes()), expected, "{what}");
    }
    // Not covered by pawaPay's signature, and so not by ours: the query.
    let with_query = Arrived { url: format!("{}?x=1", arrived.url), ..arrived.clone() };
    assert!(judge(config(), &with_query, body.as_bytes()).is_ok());
}

#[test]
fn keys_are_asked_for_by_id_and_again_when_they_do_not_fit() {
    let body = deposit_body(&reference(1));
    let arrived = signed(body.as_bytes());
    let with_keys = |keys: &[PublicKeyText]| {
        verify_callback(config(), &arrived, body.as_bytes(), keys, &mut PreparedKeys::default(), NOW_MS)
    };
    let need = |reason| Err(Declined::NeedKey { key_id: KEY_ID.to_owned(), reason });
    assert_eq!(with_keys(&[]), need("unknown_key"));
    assert_eq!(with_keys(&[public_key(2, "HTTP_EC_P256_KEY:2")]), need("unknown_key"));
    assert_eq!(with_keys(&[public_key(3, KEY_ID)]), need("signature_invalid"));
    assert!(with_keys(&[public_key(3, KEY_ID), public_key(2, KEY_ID)]).is_ok());
    let not_a_key = PublicKeyText { id: KEY_ID.to_owned(), key: "not a key".to_owned() };
    assert_eq!(with_keys(std::slice::from_ref(&not_a_key)), refused("signature_algorithm_unsupported"));
    assert!(with_keys(&[not_a_key, public_key(2, KEY_ID)]).is_ok());
}

#[test]
fn our_own_signature_is_no_callback() {
    let body = deposit_body(&reference(1));
    let reflected = signed_with(body.as_bytes(), 1, "LANGO:1", NOW_S, Encoding::Der);
    let answer = judge(config(), &reflected, body.as_bytes());
    assert_eq!(answer, Err(Declined::NeedKey { key_id: "LANGO:1".to_owned(), reason: "unknown_key" }));
}

#[test]
fn time_makes_a_hint_of_a_late_one_and_nothing_of_an_early_one() {
    let body = deposit_body(&reference(1));
    #[rustfmt::skip]
    let rows = [
        (NOW_S,            Ok(Authentic::Signed)),
        (NOW_S - 60,       Ok(Authentic::Signed)),
        (NOW_S - 120,      Ok(Authentic::Signed)),
        (NOW_S - 121,      Ok(Authentic::Hint)),
        (NOW_S - 86_400,   Ok(Authentic::Hint)),
        (NOW_S + 60,       Ok(Authentic::Signed)),
        (NOW_S + 61,       Err(Declined::Refused("signature_created_in_future"))),
    ];
    for (created, expected) in rows {
        let arrived = signed_with(body.as_bytes(), 2, KEY_ID, created, Encoding::Der);
        let answer = judge(config(), &arrived, body.as_bytes()).map(|verdict| verdict.authentic);
        assert_eq!(answer, expected, "{}", created - NOW_S);
    }
    let expired = signed_with(body.as_bytes(), 2, KEY_ID, NOW_S - 900, Encoding::Der);
    assert_eq!(judge(config(), &expired, b"{}"), refused("digest_mismatch"));
}

#[test]
fn t34_unsigned_callbacks_are_forgeries_or_hints() {
    let body = deposit_body(&reference(1));
    assert_eq!(judge(config(), &unsigned(), body.as_bytes()), refused("unsigned"));
    let verdict = judge(hint_config(), &unsigned(), body.as_bytes()).unwrap();
    assert_eq!((verdict.authentic, verdict.payment_id), (Authentic::Hint, Some(PAYMENT.to_id())));
    let signed_verdict = judge(hint_config(), &signed(body.as_bytes()), body.as_bytes()).unwrap();
    assert_eq!(signed_verdict.authentic, Authentic::Signed);
    assert_eq!(judge(hint_config(), &signed(body.as_bytes()), b"{}"), refused("digest_mismatch"));
    for name in ["signature", "signature-input"] {
        let mut half = signed(body.as_bytes());
        half.headers.retain(|(known, _)| known != name);
        assert_eq!(judge(hint_config(), &half, body.as_bytes()), refused("signature_field_missing"), "{name}");
    }
}

#[test]
fn the_body_must_be_about_what_the_address_says() {
    let id = reference(1);
    #[rustfmt::skip]
    let rows = [
        (Operation::Deposits, format!(r#"{{"depositId":"{id}"}}"#),                          Ok("deposit")),
        (Operation::Payouts,  format!(r#"{{"payoutId":"{id}"}}"#),                           Ok("payout")),
        (Operation::Refunds,  format!(r#"{{"refundId":"{id}"}}"#),                           Ok("refund")),
        (Operation::Refunds,  format!(r#"{{"refundId":"{id}","depositId":"{id}"}}"#),        Ok("refund")),
        (Operation::Deposits, format!(r#"{{"payoutId":"{id}"}}"#),                           Err("operation_mismatch")),
        (Operation::Deposits, format!(r#"{{"refundId":"{id}","depositId":"{id}"}}"#),        Err("operation_mismatch")),
        (Operation::Deposits, format!(r#"{{"payoutId":"{id}","depositId":"{id}"}}"#),        Err("operation_mismatch")),
        (Operation::Payouts,  format!(r#"{{"depositId":"{id}"}}"#),                          Err("operation_mismatch")),
        (Operation::Refunds,  format!(r#"{{"depositId":"{id}"}}"#),                          Err("operation_mismatch")),
        (Operation::Refunds,  format!(r#"{{"refundId":"{id}","payoutId":"{id}"}}"#),         Err("operation_mismatch")),
        (Operation::Deposits, "{}".to_owned(),                                               Err("operation_mismatch")),
        (Operation::Deposits, r#"{"depositId":7}"#.to_owned(),                               Err("reference_malformed")),
        (Operation::Deposits, r#"{"depositId":"x"}"#.to_owned(),                             Err("reference_malformed")),
        (Operation::Deposits, r#"{"depositId":"../../../../v2/deposits/00000000000"}"#.to_owned(), Err("reference_malformed")),
        (Operation::Deposits, format!(r#"[{{"depositId":"{id}"}}]"#),                        Err("body_malformed")),
        (Operation::Deposits, format!(r#"{{"depositId":"{id}","depositId":"{id}"}}"#),       Err("body_malformed")),
        (Operation::Deposits, format!(r#"{{"depositId":"{id}"#),                             Err("body_malformed")),
        (Operation::Deposits, String::new(),                                                 Err("body_malformed")),
    ];
    for (operation, body, expected) in rows {
        let arrived = Arrived { operation, ..signed(body.as_bytes()) };
        let answer = judge(config(), &arrived, body.as_bytes());
        assert_eq!(answer.map(|verdict| verdict.operation), expected.map_err(Declined::Refused), "{body}");
    }
}

#[test]
fn t30_outcomes_are_an_allow_list() {
    #[rustfmt::skip]
    let rows = [
        (r#""COMPLETED""#,         Outcome::Succeeded),
        (r#""FAILED""#,            Outcome::Failed),
        (r#""PROCESSING""#,        Outcome::Pending),
        (r#""ACCEPTED""#,          Outcome::Pending),
        (r#""SUBMITTED""#,         Outcome::Pending),
        (r#""ENQUEUED""#,          Outcome::Pending),
        (r#""IN_RECONCILIATION""#, Outcome::Pending),
        (r#""completed""#,         Outcome::Unrecognised),
        (r#""COMPLETED ""#,        Outcome::Unrecognised),
        (r#""REVERSED""#,          Outcome::Unrecognised),
        ("true",                   Outcome::Unrecognised),
        ("null",                   Outcome::Unrecognised),
    ];
    for (status, expected) in rows {
        let body = format!(
            r#"{{"depositId":"{}","status":{status},"failureReason":{{"failureCode":"OTHER"}}}}"#,
            reference(1)
        );
        let verdict = judge(config(), &signed(body.as_bytes()), body.as_bytes()).unwrap();
        assert_eq!(verdict.outcome, expected, "{status}");
        assert_eq!(verdict.failure_code.is_some(), expected == Outcome::Failed, "{status}");
    }
}

#[test]
fn t29_amounts_are_minor_units_or_nothing() {
    #[rustfmt::skip]
    let rows = [
        (r#""1000.0000""#, r#""RWF""#, Some("1000")),
        (r#""1000""#,      r#""RWF""#, Some("1000")),
        (r#""10.50""#,     r#""ZMW""#, Some("1050")),
        (r#""10.505""#,    r#""ZMW""#, None),
        (r#""1000.5""#,    r#""RWF""#, None),
        ("1000",           r#""RWF""#, None),
        ("1e3",            r#""RWF""#, None),
        (r#""-1000""#,     r#""RWF""#, None),
        (r#""1000""#,      r#""rwf""#, None),
        (r#""1000""#,      r#""XXX""#, None),
        (r#""1000""#,      "null",     None),
    ];
    for (amount, currency, expected) in rows {
        let body = format!(
            r#"{{"depositId":"{}","status":"COMPLETED","amount":{amount},"currency":{currency}}}"#,
            reference(1)
        );
        let verdict = judge(config(), &signed(body.as_bytes()), body.as_bytes()).unwrap();
        assert_eq!(verdict.amount_minor.as_deref(), expected, "{amount} {currency}");
    }
}

#[test]
fn t36_limits_come_before_work() {
    let large = vec![b' '; 65_537];
    assert_eq!(judge(config(), &unsigned(), &large), refused("body_too_large"));
    let mut many = unsigned();
    many.headers = (0..129).map(|index| (format!("x-{index}"), String::new())).collect();
    assert_eq!(judge(config(), &many, b""), refused("headers_too_large"));
    let mut long = unsigned();
    long.headers.push(("x".to_owned(), "a".repeat(65_536)));
    assert_eq!(judge(config(), &long, b""), refused("headers_too_large"));
    let mut twice = signed(b"{}");
    twice.headers.push(("Content-Type".to_owned(), "text/html".to_owned()));
    assert_eq!(judge(config(), &twice, b"{}"), refused("header_repeated"));
}

proptest! {
    // A signature is slow without optimisation.
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn no_signed_body_panics(body in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = judge(config(), &signed(&body), &body);
    }

    #[test]
    fn no_hint_panics(body in r#"\{"depositId":.{0,40},"status":.{0,20}\}"#, url in ".{0,60}") {
        let _ = judge(hint_config(), &unsigned(), body.as_bytes());
        let _ = judge(hint_config(), &Arrived { url, ..unsigned() }, body.as_bytes());
    }
}

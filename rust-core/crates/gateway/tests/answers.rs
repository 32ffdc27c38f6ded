//! Status answers, public keys and predictions.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod support;

use gateway::deposit::BuildError;
use gateway::http::{GatewayRequest, GatewayResponse, Silence};
use gateway::predict::{PredictOutcome, read_predict_provider};
use gateway::public_keys::read_public_keys;
use gateway::question::ask;
use gateway::status::{Found, Outcome, Redirect, StatusOutcome, read_deposit_status};
use proptest::prelude::*;
use support::*;
use vm::{Inputs, Routine};

const NOTHING: Found = Found {
    outcome: Outcome::Pending,
    failure_code: None,
    amount_minor: None,
    currency: None,
    provider_transaction_id: None,
    next_action: None,
    gateway_id: None,
};

fn unknown(reason: &str) -> StatusOutcome {
    StatusOutcome::Unknown { reason: reason.to_owned() }
}

fn status_of(reference: &str) -> Result<GatewayRequest, BuildError> {
    ask(config(), "pawapay", Routine::BuildStatus, &Inputs { reference: Some(reference), ..Inputs::default() })
}

fn predict(phone_number: &str) -> Result<GatewayRequest, BuildError> {
    ask(config(), "pawapay", Routine::BuildPredict, &Inputs { phone_number: Some(phone_number), ..Inputs::default() })
}

#[test]
fn questions() {
    let request = status_of(&reference(1)).unwrap();
    assert_eq!((request.method.as_str(), request.body), ("GET", None));
    assert_eq!(request.url, format!("https://api.sandbox.pawapay.io/v2/deposits/{}", reference(1)));
    assert_eq!(request.headers[0], ("Authorization".to_owned(), "Bearer secret-token".to_owned()));
    for bad in ["", "x", "../../v2/payouts/0000000000000000000", &format!("{}?", reference(1))] {
        assert_eq!(status_of(bad), Err(BuildError::Reference), "{bad}");
    }
    assert_eq!(
        ask(config(), "pawapay", Routine::BuildKeys, &Inputs::default()).unwrap().url,
        "https://api.sandbox.pawapay.io/v2/public-key/http"
    );
    let asked = predict("+260 763-456789").unwrap();
    assert_eq!(asked.body.as_deref(), Some(r#"{"phoneNumber":"+260 763-456789"}"#));
    assert_eq!(predict(""), Err(BuildError::PhoneNumber));
    assert_eq!(predict(&"1".repeat(33)), Err(BuildError::PhoneNumber));
}

#[test]
fn t30_only_completed_and_failed_are_final() {
    let found = |data: &str| format!(r#"{{"status":"FOUND","data":{data}}}"#);
    let paid = Found { outcome: Outcome::Succeeded, ..NOTHING };
    #[rustfmt::skip]
    let rows = [
        (200, found(r#"{"status":"COMPLETED","amount":"123.00","currency":"ZMW","providerTransactionId":"12356789"}"#),
            StatusOutcome::Found(Found { amount_minor: Some("12300".to_owned()), currency: Some("ZMW".to_owned()), provider_transaction_id: Some("12356789".to_owned()), ..paid.clone() })),
        (200, found(r#"{"status":"COMPLETED","amount":"123.0000","currency":"ZMW"}"#),  StatusOutcome::Found(Found { amount_minor: Some("12300".to_owned()), currency: Some("ZMW".to_owned()), ..paid.clone() })),
        (200, found(r#"{"status":"COMPLETED","amount":"123.001","currency":"ZMW"}"#),   StatusOutcome::Found(Found { currency: Some("ZMW".to_owned()), ..paid.clone() })),
        (200, found(r#"{"status":"COMPLETED","amount":123,"currency":7}"#),             StatusOutcome::Found(paid.clone())),
        (200, found(r#"{"status":"COMPLETED","providerTransactionId":"a b"}"#),         StatusOutcome::Found(paid.clone())),
        (200, found(r#"{"status":"COMPLETED","failureReason":{"failureCode":"X"}}"#),   StatusOutcome::Found(paid)),
        (200, found(r#"{"status":"FAILED","failureReason":{"failureCode":"PAYMENT_NOT_APPROVED","failureMessage":"x"}}"#),
            StatusOutcome::Found(Found { outcome: Outcome::Failed, failure_code: Some("PAYMENT_NOT_APPROVED".to_owned()), ..NOTHING })),
        (200, found(r#"{"status":"FAILED","failureReason":"odd"}"#),                    StatusOutcome::Found(Found { outcome: Outcome::Failed, ..NOTHING })),
        (200, found(r#"{"status":"ACCEPTED"}"#),                                        StatusOutcome::Found(NOTHING)),
        (200, found(r#"{"status":"PROCESSING"}"#),                                      StatusOutcome::Found(NOTHING)),
        (200, found(r#"{"status":"IN_RECONCILIATION"}"#),                               StatusOutcome::Found(NOTHING)),
        (200, found(r#"{"status":"completed"}"#),                                       StatusOutcome::Found(Found { outcome: Outcome::Unrecognised, ..NOTHING })),
        (200, found(r#"{"status":"A_STATUS_OF_2027"}"#),                                StatusOutcome::Found(Found { outcome: Outcome::Unrecognised, ..NOTHING })),
        (200, found(r#"{"status":"PROCESSING","nextStep":"REDIRECT_TO_AUTH_URL","authorizationUrl":"https://wave.example/auth"}"#),
            StatusOutcome::Found(Found { next_action: Some(Redirect { url: "https://wave.example/auth".to_owned() }), ..NOTHING })),
        (200, found(r#"{"status":"PROCESSING","nextStep":"REDIRECT_TO_AUTH_URL","authorizationUrl":"http://wave.example/auth"}"#), StatusOutcome::Found(NOTHING)),
        (200, r#"{"status":"NOT_FOUND"}"#.to_owned(),                                   StatusOutcome::NotFound),
        (404, r#"{"status":"NOT_FOUND"}"#.to_owned(),                                   StatusOutcome::NotFound),
        (404, "<html>".to_owned(),                                                      unknown("unreadable")),
        (404, "{}".to_owned(),                                                          unknown("http_404")),
        (401, r#"{"status":"REJECTED","failureReason":{"failureCode":"AUTHENTICATION_ERROR"}}"#.to_owned(), unknown("http_401")),
        (403, r#"{"status":"NOT_FOUND"}"#.to_owned(),                                   unknown("http_403")),
        (200, found("{}"),                                                              unknown("unreadable")),
        (200, found("null"),                                                            unknown("unreadable")),
        (200, found("[]"),                                                              unknown("unreadable")),
        (200, "[]".to_owned(),                                                          unknown("unreadable")),
        (200, r#"{"status":"NOT_FOUND","data":{"status":"COMPLETED"}}"#.to_owned(),     unknown("unreadable")),
        (500, r#"{"status":"NOT_FOUND"}"#.to_owned(),                                   unknown("http_500")),
        (500, found(r#"{"status":"FAILED"}"#),                                          unknown("http_500")),
        (429, r#"{"status":"NOT_FOUND"}"#.to_owned(),                                   unknown("http_429")),
    ];
    for (status, body, expected) in rows {
        assert_eq!(
            read_deposit_status(config(), "pawapay", Routine::ReadStatus, &answer(status, &body), "ZMW", None),
            expected,
            "{status} {body}"
        );
    }
    let silence = GatewayResponse::NoResponse(Silence::Timeout);
    assert_eq!(
        read_deposit_status(config(), "pawapay", Routine::ReadStatus, &silence, "ZMW", None),
        unknown("timeout")
    );
}

#[test]
fn a_status_of_another_deposit_teaches_nothing() {
    let body = format!(r#"{{"status":"FOUND","data":{{"depositId":"{}","status":"COMPLETED"}}}}"#, reference(1));
    let paid = StatusOutcome::Found(Found { outcome: Outcome::Succeeded, ..NOTHING });
    assert_eq!(
        read_deposit_status(config(), "pawapay", Routine::ReadStatus, &answer(200, &body), "ZMW", Some(&reference(1))),
        paid
    );
    assert_eq!(
        read_deposit_status(config(), "pawapay", Routine::ReadStatus, &answer(200, &body), "ZMW", Some(&reference(2))),
        unknown("other_deposit")
    );
    let nameless = r#"{"status":"FOUND","data":{"status":"COMPLETED"}}"#;
    assert_eq!(
        read_deposit_status(
            config(),
            "pawapay",
            Routine::ReadStatus,
            &answer(200, nameless),
            "ZMW",
            Some(&reference(1))
        ),
        unknown("other_deposit")
    );
}

#[test]
fn public_keys() {
    let key = public_key(2, KEY_ID);
    let good = serde_json::to_string(&[&key]).unwrap();
    assert_eq!(read_public_keys(&answer(200, &good)), Some(vec![key.clone()]));
    let odd = format!(
        r#"[7,{{"id":"x"}},{{"id":"a b","key":"x"}},{{"id":"x","key":"{}"}},{}]"#,
        "k".repeat(2049),
        &good[1..good.len() - 1]
    );
    assert_eq!(read_public_keys(&answer(200, &odd)), Some(vec![key]));
    assert_eq!(read_public_keys(&answer(200, "[]")), Some(vec![]));
    for (status, body) in [(200, "{}"), (200, ""), (401, good.as_str()), (500, good.as_str()), (302, good.as_str())] {
        assert_eq!(read_public_keys(&answer(status, body)), None, "{status} {body}");
    }
    let many = format!("[{}]", vec![good[1..good.len() - 1].to_owned(); 40].join(","));
    assert_eq!(read_public_keys(&answer(200, &many)).map(|keys| keys.len()), Some(16));
}

#[test]
fn predictions() {
    let invalid = |code: &str| format!(r#"{{"failureReason":{{"failureCode":"{code}"}}}}"#);
    let found = PredictOutcome::Found {
        provider: "MTN_MOMO_ZMB".to_owned(),
        country: "ZMB".to_owned(),
        phone_number: "260763456789".to_owned(),
    };
    let unknown = |reason: &str| PredictOutcome::Unknown { reason: reason.to_owned() };
    #[rustfmt::skip]
    let rows = [
        (200, r#"{"country":"ZMB","provider":"MTN_MOMO_ZMB","phoneNumber":"260763456789"}"#.to_owned(),  found),
        (200, r#"{"country":"ZMB","provider":"MTN_MOMO_ZMB","phoneNumber":"+260763456789"}"#.to_owned(), unknown("unreadable")),
        (200, r#"{"country":"ZM","provider":"MTN_MOMO_ZMB","phoneNumber":"260763456789"}"#.to_owned(),   unknown("unreadable")),
        (200, invalid("INVALID_PHONE_NUMBER"),                                                           PredictOutcome::Invalid),
        (400, invalid("INVALID_INPUT"),                                                                  PredictOutcome::Invalid),
        (401, invalid("AUTHENTICATION_ERROR"),                                                           unknown("http_401")),
        (500, invalid("INVALID_PHONE_NUMBER"),                                                           unknown("http_500")),
        (200, "{}".to_owned(),                                                                           unknown("unreadable")),
        (200, String::new(),                                                                             unknown("unreadable")),
    ];
    for (status, body, expected) in rows {
        assert_eq!(read_predict_provider(config(), "pawapay", &answer(status, &body)), expected, "{status} {body}");
    }
}

proptest! {
    #[test]
    fn no_answer_panics(status: u16, body in r#"[\[\]{}":,a-zA-Z0-9. ]{0,80}"#, currency in "[A-Z]{3}") {
        let answer = answer(status, &body);
        let learnt = matches!(read_deposit_status(config(), "pawapay", Routine::ReadStatus, &answer, &currency, None), StatusOutcome::Found(_));
        prop_assert!(!learnt || body.contains("FOUND"));
        let _ = (read_public_keys(&answer), read_predict_provider(config(), "pawapay", &answer));
    }
}

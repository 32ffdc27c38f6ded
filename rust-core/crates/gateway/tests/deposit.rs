//! The deposit request, byte for byte, and what its answers mean.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod support;

use base64ct::{Base64, Encoding as _};
use gateway::config::ConfigError;
use gateway::deposit::{BuildError, NextAction, Order, SendOutcome, build_deposit, read_deposit};
use gateway::http::{GatewayRequest, GatewayResponse, Silence};
use gateway::question::ask;
use httpsig::ecdsa::{PreparedKeys, PublicKey};
use httpsig::message::Request;
use httpsig::verify::{Freshness, Policy, SignedRequest};
use proptest::prelude::*;
use support::*;
use vm::{Inputs, Routine};

fn order() -> Order {
    Order {
        gateway: "pawapay".to_owned(),
        payment_id: PAYMENT.to_id(),
        attempt: 1,
        reference: reference(1),
        amount_minor: "1050".to_owned(),
        currency: "ZMW".to_owned(),
        phone_number: "260763456789".to_owned(),
        provider: "MTN_MOMO_ZMB".to_owned(),
        customer_message: None,
        invoice: None,
        pre_authorisation_code: None,
        resume_url: None,
        merchant_id: None,
        intent: None,
    }
}

fn header<'a>(request: &'a GatewayRequest, name: &str) -> &'a str {
    &request.headers.iter().find(|(known, _)| known == name).unwrap().1
}

#[test]
fn a_deposit_request_is_complete() {
    let full =
        Order { customer_message: Some("Order 12345".to_owned()), invoice: Some("INV \"1\"".to_owned()), ..order() };
    let request = build_deposit(config(), &full, None, NOW_MS).unwrap().request;
    assert_eq!((request.method.as_str(), request.url.as_str()), ("POST", "https://api.sandbox.pawapay.io/v2/deposits"));
    assert_eq!(
        request.body.as_deref().unwrap(),
        r#"{"depositId":"@","amount":"10.5","currency":"ZMW","payer":{"type":"MMO","accountDetails":{"phoneNumber":"260763456789","provider":"MTN_MOMO_ZMB"}},"customerMessage":"Order 12345","metadata":[{"orderId":"INV \"1\""}]}"#
            .replace('@', &full.reference)
    );
    let names: Vec<&str> = request.headers.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(
        names,
        [
            "Authorization",
            "Content-Type",
            "Content-Digest",
            "Signature-Date",
            "Signature-Input",
            "Signature",
            "Accept-Signature",
            "Accept-Digest"
        ]
    );
    assert_eq!(header(&request, "Authorization"), "Bearer secret-token");
    assert_eq!(header(&request, "Content-Type"), "application/json; charset=UTF-8");
    assert_eq!(header(&request, "Signature-Date"), "2026-09-23T13:55:10.000Z");
    assert_eq!(
        header(&request, "Signature-Input"),
        r#"sig-pp=("@method" "@authority" "@path" "signature-date" "content-digest" "content-type");alg="ecdsa-p256-sha256";keyid="LANGO:1";created=1790171710;expires=1790171770"#
    );
}

/// Verified the way that pawaPay would, with the other half of the key.
#[test]
fn t59_a_deposit_request_verifies_in_both_encodings() {
    for encoding in ["der", "raw"] {
        let config = gateways_of(&Settings { signature_encoding: encoding.to_owned(), ..settings() });
        let built = build_deposit(&config, &order(), None, NOW_MS + 999).unwrap().request;
        let headers: Vec<(&str, &str)> =
            built.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let request =
            Request { method: "POST", authority: "api.sandbox.pawapay.io", path: "/v2/deposits", headers: &headers };
        let policy = Policy {
            label: "sig-pp",
            required: &["@method", "@authority", "@path", "signature-date", "content-digest", "content-type"],
            now_s: NOW_S,
            skew_s: 0,
        };
        let found = SignedRequest::find(&request, &policy).unwrap().unwrap();
        let key = PublicKey::from_spki_pem(&public_key(1, "").key).unwrap();
        assert_eq!(found.verify(&request, &policy, &[key], &mut PreparedKeys::default()), Ok(Freshness::Fresh));
        let digest = header(&built, "Content-Digest");
        assert_eq!(httpsig::digest::verify_content_digest(digest, built.body.as_deref().unwrap().as_bytes()), Ok(()));
        let signature = header_bytes(&built.headers);
        assert_eq!(signature.len() == 64, encoding == "raw");
    }
}

fn header_bytes(headers: &[(String, String)]) -> Vec<u8> {
    let field = &headers.iter().find(|(name, _)| name == "Signature").unwrap().1;
    Base64::decode_vec(field.strip_prefix("sig-pp=:").unwrap().strip_suffix(':').unwrap()).unwrap()
}

#[test]
fn t59_an_order_that_is_not_right_is_not_signed() {
    let other_payment = payments::reference::PaymentKey([8; 13]).to_id();
    let message = |text: &str| Order { customer_message: Some(text.to_owned()), ..order() };
    let invoice = |text: &str| Order { invoice: Some(text.to_owned()), ..order() };
    let amount = |minor: &str, currency: &str| Order {
        amount_minor: minor.to_owned(),
        currency: currency.to_owned(),
        ..order()
    };
    let orange = |code: &str| Order { pre_authorisation_code: Some(code.to_owned()), ..orange_bfa() };
    #[rustfmt::skip]
    let rows = [
        ("another payment",   Order { payment_id: other_payment, ..order() },                                    BuildError::Reference),
        ("no payment",        Order { payment_id: "pay_1".to_owned(), ..order() },                               BuildError::Reference),
        ("another attempt",   Order { attempt: 2, ..order() },                                                   BuildError::Reference),
        ("attempt 0",         Order { attempt: 0, ..order() },                                                   BuildError::Reference),
        ("another reference", Order { reference: reference(2), ..order() },                                      BuildError::Reference),
        ("foreign reference", Order { reference: "f4401bd2-1568-4140-bf2d-eb77d2b2b639".to_owned(), ..order() }, BuildError::Reference),
        ("upper case",        Order { reference: reference(1).to_uppercase(), ..order() },                       BuildError::Reference),
        ("zero",              amount("0", "ZMW"),                                                                BuildError::Amount),
        ("negative",          amount("-1", "ZMW"),                                                               BuildError::Amount),
        ("signed",            amount("+1", "ZMW"),                                                               BuildError::Amount),
        ("leading zero",      amount("01", "ZMW"),                                                               BuildError::Amount),
        ("decimal",           amount("10.50", "ZMW"),                                                            BuildError::Amount),
        ("empty",             amount("", "ZMW"),                                                                 BuildError::Amount),
        ("beyond 64 bits",    amount("18446744073709551616", "ZMW"),                                             BuildError::Amount),
        ("beyond 18 digits",  amount("1000000000000000000", "XOF"),                                              BuildError::Amount),
        ("unknown currency",  amount("100", "XXX"),                                                              BuildError::Amount),
        ("plus in a number",  Order { phone_number: "+260763456789".to_owned(), ..order() },                     BuildError::PhoneNumber),
        ("short number",      Order { phone_number: "260763".to_owned(), ..order() },                            BuildError::PhoneNumber),
        ("no provider",       Order { provider: String::new(), ..order() },                                      BuildError::Provider),
        ("odd provider",      Order { provider: "MTN\"".to_owned(), ..order() },                                 BuildError::Provider),
        ("short message",     message("abc"),                                                                    BuildError::CustomerMessage),
        ("long message",      message("abcdefghijklmnopqrstuvw"),                                                BuildError::CustomerMessage),
        ("accented message",  message("caf\u{e9} bar"),                                                          BuildError::CustomerMessage),
        ("empty invoice",     invoice(""),                                                                       BuildError::Invoice),
        ("control character", invoice("a\nb"),                                                                   BuildError::Invoice),
        ("another gateway",   Order { gateway: "mtn".to_owned(), ..order() },                                    BuildError::Gateway),
        ("code not asked",    Order { pre_authorisation_code: Some("123456".to_owned()), ..order() },            BuildError::PreAuthorisationCode),
        ("empty code",        orange(""),                                                                        BuildError::PreAuthorisationCode),
        ("code with a quote", orange("12\"456"),                                                                 BuildError::PreAuthorisationCode),
        ("37 digits",         orange(&"1".repeat(37)),                                                           BuildError::PreAuthorisationCode),
        ("no address",        Order { resume_url: Some("javascript:alert(1)".to_owned()), ..order() },           BuildError::ResumeUrl),
    ];
    for (what, order, expected) in rows {
        assert_eq!(build_deposit(config(), &order, None, NOW_MS), Err(expected), "{what}");
    }
    for now_ms in [0, 1_699_999_999_999, 100_000_000_000_001, u64::MAX] {
        assert_eq!(build_deposit(config(), &order(), None, now_ms), Err(BuildError::Clock), "{now_ms}");
    }
}

fn orange_bfa() -> Order {
    Order {
        provider: "ORANGE_BFA".to_owned(),
        phone_number: "22607345678".to_owned(),
        amount_minor: "500".to_owned(),
        currency: "XOF".to_owned(),
        ..order()
    }
}

fn body_of(order: &Order) -> String {
    build_deposit(config(), order, None, NOW_MS).unwrap().request.body.unwrap()
}

#[test]
fn a_code_goes_where_it_is_asked_for_and_an_address_where_there_is_a_page() {
    let coded = Order { pre_authorisation_code: Some("367025".to_owned()), ..orange_bfa() };
    assert!(body_of(&coded).contains(r#""preAuthorisationCode":"367025""#));
    assert!(!body_of(&orange_bfa()).contains("preAuthorisationCode"));
    let back = |provider: &str| Order {
        provider: provider.to_owned(),
        resume_url: Some("https://pay.example.com/c/chk_1".to_owned()),
        ..orange_bfa()
    };
    assert!(body_of(&back("WAVE_SEN")).contains(
        r#""successfulUrl":"https://pay.example.com/c/chk_1","failedUrl":"https://pay.example.com/c/chk_1""#
    ));
    assert!(!body_of(&back("ORANGE_BFA")).contains("Url"));
}

fn conditions(country: &str) -> Result<GatewayRequest, BuildError> {
    ask(config(), "pawapay", Routine::BuildConditions, &Inputs { country: Some(country), ..Inputs::default() })
}

#[test]
fn one_country_is_asked_about_at_a_time() {
    let request = conditions("ZMB").unwrap();
    assert_eq!((request.method.as_str(), request.body), ("GET", None));
    assert_eq!(request.url, "https://api.sandbox.pawapay.io/v2/active-conf?country=ZMB&operationType=DEPOSIT");
    for odd in ["", "ZM", "zmb", "ZMBW", "Z&B"] {
        assert_eq!(conditions(odd), Err(BuildError::Country), "{odd}");
    }
}

#[test]
fn t29_amounts_have_no_trailing_zeros() {
    #[rustfmt::skip]
    let rows = [("1050", "ZMW", "10.5"), ("1000", "ZMW", "10"), ("1", "ZMW", "0.01"), ("10", "ZMW", "0.1"), ("100", "XOF", "100"), ("1000", "RWF", "1000"), ("99999999999999999999", "ZMW", "")];
    for (minor, currency, expected) in rows {
        let provider = match currency {
            "XOF" => "MTN_MOMO_BEN",
            "RWF" => "MTN_MOMO_RWA",
            _ => "MTN_MOMO_ZMB",
        };
        let order = Order {
            amount_minor: minor.to_owned(),
            currency: currency.to_owned(),
            provider: provider.to_owned(),
            ..order()
        };
        let body = build_deposit(config(), &order, None, NOW_MS).map(|deposit| deposit.request.body.unwrap());
        match body {
            Ok(body) => assert!(body.contains(&format!(r#""amount":"{expected}","currency":"{currency}""#)), "{body}"),
            Err(error) => assert!(expected.is_empty() && error == BuildError::Amount, "{minor} {error:?}"),
        }
    }
}

fn accepted(next_action: Option<NextAction>) -> SendOutcome {
    SendOutcome::Accepted { next_action }
}

fn rejected(code: &str, message: Option<&str>) -> SendOutcome {
    SendOutcome::Rejected { code: code.to_owned(), message: message.map(str::to_owned) }
}

fn unknown(reason: &str) -> SendOutcome {
    SendOutcome::Unknown { reason: reason.to_owned() }
}

#[test]
fn t18_t20_only_a_definite_no_is_a_no() {
    let no =
        |code: &str| format!(r#"{{"depositId":"x","status":"REJECTED","failureReason":{{"failureCode":"{code}"}}}}"#);
    let bare = |code: &str| format!(r#"{{"failureReason":{{"failureCode":"{code}"}}}}"#);
    #[rustfmt::skip]
    let rows = [
        (200, r#"{"depositId":"x","status":"ACCEPTED","nextStep":"FINAL_STATUS","created":"2020-10-19T11:17:01Z"}"#.to_owned(), accepted(Some(NextAction::ApproveOnPhone))),
        (200, r#"{"status":"ACCEPTED","nextStep":"GET_AUTH_URL"}"#.to_owned(),                    accepted(Some(NextAction::Redirect { url: None }))),
        (200, r#"{"status":"ACCEPTED","nextStep":"REDIRECT_TO_AUTH_URL","authorizationUrl":"https://wave.example/auth?a=1"}"#.to_owned(), accepted(Some(NextAction::Redirect { url: Some("https://wave.example/auth?a=1".to_owned()) }))),
        (200, r#"{"status":"ACCEPTED","nextStep":"REDIRECT_TO_AUTH_URL","authorizationUrl":"javascript:alert(1)"}"#.to_owned(), accepted(Some(NextAction::Redirect { url: None }))),
        (200, r#"{"status":"ACCEPTED","nextStep":"SOMETHING_NEW","more":[1,2.5,{}]}"#.to_owned(), accepted(None)),
        (201, r#"{"status":"ACCEPTED"}"#.to_owned(),                                              accepted(None)),
        (200, no("INVALID_PHONE_NUMBER"),                                                         rejected("INVALID_PHONE_NUMBER", None)),
        (200, r#"{"status":"REJECTED","failureReason":{"failureCode":"INVALID_PHONE_NUMBER","failureMessage":"The phone number '260763456789' seems invalid (code 123456)."}}"#.to_owned(), rejected("INVALID_PHONE_NUMBER", Some("The phone number '…' seems invalid (code 123456)."))),
        (200, no("A_CODE_OF_2027"),                                                               rejected("A_CODE_OF_2027", None)),
        (400, no("INVALID_INPUT"),                                                                rejected("INVALID_INPUT", None)),
        (401, no("AUTHENTICATION_ERROR"),                                                         rejected("AUTHENTICATION_ERROR", None)),
        (403, no("DEPOSITS_NOT_ALLOWED"),                                                         rejected("DEPOSITS_NOT_ALLOWED", None)),
        (401, bare("HTTP_SIGNATURE_ERROR"),                                                       rejected("HTTP_SIGNATURE_ERROR", None)),
        (403, bare("HTTP_SIGNATURE_ERROR"),                                                       rejected("HTTP_SIGNATURE_ERROR", None)),
        (403, bare("SOMETHING_ELSE"),                                                             unknown("http_403")),
        (403, "{}".to_owned(),                                                                    unknown("http_403")),
        (403, "<html>blocked</html>".to_owned(),                                                  unknown("unreadable")),
        (404, "{}".to_owned(),                                                                    unknown("status_missing")),
        (200, r#"{"status":"DUPLICATE_IGNORED"}"#.to_owned(),                                     unknown("duplicate")),
        (200, no("UNKNOWN_ERROR"),                                                                unknown("unknown_error")),
        (200, r#"{"status":"REJECTED"}"#.to_owned(),                                              unknown("rejected_without_code")),
        (200, r#"{"status":"REJECTED","failureReason":{"failureCode":"not a code"}}"#.to_owned(), unknown("rejected_without_code")),
        (200, r#"{"status":"rejected","failureReason":{"failureCode":"INVALID_AMOUNT"}}"#.to_owned(), unknown("status_unrecognised")),
        (200, r#"{"status":"COMPLETED"}"#.to_owned(),                                             unknown("status_unrecognised")),
        (200, r#"{"status":"ACCEPTED","status":"REJECTED"}"#.to_owned(),                          unknown("unreadable")),
        (400, r#"{"status":"ACCEPTED"}"#.to_owned(),                                              unknown("status_unrecognised")),
        (200, bare("INVALID_AMOUNT"),                                                             unknown("status_missing")),
        (200, String::new(),                                                                      unknown("unreadable")),
        (200, r#""ACCEPTED""#.to_owned(),                                                         unknown("unreadable")),
        (200, "[]".to_owned(),                                                                    unknown("status_missing")),
        (204, String::new(),                                                                      unknown("unreadable")),
        (302, r#"{"status":"ACCEPTED"}"#.to_owned(),                                              unknown("http_302")),
        (408, no("INVALID_AMOUNT"),                                                               unknown("http_408")),
        (429, no("INVALID_AMOUNT"),                                                               unknown("http_429")),
        (500, no("INVALID_AMOUNT"),                                                               unknown("http_500")),
        (500, r#"{"depositId":"x","failureReason":{"failureCode":"UNKNOWN_ERROR"}}"#.to_owned(),  unknown("http_500")),
        (503, "<html>".to_owned(),                                                                unknown("http_503")),
        (599, r#"{"status":"ACCEPTED"}"#.to_owned(),                                              unknown("http_599")),
    ];
    for (status, body, expected) in rows {
        assert_eq!(
            read_deposit(config(), "pawapay", Routine::ReadDeposit, &answer(status, &body), None),
            expected,
            "{status} {body}"
        );
    }
    let truncated = GatewayResponse::Response { status: 200, body: no("INVALID_AMOUNT"), truncated: true };
    assert_eq!(read_deposit(config(), "pawapay", Routine::ReadDeposit, &truncated, None), unknown("truncated"));
    assert_eq!(
        read_deposit(config(), "pawapay", Routine::ReadDeposit, &GatewayResponse::NoResponse(Silence::Timeout), None),
        unknown("timeout")
    );
    assert_eq!(
        read_deposit(config(), "pawapay", Routine::ReadDeposit, &GatewayResponse::NoResponse(Silence::Network), None),
        unknown("network")
    );
}

#[test]
fn an_answer_about_another_deposit_is_no_answer() {
    let body = format!(r#"{{"depositId":"{}","status":"ACCEPTED"}}"#, reference(1));
    assert_eq!(
        read_deposit(config(), "pawapay", Routine::ReadDeposit, &answer(200, &body), Some(&reference(1))),
        accepted(None)
    );
    assert_eq!(
        read_deposit(config(), "pawapay", Routine::ReadDeposit, &answer(200, &body), Some(&reference(2))),
        unknown("other_deposit")
    );
    let silent = r#"{"status":"REJECTED","failureReason":{"failureCode":"NO_AUTHENTICATION"}}"#;
    assert_eq!(
        read_deposit(config(), "pawapay", Routine::ReadDeposit, &answer(401, silent), Some(&reference(1))),
        rejected("NO_AUTHENTICATION", None)
    );
}

#[test]
fn a_provider_has_its_own_currencies_and_decimals() {
    let of = |provider: &str, minor: &str, currency: &str| {
        let order = Order {
            provider: provider.to_owned(),
            amount_minor: minor.to_owned(),
            currency: currency.to_owned(),
            ..order()
        };
        build_deposit(config(), &order, None, NOW_MS).map(|deposit| deposit.request.body.unwrap())
    };
    assert!(of("MPESA_KEN", "10000", "KES").unwrap().contains(r#""amount":"100","currency":"KES""#));
    assert_eq!(of("MPESA_KEN", "10050", "KES"), Err(BuildError::Amount));
    assert!(of("AIRTEL_COD", "10050", "CDF").is_ok());
    assert_eq!(of("VODACOM_MPESA_COD", "10050", "CDF"), Err(BuildError::Amount));
    assert_eq!(of("MTN_MOMO_ZMB", "1000", "RWF"), Err(BuildError::Amount));
    assert_eq!(of("A_PROVIDER_OF_2027", "1000", "ZMW"), Err(BuildError::Provider));
}

#[test]
fn a_configuration_is_whole_or_refused() {
    let refusal = |settings: Settings| try_gateways(&settings, &["a.example"], false).err();
    let missing = |part: &str| Some(ConfigError::Missing(part.to_owned()));
    let malformed = |part: &str| Some(ConfigError::Malformed(part.to_owned()));
    assert_eq!(refusal(settings()), None);
    for bad in [
        "http://api.pawapay.io",
        "https://api.pawapay.io/",
        "https://api.pawapay.io/v2",
        "https://api.pawapay.io?x",
        "https://API.pawapay.io",
        "https://api.pawapay.io:443",
        "https://u@api.pawapay.io",
        "https://api.pawapay.io.",
        "api.pawapay.io",
        "https://",
        "https://a b",
    ] {
        let bent = Settings { origin: bad.to_owned(), ..settings() };
        assert_eq!(refusal(bent), malformed("pawapay.origin"), "{bad}");
    }
    let plain = Settings { origin: "http://127.0.0.1:8090".to_owned(), ..settings() };
    assert!(try_gateways(&plain, &["a.example"], true).is_ok());
    #[rustfmt::skip]
    let rows = [
        (Settings { origin: String::new(), ..settings() },                        missing("pawapay.origin")),
        (Settings { token: String::new(), ..settings() },                         missing("pawapay.token")),
        (Settings { token: "a\nb".to_owned(), ..settings() },                     malformed("pawapay.token")),
        (Settings { signing_key: String::new(), ..settings() },                   missing("pawapay.signingKey")),
        (Settings { signing_key: public_key(1, "").key, ..settings() },           malformed("pawapay.signingKey")),
        (Settings { key_id: String::new(), ..settings() },                        missing("pawapay.keyId")),
        (Settings { key_id: "a\"".to_owned(), ..settings() },                     malformed("pawapay.keyId")),
        (Settings { signature_encoding: String::new(), ..settings() },            missing("pawapay.signatureEncoding")),
        (Settings { signature_encoding: "DER".to_owned(), ..settings() },         malformed("pawapay.signatureEncoding")),
        (Settings { callback_mode: String::new(), ..settings() },                 missing("pawapay.callbackMode")),
        (Settings { callback_mode: "off".to_owned(), ..settings() },              malformed("pawapay.callbackMode")),
    ];
    for (bent, expected) in rows {
        assert_eq!(refusal(bent), expected);
    }
    assert_eq!(try_gateways(&settings(), &[], false).err(), missing("callbackAuthorities"));
    for bad in ["", "Pay.example.com", "https://pay.example.com", "pay.example.com/", "*.example.com", "a.example:0"] {
        assert_eq!(try_gateways(&settings(), &[bad], false).err(), malformed("callbackAuthorities"), "{bad}");
    }
}

proptest! {
    #[test]
    fn no_answer_panics_or_invents_a_no(status: u16, body in r#"[\[\]{}":,a-zA-Z0-9 ]{0,80}"#) {
        let outcome = read_deposit(config(), "pawapay", Routine::ReadDeposit, &answer(status, &body), None);
        prop_assert!(!matches!(outcome, SendOutcome::Rejected { .. }), "{status} {body}");
    }

    #[test]
    fn no_order_panics(minor in ".{0,25}", currency in "[A-Z]{3}", phone in ".{0,20}", attempt: u8, now_ms: u64) {
        let order = Order { amount_minor: minor, currency, phone_number: phone, attempt, reference: reference(attempt), ..order() };
        let _ = build_deposit(config(), &order, None, now_ms);
    }
}

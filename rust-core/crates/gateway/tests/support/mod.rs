//! A configured adapter with throwaway keys, and both ends of a signature.
#![allow(dead_code, reason = "each test file uses its part")]

use std::sync::LazyLock;

use gateway::callback::{Arrived, Operation};
use gateway::config::{ConfigError, Gateways};
use gateway::http::GatewayResponse;
use gateway::public_keys::PublicKeyText;
use httpsig::Encoding;
use httpsig::digest::sha512_content_digest;
use httpsig::ecdsa::PrivateKey;
use httpsig::message::Request;
use httpsig::sign::{Parameters, sign_request};
use p256::ecdsa::SigningKey;
use p256::pkcs8::{EncodePrivateKey, EncodePublicKey, LineEnding};
use payments::reference::{PaymentKey, encode};
use strict_json::Json;
use vm::Program;

pub const REFERENCE_KEY: [u8; 32] = [0x6c; 32];
pub const NOW_MS: u64 = 1_790_171_710_000;
pub const NOW_S: i64 = 1_790_171_710;
pub const KEY_ID: &str = "HTTP_EC_P256_KEY:1";
pub const PAYMENT: PaymentKey = PaymentKey([7; 13]);

pub fn reference(attempt: u8) -> String {
    encode(&REFERENCE_KEY, &PAYMENT, attempt)
}

pub fn private_pem(seed: u8) -> String {
    SigningKey::from_slice(&[seed; 32]).unwrap().to_pkcs8_pem(LineEnding::LF).unwrap().to_string()
}

pub fn public_key(seed: u8, id: &str) -> PublicKeyText {
    let key = SigningKey::from_slice(&[seed; 32]).unwrap();
    PublicKeyText { id: id.to_owned(), key: key.verifying_key().to_public_key_pem(LineEnding::LF).unwrap() }
}

/// pawaPay's settings; a test bends one of them.
#[derive(Clone)]
pub struct Settings {
    pub origin: String,
    pub token: String,
    pub signing_key: String,
    pub key_id: String,
    pub signature_encoding: String,
    pub callback_mode: String,
}

pub fn settings() -> Settings {
    Settings {
        origin: "https://api.sandbox.pawapay.io".to_owned(),
        token: "secret-token".to_owned(),
        signing_key: private_pem(1),
        key_id: "LANGO:1".to_owned(),
        signature_encoding: "der".to_owned(),
        callback_mode: "signed".to_owned(),
    }
}

impl Settings {
    fn to_json(&self) -> Json {
        let rows = [
            ("origin", &self.origin),
            ("token", &self.token),
            ("signingKey", &self.signing_key),
            ("keyId", &self.key_id),
            ("signatureEncoding", &self.signature_encoding),
            ("callbackMode", &self.callback_mode),
        ];
        let own = rows.into_iter().map(|(name, value)| (name.to_owned(), Json::String(value.clone()))).collect();
        Json::Object(vec![("pawapay".to_owned(), Json::Object(own))])
    }
}

/// What `npm run provision -- compile` makes of pawaPay's spec without a policy; a test of the compiler keeps it so.
pub fn program() -> Program {
    Program::from_plain(include_bytes!("../../../../../test/vectors/gateways/pawapay.program")).unwrap()
}

pub fn try_gateways(settings: &Settings, authorities: &[&str], plain_http: bool) -> Result<Gateways, ConfigError> {
    let authorities = authorities.iter().map(|authority| (*authority).to_owned()).collect();
    Gateways::new(program(), &settings.to_json(), authorities, REFERENCE_KEY, plain_http)
}

pub fn gateways_of(settings: &Settings) -> Gateways {
    try_gateways(settings, &["pay.example.com"], false).map_err(|error| format!("{error:?}")).unwrap()
}

pub fn gateways_running(program: Program) -> Gateways {
    let authorities = vec!["pay.example.com".to_owned()];
    Gateways::new(program, &settings().to_json(), authorities, REFERENCE_KEY, false)
        .map_err(|error| format!("{error:?}"))
        .unwrap()
}

pub fn config() -> &'static Gateways {
    static SIGNED: LazyLock<Gateways> = LazyLock::new(|| gateways_of(&settings()));
    &SIGNED
}

pub fn hint_config() -> &'static Gateways {
    static HINT: LazyLock<Gateways> =
        LazyLock::new(|| gateways_of(&Settings { callback_mode: "hint".to_owned(), ..settings() }));
    &HINT
}

pub fn answer(status: u16, body: &str) -> GatewayResponse {
    GatewayResponse::Response { status, body: body.to_owned(), truncated: false }
}

/// A callback as pawaPay signs it, with the gateway's key (seed 2).
pub fn signed(body: &[u8]) -> Arrived {
    signed_with(body, 2, KEY_ID, NOW_S, Encoding::Der)
}

pub fn signed_with(body: &[u8], seed: u8, key_id: &str, created: i64, encoding: Encoding) -> Arrived {
    let digest = sha512_content_digest(body);
    let date = "2026-09-23T13:55:10.673817314Z";
    let request = Request {
        method: "POST",
        authority: "pay.example.com",
        path: "/webhooks/pawapay/deposits",
        headers: &[("content-type", "application/json"), ("content-digest", &digest), ("signature-date", date)],
    };
    let parameters = Parameters {
        label: "sig-pp",
        components: &["@method", "@authority", "@path", "signature-date", "content-digest", "content-type"],
        key_id,
        created,
        expires: created + 60,
    };
    let key = PrivateKey::from_pkcs8_pem(&private_pem(seed)).unwrap();
    let fields = sign_request(&request, &parameters, &key, encoding).unwrap();
    let headers = [
        ("content-type", "application/json"),
        ("content-digest", &digest),
        ("signature-date", date),
        ("signature-input", &fields.signature_input),
        ("signature", &fields.signature),
    ];
    Arrived {
        gateway: "pawapay".to_owned(),
        operation: Operation::Deposits,
        method: "POST".to_owned(),
        url: "https://pay.example.com/webhooks/pawapay/deposits".to_owned(),
        headers: headers.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
    }
}

pub fn unsigned() -> Arrived {
    Arrived {
        gateway: "pawapay".to_owned(),
        operation: Operation::Deposits,
        method: "POST".to_owned(),
        url: "https://pay.example.com/webhooks/pawapay/deposits".to_owned(),
        headers: vec![("content-type".to_owned(), "application/json".to_owned())],
    }
}

pub fn deposit_body(reference: &str) -> String {
    format!(
        r#"{{"depositId":"{reference}","status":"COMPLETED","amount":"1000.0000","currency":"RWF","country":"RWA","payer":{{"type":"MMO","accountDetails":{{"phoneNumber":"250783456789","provider":"MTN_MOMO_RWA"}}}},"created":"2026-09-23T13:55:00Z","providerTransactionId":"12356789","metadata":{{"orderId":"ORD-1"}}}}"#
    )
}

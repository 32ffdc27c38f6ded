//! Signatures of pawaPay's: one that its sandbox sent, and the worked example of a request.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use std::cell::RefCell;
use std::fs;

use base64ct::{Base64, Encoding as _};
use httpsig::Algorithm;
use httpsig::digest::{sha512_content_digest, verify_content_digest};
use httpsig::ecdsa::{PreparedKeys, PublicKey, der_to_raw, raw_to_der};
use httpsig::message::{Request, signature_base};
use httpsig::sign::{Parameters, signature_input};
use httpsig::verify::{Freshness, Policy, Refusal, SignedRequest};
use proptest::prelude::*;
use serde_json::Value;

const VECTORS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../test/vectors/pawapay");
const COMPONENTS: [&str; 6] = ["@method", "@authority", "@path", "signature-date", "content-digest", "content-type"];
const CREATED: i64 = 1_790_171_710;
const EXPIRES: i64 = 1_790_171_770;

fn vector(name: &str) -> Value {
    serde_json::from_str(&fs::read_to_string(format!("{VECTORS}/{name}.json")).unwrap()).unwrap()
}

/// The sandbox callback's parts, to be bent.
#[derive(Clone)]
struct Callback {
    method: String,
    authority: String,
    path: String,
    headers: Vec<(String, String)>,
}

fn sandbox_callback() -> (Callback, PublicKey) {
    let vector = vector("callback-real-sandbox-signed-headers");
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let headers =
        vector["headers"].as_object().unwrap().iter().map(|(name, value)| (name.clone(), text(value))).collect();
    let callback = Callback {
        method: text(&vector["method"]),
        authority: text(&vector["authority"]),
        path: text(&vector["path"]),
        headers,
    };
    (callback, PublicKey::from_spki_pem(vector["public_key"]["key"].as_str().unwrap()).unwrap())
}

thread_local! {
    /// Has verified the sandbox's callback often enough to keep its key's multiples.
    static PREPARED: RefCell<PreparedKeys> = RefCell::new({
        let (callback, key) = sandbox_callback();
        let headers: Vec<_> = callback.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let Callback { method, authority, path, .. } = &callback;
        let request = Request { method, authority, path, headers: &headers };
        let policy = Policy { label: "sig-pp", required: &[], now_s: CREATED, skew_s: 0 };
        let signed = SignedRequest::find(&request, &policy).unwrap().unwrap();
        let mut prepared = PreparedKeys::default();
        for _ in 0..2 {
            signed.verify(&request, &policy, std::slice::from_ref(&key), &mut prepared).unwrap();
        }
        prepared
    });
}

impl Callback {
    fn verify(&self, key: &PublicKey, now_s: i64) -> Result<Freshness, Refusal> {
        let headers: Vec<(&str, &str)> =
            self.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let request = Request { method: &self.method, authority: &self.authority, path: &self.path, headers: &headers };
        let policy = Policy {
            label: "sig-pp",
            required: &["@method", "@authority", "@path", "content-digest"],
            now_s,
            skew_s: 60,
        };
        let signed = SignedRequest::find(&request, &policy)?.ok_or(Refusal::FieldMissing)?;
        let verify =
            |prepared: &mut PreparedKeys| signed.verify(&request, &policy, std::slice::from_ref(key), prepared);
        let answer = verify(&mut PreparedKeys::default());
        // And so says a vault that has seen the gateway sign before.
        PREPARED.with_borrow_mut(|prepared| assert_eq!(verify(prepared), answer));
        answer
    }

    fn with(&self, name: &str, value: &str) -> Self {
        let mut bent = self.clone();
        bent.headers.retain(|(known, _)| known != name);
        bent.headers.push((name.to_owned(), value.to_owned()));
        bent
    }

    fn without(&self, name: &str) -> Self {
        let mut bent = self.clone();
        bent.headers.retain(|(known, _)| known != name);
        bent
    }

    fn header(&self, name: &str) -> &str {
        &self.headers.iter().find(|(known, _)| known == name).unwrap().1
    }
}

#[test]
fn the_sandbox_callback_verifies() {
    let (callback, key) = sandbox_callback();
    assert_eq!(callback.verify(&key, CREATED), Ok(Freshness::Fresh));
    assert_eq!(callback.verify(&key, EXPIRES + 60), Ok(Freshness::Fresh));
    assert_eq!(callback.verify(&key, EXPIRES + 61), Ok(Freshness::Expired));
    assert_eq!(callback.verify(&key, CREATED - 60), Ok(Freshness::Fresh));
    assert_eq!(callback.verify(&key, CREATED - 61), Err(Refusal::CreatedInFuture));
}

#[test]
fn t59_the_sandbox_callback_verifies_in_raw_form_and_in_odd_but_legal_spelling() {
    let (callback, key) = sandbox_callback();
    let expected = vector("callback-real-sandbox-signed-headers")["expected"].clone();
    let raw = expected["signature_p1363_b64"].as_str().unwrap();
    assert_eq!(callback.with("signature", &format!("sig-pp=:{raw}:")).verify(&key, CREATED), Ok(Freshness::Fresh));
    let spaced =
        callback.header("signature-input").replace("\" \"", "\"   \"").replace("(\"", "( \"").replace("\")", "\" )");
    assert_eq!(callback.with("signature-input", &spaced).verify(&key, CREATED), Ok(Freshness::Fresh));
    let extra_input = format!("other=(\"@method\");keyid=\"x\", {}", callback.header("signature-input"));
    let extra = format!("other=:AAAA:, {}", callback.header("signature"));
    let beside_another = callback.with("signature-input", &extra_input).with("signature", &extra);
    assert_eq!(beside_another.verify(&key, CREATED), Ok(Freshness::Fresh));
}

#[test]
fn t36_no_byte_of_the_sandbox_callback_may_change() {
    let (callback, key) = sandbox_callback();
    let mut bent_requests: Vec<(String, Callback)> = Vec::new();
    let flips = |text: &str| -> Vec<String> {
        let flip = |index: usize, mask: u8| {
            let mut bytes = text.as_bytes().to_vec();
            bytes[index] ^= mask;
            String::from_utf8(bytes).ok()
        };
        (0..text.len()).flat_map(|index| [1, 2, 0x20].map(|mask| flip(index, mask))).flatten().collect()
    };
    for method in flips(&callback.method) {
        bent_requests.push((format!("method {method}"), Callback { method, ..callback.clone() }));
    }
    for authority in flips(&callback.authority) {
        bent_requests.push((format!("authority {authority}"), Callback { authority, ..callback.clone() }));
    }
    for path in flips(&callback.path) {
        bent_requests.push((format!("path {path}"), Callback { path, ..callback.clone() }));
    }
    for name in ["signature-date", "content-digest", "content-type", "signature-input", "signature"] {
        for value in flips(callback.header(name)) {
            bent_requests.push((format!("{name} {value}"), callback.with(name, &value)));
        }
        bent_requests.push((format!("{name} absent"), callback.without(name)));
        bent_requests.push((format!("{name} empty"), callback.with(name, "")));
        let mut twice = callback.clone();
        twice.headers.push((name.to_owned(), callback.header(name).to_owned()));
        bent_requests.push((format!("{name} twice"), twice));
    }
    assert!(bent_requests.len() > 1400, "{}", bent_requests.len());
    for (what, bent) in bent_requests {
        assert!(bent.verify(&key, CREATED).is_err(), "{what}");
    }
}

#[test]
fn every_bit_of_the_signature_counts() {
    let (callback, key) = sandbox_callback();
    let der =
        Base64::decode_vec(callback.header("signature").trim_start_matches("sig-pp=:").trim_end_matches(':')).unwrap();
    let raw = der_to_raw(&der).unwrap();
    for signature in [der.as_slice(), raw.as_slice()] {
        for bit in 0..signature.len() * 8 {
            let mut bent = signature.to_vec();
            bent[bit / 8] ^= 1 << (bit % 8);
            let bent = callback.with("signature", &format!("sig-pp=:{}:", Base64::encode_string(&bent)));
            assert!(bent.verify(&key, CREATED).is_err(), "bit {bit}");
        }
        for length in 0..signature.len() {
            let bent = callback.with("signature", &format!("sig-pp=:{}:", Base64::encode_string(&signature[..length])));
            assert!(bent.verify(&key, CREATED).is_err(), "{length} bytes");
        }
    }
}

#[test]
fn t36_forgeries_by_class() {
    let (callback, key) = sandbox_callback();
    let input = callback.header("signature-input").to_owned();
    let signature = callback.header("signature").to_owned();
    let list = input.trim_start_matches("sig-pp=").to_owned();
    let renamed = |from: &str, to: &str| callback.with("signature-input", &input.replace(from, to));
    #[rustfmt::skip]
    let rows: Vec<(&str, Callback, Refusal)> = vec![
        ("no Signature",               callback.without("signature"),                            Refusal::FieldMissing),
        ("no Signature-Input",         callback.without("signature-input"),                      Refusal::FieldMissing),
        ("labels differ",              callback.with("signature", &signature.replace("sig-pp", "sig-qq")), Refusal::LabelsDiffer),
        ("another label",              renamed("sig-pp", "sig-qq").with("signature", &signature.replace("sig-pp", "sig-qq")), Refusal::LabelUnknown),
        ("repeated label",             callback.with("signature-input", &format!("{input}, {input}")), Refusal::LabelRepeated),
        ("repeated signature",         callback.with("signature", &format!("{signature}, {signature}")), Refusal::LabelRepeated),
        ("repeated parameter",         renamed(";created=", ";created=1;created="),              Refusal::LabelRepeated),
        ("repeated component",         renamed("(\"@method\"", "(\"@method\" \"@method\""),      Refusal::ComponentRepeated),
        ("signs its own parameters",   renamed("(\"@method\"", "(\"@signature-params\" \"@method\""), Refusal::ComponentUnsupported),
        ("unknown derived component",  renamed("\"@path\"", "\"@foo\""),                         Refusal::ComponentUnsupported),
        ("upper-case component",       renamed("\"content-type\"", "\"Content-Type\""),          Refusal::ComponentUnsupported),
        ("component with ;req",        renamed("\"@method\"", "\"@method\";req"),                Refusal::ComponentUnsupported),
        ("component with ;bs",         renamed("\"content-type\"", "\"content-type\";bs"),       Refusal::ComponentUnsupported),
        ("token as a component",       renamed("\"@path\"", "path"),                             Refusal::ComponentUnsupported),
        ("absent field covered",       renamed("\"content-type\"", "\"content-length\""),        Refusal::ComponentAbsent),
        ("body not covered",           renamed(" \"content-digest\"", ""),                       Refusal::CoverageIncomplete),
        ("path not covered",           renamed(" \"@path\"", ""),                                Refusal::CoverageIncomplete),
        ("nothing covered",            callback.with("signature-input", "sig-pp=();keyid=\"k\";created=1790171710;expires=1790171770"), Refusal::CoverageIncomplete),
        ("other order",                renamed("\"@method\" \"@authority\"", "\"@authority\" \"@method\""), Refusal::SignatureInvalid),
        ("other order of parameters",  renamed(";created=1790171710;expires=1790171770", ";expires=1790171770;created=1790171710"), Refusal::SignatureInvalid),
        ("one component stripped",     renamed(" \"signature-date\"", ""),                       Refusal::SignatureInvalid),
        ("longer life",                renamed("1790171770", "1790179999"),                      Refusal::SignatureInvalid),
        ("ends before it starts",      renamed("expires=1790171770", "expires=1790171710"),      Refusal::ParameterMalformed),
        ("no created",                 renamed(";created=1790171710", ""),                       Refusal::ParameterMalformed),
        ("no expires",                 renamed(";expires=1790171770", ""),                       Refusal::ParameterMalformed),
        ("no keyid",                   renamed(";keyid=\"HTTP_EC_P256_KEY:1\"", ""),             Refusal::ParameterMalformed),
        ("keyid as a token",           renamed("\"HTTP_EC_P256_KEY:1\"", "HTTP_EC_P256_KEY:1"),  Refusal::ParameterMalformed),
        ("created as a string",        renamed("created=1790171710", "created=\"1790171710\""),  Refusal::ParameterMalformed),
        ("created as a decimal",       renamed("created=1790171710", "created=1790171710.0"),    Refusal::ParameterMalformed),
        ("created as a date",          renamed("created=1790171710", "created=@1790171710"),     Refusal::ParameterMalformed),
        ("unknown parameter",          renamed(";created=", ";crit;created="),                   Refusal::ParameterMalformed),
        ("hmac under the public key",  renamed("ecdsa-p256-sha256", "hmac-sha256"),              Refusal::AlgorithmUnsupported),
        ("another curve",              renamed("ecdsa-p256-sha256", "ecdsa-p384-sha384"),        Refusal::AlgorithmUnsupported),
        ("silent about the algorithm", renamed(";alg=\"ecdsa-p256-sha256\"", ""),                Refusal::SignatureInvalid),
        ("signature as a string",      callback.with("signature", "sig-pp=\"AAAA\""),            Refusal::FieldMalformed),
        ("base64url",                  callback.with("signature", &signature.replace('/', "_")), Refusal::FieldMalformed),
        ("missing padding",            callback.with("signature", "sig-pp=:AAA:"),               Refusal::FieldMalformed),
        ("space in base64",            callback.with("signature", &signature.replacen("MEY", "MEY ", 1)), Refusal::FieldMalformed),
        ("a short signature",          callback.with("signature", "sig-pp=:AAAA:"),              Refusal::SignatureLength),
        ("zeros",                      callback.with("signature", &format!("sig-pp=:{}:", Base64::encode_string(&[0; 64]))), Refusal::SignatureInvalid),
        ("trailing comma",             callback.with("signature-input", &format!("{input},")),   Refusal::FieldMalformed),
        ("tab in the list",            renamed("\" \"@path", "\"\t\"@path"),                     Refusal::FieldMalformed),
        ("no space in the list",       renamed("\" \"@path", "\"\"@path"),                       Refusal::FieldMalformed),
        ("unterminated string",        callback.with("signature-input", "sig-pp=(\"@method"),    Refusal::FieldMalformed),
        ("item instead of a list",     callback.with("signature-input", "sig-pp=\"@method\";created=1"), Refusal::FieldMalformed),
        ("line feed in a value",       callback.with("content-type", "application/json\n\"x\": y"), Refusal::ComponentMalformed),
        ("byte beyond ASCII",          callback.with("content-type", "application/j\u{f6}son"),  Refusal::ComponentMalformed),
        ("byte beyond ASCII in input", callback.with("signature-input", &format!("{input};n=\"\u{f6}\"")), Refusal::FieldMalformed),
        ("five signatures",            callback.with("signature-input", &(0..5).map(|n| format!("a{n}={list}")).collect::<Vec<_>>().join(", ")), Refusal::FieldTooLarge),
        ("seventeen components",       callback.with("signature-input", &format!("sig-pp=({})", "\"a\" ".repeat(17))), Refusal::FieldTooLarge),
        ("nine kilobytes",             callback.with("signature-input", &format!("{input};nonce=\"{}\"", "a".repeat(9000))), Refusal::FieldTooLarge),
        ("nine parameters",            callback.with("signature-input", &format!("sig-pp=(){}", (0..9).map(|n| format!(";p{n}")).collect::<String>())), Refusal::FieldTooLarge),
    ];
    for (what, bent, expected) in rows {
        assert_eq!(bent.verify(&key, CREATED), Err(expected), "{what}");
    }
}

#[test]
fn the_worked_request_example() {
    let vector = vector("request-signature-worked-example");
    let headers = &vector["request"]["headers"];
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let body = text(&vector["request"]["body_utf8"]);
    assert_eq!(sha512_content_digest(body.as_bytes()), text(&headers["Content-Digest"]));
    assert_eq!(verify_content_digest(&text(&headers["Content-Digest"]), body.as_bytes()), Ok(()));
    let (digest, date, kind) =
        (text(&headers["Content-Digest"]), text(&headers["Signature-Date"]), text(&headers["Content-Type"]));
    let request = Request {
        method: "POST",
        authority: "api.sandbox.pawapay.io",
        path: "/v2/deposits",
        headers: &[("content-digest", &digest), ("signature-date", &date), ("content-type", &kind)],
    };
    let parameters = Parameters {
        label: "sig-pp",
        components: &COMPONENTS,
        key_id: "MY_TEST_KEY:1",
        created: 1_767_225_600,
        expires: 1_767_225_660,
    };
    let base = signature_base(&request, &signature_input(&parameters, Algorithm::EcdsaP256Sha256)).unwrap();
    assert_eq!(base, text(&vector["signature_base"]));

    let key = PublicKey::from_spki_pem(vector["public_key_spki_pem"].as_str().unwrap()).unwrap();
    let der = Base64::decode_vec(vector["signature_der_b64"].as_str().unwrap()).unwrap();
    let raw = Base64::decode_vec(vector["signature_p1363_b64"].as_str().unwrap()).unwrap();
    assert!(key.verify(base.as_bytes(), &der) && key.verify(base.as_bytes(), &raw));
    assert_eq!(der_to_raw(&der).unwrap().as_slice(), raw);
    assert_eq!(raw_to_der(&raw).unwrap(), der);
}

#[test]
fn keys_of_another_kind_are_not_keys() {
    for pem in [
        "",
        "-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----",
        "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----",
    ] {
        assert_eq!(PublicKey::from_spki_pem(pem), None);
    }
    let ed25519 = "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAJrQLj5P/89iXES9+vFgrIy29clF9CC/oPPsw3c5D0bs=\n-----END PUBLIC KEY-----";
    assert_eq!(PublicKey::from_spki_pem(ed25519), None);
}

proptest! {
    #[test]
    fn no_fields_panic(input in "[ -~\t]{0,200}", signature in "[ -~\t]{0,200}", now_s: i64) {
        let (callback, key) = sandbox_callback();
        let bent = callback.with("signature-input", &input).with("signature", &signature);
        prop_assert!(bent.verify(&key, now_s).is_err());
    }

    #[test]
    fn no_almost_right_fields_panic(cut in 0..200_usize, insert in "[ -~]{0,8}", now_s: i64) {
        let (callback, key) = sandbox_callback();
        let mut input = callback.header("signature-input").to_owned();
        input.insert_str(cut.min(input.len()), &insert);
        let _ = callback.with("signature-input", &input).verify(&key, now_s);
    }

    #[test]
    fn no_signature_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..100)) {
        let (_, key) = sandbox_callback();
        prop_assert!(!key.verify(b"message", &bytes));
        let _ = (der_to_raw(&bytes), raw_to_der(&bytes));
    }
}

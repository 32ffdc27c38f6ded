//! Whole messages: the first line is the method and the target URI, the lines up to an empty one are fields, the rest is the body.
//! Whatever arrives is refused; only what the known key signed is accepted, and that key signs nothing here.
#![no_main]

use std::sync::LazyLock;

use httpsig::Algorithm;
use httpsig::components::{Message, Start, field_type};
use httpsig::ecdsa::{PreparedKeys, PublicKey};
use httpsig::ed25519::PrivateKey;
use httpsig::keys::VerifyingKey;
use httpsig::message::Request;
use httpsig::profile::{Known, KnownKey, Profile, verify_message};
use httpsig::verify::{Policy, SignedRequest};
use libfuzzer_sys::fuzz_target;

static ED25519: LazyLock<VerifyingKey> =
    LazyLock::new(|| VerifyingKey::Ed25519(PrivateKey::from_bytes(&[7; 32]).expect("a seed").public_key()));
/// Twice the base point of P-256: a point like any other.
static P256: LazyLock<PublicKey> =
    LazyLock::new(|| httpsig::ecdsa::PrivateKey::from_bytes(&[7; 32]).expect("a scalar").public_key());

struct Receiver;

impl Known for Receiver {
    fn key(&self, key_id: &str) -> Option<KnownKey<'_>> {
        (key_id == "k").then_some(KnownKey { key: &ED25519, purposes: &["webhook"] })
    }

    fn is_seen(&self, _: &str, _: &str) -> bool {
        false
    }
}

const PROFILE: Profile<'_> = Profile {
    tag: None,
    required_parameters: &[],
    required_components: &[],
    algorithms: &[Algorithm::Ed25519],
    purpose: "webhook",
    now_s: 1_800_000_000,
    skew_s: i64::MAX,
    age_max_s: i64::MAX,
    lifetime_max_s: i64::MAX,
    signatures_max: 4,
    components_max: 16,
    field_bytes_max: 4096,
};

fuzz_target!(|text: &str| {
    let (head, body) = text.split_once("\n\n").unwrap_or((text, ""));
    let mut lines = head.lines();
    let (method, target_uri) =
        lines.next().unwrap_or_default().split_once(' ').unwrap_or(("POST", "https://a.example/"));
    let headers: Vec<(&str, &str)> = lines.filter_map(|line| line.split_once(": ")).collect();

    let start = Start::Request { method, target_uri, request_target: None };
    let request = Message { start, headers: &headers, trailers: &headers, request: None, field_type };
    assert!(verify_message(&request, body.as_bytes(), &PROFILE, &Receiver).is_err());
    let start = Start::Response { status: 200 };
    let response = Message { start, request: Some(&request), ..request };
    assert!(verify_message(&response, body.as_bytes(), &PROFILE, &Receiver).is_err());

    let plain = Request { method, authority: "a.example", path: "/", headers: &headers };
    let policy = Policy { label: "sig-pp", required: &["@method"], now_s: PROFILE.now_s, skew_s: 60 };
    if let Ok(Some(signed)) = SignedRequest::find(&plain, &policy) {
        assert!(signed.verify(&plain, &policy, std::slice::from_ref(&*P256), &mut PreparedKeys::default()).is_err());
    }
});

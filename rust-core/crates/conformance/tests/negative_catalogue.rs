//! What a receiver must refuse, by class of attack, and what it must not take for one.
//!
//! Each row bends one thing about a message that is accepted. "Signed anew" means that the attacker holds the key, or that the
//! signer is careless: the signature is right, and something else has to be noticed.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

use httpsig::Algorithm;
use httpsig::components::{Message, Start, field_type};
use httpsig::digest::sha256_content_digest;
use httpsig::keys::{HmacKey, SigningKey, VerifyingKey};
use httpsig::message::BaseError;
use httpsig::profile::{Accepted, Known, KnownKey, Profile, Refusal, verify_message};
use httpsig::sf::read::{parse_dictionary, parse_item};
use httpsig::sf::{Item, Limits, Member};
use httpsig::sign::sign_message;
use httpsig::{ecdsa, ecdsa_p384, ed25519};

const NOW_S: i64 = 1_800_000_000;
const BODY: &[u8] = "{\"id\":\"evt_1\",\"amount\":1250,\"customer\":\"Zo\u{eb}\"}".as_bytes();
const URI: &str = "https://merchant.example/webhooks/psp?tenant=42";
const COMPONENTS: &str = "\"@method\" \"@target-uri\" \"content-type\" \"content-digest\"";

fn ed25519_key() -> ed25519::PrivateKey {
    ed25519::PrivateKey::from_bytes(&[7; 32]).unwrap()
}

fn p256_key() -> ecdsa::PrivateKey {
    ecdsa::PrivateKey::from_bytes(&[7; 32]).unwrap()
}

fn p384_key() -> ecdsa_p384::PrivateKey {
    ecdsa_p384::PrivateKey::from_bytes(&[7; 48]).unwrap()
}

#[derive(Clone)]
struct Bent {
    method: &'static str,
    uri: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Bent {
    fn unsigned() -> Self {
        let headers = [
            ("Host", "merchant.example".to_owned()),
            ("Content-Type", "application/json".to_owned()),
            ("Content-Digest", sha256_content_digest(BODY)),
        ];
        let headers = headers.map(|(name, value)| (name.to_owned(), value)).to_vec();
        Self { method: "POST", uri: URI.to_owned(), headers, body: BODY.to_vec() }
    }

    fn ask<Reply>(&self, ask: impl FnOnce(&Message<'_>) -> Reply) -> Reply {
        let headers: Vec<_> = self.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let start = Start::Request { method: self.method, target_uri: &self.uri, request_target: None };
        ask(&Message { start, headers: &headers, trailers: &[], request: None, field_type })
    }

    /// Signs what this message is now; `input` is the inner list with its parameters.
    fn signed_with(self, input: &str, key: &SigningKey) -> Self {
        let members = parse_dictionary(&format!("sig1={input}"), Limits::SIGNATURES).unwrap();
        let Some((_, Member::InnerList(list))) = members.into_iter().next() else { unreachable!("an inner list") };
        let fields = self.ask(|message| sign_message(message, "sig1", list, key)).unwrap();
        self.fields(&format!("sig1={input}"), &fields.signature)
    }

    fn signed(self, input: &str) -> Self {
        self.signed_with(input, &SigningKey::Ed25519(ed25519_key()))
    }

    /// The two fields as they are given, whether or not they belong together.
    fn fields(mut self, input: &str, signature: &str) -> Self {
        self.headers.push(("Signature-Input".to_owned(), input.to_owned()));
        self.headers.push(("Signature".to_owned(), signature.to_owned()));
        self
    }

    /// An input that nothing could be signed under, beside a signature of the right length.
    fn unsignable(self, input: &str) -> Self {
        self.fields(&format!("sig1={input}"), &format!("sig1=:{}==:", "A".repeat(86)))
    }

    fn set(mut self, name: &str, value: &str) -> Self {
        self.headers.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
        self.add(name, value)
    }

    fn add(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    fn without(mut self, name: &str) -> Self {
        self.headers.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
        self
    }

    fn field(&self, name: &str) -> String {
        self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).unwrap().1.clone()
    }

    fn replaced(self, name: &str, from: &str, to: &str) -> Self {
        let value = self.field(name);
        assert!(value.contains(from), "{name} has no {from}");
        self.set(name, &value.replacen(from, to, 1))
    }

    fn body(mut self, body: &[u8]) -> Self {
        self.body = body.to_vec();
        self
    }

    fn judged(&self, profile: &Profile<'_>) -> Result<Accepted, Refusal> {
        self.ask(|message| verify_message(message, &self.body, profile, &Receiver::new()))
    }
}

fn parameters(rest: &str) -> String {
    format!("({COMPONENTS}){rest}")
}

fn usual() -> String {
    format!(";created={};expires={};nonce=\"n-1\";keyid=\"ed\";tag=\"psp\"", NOW_S - 10, NOW_S + 290)
}

fn baseline() -> Bent {
    Bent::unsigned().signed(&parameters(&usual()))
}

struct Receiver(Vec<(&'static str, VerifyingKey, &'static [&'static str])>);

impl Receiver {
    fn new() -> Self {
        let ed25519 = || VerifyingKey::Ed25519(ed25519_key().public_key());
        Self(vec![
            ("ed", ed25519(), &["webhook"]),
            // The key that we sign our own requests with.
            ("ours", ed25519(), &["request-sign"]),
            ("p256", VerifyingKey::EcdsaP256Sha256(p256_key().public_key()), &["webhook"]),
            ("p384", VerifyingKey::EcdsaP384Sha384(p384_key().public_key()), &["webhook"]),
            ("shared", VerifyingKey::HmacSha256(HmacKey::new(&[9; 32]).unwrap()), &["webhook"]),
        ])
    }
}

impl Known for Receiver {
    fn key(&self, key_id: &str) -> Option<KnownKey<'_>> {
        let (_, key, purposes) = self.0.iter().find(|(known, ..)| *known == key_id)?;
        Some(KnownKey { key, purposes })
    }

    fn is_seen(&self, key_id: &str, nonce: &str) -> bool {
        (key_id, nonce) == ("ed", "n-0")
    }
}

fn required() -> Vec<Item> {
    COMPONENTS.split(' ').map(|text| parse_item(text, Limits::SIGNATURES).unwrap()).collect()
}

fn profile(required_components: &[Item]) -> Profile<'_> {
    Profile {
        tag: Some("psp"),
        required_parameters: &["created", "expires", "keyid", "nonce", "tag"],
        required_components,
        algorithms: &[Algorithm::HmacSha256, Algorithm::Ed25519, Algorithm::EcdsaP256Sha256],
        purpose: "webhook",
        now_s: NOW_S,
        skew_s: 60,
        age_max_s: 300,
        lifetime_max_s: 600,
        signatures_max: 4,
        components_max: 16,
        field_bytes_max: 4096,
    }
}

fn refuses(rows: Vec<(&str, Bent, Refusal)>) {
    let required = required();
    for (what, bent, expected) in rows {
        assert_eq!(bent.judged(&profile(&required)), Err(expected), "{what}");
    }
}

fn accepts(rows: Vec<(&str, Bent)>) {
    let required = required();
    for (what, bent) in rows {
        let accepted = bent.judged(&profile(&required));
        assert!(accepted.is_ok(), "{what}: {accepted:?}");
    }
}

/// With other signature parameters, signed anew.
fn with_parameters(rest: &str) -> Bent {
    Bent::unsigned().signed(&parameters(rest))
}

/// With other components, signed anew.
fn with_components(components: &str) -> Bent {
    Bent::unsigned().signed(&format!("({components}){}", usual()))
}

fn with_unsignable_components(components: &str) -> Bent {
    Bent::unsigned().unsignable(&format!("({components}){}", usual()))
}

#[test]
fn the_message_that_all_the_others_are_bent_from_is_accepted() {
    let required = required();
    let accepted = baseline().judged(&profile(&required)).unwrap();
    assert_eq!(
        (accepted.label.as_str(), accepted.key_id.as_str(), accepted.nonce.as_deref()),
        ("sig1", "ed", Some("n-1"))
    );
}

#[test]
fn fields_that_are_not_there_or_not_a_pair() {
    let extra = format!("{}, sig2={}", baseline().field("signature-input"), parameters(&usual()));
    refuses(vec![
        ("no fields", Bent::unsigned(), Refusal::FieldMissing),
        ("no signature", baseline().without("signature"), Refusal::FieldMissing),
        ("no input", baseline().without("signature-input"), Refusal::FieldMissing),
        ("another label", baseline().replaced("signature", "sig1", "sig2"), Refusal::LabelsDiffer),
        ("an input too many", baseline().set("signature-input", &extra), Refusal::LabelsDiffer),
        ("a signature too many", baseline().add("signature", "sig2=:AAAA:"), Refusal::LabelsDiffer),
        ("both empty", Bent::unsigned().fields("", ""), Refusal::TagUnknown),
    ]);
}

#[test]
fn whatever_is_there_twice() {
    let line = baseline().field("signature-input");
    refuses(vec![
        ("a label in one line", baseline().set("signature-input", &format!("{line}, {line}")), Refusal::Repeated),
        ("a label in two lines", baseline().add("signature-input", &line), Refusal::Repeated),
        ("a signature's label", baseline().add("signature", "sig1=:AAAA:"), Refusal::Repeated),
        ("a parameter", baseline().replaced("signature-input", ";tag=", ";nonce=\"n-2\";tag="), Refusal::Repeated),
        (
            "a component, signed anew",
            with_unsignable_components(&format!("{COMPONENTS} \"@method\"")),
            Refusal::Component(BaseError::ComponentRepeated),
        ),
        (
            "a component with its parameters in another order",
            with_unsignable_components(&format!("{COMPONENTS} \"signature\";key=\"a\";tr \"signature\";tr;key=\"a\"")),
            Refusal::Component(BaseError::ComponentAbsent),
        ),
        ("a covered field", baseline().add("content-type", "text/plain"), Refusal::SingletonRepeated),
    ]);
}

#[test]
fn components_that_are_none() {
    let unknown = Refusal::Component(BaseError::ComponentUnsupported);
    let parameter = Refusal::Component(BaseError::ParameterUnsupported);
    let rows = [
        ("@signature-params", "\"@signature-params\"", unknown),
        ("upper case", "\"X-Foo\"", unknown),
        ("an unknown derived one", "\"@foo\"", unknown),
        ("a quote in the name", "\"a\\\"b\"", unknown),
        ("an empty name", "\"\"", unknown),
        ("a token", "date", unknown),
        ("bytes", ":AAAA:", unknown),
        ("the status of a request", "\"@status\"", unknown),
        ("an unknown parameter", "\"@path\";foo", parameter),
        ("a request's request", "\"@path\";req", parameter),
        ("bytes and structured", "\"date\";bs;sf", parameter),
        ("bytes and a key", "\"date\";bs;key=\"a\"", parameter),
        ("a key that is no text", "\"date\";key=1", parameter),
        ("a flag that is false", "\"date\";sf=?0", parameter),
        ("a query parameter without its name", "\"@query-param\"", parameter),
        ("a name where there is none", "\"@path\";name=\"a\"", parameter),
        ("a structured derived one", "\"@path\";sf", parameter),
        ("a field that is not there", "\"date\"", Refusal::Component(BaseError::ComponentAbsent)),
        ("a trailer that is not there", "\"content-type\";tr", Refusal::Component(BaseError::ComponentAbsent)),
        ("a field of no known type", "\"content-type\";sf", Refusal::Component(BaseError::FieldTypeUnknown)),
        (
            "a query parameter that is not there",
            "\"@query-param\";name=\"b\"",
            Refusal::Component(BaseError::ComponentAbsent),
        ),
    ];
    refuses(
        rows.map(|(what, component, refusal)| {
            (what, with_unsignable_components(&format!("{COMPONENTS} {component}")), refusal)
        })
        .to_vec(),
    );
}

/// Such a field never stands for what it is named after.
#[test]
fn a_field_that_is_named_like_a_derived_component() {
    accepts(vec![("beside it", baseline().add("@method", "GET"))]);
}

#[test]
fn a_signature_that_says_too_little() {
    let without = |component: &str| COMPONENTS.replace(component, "").trim().replace("  ", " ");
    let mut rows = vec![("nothing covered", with_components(""), Refusal::CoverageIncomplete)];
    for component in COMPONENTS.split(' ') {
        rows.push(("one component less", with_components(&without(component)), Refusal::CoverageIncomplete));
    }
    let keyed = COMPONENTS.replace("\"content-digest\"", "\"content-digest\";key=\"sha-256\"");
    rows.push(("another component of that name", with_components(&keyed), Refusal::CoverageIncomplete));
    rows.push((
        "a component cut off",
        baseline().replaced("signature-input", " \"content-digest\"", ""),
        Refusal::CoverageIncomplete,
    ));
    refuses(rows);
}

#[test]
fn a_body_that_is_not_the_one_that_was_signed() {
    let text = String::from_utf8(BODY.to_vec()).unwrap();
    let digest = |field: &str| Bent::unsigned().set("content-digest", field).signed(&parameters(&usual()));
    let right = sha256_content_digest(BODY);
    refuses(vec![
        ("swapped", baseline().body(b"{}"), Refusal::DigestMismatch),
        ("written anew", baseline().body(text.replace(',', ", ").as_bytes()), Refusal::DigestMismatch),
        ("decomposed", baseline().body(text.replace('\u{eb}', "e\u{308}").as_bytes()), Refusal::DigestMismatch),
        ("with a byte order mark", baseline().body(format!("\u{feff}{text}").as_bytes()), Refusal::DigestMismatch),
        ("with a line feed", baseline().body(format!("{text}\n").as_bytes()), Refusal::DigestMismatch),
        ("empty", baseline().body(b""), Refusal::DigestMismatch),
        ("md5 only", digest("md5=:Sd/dVLAcvNLSq16eXua5uQ==:"), Refusal::DigestUnsupported),
        ("one of two wrong", digest(&format!("{right}, sha-512=:AAAA:")), Refusal::DigestMismatch),
        ("no bytes", digest("sha-256=1"), Refusal::DigestWrongType),
        ("no dictionary", digest("sha-256=:"), Refusal::DigestMalformed),
        ("the same digest twice", digest(&format!("{right}, {right}")), Refusal::DigestMalformed),
        ("a second line appended", baseline().add("content-digest", "sha-512=:AAAA:"), Refusal::SignatureInvalid),
        (
            "with its digest",
            baseline().body(b"{}").set("content-digest", &sha256_content_digest(b"{}")),
            Refusal::SignatureInvalid,
        ),
    ]);
    accepts(vec![("an unknown digest beside it", digest(&format!("unknown=:AAAA:, {right}")))]);
}

#[test]
fn what_is_covered_and_changed() {
    let uri = |uri: &str| Bent { uri: uri.to_owned(), ..baseline() };
    let swapped = COMPONENTS.replacen("\"@method\" \"@target-uri\"", "\"@target-uri\" \"@method\"", 1);
    refuses(vec![
        ("the method", Bent { method: "PUT", ..baseline() }, Refusal::SignatureInvalid),
        ("the method's case", Bent { method: "post", ..baseline() }, Refusal::SignatureInvalid),
        ("the query", uri("https://merchant.example/webhooks/psp?tenant=43"), Refusal::SignatureInvalid),
        ("the scheme", uri("http://merchant.example/webhooks/psp?tenant=42"), Refusal::SignatureInvalid),
        ("the host", uri("https://merchant.example.evil/webhooks/psp?tenant=42"), Refusal::SignatureInvalid),
        ("the path, decoded", uri("https://merchant.example/webhook%73/psp?tenant=42"), Refusal::SignatureInvalid),
        ("a field", baseline().set("content-type", "application/json; charset=utf-8"), Refusal::SignatureInvalid),
        (
            "the order of components",
            baseline().replaced("signature-input", COMPONENTS, &swapped),
            Refusal::SignatureInvalid,
        ),
        (
            "the order of parameters",
            baseline().replaced("signature-input", ";nonce=\"n-1\";keyid=\"ed\"", ";keyid=\"ed\";nonce=\"n-1\""),
            Refusal::SignatureInvalid,
        ),
        (
            "a line feed in a value",
            baseline().set("content-type", "a\n\"@method\": GET"),
            Refusal::Component(BaseError::ValueMalformed),
        ),
        (
            "a line break in a value",
            baseline().set("content-type", "a\r\nb"),
            Refusal::Component(BaseError::ValueMalformed),
        ),
        (
            "a value beyond ASCII",
            baseline().set("content-type", "application/j\u{f6}son"),
            Refusal::Component(BaseError::ValueMalformed),
        ),
    ]);
    accepts(vec![
        ("a field that is not covered", baseline().set("host", "other.example")),
        ("white space around a value", baseline().set("content-type", " \tapplication/json ")),
    ]);
}

#[test]
fn a_signature_out_of_its_time() {
    let times = |created: &str, expires: &str| {
        with_parameters(&format!(";created={created};expires={expires};nonce=\"n-1\";keyid=\"ed\";tag=\"psp\""))
    };
    let at = |created: i64, expires: i64| times(&(NOW_S + created).to_string(), &(NOW_S + expires).to_string());
    refuses(vec![
        ("expired", at(-100, -1), Refusal::Expired),
        ("from the future", at(61, 100), Refusal::CreatedInFuture),
        ("too old", at(-301, 100), Refusal::TooOld),
        ("expires as it is created", at(-10, -10), Refusal::ExpiresBeforeCreated),
        ("expires before it is created", at(-10, -11), Refusal::ExpiresBeforeCreated),
        ("lives too long", at(-10, 591), Refusal::LifetimeTooLong),
        ("a clock at zero", times("0", "300"), Refusal::Expired),
        ("a decimal", times("1800000000.0", "1800000200"), Refusal::ParameterType),
        ("a text", times("\"1800000000\"", "1800000200"), Refusal::ParameterType),
        ("a date", times("@1800000000", "1800000200"), Refusal::ParameterType),
        ("an expiry that is a date", times("1800000000", "@1800000200"), Refusal::ParameterType),
        (
            "not created",
            with_parameters(";expires=1800000200;nonce=\"n-1\";keyid=\"ed\";tag=\"psp\""),
            Refusal::ParameterMissing,
        ),
        (
            "never expires",
            with_parameters(";created=1800000000;nonce=\"n-1\";keyid=\"ed\";tag=\"psp\""),
            Refusal::ParameterMissing,
        ),
    ]);
    accepts(vec![
        ("the last second", at(-10, 0)),
        ("a clock ahead by what it may be", at(60, 100)),
        ("as old as it may be", at(-300, 100)),
        ("as long as it may be", at(-10, 590)),
    ]);
}

#[test]
fn parameters_keys_algorithms_and_tags() {
    let with = |rest: &str| with_parameters(&format!(";created=1800000000;expires=1800000200{rest}"));
    let p256 = |rest: &str| {
        let input = parameters(&format!(";created=1800000000;expires=1800000200;nonce=\"n-1\"{rest};tag=\"psp\""));
        Bent::unsigned().signed_with(&input, &SigningKey::EcdsaP256Sha256(p256_key()))
    };
    let p256_with_nonce = |nonce: &str| {
        let rest = format!(";created=1800000000;expires=1800000200;nonce=\"{nonce}\";keyid=\"p256\";tag=\"psp\"");
        Bent::unsigned().signed_with(&parameters(&rest), &SigningKey::EcdsaP256Sha256(p256_key()))
    };
    let hmac = |key: &[u8], rest: &str| {
        let input = parameters(&format!(";created=1800000000;expires=1800000200;nonce=\"n-1\"{rest};tag=\"psp\""));
        Bent::unsigned().signed_with(&input, &SigningKey::HmacSha256(HmacKey::new(key).unwrap()))
    };
    let p384 = {
        let input = parameters(";created=1800000000;expires=1800000200;nonce=\"n-1\";keyid=\"p384\";tag=\"psp\"");
        Bent::unsigned().signed_with(&input, &SigningKey::EcdsaP384Sha384(p384_key()))
    };
    refuses(vec![
        ("no nonce", with(";keyid=\"ed\";tag=\"psp\""), Refusal::ParameterMissing),
        ("a nonce that is a number", with(";nonce=1;keyid=\"ed\";tag=\"psp\""), Refusal::ParameterType),
        ("a nonce that came before", with(";nonce=\"n-0\";keyid=\"ed\";tag=\"psp\""), Refusal::NonceSeen),
        ("an unknown parameter", with(";nonce=\"n-1\";keyid=\"ed\";tag=\"psp\";x=1"), Refusal::ParameterUnknown),
        ("no key", with(";nonce=\"n-1\";tag=\"psp\""), Refusal::ParameterMissing),
        ("an unknown key", with(";nonce=\"n-1\";keyid=\"other\";tag=\"psp\""), Refusal::KeyUnknown),
        ("a key like a path", with(";nonce=\"n-1\";keyid=\"../ed\";tag=\"psp\""), Refusal::KeyUnknown),
        ("our own request, reflected", with(";nonce=\"n-1\";keyid=\"ours\";tag=\"psp\""), Refusal::KeyPurpose),
        ("no tag", with(";nonce=\"n-1\";keyid=\"ed\""), Refusal::TagUnknown),
        ("another tag", with(";nonce=\"n-1\";keyid=\"ed\";tag=\"other\""), Refusal::TagUnknown),
        ("a tag that is a token", with(";nonce=\"n-1\";keyid=\"ed\";tag=psp"), Refusal::TagUnknown),
        (
            "names another algorithm",
            with(";nonce=\"n-1\";keyid=\"ed\";alg=\"hmac-sha256\";tag=\"psp\""),
            Refusal::AlgorithmDiffers,
        ),
        ("valid, and of a forbidden algorithm", p384, Refusal::AlgorithmForbidden),
        // HMAC keyed with the public key, which everybody has.
        (
            "a confused algorithm",
            hmac(&ed25519_key().public_key().to_bytes(), ";keyid=\"ed\";alg=\"hmac-sha256\""),
            Refusal::AlgorithmDiffers,
        ),
        (
            "a confused algorithm, unnamed",
            hmac(&ed25519_key().public_key().to_bytes(), ";keyid=\"ed\""),
            Refusal::SignatureLength,
        ),
        ("another shared secret", hmac(&[8; 32], ";keyid=\"shared\""), Refusal::SignatureInvalid),
        ("another key's signature", p256(";keyid=\"ed\""), Refusal::SignatureInvalid),
    ]);
    accepts(vec![
        ("the algorithm named", with(";nonce=\"n-1\";keyid=\"ed\";alg=\"ed25519\";tag=\"psp\"")),
        ("a nonce that came before under another key", p256_with_nonce("n-0")),
        ("a shared secret", hmac(&[9; 32], ";keyid=\"shared\"")),
    ]);
}

#[test]
fn signatures_in_other_spellings() {
    let p256 = {
        let input = parameters(";created=1800000000;expires=1800000200;nonce=\"n-1\";keyid=\"p256\";tag=\"psp\"");
        Bent::unsigned().signed_with(&input, &SigningKey::EcdsaP256Sha256(p256_key()))
    };
    let bytes_of = |bent: &Bent| {
        let members = parse_dictionary(&bent.field("signature"), Limits::SIGNATURES).unwrap();
        match members.into_iter().next() {
            Some((_, Member::Item(Item { value: httpsig::sf::Bare::Bytes(bytes), .. }))) => bytes,
            other => unreachable!("{other:?}"),
        }
    };
    let spelled =
        |bent: &Bent, bytes: &[u8]| bent.clone().set("signature", &format!("sig1=:{}:", ecdsa::to_base64(bytes)));
    let (raw, edwards) = (bytes_of(&p256), bytes_of(&baseline()));
    let order = hex("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551");
    let (r, s) = raw.split_at(32);
    // Ed25519: S and S + L verify alike where nobody looks.
    let mut plus_l = edwards.clone();
    let order_25519 = hex("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");
    add_little_endian(plus_l.get_mut(32..).unwrap(), &order_25519);
    let mut flipped = edwards.clone();
    *flipped.last_mut().unwrap() ^= 1;
    let (long, short) = ([edwards.as_slice(), &[0]].concat(), edwards.split_last().unwrap().1.to_vec());
    refuses(vec![
        ("DER", spelled(&p256, &ecdsa::raw_to_der(&raw).unwrap()), Refusal::SignatureLength),
        ("r is zero", spelled(&p256, &[&[0; 32], s].concat()), Refusal::SignatureInvalid),
        ("s is zero", spelled(&p256, &[r, &[0; 32]].concat()), Refusal::SignatureInvalid),
        ("both are zero", spelled(&p256, &[0; 64]), Refusal::SignatureInvalid),
        ("both are the order", spelled(&p256, &[order.as_slice(), &order].concat()), Refusal::SignatureInvalid),
        ("S + L", spelled(&baseline(), &plus_l), Refusal::SignatureInvalid),
        ("a bit flipped", spelled(&baseline(), &flipped), Refusal::SignatureInvalid),
        ("a byte more", spelled(&baseline(), &long), Refusal::SignatureLength),
        ("a byte less", spelled(&baseline(), &short), Refusal::SignatureLength),
        ("empty", spelled(&baseline(), &[]), Refusal::SignatureLength),
        ("a text", baseline().set("signature", "sig1=\"AAAA\""), Refusal::WrongType),
        ("a list", baseline().set("signature", "sig1=(:AAAA:)"), Refusal::WrongType),
        ("base64url", baseline().set("signature", "sig1=:__-_:"), Refusal::Malformed),
        ("a space", baseline().replaced("signature", "sig1=:", "sig1=: "), Refusal::Malformed),
        ("no padding", baseline().replaced("signature", "==:", ":"), Refusal::Malformed),
    ]);
    let high: Vec<u8> = {
        let mut difference = order.clone();
        subtract_big_endian(&mut difference, s);
        [r, &difference].concat()
    };
    // Legal, so nobody may recognise a message by its signature's bytes.
    accepts(vec![("the other s", spelled(&p256, &high)), ("r and s", p256)]);
}

#[test]
fn the_grammar_of_the_fields() {
    let input = |from: &str, to: &str| baseline().replaced("signature-input", from, to);
    let nested = format!("sig1={}", "(".repeat(1000));
    refuses(vec![
        ("an unterminated text", input("\"content-digest\")", "\"content-digest)"), Refusal::Malformed),
        ("a tab in the list", input("\" \"", "\"\t\""), Refusal::Malformed),
        ("no space in the list", input("\" \"", "\"\""), Refusal::Malformed),
        (
            "a trailing comma",
            baseline().set("signature", &format!("{},", baseline().field("signature"))),
            Refusal::Malformed,
        ),
        ("an item", baseline().set("signature-input", "sig1=\"@method\";created=1"), Refusal::WrongType),
        ("a list in a list", baseline().set("signature-input", &nested), Refusal::Malformed),
        ("an upper-case label", input("sig1", "Sig1"), Refusal::Malformed),
        ("a field beyond ASCII", input("n-1", "n-\u{f6}"), Refusal::Malformed),
    ]);
    accepts(vec![
        ("spaces in the list", input("\" \"", "\"   \"").replaced("signature-input", "(", "(  ")),
        ("spaces before a parameter's name", input(";nonce", ";  nonce")),
        ("white space around the field", baseline().replaced("signature-input", "sig1", " \tsig1")),
    ]);
}

#[test]
fn more_than_is_read() {
    let many = |count: usize| (0..count).map(|index| format!("s{index}=()")).collect::<Vec<_>>().join(", ");
    let nonce = |length: usize| with_unsignable_nonce(length);
    let parameters: String = (0..17).map(|index| format!(";p{index}")).collect();
    refuses(vec![
        ("five signatures", Bent::unsigned().fields(&many(5), "sig1=:AAAA:"), Refusal::TooLarge),
        ("seventeen components", with_unsignable_components(&"\"a\" ".repeat(17)), Refusal::TooLarge),
        ("a field of nine kilobytes", nonce(9000), Refusal::TooLarge),
        ("seventeen parameters", Bent::unsigned().unsignable(&format!("(){}", parameters)), Refusal::TooLarge),
    ]);
}

fn with_unsignable_nonce(length: usize) -> Bent {
    Bent::unsigned().unsignable(&parameters(&usual().replace("n-1", &"n".repeat(length))))
}

/// Somebody's signature beside the right one neither helps nor blocks; the right label means nothing.
#[test]
fn another_signature_beside_the_right_one() {
    let beside = |label: &str, input: &str, first: bool| {
        let message = baseline();
        let extra = (format!("{label}={input}"), format!("{label}=:{}==:", "A".repeat(86)));
        let (one, other) = (message.field("signature-input"), message.field("signature"));
        let (inputs, signatures) = if first {
            (format!("{}, {one}", extra.0), format!("{}, {other}", extra.1))
        } else {
            (format!("{one}, {}", extra.0), format!("{other}, {}", extra.1))
        };
        message.set("signature-input", &inputs).set("signature", &signatures)
    };
    let forged = parameters(&usual());
    accepts(vec![
        ("untagged, first", beside("evil", "(\"@method\")", true)),
        ("tagged, first", beside("evil", &forged, true)),
        ("tagged, last", beside("evil", &forged, false)),
        (
            "renamed by a proxy",
            baseline().replaced("signature", "sig1", "proxy-a").replaced("signature-input", "sig1", "proxy-a"),
        ),
    ]);
    refuses(vec![(
        "the right one broken, a forged one beside it",
        Bent { method: "PUT", ..beside("evil", &forged, true) },
        Refusal::SignatureInvalid,
    )]);
}

/// `@query` is `?` for a query that is empty and for one that is not there: the target URI tells them apart.
#[test]
fn the_query_that_two_uris_share() {
    let over = |components: &str, uri: &str| {
        let bent = Bent { uri: uri.to_owned(), ..Bent::unsigned() };
        bent.signed(&format!("({components}){}", usual()))
    };
    let moved = |bent: Bent| Bent { uri: "https://merchant.example/a?".to_owned(), ..bent };
    let required: Vec<Item> = Vec::new();
    let lax = profile(&required);
    assert!(moved(over("\"@path\" \"@query\"", "https://merchant.example/a")).judged(&lax).is_ok());
    let strict = moved(over("\"@path\" \"@query\" \"@target-uri\"", "https://merchant.example/a")).judged(&lax);
    assert_eq!(strict, Err(Refusal::SignatureInvalid));
}

/// A response is bound to the request that it answers.
#[test]
fn a_response_to_another_request() {
    let digest = sha256_content_digest(BODY);
    let headers = [("content-type", "application/json"), ("content-digest", digest.as_str())];
    let components = "\"@status\" \"content-type\" \"content-digest\" \"@method\";req \"@target-uri\";req";
    let request = |target_uri: &'static str| Message {
        start: Start::Request { method: "POST", target_uri, request_target: None },
        headers: &[],
        trailers: &[],
        request: None,
        field_type,
    };
    let asked = request("https://api.psp.example/payments/1");
    let response = |status: u16, request| Message {
        start: Start::Response { status },
        headers: &headers,
        trailers: &[],
        request,
        field_type,
    };
    let members = parse_dictionary(&format!("sig1=({components}){}", usual()), Limits::SIGNATURES).unwrap();
    let Some((_, Member::InnerList(list))) = members.into_iter().next() else { unreachable!("an inner list") };
    let required: Vec<Item> = list.items.clone();
    let fields = sign_message(&response(200, Some(&asked)), "sig1", list, &SigningKey::Ed25519(ed25519_key())).unwrap();
    let judged = |status: u16, body: &[u8], request| {
        let all: Vec<(&str, &str)> =
            [headers.as_slice(), &[("signature-input", &fields.signature_input), ("signature", &fields.signature)]]
                .concat();
        let message = Message { headers: &all, ..response(status, request) };
        verify_message(&message, body, &profile(&required), &Receiver::new()).map(|_| ())
    };
    assert_eq!(judged(200, BODY, Some(&asked)), Ok(()));
    assert_eq!(judged(201, BODY, Some(&asked)), Err(Refusal::SignatureInvalid));
    let other = request("https://api.psp.example/payments/2");
    assert_eq!(judged(200, BODY, Some(&other)), Err(Refusal::SignatureInvalid));
    assert_eq!(judged(200, BODY, None), Err(Refusal::Component(BaseError::ComponentAbsent)));
    // What a platform leaves of a body after it has undone a content coding.
    assert_eq!(judged(200, b"decoded", Some(&asked)), Err(Refusal::DigestMismatch));
}

fn hex(text: &str) -> Vec<u8> {
    text.as_bytes()
        .chunks(2)
        .map(|digits| u8::from_str_radix(std::str::from_utf8(digits).unwrap(), 16).unwrap())
        .collect()
}

fn add_little_endian(number: &mut [u8], addend: &[u8]) {
    let mut carry = 0_u16;
    for (byte, added) in number.iter_mut().zip(addend) {
        let sum = u16::from(*byte) + u16::from(*added) + carry;
        *byte = u8::try_from(sum & 0xff).unwrap();
        carry = sum >> 8;
    }
}

fn subtract_big_endian(number: &mut [u8], subtrahend: &[u8]) {
    let mut borrow = 0_i16;
    for (byte, taken) in number.iter_mut().zip(subtrahend).rev() {
        let difference = i16::from(*byte) - i16::from(*taken) - borrow;
        borrow = i16::from(difference < 0);
        *byte = u8::try_from(difference & 0xff).unwrap();
    }
}

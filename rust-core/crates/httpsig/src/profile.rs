//! Judging a whole message under a profile: which signature counts, what it must cover, how old it may be, which keys.
//!
//! The order of checks is fixed: fields present, size, repeats, syntax, labels, choice by tag, parameters, times, key and its
//! purpose, algorithm, components, coverage, singletons, length, signature, digests, nonce. Whatever is cheap comes first, and
//! nothing of the message is believed before the last.

use alloc::string::String;
use alloc::vec::Vec;

use crate::Algorithm;
use crate::components::Message;
use crate::digest::{DigestError, verify_content_digest};
use crate::keys::VerifyingKey;
use crate::message::{BaseError, same_component, signature_base};
use crate::sf::read::parse_dictionary;
use crate::sf::{self, Bare, Dictionary, InnerList, Item, Limits, Member, Reading};

/// Why a message was not accepted. For our own log: an attacker is told none of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// One of the two fields, or both, are not there.
    FieldMissing,
    TooLarge,
    /// A label, a parameter or a key stands there twice.
    Repeated,
    Malformed,
    WrongType,
    LabelsDiffer,
    TagUnknown,
    ParameterUnknown,
    ParameterType,
    ParameterMissing,
    CreatedInFuture,
    ExpiresBeforeCreated,
    LifetimeTooLong,
    Expired,
    TooOld,
    KeyUnknown,
    KeyPurpose,
    /// The message names another algorithm than the key's.
    AlgorithmDiffers,
    AlgorithmForbidden,
    Component(BaseError),
    CoverageIncomplete,
    /// A field of which there is one stands there twice.
    SingletonRepeated,
    SignatureLength,
    SignatureInvalid,
    DigestMalformed,
    DigestWrongType,
    DigestUnsupported,
    DigestMismatch,
    NonceSeen,
}

impl Refusal {
    /// The name under which the vectors know it.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::FieldMissing => "E_FIELD_MISSING",
            Self::TooLarge => "E_TOO_LARGE",
            Self::Repeated => "E_SF_DUP",
            Self::Malformed | Self::DigestMalformed => "E_SF_PARSE",
            Self::WrongType | Self::DigestWrongType => "E_SF_TYPE",
            Self::LabelsDiffer => "E_LABEL_MISMATCH",
            Self::TagUnknown => "E_TAG",
            Self::ParameterUnknown => "E_PARAM_UNKNOWN",
            Self::ParameterType => "E_PARAM_TYPE",
            Self::ParameterMissing => "E_PARAM_MISSING",
            Self::CreatedInFuture => "E_TIME_FUTURE",
            Self::ExpiresBeforeCreated => "E_TIME_ORDER",
            Self::LifetimeTooLong => "E_TIME_LIFETIME",
            Self::Expired => "E_TIME_EXPIRED",
            Self::TooOld => "E_TIME_STALE",
            Self::KeyUnknown => "E_KEY_UNKNOWN",
            Self::KeyPurpose => "E_KEY_PURPOSE",
            Self::AlgorithmDiffers => "E_ALG_MISMATCH",
            Self::AlgorithmForbidden => "E_ALG_FORBIDDEN",
            Self::Component(error) => component_code(error),
            Self::CoverageIncomplete => "E_COVERAGE",
            Self::SingletonRepeated => "E_SINGLETON_DUP",
            Self::SignatureLength => "E_SIG_LENGTH",
            Self::SignatureInvalid => "E_SIG_INVALID",
            Self::DigestUnsupported => "E_DIGEST_ALG",
            Self::DigestMismatch => "E_DIGEST_MISMATCH",
            Self::NonceSeen => "E_NONCE_REPLAY",
        }
    }

    /// How far the check got: of two signatures' refusals, the later one says more.
    const fn check(self) -> u8 {
        match self {
            Self::FieldMissing => 0,
            Self::TooLarge => 1,
            Self::Repeated => 2,
            Self::Malformed | Self::WrongType => 3,
            Self::LabelsDiffer => 4,
            Self::TagUnknown => 5,
            Self::ParameterUnknown | Self::ParameterType | Self::ParameterMissing => 6,
            Self::CreatedInFuture
            | Self::ExpiresBeforeCreated
            | Self::LifetimeTooLong
            | Self::Expired
            | Self::TooOld => 7,
            Self::KeyUnknown | Self::KeyPurpose => 8,
            Self::AlgorithmDiffers | Self::AlgorithmForbidden => 9,
            Self::Component(_) => 10,
            Self::CoverageIncomplete => 11,
            Self::SingletonRepeated => 12,
            Self::SignatureLength => 13,
            Self::SignatureInvalid => 14,
            Self::DigestMalformed | Self::DigestWrongType | Self::DigestUnsupported | Self::DigestMismatch => 15,
            Self::NonceSeen => 16,
        }
    }
}

/// The name under which the vectors know it.
#[must_use]
pub const fn component_code(error: BaseError) -> &'static str {
    match error {
        BaseError::ComponentUnsupported => "E_COMPONENT_UNKNOWN",
        BaseError::ParameterUnsupported => "E_COMPONENT_PARAM",
        BaseError::ComponentRepeated => "E_COMPONENT_DUP",
        BaseError::ComponentAbsent => "E_COMPONENT_MISSING",
        BaseError::ComponentAmbiguous => "E_COMPONENT_AMBIGUOUS",
        BaseError::FieldTypeUnknown => "E_SF_TYPE",
        BaseError::FieldMalformed => "E_SF_PARSE",
        BaseError::ValueMalformed => "E_COMPONENT_VALUE",
    }
}

/// What a receiver asks of the messages of one purpose.
#[derive(Debug, Clone, Copy)]
pub struct Profile<'a> {
    /// The application's tag (RFC 9421 §2.3). `None` takes any signature, tagged or not.
    pub tag: Option<&'a str>,
    /// Signature parameters that must be there.
    pub required_parameters: &'a [&'a str],
    /// Components that must be covered, or the signature says too little.
    pub required_components: &'a [Item],
    pub algorithms: &'a [Algorithm],
    /// What the key must be for.
    pub purpose: &'a str,
    pub now_s: i64,
    /// How far ahead of ours the signer's clock may be.
    pub skew_s: i64,
    pub age_max_s: i64,
    /// From `created` to `expires`.
    pub lifetime_max_s: i64,
    pub signatures_max: usize,
    pub components_max: usize,
    /// Of `Signature` and of `Signature-Input`, all lines together.
    pub field_bytes_max: usize,
}

/// A key that the receiver knows by the id that a message names.
#[derive(Clone, Copy)]
pub struct KnownKey<'a> {
    pub key: &'a VerifyingKey,
    pub purposes: &'a [&'a str],
}

/// What the receiver knows: keys by their id, and nonces that were used under a key.
pub trait Known {
    fn key(&self, key_id: &str) -> Option<KnownKey<'_>>;

    /// Whether this nonce came before. Whoever accepts a message must remember its nonce in one step with acting on it; never
    /// the signature's bytes, of which an attacker can make others (ECDSA's high s).
    fn is_seen(&self, key_id: &str, nonce: &str) -> bool;
}

/// What was accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    pub label: String,
    pub key_id: String,
    pub nonce: Option<String>,
}

/// Fields that exist once; a second line of one that is covered is read differently by different readers.
const SINGLETONS: [&str; 9] = [
    "authorization",
    "content-length",
    "content-location",
    "content-type",
    "date",
    "host",
    "idempotency-key",
    "location",
    "origin",
];

/// Accepts a message for one of its signatures. Others beside it neither help nor harm.
pub fn verify_message(
    message: &Message<'_>,
    body: &[u8],
    profile: &Profile<'_>,
    known: &impl Known,
) -> Result<Accepted, Refusal> {
    let mut latest = Refusal::TagUnknown;
    for signature in signatures(message, profile)? {
        match verify_signature(message, body, profile, known, &signature) {
            Ok(accepted) => return Ok(accepted),
            Err(refusal) if refusal.check() > latest.check() => latest = refusal,
            Err(_) => {}
        }
    }
    Err(latest)
}

/// One member of the two fields.
struct LabelledSignature {
    label: String,
    input: InnerList,
    signature: Vec<u8>,
}

/// The signatures that carry the profile's tag.
fn signatures(message: &Message<'_>, profile: &Profile<'_>) -> Result<Vec<LabelledSignature>, Refusal> {
    let (Some(inputs), Some(signatures)) = (message.field("signature-input"), message.field("signature")) else {
        return Err(Refusal::FieldMissing);
    };
    let limits = Limits {
        bytes: profile.field_bytes_max,
        members: profile.signatures_max,
        items: profile.components_max,
        parameters: 16,
        reading: Reading::Strict,
    };
    let (inputs, signatures) = (parse_dictionary(&inputs, limits)?, parse_dictionary(&signatures, limits)?);
    if inputs.len() != signatures.len() || !inputs.iter().all(|(label, _)| member(&signatures, label).is_some()) {
        return Err(Refusal::LabelsDiffer);
    }
    inputs
        .into_iter()
        .map(|(label, input)| {
            let Member::InnerList(input) = input else { return Err(Refusal::WrongType) };
            match member(&signatures, &label) {
                Some(Member::Item(Item { value: Bare::Bytes(signature), .. })) => {
                    Ok(LabelledSignature { label, input, signature: signature.clone() })
                }
                _ => Err(Refusal::WrongType),
            }
        })
        .filter(|signature| {
            let tagged = |tag: &str| {
                signature.as_ref().is_ok_and(|signature| {
                    let is_tag = |(name, value): &(String, Bare)| {
                        name == "tag" && matches!(value, Bare::String(known) if known == tag)
                    };
                    signature.input.parameters.iter().any(is_tag)
                })
            };
            signature.is_err() || profile.tag.is_none_or(tagged)
        })
        .collect()
}

fn member<'a>(dictionary: &'a Dictionary, label: &str) -> Option<&'a Member> {
    dictionary.iter().find(|(known, _)| known == label).map(|(_, member)| member)
}

fn verify_signature(
    message: &Message<'_>,
    body: &[u8],
    profile: &Profile<'_>,
    known: &impl Known,
    signature: &LabelledSignature,
) -> Result<Accepted, Refusal> {
    let input = &signature.input;
    let parameters = SignatureParameters::read(input)?;
    for name in profile.required_parameters {
        if !input.parameters.iter().any(|(known, _)| known == name) {
            return Err(Refusal::ParameterMissing);
        }
    }
    check_times(&parameters, profile)?;
    let key_id = parameters.key_id.ok_or(Refusal::ParameterMissing)?;
    let KnownKey { key, purposes } = known.key(key_id).ok_or(Refusal::KeyUnknown)?;
    if !purposes.contains(&profile.purpose) {
        return Err(Refusal::KeyPurpose);
    }
    if !profile.algorithms.contains(&key.algorithm()) {
        return Err(Refusal::AlgorithmForbidden);
    }
    if parameters.algorithm.is_some_and(|name| name != key.algorithm().name()) {
        return Err(Refusal::AlgorithmDiffers);
    }
    let base = signature_base(message, input).map_err(Refusal::Component)?;
    let covers = |required: &Item| input.items.iter().any(|item| same_component(item, required));
    if !profile.required_components.iter().all(covers) {
        return Err(Refusal::CoverageIncomplete);
    }
    let covers_field =
        |name: &str| input.items.iter().any(|item| matches!(&item.value, Bare::String(known) if known == name));
    if SINGLETONS.iter().any(|name| covers_field(name) && message.field_count(name) > 1) {
        return Err(Refusal::SingletonRepeated);
    }
    if signature.signature.len() != key.signature_bytes() {
        return Err(Refusal::SignatureLength);
    }
    if !key.verify(base.as_bytes(), &signature.signature) {
        return Err(Refusal::SignatureInvalid);
    }
    if covers_field("content-digest") {
        check_digest(message, body)?;
    }
    if parameters.nonce.is_some_and(|nonce| known.is_seen(key_id, nonce)) {
        return Err(Refusal::NonceSeen);
    }
    Ok(Accepted {
        label: signature.label.clone(),
        key_id: String::from(key_id),
        nonce: parameters.nonce.map(String::from),
    })
}

fn check_times(parameters: &SignatureParameters<'_>, profile: &Profile<'_>) -> Result<(), Refusal> {
    if let Some(created) = parameters.created {
        if created > profile.now_s.saturating_add(profile.skew_s) {
            return Err(Refusal::CreatedInFuture);
        }
        if let Some(expires) = parameters.expires {
            if expires <= created {
                return Err(Refusal::ExpiresBeforeCreated);
            }
            if expires.saturating_sub(created) > profile.lifetime_max_s {
                return Err(Refusal::LifetimeTooLong);
            }
        }
    }
    // The signer's own word ends the signature at once: clocks may only differ about its beginning.
    if parameters.expires.is_some_and(|expires| profile.now_s > expires) {
        return Err(Refusal::Expired);
    }
    if parameters.created.is_some_and(|created| profile.now_s.saturating_sub(created) > profile.age_max_s) {
        return Err(Refusal::TooOld);
    }
    Ok(())
}

/// The digest that the signature covers, against the body that came with it.
fn check_digest(message: &Message<'_>, body: &[u8]) -> Result<(), Refusal> {
    let field = message.field("content-digest").unwrap_or_default();
    verify_content_digest(&field, body).map_err(|error| digest_refusal(error, &field))
}

/// A field that parses and still is no dictionary of bytes has the wrong type.
#[must_use]
pub fn digest_refusal(error: DigestError, field: &str) -> Refusal {
    match error {
        DigestError::Mismatch => Refusal::DigestMismatch,
        DigestError::Unsupported => Refusal::DigestUnsupported,
        DigestError::Malformed if parse_dictionary(field, Limits::DIGESTS).is_ok() => Refusal::DigestWrongType,
        DigestError::Malformed => Refusal::DigestMalformed,
    }
}

/// The parameters of RFC 9421 §2.3, each of its type; others are refused, for a signer may have meant something by them.
#[derive(Debug, Default)]
pub struct SignatureParameters<'a> {
    pub created: Option<i64>,
    pub expires: Option<i64>,
    pub nonce: Option<&'a str>,
    pub algorithm: Option<&'a str>,
    pub key_id: Option<&'a str>,
    pub tag: Option<&'a str>,
}

impl<'a> SignatureParameters<'a> {
    pub fn read(input: &'a InnerList) -> Result<Self, Refusal> {
        let mut read = Self::default();
        for (name, value) in &input.parameters {
            match (name.as_str(), value) {
                ("created", Bare::Integer(seconds)) => read.created = Some(*seconds),
                ("expires", Bare::Integer(seconds)) => read.expires = Some(*seconds),
                ("nonce", Bare::String(text)) => read.nonce = Some(text),
                ("alg", Bare::String(text)) => read.algorithm = Some(text),
                ("keyid", Bare::String(text)) => read.key_id = Some(text),
                ("tag", Bare::String(text)) => read.tag = Some(text),
                ("created" | "expires" | "nonce" | "alg" | "keyid" | "tag", _) => return Err(Refusal::ParameterType),
                _ => return Err(Refusal::ParameterUnknown),
            }
        }
        Ok(read)
    }
}

impl From<sf::Error> for Refusal {
    fn from(error: sf::Error) -> Self {
        match error {
            sf::Error::TooLarge => Self::TooLarge,
            sf::Error::Malformed => Self::Malformed,
            sf::Error::Repeated => Self::Repeated,
        }
    }
}

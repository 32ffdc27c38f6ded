//! Verifying a request's signature: cheap checks first, and nothing is believed before the last one.
//!
//! [`SignedRequest::find`] reads the fields and picks a signature by its label; the caller looks up the key that it names;
//! [`SignedRequest::verify`] does the rest. The body is bound by a covered `content-digest`, which the caller compares
//! afterwards ([`crate::digest`]).

use alloc::string::String;
use alloc::vec::Vec;

use crate::Algorithm;
use crate::ecdsa::{PreparedKeys, PublicKey, SIGNATURE_BYTES};
use crate::message::{self, BaseError, Request};
use crate::sf::read::parse_dictionary;
use crate::sf::{self, Bare, Dictionary, InnerList, Item, Limits, Member};

/// Why a signature was not accepted. For our own log: an attacker is told none of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    FieldMissing,
    FieldTooLarge,
    FieldMalformed,
    LabelRepeated,
    LabelsDiffer,
    LabelUnknown,
    ParameterMalformed,
    CreatedInFuture,
    AlgorithmUnsupported,
    ComponentUnsupported,
    ComponentRepeated,
    ComponentAbsent,
    ComponentMalformed,
    CoverageIncomplete,
    SignatureLength,
    SignatureInvalid,
}

impl Refusal {
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::FieldMissing => "signature_field_missing",
            Self::FieldTooLarge => "signature_field_too_large",
            Self::FieldMalformed => "signature_field_malformed",
            Self::LabelRepeated => "signature_label_repeated",
            Self::LabelsDiffer => "signature_labels_differ",
            Self::LabelUnknown => "signature_label_unknown",
            Self::ParameterMalformed => "signature_parameter_malformed",
            Self::CreatedInFuture => "signature_created_in_future",
            Self::AlgorithmUnsupported => "signature_algorithm_unsupported",
            Self::ComponentUnsupported => "signature_component_unsupported",
            Self::ComponentRepeated => "signature_component_repeated",
            Self::ComponentAbsent => "signature_component_absent",
            Self::ComponentMalformed => "signature_component_malformed",
            Self::CoverageIncomplete => "signature_coverage_incomplete",
            Self::SignatureLength => "signature_length",
            Self::SignatureInvalid => "signature_invalid",
        }
    }
}

impl From<sf::Error> for Refusal {
    fn from(error: sf::Error) -> Self {
        match error {
            sf::Error::TooLarge => Self::FieldTooLarge,
            sf::Error::Malformed => Self::FieldMalformed,
            sf::Error::Repeated => Self::LabelRepeated,
        }
    }
}

impl From<BaseError> for Refusal {
    fn from(error: BaseError) -> Self {
        match error {
            BaseError::ComponentUnsupported | BaseError::ParameterUnsupported | BaseError::FieldTypeUnknown => {
                Self::ComponentUnsupported
            }
            BaseError::ComponentRepeated | BaseError::ComponentAmbiguous => Self::ComponentRepeated,
            BaseError::ComponentAbsent => Self::ComponentAbsent,
            BaseError::ValueMalformed | BaseError::FieldMalformed => Self::ComponentMalformed,
        }
    }
}

#[derive(Debug, Clone, Copy)]
pub struct Policy<'a> {
    /// The signature to look at; others beside it neither help nor harm.
    pub label: &'a str,
    /// Components that must be covered, or the signature says too little.
    pub required: &'a [&'a str],
    pub now_s: i64,
    /// How far the signer's clock may be from ours.
    pub skew_s: i64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Freshness {
    Fresh,
    /// The signature is genuine, its time has passed.
    Expired,
}

/// A signature that was found and whose parameters are well formed; not yet verified.
#[derive(Debug)]
pub struct SignedRequest {
    input: InnerList,
    signature: Vec<u8>,
    key_id: String,
    algorithm: Option<String>,
    freshness: Freshness,
}

const KEY_ID_BYTES_MAX: usize = 128;

impl SignedRequest {
    /// `None`: the request carries neither of the two fields, so it does not claim to be signed.
    pub fn find(request: &Request<'_>, policy: &Policy<'_>) -> Result<Option<Self>, Refusal> {
        let (inputs, signatures) = match (request.field("signature-input"), request.field("signature")) {
            (None, None) => return Ok(None),
            (Some(inputs), Some(signatures)) => (inputs, signatures),
            _ => return Err(Refusal::FieldMissing),
        };
        let inputs = parse_dictionary(&inputs, Limits::SIGNATURES)?;
        let signatures = parse_dictionary(&signatures, Limits::SIGNATURES)?;
        if !same_labels(&inputs, &signatures) {
            return Err(Refusal::LabelsDiffer);
        }
        let input = match take(inputs, policy.label).ok_or(Refusal::LabelUnknown)? {
            Member::InnerList(input) => input,
            Member::Item(_) => return Err(Refusal::FieldMalformed),
        };
        let signature = match take(signatures, policy.label).ok_or(Refusal::LabelUnknown)? {
            Member::Item(Item { value: Bare::Bytes(signature), .. }) => signature,
            _ => return Err(Refusal::FieldMalformed),
        };
        let (key_id, algorithm, created, expires) = read_parameters(&input)?;
        if expires <= created {
            return Err(Refusal::ParameterMalformed);
        }
        if created > policy.now_s.saturating_add(policy.skew_s) {
            return Err(Refusal::CreatedInFuture);
        }
        let freshness =
            if policy.now_s > expires.saturating_add(policy.skew_s) { Freshness::Expired } else { Freshness::Fresh };
        Ok(Some(Self { input, signature, key_id, algorithm, freshness }))
    }

    /// Names the key that should verify it: at most 128 characters of printable ASCII.
    #[must_use]
    pub fn key_id(&self) -> &str {
        &self.key_id
    }

    /// Whether the message agrees with the algorithm of the key; RFC 9421 lets it be silent.
    #[must_use]
    pub fn agrees_with(&self, algorithm: Algorithm) -> bool {
        self.algorithm.as_deref().is_none_or(|name| name == algorithm.name())
    }

    /// Tries the keys that go by the named id: one id was seen with two keys.
    pub fn verify(
        &self,
        request: &Request<'_>,
        policy: &Policy<'_>,
        keys: &[PublicKey],
        prepared: &mut PreparedKeys,
    ) -> Result<Freshness, Refusal> {
        if !self.agrees_with(Algorithm::EcdsaP256Sha256) {
            return Err(Refusal::AlgorithmUnsupported);
        }
        let base = message::signature_base(request, &self.input)?;
        let covered = |name: &&str| {
            self.input.items.iter().any(|item| message::component_name(item).is_ok_and(|known| known == *name))
        };
        if !policy.required.iter().all(covered) {
            return Err(Refusal::CoverageIncomplete);
        }
        if !SIGNATURE_BYTES.contains(&self.signature.len()) {
            return Err(Refusal::SignatureLength);
        }
        if !keys.iter().any(|key| prepared.verify(key, base.as_bytes(), &self.signature)) {
            return Err(Refusal::SignatureInvalid);
        }
        Ok(self.freshness)
    }
}

fn same_labels(inputs: &Dictionary, signatures: &Dictionary) -> bool {
    // Labels are unique within each (the parser refuses repeats), so equal counts and inclusion are equality.
    inputs.len() == signatures.len()
        && inputs.iter().all(|(label, _)| signatures.iter().any(|(other, _)| other == label))
}

fn take(dictionary: Dictionary, label: &str) -> Option<Member> {
    dictionary.into_iter().find(|(known, _)| known == label).map(|(_, member)| member)
}

/// keyid, alg, created, expires. Other registered parameters must have their type; unknown ones are refused.
fn read_parameters(input: &InnerList) -> Result<(String, Option<String>, i64, i64), Refusal> {
    let (mut key_id, mut algorithm, mut created, mut expires) = (None, None, None, None);
    for (key, value) in &input.parameters {
        match (key.as_str(), value) {
            ("keyid", Bare::String(text)) if (1..=KEY_ID_BYTES_MAX).contains(&text.len()) => {
                key_id = Some(text.clone())
            }
            ("alg", Bare::String(text)) => algorithm = Some(text.clone()),
            ("created", Bare::Integer(seconds)) => created = Some(*seconds),
            ("expires", Bare::Integer(seconds)) => expires = Some(*seconds),
            ("nonce" | "tag", Bare::String(_)) => {}
            _ => return Err(Refusal::ParameterMalformed),
        }
    }
    match (key_id, created, expires) {
        (Some(key_id), Some(created), Some(expires)) => Ok((key_id, algorithm, created, expires)),
        _ => Err(Refusal::ParameterMalformed),
    }
}

//! What a shop signed (docs/signed-intents.md): the one statement about a payment that nobody between the shop and the core can
//! change. A JWS in its compact form (RFC 7515 §3.1), checked against the very order that is about to be sent.

use ed25519_dalek::{Signature, VerifyingKey};
use httpsig::ecdsa::{self, from_base64url};
use payments::money::parse_minor;
use payments::reference::{PaymentKey, payment_key};
use strict_json::Json;

use crate::config::Known;
use crate::deposit::Order;

/// Longer is none.
const INTENT_BYTES_MAX: usize = 2048;
/// A JWS says what it is for (RFC 8725 §3.11), so that no other thing that the shop signed is taken for an intent.
const TYPE: &str = "lango-intent+jws";
/// Whoever signs with another member means something that is not understood here.
const HEADER: [&str; 3] = ["alg", "kid", "typ"];
const PAYLOAD: [&str; 8] =
    ["merchant", "mode", "invoice", "idempotencyKey", "amount", "currency", "phoneNumber", "exp"];

/// Why an order is not what the shop signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IntentError {
    Missing,
    Malformed,
    UnknownKey,
    Signature,
    Expired,
    Merchant,
    Mode,
    Invoice,
    IdempotencyKey,
    Amount,
    Currency,
    Payer,
}

impl IntentError {
    #[must_use]
    pub const fn reason(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Malformed => "malformed",
            Self::UnknownKey => "unknown_key",
            Self::Signature => "signature",
            Self::Expired => "expired",
            Self::Merchant => "merchant",
            Self::Mode => "mode",
            Self::Invoice => "invoice",
            Self::IdempotencyKey => "idempotency_key",
            Self::Amount => "amount",
            Self::Currency => "currency",
            Self::Payer => "payer",
        }
    }
}

/// Whose rules hold: a merchant's own, or the default ones under no name.
struct Rules<'a> {
    known: Known<'a>,
    owner: &'a str,
    required: bool,
}

impl<'a> Rules<'a> {
    /// The compiler writes `intents:MERCHANT` for each merchant with rules of its own, and `intents:` for all others.
    fn of(known: Known<'a>, merchant: &'a str) -> Option<Self> {
        let (owner, said) = match known.fact(&format!("intents:{merchant}")) {
            Some(said) => (merchant, said),
            None => ("", known.fact("intents:").unwrap_or("optional")),
        };
        let required = match said {
            "required" => true,
            "optional" => false,
            _ => return None,
        };
        Some(Self { known, owner, required })
    }

    fn key(&self, kid: &str) -> Option<Key> {
        let text = self.known.fact(&format!("intent-key:{}:{kid}", self.owner))?;
        let bytes = from_base64url(text)?;
        match <&[u8; 32]>::try_from(bytes.as_slice()) {
            Ok(bytes) => VerifyingKey::from_bytes(bytes).ok().map(Key::Ed25519),
            Err(_) => ecdsa::PublicKey::from_point(&bytes).map(Key::P256),
        }
    }
}

enum Key {
    Ed25519(VerifyingKey),
    P256(ecdsa::PublicKey),
}

impl Key {
    /// The key says which algorithm it is; the header may only agree (RFC 8725 §3.1).
    fn is_for(&self, alg: &str) -> bool {
        match self {
            // RFC 9864 and, of before, RFC 8037.
            Self::Ed25519(_) => matches!(alg, "Ed25519" | "EdDSA"),
            Self::P256(_) => alg == "ES256",
        }
    }

    fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        match self {
            // Strictly: no key of small order, under which anything verifies, and S below the group's order.
            Self::Ed25519(key) => <&[u8; 64]>::try_from(signature)
                .is_ok_and(|bytes| key.verify_strict(message, &Signature::from_bytes(bytes)).is_ok()),
            Self::P256(key) => ecdsa::PreparedKeys::default().verify_raw(key, message, signature),
        }
    }
}

/// Whether the order is what its merchant's shop signed, where the merchant has to or did. `now_ms`: no clock of ours.
pub(crate) fn check(known: Known<'_>, order: &Order, now_ms: u64) -> Result<(), IntentError> {
    let merchant = order.merchant_id.as_deref().unwrap_or_default();
    let rules = Rules::of(known, merchant).ok_or(IntentError::Missing)?;
    match &order.intent {
        None if rules.required => Err(IntentError::Missing),
        None => Ok(()),
        Some(intent) => agrees(&opened(&rules, intent)?, order, merchant, now_ms),
    }
}

/// The payload, once its signature is found right: nothing of it is read before.
fn opened(rules: &Rules<'_>, intent: &str) -> Result<Json, IntentError> {
    let malformed = IntentError::Malformed;
    if intent.len() > INTENT_BYTES_MAX {
        return Err(malformed);
    }
    let (message, signature) = intent.rsplit_once('.').ok_or(malformed)?;
    let (header, payload) = message.split_once('.').ok_or(malformed)?;
    let decoded = |part| from_base64url(part).ok_or(malformed);
    let object =
        |bytes: &[u8], members: &[&str]| Json::parse(bytes).filter(|json| has_only(json, members)).ok_or(malformed);

    let header = object(&decoded(header)?, &HEADER)?;
    if header.get("typ").text() != Some(TYPE) {
        return Err(malformed);
    }
    let key = rules.key(header.get("kid").text().ok_or(malformed)?).ok_or(IntentError::UnknownKey)?;
    if !header.get("alg").text().is_some_and(|alg| key.is_for(alg)) {
        return Err(malformed);
    }
    if !key.verify(message.as_bytes(), &decoded(signature)?) {
        return Err(IntentError::Signature);
    }
    object(&decoded(payload)?, &PAYLOAD)
}

fn has_only(json: &Json, members: &[&str]) -> bool {
    matches!(json, Json::Object(given) if given.iter().all(|(name, _)| members.contains(&name.as_str())))
}

fn agrees(signed: &Json, order: &Order, merchant: &str, now_ms: u64) -> Result<(), IntentError> {
    let malformed = IntentError::Malformed;
    let text = |name| signed.get(name).text().ok_or(malformed);
    let optional = |name| match signed.get(name) {
        Json::Null => Ok(None),
        given => given.text().map(Some).ok_or(malformed),
    };
    let same = |holds: bool, error: IntentError| if holds { Ok(()) } else { Err(error) };

    // RFC 7519 §4.1.4: not on or after.
    same(now_ms / 1000 < signed.get("exp").integer().ok_or(malformed)?, IntentError::Expired)?;
    same(text("merchant")? == merchant, IntentError::Merchant)?;
    let (invoice, key) = (optional("invoice")?, optional("idempotencyKey")?);
    same(invoice == order.invoice.as_deref(), IntentError::Invoice)?;
    let currency = text("currency")?;
    same(currency == order.currency, IntentError::Currency)?;
    let amount = parse_minor(text("amount")?, currency);
    same(amount.is_some_and(|minor| minor.to_string() == order.amount_minor), IntentError::Amount)?;
    if let Some(phone_number) = optional("phoneNumber")? {
        let digits = phone_number.strip_prefix('+').unwrap_or(phone_number);
        same(digits == order.phone_number, IntentError::Payer)?;
    }
    // Mode and idempotency key are nowhere in the order but in its payment's id, which the reference is bound to.
    let (kind, value) = match (key, invoice) {
        (Some(key), _) => ("idempotency_key", key),
        (None, Some(invoice)) => ("invoice", invoice),
        (None, None) => return Err(malformed),
    };
    let id = PaymentKey::from_id(&order.payment_id);
    let is_of = |mode: &str| id == Some(payment_key(merchant, mode, kind, value));
    match text("mode")? {
        mode @ ("test" | "live") if is_of(mode) => Ok(()),
        "test" if is_of("live") => Err(IntentError::Mode),
        "live" if is_of("test") => Err(IntentError::Mode),
        "test" | "live" => Err(IntentError::IdempotencyKey),
        _ => Err(malformed),
    }
}

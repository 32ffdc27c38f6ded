//! Judging a callback: the raw bytes are verified, then parsed, and only then does it say anything.

use httpsig::digest::{DigestError, verify_content_digest};
use httpsig::ecdsa::PublicKey;
use httpsig::message::Request;
use httpsig::verify::{Freshness, Policy, Refusal, SignedRequest};
use payments::money::parse_minor;
use payments::reference::decode;
use serde::Serialize;
use sha2::{Digest, Sha256};
use strict_json::Json;

use crate::config::{CallbackMode, Config};
use crate::deposit::LABEL;
use crate::http::split_url;
use crate::public_keys::{KEYS_MAX, PublicKeyText};
use crate::status::{is_open, is_transaction_id};
use crate::text::{checked, failure_code, is_currency, is_uuid};

/// What the callback is about, as its address says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    Deposits,
    Payouts,
    Refunds,
}

/// A callback as it arrived, less its body.
#[derive(Debug, Clone)]
pub struct Arrived {
    pub operation: Operation,
    pub method: String,
    pub url: String,
    pub headers: Vec<(String, String)>,
}

impl Arrived {
    /// `None` when the glue handed over something else.
    #[must_use]
    pub fn from_json(json: &Json) -> Option<Self> {
        let operation = match json.get("operation").text()? {
            "deposits" => Operation::Deposits,
            "payouts" => Operation::Payouts,
            "refunds" => Operation::Refunds,
            _ => return None,
        };
        let header = |pair: &Json| match pair.array()? {
            [name, value] => Some((name.text()?.to_owned(), value.text()?.to_owned())),
            _ => None,
        };
        Some(Self {
            operation,
            method: json.get("method").text()?.to_owned(),
            url: json.get("url").text()?.to_owned(),
            headers: json.get("headers").array()?.iter().map(header).collect::<Option<_>>()?,
        })
    }
}

/// What the core concluded. Serialised in this order; the attestation covers exactly those bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Verdict {
    pub v: u8,
    pub gateway: &'static str,
    pub operation: &'static str,
    pub authentic: Authentic,
    pub reference: String,
    pub payment_id: Option<String>,
    pub attempt: Option<u8>,
    pub outcome: CallbackOutcome,
    pub failure_code: Option<String>,
    pub amount_minor: Option<String>,
    pub currency: Option<String>,
    pub provider_transaction_id: Option<String>,
    pub body_sha256: String,
    pub received_at_ms: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Authentic {
    /// The signature verified and was fresh.
    Signed,
    /// A reason to ask the gateway. Nothing in it may be believed.
    Hint,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CallbackOutcome {
    Pending,
    Succeeded,
    Failed,
    Unrecognised,
}

/// Why there is no verdict.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Declined {
    /// The keys at hand do not do: fetch them again, once.
    NeedKey { key_id: String, reason: &'static str },
    /// For our own log.
    Refused(&'static str),
}

const BODY_BYTES_MAX: usize = 65_536;
const HEADER_BYTES_MAX: usize = 65_536;
const HEADERS_MAX: usize = 128;
const REQUIRED: [&str; 4] = ["@method", "@authority", "@path", "content-digest"];
/// Fields of which there is one; joined lines would be read differently by different readers.
const SINGLETONS: [&str; 2] = ["content-type", "signature-date"];
const SKEW_S: i64 = 60;

/// Judges a callback against the gateway's keys.
///
/// The signature is verified before the digest. Both failures end in one public answer, and whoever lacks the key never gets
/// as far as learning whether a digest was right.
pub fn verify_callback(
    config: &Config,
    arrived: &Arrived,
    body: &[u8],
    keys: &[PublicKeyText],
    now_ms: u64,
) -> Result<Verdict, Declined> {
    let refused = |reason: &'static str| Declined::Refused(reason);
    if body.len() > BODY_BYTES_MAX {
        return Err(refused("body_too_large"));
    }
    let header_bytes = arrived.headers.iter().map(|(name, value)| name.len() + value.len()).sum::<usize>();
    if arrived.headers.len() > HEADERS_MAX || header_bytes > HEADER_BYTES_MAX {
        return Err(refused("headers_too_large"));
    }
    if arrived.method != "POST" {
        return Err(refused("method_not_post"));
    }
    let url = split_url(&arrived.url).ok_or(refused("url_malformed"))?;
    if !config.callback_authorities.iter().any(|known| known == url.authority) {
        return Err(refused("authority_unknown"));
    }
    let headers: Vec<(&str, &str)> =
        arrived.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let request = Request { method: &arrived.method, authority: url.authority, path: url.path, headers: &headers };
    if SINGLETONS.iter().any(|name| request.field_count(name) > 1) {
        return Err(refused("header_repeated"));
    }
    let authentic = authenticate(config, &request, body, keys, now_ms)?;
    read_body(config, arrived.operation, body, authentic, now_ms).map_err(refused)
}

fn authenticate(
    config: &Config,
    request: &Request<'_>,
    body: &[u8],
    keys: &[PublicKeyText],
    now_ms: u64,
) -> Result<Authentic, Declined> {
    let refused = |refusal: Refusal| Declined::Refused(refusal.as_str());
    let now_s = i64::try_from(now_ms / 1000).unwrap_or(i64::MAX);
    let policy = Policy { label: LABEL, required: &REQUIRED, now_s, skew_s: SKEW_S };
    let Some(signed) = SignedRequest::find(request, &policy).map_err(refused)? else {
        return match config.callback_mode {
            CallbackMode::Signed => Err(Declined::Refused("unsigned")),
            CallbackMode::Hint => Ok(Authentic::Hint),
        };
    };
    let need_key = |reason: &'static str| Declined::NeedKey { key_id: signed.key_id().to_owned(), reason };
    let named: Vec<&PublicKeyText> = keys.iter().take(KEYS_MAX).filter(|key| key.id == signed.key_id()).collect();
    if named.is_empty() {
        return Err(need_key("unknown_key"));
    }
    let usable: Vec<PublicKey> = named.iter().filter_map(|key| PublicKey::from_spki_pem(&key.key)).collect();
    if usable.is_empty() {
        return Err(refused(Refusal::AlgorithmUnsupported));
    }
    let freshness = signed.verify(request, &policy, &usable).map_err(|refusal| match refusal {
        // The gateway may have changed its key under the same id.
        Refusal::SignatureInvalid => need_key(Refusal::SignatureInvalid.as_str()),
        other => refused(other),
    })?;
    let digest = request.field("content-digest").unwrap_or_default();
    verify_content_digest(&digest, body).map_err(|error| {
        Declined::Refused(match error {
            DigestError::Malformed => "digest_malformed",
            DigestError::Unsupported => "digest_unsupported",
            DigestError::Mismatch => "digest_mismatch",
        })
    })?;
    Ok(match freshness {
        Freshness::Fresh => Authentic::Signed,
        // Deliveries are retried for 15 minutes, perhaps without a new signature: genuine, but possibly a replay.
        Freshness::Expired => Authentic::Hint,
    })
}

fn read_body(
    config: &Config,
    operation: Operation,
    bytes: &[u8],
    authentic: Authentic,
    now_ms: u64,
) -> Result<Verdict, &'static str> {
    let body = Json::parse(bytes).filter(Json::is_object).ok_or("body_malformed")?;
    let ids = (body.get("depositId"), body.get("payoutId"), body.get("refundId"));
    // A refund names the deposit that it returns; nothing else carries a second id.
    let (operation, id) = match (operation, ids) {
        (Operation::Deposits, (id, Json::Null, Json::Null)) => ("deposit", id),
        (Operation::Payouts, (Json::Null, id, Json::Null)) => ("payout", id),
        (Operation::Refunds, (_, Json::Null, id)) => ("refund", id),
        _ => return Err("operation_mismatch"),
    };
    if id.is_null() {
        return Err("operation_mismatch");
    }
    let reference = checked(id, is_uuid).ok_or("reference_malformed")?;
    let outcome = match body.get("status").text() {
        Some("COMPLETED") => CallbackOutcome::Succeeded,
        Some("FAILED") => CallbackOutcome::Failed,
        Some(word) if is_open(word) => CallbackOutcome::Pending,
        _ => CallbackOutcome::Unrecognised,
    };
    let failure_code = match outcome {
        CallbackOutcome::Failed => failure_code(&body).map(str::to_owned),
        _ => None,
    };
    let payment = decode(&config.reference_key, &reference);
    let currency = checked(body.get("currency"), is_currency);
    let amount_minor = match (body.get("amount").text(), &currency) {
        (Some(amount), Some(currency)) => parse_minor(amount, currency).map(|minor| minor.to_string()),
        _ => None,
    };
    Ok(Verdict {
        v: 1,
        gateway: "pawapay",
        operation,
        authentic,
        reference,
        payment_id: payment.map(|(key, _)| key.to_id()),
        attempt: payment.map(|(_, attempt)| attempt),
        outcome,
        failure_code,
        amount_minor,
        currency,
        provider_transaction_id: checked(body.get("providerTransactionId"), is_transaction_id),
        body_sha256: Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect(),
        received_at_ms: now_ms,
    })
}

//! Judging a callback: the raw bytes are verified, then parsed, and only then does it say anything.

use httpsig::digest::{DigestError, verify_content_digest};
use httpsig::ecdsa::{PreparedKeys, PublicKey};
use httpsig::hmac::{hmac_sha256, verify_hmac_sha256, verify_hmac_sha512};
use httpsig::message::Request;
use httpsig::verify::{Freshness, Policy, Refusal, SignedRequest};
use payments::reference::decode;
use serde::Serialize;
use sha2::{Digest, Sha256};
use strict_json::Json;
use vm::text::is_uuid;
use vm::url::split_url;
use vm::{Ended, Field, Inputs, Routine};

use crate::config::{CallbackMode, Gateways, Known};
use crate::public_keys::{KEYS_MAX, PublicKeyText};
use crate::status::Outcome;

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
    pub gateway: String,
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
            gateway: json.get("gateway").text()?.to_owned(),
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
    pub gateway: String,
    pub operation: &'static str,
    pub authentic: Authentic,
    pub reference: String,
    pub payment_id: Option<String>,
    pub attempt: Option<u8>,
    pub outcome: Outcome,
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
const SKEW_S: i64 = 60;

/// Judges a callback against the gateway's keys.
///
/// The signature is verified before the digest. Both failures end in one public answer, and whoever lacks the key never gets
/// as far as learning whether a digest was right.
pub fn verify_callback(
    gateways: &Gateways,
    arrived: &Arrived,
    body: &[u8],
    keys: &[PublicKeyText],
    prepared: &mut PreparedKeys,
    now_ms: u64,
) -> Result<Verdict, Declined> {
    let refused = |reason: &'static str| Declined::Refused(reason);
    let known = gateways.known(&arrived.gateway).ok_or(refused("gateway_unknown"))?;
    if body.len() > BODY_BYTES_MAX {
        return Err(refused("body_too_large"));
    }
    let header_bytes = arrived.headers.iter().map(|(name, value)| name.len() + value.len()).sum::<usize>();
    if arrived.headers.len() > HEADERS_MAX || header_bytes > HEADER_BYTES_MAX {
        return Err(refused("headers_too_large"));
    }
    if !matches!(arrived.method.as_str(), "POST" | "PUT") {
        return Err(refused("method_not_post"));
    }
    let url = split_url(&arrived.url).ok_or(refused("url_malformed"))?;
    if !gateways.callback_authorities.iter().any(|authority| authority == url.authority) {
        return Err(refused("authority_unknown"));
    }
    let headers: Vec<(&str, &str)> =
        arrived.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let request = Request { method: &arrived.method, authority: url.authority, path: url.path, headers: &headers };
    let authentic = match known.fact("webhook") {
        Some("rfc9421") => check_signature(known, &request, body, keys, prepared, now_ms)?,
        // Nobody vouches for it: a reason to ask.
        Some("none") | None => Authentic::Hint,
        Some(scheme) => check_mac(known, scheme, &request, body, now_ms)?,
    };
    read_body(gateways, known, arrived, body, authentic, now_ms).map_err(refused)
}

/// The header that the spec names holds the secret itself, or a MAC of the body under it, in hex. With a window the header is
/// `t=seconds,v1=mac`, with a `v1` for each secret that is in use, and the time is in the MAC, before the body.
fn check_mac(
    known: Known<'_>,
    scheme: &str,
    request: &Request<'_>,
    body: &[u8],
    now_ms: u64,
) -> Result<Authentic, Declined> {
    let refused = |reason: &'static str| Declined::Refused(reason);
    let name = known.fact("webhook.header").ok_or(refused("webhook_malformed"))?;
    let secret = known.fact("webhook.secret").and_then(|setting| known.settings.all.get(setting).text());
    let secret = secret.ok_or(refused("webhook_malformed"))?.as_bytes();
    if request.field_count(name) > 1 {
        return Err(refused("header_repeated"));
    }
    let given = request.field(name).ok_or(refused("unsigned"))?;
    if scheme == "equals" {
        // Two MACs are equal when what they are of is, and take the same time to compare whatever it is. Whoever saw the
        // header once can send it with another body, so it is never more than a reason to ask.
        let is_secret = verify_hmac_sha256(secret, &[given.as_bytes()], &hmac_sha256(secret, &[secret]));
        return if is_secret { Ok(Authentic::Hint) } else { Err(refused("signature_invalid")) };
    }
    let window_s: Option<u64> = known.fact("webhook.windowS").and_then(|seconds| seconds.parse().ok());
    let prefix = if window_s.is_some() { "v1=" } else { known.fact("webhook.prefix").unwrap_or_default() };
    let parts = || given.split(',').map(str::trim_ascii);
    let time = parts().find_map(|part| part.strip_prefix("t=")).filter(|_| window_s.is_some()).unwrap_or_default();
    let verifies = |mac: &[u8]| match scheme {
        "hmac-sha512" => verify_hmac_sha512(secret, body, mac),
        _ => verify_hmac_sha256(secret, &[time.as_bytes(), body], mac),
    };
    let mut macs = parts().filter_map(|part| part.strip_prefix(prefix).and_then(from_hex)).peekable();
    macs.peek().ok_or(refused("signature_malformed"))?;
    if !macs.take(MACS_MAX).any(|mac| verifies(&mac)) {
        return Err(refused("signature_invalid"));
    }
    let age_s = time.parse::<u64>().unwrap_or_default().abs_diff(now_ms / 1000);
    // Genuine, but possibly a replay.
    Ok(if window_s.is_some_and(|window_s| age_s > window_s) { Authentic::Hint } else { Authentic::Signed })
}

/// As many as there may be secrets in use, with room to spare.
const MACS_MAX: usize = 4;

fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: &u8| char::from(*byte).to_digit(16);
    let pair = |pair: &[u8]| match pair {
        [high, low] => u8::try_from(digit(high)? << 4 | digit(low)?).ok(),
        _ => None,
    };
    text.as_bytes().chunks(2).map(pair).collect()
}

fn check_signature(
    known: Known<'_>,
    request: &Request<'_>,
    body: &[u8],
    keys: &[PublicKeyText],
    prepared: &mut PreparedKeys,
    now_ms: u64,
) -> Result<Authentic, Declined> {
    let refused = |refusal: Refusal| Declined::Refused(refusal.as_str());
    // Fields of which there is one; joined lines would be read differently by different readers.
    if names(known, "webhook.single").iter().any(|name| request.field_count(name) > 1) {
        return Err(Declined::Refused("header_repeated"));
    }
    let required = names(known, "webhook.required");
    let now_s = i64::try_from(now_ms / 1000).unwrap_or(i64::MAX);
    let policy =
        Policy { label: known.fact("webhook.label").unwrap_or_default(), required: &required, now_s, skew_s: SKEW_S };
    let Some(signed) = SignedRequest::find(request, &policy).map_err(refused)? else {
        return match known.settings.callback_mode {
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
    let freshness = signed.verify(request, &policy, &usable, prepared).map_err(|refusal| match refusal {
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

fn names<'a>(known: Known<'a>, fact: &str) -> Vec<&'a str> {
    known.fact(fact).unwrap_or_default().split(' ').filter(|name| !name.is_empty()).collect()
}

fn read_body(
    gateways: &Gateways,
    known: Known<'_>,
    arrived: &Arrived,
    bytes: &[u8],
    authentic: Authentic,
    now_ms: u64,
) -> Result<Verdict, &'static str> {
    let body = Json::parse(bytes).filter(Json::is_object).ok_or("body_malformed")?;
    let operation = match arrived.operation {
        Operation::Deposits => "deposits",
        Operation::Payouts => "payouts",
        Operation::Refunds => "refunds",
    };
    let inputs = Inputs { body: Some(&body), operation: Some(operation), ..Inputs::default() };
    let output = known.run(Routine::ReadCallback, &inputs).map_err(|_| "program")?;
    match &output.ended {
        Ended::Halted => {}
        Ended::Refused(reason) if reason == "operation_mismatch" => return Err("operation_mismatch"),
        Ended::Refused(reason) if reason == "reference_malformed" => return Err("reference_malformed"),
        Ended::Refused(_) => return Err("refused_by_program"),
    }
    let operation = match output.get(Field::Operation) {
        Some("deposit") => "deposit",
        Some("payout") => "payout",
        Some("refund") => "refund",
        _ => return Err("operation_mismatch"),
    };
    let reference = output.get(Field::Reference).filter(|text| is_uuid(text)).ok_or("reference_malformed")?;
    let payment = decode(&gateways.reference_key, reference);
    let text = |field| output.get(field).map(str::to_owned);
    Ok(Verdict {
        v: 1,
        gateway: arrived.gateway.clone(),
        operation,
        authentic,
        reference: reference.to_owned(),
        payment_id: payment.map(|(key, _)| key.to_id()),
        attempt: payment.map(|(_, attempt)| attempt),
        outcome: output.get(Field::Outcome).and_then(Outcome::named).unwrap_or(Outcome::Unrecognised),
        failure_code: text(Field::Code),
        amount_minor: text(Field::AmountMinor),
        currency: text(Field::Currency),
        provider_transaction_id: text(Field::TransactionId),
        body_sha256: Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect(),
        received_at_ms: now_ms,
    })
}

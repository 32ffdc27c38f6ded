//! What can be asked: JSON in, JSON out.

use base64ct::{Base64, Encoding};
use httpsig::digest::{sha256_content_digest, sha512_content_digest, verify_content_digest};
use httpsig::ecdsa;
use httpsig::profile::digest_refusal;
use serde_json::{Value, json};

use crate::{body, fields, keys, messages, policy};

/// An answer, or what of the question could not be read.
pub type Answer = Result<Value, String>;

/// `None` when this is no operation or no JSON: a bug of the caller's. A question that cannot be read is `{unreadable}`.
pub fn answer(operation: u32, input: &[u8]) -> Option<Vec<u8>> {
    let question: Value = serde_json::from_slice(input).ok()?;
    let answer = match operation {
        1 => fields::parse(&question),
        2 => fields::serialise(&question),
        3 => messages::component(&question),
        4 => messages::signature(&question),
        5 => policy::judge(&question),
        6 => digest(&question),
        7 => keys::inspect(&question),
        8 => spelling(&question),
        _ => return None,
    };
    serde_json::to_vec(&answer.unwrap_or_else(|what| json!({ "unreadable": what }))).ok()
}

/// `{field, body_b64}` → `{ok}` or `{error}`, beside the fields that are right for the body.
fn digest(question: &Value) -> Answer {
    let body = body::of(question)?;
    let field = text(question, "field")?;
    let right = json!({ "sha256": sha256_content_digest(&body), "sha512": sha512_content_digest(&body) });
    Ok(match verify_content_digest(field, &body) {
        Ok(()) => json!({ "ok": true, "right": right }),
        Err(error) => json!({ "error": digest_refusal(error, field).code(), "right": right }),
    })
}

/// `{signature_b64}` of P-256, in either spelling → both.
fn spelling(question: &Value) -> Answer {
    let signature = base64(question, "signature_b64")?;
    let (der, raw) = match (ecdsa::raw_to_der(&signature), ecdsa::der_to_raw(&signature)) {
        (Some(der), _) => (der, signature),
        (None, Some(raw)) => (signature, raw.to_vec()),
        (None, None) => return Ok(json!({ "error": "E_SIG_LENGTH" })),
    };
    Ok(json!({ "der_b64": Base64::encode_string(&der), "raw_b64": Base64::encode_string(&raw) }))
}

pub fn text<'a>(value: &'a Value, name: &str) -> Result<&'a str, String> {
    value.get(name).and_then(Value::as_str).ok_or_else(|| format!("{name} is not a text"))
}

pub fn base64(value: &Value, name: &str) -> Result<Vec<u8>, String> {
    Base64::decode_vec(text(value, name)?).map_err(|_| format!("{name} is not base64"))
}

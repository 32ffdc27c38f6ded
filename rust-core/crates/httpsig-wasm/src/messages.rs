//! Messages of the vectors: components of them, and one signature of them.

use base64ct::{Base64, Encoding};
use httpsig::Algorithm;
use httpsig::components::{FieldType, Message, Start, field_type};
use httpsig::digest::verify_content_digest;
use httpsig::ecdsa;
use httpsig::message::{signature_base, write_component};
use httpsig::profile::{Refusal, SignatureParameters, component_code, digest_refusal};
use httpsig::sf::read::{parse_dictionary, parse_item};
use httpsig::sf::write::write_inner_list;
use httpsig::sf::{Bare, InnerList, Item, Limits, Member, Reading};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::operations::{Answer, text};
use crate::{body, keys};

const LIMITS: Limits = Limits { bytes: 16_384, members: 16, items: 64, parameters: 16, reading: Reading::Strict };

/// `example-dict` is the RFC's own example of a dictionary.
pub fn field_type_of_vectors(name: &str) -> Option<FieldType> {
    if name == "example-dict" { Some(FieldType::Dictionary) } else { field_type(name) }
}

type Fields<'a> = Vec<(&'a str, &'a str)>;

fn fields<'a>(message: &'a Value, name: &str) -> Result<Fields<'a>, String> {
    let unreadable = || format!("{name} is not an array of [name, value]");
    match message.get(name) {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(Value::Object(entries)) => {
            entries.iter().map(|(name, value)| Ok((name.as_str(), value.as_str().ok_or_else(unreadable)?))).collect()
        }
        Some(Value::Array(entries)) => entries
            .iter()
            .map(|entry| match entry.as_array().map(Vec::as_slice) {
                Some([Value::String(name), Value::String(value)]) => Ok((name.as_str(), value.as_str())),
                _ => Err(unreadable()),
            })
            .collect(),
        Some(_) => Err(unreadable()),
    }
}

fn start(message: &Value) -> Result<Start<'_>, String> {
    if let Some(status) = message.get("status") {
        let status = status.as_u64().and_then(|status| u16::try_from(status).ok());
        return Ok(Start::Response { status: status.ok_or("status is not a number")? });
    }
    Ok(Start::Request {
        method: text(message, "method")?,
        target_uri: text(message, "target_uri")?,
        request_target: message.get("request_target").and_then(Value::as_str),
    })
}

/// Calls `ask` with the message and its body.
pub fn with_message<Reply>(
    question: &Value,
    ask: impl FnOnce(&Message<'_>, &[u8]) -> Result<Reply, String>,
) -> Result<Reply, String> {
    let given = question.get("message").ok_or("message is missing")?;
    let (headers, trailers) = (fields(given, "headers")?, fields(given, "trailers")?);
    let related = question.get("related_request").or_else(|| given.get("related_request")).filter(|it| !it.is_null());
    let related_headers = related.map_or(Ok(Vec::new()), |related| fields(related, "headers"))?;
    let field_type = field_type_of_vectors;
    let request = related
        .map(|related| {
            let start = start(related)?;
            Ok::<_, String>(Message { start, headers: &related_headers, trailers: &[], request: None, field_type })
        })
        .transpose()?;
    let message =
        Message { start: start(given)?, headers: &headers, trailers: &trailers, request: request.as_ref(), field_type };
    let is_request = matches!(message.start, Start::Request { .. });
    match question.get("target").and_then(Value::as_str) {
        None => {}
        Some("request") if is_request => {}
        Some("response") if !is_request => {}
        Some(other) => return Err(format!("the message is no {other}")),
    }
    ask(&message, &body::of(given)?)
}

/// `{component, message, target, related_request?}` → `{line, value}` or `{error}`.
pub fn component(question: &Value) -> Answer {
    let item = parse_item(text(question, "component")?, LIMITS).map_err(|_| "component is not an item")?;
    with_message(question, |message, _| {
        let mut line = String::new();
        Ok(match write_component(&mut line, message, &item) {
            Err(error) => json!({ "error": component_code(error) }),
            Ok(()) => {
                let mut identifier = String::new();
                httpsig::sf::write::write_item(&mut identifier, &item).map_err(|_| "component is not an item")?;
                let value = line.strip_prefix(&format!("{identifier}: ")).unwrap_or_default().to_owned();
                json!({ "line": line, "value": value })
            }
        })
    })
}

/// `{message, label, alg, key, related_request?, encodings?}` → what the signature says, whether it verifies, and what the
/// private key would have signed; or `{error}`.
pub fn signature(question: &Value) -> Answer {
    let algorithm = keys::algorithm_named(question.get("alg").unwrap_or(&Value::Null))?;
    let key = question.get("key").ok_or("key is missing")?;
    let label = text(question, "label")?;
    let either_spelling = question.get("either_spelling") == Some(&Value::Bool(true));
    with_message(question, |message, body| {
        let (input, signature) = match labelled(message, label) {
            Ok(found) => found,
            Err(error) => return Ok(json!({ "error": error })),
        };
        let parameters = match SignatureParameters::read(&input) {
            Ok(parameters) => parameters,
            Err(refusal) => return Ok(json!({ "error": refusal.code() })),
        };
        let base = match signature_base(message, &input) {
            Ok(base) => base,
            Err(error) => return Ok(json!({ "error": component_code(error) })),
        };
        let mut serialised = String::new();
        write_inner_list(&mut serialised, &input).map_err(|_| "the parameters cannot be written")?;
        let verifying = keys::verifying_key(key, algorithm)?;
        let verified = verifying.verify(base.as_bytes(), &signature)
            || (either_spelling
                && algorithm == Algorithm::EcdsaP256Sha256
                && ecdsa::der_to_raw(&signature).is_some_and(|raw| verifying.verify(base.as_bytes(), &raw)));
        let signed = keys::signing_key(key, algorithm)?.map(|key| Base64::encode_string(&key.sign(base.as_bytes())));
        Ok(json!({
            "base": base,
            "base_sha256": Sha256::digest(base.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect::<String>(),
            "params": serialised,
            "keyid": parameters.key_id,
            "alg_agrees": parameters.algorithm.is_none_or(|name| name == algorithm.name()),
            "signature_b64": Base64::encode_string(&signature),
            "verified": verified,
            "digest": digest(message, &input, body),
            "signed_b64": signed,
        }))
    })
}

/// The signature of this label, or the code of what is wrong with the fields.
fn labelled(message: &Message<'_>, label: &str) -> Result<(InnerList, Vec<u8>), &'static str> {
    let member = |name: &str| {
        let field = message.field(name).ok_or(Refusal::FieldMissing.code())?;
        let members = parse_dictionary(&field, LIMITS).map_err(crate::fields::code)?;
        let found = members.into_iter().find(|(known, _)| known == label);
        found.map(|(_, member)| member).ok_or(Refusal::LabelsDiffer.code())
    };
    match (member("signature-input")?, member("signature")?) {
        (Member::InnerList(input), Member::Item(Item { value: Bare::Bytes(signature), .. })) => Ok((input, signature)),
        _ => Err(Refusal::WrongType.code()),
    }
}

/// `"ok"`, an error's code, or null when the signature covers no digest of this message's body.
fn digest(message: &Message<'_>, input: &InnerList, body: &[u8]) -> Value {
    let covers = |item: &Item| {
        matches!(&item.value, Bare::String(name) if name == "content-digest")
            && !item.parameters.iter().any(|(parameter, _)| parameter == "req")
    };
    if !input.items.iter().any(covers) {
        return Value::Null;
    }
    let field = message.field("content-digest").unwrap_or_default();
    match verify_content_digest(&field, body) {
        Ok(()) => json!("ok"),
        Err(error) => json!(digest_refusal(error, &field).code()),
    }
}

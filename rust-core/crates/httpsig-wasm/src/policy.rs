//! Whole messages under a policy: accepted, or refused for a reason.

use std::collections::BTreeMap;

use httpsig::keys::VerifyingKey;
use httpsig::profile::{Known, KnownKey, Profile, verify_message};
use httpsig::sf::read::parse_item;
use httpsig::sf::{Item, Limits};
use serde_json::{Value, json};

use crate::keys::{algorithm_named, verifying_key};
use crate::messages::with_message;
use crate::operations::{Answer, text};

/// Members of a policy that are understood; another one is an error, not something to pass over.
const MEMBERS: [&str; 13] = [
    "now",
    "max_skew",
    "max_age",
    "max_lifetime",
    "purpose",
    "tag",
    "required_params",
    "required_components",
    "allowed_algs",
    "max_components",
    "max_signatures",
    "max_header_len",
    "keys",
];

struct Store<'a> {
    keys: BTreeMap<&'a str, (VerifyingKey, Vec<&'a str>)>,
    seen: Vec<(Option<&'a str>, &'a str)>,
}

impl Known for Store<'_> {
    fn key(&self, key_id: &str) -> Option<KnownKey<'_>> {
        self.keys.get(key_id).map(|(key, purposes)| KnownKey { key, purposes })
    }

    fn is_seen(&self, key_id: &str, nonce: &str) -> bool {
        self.seen.iter().any(|(known, seen)| known.is_none_or(|known| known == key_id) && *seen == nonce)
    }
}

/// `{message, policy, material}` → `{accepted: {label, keyid, nonce}}` or `{refused: code}`. `material` has keys by their id.
pub fn judge(question: &Value) -> Answer {
    let policy = question.get("policy").and_then(Value::as_object).ok_or("policy is not an object")?;
    if let Some(unknown) = policy.keys().find(|name| *name != "seen_nonces" && !MEMBERS.contains(&name.as_str())) {
        return Err(format!("policy.{unknown} is not understood"));
    }
    let policy = Value::Object(policy.clone());
    let number =
        |name: &str| policy.get(name).and_then(Value::as_i64).ok_or_else(|| format!("policy.{name} is not an integer"));
    let size = |name: &str| usize::try_from(number(name)?).map_err(|_| format!("policy.{name} is negative"));
    let required_parameters = texts(&policy, "required_params")?;
    let required_components: Vec<Item> = texts(&policy, "required_components")?
        .into_iter()
        .map(|text| parse_item(text, Limits::SIGNATURES).map_err(|_| format!("no component: {text}")))
        .collect::<Result<_, _>>()?;
    let algorithms: Vec<_> = policy
        .get("allowed_algs")
        .and_then(Value::as_array)
        .ok_or("policy.allowed_algs is not an array")?
        .iter()
        .map(algorithm_named)
        .collect::<Result<_, _>>()?;
    let profile = Profile {
        tag: policy.get("tag").and_then(Value::as_str),
        required_parameters: &required_parameters,
        required_components: &required_components,
        algorithms: &algorithms,
        purpose: text(&policy, "purpose")?,
        now_s: number("now")?,
        skew_s: number("max_skew")?,
        age_max_s: number("max_age")?,
        lifetime_max_s: number("max_lifetime")?,
        signatures_max: size("max_signatures")?,
        components_max: size("max_components")?,
        field_bytes_max: size("max_header_len")?,
    };
    let store = Store { keys: keys(&policy, question.get("material").unwrap_or(&Value::Null))?, seen: seen(&policy)? };
    with_message(question, |message, body| {
        Ok(match verify_message(message, body, &profile, &store) {
            Ok(accepted) => json!({
                "accepted": { "label": accepted.label, "keyid": accepted.key_id, "nonce": accepted.nonce }
            }),
            Err(refusal) => json!({ "refused": refusal.code() }),
        })
    })
}

fn keys<'a>(policy: &'a Value, material: &Value) -> Result<BTreeMap<&'a str, (VerifyingKey, Vec<&'a str>)>, String> {
    let records = policy.get("keys").and_then(Value::as_object).ok_or("policy.keys is not an object")?;
    records
        .iter()
        .map(|(id, record)| {
            let algorithm = algorithm_named(record.get("alg").unwrap_or(&Value::Null))?;
            // A record may bring its own key; otherwise it is one of the public test keys.
            let own = ["jwk", "pem", "b64"].iter().any(|name| record.get(name).is_some());
            let given =
                if own { record } else { material.get(id).ok_or_else(|| format!("no key material for {id}"))? };
            let key = verifying_key(given, algorithm).map_err(|what| format!("{id}: {what}"))?;
            Ok((id.as_str(), (key, texts(record, "purposes")?)))
        })
        .collect()
}

fn texts<'a>(value: &'a Value, name: &str) -> Result<Vec<&'a str>, String> {
    let unreadable = || format!("{name} is not an array of texts");
    let entries = value.get(name).and_then(Value::as_array).ok_or_else(unreadable)?;
    entries.iter().map(|entry| entry.as_str().ok_or_else(unreadable)).collect()
}

/// A nonce alone, or `[keyid, nonce]`, or `{keyid, nonce}`.
fn seen(policy: &Value) -> Result<Vec<(Option<&str>, &str)>, String> {
    let entries = policy.get("seen_nonces").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    entries
        .iter()
        .map(|entry| match entry {
            Value::String(nonce) => Ok((None, nonce.as_str())),
            Value::Array(pair) => match pair.as_slice() {
                [Value::String(key_id), Value::String(nonce)] => Ok((Some(key_id.as_str()), nonce.as_str())),
                _ => Err("a seen nonce is not [keyid, nonce]".into()),
            },
            Value::Object(_) => Ok((Some(text(entry, "keyid")?), text(entry, "nonce")?)),
            _ => Err("a seen nonce is not a text".into()),
        })
        .collect()
}

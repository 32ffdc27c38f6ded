//! Asking how a deposit stands.

use payments::money::parse_minor;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::config::Config;
use crate::deposit::{BuildError, redirect_url};
use crate::http::{GatewayRequest, GatewayResponse};
use crate::text::{checked, failure_code, is_currency, is_uuid, string, visible_ascii};

pub fn build_deposit_status(config: &Config, reference: &str) -> Result<GatewayRequest, BuildError> {
    if !is_uuid(reference) {
        return Err(BuildError::Reference);
    }
    Ok(get(config, &format!("/v2/deposits/{reference}")))
}

pub(crate) fn get(config: &Config, path: &str) -> GatewayRequest {
    GatewayRequest {
        method: "GET",
        url: format!("{}{path}", config.origin),
        headers: vec![config.bearer(), ("Accept", "application/json".to_owned())],
        body: None,
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum StatusOutcome {
    Found(Found),
    NotFound,
    /// The question failed; nothing is learnt.
    Unknown {
        reason: String,
    },
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Found {
    pub outcome: Outcome,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure_code: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub amount_minor: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provider_transaction_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_action: Option<Redirect>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    Pending,
    Succeeded,
    Failed,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "type", rename = "redirect")]
pub struct Redirect {
    pub url: String,
}

#[derive(Deserialize)]
struct Answer {
    status: Option<Value>,
    data: Option<Data>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Data {
    deposit_id: Option<Value>,
    status: Option<Value>,
    amount: Option<Value>,
    currency: Option<Value>,
    provider_transaction_id: Option<Value>,
    failure_reason: Option<Value>,
    next_step: Option<Value>,
    authorization_url: Option<Value>,
}

/// Reads the answer to a status question. `currency` is that of our own row: the amount is read by its exponent.
///
/// With `reference`, an answer about another deposit teaches nothing. Only COMPLETED and FAILED are final; every other status,
/// known or new, is pending.
#[must_use]
pub fn read_deposit_status(response: &GatewayResponse, currency: &str, reference: Option<&str>) -> StatusOutcome {
    let unknown = |reason: &str| StatusOutcome::Unknown { reason: reason.to_owned() };
    let (http, body) = match response.readable() {
        Ok(readable) => readable,
        Err(reason) => return StatusOutcome::Unknown { reason },
    };
    let Ok(answer) = serde_json::from_str::<Answer>(body) else {
        return unknown("unreadable");
    };
    match (http, string(&answer.status), answer.data) {
        (200, Some("FOUND"), Some(data)) => read_data(&data, currency, reference),
        (200 | 404, Some("NOT_FOUND"), None) => StatusOutcome::NotFound,
        (200, _, _) => unknown("unreadable"),
        _ => unknown(&format!("http_{http}")),
    }
}

fn read_data(data: &Data, currency: &str, reference: Option<&str>) -> StatusOutcome {
    let unknown = |reason: &str| StatusOutcome::Unknown { reason: reason.to_owned() };
    if reference.is_some() && reference != string(&data.deposit_id) {
        return unknown("other_deposit");
    }
    let outcome = match string(&data.status) {
        Some("COMPLETED") => Outcome::Succeeded,
        Some("FAILED") => Outcome::Failed,
        Some(_) => Outcome::Pending,
        None => return unknown("unreadable"),
    };
    let failure_code = match outcome {
        Outcome::Failed => failure_code(&data.failure_reason),
        Outcome::Pending | Outcome::Succeeded => None,
    };
    let next_action = match (outcome, string(&data.next_step)) {
        (Outcome::Pending, Some("REDIRECT_TO_AUTH_URL")) => {
            string(&data.authorization_url).and_then(redirect_url).map(|url| Redirect { url })
        }
        _ => None,
    };
    StatusOutcome::Found(Found {
        outcome,
        failure_code,
        amount_minor: string(&data.amount).and_then(|text| parse_minor(text, currency)).map(|minor| minor.to_string()),
        currency: checked(&data.currency, is_currency),
        provider_transaction_id: checked(&data.provider_transaction_id, is_transaction_id),
        next_action,
    })
}

pub(crate) fn is_transaction_id(text: &str) -> bool {
    visible_ascii(text, 128)
}

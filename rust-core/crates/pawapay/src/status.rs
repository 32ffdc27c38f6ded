//! Asking how a deposit stands.

use payments::money::parse_minor;
use serde::Serialize;
use strict_json::Json;

use crate::config::Config;
use crate::deposit::{BuildError, redirect_url};
use crate::http::{GatewayRequest, GatewayResponse};
use crate::text::{checked, failure_code, is_currency, is_uuid, visible_ascii};

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
    /// A word that is not in the documentation: the attempt stays open, and people are told.
    Unrecognised,
}

/// What pawaPay says of a deposit that may still be captured.
pub(crate) fn is_open(status: &str) -> bool {
    matches!(status, "PROCESSING" | "ACCEPTED" | "SUBMITTED" | "ENQUEUED" | "IN_RECONCILIATION")
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "type", rename = "redirect")]
pub struct Redirect {
    pub url: String,
}

/// Reads the answer to a status question. `currency` is that of our own row: the amount is read by its exponent.
///
/// With `reference`, an answer about another deposit teaches nothing. Only COMPLETED and FAILED are final; a status that is not
/// known leaves the attempt open.
#[must_use]
pub fn read_deposit_status(response: &GatewayResponse, currency: &str, reference: Option<&str>) -> StatusOutcome {
    let unknown = |reason: &str| StatusOutcome::Unknown { reason: reason.to_owned() };
    let (http, answer) = match response.readable() {
        Ok(readable) => readable,
        Err(reason) => return StatusOutcome::Unknown { reason },
    };
    match (http, answer.get("status").text(), answer.get("data")) {
        (200, Some("FOUND"), data @ Json::Object(_)) => read_data(data, currency, reference),
        (200 | 404, Some("NOT_FOUND"), Json::Null) => StatusOutcome::NotFound,
        (200, _, _) => unknown("unreadable"),
        _ => unknown(&format!("http_{http}")),
    }
}

fn read_data(data: &Json, currency: &str, reference: Option<&str>) -> StatusOutcome {
    let unknown = |reason: &str| StatusOutcome::Unknown { reason: reason.to_owned() };
    if reference.is_some() && reference != data.get("depositId").text() {
        return unknown("other_deposit");
    }
    let outcome = match data.get("status").text() {
        Some("COMPLETED") => Outcome::Succeeded,
        Some("FAILED") => Outcome::Failed,
        Some(word) if is_open(word) => Outcome::Pending,
        Some(_) => Outcome::Unrecognised,
        None => return unknown("unreadable"),
    };
    let failure_code = match outcome {
        Outcome::Failed => failure_code(data).map(str::to_owned),
        Outcome::Pending | Outcome::Succeeded | Outcome::Unrecognised => None,
    };
    let next_action = match (outcome, data.get("nextStep").text()) {
        (Outcome::Pending, Some("REDIRECT_TO_AUTH_URL")) => {
            data.get("authorizationUrl").text().and_then(redirect_url).map(|url| Redirect { url })
        }
        _ => None,
    };
    StatusOutcome::Found(Found {
        outcome,
        failure_code,
        amount_minor: data
            .get("amount")
            .text()
            .and_then(|text| parse_minor(text, currency))
            .map(|minor| minor.to_string()),
        currency: checked(data.get("currency"), is_currency),
        provider_transaction_id: checked(data.get("providerTransactionId"), is_transaction_id),
        next_action,
    })
}

pub(crate) fn is_transaction_id(text: &str) -> bool {
    visible_ascii(text, 128)
}

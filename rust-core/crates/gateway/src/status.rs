//! Asking how a deposit stands.

use serde::Serialize;
use vm::text::is_uuid;
use vm::{Ended, Field, Inputs, Routine};

use crate::config::Gateways;
use crate::deposit::BuildError;
use crate::http::{GatewayRequest, GatewayResponse};
use crate::request::build;

pub fn build_deposit_status(gateways: &Gateways, gateway: &str, reference: &str) -> Result<GatewayRequest, BuildError> {
    let known = gateways.known(gateway).ok_or(BuildError::Gateway)?;
    if !is_uuid(reference) {
        return Err(BuildError::Reference);
    }
    build(known, Routine::BuildStatus, &Inputs { reference: Some(reference), ..Inputs::default() }, 0)
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

impl Outcome {
    /// By the word that a program says.
    pub(crate) fn named(word: &str) -> Option<Self> {
        match word {
            "pending" => Some(Self::Pending),
            "succeeded" => Some(Self::Succeeded),
            "failed" => Some(Self::Failed),
            "unrecognised" => Some(Self::Unrecognised),
            _ => None,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "type", rename = "redirect")]
pub struct Redirect {
    pub url: String,
}

/// Reads the answer to a status question, as the gateway's program says. `currency` is that of our own row: the amount is read
/// by its exponent. With `reference`, an answer about another deposit teaches nothing.
#[must_use]
pub fn read_deposit_status(
    gateways: &Gateways,
    gateway: &str,
    response: &GatewayResponse,
    currency: &str,
    reference: Option<&str>,
) -> StatusOutcome {
    let unknown = |reason: &str| StatusOutcome::Unknown { reason: reason.to_owned() };
    let Some(known) = gateways.known(gateway) else { return unknown("gateway_unknown") };
    let (http, answer) = match response.readable() {
        Ok(readable) => readable,
        Err(reason) => return StatusOutcome::Unknown { reason },
    };
    let inputs = Inputs {
        body: Some(&answer),
        http: Some(http.into()),
        reference,
        currency: Some(currency),
        ..Inputs::default()
    };
    let Ok(output) = known.run(Routine::ReadStatus, &inputs) else { return unknown("program") };
    let text = |field| output.get(field).map(str::to_owned);
    match (&output.ended, output.get(Field::Kind), output.get(Field::Outcome).and_then(Outcome::named)) {
        (Ended::Halted, Some("not_found"), _) => StatusOutcome::NotFound,
        (Ended::Halted, Some("found"), Some(outcome)) => StatusOutcome::Found(Found {
            outcome,
            failure_code: text(Field::Code),
            amount_minor: text(Field::AmountMinor),
            currency: text(Field::Currency),
            provider_transaction_id: text(Field::TransactionId),
            next_action: text(Field::NextUrl).map(|url| Redirect { url }),
        }),
        _ => unknown(output.get(Field::Reason).unwrap_or("unreadable")),
    }
}

//! Asking how a deposit stands.

use serde::Serialize;
use vm::{Ended, Field, Inputs, Routine};

use crate::config::Gateways;
use crate::http::GatewayResponse;

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
    /// What the gateway calls it, where that is needed to call it off.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gateway_id: Option<String>,
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
/// by its exponent. With `reference`, an answer about another deposit teaches nothing. The answer to calling one off
/// (`Routine::ReadCancel`) says the same things: what failed then is over for good.
#[must_use]
pub fn read_deposit_status(
    gateways: &Gateways,
    gateway: &str,
    routine: Routine,
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
        body: answer.as_ref(),
        http: Some(http.into()),
        reference,
        currency: Some(currency),
        ..Inputs::default()
    };
    let Ok(output) = known.run(routine, &inputs) else { return unknown("program") };
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
            gateway_id: text(Field::GatewayId),
        }),
        _ => unknown(output.get(Field::Reason).unwrap_or("unreadable")),
    }
}

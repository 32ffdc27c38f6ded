//! Whose number is it? pawaPay's guess, wrong now and then: numbers are portable.

use serde::Serialize;

use crate::config::Config;
use crate::deposit::BuildError;
use crate::http::{GatewayRequest, GatewayResponse};
use crate::text::{checked, failure_code, is_code, is_msisdn};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Question<'a> {
    phone_number: &'a str,
}

pub fn build_predict_provider(config: &Config, phone_number: &str) -> Result<GatewayRequest, BuildError> {
    if !(1..=32).contains(&phone_number.len()) || phone_number.chars().any(char::is_control) {
        return Err(BuildError::PhoneNumber);
    }
    let body = serde_json::to_string(&Question { phone_number }).map_err(|_| BuildError::PhoneNumber)?;
    Ok(GatewayRequest {
        method: "POST",
        url: format!("{}/v2/predict-provider", config.origin),
        headers: vec![config.bearer(), ("Content-Type", "application/json; charset=UTF-8".to_owned())],
        body: Some(body),
    })
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum PredictOutcome {
    #[serde(rename_all = "camelCase")]
    Found {
        provider: String,
        country: String,
        phone_number: String,
    },
    Invalid,
    Unknown {
        reason: String,
    },
}

#[must_use]
pub fn read_predict_provider(response: &GatewayResponse) -> PredictOutcome {
    let unknown = |reason: &str| PredictOutcome::Unknown { reason: reason.to_owned() };
    let (http, answer) = match response.readable() {
        Ok(readable) => readable,
        Err(reason) => return PredictOutcome::Unknown { reason },
    };
    if !answer.get("failureReason").is_null() {
        // The number is all that is asked about, so a bad parameter is a bad number; a bad token is not.
        return match failure_code(&answer) {
            Some("INVALID_PHONE_NUMBER" | "INVALID_INPUT" | "INVALID_PARAMETER") => PredictOutcome::Invalid,
            _ => unknown(&format!("http_{http}")),
        };
    }
    let is_country = |text: &str| text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_uppercase());
    match (
        http,
        checked(answer.get("provider"), is_code),
        checked(answer.get("country"), is_country),
        checked(answer.get("phoneNumber"), is_msisdn),
    ) {
        (200, Some(provider), Some(country), Some(phone_number)) => {
            PredictOutcome::Found { provider, country, phone_number }
        }
        _ => unknown("unreadable"),
    }
}

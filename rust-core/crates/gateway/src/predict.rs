//! Whose number is it? A gateway's guess, wrong now and then: numbers are portable.

use serde::Serialize;
use vm::{Ended, Field, Inputs, Routine};

use crate::config::Gateways;
use crate::http::GatewayResponse;
use crate::text::{is_code, is_msisdn};

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
pub fn read_predict_provider(gateways: &Gateways, gateway: &str, response: &GatewayResponse) -> PredictOutcome {
    let unknown = |reason: &str| PredictOutcome::Unknown { reason: reason.to_owned() };
    let Some(known) = gateways.known(gateway) else { return unknown("gateway_unknown") };
    let (http, answer) = match response.readable() {
        Ok(readable) => readable,
        Err(reason) => return PredictOutcome::Unknown { reason },
    };
    let inputs = Inputs { body: answer.as_ref(), http: Some(http.into()), ..Inputs::default() };
    let Ok(output) = known.run(Routine::ReadPredict, &inputs) else { return unknown("program") };
    let checked = |field, wanted: fn(&str) -> bool| output.get(field).filter(|text| wanted(text)).map(str::to_owned);
    let is_country = |text: &str| text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_uppercase());
    match (
        (&output.ended, output.get(Field::Kind)),
        checked(Field::Provider, is_code),
        checked(Field::Country, is_country),
        checked(Field::PhoneNumber, is_msisdn),
    ) {
        ((Ended::Halted, Some("invalid")), ..) => PredictOutcome::Invalid,
        ((Ended::Halted, Some("found")), Some(provider), Some(country), Some(phone_number)) => {
            PredictOutcome::Found { provider, country, phone_number }
        }
        _ => unknown(output.get(Field::Reason).unwrap_or("unreadable")),
    }
}

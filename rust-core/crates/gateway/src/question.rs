//! Whatever a gateway is asked beside a deposit: how one stands, its keys, a token, whose number it is, what a country's
//! providers take, and that a deposit be called off.

use vm::text::is_uuid;
use vm::{Inputs, Routine};

use crate::config::Gateways;
use crate::deposit::BuildError;
use crate::http::GatewayRequest;
use crate::request::build;

/// What is handed over is looked at here; that all is there which the question needs, the program sees to.
pub fn ask(
    gateways: &Gateways,
    gateway: &str,
    routine: Routine,
    inputs: &Inputs<'_>,
) -> Result<GatewayRequest, BuildError> {
    let known = gateways.known(gateway).ok_or(BuildError::Gateway)?;
    if inputs.reference.is_some_and(|reference| !is_uuid(reference)) {
        return Err(BuildError::Reference);
    }
    let is_number = |text: &str| (1..=32).contains(&text.len()) && !text.chars().any(char::is_control);
    if inputs.phone_number.is_some_and(|text| !is_number(text)) {
        return Err(BuildError::PhoneNumber);
    }
    // ISO 3166-1 alpha-3. One country at a time: a whole configuration is longer than an answer may be.
    let is_country = |text: &str| text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_uppercase());
    if inputs.country.is_some_and(|text| !is_country(text)) {
        return Err(BuildError::Country);
    }
    build(known, routine, inputs, 0)
}

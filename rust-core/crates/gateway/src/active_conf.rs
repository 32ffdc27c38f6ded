//! What the account may do in one country: providers, their state, limits and instructions for customers.
//!
//! Only asked for here. The answer is for people to look at and decides nothing, so the glue reads it.

use vm::{Inputs, Routine};

use crate::config::Gateways;
use crate::deposit::BuildError;
use crate::http::GatewayRequest;
use crate::request::build;

/// `country`: ISO 3166-1 alpha-3. One country at a time: the whole configuration is longer than an answer may be.
///
/// # Errors
/// [`BuildError::Country`] for anything else.
pub fn build_active_conf(gateways: &Gateways, gateway: &str, country: &str) -> Result<GatewayRequest, BuildError> {
    let known = gateways.known(gateway).ok_or(BuildError::Gateway)?;
    if country.len() != 3 || !country.bytes().all(|byte| byte.is_ascii_uppercase()) {
        return Err(BuildError::Country);
    }
    build(known, Routine::BuildConditions, &Inputs { country: Some(country), ..Inputs::default() }, 0)
}

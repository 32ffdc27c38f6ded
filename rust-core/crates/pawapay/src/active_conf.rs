//! What the account may do in one country: providers, their state, limits and instructions for customers.
//!
//! Only asked for here. The answer is for people to look at and decides nothing, so the glue reads it.

use crate::config::Config;
use crate::deposit::BuildError;
use crate::http::GatewayRequest;
use crate::status::get;

/// `country`: ISO 3166-1 alpha-3. One country at a time: the whole configuration is longer than an answer may be.
///
/// # Errors
/// [`BuildError::Country`] for anything else.
pub fn build_active_conf(config: &Config, country: &str) -> Result<GatewayRequest, BuildError> {
    if country.len() != 3 || !country.bytes().all(|byte| byte.is_ascii_uppercase()) {
        return Err(BuildError::Country);
    }
    Ok(get(config, &format!("/v2/active-conf?country={country}&operationType=DEPOSIT")))
}

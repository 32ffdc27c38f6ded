//! pawaPay's own public keys, with which it signs callbacks.

use serde::{Deserialize, Serialize};

use crate::config::Config;
use crate::http::{GatewayRequest, GatewayResponse};
use crate::status::get;
use crate::text::visible_ascii;

#[must_use]
pub fn build_public_keys(config: &Config) -> GatewayRequest {
    get(config, "/v2/public-key/http")
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublicKeyText {
    pub id: String,
    /// SPKI PEM.
    pub key: String,
}

/// The keys of an answer; `None` when it is not a list of keys. An odd entry among good ones is left out.
#[must_use]
pub fn read_public_keys(response: &GatewayResponse) -> Option<Vec<PublicKeyText>> {
    let (200, body) = response.readable().ok()? else {
        return None;
    };
    let entries: Vec<serde_json::Value> = serde_json::from_str(body).ok()?;
    let keys = entries.into_iter().take(KEYS_MAX).filter_map(|entry| {
        let key: PublicKeyText = serde_json::from_value(entry).ok()?;
        let usable = visible_ascii(&key.id, 128) && key.key.is_ascii() && key.key.len() <= KEY_BYTES_MAX;
        usable.then_some(key)
    });
    Some(keys.collect())
}

pub(crate) const KEYS_MAX: usize = 16;
/// An RSA key of 4096 bits is 800 bytes of PEM.
pub(crate) const KEY_BYTES_MAX: usize = 2048;

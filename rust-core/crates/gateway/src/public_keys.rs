//! A gateway's own public keys, with which it signs callbacks.

use serde::Serialize;
use strict_json::Json;
use vm::text::visible_ascii;

use crate::http::GatewayResponse;

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PublicKeyText {
    pub id: String,
    /// SPKI PEM.
    pub key: String,
}

impl PublicKeyText {
    /// `None` for an entry that no key of a gateway's looks like.
    #[must_use]
    pub fn from_json(json: &Json) -> Option<Self> {
        let (id, key) = (json.get("id").text()?, json.get("key").text()?);
        let usable = visible_ascii(id, 128) && key.is_ascii() && key.len() <= KEY_BYTES_MAX;
        usable.then(|| Self { id: id.to_owned(), key: key.to_owned() })
    }
}

/// The keys of an answer; `None` when it is not a list of keys. An odd entry among good ones is left out.
#[must_use]
pub fn read_public_keys(response: &GatewayResponse) -> Option<Vec<PublicKeyText>> {
    let (200, Some(body)) = response.readable().ok()? else {
        return None;
    };
    Some(body.array()?.iter().take(KEYS_MAX).filter_map(PublicKeyText::from_json).collect())
}

pub(crate) const KEYS_MAX: usize = 16;
/// An RSA key of 4096 bits is 800 bytes of PEM.
const KEY_BYTES_MAX: usize = 2048;

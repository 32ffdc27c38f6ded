//! What the adapter needs to know. It is taken whole or not at all: half a configuration must not sign half of the requests.

use httpsig::Encoding;
use httpsig::ecdsa::PrivateKey;
use strict_json::Json;
use zeroize::Zeroizing;

use crate::http::{is_authority, split_url};
use crate::text::visible_ascii;

/// As the vault hands it over. An absent part reads as an empty one, so that the refusal can name it.
#[derive(Default)]
pub struct RawConfig {
    pub origin: String,
    pub token: Zeroizing<String>,
    pub signing_key: Zeroizing<String>,
    pub key_id: String,
    pub signature_encoding: String,
    pub callback_mode: String,
}

impl RawConfig {
    #[must_use]
    pub fn from_json(json: &Json) -> Self {
        let part = |name| json.get(name).text().unwrap_or_default().to_owned();
        Self {
            origin: part("origin"),
            token: Zeroizing::new(part("token")),
            signing_key: Zeroizing::new(part("signingKey")),
            key_id: part("keyId"),
            signature_encoding: part("signatureEncoding"),
            callback_mode: part("callbackMode"),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallbackMode {
    /// An unsigned callback is a forgery.
    Signed,
    /// The account's callbacks are unsigned: each is a reason to ask, and nothing more.
    Hint,
}

/// Which part is wrong, by its name in the configuration; never its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConfigError {
    Missing(&'static str),
    Malformed(&'static str),
}

pub struct Config {
    /// Scheme and authority; every request goes there.
    pub(crate) origin: String,
    pub(crate) authority: String,
    pub(crate) token: Zeroizing<String>,
    pub(crate) signing_key: PrivateKey,
    pub(crate) key_id: String,
    pub(crate) signature_encoding: Encoding,
    pub(crate) callback_mode: CallbackMode,
    pub(crate) callback_authorities: Vec<String>,
    /// Permutes references. Not a secret (`payments::reference`).
    pub(crate) reference_key: [u8; 32],
}

impl Config {
    /// `plain_http` allows an `http:` origin: for development, against a simulator.
    pub fn new(
        raw: RawConfig,
        callback_authorities: Vec<String>,
        reference_key: [u8; 32],
        plain_http: bool,
    ) -> Result<Self, ConfigError> {
        let authority = read_origin(&raw.origin, plain_http)?;
        if raw.token.is_empty() {
            return Err(ConfigError::Missing("pawapay.token"));
        }
        if !visible_ascii(&raw.token, TOKEN_BYTES_MAX) {
            return Err(ConfigError::Malformed("pawapay.token"));
        }
        if raw.signing_key.is_empty() {
            return Err(ConfigError::Missing("pawapay.signingKey"));
        }
        let signing_key =
            PrivateKey::from_pkcs8_pem(&raw.signing_key).ok_or(ConfigError::Malformed("pawapay.signingKey"))?;
        if raw.key_id.is_empty() {
            return Err(ConfigError::Missing("pawapay.keyId"));
        }
        if !visible_ascii(&raw.key_id, KEY_ID_BYTES_MAX) || raw.key_id.contains(['"', '\\']) {
            return Err(ConfigError::Malformed("pawapay.keyId"));
        }
        let signature_encoding = match raw.signature_encoding.as_str() {
            "der" => Encoding::Der,
            "raw" => Encoding::Raw,
            "" => return Err(ConfigError::Missing("pawapay.signatureEncoding")),
            _ => return Err(ConfigError::Malformed("pawapay.signatureEncoding")),
        };
        let callback_mode = match raw.callback_mode.as_str() {
            "signed" => CallbackMode::Signed,
            "hint" => CallbackMode::Hint,
            "" => return Err(ConfigError::Missing("pawapay.callbackMode")),
            _ => return Err(ConfigError::Malformed("pawapay.callbackMode")),
        };
        if callback_authorities.is_empty() {
            return Err(ConfigError::Missing("callbackAuthorities"));
        }
        if !callback_authorities.iter().all(|authority| is_authority(authority)) {
            return Err(ConfigError::Malformed("callbackAuthorities"));
        }
        Ok(Self {
            origin: raw.origin,
            authority,
            token: raw.token,
            signing_key,
            key_id: raw.key_id,
            signature_encoding,
            callback_mode,
            callback_authorities,
            reference_key,
        })
    }

    pub(crate) fn bearer(&self) -> (&'static str, String) {
        ("Authorization", format!("Bearer {}", self.token.as_str()))
    }
}

const TOKEN_BYTES_MAX: usize = 4096;
const KEY_ID_BYTES_MAX: usize = 128;

/// The origin's authority. An origin has neither path nor query, and is spelt in the one normal way.
fn read_origin(origin: &str, plain_http: bool) -> Result<String, ConfigError> {
    if origin.is_empty() {
        return Err(ConfigError::Missing("pawapay.origin"));
    }
    split_url(origin)
        .filter(|url| url.scheme == "https" || plain_http)
        .filter(|url| origin == format!("{}://{}", url.scheme, url.authority))
        .map(|url| url.authority.to_owned())
        .ok_or(ConfigError::Malformed("pawapay.origin"))
}

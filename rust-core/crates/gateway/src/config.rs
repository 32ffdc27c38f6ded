//! What the core needs to know of its gateways. It is taken whole or not at all: half a configuration must not sign half of
//! the requests.

use httpsig::Encoding;
use httpsig::ecdsa::PrivateKey;
use strict_json::Json;
use vm::text::visible_ascii;
use vm::url::{is_authority, split_url};
use vm::{Program, Routine};
use zeroize::Zeroizing;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallbackMode {
    /// An unsigned callback is a forgery.
    Signed,
    /// The account's callbacks are unsigned: each is a reason to ask, and nothing more.
    Hint,
}

/// Which part is wrong, by its name in the configuration (`pawapay.token`); never its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConfigError {
    Missing(String),
    Malformed(String),
}

pub struct Gateways {
    pub(crate) program: Program,
    settings: Vec<(String, Settings)>,
    pub(crate) callback_authorities: Vec<String>,
    /// Permutes references. Not a secret (`payments::reference`).
    pub(crate) reference_key: [u8; 32],
}

/// What a deployment says of one gateway.
pub(crate) struct Settings {
    /// Scheme and authority; every request goes there.
    pub origin: String,
    pub authority: String,
    /// As the program reads them.
    pub all: Zeroizing<Json>,
    pub signing: Option<Signing>,
    pub callback_mode: CallbackMode,
}

pub(crate) struct Signing {
    pub key: PrivateKey,
    pub key_id: String,
    pub encoding: Encoding,
}

/// One gateway: what the program and what the deployment say of it.
#[derive(Clone, Copy)]
pub(crate) struct Known<'a> {
    pub program: &'a Program,
    pub gateway: &'a vm::Gateway,
    pub settings: &'a Settings,
}

impl<'a> Known<'a> {
    pub fn fact(self, key: &str) -> Option<&'a str> {
        self.program.fact(self.gateway, key)
    }

    pub fn run<'b>(self, routine: Routine, inputs: &vm::Inputs<'b>) -> Result<vm::Output<'b>, vm::Trap>
    where
        'a: 'b,
    {
        vm::run(self.program, self.gateway, routine, &vm::Inputs { settings: Some(&self.settings.all), ..*inputs })
    }
}

impl Gateways {
    /// `settings`: by gateway, each of the program's. `plain_http` allows an `http:` origin: for development, against a simulator.
    pub fn new(
        program: Program,
        settings: &Json,
        callback_authorities: Vec<String>,
        reference_key: [u8; 32],
        plain_http: bool,
    ) -> Result<Self, ConfigError> {
        let mut known = Vec::new();
        for (name, gateway) in program.gateways() {
            known.push((name.to_owned(), read_settings(&program, name, gateway, settings.get(name), plain_http)?));
        }
        if callback_authorities.is_empty() {
            return Err(ConfigError::Missing("callbackAuthorities".to_owned()));
        }
        if !callback_authorities.iter().all(|authority| is_authority(authority)) {
            return Err(ConfigError::Malformed("callbackAuthorities".to_owned()));
        }
        Ok(Self { program, settings: known, callback_authorities, reference_key })
    }

    /// Name, origin and callback mode of each.
    pub fn list(&self) -> impl Iterator<Item = (&str, &str, &'static str)> {
        self.settings.iter().map(|(name, settings)| {
            let mode = match settings.callback_mode {
                CallbackMode::Signed => "signed",
                CallbackMode::Hint => "hint",
            };
            (name.as_str(), settings.origin.as_str(), mode)
        })
    }

    pub(crate) fn known(&self, name: &str) -> Option<Known<'_>> {
        let gateway = self.program.gateway(name)?;
        let settings = self.settings.iter().find_map(|(known, settings)| (known == name).then_some(settings))?;
        Some(Known { program: &self.program, gateway, settings })
    }
}

fn read_settings(
    program: &Program,
    name: &str,
    gateway: &vm::Gateway,
    given: &Json,
    plain_http: bool,
) -> Result<Settings, ConfigError> {
    let malformed = |setting: &str| ConfigError::Malformed(format!("{name}.{setting}"));
    let text = |setting: &str| match given.get(setting).text() {
        None | Some("") => Err(ConfigError::Missing(format!("{name}.{setting}"))),
        Some(text) => Ok(text),
    };
    let origin = text("origin")?;
    let authority = read_origin(origin, plain_http).ok_or_else(|| malformed("origin"))?;
    for (fact, _) in program.facts(gateway) {
        if let Some(setting) = fact.strip_prefix("setting.")
            && !visible_ascii(text(setting)?, SETTING_BYTES_MAX)
        {
            return Err(malformed(setting));
        }
    }
    let signing = match program.fact(gateway, "signing") {
        None => None,
        Some(_) => {
            let key = PrivateKey::from_pkcs8_pem(text("signingKey")?).ok_or_else(|| malformed("signingKey"))?;
            let key_id = text("keyId")?;
            if !visible_ascii(key_id, KEY_ID_BYTES_MAX) || key_id.contains(['"', '\\']) {
                return Err(malformed("keyId"));
            }
            let encoding = match text("signatureEncoding")? {
                "der" => Encoding::Der,
                "raw" => Encoding::Raw,
                _ => return Err(malformed("signatureEncoding")),
            };
            Some(Signing { key, key_id: key_id.to_owned(), encoding })
        }
    };
    let callback_mode = match program.fact(gateway, "webhook") {
        Some("rfc9421") => match text("callbackMode")? {
            "signed" => CallbackMode::Signed,
            "hint" => CallbackMode::Hint,
            _ => return Err(malformed("callbackMode")),
        },
        Some("hmac-sha256" | "hmac-sha512") => CallbackMode::Signed,
        _ => CallbackMode::Hint,
    };
    let all = Zeroizing::new(given.clone());
    Ok(Settings { origin: origin.to_owned(), authority, all, signing, callback_mode })
}

const SETTING_BYTES_MAX: usize = 4096;
const KEY_ID_BYTES_MAX: usize = 128;

/// The origin's authority. An origin has neither path nor query, and is spelt in the one normal way.
fn read_origin(origin: &str, plain_http: bool) -> Option<String> {
    split_url(origin)
        .filter(|url| url.scheme == "https" || plain_http)
        .filter(|url| origin == format!("{}://{}", url.scheme, url.authority))
        .map(|url| url.authority.to_owned())
}

//! What the vault can be asked. JSON in, JSON out; a callback's body follows its JSON as raw bytes.

use pawapay::active_conf::build_active_conf;
use pawapay::callback::{Arrived, Declined, verify_callback};
use pawapay::config::{Config, ConfigError, RawConfig};
use pawapay::deposit::{BuildError, Order, build_deposit, read_deposit};
use pawapay::http::{GatewayRequest, GatewayResponse};
use pawapay::predict::{build_predict_provider, read_predict_provider};
use pawapay::public_keys::{PublicKeyText, build_public_keys, read_public_keys};
use pawapay::status::{build_deposit_status, read_deposit_status};
use seal::{Attestor, Domain, Tag};
use serde::Serialize;
use strict_json::Json;
use zeroize::Zeroizing;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallError {
    Malformed,
    NotConfigured,
}

type Answer = Result<Vec<u8>, CallError>;

#[derive(Default)]
pub struct Vault {
    open: Option<Open>,
}

/// What a configured vault has.
struct Open {
    attestor: Attestor,
    pawapay: Config,
}

#[derive(Serialize)]
struct Configured {
    ok: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<&'static str>,
}

#[derive(Serialize)]
struct Built {
    ok: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    request: Option<GatewayRequest>,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'static str>,
}

impl From<Result<GatewayRequest, BuildError>> for Built {
    fn from(result: Result<GatewayRequest, BuildError>) -> Self {
        match result {
            Ok(request) => Self { ok: true, request: Some(request), code: None },
            Err(error) => Self { ok: false, request: None, code: Some(error.code()) },
        }
    }
}

#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum CallbackAnswer {
    /// `text` is the verdict as it is attested; the glue parses it and passes both on.
    Verified {
        text: String,
        mac: String,
        kid: String,
    },
    #[serde(rename_all = "camelCase")]
    NeedKey {
        key_id: String,
        reason: &'static str,
    },
    Refused {
        reason: &'static str,
    },
}

#[derive(Serialize)]
struct SealText {
    mac: String,
    kid: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Version {
    version: &'static str,
    build_id: &'static str,
}

impl Vault {
    pub fn call(&mut self, operation: u32, input: &[u8]) -> Answer {
        match operation {
            1 => return self.configure(input),
            10 => return self.verify_callback(input),
            14 => return write(&version()),
            _ => {}
        }
        let json = Json::parse(input).ok_or(CallError::Malformed)?;
        let text = |name| json.get(name).text().ok_or(CallError::Malformed);
        let response = || GatewayResponse::from_json(json.get("response")).ok_or(CallError::Malformed);
        let reference = || json.get("reference").text();
        match operation {
            2 => {
                let order = Order::from_json(json.get("order")).ok_or(CallError::Malformed)?;
                let now_ms = json.get("nowMs").integer().ok_or(CallError::Malformed)?;
                write(&Built::from(build_deposit(&self.open()?.pawapay, &order, now_ms)))
            }
            3 => write(&read_deposit(&response()?, reference())),
            4 => write(&Built::from(build_deposit_status(&self.open()?.pawapay, text("reference")?))),
            5 => write(&read_deposit_status(&response()?, text("currency")?, reference())),
            6 => write(&Built::from(Ok(build_public_keys(&self.open()?.pawapay)))),
            7 => write(&read_public_keys(&response()?)),
            8 => write(&Built::from(build_predict_provider(&self.open()?.pawapay, text("phoneNumber")?))),
            9 => write(&read_predict_provider(&response()?)),
            15 => write(&Built::from(build_active_conf(&self.open()?.pawapay, text("country")?))),
            11 => {
                let verdict = text("text")?.as_bytes();
                write(&self.open()?.attestor.verify(Domain::Verdict, &[verdict], &read_tag(&json)?))
            }
            12 => {
                let parts = [text("paymentId")?.as_bytes(), text("text")?.as_bytes()];
                let Tag { mac, kid } = self.open()?.attestor.tag(Domain::Snapshot, &parts);
                write(&SealText { mac, kid })
            }
            13 => {
                let parts = [text("paymentId")?.as_bytes(), text("text")?.as_bytes()];
                let tag = read_tag(json.get("seal"))?;
                write(&self.open()?.attestor.verify(Domain::Snapshot, &parts, &tag))
            }
            _ => Err(CallError::Malformed),
        }
    }

    fn open(&self) -> Result<&Open, CallError> {
        self.open.as_ref().ok_or(CallError::NotConfigured)
    }

    /// Takes a configuration whole, or closes the vault: the old one does not outlive a bad new one.
    fn configure(&mut self, input: &[u8]) -> Answer {
        self.open = None;
        let refused = |code, field| Configured { ok: false, code: Some(code), field: Some(field) };
        let answer = match Json::parse(input).map(Zeroizing::new) {
            None => refused(MALFORMED, "configuration"),
            Some(config) => match open(&config) {
                Ok(open) => {
                    self.open = Some(open);
                    Configured { ok: true, code: None, field: None }
                }
                Err(ConfigError::Missing(field)) => refused(MISSING, field),
                Err(ConfigError::Malformed(field)) => refused(MALFORMED, field),
            },
        };
        write(&answer)
    }

    /// Four bytes of length, the JSON, the body.
    fn verify_callback(&self, input: &[u8]) -> Answer {
        let (length, rest) = input.split_first_chunk::<4>().ok_or(CallError::Malformed)?;
        let (json, body) = rest.split_at_checked(u32::from_le_bytes(*length) as usize).ok_or(CallError::Malformed)?;
        let json = Json::parse(json).ok_or(CallError::Malformed)?;
        let callback = Arrived::from_json(json.get("callback")).ok_or(CallError::Malformed)?;
        let keys: Vec<PublicKeyText> =
            json.get("keys").array().ok_or(CallError::Malformed)?.iter().filter_map(PublicKeyText::from_json).collect();
        let now_ms = json.get("nowMs").integer().ok_or(CallError::Malformed)?;
        let open = self.open()?;
        write(&match verify_callback(&open.pawapay, &callback, body, &keys, now_ms) {
            Ok(verdict) => {
                let text = serde_json::to_string(&verdict).map_err(|_| CallError::Malformed)?;
                let Tag { mac, kid } = open.attestor.tag(Domain::Verdict, &[text.as_bytes()]);
                CallbackAnswer::Verified { text, mac, kid }
            }
            Err(Declined::NeedKey { key_id, reason }) => CallbackAnswer::NeedKey { key_id, reason },
            Err(Declined::Refused(reason)) => CallbackAnswer::Refused { reason },
        })
    }
}

/// A part of the configuration is not there.
const MISSING: &str = "E1001";
/// A part of the configuration is not what it should be.
const MALFORMED: &str = "E1002";

fn open(config: &Json) -> Result<Open, ConfigError> {
    let part = |json: &Json, field| match json {
        Json::Null => Err(ConfigError::Missing(field)),
        given => match given.text() {
            None => Err(ConfigError::Malformed(field)),
            Some("") => Err(ConfigError::Missing(field)),
            Some(text) => Ok(Zeroizing::new(text.to_owned())),
        },
    };
    let attestation = config.get("attestation");
    let environment = part(config.get("environment"), "environment")?;
    let reference_key = part(config.get("referenceKey"), "referenceKey")?;
    let current = part(attestation.get("current"), "attestation.current")?;
    let previous = match attestation.get("previous") {
        Json::Null => None,
        given => Some(part(given, "attestation.previous")?),
    };
    let reference_key = seal::from_hex(&reference_key)
        .and_then(|key| <[u8; 32]>::try_from(key).ok())
        .ok_or(ConfigError::Malformed("referenceKey"))?;
    if Attestor::new(&current, None).is_none() {
        return Err(ConfigError::Malformed("attestation.current"));
    }
    let attestor = Attestor::new(&current, previous.as_ref().map(|key| key.as_str()))
        .ok_or(ConfigError::Malformed("attestation.previous"))?;
    let authorities = config
        .get("callbackAuthorities")
        .array()
        .ok_or(ConfigError::Missing("callbackAuthorities"))?
        .iter()
        .map(|authority| authority.text().map(str::to_owned))
        .collect::<Option<_>>()
        .ok_or(ConfigError::Malformed("callbackAuthorities"))?;
    let pawapay = RawConfig::from_json(config.get("pawapay"));
    let plain_http = environment.as_str() == "development";
    Ok(Open { attestor, pawapay: Config::new(pawapay, authorities, reference_key, plain_http)? })
}

fn read_tag(json: &Json) -> Result<Tag, CallError> {
    let part = |name| json.get(name).text().map(str::to_owned).ok_or(CallError::Malformed);
    Ok(Tag { mac: part("mac")?, kid: part("kid")? })
}

const fn version() -> Version {
    let build_id = match option_env!("LANGO_BUILD_ID") {
        Some(id) => id,
        None => "unbuilt",
    };
    Version { version: env!("CARGO_PKG_VERSION"), build_id }
}

fn write<T: Serialize>(answer: &T) -> Answer {
    serde_json::to_vec(answer).map_err(|_| CallError::Malformed)
}

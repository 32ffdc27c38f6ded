//! What the vault can be asked. JSON in, JSON out; a callback's body follows its JSON as raw bytes.

use pawapay::callback::{Arrived, Declined, verify_callback};
use pawapay::config::{Config, ConfigError, RawConfig};
use pawapay::deposit::{BuildError, Order, build_deposit, read_deposit};
use pawapay::http::{GatewayRequest, GatewayResponse};
use pawapay::predict::{build_predict_provider, read_predict_provider};
use pawapay::public_keys::{PublicKeyText, build_public_keys, read_public_keys};
use pawapay::status::{build_deposit_status, read_deposit_status};
use seal::{Attestor, Domain, Tag};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
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

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct VaultConfig {
    environment: String,
    reference_key: String,
    attestation: AttestationConfig,
    callback_authorities: Vec<String>,
    pawapay: RawConfig,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct AttestationConfig {
    current: Zeroizing<String>,
    previous: Option<Zeroizing<String>>,
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

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct BuildDeposit {
    order: Order,
    now_ms: u64,
}

#[derive(Deserialize)]
struct ReadDeposit {
    response: GatewayResponse,
    reference: Option<String>,
}

#[derive(Deserialize)]
struct Reference {
    reference: String,
}

#[derive(Deserialize)]
struct ReadStatus {
    response: GatewayResponse,
    currency: String,
    reference: Option<String>,
}

#[derive(Deserialize)]
struct Response {
    response: GatewayResponse,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PhoneNumber {
    phone_number: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct VerifyCallback {
    callback: Arrived,
    keys: Vec<PublicKeyText>,
    now_ms: u64,
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

#[derive(Deserialize)]
struct Attested {
    text: String,
    mac: String,
    kid: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SealSnapshot {
    payment_id: String,
    text: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CheckSnapshot {
    payment_id: String,
    text: String,
    seal: SealText,
}

#[derive(Serialize, Deserialize)]
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
            1 => self.configure(input),
            2 => {
                let BuildDeposit { order, now_ms } = read(input)?;
                write(&Built::from(build_deposit(&self.open()?.pawapay, &order, now_ms)))
            }
            3 => {
                let ReadDeposit { response, reference } = read(input)?;
                write(&read_deposit(&response, reference.as_deref()))
            }
            4 => {
                let Reference { reference } = read(input)?;
                write(&Built::from(build_deposit_status(&self.open()?.pawapay, &reference)))
            }
            5 => {
                let ReadStatus { response, currency, reference } = read(input)?;
                write(&read_deposit_status(&response, &currency, reference.as_deref()))
            }
            6 => write(&Built::from(Ok(build_public_keys(&self.open()?.pawapay)))),
            7 => {
                let Response { response } = read(input)?;
                write(&read_public_keys(&response))
            }
            8 => {
                let PhoneNumber { phone_number } = read(input)?;
                write(&Built::from(build_predict_provider(&self.open()?.pawapay, &phone_number)))
            }
            9 => {
                let Response { response } = read(input)?;
                write(&read_predict_provider(&response))
            }
            10 => self.verify_callback(input),
            11 => {
                let Attested { text, mac, kid } = read(input)?;
                write(&self.open()?.attestor.verify(Domain::Verdict, &[text.as_bytes()], &Tag { mac, kid }))
            }
            12 => {
                let SealSnapshot { payment_id, text } = read(input)?;
                let Tag { mac, kid } =
                    self.open()?.attestor.tag(Domain::Snapshot, &[payment_id.as_bytes(), text.as_bytes()]);
                write(&SealText { mac, kid })
            }
            13 => {
                let CheckSnapshot { payment_id, text, seal: SealText { mac, kid } } = read(input)?;
                let parts = [payment_id.as_bytes(), text.as_bytes()];
                write(&self.open()?.attestor.verify(Domain::Snapshot, &parts, &Tag { mac, kid }))
            }
            14 => write(&Version {
                version: env!("CARGO_PKG_VERSION"),
                build_id: option_env!("LANGO_BUILD_ID").unwrap_or("unbuilt"),
            }),
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
        let answer = match serde_json::from_slice(input) {
            Err(_) => refused(MALFORMED, "configuration"),
            Ok(config) => match open(config) {
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
        let VerifyCallback { callback, keys, now_ms } = read(json)?;
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

fn open(config: VaultConfig) -> Result<Open, ConfigError> {
    for (field, text) in [
        ("environment", config.environment.as_str()),
        ("referenceKey", &config.reference_key),
        ("attestation.current", &config.attestation.current),
    ] {
        if text.is_empty() {
            return Err(ConfigError::Missing(field));
        }
    }
    let reference_key = seal::from_hex(&config.reference_key)
        .and_then(|key| <[u8; 32]>::try_from(key).ok())
        .ok_or(ConfigError::Malformed("referenceKey"))?;
    let previous = config.attestation.previous.as_ref().map(|key| key.as_str());
    if Attestor::new(&config.attestation.current, None).is_none() {
        return Err(ConfigError::Malformed("attestation.current"));
    }
    let attestor =
        Attestor::new(&config.attestation.current, previous).ok_or(ConfigError::Malformed("attestation.previous"))?;
    let plain_http = config.environment == "development";
    let pawapay = Config::new(config.pawapay, config.callback_authorities, reference_key, plain_http)?;
    Ok(Open { attestor, pawapay })
}

fn read<T: DeserializeOwned>(json: &[u8]) -> Result<T, CallError> {
    serde_json::from_slice(json).map_err(|_| CallError::Malformed)
}

fn write<T: Serialize>(answer: &T) -> Answer {
    serde_json::to_vec(answer).map_err(|_| CallError::Malformed)
}

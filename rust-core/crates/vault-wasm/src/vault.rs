//! What the vault can be asked. JSON in, JSON out; a callback's body follows its JSON as raw bytes.

use gateway::callback::{Arrived, Declined, verify_callback};
use gateway::deposit::{BuildError, DayCap, Deposit, Order, build_deposit, read_deposit};
use gateway::http::{GatewayRequest, GatewayResponse};
use gateway::predict::read_predict_provider;
use gateway::public_keys::{PublicKeyText, read_public_keys};
use gateway::question::ask;
use gateway::status::read_deposit_status;
use gateway::token::read_token;
use httpsig::ecdsa::PreparedKeys;
use seal::attest::{Domain, Tag};
use seal::personal::PhoneHashes;
use serde::Serialize;
use sha2::{Digest, Sha256};
use strict_json::Json;
use vm::{Inputs, Routine};

use crate::deployment::{Open, Opening, Refusal, open};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallError {
    Malformed,
    NotConfigured,
}

type Answer = Result<Vec<u8>, CallError>;

#[derive(Default)]
pub struct Vault {
    /// SHA-256 of the module's own bytes, once they were handed over.
    module: [u8; 32],
    open: Option<Open>,
    prepared: PreparedKeys,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Opened {
    Open { ok: bool, opening: Opening },
    Closed { ok: bool, code: &'static str, fields: Vec<String> },
}

#[derive(Serialize, Default)]
#[serde(rename_all = "camelCase")]
struct Built {
    ok: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    request: Option<GatewayRequest>,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'static str>,
    /// Which rule of the merchant's policy refuses.
    #[serde(skip_serializing_if = "Option::is_none")]
    rule: Option<String>,
    /// In what it is other than the shop signed.
    #[serde(skip_serializing_if = "Option::is_none")]
    intent: Option<&'static str>,
    /// What a deposit is to be counted against before it is sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    day_cap: Option<DayCap>,
}

impl Built {
    /// What was built is looked at once more, whatever built it.
    fn from(open: &Open, result: Result<GatewayRequest, BuildError>) -> Self {
        match result {
            Ok(request) => match open.permit(&request) {
                Ok(()) => Self { ok: true, request: Some(request), ..Self::default() },
                Err(code) => Self::refused(code),
            },
            Err(error) => {
                let refused = Self::refused(error.code());
                match error {
                    BuildError::Policy(rule) => Self { rule: Some(rule), ..refused },
                    BuildError::Intent(error) => Self { intent: Some(error.reason()), ..refused },
                    _ => refused,
                }
            }
        }
    }

    fn deposit(open: &Open, result: Result<Deposit, BuildError>) -> Self {
        match result {
            Ok(Deposit { request, day_cap }) => Self { day_cap, ..Self::from(open, Ok(request)) },
            Err(error) => Self::from(open, Err(error)),
        }
    }

    fn refused(code: &'static str) -> Self {
        Self { code: Some(code), ..Self::default() }
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
struct PhoneHashesText {
    current: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    previous: Option<String>,
    erased: String,
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
            1 => return self.open_with(input),
            16 => {
                self.module = Sha256::digest(input).into();
                return write(&true);
            }
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
                let open = self.open()?;
                write(&match open.in_time(now_ms) {
                    Ok(()) => {
                        Built::deposit(open, build_deposit(&open.gateways, &order, json.get("token").text(), now_ms))
                    }
                    Err(code) => Built::refused(code),
                })
            }
            3 | 23 => {
                let routine = if operation == 3 { Routine::ReadDeposit } else { Routine::ReadOtp };
                write(&read_deposit(&self.open()?.gateways, text("gateway")?, routine, &response()?, reference()))
            }
            4 | 6 | 8 | 15 | 18 | 20 | 22 => {
                let routine = match operation {
                    4 => Routine::BuildStatus,
                    6 => Routine::BuildKeys,
                    8 => Routine::BuildPredict,
                    15 => Routine::BuildConditions,
                    18 => Routine::BuildToken,
                    20 => Routine::BuildCancel,
                    _ => Routine::BuildOtp,
                };
                let inputs = Inputs {
                    reference: reference(),
                    phone_number: json.get("phoneNumber").text(),
                    country: json.get("country").text(),
                    token: json.get("token").text(),
                    gateway_id: json.get("gatewayId").text(),
                    otp: json.get("otp").text(),
                    ..Inputs::default()
                };
                let open = self.open()?;
                write(&Built::from(open, ask(&open.gateways, text("gateway")?, routine, &inputs)))
            }
            5 | 21 => {
                let gateways = &self.open()?.gateways;
                let routine = if operation == 5 { Routine::ReadStatus } else { Routine::ReadCancel };
                let (gateway, currency) = (text("gateway")?, text("currency")?);
                write(&read_deposit_status(gateways, gateway, routine, &response()?, currency, reference()))
            }
            7 => write(&read_public_keys(&response()?)),
            9 => write(&read_predict_provider(&self.open()?.gateways, text("gateway")?, &response()?)),
            19 => write(&read_token(&self.open()?.gateways, text("gateway")?, &response()?)),
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
            17 => {
                let PhoneHashes { current, previous, erased } = self.open()?.phones.hash(text("phoneNumber")?);
                write(&PhoneHashesText { current, previous, erased })
            }
            _ => Err(CallError::Malformed),
        }
    }

    fn open(&self) -> Result<&Open, CallError> {
        self.open.as_ref().ok_or(CallError::NotConfigured)
    }

    /// Opens whole, or stays closed: what was open before does not outlive a bad opening.
    fn open_with(&mut self, input: &[u8]) -> Answer {
        self.open = None;
        write(&match open(input, self.module) {
            Ok((open, opening)) => {
                self.open = Some(open);
                Opened::Open { ok: true, opening }
            }
            Err(Refusal { code, fields }) => Opened::Closed { ok: false, code, fields },
        })
    }

    /// Four bytes of length, the JSON, the body.
    fn verify_callback(&mut self, input: &[u8]) -> Answer {
        let (length, rest) = input.split_first_chunk::<4>().ok_or(CallError::Malformed)?;
        let (json, body) = rest.split_at_checked(u32::from_le_bytes(*length) as usize).ok_or(CallError::Malformed)?;
        let json = Json::parse(json).ok_or(CallError::Malformed)?;
        let callback = Arrived::from_json(json.get("callback")).ok_or(CallError::Malformed)?;
        let keys: Vec<PublicKeyText> =
            json.get("keys").array().ok_or(CallError::Malformed)?.iter().filter_map(PublicKeyText::from_json).collect();
        let now_ms = json.get("nowMs").integer().ok_or(CallError::Malformed)?;
        let open = self.open.as_ref().ok_or(CallError::NotConfigured)?;
        write(&match verify_callback(&open.gateways, &callback, body, &keys, &mut self.prepared, now_ms) {
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

/// More than any answer but a page of a gateway's own: the vector never grows while a token is in it, which would leave copies behind.
const ANSWER_BYTES: usize = 16 * 1024;

fn write<T: Serialize>(answer: &T) -> Answer {
    let mut text = Vec::with_capacity(ANSWER_BYTES);
    serde_json::to_writer(&mut text, answer).map_err(|_| CallError::Malformed)?;
    Ok(text)
}

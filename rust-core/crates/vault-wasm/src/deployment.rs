//! Opening: what the deployment is, what was sealed to it, and the configuration that comes of both.
//!
//! Plain settings are vars, and each of them is a fact of the imprint; keys and limits come out of the blob.

use gateway::config::{ConfigError, Gateways};
use gateway::http::GatewayRequest;
use seal::attest::Attestor;
use seal::blob::{Blob, Closed, Masters, Trust};
use seal::bundle::{Bundle, Slot};
use seal::hex::{from_hex, to_hex};
use seal::imprint::{ENVIRONMENT_VAR, Facts, Seen};
use seal::personal::PhoneHasher;
use serde::Serialize;
use strict_json::Json;
use zeroize::Zeroizing;

/// What an open vault has.
pub struct Open {
    pub attestor: Attestor,
    pub phones: PhoneHasher,
    pub gateways: Gateways,
    not_after_s: u64,
    origins: Vec<String>,
    headers: Vec<String>,
    body_bytes_max: usize,
}

/// What may be told about an open vault.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Opening {
    epoch: u32,
    not_after_s: u64,
    imprint: String,
    program_id: String,
    gateways: Vec<OpenGateway>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct OpenGateway {
    name: String,
    origin: String,
    callback_mode: &'static str,
}

/// Why it stays closed: one code, and the names of what is wrong.
pub struct Refusal {
    pub code: &'static str,
    pub fields: Vec<String>,
}

impl From<Closed> for Refusal {
    fn from(closed: Closed) -> Self {
        Self { code: closed.code(), fields: Vec::new() }
    }
}

impl From<ConfigError> for Refusal {
    fn from(error: ConfigError) -> Self {
        match error {
            ConfigError::Missing(field) => missing(&field),
            ConfigError::Malformed(field) => malformed(&field),
        }
    }
}

fn missing(field: &str) -> Refusal {
    Refusal { code: Closed::NoKey.code(), fields: vec![field.to_owned()] }
}

fn malformed(field: &str) -> Refusal {
    Refusal { code: Closed::Malformed.code(), fields: vec![field.to_owned()] }
}

/// Five parts, each after its length in four bytes: JSON (facts, keys, time), manifest, blob, trust. `module`: SHA-256 of vault.wasm.
pub fn open(input: &[u8], module: [u8; 32]) -> Result<(Open, Opening), Refusal> {
    let mut rest = input;
    let mut part = |name| take_part(&mut rest).ok_or_else(|| malformed(name));
    let json = part("message")?;
    let (manifest, sealed, trust) = (part("manifest")?, part("sealed")?, part("trust")?);
    let json = Json::parse(json).map(Zeroizing::new).ok_or_else(|| malformed("message"))?;
    let seen = Seen {
        version_tag: json.get("versionTag").text().unwrap_or_default().to_owned(),
        bindings: pairs(json.get("bindings")).ok_or_else(|| malformed("bindings"))?,
        vars: pairs(json.get("vars")).ok_or_else(|| malformed("vars"))?,
        module,
    };
    let now_s = json.get("nowMs").integer().ok_or_else(|| malformed("nowMs"))? / 1000;
    let master = key(&json, "master")?;
    let previous = key(&json, "masterPrevious")?;
    let second_share = key(&json, "secondShare")?;
    let keys: Vec<&[u8; 32]> = [&master, &previous].into_iter().filter_map(|key| key.as_deref()).collect();
    if keys.is_empty() {
        return Err(missing("master"));
    }

    let sealed_facts = Facts::parse(manifest).ok_or_else(|| malformed("manifest"))?;
    let trust = Trust::parse(trust).ok_or_else(|| malformed("trust"))?;
    let blob = Blob::parse(sealed)?;
    let facts = sealed_facts.as_seen(&seen, blob.epoch());
    let imprint = facts.imprint();
    let masters = Masters { keys: &keys, second_share: second_share.as_deref() };
    let opened = blob.open(&imprint, &masters, &trust, now_s).map_err(|closed| match closed {
        Closed::OtherImprint => Refusal { code: closed.code(), fields: sealed_facts.differences(&facts) },
        Closed::NoKey => missing("secondShare"),
        other => other.into(),
    })?;
    let bundle = Bundle::parse(&opened.plaintext).ok_or_else(|| malformed("bundle"))?;
    // The program is the one of the imprint, in the language that this very blob has for it.
    let id = <[u8; 32]>::try_from(facts.program.as_slice()).map_err(|_| missing("program"))?;
    let isa_key = opened.derive(b"PSB1 isa", &id);
    let program = vm::envelope::load(&bundle.program, &isa_key).map_err(|_| refused_program())?;
    if program.id != id {
        return Err(refused_program());
    }
    let var = |name: &str| match facts.var(&seen, name) {
        None | Some("") => Err(missing(name)),
        Some(value) => Ok(value.to_owned()),
    };

    let slot = |purpose, slot| bundle.key(purpose, slot).map(|key| key.material());
    let current = |purpose: &'static str| slot(purpose, Slot::Current).ok_or_else(|| missing(purpose));
    let text =
        |bytes: &[u8], field: &str| String::from_utf8(bytes.to_vec()).map(Zeroizing::new).map_err(|_| malformed(field));
    // What a gateway wants to know is a key under the seal, or else a var in the imprint: `pawapay.token`, `PAWAPAY_ORIGIN`.
    let mut settings = Vec::new();
    for (name, gateway) in program.gateways() {
        let mut own = Vec::new();
        if program.fact(gateway, "signing").is_some() {
            let purpose = format!("{name}.signing");
            let signing = bundle.signing_key(&purpose, now_s).ok_or_else(|| missing(&purpose))?;
            own.push(("signingKey".to_owned(), Json::String(text(signing.material(), &purpose)?.to_string())));
            own.push(("keyId".to_owned(), Json::String(signing.kid.clone())));
        }
        let named = program.facts(gateway).filter_map(|(fact, _)| fact.strip_prefix("setting."));
        for setting in named.chain(["origin", "signatureEncoding", "callbackMode"]) {
            let purpose = format!("{name}.{setting}");
            let value = match bundle.key(&purpose, Slot::Current) {
                Some(key) => Some(text(key.material(), &purpose)?.to_string()),
                None => facts.var(&seen, &var_name(name, setting)).map(str::to_owned),
            };
            own.extend(value.map(|value| (setting.to_owned(), Json::String(value))));
        }
        settings.push((name.to_owned(), Json::Object(own)));
    }
    let settings = Zeroizing::new(Json::Object(settings));
    let reference_key = from_hex(&var("LANGO_REFERENCE_KEY")?)
        .and_then(|key| <[u8; 32]>::try_from(key).ok())
        .ok_or_else(|| malformed("LANGO_REFERENCE_KEY"))?;
    let plain_http = var(ENVIRONMENT_VAR)? == "development";
    let attestor = Attestor::new(current("attestation")?, slot("attestation", Slot::Previous))
        .ok_or_else(|| malformed("attestation"))?;
    let phones = PhoneHasher::new(current("personal")?, slot("personal", Slot::Previous))
        .ok_or_else(|| malformed("personal"))?;
    let gateways = Gateways::new(program, &settings, facts.inbound_hosts.clone(), reference_key, plain_http)?;
    let opening = Opening {
        epoch: facts.epoch,
        not_after_s: opened.not_after_s,
        imprint: to_hex(&imprint),
        program_id: to_hex(&facts.program),
        gateways: gateways
            .list()
            .map(|(name, origin, callback_mode)| OpenGateway {
                name: name.to_owned(),
                origin: origin.to_owned(),
                callback_mode,
            })
            .collect(),
    };
    let open = Open {
        attestor,
        phones,
        gateways,
        not_after_s: opened.not_after_s,
        // An origin has to stand in both: in the imprint for all to see, and under the seal.
        origins: bundle.origins.iter().filter(|origin| facts.outbound_origins.contains(origin)).cloned().collect(),
        headers: bundle.headers.clone(),
        body_bytes_max: bundle.body_bytes_max,
    };
    Ok((open, opening))
}

impl Open {
    /// Whether a request may leave, whatever built it. The error is its code.
    pub fn permit(&self, request: &GatewayRequest) -> Result<(), &'static str> {
        let goes_to = |origin: &String| {
            request
                .url
                .strip_prefix(origin.as_str())
                .is_some_and(|rest| rest.starts_with(['/', '?']) || rest.is_empty())
        };
        if !self.origins.iter().any(goes_to) {
            return Err("E1101");
        }
        let known = |name: &str| self.headers.iter().any(|header| header.eq_ignore_ascii_case(name));
        if !request.headers.iter().all(|(name, _)| known(name)) {
            return Err("E1102");
        }
        if request.body.as_ref().is_some_and(|body| body.len() > self.body_bytes_max) {
            return Err("E1103");
        }
        Ok(())
    }

    /// An isolate may outlive what it opened: nothing more is signed then.
    pub fn in_time(&self, now_ms: u64) -> Result<(), &'static str> {
        if now_ms / 1000 > self.not_after_s { Err(Closed::OutOfTime.code()) } else { Ok(()) }
    }
}

/// The program is made for another blob, altered, or does what no program may.
fn refused_program() -> Refusal {
    Refusal { code: "E1201", fields: vec!["program".to_owned()] }
}

/// `PAWAPAY_CALLBACK_MODE` for `callbackMode` of `pawapay`.
fn var_name(gateway: &str, setting: &str) -> String {
    let mut name = gateway.to_ascii_uppercase();
    name.push('_');
    for character in setting.chars() {
        if character.is_ascii_uppercase() {
            name.push('_');
        }
        name.push(character.to_ascii_uppercase());
    }
    name
}

fn take_part<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let (length, after) = rest.split_first_chunk::<4>()?;
    let (part, after) = after.split_at_checked(usize::try_from(u32::from_le_bytes(*length)).ok()?)?;
    *rest = after;
    Some(part)
}

/// 64 hex digits, or nothing.
fn key(json: &Json, name: &'static str) -> Result<Option<Zeroizing<[u8; 32]>>, Refusal> {
    match json.get(name) {
        Json::Null => Ok(None),
        given => given
            .text()
            .and_then(from_hex)
            .map(Zeroizing::new)
            .and_then(|bytes| <[u8; 32]>::try_from(bytes.as_slice()).ok())
            .map(|key| Some(Zeroizing::new(key)))
            .ok_or_else(|| malformed(name)),
    }
}

fn pairs(json: &Json) -> Option<Vec<(String, String)>> {
    json.array()?
        .iter()
        .map(|pair| match pair.array()? {
            [name, value] => Some((name.text()?.to_owned(), value.text()?.to_owned())),
            _ => None,
        })
        .collect()
}

//! decide.wasm: the `payments` crate for JavaScript.
//!
//! Text in, text out. No input makes it panic: what cannot be read gets an answer that says so. Its types are
//! `src/contracts/decide.ts`, and `src/core/decide.ts` is the only code that calls it.

use payments::providers::Auth;
use payments::reducer::{self, Effect, Event, State};
use payments::{money, providers, reference};
use serde::Serialize;
use wasm_bindgen::prelude::wasm_bindgen;

/// The payment id of (merchant, mode, natural key).
#[wasm_bindgen(js_name = paymentId)]
#[must_use]
pub fn payment_id(merchant: &str, mode: &str, kind: &str, value: &str) -> String {
    reference::payment_key(merchant, mode, kind, value).to_id()
}

/// The reference of an attempt; `undefined` when the key is not 64 hex digits, the id not one of ours, or the attempt not 1–255.
#[wasm_bindgen(js_name = gatewayReference)]
#[must_use]
pub fn gateway_reference(reference_key: &str, payment_id: &str, attempt: u32) -> Option<String> {
    let key = read_key(reference_key)?;
    let payment = reference::PaymentKey::from_id(payment_id)?;
    let attempt = u8::try_from(attempt).ok().filter(|attempt| *attempt > 0)?;
    Some(reference::encode(&key, &payment, attempt))
}

fn read_key(text: &str) -> Option<[u8; 32]> {
    let digits = text.as_bytes();
    let mut key = [0_u8; 32];
    if digits.len() != 2 * key.len() {
        return None;
    }
    for (byte, pair) in key.iter_mut().zip(digits.chunks_exact(2)) {
        for digit in pair {
            let value = char::from(*digit).to_digit(16)?;
            *byte = *byte << 4 | u8::try_from(value).ok()?;
        }
    }
    Some(key)
}

#[derive(Serialize)]
#[serde(untagged)]
enum StepAnswer {
    Stepped { ok: bool, state: Box<State>, effects: Vec<Effect> },
    Refused { ok: bool, code: &'static str },
}

/// One step of the reducer. `state` is JSON or `null`; an unreadable state or event is refused as `malformed_state` or
/// `malformed_event`, and the caller's state stands.
#[wasm_bindgen]
#[must_use]
pub fn step(state: &str, event: &str) -> String {
    let refused = |code| StepAnswer::Refused { ok: false, code };
    let answer = match (serde_json::from_str::<Option<State>>(state), serde_json::from_str::<Event>(event)) {
        (Err(_), _) => refused("malformed_state"),
        (_, Err(_)) => refused("malformed_event"),
        (Ok(state), Ok(event)) => match reducer::step(state, event) {
            Ok((state, effects)) => StepAnswer::Stepped { ok: true, state: Box::new(state), effects },
            Err(refusal) => refused(refusal.code()),
        },
    };
    to_json(&answer)
}

#[derive(Serialize)]
#[serde(untagged, rename_all_fields = "camelCase")]
enum DepositAnswer {
    Fits { ok: bool, amount_minor: String, country: &'static str },
    Wrong { ok: bool, errors: Vec<FieldError> },
}

#[derive(Serialize)]
struct FieldError {
    field: &'static str,
    message: String,
}

/// Whether a deposit can be sent to a provider at all, and if not, why not, field by field.
#[wasm_bindgen(js_name = checkDeposit)]
#[must_use]
pub fn check_deposit(amount: &str, currency: &str, provider: &str, phone_number: &str) -> String {
    to_json(&match providers::check_deposit(amount, currency, provider, phone_number) {
        Ok(deposit) => {
            DepositAnswer::Fits { ok: true, amount_minor: deposit.amount_minor.to_string(), country: deposit.country }
        }
        Err(errors) => DepositAnswer::Wrong {
            ok: false,
            errors: errors.into_iter().map(|error| FieldError { field: error.field, message: error.message }).collect(),
        },
    })
}

/// Minor units of a decimal amount; `undefined` when it does not fit the currency.
#[wasm_bindgen(js_name = parseAmount)]
#[must_use]
pub fn parse_amount(amount: &str, currency: &str) -> Option<String> {
    money::parse_minor(amount, currency).map(|minor| minor.to_string())
}

/// Minor units as a decimal; `undefined` when they are no canonical number or the currency is not known.
#[wasm_bindgen(js_name = formatAmount)]
#[must_use]
pub fn format_amount(amount_minor: &str, currency: &str) -> Option<String> {
    money::format_minor(reducer::Minor::parse(amount_minor)?.0, currency)
}

#[wasm_bindgen(js_name = knownCurrency)]
#[must_use]
pub fn known_currency(currency: &str) -> bool {
    money::exponent(currency).is_some()
}

#[derive(Serialize)]
struct Predicted {
    provider: &'static str,
    country: &'static str,
}

/// `{provider, country}` or `null`.
#[wasm_bindgen(js_name = predictProvider)]
#[must_use]
pub fn predict_provider(phone_number: &str) -> String {
    let predicted = providers::predict(phone_number)
        .map(|(country, provider)| Predicted { provider: provider.code, country: country.code });
    to_json(&predicted)
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Country {
    code: &'static str,
    calling_code: &'static str,
    number_digits: &'static [usize],
    providers: Vec<Provider>,
}

#[derive(Serialize)]
struct Provider {
    code: &'static str,
    decimals: u8,
    auth: &'static str,
    prefixes: &'static [&'static str],
}

/// The countries in which somebody charges this currency, with those providers, in the order of the table.
#[wasm_bindgen(js_name = providersOf)]
#[must_use]
pub fn providers_of(currency: &str) -> String {
    let charging = |provider: &providers::Provider| {
        let (_, decimals) = provider.currencies.iter().find(|(code, _)| *code == currency)?;
        let auth = match provider.auth {
            Auth::Provider => "provider",
            Auth::Preauth => "preauth",
            Auth::Redirect => "redirect",
        };
        Some(Provider { code: provider.code, decimals: *decimals, auth, prefixes: provider.prefixes })
    };
    let countries: Vec<Country> = providers::countries()
        .iter()
        .map(|country| Country {
            code: country.code,
            calling_code: country.calling_code,
            number_digits: country.number_digits,
            providers: country.providers.iter().filter_map(charging).collect(),
        })
        .filter(|country| !country.providers.is_empty())
        .collect();
    to_json(&countries)
}

/// The crate's version.
#[wasm_bindgen]
#[must_use]
pub fn version() -> String {
    env!("CARGO_PKG_VERSION").into()
}

/// What the build was made from, as `build:core` says it; `dev` in a build by hand.
#[wasm_bindgen(js_name = buildId)]
#[must_use]
pub fn build_id() -> String {
    option_env!("LANGO_BUILD_ID").unwrap_or("dev").into()
}

/// Serialising these answers cannot fail: they hold strings, integers and lists of them. If it did, `null` would say so.
fn to_json(answer: &impl Serialize) -> String {
    serde_json::to_string(answer).unwrap_or_else(|_| "null".into())
}

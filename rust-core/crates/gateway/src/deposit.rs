//! Taking money: the request that asks for it, and what its answer means.

use payments::reference::{PaymentKey, decode};
use serde::Serialize;
use strict_json::Json;
use vm::url::split_url;
use vm::{Ended, Field, Inputs, Output, Routine};

use crate::config::Gateways;
use crate::http::{GatewayRequest, GatewayResponse};
use crate::intent::{self, IntentError};
use crate::request::{complete, written};
use crate::text::{is_code, is_msisdn};

/// A deposit as the payment object decided it.
#[derive(Debug, Clone)]
pub struct Order {
    pub gateway: String,
    pub payment_id: String,
    pub attempt: u8,
    pub reference: String,
    pub amount_minor: String,
    pub currency: String,
    pub phone_number: String,
    pub provider: String,
    pub customer_message: Option<String>,
    pub invoice: Option<String>,
    /// What the customer got from a provider that wants to be asked first; nobody else takes one.
    pub pre_authorisation_code: Option<String>,
    /// Where a provider with a page of its own sends the customer back to; for others it is left out.
    pub resume_url: Option<String>,
    /// Whose policy holds; absent: the deployment's.
    pub merchant_id: Option<String>,
    /// What the shop signed of it.
    pub intent: Option<String>,
}

impl Order {
    /// `None` when the glue handed over something else.
    #[must_use]
    pub fn from_json(json: &Json) -> Option<Self> {
        let text = |name| json.get(name).text().map(str::to_owned);
        let optional = |name: &'static str| match json.get(name) {
            Json::Null => Some(None),
            given => given.text().map(|text| Some(text.to_owned())),
        };
        Some(Self {
            gateway: text("gateway")?,
            payment_id: text("paymentId")?,
            attempt: u8::try_from(json.get("attempt").integer()?).ok()?,
            reference: text("reference")?,
            amount_minor: text("amountMinor")?,
            currency: text("currency")?,
            phone_number: text("phoneNumber")?,
            provider: text("provider")?,
            customer_message: optional("customerMessage")?,
            invoice: optional("invoice")?,
            pre_authorisation_code: optional("preAuthorisationCode")?,
            resume_url: optional("resumeUrl")?,
            merchant_id: optional("merchantId")?,
            intent: optional("intent")?,
        })
    }
}

/// Why a request is not built. All but `Policy` and `Intent` are bugs or tampering on our side, so a code is all that leaves the core.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BuildError {
    /// The clock is not one: Workers have 0 outside a request.
    Clock,
    /// The reference is not that of (payment, attempt).
    Reference,
    Amount,
    PhoneNumber,
    Provider,
    CustomerMessage,
    Invoice,
    Gateway,
    Unsignable,
    PreAuthorisationCode,
    ResumeUrl,
    Country,
    /// The gateway wants a token that was fetched, and none was handed over.
    Token,
    /// The program has no such routine, wrote too much, or something that is no request.
    Program,
    /// The merchant's policy does not allow it; its rule's name.
    Policy(String),
    /// It is not what the shop signed.
    Intent(IntentError),
}

impl BuildError {
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Clock => "E1010",
            Self::Reference => "E1301",
            Self::Amount => "E1302",
            Self::PhoneNumber => "E1303",
            Self::Provider => "E1304",
            Self::CustomerMessage => "E1305",
            Self::Invoice => "E1306",
            Self::Gateway => "E1307",
            Self::Unsignable => "E1308",
            Self::PreAuthorisationCode => "E1309",
            Self::ResumeUrl => "E1310",
            Self::Country => "E1311",
            Self::Program => "E1312",
            Self::Token => "E1313",
            Self::Policy(_) => "E1320",
            Self::Intent(_) => "E1330",
        }
    }

    /// What a program's refusal means. The codes are those of `code`; `policy:` stands before the rules of merchants.
    pub(crate) fn refused(said: &str) -> Self {
        match (said.strip_prefix("policy:"), said) {
            (Some(rule), _) => Self::Policy(rule.to_owned()),
            (None, "E1302") => Self::Amount,
            (None, "E1303") => Self::PhoneNumber,
            (None, "E1304") => Self::Provider,
            (None, "E1305") => Self::CustomerMessage,
            (None, "E1306") => Self::Invoice,
            (None, "E1309") => Self::PreAuthorisationCode,
            (None, "E1313") => Self::Token,
            _ => Self::Program,
        }
    }
}

/// 2023-11-14; long before this program, long after a clock that stands still.
const CLOCK_MIN_MS: u64 = 1_700_000_000_000;
const CLOCK_MAX_MS: u64 = 100_000_000_000_000;

/// What may be asked for under one merchant's policy in one currency on one day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DayCap {
    /// One more with each midnight, wherever the merchant's is.
    pub day: u32,
    /// Minor units.
    pub cap_minor: String,
}

/// A request that may be sent once its amount is counted against the day's cap, if there is one.
#[derive(Debug, PartialEq, Eq)]
pub struct Deposit {
    pub request: GatewayRequest,
    pub day_cap: Option<DayCap>,
}

/// The request for a deposit; `token`: what was fetched, for a gateway that wants one. Nothing of the order is believed: the reference must be that of its payment and attempt.
pub fn build_deposit(
    gateways: &Gateways,
    order: &Order,
    token: Option<&str>,
    now_ms: u64,
) -> Result<Deposit, BuildError> {
    if !(CLOCK_MIN_MS..=CLOCK_MAX_MS).contains(&now_ms) {
        return Err(BuildError::Clock);
    }
    let known = gateways.known(&order.gateway).ok_or(BuildError::Gateway)?;
    let payment = PaymentKey::from_id(&order.payment_id).ok_or(BuildError::Reference)?;
    if decode(&gateways.reference_key, &order.reference) != Some((payment, order.attempt)) {
        return Err(BuildError::Reference);
    }
    intent::check(known, order, now_ms).map_err(BuildError::Intent)?;
    if !is_msisdn(&order.phone_number) {
        return Err(BuildError::PhoneNumber);
    }
    if !is_code(&order.provider) {
        return Err(BuildError::Provider);
    }
    if order.invoice.as_deref().is_some_and(|invoice| !is_invoice(invoice)) {
        return Err(BuildError::Invoice);
    }
    if order.resume_url.as_deref().is_some_and(|url| split_url(url).is_none()) {
        return Err(BuildError::ResumeUrl);
    }
    let inputs = Inputs {
        now_ms: Some(now_ms),
        reference: Some(&order.reference),
        amount_minor: Some(minor_units(&order.amount_minor).ok_or(BuildError::Amount)?),
        currency: Some(&order.currency),
        phone_number: Some(&order.phone_number),
        provider: Some(&order.provider),
        customer_message: order.customer_message.as_deref(),
        invoice: order.invoice.as_deref(),
        pre_authorisation_code: order.pre_authorisation_code.as_deref(),
        resume_url: order.resume_url.as_deref(),
        merchant_id: order.merchant_id.as_deref(),
        token,
        ..Inputs::default()
    };
    let output = written(known, Routine::BuildDeposit, &inputs)?;
    let day_cap = read_day_cap(&output)?;
    Ok(Deposit { request: complete(known, &output, now_ms)?, day_cap })
}

/// Half a cap would be none.
fn read_day_cap(output: &Output<'_>) -> Result<Option<DayCap>, BuildError> {
    match (output.get(Field::Day), output.get(Field::DayCapMinor)) {
        (None, None) => Ok(None),
        (Some(day), Some(cap)) => {
            let day = day.parse().map_err(|_| BuildError::Program)?;
            Ok(Some(DayCap { day, cap_minor: cap.to_owned() }))
        }
        _ => Err(BuildError::Program),
    }
}

/// A positive whole number in its one spelling.
fn minor_units(text: &str) -> Option<u64> {
    let canonical = !text.starts_with('0') && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| canonical)
}

fn is_invoice(text: &str) -> bool {
    // 128 characters at the edge, of up to four bytes each.
    (1..=512).contains(&text.len()) && !text.chars().any(char::is_control)
}

/// What became of a deposit request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum SendOutcome {
    /// Taken, not paid.
    #[serde(rename_all = "camelCase")]
    Accepted {
        #[serde(skip_serializing_if = "Option::is_none")]
        next_action: Option<NextAction>,
    },
    /// A definite no: nothing was or will be taken for this reference.
    Rejected {
        code: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        message: Option<String>,
    },
    Unknown {
        reason: String,
    },
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum NextAction {
    ApproveOnPhone,
    Redirect {
        #[serde(skip_serializing_if = "Option::is_none")]
        url: Option<String>,
    },
    /// A code that the customer has or gets is wanted (`Routine::BuildOtp`); `message`: the gateway's words on how to get it.
    Otp {
        #[serde(skip_serializing_if = "Option::is_none")]
        message: Option<String>,
    },
}

/// Reads the answer to a deposit request, as the gateway's program says. With `reference`, an answer about another deposit is
/// not an answer. What the program does not say clearly is unknown. The answer to a code that was handed on
/// (`Routine::ReadOtp`) says the same things of the code: the deposit stands as it stood.
#[must_use]
pub fn read_deposit(
    gateways: &Gateways,
    gateway: &str,
    routine: Routine,
    response: &GatewayResponse,
    reference: Option<&str>,
) -> SendOutcome {
    let unknown = |reason: &str| SendOutcome::Unknown { reason: reason.to_owned() };
    let Some(known) = gateways.known(gateway) else { return unknown("gateway_unknown") };
    let (http, answer) = match response.readable() {
        Ok(readable) => readable,
        Err(reason) => return SendOutcome::Unknown { reason },
    };
    let inputs = Inputs { body: answer.as_ref(), http: Some(http.into()), reference, ..Inputs::default() };
    let Ok(output) = known.run(routine, &inputs) else { return unknown("program") };
    let text = |field| output.get(field).map(str::to_owned);
    match (&output.ended, output.get(Field::Kind)) {
        (Ended::Halted, Some("accepted")) => SendOutcome::Accepted {
            next_action: match output.get(Field::NextAction) {
                Some("approve_on_phone") => Some(NextAction::ApproveOnPhone),
                Some("redirect") => Some(NextAction::Redirect { url: text(Field::NextUrl) }),
                Some("otp") => Some(NextAction::Otp { message: text(Field::Message) }),
                _ => None,
            },
        },
        (Ended::Halted, Some("rejected")) => match text(Field::Code) {
            Some(code) => SendOutcome::Rejected { code, message: text(Field::Message) },
            None => unknown("rejected_without_code"),
        },
        _ => unknown(output.get(Field::Reason).unwrap_or("unreadable")),
    }
}

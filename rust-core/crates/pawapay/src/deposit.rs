//! Taking money: the request that asks for it, and what its answer means.

use httpsig::digest::sha512_content_digest;
use httpsig::message::Request;
use httpsig::sign::{Parameters, sign_request};
use payments::money::format_minor;
use payments::providers::{Auth, find};
use payments::reference::{PaymentKey, decode};
use serde::Serialize;
use strict_json::Json;

use crate::config::Config;
use crate::http::{GatewayRequest, GatewayResponse, rfc3339};
use crate::text::{failure_code, failure_message, is_code, is_msisdn};

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
    /// What the customer got from a provider that wants to be asked first ([`Auth::Preauth`]); nobody else takes one.
    pub pre_authorisation_code: Option<String>,
    /// Where a provider with a page of its own ([`Auth::Redirect`]) sends the customer back to; for others it is left out.
    pub resume_url: Option<String>,
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
        })
    }
}

/// Why a request is not built. Each is a bug or tampering on our side, so a code is all that leaves the core.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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
}

impl BuildError {
    #[must_use]
    pub const fn code(self) -> &'static str {
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
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Body<'a> {
    deposit_id: &'a str,
    amount: &'a str,
    currency: &'a str,
    payer: Payer<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    customer_message: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pre_authorisation_code: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    successful_url: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    failed_url: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    metadata: Option<[Metadata<'a>; 1]>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Payer<'a> {
    r#type: &'static str,
    account_details: AccountDetails<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct AccountDetails<'a> {
    phone_number: &'a str,
    provider: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Metadata<'a> {
    order_id: &'a str,
}

const PATH: &str = "/v2/deposits";
const CONTENT_TYPE: &str = "application/json; charset=UTF-8";
/// The label that pawaPay's own signers use and its verifiers expect.
pub(crate) const LABEL: &str = "sig-pp";
const COMPONENTS: [&str; 6] = ["@method", "@authority", "@path", "signature-date", "content-digest", "content-type"];
const LIFETIME_S: i64 = 60;
/// An algorithm list, which is pawaPay's use of the name and not RFC 9421's.
const ACCEPT_SIGNATURE: &str = "rsa-pss-sha512,ecdsa-p256-sha256,rsa-v1_5-sha256,ecdsa-p384-sha384";
const ACCEPT_DIGEST: &str = "sha-256,sha-512";
/// 2023-11-14; long before this program, long after a clock that stands still.
const CLOCK_MIN_MS: u64 = 1_700_000_000_000;
const CLOCK_MAX_MS: u64 = 100_000_000_000_000;

/// The signed request for a deposit. Nothing of the order is believed: the reference must be that of its payment and attempt.
pub fn build_deposit(config: &Config, order: &Order, now_ms: u64) -> Result<GatewayRequest, BuildError> {
    if !(CLOCK_MIN_MS..=CLOCK_MAX_MS).contains(&now_ms) {
        return Err(BuildError::Clock);
    }
    let body = serde_json::to_string(&read_order(config, order)?.body()).map_err(|_| BuildError::Unsignable)?;
    let created = i64::try_from(now_ms / 1000).map_err(|_| BuildError::Clock)?;
    let digest = sha512_content_digest(body.as_bytes());
    let date = rfc3339(now_ms);
    let request = Request {
        method: "POST",
        authority: &config.authority,
        path: PATH,
        headers: &[("content-type", CONTENT_TYPE), ("content-digest", &digest), ("signature-date", &date)],
    };
    let parameters = Parameters {
        label: LABEL,
        components: &COMPONENTS,
        key_id: &config.key_id,
        created,
        expires: created + LIFETIME_S,
    };
    let signed = sign_request(&request, &parameters, &config.signing_key, config.signature_encoding)
        .map_err(|_| BuildError::Unsignable)?;
    Ok(GatewayRequest {
        method: "POST",
        url: format!("{}{PATH}", config.origin),
        headers: vec![
            config.bearer(),
            ("Content-Type", CONTENT_TYPE.to_owned()),
            ("Content-Digest", digest),
            ("Signature-Date", date),
            ("Signature-Input", signed.signature_input),
            ("Signature", signed.signature),
            ("Accept-Signature", ACCEPT_SIGNATURE.to_owned()),
            ("Accept-Digest", ACCEPT_DIGEST.to_owned()),
        ],
        body: Some(body),
    })
}

/// An order whose every part is what it should be.
struct CheckedOrder<'a> {
    order: &'a Order,
    amount: String,
    resume_url: Option<&'a str>,
}

impl CheckedOrder<'_> {
    fn body(&self) -> Body<'_> {
        let order = self.order;
        Body {
            deposit_id: &order.reference,
            amount: &self.amount,
            currency: &order.currency,
            payer: Payer {
                r#type: "MMO",
                account_details: AccountDetails { phone_number: &order.phone_number, provider: &order.provider },
            },
            customer_message: order.customer_message.as_deref(),
            pre_authorisation_code: order.pre_authorisation_code.as_deref(),
            successful_url: self.resume_url,
            failed_url: self.resume_url,
            metadata: order.invoice.as_deref().map(|order_id| [Metadata { order_id }]),
        }
    }
}

fn read_order<'a>(config: &Config, order: &'a Order) -> Result<CheckedOrder<'a>, BuildError> {
    if order.gateway != "pawapay" {
        return Err(BuildError::Gateway);
    }
    let payment = PaymentKey::from_id(&order.payment_id).ok_or(BuildError::Reference)?;
    if decode(&config.reference_key, &order.reference) != Some((payment, order.attempt)) {
        return Err(BuildError::Reference);
    }
    if !is_msisdn(&order.phone_number) {
        return Err(BuildError::PhoneNumber);
    }
    if !is_code(&order.provider) {
        return Err(BuildError::Provider);
    }
    if order.customer_message.as_deref().is_some_and(|message| !is_customer_message(message)) {
        return Err(BuildError::CustomerMessage);
    }
    if order.invoice.as_deref().is_some_and(|invoice| !is_invoice(invoice)) {
        return Err(BuildError::Invoice);
    }
    let auth = find(&order.provider).map(|(_, provider)| provider.auth);
    let is_fitting = |code: &str| auth == Some(Auth::Preauth) && is_pre_authorisation_code(code);
    if order.pre_authorisation_code.as_deref().is_some_and(|code| !is_fitting(code)) {
        return Err(BuildError::PreAuthorisationCode);
    }
    if order.resume_url.as_deref().is_some_and(|url| crate::http::split_url(url).is_none()) {
        return Err(BuildError::ResumeUrl);
    }
    let resume_url = order.resume_url.as_deref().filter(|_| auth == Some(Auth::Redirect));
    let amount = amount_text(&order.amount_minor, &order.currency).ok_or(BuildError::Amount)?;
    Ok(CheckedOrder { order, amount, resume_url })
}

/// pawaPay's spelling of an amount: no trailing zeros, and no point after which nothing comes.
fn amount_text(minor: &str, currency: &str) -> Option<String> {
    let canonical = !minor.starts_with('0') && minor.bytes().all(|byte| byte.is_ascii_digit());
    let minor: u64 = minor.parse().ok().filter(|minor| canonical && *minor > 0)?;
    let text = format_minor(minor, currency)?;
    let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    let integer_digits = text.split('.').next().map_or(0, str::len);
    (integer_digits <= 18).then(|| text.to_owned())
}

fn is_customer_message(text: &str) -> bool {
    (4..=22).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b' ')
}

fn is_pre_authorisation_code(text: &str) -> bool {
    (1..=36).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
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
}

/// Reads the answer to a deposit request. The body's status decides, not the HTTP class: a business refusal comes with 200.
///
/// With `reference`, an answer about another deposit is not an answer.
#[must_use]
pub fn read_deposit(response: &GatewayResponse, reference: Option<&str>) -> SendOutcome {
    let unknown = |reason: &str| SendOutcome::Unknown { reason: reason.to_owned() };
    let (http, answer) = match response.readable() {
        Ok(readable) => readable,
        Err(reason) => return SendOutcome::Unknown { reason },
    };
    if let (Some(ours), Some(theirs)) = (reference, answer.get("depositId").text())
        && ours != theirs
    {
        return unknown("other_deposit");
    }
    let rejected = |code: &str| SendOutcome::Rejected { code: code.to_owned(), message: failure_message(&answer) };
    match (answer.get("status").text(), http) {
        (Some("ACCEPTED"), 200..=299) => SendOutcome::Accepted {
            next_action: next_action(answer.get("nextStep").text(), answer.get("authorizationUrl").text()),
        },
        // The deposit exists and this answer does not say how it stands.
        (Some("DUPLICATE_IGNORED"), _) => unknown("duplicate"),
        (Some("REJECTED"), _) => match failure_code(&answer) {
            Some("UNKNOWN_ERROR") => unknown("unknown_error"),
            Some(code) => rejected(code),
            None => unknown("rejected_without_code"),
        },
        (None, 400 | 401 | 403) => match failure_code(&answer) {
            Some(code) if NEVER_CREATED.contains(&code) => rejected(code),
            _ => unknown(&format!("http_{http}")),
        },
        (Some(_), _) => unknown("status_unrecognised"),
        (None, _) => unknown("status_missing"),
    }
}

/// Codes with which a request is turned away at the door, even when the body has no status.
const NEVER_CREATED: [&str; 11] = [
    "NO_AUTHENTICATION",
    "AUTHENTICATION_ERROR",
    "AUTHORISATION_ERROR",
    "HTTP_SIGNATURE_ERROR",
    "INVALID_INPUT",
    "MISSING_PARAMETER",
    "UNSUPPORTED_PARAMETER",
    "INVALID_PARAMETER",
    "DUPLICATE_METADATA_FIELD",
    "DEPOSITS_NOT_ALLOWED",
    "INVALID_AMOUNT",
];

/// What the customer is to do next. An address is passed on only when it is an https one.
pub(crate) fn next_action(next_step: Option<&str>, authorization_url: Option<&str>) -> Option<NextAction> {
    match next_step {
        Some("FINAL_STATUS") => Some(NextAction::ApproveOnPhone),
        Some("GET_AUTH_URL") => Some(NextAction::Redirect { url: None }),
        Some("REDIRECT_TO_AUTH_URL") => Some(NextAction::Redirect { url: authorization_url.and_then(redirect_url) }),
        _ => None,
    }
}

pub(crate) fn redirect_url(url: &str) -> Option<String> {
    (url.starts_with("https://") && crate::http::split_url(url).is_some()).then(|| url.to_owned())
}

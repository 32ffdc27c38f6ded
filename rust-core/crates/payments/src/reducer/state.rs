//! The reducer's words. Their JSON is `src/contracts/decide.ts`, field by field.
//!
//! Stored states outlive the code that wrote them, in both directions. Fields are only ever added, each with a default for the
//! states from before it, and what a newer version added is carried along unread (`Unread`), so that an older one drops nothing.
//! What an older version could not leave unread without harm is a new `Version`, which it refuses.

use super::refund::Refund;
use super::schedule::{SEND_DEADLINE_MS, SETTLE_MS, answers_min, poll_delay_ms};
use crate::mutants::mutated;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::collections::BTreeMap;
use std::fmt;

/// Milliseconds since the epoch, or a duration in milliseconds.
pub type Millis = u64;

/// Minor units; a canonical decimal string in JSON, since a JavaScript number cannot hold them all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Minor(pub u64);

impl Minor {
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let value: u64 = text.parse().ok()?;
        (value.to_string() == text).then_some(Self(value))
    }
}

impl fmt::Display for Minor {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

impl Serialize for Minor {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Minor {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| de::Error::custom("not minor units"))
    }
}

/// What a reader has to understand. A version that this code does not know is refused, never guessed at; the oldest that will do
/// is written, so that a Worker which is rolled back still reads all that it can.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Version {
    V1 = 1,
    /// There are refunds.
    V2 = 2,
}

impl Serialize for Version {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u8(*self as u8)
    }
}

impl<'de> Deserialize<'de> for Version {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match u8::deserialize(deserializer)? {
            1 => Ok(Self::V1),
            2 => Ok(Self::V2),
            _ => Err(de::Error::custom("a version of the state that is not known")),
        }
    }
}

/// What a newer version wrote beside the fields that this one knows. Kept as it is.
pub type Unread = BTreeMap<String, serde_json::Value>;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PaymentStatus {
    Created,
    Pending,
    NeedsAction,
    Unknown,
    Succeeded,
    Failed,
    Expired,
    Review,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AttemptStatus {
    Created,
    Pending,
    NeedsAction,
    Unknown,
    Succeeded,
    Failed,
    Expired,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Attempt {
    pub n: u32,
    pub gateway: String,
    pub reference: String,
    pub status: AttemptStatus,
    /// The gateway refused it at initiation: no money moved.
    pub refused: bool,
    /// On a succeeded attempt: the code with which the gateway took its word back.
    pub failure_code: Option<String>,
    pub provider_transaction_id: Option<String>,
    pub created_at_ms: Millis,
    pub next_poll_at_ms: Option<Millis>,
    pub polls: u32,
    /// `Told::heard_at_ms` of the word that told of the capture.
    #[serde(default)]
    pub captured_heard_at_ms: Option<Millis>,
    /// "Not found" answers so far, at most one for each question of the plan.
    #[serde(default)]
    pub not_founds: u32,
    /// The call never reported: the object ended before it, or in the middle of it (T05, T06).
    #[serde(default)]
    pub call_lost: bool,
    /// What the gateway says that it took, if it said so in the payment's currency.
    #[serde(default)]
    pub captured_minor: Option<Minor>,
    /// How long this gateway's "not found" proves nothing, where that is longer than `SETTLE_MS`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settle_ms: Option<Millis>,
    #[serde(flatten)]
    pub unread: Unread,
}

impl Attempt {
    pub(super) fn new(n: u32, gateway: String, reference: String, settle_ms: Option<Millis>, now_ms: Millis) -> Self {
        Self {
            n,
            gateway,
            reference,
            status: AttemptStatus::Created,
            refused: false,
            failure_code: None,
            provider_transaction_id: None,
            created_at_ms: now_ms,
            next_poll_at_ms: (!mutated("nothing-asks-after-a-crash")).then(|| now_ms.saturating_add(SEND_DEADLINE_MS)),
            polls: 0,
            captured_heard_at_ms: None,
            not_founds: 0,
            call_lost: false,
            captured_minor: None,
            settle_ms: settle_ms.filter(|own_ms| *own_ms > SETTLE_MS),
            unread: Unread::new(),
        }
    }

    /// It may still be captured, as far as we know.
    #[must_use]
    pub fn is_open(&self) -> bool {
        use AttemptStatus::{Created, NeedsAction, Pending, Unknown};
        matches!(self.status, Created | Pending | NeedsAction | Unknown)
    }

    /// The gateway has not yet shown that it knows of it.
    #[must_use]
    pub fn is_unanswered(&self) -> bool {
        matches!(self.status, AttemptStatus::Created | AttemptStatus::Unknown)
    }

    pub(super) fn is_due(&self, now_ms: Millis) -> bool {
        self.is_open() && self.next_poll_at_ms.is_some_and(|at_ms| at_ms <= now_ms)
    }

    pub(super) fn send_deadline_ms(&self) -> Millis {
        self.created_at_ms.saturating_add(SEND_DEADLINE_MS)
    }

    /// The gateway has it. An attempt that waits for the customer's own doing keeps waiting for it, until the gateway says that
    /// only the phone is left.
    pub(super) fn acknowledge(&mut self, next_action: Option<&NextAction>, now_ms: Millis) {
        if next_action.is_some_and(NextAction::is_for_the_customer_here) {
            self.status = AttemptStatus::NeedsAction;
        } else if self.is_unanswered() || next_action.is_some() {
            self.status = AttemptStatus::Pending;
        }
        self.call_lost = false;
        self.poll_no_later(now_ms);
        // When the customer's time is up the gateway is asked, and nothing is concluded from our clock.
        if let (Some(at_ms), Some(up_ms)) = (self.next_poll_at_ms, next_action.and_then(|action| action.expires_at_ms))
        {
            self.next_poll_at_ms = Some(at_ms.min(up_ms.max(now_ms)));
        }
    }

    /// An answer counts once for each question of the plan: many hints in a short time prove no more than one.
    pub(super) fn hear_not_found(&mut self) {
        self.not_founds = self.not_founds.saturating_add(1).min(self.polls);
    }

    pub(super) fn not_found_often_enough(&self) -> bool {
        self.not_founds >= answers_min(self.settle_ms()) || mutated("one-not-found-is-enough")
    }

    /// Until then the gateway's "not found" proves nothing.
    pub(super) fn settle_ms(&self) -> Millis {
        self.settle_ms.map_or(SETTLE_MS, |own_ms| own_ms.max(SETTLE_MS))
    }

    /// Makes sure that an open attempt is asked about within its current pause. One that people were given stays theirs.
    pub(super) fn poll_no_later(&mut self, now_ms: Millis) {
        if self.is_open()
            && let Some(at_ms) = self.next_poll_at_ms
        {
            self.next_poll_at_ms = Some(at_ms.min(now_ms.saturating_add(poll_delay_ms(self.polls))));
        }
    }

    pub(super) fn fail(&mut self, code: Option<String>) {
        self.close(AttemptStatus::Failed, code);
    }

    /// The customer's time has passed, or the customer has left.
    pub(super) fn expire(&mut self, code: Option<String>) {
        self.close(AttemptStatus::Expired, code);
    }

    fn close(&mut self, status: AttemptStatus, code: Option<String>) {
        self.status = status;
        self.failure_code = code;
        self.next_poll_at_ms = None;
    }

    /// An answer says how it was when it was asked for, however late it comes: one from before the capture takes nothing back.
    pub(super) fn is_older_than_capture(&self, heard_at_ms: Option<Millis>) -> bool {
        matches!((heard_at_ms, self.captured_heard_at_ms), (Some(heard), Some(captured)) if heard <= captured)
            && !mutated("an-older-word-takes-it-back")
    }

    pub(super) fn capture(&mut self, captured_minor: Option<Minor>, heard_at_ms: Option<Millis>) {
        self.captured_minor = captured_minor;
        self.captured_heard_at_ms = heard_at_ms;
        self.call_lost = false;
        self.status = AttemptStatus::Succeeded;
        self.refused = false;
        self.failure_code = None;
        self.next_poll_at_ms = None;
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FulfilmentStatus {
    None,
    Pending,
    Fulfilled,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Via {
    Qstash,
    Outbox,
    Sweep,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Fulfilment {
    pub status: FulfilmentStatus,
    pub delivered_via: Option<Via>,
    pub at_ms: Option<Millis>,
    #[serde(flatten)]
    pub unread: Unread,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NextActionType {
    ApproveOnPhone,
    Redirect,
    Otp,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NextAction {
    #[serde(rename = "type")]
    pub kind: NextActionType,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// The gateway's own deadline for it, if it tells one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at_ms: Option<Millis>,
    #[serde(flatten)]
    pub unread: Unread,
}

impl NextAction {
    /// A redirect or a code needs the shop's page; a PIN prompt needs only the phone.
    fn is_for_the_customer_here(&self) -> bool {
        self.kind != NextActionType::ApproveOnPhone
    }
}

/// Everything there is to know about a payment, but who it belongs to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct State {
    pub v: Version,
    pub status: PaymentStatus,
    pub amount_minor: Minor,
    pub currency: String,
    pub attempts: Vec<Attempt>,
    pub fulfilment: Fulfilment,
    /// `amount_mismatch` and `reversal` stay until people correct them; `silent_for_30_days` and `not_found_after_accepted` are
    /// doubts that the gateway's final word settles.
    pub review_reason: Option<String>,
    pub doubles: Vec<u32>,
    pub late_success: bool,
    pub next_action: Option<NextAction>,
    pub succeeded_at_ms: Option<Millis>,
    pub created_at_ms: Millis,
    pub updated_at_ms: Millis,
    #[serde(default)]
    pub refunds: Vec<Refund>,
    #[serde(flatten)]
    pub unread: Unread,
}

const DOUBTS: [&str; 2] = ["silent_for_30_days", "not_found_after_accepted"];

impl State {
    pub(super) fn new(amount_minor: Minor, currency: String, now_ms: Millis) -> Self {
        Self {
            v: Version::V1,
            status: PaymentStatus::Created,
            amount_minor,
            currency,
            attempts: Vec::new(),
            fulfilment: Fulfilment {
                status: FulfilmentStatus::None,
                delivered_via: None,
                at_ms: None,
                unread: Unread::new(),
            },
            review_reason: None,
            doubles: Vec::new(),
            late_success: false,
            next_action: None,
            succeeded_at_ms: None,
            created_at_ms: now_ms,
            updated_at_ms: now_ms,
            refunds: Vec::new(),
            unread: Unread::new(),
        }
    }

    pub(super) fn attempt_mut(&mut self, n: u32) -> Result<&mut Attempt, Refusal> {
        self.attempts.iter_mut().find(|attempt| attempt.n == n).ok_or(Refusal::NoSuchAttempt)
    }

    /// The captured attempt that pays, or that would if its amount were right; doubles come on top of it.
    #[must_use]
    pub fn captured(&self) -> Option<&Attempt> {
        let is_first = |attempt: &&Attempt| !self.doubles.contains(&attempt.n);
        self.attempts.iter().filter(|attempt| attempt.status == AttemptStatus::Succeeded).find(is_first)
    }

    #[must_use]
    pub fn is_paid(&self) -> bool {
        self.status == PaymentStatus::Succeeded
    }

    /// Hands an unpaid payment to people, until the gateway's final word. False when it was theirs already, or is paid anyway.
    pub(super) fn doubt(&mut self, reason: &str) -> bool {
        let news = self.review_reason.is_none() && self.captured().is_none();
        if news {
            self.review_reason = Some(reason.into());
        }
        news
    }

    pub(super) fn clear_doubt(&mut self) {
        if self.review_reason.as_deref().is_some_and(|reason| DOUBTS.contains(&reason)) {
            self.review_reason = None;
        }
    }

    /// Brings the payment's own words in line with its attempts.
    pub(super) fn settle(&mut self) {
        if !self.refunds.is_empty() {
            self.v = self.v.max(Version::V2);
        }
        self.status = self.status_by_attempts();
        if !matches!(self.status, PaymentStatus::Pending | PaymentStatus::NeedsAction) {
            self.next_action = None;
        }
    }

    fn status_by_attempts(&self) -> PaymentStatus {
        if self.review_reason.is_some() {
            return PaymentStatus::Review;
        }
        if self.captured().is_some() {
            return PaymentStatus::Succeeded;
        }
        // INVARIANT (I1): only the last attempt can be open, since none is begun over an open one.
        // One that never left changes nothing: the payment stands as the attempt before left it.
        match self.attempts.iter().rev().find(|attempt| attempt.failure_code.as_deref() != Some("not_sent")) {
            None => PaymentStatus::Created,
            Some(attempt) => match attempt.status {
                AttemptStatus::Created | AttemptStatus::Pending => PaymentStatus::Pending,
                AttemptStatus::NeedsAction => PaymentStatus::NeedsAction,
                AttemptStatus::Unknown => PaymentStatus::Unknown,
                AttemptStatus::Succeeded => PaymentStatus::Succeeded,
                AttemptStatus::Expired => PaymentStatus::Expired,
                AttemptStatus::Failed => PaymentStatus::Failed,
            },
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    Pending,
    Succeeded,
    Failed,
    /// Given up by the gateway, since the customer did nothing.
    Expired,
    NotFound,
    Unrecognised,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    Callback,
    Poll,
}

/// The gateway's word on one attempt, from a verified callback or a status query.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Told {
    pub n: u32,
    pub outcome: Outcome,
    pub failure_code: Option<String>,
    /// As text: what is not a canonical number of minor units is a mismatch, not a reason to lose the event.
    pub amount_minor: Option<String>,
    pub currency: Option<String>,
    pub provider_transaction_id: Option<String>,
    pub source: Source,
    #[serde(default)]
    pub next_action: Option<NextAction>,
    /// When the gateway's message reached us, which may be long before it reached this payment; of an answer, when it was asked
    /// for, or when it came if it tells of a success. A word from before the capture takes nothing back; of a callback that does not say enough (`Effect::Ask`).
    #[serde(default)]
    pub heard_at_ms: Option<Millis>,
    pub now_ms: Millis,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Event {
    Begin {
        n: u32,
        gateway: String,
        reference: String,
        amount_minor: Minor,
        currency: String,
        /// How long this gateway's "not found" proves nothing; `SETTLE_MS` at the least.
        #[serde(default)]
        settle_ms: Option<Millis>,
        now_ms: Millis,
    },
    SendAccepted {
        n: u32,
        next_action: Option<NextAction>,
        now_ms: Millis,
    },
    SendRejected {
        n: u32,
        code: String,
        now_ms: Millis,
    },
    SendUnknown {
        n: u32,
        now_ms: Millis,
    },
    SendNotSent {
        n: u32,
        now_ms: Millis,
    },
    Told(Told),
    PollFailed {
        n: u32,
        now_ms: Millis,
    },
    Wake {
        now_ms: Millis,
    },
    Fulfilled {
        via: Via,
        now_ms: Millis,
    },
    RefundBegin {
        n: u32,
        attempt: u32,
        key: String,
        reference: String,
        amount_minor: Minor,
        now_ms: Millis,
    },
    RefundAccepted {
        n: u32,
        now_ms: Millis,
    },
    RefundRejected {
        n: u32,
        code: String,
        now_ms: Millis,
    },
    RefundUnknown {
        n: u32,
        now_ms: Millis,
    },
    RefundNotSent {
        n: u32,
        now_ms: Millis,
    },
    RefundTold(Told),
    RefundPollFailed {
        n: u32,
        now_ms: Millis,
    },
}

impl Event {
    #[must_use]
    pub fn now_ms(&self) -> Millis {
        match self {
            Self::Begin { now_ms, .. }
            | Self::SendAccepted { now_ms, .. }
            | Self::SendRejected { now_ms, .. }
            | Self::SendUnknown { now_ms, .. }
            | Self::SendNotSent { now_ms, .. }
            | Self::Told(Told { now_ms, .. })
            | Self::PollFailed { now_ms, .. }
            | Self::Wake { now_ms }
            | Self::Fulfilled { now_ms, .. }
            | Self::RefundBegin { now_ms, .. }
            | Self::RefundAccepted { now_ms, .. }
            | Self::RefundRejected { now_ms, .. }
            | Self::RefundUnknown { now_ms, .. }
            | Self::RefundNotSent { now_ms, .. }
            | Self::RefundTold(Told { now_ms, .. })
            | Self::RefundPollFailed { now_ms, .. } => *now_ms,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Effect {
    Send {
        n: u32,
    },
    Poll {
        n: u32,
    },
    /// A callback contradicts the capture of attempt `n`. It has changed nothing, and the plan polls no attempt that is closed:
    /// whoever drives the reducer asks the gateway until it has given a final word, as about a hint.
    Ask {
        n: u32,
    },
    WakeAt {
        at_ms: Millis,
    },
    Fulfil,
    Alert {
        code: String,
        n: u32,
    },
    /// Refund `n` is a task now: money was taken twice.
    RefundDue {
        n: u32,
    },
    SendRefund {
        n: u32,
    },
    PollRefund {
        n: u32,
    },
}

impl Effect {
    pub(super) fn alert(code: &str, n: u32) -> Self {
        Self::Alert { code: code.into(), n }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// Nothing was ever begun.
    NoPayment,
    NoSuchAttempt,
    /// An attempt may still be captured.
    AlreadyOpen,
    AlreadyPaid,
    InReview,
    /// Attempts are numbered 1, 2, 3 …
    WrongAttempt,
    AttemptsExhausted,
    OtherAmount,
    OtherCurrency,
    BadAmount,
    UnknownCurrency,
    /// Empty, or an earlier attempt's.
    BadReference,
    /// Fulfilled, but never paid.
    NotPaid,
    NoSuchRefund,
    /// This key has its refund: nothing more is to be done for it.
    RefundExists,
    /// This key's refund is about another attempt or amount.
    RefundMismatch,
    /// The attempt was not captured, its capture was taken back, or nobody knows how much it was.
    NothingToRefund,
    /// With what was given back, or may yet be, it is more than was taken.
    RefundTooMuch,
    /// Refunds are numbered 1, 2, 3 … like attempts.
    WrongRefund,
    RefundsExhausted,
}

impl Refusal {
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::NoPayment => "no_payment",
            Self::NoSuchAttempt => "no_such_attempt",
            Self::AlreadyOpen => "already_open",
            Self::AlreadyPaid => "already_paid",
            Self::InReview => "in_review",
            Self::WrongAttempt => "wrong_attempt",
            Self::AttemptsExhausted => "attempts_exhausted",
            Self::OtherAmount => "other_amount",
            Self::OtherCurrency => "other_currency",
            Self::BadAmount => "bad_amount",
            Self::UnknownCurrency => "unknown_currency",
            Self::BadReference => "bad_reference",
            Self::NotPaid => "not_paid",
            Self::NoSuchRefund => "no_such_refund",
            Self::RefundExists => "refund_exists",
            Self::RefundMismatch => "refund_mismatch",
            Self::NothingToRefund => "nothing_to_refund",
            Self::RefundTooMuch => "refund_too_much",
            Self::WrongRefund => "wrong_refund",
            Self::RefundsExhausted => "refunds_exhausted",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn minor_units_have_one_spelling() {
        for text in ["0", "1", "1050", "18446744073709551615"] {
            assert_eq!(Minor::parse(text).map(|minor| minor.to_string()).as_deref(), Some(text));
        }
        for text in ["", "01", "+1", "-1", "1.0", " 1", "1e3", "18446744073709551616", "١"] {
            assert_eq!(Minor::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_state_of_another_version_is_not_read() {
        let state = State::new(Minor(1050), "ZMW".into(), 7);
        let json = serde_json::to_string(&state).unwrap();
        assert_eq!(serde_json::from_str::<State>(&json).unwrap(), state);
        for version in ["0", "3", "1.0", "null", "\"1\""] {
            let other = json.replacen("\"v\":1", &format!("\"v\":{version}"), 1);
            assert_ne!(other, json);
            assert!(serde_json::from_str::<State>(&other).is_err(), "{version}");
        }
    }
}

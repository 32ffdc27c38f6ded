//! Refunds: money on its way back. Each is a record of its own, about one captured attempt, with its own reference and its own
//! questions; it is never given up as failed for silence, just as an attempt is not.
//!
//! | refund    | accepted | rejected        | unknown | not sent | told pending | told succeeded | told failed | not found (poll)    |
//! |-----------|----------|-----------------|---------|----------|--------------|----------------|-------------|---------------------|
//! | due       | ·        | ·               | ·       | ·        | ·            | ·              | ·           | ·                   |
//! | created   | pending  | failed, refused | unknown | due ¹    | pending      | succeeded      | failed      | failed once settled |
//! | unknown   | pending  | failed, refused | ·       | due ¹    | pending      | succeeded      | failed      | failed once settled |
//! | pending   | ·        | ·               | ·       | ·        | ·            | succeeded      | failed      | · , alert           |
//! | failed    | ·        | ·               | ·       | ·        | ·            | succeeded ²    | ·           | ·                   |
//! | succeeded | ·        | ·               | ·       | ·        | ·            | ·              | · , alert   | ·                   |
//!
//! ¹ what a shop asked for fails as `not_sent`, and its key is free again; a task stays due. ² with an alert, since another may have been made in its place.

use super::schedule::{ANSWERS_MIN, POLLS_MAX, SEND_DEADLINE_MS, SETTLE_MS, poll_delay_ms};
use super::state::{
    Attempt, AttemptStatus, Effect, Event, Millis, Minor, Outcome, Refusal, Source, State, Told, Unread,
};
use crate::mutants::mutated;
use serde::{Deserialize, Serialize};

/// Refund numbers fit one byte, like attempts.
const REFUNDS_MAX: usize = 255;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefundStatus {
    /// A task: nobody has begun it.
    Due,
    Created,
    Pending,
    Unknown,
    Succeeded,
    Failed,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefundReason {
    Requested,
    /// The attempt was captured beside another one (I1).
    Double,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Refund {
    pub n: u32,
    /// The captured attempt that it gives back, wholly or in part.
    pub attempt: u32,
    /// One key, one refund. A task has a key of ours, `double-<attempt>`.
    pub key: String,
    pub reason: RefundReason,
    /// None while it is due.
    pub reference: Option<String>,
    /// None on a task when the gateway did not say how much it took: people find out.
    pub amount_minor: Option<Minor>,
    pub status: RefundStatus,
    pub refused: bool,
    pub failure_code: Option<String>,
    pub provider_transaction_id: Option<String>,
    /// Of the task, or of the beginning: not-found answers are judged from `begun_at_ms`.
    pub created_at_ms: Millis,
    pub begun_at_ms: Option<Millis>,
    pub next_poll_at_ms: Option<Millis>,
    pub polls: u32,
    pub not_founds: u32,
    #[serde(flatten)]
    pub unread: Unread,
}

impl Refund {
    /// Given back, or it may yet be, as far as we know.
    #[must_use]
    pub fn counts(&self) -> bool {
        use RefundStatus::{Created, Pending, Succeeded, Unknown};
        matches!(self.status, Created | Pending | Unknown | Succeeded)
    }

    #[must_use]
    pub fn is_open(&self) -> bool {
        use RefundStatus::{Created, Pending, Unknown};
        matches!(self.status, Created | Pending | Unknown)
    }

    fn is_unanswered(&self) -> bool {
        matches!(self.status, RefundStatus::Created | RefundStatus::Unknown)
    }

    fn never_left(&self) -> bool {
        self.status == RefundStatus::Failed && self.failure_code.as_deref() == Some("not_sent")
    }

    fn poll_no_later(&mut self, now_ms: Millis) {
        if self.is_open()
            && let Some(at_ms) = self.next_poll_at_ms
        {
            self.next_poll_at_ms = Some(at_ms.min(now_ms.saturating_add(poll_delay_ms(self.polls))));
        }
    }

    fn close(&mut self, status: RefundStatus, failure_code: Option<String>) {
        self.status = status;
        self.failure_code = failure_code;
        self.next_poll_at_ms = None;
    }

    /// It never left. A task is due again, under a fresh reference.
    fn void(&mut self) {
        match self.reason {
            RefundReason::Requested => self.close(RefundStatus::Failed, Some("not_sent".into())),
            RefundReason::Double => {
                self.close(RefundStatus::Due, None);
                self.reference = None;
            }
        }
    }

    fn acknowledge(&mut self, now_ms: Millis) {
        if self.is_unanswered() {
            self.status = RefundStatus::Pending;
        }
        self.poll_no_later(now_ms);
    }
}

impl State {
    fn refund_mut(&mut self, n: u32) -> Result<&mut Refund, Refusal> {
        self.refunds.iter_mut().find(|refund| refund.n == n).ok_or(Refusal::NoSuchRefund)
    }

    /// What has been given back of an attempt, or may yet be.
    #[must_use]
    pub fn given_back_minor(&self, attempt: u32) -> u64 {
        let counted = self.refunds.iter().filter(|refund| refund.attempt == attempt && refund.counts());
        counted.filter_map(|refund| refund.amount_minor).fold(0, |sum, amount| sum.saturating_add(amount.0))
    }

    /// How much of an attempt can be given back at all; None when nothing was taken, or nobody knows how much.
    #[must_use]
    pub fn refundable_minor(&self, n: u32) -> Option<Minor> {
        let attempt = self.attempts.iter().find(|attempt| attempt.n == n)?;
        if attempt.status != AttemptStatus::Succeeded || attempt.failure_code.is_some() {
            return None;
        }
        attempt.captured_minor.or_else(|| self.paid_minor(attempt))
    }

    /// States from before `captured_minor`: what paid the payment was its amount.
    fn paid_minor(&self, attempt: &Attempt) -> Option<Minor> {
        let paid = self.succeeded_at_ms.is_some() && self.captured().map(|captured| captured.n) == Some(attempt.n);
        paid.then_some(self.amount_minor)
    }
}

/// I1: what was captured beyond the first is recorded with a task to give it back.
pub(super) fn owe_double(
    state: &mut State,
    attempt: u32,
    amount_minor: Option<Minor>,
    now_ms: Millis,
    effects: &mut Vec<Effect>,
) {
    let Ok(n) = next_number(state) else { return };
    effects.push(Effect::RefundDue { n });
    state.refunds.push(Refund {
        n,
        attempt,
        key: format!("double-{attempt}"),
        reason: RefundReason::Double,
        reference: None,
        amount_minor,
        status: RefundStatus::Due,
        refused: false,
        failure_code: None,
        provider_transaction_id: None,
        created_at_ms: now_ms,
        begun_at_ms: None,
        next_poll_at_ms: None,
        polls: 0,
        not_founds: 0,
        unread: Unread::new(),
    });
}

fn next_number(state: &State) -> Result<u32, Refusal> {
    if state.refunds.len() >= REFUNDS_MAX {
        return Err(Refusal::RefundsExhausted);
    }
    u32::try_from(state.refunds.len() + 1).map_err(|_| Refusal::RefundsExhausted)
}

pub(super) fn apply(state: &mut State, event: Event, effects: &mut Vec<Effect>) -> Result<(), Refusal> {
    match event {
        Event::RefundBegin { n, attempt, key, reference, amount_minor, now_ms } => {
            begin(state, (n, attempt, &key), &reference, amount_minor)?;
            start(state, (n, attempt, key), reference, amount_minor, now_ms);
            effects.push(Effect::SendRefund { n });
        }
        Event::RefundAccepted { n, now_ms } => {
            let refund = state.refund_mut(n)?;
            if refund.is_unanswered() {
                refund.acknowledge(now_ms);
            }
        }
        Event::RefundRejected { n, code, .. } => {
            let refund = state.refund_mut(n)?;
            if refund.is_unanswered() {
                refund.close(RefundStatus::Failed, Some(code));
                refund.refused = true;
            }
        }
        Event::RefundUnknown { n, now_ms } => {
            let refund = state.refund_mut(n)?;
            if refund.status == RefundStatus::Created {
                let failed = mutated("refund-unknown-is-failed");
                refund.status = if failed { RefundStatus::Failed } else { RefundStatus::Unknown };
                refund.poll_no_later(now_ms);
            }
        }
        Event::RefundNotSent { n, .. } => {
            let refund = state.refund_mut(n)?;
            if refund.is_unanswered() {
                refund.void();
            }
        }
        Event::RefundTold(word) => told(state, word, effects)?,
        Event::RefundPollFailed { n, now_ms } => state.refund_mut(n)?.poll_no_later(now_ms),
        _ => {}
    }
    Ok(())
}

/// INVARIANT (T33): one refund a key, and never more in all than was taken, counting what may yet succeed.
fn begin(
    state: &State,
    (n, attempt, key): (u32, u32, &str),
    reference: &str,
    amount_minor: Minor,
) -> Result<(), Refusal> {
    if amount_minor.0 == 0 {
        return Err(Refusal::BadAmount);
    }
    let task = match state.refunds.iter().rfind(|refund| refund.key == key && !mutated("refund-key-not-compared")) {
        Some(same) if same.attempt != attempt => return Err(Refusal::RefundMismatch),
        Some(same) if same.amount_minor.is_some_and(|amount| amount != amount_minor) => {
            return Err(Refusal::RefundMismatch);
        }
        // Nothing had left: the key is free, as if it had never been used.
        Some(same) if same.never_left() => None,
        Some(same) if same.status != RefundStatus::Due => return Err(Refusal::RefundExists),
        task => task,
    };
    if !state.attempts.iter().any(|each| each.n == attempt) {
        return Err(Refusal::NoSuchAttempt);
    }
    let taken = state.refundable_minor(attempt).ok_or(Refusal::NothingToRefund)?;
    let all = state.given_back_minor(attempt).checked_add(amount_minor.0).ok_or(Refusal::RefundTooMuch)?;
    if all > taken.0 && !mutated("refunds-not-summed") {
        return Err(Refusal::RefundTooMuch);
    }
    let expected = task.map_or_else(|| next_number(state), |task| Ok(task.n))?;
    if n != expected {
        return Err(Refusal::WrongRefund);
    }
    super::fresh_reference(state, reference)
}

fn start(
    state: &mut State,
    (n, attempt, key): (u32, u32, String),
    reference: String,
    amount_minor: Minor,
    now_ms: Millis,
) {
    let known = state.refunds.iter().position(|refund| refund.n == n);
    let created_at_ms = known.and_then(|index| state.refunds.get(index)).map_or(now_ms, |task| task.created_at_ms);
    let reason = if known.is_some() { RefundReason::Double } else { RefundReason::Requested };
    let refund = Refund {
        n,
        attempt,
        key,
        reason,
        reference: Some(reference),
        amount_minor: Some(amount_minor),
        status: RefundStatus::Created,
        refused: false,
        failure_code: None,
        provider_transaction_id: None,
        created_at_ms,
        begun_at_ms: Some(now_ms),
        next_poll_at_ms: Some(now_ms.saturating_add(SEND_DEADLINE_MS)),
        polls: 0,
        not_founds: 0,
        unread: Unread::new(),
    };
    match known.and_then(|index| state.refunds.get_mut(index)) {
        Some(task) => {
            let unread = std::mem::take(&mut task.unread);
            *task = Refund { unread, ..refund };
        }
        None => state.refunds.push(refund),
    }
}

fn told(state: &mut State, told: Told, effects: &mut Vec<Effect>) -> Result<(), Refusal> {
    let currency = state.currency.clone();
    let refund = state.refund_mut(told.n)?;
    let n = told.n;
    // Nothing was ever sent for a task, so the word cannot be about it.
    if refund.status == RefundStatus::Due {
        return Ok(());
    }
    if refund.provider_transaction_id.is_none() {
        refund.provider_transaction_id.clone_from(&told.provider_transaction_id);
    }
    match told.outcome {
        Outcome::Pending => refund.acknowledge(told.now_ms),
        Outcome::Succeeded => succeeded(state, &told, &currency, effects)?,
        Outcome::Failed | Outcome::Expired if refund.is_open() => {
            refund.close(RefundStatus::Failed, Some(told.failure_code.unwrap_or_else(|| "unspecified".into())));
        }
        Outcome::Failed | Outcome::Expired => {
            if refund.status == RefundStatus::Succeeded && refund.failure_code.is_none() {
                refund.failure_code = Some(told.failure_code.unwrap_or_else(|| "unspecified".into()));
                effects.push(Effect::alert("refund_taken_back", n));
            }
        }
        Outcome::NotFound if told.source == Source::Poll && refund.is_open() => not_found(refund, &told, effects),
        Outcome::NotFound => {}
        Outcome::Unrecognised => {
            if refund.is_open() {
                refund.acknowledge(told.now_ms);
                effects.push(Effect::alert("refund_unrecognised_status", n));
            }
        }
    }
    Ok(())
}

fn succeeded(state: &mut State, told: &Told, currency: &str, effects: &mut Vec<Effect>) -> Result<(), Refusal> {
    let refund = state.refund_mut(told.n)?;
    if refund.status == RefundStatus::Succeeded {
        return Ok(());
    }
    let late = refund.status == RefundStatus::Failed;
    refund.close(RefundStatus::Succeeded, None);
    refund.refused = false;
    let another_amount = told.amount_minor.is_some()
        && told.amount_minor != refund.amount_minor.map(|amount| amount.to_string())
        || told.currency.as_deref().is_some_and(|told| told != currency);
    let attempt = refund.attempt;
    if another_amount {
        effects.push(Effect::alert("refund_amount_mismatch", told.n));
    }
    if late {
        effects.push(Effect::alert("refund_late_success", told.n));
        // Another one may have been made in its place, in good faith.
        let taken = state.attempts.iter().find(|each| each.n == attempt).and_then(|each| each.captured_minor);
        if taken.or(Some(state.amount_minor)).is_some_and(|taken| state.given_back_minor(attempt) > taken.0) {
            effects.push(Effect::alert("refunded_too_much", told.n));
        }
    }
    Ok(())
}

fn not_found(refund: &mut Refund, told: &Told, effects: &mut Vec<Effect>) {
    refund.not_founds = refund.not_founds.saturating_add(1).min(refund.polls);
    let begun_at_ms = refund.begun_at_ms.unwrap_or(refund.created_at_ms);
    let settled = told.now_ms >= begun_at_ms.saturating_add(SETTLE_MS) && refund.not_founds >= ANSWERS_MIN
        || mutated("refund-failed-on-silence");
    if settled && refund.is_unanswered() {
        refund.close(RefundStatus::Failed, Some("not_received".into()));
        return;
    }
    refund.poll_no_later(told.now_ms);
    if settled && refund.failure_code.is_none() {
        // Told once: the code marks that people know.
        refund.failure_code = Some("not_found_after_accepted".into());
        effects.push(Effect::alert("refund_review", refund.n));
    }
}

pub(super) fn wake(state: &mut State, now_ms: Millis, effects: &mut Vec<Effect>) {
    for refund in &mut state.refunds {
        let deadline_ms = refund.begun_at_ms.map(|begun_at_ms| begun_at_ms.saturating_add(SEND_DEADLINE_MS));
        if refund.status == RefundStatus::Created && deadline_ms.is_some_and(|deadline_ms| now_ms >= deadline_ms) {
            let failed = mutated("refund-expired-by-our-own-clock");
            refund.status = if failed { RefundStatus::Failed } else { RefundStatus::Unknown };
        }
        let is_due = refund.is_open() && refund.next_poll_at_ms.is_some_and(|at_ms| at_ms <= now_ms);
        if is_due && refund.polls >= POLLS_MAX {
            refund.next_poll_at_ms = None;
            effects.push(Effect::alert("refund_review", refund.n));
        } else if is_due {
            effects.push(Effect::PollRefund { n: refund.n });
            refund.polls += 1;
            refund.next_poll_at_ms = Some(now_ms.saturating_add(poll_delay_ms(refund.polls)));
        }
    }
}

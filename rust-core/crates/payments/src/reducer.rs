//! One pure function decides what happens to a payment: `step(state, event) → (state, effects)`.
//!
//! No clock, no randomness, no I/O: times are arguments. Late, repeated and reordered events are expected input and have an
//! answer. The status of a payment is never set, it follows from its attempts (`State::settle`), so that the two cannot disagree.
//!
//! What the gateway says, from a callback or a poll alike, moves an attempt thus (rows: where it is; `·` leaves it as it is):
//!
//! | attempt        | pending | succeeded       | failed   | expired  | `not_found` (poll)           | unrecognised     |
//! |----------------|---------|-----------------|----------|----------|------------------------------|------------------|
//! | created        | pending | succeeded       | failed   | expired  | failed once settled          | pending + alert  |
//! | unknown        | pending | succeeded       | failed   | expired  | failed once settled ¹        | pending + alert  |
//! | pending        | ·       | succeeded       | failed   | expired  | · , in review once settled   | · + alert        |
//! | `needs_action` | · ²     | succeeded       | failed   | expired  | · , in review once settled   | · + alert        |
//! | failed         | ·       | late success    | ·        | ·        | ·                            | ·                |
//! | expired        | ·       | late success    | ·        | ·        | ·                            | ·                |
//! | succeeded      | ·       | ·               | review ³ | review ³ | ·                            | ·                |
//!
//! ¹ expired, when the call itself never reported (`call_lost`): nothing is ever sent again to find out (T05).
//! ² pending, when it says that only the phone is left: it took the customer's code (T31).
//! ³ as a reversal, by an answer to a poll that was made since the capture; a callback causes such a poll and is not believed (T39).
//!
//! And what the send itself reports:
//!
//! | attempt          | accepted            | rejected          | unknown | not sent            |
//! |------------------|---------------------|-------------------|---------|---------------------|
//! | created          | pending             | failed, `refused` | unknown | failed, `not_sent`  |
//! | unknown          | pending             | failed, `refused` | ·       | failed, `not_sent`  |
//! | any other        | ·                   | ·                 | ·       | ·                   |
//!
//! A succeeded attempt makes the payment paid when the amount is the payment's own, sends it to review when it is not, and is a
//! *double* when another attempt had been captured before, which makes a refund due. *Settled* means `SETTLE_MS` after the attempt
//! was made, or its gateway's own longer time, and so many answers to questions of the plan (`ANSWERS_MIN`, or more for a longer time)
//! that no jump of a clock is taken for time that has passed.
//!
//! Refunds are records of their own beside the attempts (`refund`); no refund changes what the payment is.

mod gateway_word;
mod refund;
mod schedule;
mod state;

pub use refund::{Refund, RefundReason, RefundStatus};
pub use schedule::{ANSWERS_MIN, POLLS_MAX, SEND_DEADLINE_MS, SETTLE_MS};
pub use state::{
    Attempt, AttemptStatus, Effect, Event, Fulfilment, FulfilmentStatus, Millis, Minor, NextAction, NextActionType,
    Outcome, PaymentStatus, Refusal, Source, State, Told, Unread, Version, Via,
};

use crate::money;
use crate::mutants::mutated;

/// Attempt numbers fit one byte of the gateway reference.
const ATTEMPTS_MAX: usize = 255;

/// Applies one event. Total and deterministic: the same state and event give the same answer for ever.
///
/// Every accepted step ends with `WakeAt` while anything is still to come, so that each event also repairs a lost alarm.
///
/// # Errors
/// A `Refusal` when the event is illegal or superseded; the caller's state then stands.
pub fn step(state: Option<State>, event: Event) -> Result<(State, Vec<Effect>), Refusal> {
    let now_ms = event.now_ms();
    let mut effects = Vec::new();
    let mut next = match event {
        Event::Begin { n, gateway, reference, amount_minor, currency, settle_ms, now_ms } => {
            let mut next = match state.clone() {
                Some(open) => open,
                None => new_payment(amount_minor, currency.clone(), now_ms)?,
            };
            begin(&mut next, n, &reference, amount_minor, &currency)?;
            next.attempts.push(Attempt::new(n, gateway, reference, settle_ms, now_ms));
            effects.push(Effect::Send { n });
            next
        }
        other => {
            let mut next = state.clone().ok_or(Refusal::NoPayment)?;
            apply(&mut next, other, &mut effects)?;
            next
        }
    };
    next.settle();
    if state.as_ref() != Some(&next) {
        next.updated_at_ms = next.updated_at_ms.max(now_ms);
    }
    if let Some(at_ms) = schedule::next_wake(&next, now_ms) {
        effects.push(Effect::WakeAt { at_ms });
    }
    Ok((next, effects))
}

fn apply(state: &mut State, event: Event, effects: &mut Vec<Effect>) -> Result<(), Refusal> {
    match event {
        Event::Begin { .. } => {}
        Event::SendAccepted { n, next_action, now_ms } => send_accepted(state, n, next_action, now_ms)?,
        Event::SendRejected { n, code, .. } => close_unanswered(state, n, code, true)?,
        Event::SendUnknown { n, now_ms } => send_unknown(state, n, now_ms)?,
        Event::SendNotSent { n, .. } => close_unanswered(state, n, "not_sent".into(), false)?,
        Event::Told(told) => gateway_word::apply(state, told, effects)?,
        Event::PollFailed { n, now_ms } => state.attempt_mut(n)?.poll_no_later(now_ms),
        Event::Wake { now_ms } => wake(state, now_ms, effects),
        Event::Fulfilled { via, now_ms } => fulfilled(state, via, now_ms)?,
        refund => refund::apply(state, refund, effects)?,
    }
    Ok(())
}

fn new_payment(amount_minor: Minor, currency: String, now_ms: Millis) -> Result<State, Refusal> {
    if amount_minor.0 == 0 {
        return Err(Refusal::BadAmount);
    }
    if money::exponent(&currency).is_none() {
        return Err(Refusal::UnknownCurrency);
    }
    Ok(State::new(amount_minor, currency, now_ms))
}

/// INVARIANT (I1): a new attempt only while no other may still be captured, as far as anyone can know.
fn begin(state: &mut State, n: u32, reference: &str, amount_minor: Minor, currency: &str) -> Result<(), Refusal> {
    if state.review_reason.is_some() {
        return Err(Refusal::InReview);
    }
    if state.captured().is_some() && !mutated("begin-though-paid") {
        return Err(Refusal::AlreadyPaid);
    }
    let blocks = |attempt: &Attempt| {
        attempt.is_open()
            && !mutated("begin-while-open")
            && !(mutated("drop-unknown-guard") && matches!(attempt.status, AttemptStatus::Unknown))
    };
    if state.attempts.iter().any(blocks) {
        return Err(Refusal::AlreadyOpen);
    }
    if state.amount_minor != amount_minor {
        return Err(Refusal::OtherAmount);
    }
    if state.currency != currency {
        return Err(Refusal::OtherCurrency);
    }
    if state.attempts.len() >= ATTEMPTS_MAX {
        return Err(Refusal::AttemptsExhausted);
    }
    if usize::try_from(n) != Ok(state.attempts.len() + 1) {
        return Err(Refusal::WrongAttempt);
    }
    fresh_reference(state, reference)
}

/// A gateway takes a reference that it has seen for a repetition.
fn fresh_reference(state: &State, reference: &str) -> Result<(), Refusal> {
    let used = state.attempts.iter().any(|attempt| attempt.reference == reference)
        || state.refunds.iter().any(|refund| refund.reference.as_deref() == Some(reference));
    if reference.is_empty() || used { Err(Refusal::BadReference) } else { Ok(()) }
}

fn send_accepted(state: &mut State, n: u32, next_action: Option<NextAction>, now_ms: Millis) -> Result<(), Refusal> {
    let nothing_to_do_yet = state.next_action.is_none();
    let attempt = state.attempt_mut(n)?;
    attempt.call_lost = false;
    // A callback may have overtaken the answer: what the customer has to do is news even then.
    if attempt.is_unanswered() || attempt.is_open() && nothing_to_do_yet {
        attempt.acknowledge(next_action.as_ref(), now_ms);
        state.next_action = next_action;
    }
    Ok(())
}

/// A refusal, or the certainty that nothing left, closes only an attempt that the gateway has not acknowledged: its word that
/// it has the deposit weighs more than the answer to the call.
fn close_unanswered(state: &mut State, n: u32, code: String, refused: bool) -> Result<(), Refusal> {
    let attempt = state.attempt_mut(n)?;
    attempt.call_lost = false;
    if attempt.is_unanswered() || mutated("refusal-undoes-the-gateways-word") {
        attempt.fail(Some(code));
        attempt.refused = refused;
    }
    Ok(())
}

fn send_unknown(state: &mut State, n: u32, now_ms: Millis) -> Result<(), Refusal> {
    let attempt = state.attempt_mut(n)?;
    attempt.call_lost = false;
    if attempt.status == AttemptStatus::Created {
        attempt.status = if mutated("unknown-is-failed") { AttemptStatus::Failed } else { AttemptStatus::Unknown };
        attempt.poll_no_later(now_ms);
    }
    Ok(())
}

fn wake(state: &mut State, now_ms: Millis, effects: &mut Vec<Effect>) {
    for attempt in &mut state.attempts {
        if attempt.status == AttemptStatus::Created && now_ms >= attempt.send_deadline_ms() {
            attempt.status =
                if mutated("expired-by-our-own-clock") { AttemptStatus::Expired } else { AttemptStatus::Unknown };
            attempt.call_lost = true;
        }
    }
    poll_what_is_due(state, now_ms, effects);
    refund::wake(state, now_ms, effects);
    if state.is_paid()
        && state.fulfilment.status == FulfilmentStatus::Pending
        && schedule::fulfilment_is_due(state, now_ms)
        && !mutated("fulfilment-not-tried-again")
    {
        effects.push(Effect::Fulfil);
    }
}

fn poll_what_is_due(state: &mut State, now_ms: Millis, effects: &mut Vec<Effect>) {
    let mut silent = None;
    for attempt in state.attempts.iter_mut().filter(|attempt| attempt.is_due(now_ms)) {
        if attempt.polls >= POLLS_MAX {
            attempt.next_poll_at_ms = None;
            silent = Some(attempt.n);
        } else {
            effects.push(Effect::Poll { n: attempt.n });
            // Scheduled before its answer, so that a poll which is lost with its isolate is made again.
            attempt.polls += 1;
            attempt.next_poll_at_ms = Some(now_ms.saturating_add(schedule::poll_delay_ms(attempt.polls)));
        }
    }
    if let Some(n) = silent {
        effects.push(Effect::alert("review", n));
        state.doubt("silent_for_30_days");
    }
}

fn fulfilled(state: &mut State, via: Via, now_ms: Millis) -> Result<(), Refusal> {
    match state.fulfilment.status {
        FulfilmentStatus::None => Err(Refusal::NotPaid),
        FulfilmentStatus::Fulfilled => Ok(()),
        FulfilmentStatus::Pending => {
            let fulfilment = &mut state.fulfilment;
            fulfilment.status = FulfilmentStatus::Fulfilled;
            (fulfilment.delivered_via, fulfilment.at_ms) = (Some(via), Some(now_ms));
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests;

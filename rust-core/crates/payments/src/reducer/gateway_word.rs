//! What the gateway says about an attempt. Success absorbs; everything that would take it back goes to people.

use super::refund;
use super::state::{
    Attempt, AttemptStatus, Effect, FulfilmentStatus, Millis, Minor, Outcome, Refusal, Source, State, Told,
};
use crate::mutants::mutated;

pub(super) fn apply(state: &mut State, told: Told, effects: &mut Vec<Effect>) -> Result<(), Refusal> {
    let attempt = state.attempt_mut(told.n)?;
    if attempt.provider_transaction_id.is_none() {
        attempt.provider_transaction_id.clone_from(&told.provider_transaction_id);
    }
    match told.outcome {
        Outcome::Pending => pending(state, told),
        Outcome::Succeeded => succeeded(state, &told, effects),
        Outcome::Failed | Outcome::Expired => failed(state, told, effects),
        Outcome::NotFound => not_found(state, &told, effects),
        Outcome::Unrecognised => unrecognised(state, &told, effects),
    }
}

fn pending(state: &mut State, told: Told) -> Result<(), Refusal> {
    let attempt = state.attempt_mut(told.n)?;
    if mutated("pending-reopens") {
        attempt.status = AttemptStatus::Pending;
    }
    if attempt.is_open() {
        attempt.acknowledge(told.next_action.as_ref(), told.now_ms);
        if told.next_action.is_some() {
            state.next_action = told.next_action;
        }
    }
    Ok(())
}

fn succeeded(state: &mut State, told: &Told, effects: &mut Vec<Effect>) -> Result<(), Refusal> {
    let matches = told.amount_minor.as_deref() == Some(&*state.amount_minor.to_string())
        && told.currency.as_ref() == Some(&state.currency)
        || mutated("amount-not-compared");
    let paid_before = state.captured().is_some();
    let captured_minor = told_minor(state, told);
    let attempt = state.attempt_mut(told.n)?;
    let late = match attempt.status {
        AttemptStatus::Succeeded => {
            if !matches && state.is_paid() && !state.doubles.contains(&told.n) {
                effects.push(Effect::alert("amount_mismatch", told.n));
            }
            return Ok(());
        }
        AttemptStatus::Failed | AttemptStatus::Expired => {
            if mutated("late-success-dropped") {
                return Ok(());
            }
            true
        }
        _ => false,
    };
    attempt.capture(captured_minor, told.heard_at_ms);
    if paid_before && !mutated("double-not-recorded") {
        state.doubles.push(told.n);
        effects.push(Effect::alert("double", told.n));
        refund::owe_double(state, told.n, captured_minor, told.now_ms, effects);
    } else if !matches {
        state.review_reason = Some("amount_mismatch".into());
        effects.push(Effect::alert("review", told.n));
    } else {
        pay(state, told, late, effects);
    }
    Ok(())
}

/// What was taken, as far as it can be given back: in the payment's own currency.
fn told_minor(state: &State, told: &Told) -> Option<Minor> {
    let minor = told.amount_minor.as_deref().and_then(Minor::parse)?;
    (told.currency.as_ref() == Some(&state.currency)).then_some(minor)
}

fn pay(state: &mut State, told: &Told, late: bool, effects: &mut Vec<Effect>) {
    // The gateway's final word settles what people were asked to find out.
    state.review_reason = None;
    state.succeeded_at_ms = Some(told.now_ms);
    state.fulfilment.status = FulfilmentStatus::Pending;
    if late && !mutated("late-success-untold") {
        state.late_success = true;
        effects.push(Effect::alert("late_success", told.n));
    }
    effects.push(Effect::Fulfil);
}

fn failed(state: &mut State, told: Told, effects: &mut Vec<Effect>) -> Result<(), Refusal> {
    let expired = told.outcome == Outcome::Expired;
    let code = told.failure_code.unwrap_or_else(|| if expired { "expired" } else { "unspecified" }.into());
    let double = state.doubles.contains(&told.n);
    let attempt = state.attempt_mut(told.n)?;
    match attempt.status {
        AttemptStatus::Failed | AttemptStatus::Expired => {}
        AttemptStatus::Succeeded if attempt.failure_code.is_some() => {}
        // Callbacks come in any order, and again: when one was heard does not tell when it was said. Only an answer that was
        // asked for since the capture can take it back.
        AttemptStatus::Succeeded if told.source == Source::Callback && !mutated("a-callback-takes-it-back") => {
            if !mutated("contradiction-asks-nothing") {
                effects.push(Effect::Ask { n: told.n });
            }
        }
        AttemptStatus::Succeeded if attempt.is_older_than_capture(told.heard_at_ms) => {}
        AttemptStatus::Succeeded => {
            if mutated("success-overwritten-by-failed") {
                attempt.fail(Some(code));
                return Ok(());
            }
            // The money that was taken may have been given back. Nobody un-delivers by machine.
            attempt.failure_code = Some(code);
            effects.push(Effect::alert("review", told.n));
            if !double && state.review_reason.is_none() {
                state.review_reason = Some("reversal".into());
            }
        }
        _ => {
            if expired {
                attempt.expire(Some(code));
            } else {
                attempt.fail(Some(code));
            }
            state.clear_doubt();
        }
    }
    Ok(())
}

fn not_found(state: &mut State, told: &Told, effects: &mut Vec<Effect>) -> Result<(), Refusal> {
    let attempt = state.attempt_mut(told.n)?;
    if told.source != Source::Poll || !attempt.is_open() {
        return Ok(());
    }
    attempt.hear_not_found();
    if !is_settled(attempt, told.now_ms) {
        attempt.poll_no_later(told.now_ms);
    } else if attempt.is_unanswered() || mutated("fail-on-amnesia") {
        let code = Some("not_received".into());
        if attempt.call_lost {
            // T05: it never reached the gateway, and whoever wanted it was told nothing: they have left or will ask again.
            attempt.expire(code);
        } else {
            attempt.fail(code);
        }
        state.clear_doubt();
    } else {
        // The gateway had it and has it no longer: neither paid nor failed can be said. Asking goes on.
        attempt.poll_no_later(told.now_ms);
        if state.doubt("not_found_after_accepted") {
            effects.push(Effect::alert("review", told.n));
        }
    }
    Ok(())
}

/// Time alone proves nothing, since clocks jump; nor do answers alone, since many may come in a short time (T58).
fn is_settled(attempt: &Attempt, now_ms: Millis) -> bool {
    let long_enough = now_ms >= attempt.created_at_ms.saturating_add(attempt.settle_ms());
    long_enough && attempt.not_found_often_enough() || mutated("fail-on-silence")
}

/// An unknown word is no outcome, but it proves that the gateway has the deposit.
fn unrecognised(state: &mut State, told: &Told, effects: &mut Vec<Effect>) -> Result<(), Refusal> {
    let attempt = state.attempt_mut(told.n)?;
    if attempt.is_open() {
        attempt.acknowledge(None, told.now_ms);
        effects.push(Effect::alert("unrecognised_status", told.n));
    }
    Ok(())
}

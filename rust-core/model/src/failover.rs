//! How a payment goes on at the second gateway: by Lango itself, in the turn that recorded a refusal which was the gateway's own;
//! or for a shop that asks again, once the first gateway has confirmed that it called the deposit off. The rule is `route`'s.

use crate::mutants::mutated;
use crate::object::{begin, end_without_money, told};
use crate::payment::{ATTEMPTS, NOW_MS, Payment};
use crate::world::{Began, Call, Cancel, Deposit, Record, World};
use payments::reducer::{self, AttemptStatus, Effect, Outcome, Source};
use route::failover::{self, Cause, Doubt, may_fail_over};

/// Where the attempt stands that the question is about, as the router is told it.
pub const REFUSED_BY_THE_GATEWAY: failover::Outcome = failover::Outcome::Refused { cause: Cause::Gateway };
pub const TIMED_OUT: failover::Outcome = failover::Outcome::Unknown { doubt: Doubt::TimedOut };
pub const SERVER_ERROR: failover::Outcome = failover::Outcome::Unknown { doubt: Doubt::ServerError };

pub fn not_found(for_ms: u64) -> failover::Outcome {
    failover::Outcome::Unknown { doubt: Doubt::NotFound { for_ms: for_ms.max(1_000) } }
}

impl World {
    /// The gateway refused for a reason of its own. What it had acknowledged before it cannot undo.
    pub fn refused_by_the_gateway(&mut self, reference: usize) {
        let before = self.record;
        let Some(n) = self.payment().and_then(|payment| payment.attempt_of(reference)) else { return };
        let was_open = self.attempt(n as u8).is_some_and(|attempt| attempt.is_open());
        self.answered(reference);
        let is_over = self.attempt(n as u8).is_some_and(|attempt| attempt.status == AttemptStatus::Failed);
        if was_open && is_over {
            self.fail_over(n, REFUSED_BY_THE_GATEWAY, before);
        }
    }

    /// Goes on with the payment whose attempt `n` stands so, if the rule allows it. `before`: what was written before this turn.
    pub fn fail_over(&mut self, n: usize, stands: failover::Outcome, before: Option<Record>) {
        let Some(record) = self.record else { return };
        let is_second = n == 2 && record.began == Began::Failover;
        let first = is_second.then_some(REFUSED_BY_THE_GATEWAY);
        let routed = |outcome| failover::Attempt { gateway: String::new(), outcome };
        let request: Vec<_> = first.into_iter().chain([stands]).map(routed).collect();
        if !may_fail_over(&request).allowed || n != record.payment.last() {
            return;
        }
        self.broken.failed_over_twice |= is_second;
        if n == ATTEMPTS {
            return;
        }
        if ["failover-on-timeout", "failover-on-5xx", "failover-on-not-found"].into_iter().any(mutated) {
            self.abandon_what_is_open();
        }
        self.begin_another(n, Began::Failover, before);
        if let Some(record) = &mut self.record {
            // What they asked for goes on as the next attempt.
            for key in record.keys.iter_mut().filter(|key| usize::from(**key) == n) {
                *key = record.payment.last() as u8;
            }
        }
    }

    /// The mutant's belief: a gateway that cannot be asked will not take what it has either.
    pub fn gateway_is_away(&mut self, n: usize) {
        if mutated("breaker-moves-pending") && self.payment().is_some_and(|payment| payment.last() == n) && n < ATTEMPTS
        {
            let before = self.record;
            self.abandon_what_is_open();
            self.begin_another(n, Began::Failover, before);
        }
    }

    /// The shop asks for the running payment with a new key: the gateway is told to call it off.
    pub fn call_off(&mut self) {
        let key = usize::from(self.keys_used);
        self.left.requests -= 1;
        self.keys_used += 1;
        self.cancel = Some(Cancel::Asked);
        if let Some(record) = &mut self.record {
            record.keys[key] = record.payment.last() as u8;
        }
        if mutated("cancel-not-confirmed") {
            self.go_on_if_called_off(failover::Outcome::CancelRequested);
        }
    }

    /// At the gateway: the customer may have been quicker.
    pub fn cancel_arrives(&mut self, reference: usize) {
        self.cancel = match self.deposits[reference] {
            Deposit::Taken | Deposit::Failed => {
                self.deposits[reference] = Deposit::Failed;
                Some(Cancel::Confirmed)
            }
            Deposit::Captured | Deposit::CapturedOtherAmount | Deposit::CapturedLate => Some(Cancel::Overtaken),
            _ => None,
        };
    }

    /// Its answer.
    pub fn cancel_answered(&mut self, reference: usize) {
        let answer = self.cancel.take();
        let Some(n) = self.payment().and_then(|payment| payment.attempt_of(reference)) else { return };
        match answer {
            Some(Cancel::Confirmed) => {
                let end = end_without_money(reference);
                self.step(told(n as u8, end, Deposit::Failed, Source::Poll, NOW_MS));
                self.go_on_if_called_off(failover::Outcome::Cancelled);
            }
            Some(Cancel::Overtaken) => {
                self.told_success[reference] = true;
                let deposit = self.deposits[reference];
                let word = told(n as u8, Outcome::Succeeded, deposit, Source::Poll, NOW_MS);
                self.hear(n, Outcome::Succeeded, word);
            }
            _ => {}
        }
    }

    fn go_on_if_called_off(&mut self, stands: failover::Outcome) {
        let Some(before) = self.record else { return };
        let n = before.payment.last();
        let attempt = failover::Attempt { gateway: String::new(), outcome: stands };
        if n >= ATTEMPTS || !may_fail_over(&[attempt]).allowed {
            return;
        }
        if mutated("cancel-not-confirmed") {
            self.abandon_what_is_open();
        }
        self.begin_another(n, Began::AfterCancel, Some(before));
    }

    /// One transaction with what ended the attempt before; the reducer has the last word. Nothing is sent before it is durable.
    fn begin_another(&mut self, n: usize, began: Began, before: Option<Record>) {
        let Some(record) = self.record else { return };
        let Ok((state, effects)) = reducer::step(Some(record.payment.inflate()), begin(n + 1)) else { return };
        let payment = Payment::deflate(&state, NOW_MS);
        self.broken.begun_while_open |= self.may_capture_another();
        self.watch(&record.payment, &payment, true);
        let alarm = effects.iter().any(|effect| matches!(effect, Effect::WakeAt { .. }));
        self.durable = before;
        self.unsaved = true;
        self.record = Some(Record { payment, alarm, began, ..record });
        self.calls[n] = Call::Ready;
    }

    /// No answer, half an answer, or one that nobody can read; and whether that is a reason to go on elsewhere.
    pub fn unanswered_and(&mut self, reference: usize, stands: failover::Outcome) {
        let before = self.record;
        let n = self.payment().and_then(|payment| payment.attempt_of(reference));
        self.unanswered(reference);
        if let Some(n) = n {
            self.fail_over(n, stands, before);
        }
    }
}

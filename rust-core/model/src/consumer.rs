//! The consumer: takes messages from the queue, tells the object, posts to the ledger.

use crate::mutants::mutated;
use crate::object::{end_without_money, told};
use crate::payment::{NOW_MS, Payment};
use crate::world::{Deposit, Kind, Queue, World};
use payments::reducer::{AttemptStatus, Event, FulfilmentStatus, Outcome, Source, Via};

/// When the queue hears that a message is done with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Acknowledge {
    Now,
    Later,
}

impl World {
    /// The consumer takes a message from the queue. Whether it is to be fulfilled, the object says, not the message.
    pub fn deliver(&mut self, index: usize) -> Acknowledge {
        let kind = Kind::of(index);
        let (reference, outcome) = match kind {
            Kind::Success(reference) => (reference, Outcome::Succeeded),
            Kind::Failure(reference) => (reference, end_without_money(reference)),
            Kind::Nudge => {
                if mutated("trusts-the-queue") && self.due().is_none() {
                    self.messages[index].queue = Queue::Due(self.payment().map_or(1, |payment| payment.last() as u8));
                    return Acknowledge::Later;
                }
                return self.go_on_with(index);
            }
        };
        // The reference is compared with the one that was written before the send; without it nothing happens.
        let Some(n) = self.payment().and_then(|payment| payment.attempt_of(reference)) else { return Acknowledge::Now };
        if outcome == Outcome::Succeeded {
            self.told_success[reference] = true;
        }
        let deposit = self.deposits[reference];
        let captured = self.attempt(n as u8).is_some_and(|attempt| attempt.status == AttemptStatus::Succeeded);
        if outcome != Outcome::Succeeded && deposit == Deposit::GivenBack && captured {
            self.told_given_back[reference] = true;
        }
        self.hear(n, outcome, told(n as u8, outcome, deposit, Source::Callback, NOW_MS));
        self.go_on_with(index)
    }

    fn go_on_with(&mut self, index: usize) -> Acknowledge {
        match self.due() {
            Some(n) if !mutated("acknowledges-before-fulfilling") => {
                self.messages[index].queue = Queue::Due(n);
                Acknowledge::Later
            }
            _ => Acknowledge::Now,
        }
    }

    /// First the effect, then the mark.
    pub fn fulfil_half(&mut self, index: usize, n: u8) {
        self.messages[index].queue = Queue::Half(n);
        if mutated("mark-before-effect") { self.mark_fulfilled() } else { self.post(n) }
    }

    pub fn fulfil_rest(&mut self, n: u8) {
        if mutated("mark-before-effect") { self.post(n) } else { self.mark_fulfilled() }
    }

    fn post(&mut self, n: u8) {
        let postings = &mut self.postings[usize::from(n) - 1];
        if *postings == 0 || mutated("posting-not-idempotent") {
            *postings = (*postings + 1).min(2);
        }
    }

    fn mark_fulfilled(&mut self) {
        self.step(Event::Fulfilled { via: Via::Qstash, now_ms: NOW_MS });
        if self.payment().is_some_and(|payment| payment.fulfilment == FulfilmentStatus::Fulfilled) {
            self.messages[Kind::Nudge.index()].outbox = false;
        }
    }

    /// A true callback about somebody else's payment, whose body names this order.
    pub fn foreign_success(&mut self) {
        if mutated("trusts-the-body")
            && let Some(n) = self.payment().map(Payment::last)
        {
            self.step(told(n as u8, Outcome::Succeeded, Deposit::Captured, Source::Callback, NOW_MS));
        }
    }

    /// Whatever the consumer was at is still in the queue.
    pub fn crash_consumer(&mut self) {
        for message in &mut self.messages {
            if matches!(message.queue, Queue::Due(_) | Queue::Half(_)) {
                message.queue = Queue::Waiting;
            }
        }
    }
}

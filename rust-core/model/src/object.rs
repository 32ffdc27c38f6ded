//! The payment object: what `src/consumer/payment-object.ts` does around the reducer, step by step between durable writes.

use crate::action::Lock;
use crate::failover::not_found;
use crate::final_states::may_become;
use crate::mutants::mutated;
use crate::payment::{
    AMOUNT, ATTEMPTS, Age, Attempt, CURRENCY, DECLINED, FAILURE_HEARD_AT_MS, NOW_MS, OTHER_AMOUNT, Payment, REFERENCES, REFUSED,
    SUCCESS_HEARD_AT_MS, gateway, reference,
};
use crate::world::{Began, Call, Deposit, KEYS, Kind, Message, Poll, Record, Word, World};
use payments::reducer::{self, AttemptStatus, Effect, Event, Millis, Outcome, Refusal, Source, State, Told};

impl World {
    /// A request of the shop, and `begin` if the lock lets it through. None: out of the model's bounds.
    pub fn request(&mut self, key: usize, lock: Lock) -> Option<()> {
        self.left.requests -= 1;
        if key == usize::from(self.keys_used) {
            self.keys_used += 1;
        }
        if lock == Lock::Held {
            return Some(());
        }
        if mutated("short-lease") {
            self.abandon_what_is_open();
        }
        let before = self.record;
        if let Some(record) = &before
            && record.keys[key] != 0
        {
            if mutated("new-reference-on-retry") && !self.calls.contains(&Call::Ready) {
                self.send_again_under_another_reference(*record);
            }
            return Some(());
        }
        let n = before.map_or(0, |record| record.payment.last()) + 1;
        let state = before.map(|record| record.payment.inflate());
        match reducer::step(state, begin(n)) {
            Ok((state, effects)) => {
                if n > ATTEMPTS {
                    return None;
                }
                let payment = Payment::deflate(&state, NOW_MS);
                self.broken.begun_while_open |= self.may_capture_another();
                if let Some(record) = &before {
                    self.watch(&record.payment, &payment, true);
                }
                let mut keys = before.map_or([0; KEYS], |record| record.keys);
                keys[key] = n as u8;
                let alarm = wants_alarm(&effects) && !mutated("no-alarm-with-the-attempt");
                self.durable = before;
                self.unsaved = true;
                let questions = before.map_or([false; ATTEMPTS], |record| record.questions);
                self.record = Some(Record { payment, keys, alarm, questions, began: Began::ByRequest });
                self.calls[n - 1] = Call::Ready;
            }
            Err(Refusal::AlreadyOpen | Refusal::AlreadyPaid | Refusal::InReview) => {
                if let Some(record) = &mut self.record {
                    record.keys[key] = record.payment.last() as u8;
                }
            }
            Err(_) => {}
        }
        Some(())
    }

    /// The mutant's belief: whoever gets the lock may begin, since whatever was begun before must be over.
    pub fn abandon_what_is_open(&mut self) {
        let Some(record) = &mut self.record else { return };
        for attempt in record.payment.attempts.iter_mut().flatten().filter(|attempt| attempt.is_open()) {
            attempt.status = AttemptStatus::Expired;
            (attempt.age, attempt.nearly) = (Age::Settled, true);
        }
        record.keys = [0; KEYS];
    }

    /// The mutant's belief: what is sent again has to be another request.
    fn send_again_under_another_reference(&mut self, before: Record) {
        let Some(record) = &mut self.record else { return };
        let another = REFERENCES - 1;
        for attempt in record.payment.attempts.iter_mut().flatten().filter(|attempt| attempt.is_open()) {
            attempt.reference = another as u8;
            self.calls[another] = Call::Ready;
            self.durable = Some(before);
            self.unsaved = true;
        }
    }

    /// Ground truth, not the object's belief: money of an earlier attempt may still be taken, or is taken already.
    pub fn may_capture_another(&self) -> bool {
        self.deposits.iter().any(|deposit| deposit.may_be_captured()) || self.calls.contains(&Call::Ready)
    }

    /// The storage confirms the write: only now may the object speak to anybody.
    pub fn flush(&mut self) {
        self.unsaved = false;
        self.durable = None;
    }

    pub fn may_call(&self) -> bool {
        !self.unsaved || mutated("send-before-durable")
    }

    pub fn call(&mut self, index: usize) {
        let kept = if self.unsaved { self.durable } else { self.record };
        let is_durable = kept.is_some_and(|record| record.payment.attempt_of(index).is_some());
        self.broken.sent_before_durable |= !is_durable;
        self.calls[index] = if self.deposits[index] == Deposit::Absent {
            self.deposits[index] = Deposit::Travelling;
            Call::Waiting
        } else {
            // A gateway ignores a reference that it knows.
            Call::Accepted
        };
    }

    /// The vault's core is closed: certainly nothing left.
    pub fn not_sent(&mut self, index: usize) {
        self.calls[index] = Call::None;
        let Some(n) = self.attempt_number(index) else { return };
        self.step(Event::SendNotSent { n: n.into(), now_ms: NOW_MS });
        let Some(record) = &mut self.record else { return };
        for key in record.keys.iter_mut().filter(|key| **key == n) {
            *key = 0;
        }
        let nothing_left = record.payment.attempts().all(|(_, attempt)| attempt.failure() == Some("not_sent"));
        if nothing_left || mutated("forgets-an-earlier-attempt") {
            self.record = None;
            self.messages[Kind::Nudge.index()].outbox = false;
        }
    }

    pub fn answered(&mut self, index: usize) {
        let answer = std::mem::replace(&mut self.calls[index], Call::None);
        let Some(n) = self.attempt_number(index).map(u32::from) else { return };
        self.step(match answer {
            Call::Accepted => Event::SendAccepted { n, next_action: None, now_ms: NOW_MS },
            _ => Event::SendRejected { n, code: REFUSED.into(), now_ms: NOW_MS },
        });
    }

    /// No answer, half an answer, or one that nobody can read: all the same.
    pub fn unanswered(&mut self, index: usize) {
        self.calls[index] = Call::None;
        let Some(n) = self.attempt_number(index).map(u32::from) else { return };
        self.step(if mutated("thrown-fetch-is-not-sent") {
            Event::SendNotSent { n, now_ms: NOW_MS }
        } else if mutated("timeout-is-a-refusal") {
            Event::SendRejected { n, code: REFUSED.into(), now_ms: NOW_MS }
        } else {
            Event::SendUnknown { n, now_ms: NOW_MS }
        });
    }

    /// The call that carries a reference reports about the attempt that was begun with it.
    fn attempt_number(&self, index: usize) -> Option<u8> {
        let payment = self.payment()?;
        Some(payment.attempt_of(index).unwrap_or(payment.last()) as u8)
    }

    /// The alarm's `wake`: which attempts to ask about, and whether the fulfilment is to be nudged.
    pub fn wake(&mut self, at_ms: Millis) -> (Vec<u8>, bool) {
        let effects = self.step_at(Event::Wake { now_ms: at_ms }, at_ms);
        let polls = effects.iter().filter_map(|effect| match effect {
            Effect::Poll { n } => Some(*n as u8),
            _ => None,
        });
        (polls.collect(), effects.contains(&Effect::Fulfil))
    }

    /// One at a time is enough. One that is under way already would only be a repetition, and repetitions have their budget.
    pub fn nudge(&mut self) {
        let message = &mut self.messages[Kind::Nudge.index()];
        if *message == Message::NOWHERE {
            message.outbox = true;
        }
    }

    pub fn polled(&mut self, poll: Poll) {
        let outcome = match poll.word {
            Word::Pending => Outcome::Pending,
            Word::Succeeded | Word::SucceededOtherAmount => Outcome::Succeeded,
            Word::Failed | Word::FailedAgain => {
                let Some(attempt) = self.attempt(poll.n) else { return };
                end_without_money(attempt.reference.into())
            }
            Word::NotFound => Outcome::NotFound,
            Word::Unrecognised => Outcome::Unrecognised,
            Word::Nothing => {
                // The question stays, until the gateway has answered.
                self.step(Event::PollFailed { n: poll.n.into(), now_ms: NOW_MS });
                self.gateway_is_away(poll.n.into());
                return;
            }
        };
        let before = self.record;
        let Some(attempt) = self.attempt(poll.n) else { return };
        // What a status query proves, it proves for the moment at which it was asked.
        let waited_ms = if mutated("not-found-dated-by-its-arrival") {
            0
        } else {
            attempt.age.ms().saturating_sub(poll.asked_at.ms())
        };
        let deposit = match poll.word {
            Word::SucceededOtherAmount => Deposit::CapturedOtherAmount,
            Word::FailedAgain => Deposit::GivenBack,
            _ => Deposit::Captured,
        };
        if outcome == Outcome::Succeeded {
            self.told_success[usize::from(attempt.reference)] = true;
        }
        self.step_at(told(poll.n, outcome, deposit, Source::Poll, NOW_MS - waited_ms), NOW_MS);
        // A word from before the news is no answer, nor is "not found": the news was about something that the gateway has. A
        // capture that still stands, after that word as well, is confirmed by a success alone.
        let answered = !poll.overtaken || mutated("older-word-answers-the-question");
        let stands = |attempt: &Attempt| attempt.status == AttemptStatus::Succeeded && attempt.failure().is_none();
        let says_enough = match outcome {
            Outcome::NotFound => mutated("not-found-answers-the-question"),
            Outcome::Succeeded => true,
            _ => !self.attempt(poll.n).is_some_and(stands),
        };
        if answered && says_enough {
            self.strike_off(poll.n);
        }
        if outcome == Outcome::NotFound {
            self.fail_over(poll.n.into(), not_found(poll.asked_at.ms()), before);
        }
    }

    /// A success that the queue holds, and may yet lose. About a closed attempt nobody would ask, and an open one may be closed
    /// by an older word: so a question is written.
    pub fn expect_success(&mut self, reference: usize) {
        if mutated("expects-no-callback") {
            return;
        }
        let Some(record) = &mut self.record else { return };
        let Some(n) = record.payment.attempt_of(reference) else { return };
        let Some(attempt) = &record.payment.attempts[n - 1] else { return };
        let only_closed = mutated("expects-only-of-the-closed") && attempt.is_open();
        if attempt.status == AttemptStatus::Succeeded || only_closed {
            return;
        }
        record.questions[n - 1] = true;
        // The edge is answered once that is durable.
        if let Some(durable) = &mut self.durable {
            durable.questions[n - 1] = true;
        }
        self.overtake(n);
    }

    /// News of an attempt: what was asked before is no answer to it.
    fn overtake(&mut self, n: usize) {
        if let Some(poll) = self.poll.as_mut().filter(|poll| usize::from(poll.n) == n) {
            poll.overtaken = true;
            poll.fresh = false;
        }
    }

    /// What a callback, or a gateway that was to call it off, says of attempt `n`. A success answers the question that waited
    /// for it; one that comes again answers nothing, for what is asked about a capture is whether it still stands.
    pub fn hear(&mut self, n: usize, outcome: Outcome, word: Event) {
        let captured = self.attempt(n as u8).is_some_and(|attempt| attempt.status == AttemptStatus::Succeeded);
        let effects = self.step(word);
        if outcome == Outcome::Succeeded && (!captured || mutated("old-success-answers-the-question")) {
            self.strike_off(n as u8);
        }
        if effects.iter().any(|effect| matches!(effect, Effect::Ask { .. })) {
            if let Some(record) = &mut self.record {
                record.questions[n - 1] = true;
            }
            self.overtake(n);
        }
    }

    pub fn strike_off(&mut self, n: u8) {
        if let Some(record) = &mut self.record {
            record.questions[usize::from(n) - 1] = false;
        }
    }

    /// Status queries teach nothing for 30 days, until the reducer stops asking.
    pub fn silence(&mut self) {
        let Some(record) = self.record else { return };
        let mut state = record.payment.inflate();
        let (mut now_ms, mut alarm) = (NOW_MS, record.alarm);
        // The bound is for mutants: the reducer itself stops asking.
        for _ in 0..10 * reducer::POLLS_MAX {
            let Some(at_ms) = state.attempts.iter().filter_map(|attempt| attempt.next_poll_at_ms).min() else { break };
            now_ms = now_ms.max(at_ms);
            let Ok((next, effects)) = reducer::step(Some(state), Event::Wake { now_ms }) else { return };
            alarm = wants_alarm(&effects);
            state = effects.iter().fold(next, |state, effect| match effect {
                Effect::Poll { n } => failed_poll(state, *n, now_ms),
                _ => state,
            });
        }
        let payment = Payment::deflate(&state, now_ms);
        self.watch(&record.payment, &payment, false);
        self.record = Some(Record { payment, alarm, ..record });
    }

    pub fn crash_object(&mut self) {
        self.calls = [Call::None; REFERENCES];
        self.poll = None;
        self.cancel = None;
        if self.unsaved {
            self.record = self.durable.take();
            self.unsaved = false;
        }
        if mutated("expires-and-sends-again") {
            self.send_again_what_is_expired();
        }
        if mutated("crash-means-not-sent") {
            for n in self.unanswered_attempts() {
                self.step(Event::SendNotSent { n, now_ms: NOW_MS });
            }
        }
        if mutated("crash-starts-another-attempt") && self.left.requests > 0 && self.keys_used < KEYS as u8 {
            for n in self.unanswered_attempts() {
                self.step(Event::SendUnknown { n, now_ms: NOW_MS });
            }
            self.abandon_what_is_open();
            let _ = self.request(self.keys_used.into(), Lock::Free);
        }
    }

    /// The mutant's belief: what has not reported can be taken for over, and sent once more to be sure (T05: never both).
    fn send_again_what_is_expired(&mut self) {
        let open: Vec<usize> = self
            .payment()
            .into_iter()
            .flat_map(Payment::attempts)
            .filter(|(_, attempt)| attempt.is_open() && !attempt.is_acknowledged())
            .map(|(_, attempt)| usize::from(attempt.reference))
            .collect();
        for reference in open {
            self.calls[reference] = Call::Ready;
        }
        self.abandon_what_is_open();
    }

    fn unanswered_attempts(&self) -> Vec<u32> {
        let attempts = self.payment().into_iter().flat_map(Payment::attempts);
        attempts.filter(|(_, attempt)| !attempt.is_acknowledged()).map(|(index, _)| index as u32 + 1).collect()
    }

    pub fn step(&mut self, event: Event) -> Vec<Effect> {
        self.step_at(event, NOW_MS)
    }

    /// Applies one event, if the reducer takes it, and writes what came of it with the alarm: one transaction.
    fn step_at(&mut self, event: Event, now_ms: Millis) -> Vec<Effect> {
        let Some(record) = self.record else { return Vec::new() };
        let Ok((state, effects)) = reducer::step(Some(record.payment.inflate()), event) else { return Vec::new() };
        let payment = Payment::deflate(&state, now_ms);
        self.watch(&record.payment, &payment, false);
        self.record = Some(Record { payment, alarm: wants_alarm(&effects), ..record });
        effects
    }

    /// I4: what is final stays, but for what is recorded as a correction.
    pub fn watch(&mut self, before: &Payment, after: &Payment, begun: bool) {
        self.broken.final_state |= !may_become(before, after, begun);
    }
}

pub fn begin(n: usize) -> Event {
    Event::Begin {
        n: n as u32,
        gateway: gateway(n),
        reference: reference((n - 1).min(ATTEMPTS)),
        amount_minor: AMOUNT,
        currency: CURRENCY.into(),
        settle_ms: None, now_ms: NOW_MS,
    }
}

/// The gateway's word. When it was heard: a callback when it came, an answer when the question was asked. A failure may have been
/// sent again, so that it was heard last, whenever it was said.
pub fn told(n: u8, outcome: Outcome, deposit: Deposit, source: Source, now_ms: Millis) -> Event {
    let other_amount = deposit == Deposit::CapturedOtherAmount;
    let reversed = deposit == Deposit::GivenBack;
    let has_amount = matches!(outcome, Outcome::Pending | Outcome::Succeeded | Outcome::Failed | Outcome::Expired);
    let amount = if other_amount { OTHER_AMOUNT.into() } else { AMOUNT.to_string() };
    Event::Told(Told {
        heard_at_ms: Some(match outcome {
            Outcome::Succeeded => SUCCESS_HEARD_AT_MS,
            _ if reversed || source == Source::Callback => NOW_MS,
            _ => FAILURE_HEARD_AT_MS,
        }),
        n: n.into(),
        outcome,
        failure_code: (outcome == Outcome::Failed).then(|| DECLINED.into()),
        amount_minor: has_amount.then_some(amount),
        currency: has_amount.then(|| CURRENCY.into()),
        provider_transaction_id: None,
        source,
        next_action: None,
        now_ms,
    })
}

/// The first gateway calls it failed, the second expired: its customers have to act on a page of its own.
pub fn end_without_money(reference: usize) -> Outcome {
    if reference == 1 { Outcome::Expired } else { Outcome::Failed }
}

fn failed_poll(state: State, n: u32, now_ms: Millis) -> State {
    match reducer::step(Some(state.clone()), Event::PollFailed { n, now_ms }) {
        Ok((next, _)) => next,
        Err(_) => state,
    }
}

fn wants_alarm(effects: &[Effect]) -> bool {
    effects.iter().any(|effect| matches!(effect, Effect::WakeAt { .. }))
}

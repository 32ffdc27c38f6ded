//! The reducer's state in a few bytes, so that millions of them fit, with time reduced to what the reducer can tell apart.
//!
//! Lossless but for what it never reads: exact times, who delivered, which failure it was; and poll counts, of which it tells
//! apart whether one more "not found" will do. A word that is not in the tables below is a panic: the reducer has learnt
//! something that the model has to learn too.

use payments::reducer::{
    self, ANSWERS_MIN, AttemptStatus, Fulfilment, FulfilmentStatus, Millis, Minor, PaymentStatus, Refund, RefundReason,
    RefundStatus, SEND_DEADLINE_MS, SETTLE_MS, State, Unread, Version, Via,
};
use std::hash::{Hash, Hasher};

/// Every event happens now: ages are kept in the attempts instead.
pub const NOW_MS: Millis = 1_000_000_000_000;
/// When the alarm fires, polls and fulfilment tries are due, and no age class has been crossed by that alone.
pub const ALARM_MS: Millis = NOW_MS + 60_000;
pub const ATTEMPTS: usize = 2;
/// One per attempt, and one that only a bug would make.
pub const REFERENCES: usize = 3;

pub const AMOUNT: Minor = Minor(1000);
pub const OTHER_AMOUNT: &str = "900";
pub const CURRENCY: &str = "ZMW";
pub const REFUSED: &str = "REFUSED";
pub const DECLINED: &str = "DECLINED";

/// Of a failure the reducer tells no more apart than these: none, another, nothing sent.
const FAILURES: [Option<&str>; 3] = [None, Some(DECLINED), Some("not_sent")];
const REVIEWS: [Option<&str>; 5] =
    [None, Some("amount_mismatch"), Some("reversal"), Some("silent_for_30_days"), Some("not_found_after_accepted")];

/// When a failure was found by a query, and when a success was told: a gateway that took money after all had said "failed" before.
pub const FAILURE_HEARD_AT_MS: Millis = NOW_MS - 2;
pub const SUCCESS_HEARD_AT_MS: Millis = NOW_MS - 1;

/// What the reducer can tell of an attempt's age, by a clock that may have jumped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Age {
    Fresh,
    /// No gateway call lasts this long.
    PastSendDeadline,
    /// "Not found" is believed, if it was heard often enough.
    Settled,
}

impl Age {
    fn of(ms: Millis) -> Self {
        match ms {
            _ if ms >= SETTLE_MS => Self::Settled,
            _ if ms >= SEND_DEADLINE_MS => Self::PastSendDeadline,
            _ => Self::Fresh,
        }
    }

    pub fn ms(self) -> Millis {
        match self {
            Self::Fresh => 0,
            Self::PastSendDeadline => SEND_DEADLINE_MS,
            Self::Settled => SETTLE_MS,
        }
    }

    pub fn next(self) -> Option<Self> {
        match self {
            Self::Fresh => Some(Self::PastSendDeadline),
            Self::PastSendDeadline => Some(Self::Settled),
            Self::Settled => None,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attempt {
    /// Index of the gateway reference.
    pub reference: u8,
    pub status: AttemptStatus,
    failure: u8,
    /// The reducer means to ask about it again.
    pub watched: bool,
    pub age: Age,
    /// All "not found" answers that are needed were heard but one: so many questions take as long as settling does (T58).
    pub nearly: bool,
    /// The call has not reported.
    call_lost: bool,
    /// Of the capture told a callback, which says when.
    pub capture_heard: bool,
}

impl Attempt {
    pub fn is_open(&self) -> bool {
        use AttemptStatus::{Created, NeedsAction, Pending, Unknown};
        matches!(self.status, Created | Pending | NeedsAction | Unknown)
    }

    /// Closed, and not captured as far as we know.
    pub fn is_without_money(&self) -> bool {
        matches!(self.status, AttemptStatus::Failed | AttemptStatus::Expired)
    }

    /// By the time that has really passed, whatever the clock says.
    pub fn is_truly_settled(&self) -> bool {
        self.age == Age::Settled && self.nearly
    }

    /// Time passes: the next age, or after a jump of the clock the one that it only seemed to have.
    pub fn grow_older(&mut self) {
        self.age = self.age.next().unwrap_or(self.age);
        self.nearly = self.age == Age::Settled;
    }

    pub fn is_acknowledged(&self) -> bool {
        !matches!(self.status, AttemptStatus::Created | AttemptStatus::Unknown)
    }

    pub fn failure(&self) -> Option<&'static str> {
        FAILURES[usize::from(self.failure)]
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Payment {
    pub status: PaymentStatus,
    pub attempts: [Option<Attempt>; ATTEMPTS],
    pub fulfilment: FulfilmentStatus,
    review: u8,
    pub doubles: [bool; ATTEMPTS],
    pub late_success: bool,
    paid_once: bool,
}

impl Hash for Attempt {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let [nearly, lost, heard] = [self.nearly, self.call_lost, self.capture_heard].map(u8::from);
        let flags =
            u8::from(self.watched) | (self.age as u8) << 1 | self.failure << 3 | nearly << 5 | lost << 6 | heard << 7;
        state.write_u32(u32::from_le_bytes([self.reference, self.status as u8, flags, 1]));
    }
}

impl Hash for Payment {
    fn hash<H: Hasher>(&self, state: &mut H) {
        for attempt in &self.attempts {
            match attempt {
                Some(attempt) => attempt.hash(state),
                None => state.write_u32(0),
            }
        }
        let [first, second] = self.doubles.map(u8::from);
        let flags = first | second << 1 | u8::from(self.late_success) << 2 | u8::from(self.paid_once) << 3;
        state.write_u32(u32::from_le_bytes([self.status as u8, self.fulfilment as u8, self.review, flags]));
    }
}

impl Payment {
    pub fn review(&self) -> Option<&'static str> {
        REVIEWS[usize::from(self.review)]
    }

    pub fn attempts(&self) -> impl Iterator<Item = (usize, &Attempt)> {
        self.attempts.iter().flatten().enumerate()
    }

    pub fn last(&self) -> usize {
        self.attempts.iter().flatten().count()
    }

    /// The number (1, 2 …) of the attempt that a gateway knows by this reference.
    pub fn attempt_of(&self, reference: usize) -> Option<usize> {
        self.attempts().find(|(_, attempt)| usize::from(attempt.reference) == reference).map(|(index, _)| index + 1)
    }

    pub fn inflate(&self) -> State {
        let attempts = self.attempts().map(|(index, attempt)| reducer::Attempt {
            n: index as u32 + 1,
            gateway: gateway(index + 1),
            reference: reference(attempt.reference.into()),
            status: attempt.status,
            refused: false,
            failure_code: attempt.failure().map(Into::into),
            provider_transaction_id: None,
            created_at_ms: NOW_MS - attempt.age.ms(),
            next_poll_at_ms: attempt.watched.then_some(NOW_MS + 10_000),
            // Often enough for every answer to count.
            polls: ANSWERS_MIN,
            captured_heard_at_ms: attempt.capture_heard.then_some(SUCCESS_HEARD_AT_MS),
            not_founds: if attempt.nearly { ANSWERS_MIN - 1 } else { 0 },
            call_lost: attempt.call_lost,
            captured_minor: None,
            settle_ms: None,
            unread: Unread::new(),
        });
        let fulfilled = self.fulfilment == FulfilmentStatus::Fulfilled;
        let doubles: Vec<u32> = (1..).zip(self.doubles).filter_map(|(n, double)| double.then_some(n)).collect();
        State {
            v: if doubles.is_empty() { Version::V1 } else { Version::V2 },
            status: self.status,
            amount_minor: AMOUNT,
            currency: CURRENCY.into(),
            attempts: attempts.collect(),
            fulfilment: Fulfilment {
                status: self.fulfilment,
                delivered_via: fulfilled.then_some(Via::Qstash),
                at_ms: fulfilled.then_some(NOW_MS),
                unread: Unread::new(),
            },
            refunds: (1..).zip(&doubles).map(|(n, &attempt)| task(n, attempt)).collect(),
            review_reason: self.review().map(Into::into),
            doubles,
            late_success: self.late_success,
            next_action: None,
            succeeded_at_ms: self.paid_once.then_some(NOW_MS),
            created_at_ms: NOW_MS,
            updated_at_ms: NOW_MS,
            unread: Unread::new(),
        }
    }

    pub fn deflate(state: &State, now_ms: Millis) -> Self {
        let mut attempts = [None; ATTEMPTS];
        for (slot, attempt) in attempts.iter_mut().zip(&state.attempts) {
            *slot = Some(Attempt {
                reference: (0..REFERENCES).find(|&index| reference(index) == attempt.reference).expect("a reference")
                    as u8,
                status: attempt.status,
                failure: word(&FAILURES, attempt.failure_code.as_deref().map(class_of_failure)),
                watched: attempt.next_poll_at_ms.is_some(),
                age: if attempt.is_open() {
                    Age::of(now_ms.saturating_sub(attempt.created_at_ms))
                } else {
                    Age::Settled
                },
                nearly: !attempt.is_open() || attempt.not_founds >= ANSWERS_MIN - 1,
                call_lost: attempt.is_open() && attempt.call_lost,
                capture_heard: attempt.captured_heard_at_ms.is_some(),
            });
        }
        assert!(state.attempts.len() <= ATTEMPTS, "more attempts than the model holds");
        assert!(state.doubles.iter().all(|&n| n as usize <= ATTEMPTS));
        let tasks = state.refunds.iter().filter(|refund| refund.status == RefundStatus::Due);
        assert!(tasks.map(|task| task.attempt).eq(state.doubles.iter().copied()), "a double without its task");
        Self {
            status: state.status,
            attempts,
            fulfilment: state.fulfilment.status,
            review: word(&REVIEWS, state.review_reason.as_deref()),
            doubles: [state.doubles.contains(&1), state.doubles.contains(&2)],
            late_success: state.late_success,
            paid_once: state.succeeded_at_ms.is_some(),
        }
    }
}

fn task(n: u32, attempt: u32) -> Refund {
    Refund {
        n,
        attempt,
        key: format!("double-{attempt}"),
        reason: RefundReason::Double,
        reference: None,
        amount_minor: None,
        status: RefundStatus::Due,
        refused: false,
        failure_code: None,
        provider_transaction_id: None,
        created_at_ms: NOW_MS,
        begun_at_ms: None,
        next_poll_at_ms: None,
        polls: 0,
        not_founds: 0,
        unread: Unread::new(),
    }
}

pub fn reference(index: usize) -> String {
    ["R1", "R2", "R3"][index].into()
}

/// A second attempt goes to the other gateway.
pub fn gateway(n: usize) -> String {
    if n == 1 { "gateway-a".into() } else { "gateway-b".into() }
}

fn class_of_failure(code: &str) -> &str {
    if code == "not_sent" { code } else { DECLINED }
}

fn word(table: &[Option<&str>], said: Option<&str>) -> u8 {
    let index = table.iter().position(|&known| known == said);
    index.unwrap_or_else(|| panic!("the reducer says {said:?}, which the model does not know")) as u8
}

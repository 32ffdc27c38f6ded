//! Everything there is in the model: shop, payment object, gateways, messages, ledger, and how much may still go wrong.

use crate::payment::{ATTEMPTS, Age, Attempt, Payment, REFERENCES};
use payments::reducer::{FulfilmentStatus, PaymentStatus};

/// How often each thing may happen in one history.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Budget {
    /// What the shop sends: its first request and its retries.
    pub requests: u8,
    /// Misfortunes altogether.
    pub misfortunes: u8,
    /// A request, an answer, a callback, a status query or a queue message that is lost; a callback that the queue would not
    /// take.
    pub losses: u8,
    /// A callback or queue message that comes again, after it was done with.
    pub repeats: u8,
    /// The object or the consumer stops and forgets everything that is not durable.
    pub crashes: u8,
    /// A gateway that said "failed" and then takes the money all the same.
    pub changes_of_mind: u8,
    /// A clock that jumps, another amount, an unknown status, amnesia, 30 days of silence, a closed vault, a forged nudge, a contradictory refusal.
    pub oddities: u8,
    /// A gateway that refuses for a reason of its own.
    pub own_refusals: u8,
    /// A shop that asks for a running payment by another way, so that it is to be called off.
    pub cancels: u8,
    /// Status queries whose answer teaches nothing when it is given (it may be stale when it arrives).
    pub idle_polls: u8,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Misfortune {
    Loss,
    Repeat,
    Crash,
    ChangeOfMind,
    Oddity,
    OwnRefusal,
    Cancel,
    IdlePoll,
}

impl Budget {
    fn of(&mut self, misfortune: Misfortune) -> &mut u8 {
        match misfortune {
            Misfortune::Loss => &mut self.losses,
            Misfortune::Repeat => &mut self.repeats,
            Misfortune::Crash => &mut self.crashes,
            Misfortune::ChangeOfMind => &mut self.changes_of_mind,
            Misfortune::Oddity => &mut self.oddities,
            Misfortune::OwnRefusal => &mut self.own_refusals,
            Misfortune::Cancel => &mut self.cancels,
            Misfortune::IdlePoll => &mut self.idle_polls,
        }
    }

    pub fn allows(mut self, misfortune: Misfortune) -> bool {
        self.misfortunes > 0 && *self.of(misfortune) > 0
    }

    pub fn spend(&mut self, misfortune: Misfortune) {
        *self.of(misfortune) -= 1;
        self.misfortunes -= 1;
        if self.misfortunes == 0 {
            // Which ones were had is of no more consequence.
            *self = Self { requests: self.requests, ..Self::NONE };
        }
    }

    pub const NONE: Self = Self {
        requests: 0,
        misfortunes: 0,
        losses: 0,
        repeats: 0,
        crashes: 0,
        changes_of_mind: 0,
        oddities: 0,
        own_refusals: 0,
        cancels: 0,
        idle_polls: 0,
    };
}

pub const KEYS: usize = 3;

/// What the object writes in one transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Record {
    pub payment: Payment,
    /// Idempotency key → attempt number; 0 when the key is not known.
    pub keys: [u8; KEYS],
    pub alarm: bool,
    /// Attempts to be asked about beside the reducer's own polls, until the gateway has answered.
    pub questions: [bool; ATTEMPTS],
    /// How the second attempt came about.
    pub began: Began,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Began {
    /// The shop asked.
    ByRequest,
    /// Lango went on by itself, in the request of the attempt before.
    Failover,
    /// The shop asked, and the gateway had called the attempt before off.
    AfterCancel,
}

/// The object's gateway call for one reference. Volatile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Call {
    None,
    /// Begun; waits for the storage's word that the attempt is durable.
    Ready,
    /// Sent; no answer yet.
    Waiting,
    Accepted,
    Refused,
}

/// The call that is to call a deposit off. Volatile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Cancel {
    Asked,
    /// The gateway will take nothing more, and its answer is on its way.
    Confirmed,
    /// The customer was quicker.
    Overtaken,
}

/// Only the first gateway can call a deposit off.
pub const CAN_CANCEL: usize = 0;

/// The gateway's own truth about one reference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Deposit {
    Absent,
    Travelling,
    Taken,
    Captured,
    CapturedOtherAmount,
    /// Failed at first, captured in the end.
    CapturedLate,
    /// Captured, and given back by the gateway.
    GivenBack,
    Refused,
    Failed,
}

impl Deposit {
    pub fn is_captured(self) -> bool {
        matches!(self, Self::Captured | Self::CapturedOtherAmount | Self::CapturedLate | Self::GivenBack)
    }

    pub fn pays(self) -> bool {
        matches!(self, Self::Captured | Self::CapturedLate | Self::GivenBack)
    }

    /// The gateway has never said that it will not take this money.
    pub fn may_be_captured(self) -> bool {
        matches!(self, Self::Travelling | Self::Taken | Self::Captured | Self::CapturedOtherAmount)
    }
}

/// What a status query found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Word {
    Pending,
    Succeeded,
    SucceededOtherAmount,
    Failed,
    /// After it was captured.
    FailedAgain,
    NotFound,
    Unrecognised,
    Nothing,
}

/// A status answer on its way back. Volatile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Poll {
    pub n: u8,
    pub word: Word,
    /// How old the attempt was when the gateway was asked.
    pub asked_at: Age,
    /// Asked before the latest news of the attempt: no answer to that.
    pub overtaken: bool,
    /// Nothing has changed since: the answer will teach what it would have taught then (`fuel` needs this, no rule does).
    pub fresh: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Queue {
    Out,
    Waiting,
    /// The consumer has heard from the object that this attempt is to be fulfilled.
    Due(u8),
    /// One of the two steps of the fulfilment is done.
    Half(u8),
}

/// One message. A callback's fate is decided when it is made; however long it is under way is time that it spends waiting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Message {
    /// Kept by the object, since the queue could not be had.
    pub outbox: bool,
    pub queue: Queue,
}

impl Message {
    pub const NOWHERE: Self = Self { outbox: false, queue: Queue::Out };
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Success(usize),
    Failure(usize),
    Nudge,
}

pub const MESSAGES: usize = 2 * REFERENCES + 1;
pub const NUDGE: usize = 2 * REFERENCES;

impl Kind {
    pub fn of(message: usize) -> Self {
        match message {
            NUDGE => Self::Nudge,
            _ if message < REFERENCES => Self::Success(message),
            _ => Self::Failure(message - REFERENCES),
        }
    }

    pub fn index(self) -> usize {
        match self {
            Self::Success(reference) => reference,
            Self::Failure(reference) => REFERENCES + reference,
            Self::Nudge => NUDGE,
        }
    }
}

/// What went wrong between two states, which no single state shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Broken {
    pub final_state: bool,
    pub sent_before_durable: bool,
    pub begun_while_open: bool,
    pub failed_over_twice: bool,
    pub used_nothing_up: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct World {
    pub left: Budget,
    /// Keys that the shop has used; it makes a fresh one by counting.
    pub keys_used: u8,
    /// As the running object sees it.
    pub record: Option<Record>,
    /// The last write is not durable yet; `durable` is what a crash would leave.
    pub unsaved: bool,
    pub durable: Option<Record>,
    pub calls: [Call; REFERENCES],
    pub poll: Option<Poll>,
    pub cancel: Option<Cancel>,
    pub deposits: [Deposit; REFERENCES],
    pub messages: [Message; MESSAGES],
    /// Ledger entries per attempt; more than one is never right.
    pub postings: [u8; ATTEMPTS],
    /// The object was told, authentically, that this reference was captured.
    pub told_success: [bool; REFERENCES],
    /// The object was told, authentically and after the capture, that this reference was given back.
    pub told_given_back: [bool; REFERENCES],
    pub broken: Broken,
}

impl World {
    pub fn new(left: Budget) -> Self {
        Self {
            left,
            keys_used: 0,
            record: None,
            unsaved: false,
            durable: None,
            calls: [Call::None; REFERENCES],
            poll: None,
            cancel: None,
            deposits: [Deposit::Absent; REFERENCES],
            messages: [Message::NOWHERE; MESSAGES],
            postings: [0; ATTEMPTS],
            told_success: [false; REFERENCES],
            told_given_back: [false; REFERENCES],
            broken: Broken::default(),
        }
    }

    pub fn payment(&self) -> Option<&Payment> {
        self.record.as_ref().map(|record| &record.payment)
    }

    pub fn attempt(&self, n: u8) -> Option<&Attempt> {
        self.payment()?.attempts.get(usize::from(n) - 1)?.as_ref()
    }

    pub fn deposit_of(&self, n: u8) -> Deposit {
        self.attempt(n).map_or(Deposit::Absent, |attempt| self.deposits[usize::from(attempt.reference)])
    }

    /// What is to be fulfilled: as `fulfilmentDue` of the payment object reads it from its row.
    pub fn due(&self) -> Option<u8> {
        let payment = self.payment()?;
        if payment.status != PaymentStatus::Succeeded || payment.fulfilment != FulfilmentStatus::Pending {
            return None;
        }
        use payments::reducer::AttemptStatus::Succeeded;
        payment
            .attempts()
            .find(|(index, attempt)| attempt.status == Succeeded && !payment.doubles[*index])
            .map(|(index, _)| index as u8 + 1)
    }
}

//! Each thing that can happen next.

use crate::world::{Deposit, Word};

/// Whether a step that could be lost or repeated was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Luck {
    Good,
    Lost,
    Repeated,
}

/// What becomes of a callback at our door.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Callback {
    Queued,
    /// The queue could not be had: the object keeps it.
    Kept,
    Lost,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// The shop asks, with the key of this number (0 is its first).
    Request {
        key: usize,
        lock: Lock,
    },
    Flush,
    Call {
        reference: usize,
    },
    VaultClosed {
        reference: usize,
    },
    Arrives {
        reference: usize,
        taken: bool,
    },
    RequestLost {
        reference: usize,
    },
    Answer {
        reference: usize,
        luck: Luck,
    },
    GiveUpWaiting {
        reference: usize,
    },
    /// The gateway refuses for a reason that is its own, not the customer's.
    OwnRefusal {
        reference: usize,
    },
    ContradictoryRefusal {
        reference: usize,
    },
    Decide {
        reference: usize,
        to: Deposit,
        callback: Callback,
    },
    ChangeOfMind {
        reference: usize,
        callback: Callback,
    },
    /// The gateway gives back what it took, after that was told.
    GiveBack {
        reference: usize,
    },
    Publish {
        message: usize,
    },
    /// The queue gives up on a message.
    QueueLoses {
        message: usize,
    },
    Deliver {
        message: usize,
        luck: Luck,
    },
    FulfilHalf {
        message: usize,
    },
    FulfilRest {
        message: usize,
        luck: Luck,
    },
    Alarm {
        ask: Option<(u8, Word)>,
    },
    Question {
        ask: (u8, Word),
    },
    PollAnswer,
    /// The shop asks again, by another way: what runs is to be called off first.
    CallOff,
    CancelArrives {
        luck: Luck,
    },
    CancelAnswered {
        luck: Luck,
    },
    TimePasses,
    ClockJumps,
    Silence,
    ForeignCallback,
    ForgedNudge,
    ObjectCrash,
    ConsumerCrash,
}

/// What the Redis lock in front says: held by an earlier request; or free, be it that nobody holds it, that it ran out, or that
/// Redis lost it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lock {
    Held,
    Free,
}

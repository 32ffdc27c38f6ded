//! What must hold, over what the gateways really took and the ledger really holds, not over the reducer's own words.

use crate::lango::{Lango, goes_on_by_itself};
use crate::payment::{Age, Attempt, Payment};
use crate::world::{Began, Cancel, Deposit, Kind, Message, World};
use payments::reducer::{AttemptStatus, FulfilmentStatus, PaymentStatus};
use stateright::Property;

pub const ONE_CHARGE: &str = "I1 one charge";
pub const DOUBLES: &str = "I1 doubles are recorded";
pub const NO_SUCCESS_LOST: &str = "I2 no success is lost";
pub const PAID_IS_PAID: &str = "I2 paid means captured";
pub const POSTED_IS_CAPTURED: &str = "I3 fulfilled only if captured";
pub const POSTED_ONCE: &str = "I3 one posting";
pub const MARKED_AFTER: &str = "I3 marked after the effect";
pub const FINAL: &str = "I4 final stays final";
pub const NOT_TAKEN_BACK: &str = "I4 an older word takes nothing back";
pub const DURABLE: &str = "I6 durable before sent";
pub const NOT_WHILE_OPEN: &str = "I7 no attempt beside an open one";
pub const ONE_FAILOVER: &str = "T24 one failover a request";
pub const UNKNOWN_IS_NOT_FAILED: &str = "I7 failed means not captured";
pub const ENDS_WELL: &str = "ends paid, failed or in review";
pub const ENDS: &str = "every history ends";

/// Always, in every state.
type Rule = (&'static str, fn(&Lango, &World) -> bool);
const RULES: [Rule; 15] = [
    // Of all that the gateways ever took, but for a gateway that had said "failed" first: against that nobody can guard.
    (ONE_CHARGE, |_, world| {
        let captured = |deposit: &&Deposit| {
            matches!(deposit, Deposit::Captured | Deposit::CapturedOtherAmount | Deposit::GivenBack)
        };
        world.deposits.iter().filter(captured).count() <= 1
    }),
    // Whatever was captured beyond the first is written down as such, for a refund.
    (DOUBLES, |_, world| {
        let told = world.told_success.iter().filter(|&&told| told).count();
        let doubles = world.payment().map_or(0, |payment| payment.doubles.iter().filter(|&&double| double).count());
        told <= 1 || doubles == told - 1
    }),
    (NO_SUCCESS_LOST, |_, world| {
        (0..world.deposits.len()).all(|reference| !world.told_success[reference] || is_recorded(world, reference))
    }),
    // T28, T35: no word about another payment or another amount pays this one.
    (PAID_IS_PAID, |_, world| {
        world.payment().is_none_or(|payment| payment.status != PaymentStatus::Succeeded || is_paid_for(world, payment))
    }),
    (POSTED_IS_CAPTURED, |_, world| {
        (1..).zip(world.postings).all(|(n, postings)| postings == 0 || world.deposit_of(n).pays())
    }),
    // T37, T42: one entry for the whole payment, however often the news came.
    (POSTED_ONCE, |_, world| world.postings.iter().sum::<u8>() <= 1),
    // T41.
    (MARKED_AFTER, |_, world| {
        let fulfilled = world.payment().is_some_and(|payment| payment.fulfilment == FulfilmentStatus::Fulfilled);
        !fulfilled || world.postings.iter().any(|&postings| postings > 0)
    }),
    // T39. Corrections are late success, another amount and reversal, each recorded as such.
    (FINAL, |_, world| !world.broken.final_state),
    // T39. A success is doubted only when the gateway has given back what it took, not for what it had said before.
    (NOT_TAKEN_BACK, |_, world| {
        let given_back = |attempt: &Attempt| world.deposits[usize::from(attempt.reference)] == Deposit::GivenBack;
        world
            .payment()
            .is_none_or(|payment| payment.attempts().all(|(_, attempt)| !is_doubted(attempt) || given_back(attempt)))
    }),
    (DURABLE, |_, world| !world.broken.sent_before_durable),
    // T08, T15, T24.
    (NOT_WHILE_OPEN, |_, world| !world.broken.begun_while_open),
    (ONE_FAILOVER, |_, world| !world.broken.failed_over_twice),
    // T16, T17, T21: what the gateway may yet take, or has taken, is not called failed.
    (UNKNOWN_IS_NOT_FAILED, |_, world| {
        let failed = |status| matches!(status, AttemptStatus::Failed | AttemptStatus::Expired);
        world.payment().is_none_or(|payment| {
            payment
                .attempts()
                .filter(|(_, attempt)| failed(attempt.status))
                .all(|(_, attempt)| !world.deposits[usize::from(attempt.reference)].may_be_captured())
        })
    }),
    // A state that is not an end can still get on without luck and without the shop.
    (ENDS_WELL, |_, world| is_resolved(world) || goes_on_by_itself(world)),
    // With the rule before: every history ends resolved, if callbacks and polls keep coming.
    (ENDS, |_, world| !world.broken.used_nothing_up),
];

/// What must be possible, or the rules above would say nothing.
const SIGHTS: [Rule; 17] = [
    ("sees a payment paid and fulfilled", |_, world| fulfilled(world)),
    ("sees the second gateway pay after the first failed", |_, world| world.postings[1] == 1),
    ("sees Lango itself go on at the second gateway, and that pay", |_, world| {
        world.postings[1] == 1 && began(world, Began::Failover)
    }),
    ("sees a confirmed cancel, and the second gateway pay", |_, world| {
        world.postings[1] == 1 && began(world, Began::AfterCancel)
    }),
    ("sees a customer who is quicker than the cancel", |_, world| world.cancel == Some(Cancel::Overtaken)),
    ("sees a late success", |_, world| world.payment().is_some_and(|payment| payment.late_success)),
    ("sees both gateways capture, and the double recorded", |_, world| {
        world.payment().is_some_and(|payment| payment.doubles.contains(&true))
    }),
    ("sees another amount in review", |_, world| review(world) == Some("amount_mismatch")),
    ("sees 30 days of silence in review", |_, world| review(world) == Some("silent_for_30_days")),
    ("sees a reversal in review", |_, world| review(world) == Some("reversal")),
    ("sees a capture that an old failure contradicts, asked about and kept", |_, world| {
        let failure_came = |n: usize| world.messages[Kind::Failure(n).index()] == Message::NOWHERE;
        world.payment().is_some_and(|payment| {
            payment.attempts().any(|(index, attempt)| {
                let reference = usize::from(attempt.reference);
                attempt.status == AttemptStatus::Succeeded
                    && world.deposits[reference] == Deposit::CapturedLate
                    && failure_came(reference)
                    && world.record.is_some_and(|record| record.questions[index])
            })
        })
    }),
    ("sees a payment survive a crash", |model, world| {
        let crashed = world.left.misfortunes > 0 && world.left.crashes < model.bounds.crashes;
        crashed && fulfilled(world)
    }),
    ("sees a call that never reported, expired", |_, world| {
        world.payment().is_some_and(|payment| payment.status == PaymentStatus::Expired)
    }),
    ("sees an attempt that its gateway let expire", |_, world| {
        world.attempt(2).is_some_and(|attempt| attempt.status == AttemptStatus::Expired)
            && world.deposit_of(2) == Deposit::Failed
    }),
    ("sees a question stand for news that the queue lost", |_, world| {
        let lost = |n: usize| world.messages[Kind::Success(n).index()] == Message::NOWHERE;
        world.record.is_some_and(|record| (0..record.questions.len()).any(|n| record.questions[n] && lost(n)))
    }),
    ("sees a clock that has jumped, and nothing end by it", |_, world| {
        let jumped = |attempt: &Attempt| attempt.is_open() && attempt.age == Age::Settled && !attempt.nearly;
        world.payment().is_some_and(|payment| payment.attempts().any(|(_, attempt)| jumped(attempt)))
    }),
    ("sees a payment undone, since nothing had left", |model, world| {
        world.left.misfortunes < model.bounds.misfortunes && world.record.is_none()
    }),
];

pub fn always() -> impl Iterator<Item = &'static str> {
    RULES.iter().map(|(name, _)| *name)
}

pub fn sometimes() -> impl Iterator<Item = &'static str> {
    SIGHTS.iter().map(|(name, _)| *name)
}

pub fn all() -> Vec<Property<Lango>> {
    let rules = RULES.iter().map(|&(name, holds)| Property::always(name, holds));
    rules.chain(SIGHTS.iter().map(|&(name, seen)| Property::sometimes(name, seen))).collect()
}

fn began(world: &World, how: Began) -> bool {
    world.record.is_some_and(|record| record.began == how)
}

fn review(world: &World) -> Option<&'static str> {
    world.payment().and_then(Payment::review)
}

fn fulfilled(world: &World) -> bool {
    world.payment().is_some_and(|payment| {
        payment.status == PaymentStatus::Succeeded && payment.fulfilment == FulfilmentStatus::Fulfilled
    })
}

fn is_recorded(world: &World, reference: usize) -> bool {
    world.payment().is_some_and(|payment| {
        payment.attempts().any(|(_, attempt)| {
            usize::from(attempt.reference) == reference && attempt.status == AttemptStatus::Succeeded
        })
    })
}

fn is_paid_for(world: &World, payment: &Payment) -> bool {
    payment.attempts().any(|(_, attempt)| {
        attempt.status == AttemptStatus::Succeeded && world.deposits[usize::from(attempt.reference)].pays()
    })
}

fn is_doubted(attempt: &Attempt) -> bool {
    attempt.status == AttemptStatus::Succeeded && attempt.failure().is_some()
}

/// T39: a callback takes nothing back, but what it says of money that went back is found out.
fn knows_what_was_given_back(world: &World) -> bool {
    let doubted = |reference: usize| {
        world.payment().is_some_and(|payment| {
            payment.attempt_of(reference).and_then(|n| world.attempt(n as u8)).is_some_and(is_doubted)
        })
    };
    (0..world.deposits.len()).all(|reference| !world.told_given_back[reference] || doubted(reference))
}

/// An end that a shop can live with: nothing of what was taken is unknown, nothing that was paid for is missing.
fn is_resolved(world: &World) -> bool {
    let known = |(reference, deposit): (usize, &Deposit)| !deposit.is_captured() || is_recorded(world, reference);
    let all_known = world.deposits.iter().enumerate().all(known) && knows_what_was_given_back(world);
    let Some(payment) = world.payment() else { return all_known };
    match payment.status {
        PaymentStatus::Succeeded => all_known && fulfilled(world) && world.postings.contains(&1),
        PaymentStatus::Failed | PaymentStatus::Expired => all_known,
        PaymentStatus::Review => all_known || review(world) == Some("silent_for_30_days"),
        // Nothing ever left: the shop was told so and its key is free.
        PaymentStatus::Created => all_known && payment.attempts().all(|(_, attempt)| !attempt.is_open()),
        PaymentStatus::Pending | PaymentStatus::NeedsAction | PaymentStatus::Unknown => false,
    }
}

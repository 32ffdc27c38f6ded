//! Why every history ends: each step lowers this measure, which cannot fall for ever.
//!
//! With it "comes to rest only when resolved" means "is resolved in the end". The checker's own `eventually` forgets what it
//! owes where paths join or close a circle, so the model asks for nothing but properties of single states.

use crate::payment::{Age, Payment};
use crate::world::{Call, Cancel, Deposit, Kind, Message, Queue, Record, World};
use payments::reducer::{AttemptStatus, FulfilmentStatus};

/// Compared from left to right.
pub type Fuel = [u16; 7];

pub fn of(world: &World) -> Fuel {
    let money: u16 = world.calls.iter().zip(&world.deposits).map(|(&call, &deposit)| of_call(call, deposit)).sum();
    let open = world.payment().is_some_and(|payment| payment.fulfilment == FulfilmentStatus::Pending);
    let nudge_to_come = world.due().is_some() && open && world.messages[Kind::Nudge.index()] == Message::NOWHERE;
    [
        2 * (u16::from(world.left.requests) + u16::from(world.left.misfortunes)) + u16::from(world.cancel.is_some()),
        money + u16::from(world.unsaved) + u16::from(world.cancel == Some(Cancel::Asked)),
        world.payment().map_or(0, ages),
        world.payment().map_or(0, of_payment) + world.record.map_or(0, of_questions) + questions_to_come(world),
        u16::from(nudge_to_come),
        world.messages.iter().map(of_message).sum(),
        of_poll(world) * 2 + u16::from(world.record.is_some_and(|record| record.alarm)),
    ]
}

fn of_call(call: Call, deposit: Deposit) -> u16 {
    let call = match call {
        Call::Ready => 3,
        Call::Waiting => 2,
        Call::Accepted | Call::Refused => 1,
        Call::None => 0,
    };
    let deposit = match deposit {
        Deposit::Travelling => 3,
        Deposit::Taken => 2,
        _ => 0,
    };
    4 * call + deposit
}

fn ages(payment: &Payment) -> u16 {
    let open = payment.attempts().filter(|(_, attempt)| attempt.is_open());
    open.map(|(_, attempt)| if attempt.is_truly_settled() { 0 } else { 1 + Age::Settled as u16 - attempt.age as u16 })
        .sum()
}

fn of_questions(record: Record) -> u16 {
    record.questions.map(u16::from).iter().sum()
}

/// A failure that is delivered may cause a question.
fn questions_to_come(world: &World) -> u16 {
    let failures = world.messages.iter().enumerate().filter(|(index, _)| matches!(Kind::of(*index), Kind::Failure(_)));
    failures.map(|(_, message)| u16::from(message.outbox) + u16::from(message.queue == Queue::Waiting)).sum()
}

fn of_payment(payment: &Payment) -> u16 {
    let attempts: u16 = payment
        .attempts()
        .map(|(_, attempt)| {
            let status = match attempt.status {
                AttemptStatus::Created => 5,
                AttemptStatus::Unknown => 4,
                AttemptStatus::Pending | AttemptStatus::NeedsAction => 3,
                AttemptStatus::Failed | AttemptStatus::Expired => 1,
                AttemptStatus::Succeeded => 0,
            };
            8 * status + u16::from(attempt.failure().is_none())
        })
        .sum();
    let fulfilment = match payment.fulfilment {
        FulfilmentStatus::None => 2,
        FulfilmentStatus::Pending => 1,
        FulfilmentStatus::Fulfilled => 0,
    };
    attempts + fulfilment + u16::from(payment.review().is_none())
}

fn of_message(message: &Message) -> u16 {
    let queue = match message.queue {
        Queue::Out => 0,
        Queue::Waiting => 3,
        Queue::Due(_) => 2,
        Queue::Half(_) => 1,
    };
    queue + if message.outbox { 4 } else { 0 }
}

/// A query that is made while nothing has changed since the last can teach nothing, and is not made.
fn of_poll(world: &World) -> u16 {
    match world.poll {
        None => 2,
        Some(poll) if poll.fresh => 1,
        Some(_) => 3,
    }
}

//! What may happen next.

use crate::action::{Action, Callback, Lock, Luck};
use crate::asking::{possible_words, price};
use crate::mutants::mutated;
use crate::payment::{ALARM_MS, ATTEMPTS, Age, Payment, REFERENCES};
use crate::world::{
    Budget, CAN_CANCEL, Call, Cancel, Deposit, KEYS, Kind, MESSAGES, Message, Misfortune, Queue, Word, World,
};

pub fn actions(world: &World, actions: &mut Vec<Action>) {
    shop(world, actions);
    calls(world, actions);
    gateways(world, actions);
    messages(world, actions);
    clockwork(world, actions);
    misfortune(world, actions);
}

fn shop(world: &World, actions: &mut Vec<Action>) {
    if world.left.requests == 0 {
        return;
    }
    if may_call_off(world) {
        actions.push(Action::CallOff);
    }
    let keys = usize::from(world.keys_used) + 1;
    for key in 0..keys.min(KEYS) {
        actions.push(Action::Request { key, lock: Lock::Free });
        if key > 0 || keys > 1 {
            actions.push(Action::Request { key, lock: Lock::Held });
        }
    }
}

/// What the gateway has acknowledged and may yet take, at the gateway that can; with a key that the shop has not used.
fn may_call_off(world: &World) -> bool {
    let Some(payment) = world.payment() else { return false };
    let n = payment.last();
    let is_pending = world.attempt(n as u8).is_some_and(|attempt| attempt.is_open() && attempt.is_acknowledged());
    is_pending
        && payment.attempt_of(CAN_CANCEL) == Some(n)
        && !world.unsaved
        && world.cancel.is_none()
        && usize::from(world.keys_used) < KEYS
        && world.left.allows(Misfortune::Cancel)
}

fn calls(world: &World, actions: &mut Vec<Action>) {
    if world.unsaved {
        actions.push(Action::Flush);
    }
    for reference in 0..REFERENCES {
        match world.calls[reference] {
            Call::Ready if world.may_call() => {
                actions.push(Action::Call { reference });
                if reference < ATTEMPTS
                    && world.left.allows(Misfortune::Oddity)
                    && world.deposits[reference] == Deposit::Absent
                {
                    actions.push(Action::VaultClosed { reference });
                }
            }
            Call::Waiting if !world.unsaved => {
                actions.push(Action::GiveUpWaiting { reference });
            }
            Call::Accepted | Call::Refused if !world.unsaved => {
                actions.push(Action::Answer { reference, luck: Luck::Good });
                if world.left.allows(Misfortune::Loss) {
                    actions.push(Action::Answer { reference, luck: Luck::Lost });
                }
                if world.calls[reference] == Call::Refused && world.left.allows(Misfortune::OwnRefusal) {
                    actions.push(Action::OwnRefusal { reference });
                }
                let known = world.payment().and_then(|payment| payment.attempt_of(reference));
                let acknowledged =
                    known.and_then(|n| world.attempt(n as u8)).is_some_and(|attempt| attempt.is_acknowledged());
                if acknowledged && world.calls[reference] == Call::Accepted && world.left.allows(Misfortune::Oddity) {
                    actions.push(Action::ContradictoryRefusal { reference });
                }
            }
            _ => {}
        }
    }
}

fn gateways(world: &World, actions: &mut Vec<Action>) {
    let step = world.cancel.filter(|_| !world.unsaved).map(|cancel| -> fn(Luck) -> Action {
        match cancel {
            Cancel::Asked => |luck| Action::CancelArrives { luck },
            Cancel::Confirmed | Cancel::Overtaken => |luck| Action::CancelAnswered { luck },
        }
    });
    if let Some(step) = step {
        actions.push(step(Luck::Good));
        if world.left.allows(Misfortune::Loss) {
            actions.push(step(Luck::Lost));
        }
    }
    for reference in 0..REFERENCES {
        match world.deposits[reference] {
            Deposit::Travelling => {
                actions.push(Action::Arrives { reference, taken: true });
                actions.push(Action::Arrives { reference, taken: false });
                if world.left.allows(Misfortune::Loss) {
                    actions.push(Action::RequestLost { reference });
                }
            }
            Deposit::Taken => {
                for to in [Deposit::Captured, Deposit::Failed] {
                    actions.extend(callbacks(world.left, world, true).map(|callback| Action::Decide {
                        reference,
                        to,
                        callback,
                    }));
                }
                if world.left.allows(Misfortune::Oddity) {
                    let (to, callback) = (Deposit::CapturedOtherAmount, Callback::Queued);
                    actions.push(Action::Decide { reference, to, callback });
                }
            }
            Deposit::Captured if world.told_success[reference] && world.left.allows(Misfortune::Oddity) => {
                actions.push(Action::GiveBack { reference });
            }
            Deposit::Failed if world.left.allows(Misfortune::ChangeOfMind) => {
                // ASSUMPTION: a success after a failure is told by at least one callback that reaches us: nobody asks about an
                // attempt that failed until then.
                let lose = mutated("answers-200-before-durable");
                let mut left = world.left;
                left.spend(Misfortune::ChangeOfMind);
                actions
                    .extend(callbacks(left, world, lose).map(|callback| Action::ChangeOfMind { reference, callback }));
            }
            _ => {}
        }
    }
}

fn callbacks(left: Budget, world: &World, lose: bool) -> impl Iterator<Item = Callback> {
    let unlucky = left.allows(Misfortune::Loss);
    let kept = unlucky && world.record.is_some() && !world.unsaved;
    [Some(Callback::Queued), kept.then_some(Callback::Kept), (unlucky && lose).then_some(Callback::Lost)]
        .into_iter()
        .flatten()
}

fn messages(world: &World, actions: &mut Vec<Action>) {
    let lucks: &[Luck] =
        if world.left.allows(Misfortune::Repeat) { &[Luck::Good, Luck::Repeated] } else { &[Luck::Good] };
    for index in 0..MESSAGES {
        let message = world.messages[index];
        if message == Message::NOWHERE {
            continue;
        }
        if world.unsaved {
            continue;
        }
        if message.outbox {
            actions.push(Action::Publish { message: index });
        }
        if message.queue == Queue::Waiting && world.left.allows(Misfortune::Loss) {
            actions.push(Action::QueueLoses { message: index });
        }
        match message.queue {
            Queue::Out => {}
            Queue::Waiting => actions.extend(lucks.iter().map(|&luck| Action::Deliver { message: index, luck })),
            Queue::Due(_) => actions.push(Action::FulfilHalf { message: index }),
            Queue::Half(_) => actions.extend(lucks.iter().map(|&luck| Action::FulfilRest { message: index, luck })),
        }
    }
}

/// What happens without anybody's doing: alarms, polls, time.
pub fn clockwork(world: &World, actions: &mut Vec<Action>) {
    if world.unsaved {
        return;
    }
    let Some(record) = &world.record else { return };
    if world.poll.is_some() {
        actions.push(Action::PollAnswer);
    } else {
        if record.alarm {
            actions.push(Action::Alarm { ask: None });
            let mut woken = *world;
            for n in woken.wake(ALARM_MS).0 {
                let affordable = |word: &Word| price(&woken, n, *word).is_none_or(|price| world.left.allows(price));
                let words = possible_words(world, n).filter(affordable);
                actions.extend(words.map(|word| Action::Alarm { ask: Some((n, word)) }));
            }
        }
        for n in (1..=ATTEMPTS as u8).filter(|&n| record.questions[usize::from(n) - 1]) {
            let affordable = |word: &Word| price(world, n, *word).is_none_or(|price| world.left.allows(price));
            actions.extend(possible_words(world, n).filter(affordable).map(|word| Action::Question { ask: (n, word) }));
        }
    }
    if may_age(world, &record.payment) {
        actions.push(Action::TimePasses);
    }
}

/// ASSUMPTION: what has not reached the gateway when the settling time is over will never be taken.
fn may_age(world: &World, payment: &Payment) -> bool {
    let open = payment.attempts().map(|(_, attempt)| attempt).filter(|attempt| attempt.is_open());
    let arrived = !world.deposits.contains(&Deposit::Travelling) && !world.calls.contains(&Call::Ready);
    match open.min_by_key(|attempt| (attempt.age, attempt.nearly)) {
        None => false,
        Some(attempt) if attempt.is_truly_settled() => false,
        Some(attempt) if attempt.age == Age::Fresh => true,
        Some(attempt) if attempt.age == Age::PastSendDeadline => arrived,
        // After a jump: the questions that take so long are asked one after the other.
        Some(_) => arrived && world.poll.is_none(),
    }
}

fn misfortune(world: &World, actions: &mut Vec<Action>) {
    if world.left.allows(Misfortune::Crash) {
        if world.unsaved || world.poll.is_some() || world.calls.iter().any(|&call| call != Call::None) {
            actions.push(Action::ObjectCrash);
        }
        if world.messages.iter().any(|message| matches!(message.queue, Queue::Due(_) | Queue::Half(_))) {
            actions.push(Action::ConsumerCrash);
        }
    }
    if world.record.is_none() || world.unsaved {
        return;
    }
    actions.push(Action::ForeignCallback);
    if world.left.allows(Misfortune::Oddity) {
        let travelling = world.deposits.contains(&Deposit::Travelling) || world.calls.contains(&Call::Ready);
        let watched = world.payment().is_some_and(|payment| payment.attempts().any(|(_, attempt)| attempt.watched));
        if watched && world.poll.is_none() && !travelling {
            actions.push(Action::Silence);
        }
        if world.messages[Kind::Nudge.index()] == Message::NOWHERE {
            actions.push(Action::ForgedNudge);
        }
        let young =
            |payment: &Payment| payment.attempts().any(|(_, attempt)| attempt.is_open() && attempt.age != Age::Settled);
        if world.payment().is_some_and(young) {
            actions.push(Action::ClockJumps);
        }
    }
}

//! What each action does.

use crate::action::{Action, Callback, Luck};
use crate::asking::ask;
use crate::consumer::Acknowledge;
use crate::failover::{SERVER_ERROR, TIMED_OUT};
use crate::payment::{ALARM_MS, Age, Attempt};
use crate::world::{CAN_CANCEL, Call, Deposit, Kind, Misfortune, Queue, World};

/// None: it cannot happen here, or leads out of the bounds.
pub fn perform(world: &mut World, action: Action) -> Option<()> {
    match action {
        Action::Request { key, lock } => world.request(key, lock)?,
        Action::Flush => world.flush(),
        Action::Call { reference } => world.call(reference),
        Action::VaultClosed { reference } => {
            world.left.spend(Misfortune::Oddity);
            world.not_sent(reference);
        }
        Action::Arrives { reference, taken } => {
            let (deposit, answer) =
                if taken { (Deposit::Taken, Call::Accepted) } else { (Deposit::Refused, Call::Refused) };
            world.deposits[reference] = deposit;
            if world.calls[reference] == Call::Waiting {
                world.calls[reference] = answer;
            }
        }
        Action::RequestLost { reference } => {
            world.left.spend(Misfortune::Loss);
            world.deposits[reference] = Deposit::Absent;
        }
        Action::Answer { reference, luck: Luck::Lost } => {
            world.left.spend(Misfortune::Loss);
            world.unanswered_and(reference, SERVER_ERROR);
        }
        Action::Answer { reference, .. } => world.answered(reference),
        Action::GiveUpWaiting { reference } => world.unanswered_and(reference, TIMED_OUT),
        Action::OwnRefusal { reference } => {
            world.left.spend(Misfortune::OwnRefusal);
            world.refused_by_the_gateway(reference);
        }
        Action::ContradictoryRefusal { reference } => {
            world.left.spend(Misfortune::Oddity);
            world.calls[reference] = Call::Refused;
        }
        Action::Decide { reference, to, callback } => {
            world.deposits[reference] = to;
            if to == Deposit::CapturedOtherAmount {
                world.left.spend(Misfortune::Oddity);
            }
            call_back(world, reference, callback);
        }
        Action::ChangeOfMind { reference, callback } => {
            world.left.spend(Misfortune::ChangeOfMind);
            world.deposits[reference] = Deposit::CapturedLate;
            call_back(world, reference, callback);
        }
        Action::GiveBack { reference } => {
            world.left.spend(Misfortune::Oddity);
            world.deposits[reference] = Deposit::GivenBack;
            queue(world, Kind::Failure(reference).index());
        }
        Action::Publish { message } => {
            world.messages[message].outbox = false;
            queue(world, message);
        }
        Action::QueueLoses { message } => {
            world.left.spend(Misfortune::Loss);
            world.messages[message].queue = Queue::Out;
        }
        Action::Deliver { message, luck } => match world.deliver(message) {
            Acknowledge::Now => acknowledge(world, message, luck),
            Acknowledge::Later if luck == Luck::Repeated => return None,
            Acknowledge::Later => {}
        },
        Action::FulfilHalf { message } => match world.messages[message].queue {
            Queue::Due(n) => world.fulfil_half(message, n),
            _ => return None,
        },
        Action::FulfilRest { message, luck } => match world.messages[message].queue {
            Queue::Half(n) => {
                world.fulfil_rest(n);
                acknowledge(world, message, luck);
            }
            _ => return None,
        },
        Action::Alarm { ask: question } => {
            if world.wake(ALARM_MS).1 {
                world.nudge();
            }
            if let Some(question) = question {
                ask(world, question)?;
            }
        }
        Action::Question { ask: question } => ask(world, question)?,
        Action::PollAnswer => {
            let poll = world.poll.take()?;
            world.polled(poll);
        }
        Action::CallOff => {
            world.left.spend(Misfortune::Cancel);
            world.call_off();
        }
        Action::CancelArrives { luck: Luck::Lost } | Action::CancelAnswered { luck: Luck::Lost } => {
            // Nobody knows now whether it was called off: it is open as before.
            world.left.spend(Misfortune::Loss);
            world.cancel = None;
        }
        Action::CancelArrives { .. } => world.cancel_arrives(CAN_CANCEL),
        Action::CancelAnswered { .. } => world.cancel_answered(CAN_CANCEL),
        Action::TimePasses => {
            let record = world.record.as_mut()?;
            let open = record.payment.attempts.iter_mut().flatten().filter(|attempt| attempt.is_open());
            open.for_each(Attempt::grow_older);
        }
        Action::ClockJumps => {
            world.left.spend(Misfortune::Oddity);
            let record = world.record.as_mut()?;
            for attempt in record.payment.attempts.iter_mut().flatten().filter(|attempt| attempt.is_open()) {
                attempt.age = Age::Settled;
            }
        }
        Action::Silence => {
            world.left.spend(Misfortune::Oddity);
            world.silence();
        }
        Action::ForeignCallback => world.foreign_success(),
        Action::ForgedNudge => {
            world.left.spend(Misfortune::Oddity);
            world.messages[Kind::Nudge.index()].queue = Queue::Waiting;
        }
        Action::ObjectCrash => {
            world.left.spend(Misfortune::Crash);
            world.crash_object();
        }
        Action::ConsumerCrash => {
            world.left.spend(Misfortune::Crash);
            world.crash_consumer();
        }
    }
    Some(())
}

fn call_back(world: &mut World, reference: usize, callback: Callback) {
    let captured = world.deposits[reference].is_captured();
    let message = if captured { Kind::Success(reference) } else { Kind::Failure(reference) }.index();
    match callback {
        Callback::Queued => {
            queue(world, message);
            if captured {
                world.expect_success(reference);
            }
        }
        Callback::Kept => world.messages[message].outbox = true,
        Callback::Lost => {}
    }
    if callback != Callback::Queued {
        world.left.spend(Misfortune::Loss);
    }
}

fn queue(world: &mut World, message: usize) {
    let place = &mut world.messages[message].queue;
    if *place == Queue::Out {
        *place = Queue::Waiting;
    }
}

/// The queue hears that it is done, unless that was lost, and then it delivers again.
fn acknowledge(world: &mut World, message: usize, luck: Luck) {
    world.messages[message].queue = if luck == Luck::Repeated {
        world.left.spend(Misfortune::Repeat);
        Queue::Waiting
    } else {
        Queue::Out
    };
}

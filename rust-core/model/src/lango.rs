//! What may happen next, and what then is: the transition system that the checker explores.

use crate::fuel;
use crate::mutants::mutated;
use crate::object::{Acknowledge, Lock};
use crate::payment::{ALARM_MS, ATTEMPTS, Age, Payment, REFERENCES};
use crate::properties;
use crate::world::{Budget, Call, Deposit, KEYS, Kind, MESSAGES, Message, Misfortune, Poll, Queue, Word, World};
use payments::reducer::AttemptStatus;
use stateright::{Model, Property};

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
    Publish {
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
    Hint {
        ask: (u8, Word),
    },
    PollAnswer,
    TimePasses,
    Silence,
    ForeignCallback,
    ForgedNudge,
    ObjectCrash,
    ConsumerCrash,
}

impl Action {
    /// It needs no bad luck and nobody's wish: if nothing else happens, this does.
    fn is_fair(self, world: &World) -> bool {
        match self {
            Self::Alarm { ask: Some((n, word)) } => price(world, n, word).is_none(),
            Self::Alarm { ask: None } | Self::TimePasses => true,
            _ => false,
        }
    }
}

#[derive(Debug, Clone)]
pub struct Lango {
    pub bounds: Budget,
}

impl Model for Lango {
    type State = World;
    type Action = Action;

    fn init_states(&self) -> Vec<World> {
        vec![World::new(self.bounds)]
    }

    fn actions(&self, world: &World, actions: &mut Vec<Action>) {
        shop(world, actions);
        calls(world, actions);
        gateways(world, actions);
        messages(world, actions);
        clockwork(world, actions);
        misfortune(world, actions);
    }

    fn next_state(&self, before: &World, action: Action) -> Option<World> {
        let mut after = *before;
        perform(&mut after, action)?;
        if let (Some(was), Some(poll)) = (before.poll, &mut after.poll)
            && was == *poll
            && (before.record != after.record || before.deposits != after.deposits)
        {
            poll.fresh = false;
        }
        if after == *before {
            return None;
        }
        after.broken.used_nothing_up |= fuel::of(&after) >= fuel::of(before);
        Some(after)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        properties::all()
    }
}

/// Something will happen without anybody's bad luck or further wish.
pub fn goes_on_by_itself(world: &World) -> bool {
    let under_way = world.unsaved
        || world.poll.is_some()
        || world.calls.iter().any(|&call| call != Call::None)
        || world.deposits.iter().any(|deposit| matches!(deposit, Deposit::Travelling | Deposit::Taken))
        || world.messages.iter().any(|&message| message != Message::NOWHERE);
    if under_way {
        return true;
    }
    let mut actions = Vec::new();
    clockwork(world, &mut actions);
    actions.iter().any(|action| {
        let mut after = *world;
        action.is_fair(world) && perform(&mut after, *action).is_some() && after != *world
    })
}

fn shop(world: &World, actions: &mut Vec<Action>) {
    if world.left.requests == 0 {
        return;
    }
    let keys = usize::from(world.keys_used) + 1;
    for key in 0..keys.min(KEYS) {
        actions.push(Action::Request { key, lock: Lock::Free });
        if key > 0 || keys > 1 {
            actions.push(Action::Request { key, lock: Lock::Held });
        }
    }
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
            Deposit::Failed if world.left.allows(Misfortune::ChangeOfMind) => {
                // ASSUMPTION: a success after a failure is told by at least one callback that arrives: nobody asks about an
                // attempt that failed.
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
        match message.queue {
            Queue::Out => {}
            Queue::Waiting => actions.extend(lucks.iter().map(|&luck| Action::Deliver { message: index, luck })),
            Queue::Due(_) => actions.push(Action::FulfilHalf { message: index }),
            Queue::Half(_) => actions.extend(lucks.iter().map(|&luck| Action::FulfilRest { message: index, luck })),
        }
    }
}

fn clockwork(world: &World, actions: &mut Vec<Action>) {
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
        for (index, attempt) in record.payment.attempts() {
            let n = index as u8 + 1;
            if !attempt.is_open() && world.deposit_of(n) == Deposit::CapturedLate {
                let ask = (n, Word::Succeeded);
                if price(world, n, Word::Succeeded).is_none() {
                    actions.push(Action::Hint { ask });
                }
            }
        }
    }
    if may_age(world, &record.payment) {
        actions.push(Action::TimePasses);
    }
}

/// ASSUMPTION: what has not reached the gateway when the settling time is over will never be taken.
fn may_age(world: &World, payment: &Payment) -> bool {
    let youngest = payment.attempts().filter(|(_, attempt)| attempt.is_open()).map(|(_, attempt)| attempt.age).min();
    match youngest {
        None | Some(Age::Settled) => false,
        Some(Age::Fresh) => true,
        Some(Age::PastSendDeadline) => {
            !world.deposits.contains(&Deposit::Travelling) && !world.calls.contains(&Call::Ready)
        }
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
    }
}

/// What a status query may find: the truth, or nothing yet while the gateway's index lags, or nonsense.
fn possible_words(world: &World, n: u8) -> impl Iterator<Item = Word> {
    let truth: &[Word] = match world.deposit_of(n) {
        Deposit::Absent | Deposit::Travelling => &[Word::NotFound],
        Deposit::Taken => &[Word::Pending, Word::NotFound, Word::Unrecognised],
        Deposit::Captured | Deposit::CapturedLate => &[Word::Succeeded, Word::NotFound],
        Deposit::CapturedOtherAmount => &[Word::SucceededOtherAmount, Word::NotFound],
        Deposit::Refused => &[Word::NotFound, Word::Failed],
        Deposit::Failed => &[Word::Failed, Word::NotFound],
    };
    let known = !matches!(world.deposit_of(n), Deposit::Absent | Deposit::Travelling | Deposit::Refused);
    let attempt = world.attempt(n).copied();
    let may_miss_it = attempt.is_some_and(|attempt| {
        // ASSUMPTION: after the settling time a gateway finds what it has not acknowledged to us; what it has, it may forget.
        !known || attempt.age != Age::Settled || attempt.status == AttemptStatus::Pending
    });
    truth.iter().copied().chain([Word::Nothing]).filter(move |&word| word != Word::NotFound || may_miss_it)
}

/// What it costs that a query finds this word now. Teaching nothing costs, so that asking cannot go on for ever.
fn price(world: &World, n: u8, word: Word) -> Option<Misfortune> {
    let forgotten = word == Word::NotFound
        && !matches!(world.deposit_of(n), Deposit::Absent | Deposit::Travelling | Deposit::Refused)
        && world.attempt(n).is_some_and(|attempt| attempt.age == Age::Settled);
    if word == Word::Nothing {
        return Some(Misfortune::Loss);
    }
    if word == Word::Unrecognised || forgotten {
        return Some(Misfortune::Oddity);
    }
    let Some(attempt) = world.attempt(n) else { return Some(Misfortune::IdlePoll) };
    let mut after = *world;
    after.polled(Poll { n, word, asked_at: attempt.age, fresh: true });
    (after.record == world.record).then_some(Misfortune::IdlePoll)
}

fn ask(world: &mut World, (n, word): (u8, Word)) -> Option<()> {
    let price = price(world, n, word);
    if let Some(misfortune) = price {
        world.left.spend(misfortune);
    }
    let asked_at = world.attempt(n)?.age;
    world.poll = Some(Poll { n, word, asked_at, fresh: price.is_none() });
    Some(())
}

fn perform(world: &mut World, action: Action) -> Option<()> {
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
            world.unanswered(reference);
        }
        Action::Answer { reference, .. } => world.answered(reference),
        Action::GiveUpWaiting { reference } => world.unanswered(reference),
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
        Action::Publish { message } => {
            world.messages[message].outbox = false;
            queue(world, message);
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
        Action::Hint { ask: question } => ask(world, question)?,
        Action::PollAnswer => {
            let poll = world.poll.take()?;
            world.polled(poll);
        }
        Action::TimePasses => {
            let record = world.record.as_mut()?;
            for attempt in record.payment.attempts.iter_mut().flatten().filter(|attempt| attempt.is_open()) {
                attempt.age = attempt.age.next().unwrap_or(attempt.age);
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
        Callback::Queued => queue(world, message),
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

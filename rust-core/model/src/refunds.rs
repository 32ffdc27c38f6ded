//! Every history of the refunds of one paid payment: shop clicks, calls, a gateway, answers, questions (T33). Small enough for
//! the reducer's own state, whole, and for a search without hashes.

use payments::reducer::{
    self, ANSWERS_MIN, Event, Millis, Minor, Outcome, RefundStatus, SETTLE_MS, Source, State, Told,
};
use std::collections::{HashMap, VecDeque};

pub const SUMMED: &str = "T33 never more than was taken";
pub const ONE_A_KEY: &str = "T33 one refund a key";
pub const NOT_FAILED: &str = "T33 failed means not given back";

/// A name, and the rule that catches its loss.
pub const MUTANTS: &[(&str, &str)] = &[
    ("refunds-not-summed", SUMMED),
    ("refund-key-not-compared", ONE_A_KEY),
    ("refund-unknown-is-failed", NOT_FAILED),
    ("refund-failed-on-silence", NOT_FAILED),
    ("refund-expired-by-our-own-clock", NOT_FAILED),
];

const NOW_MS: Millis = 1_000_000_000_000;
const TAKEN: u64 = 1000;
/// Amount by key: the first and the last are all there is, the first two are too much.
const KEYS: [(&str, u64); 3] = [("a", 600), ("b", 600), ("c", 400)];
const CLICKS: u8 = 4;
const REFUNDS: usize = 2;

/// The gateway's truth about one refund.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Truth {
    Absent,
    Travelling,
    Arrived,
    Refused,
    Given,
    Failed,
}

#[derive(Debug, Clone)]
enum Action {
    Click { key: usize, leaves: bool },
    Arrives { n: usize, taken: bool },
    RequestLost { n: usize },
    Answer { n: usize, lost: bool },
    Decides { n: usize, given: bool },
    Hear { n: usize, outcome: Outcome },
    Alarm,
    TimePasses { n: usize },
}

#[derive(Clone)]
struct World {
    state: State,
    truth: [Truth; REFUNDS],
    clicks: u8,
}

pub struct Explored {
    pub states: usize,
    pub steps: usize,
    /// The rule that was broken first, and what led to it.
    pub broken: Option<(&'static str, Vec<String>)>,
}

/// Breadth first, so that what is found first is shortest.
pub fn explore() -> Explored {
    let start = World { state: paid(), truth: [Truth::Absent; REFUNDS], clicks: CLICKS };
    let mut seen = HashMap::from([(key_of(&start), None)]);
    let mut to_do = VecDeque::from([start]);
    let mut steps = 0;
    while let Some(world) = to_do.pop_front() {
        if let Some(rule) = broken(&world) {
            return Explored { states: seen.len(), steps, broken: Some((rule, history(&seen, key_of(&world)))) };
        }
        for action in actions(&world) {
            steps += 1;
            let Some(next) = perform(&world, &action) else { continue };
            let key = key_of(&next);
            if !seen.contains_key(&key) {
                seen.insert(key, Some((key_of(&world), format!("{action:?}"))));
                to_do.push_back(next);
            }
        }
    }
    Explored { states: seen.len(), steps, broken: None }
}

type Key = String;

fn key_of(world: &World) -> Key {
    format!("{:?} {:?} {}", world.state.refunds, world.truth, world.clicks)
}

fn history(seen: &HashMap<Key, Option<(Key, String)>>, mut key: Key) -> Vec<String> {
    let mut actions = Vec::new();
    while let Some(Some((before, action))) = seen.get(&key) {
        actions.push(action.clone());
        key.clone_from(before);
    }
    actions.reverse();
    actions
}

fn broken(world: &World) -> Option<&'static str> {
    let refunds = || world.state.refunds.iter().zip(world.truth);
    // What may yet be given back counts too: nobody can take it back.
    let may_be_given = |truth| matches!(truth, Truth::Travelling | Truth::Arrived | Truth::Given);
    let given: u64 = refunds()
        .filter(|(_, truth)| may_be_given(*truth))
        .filter_map(|(refund, _)| refund.amount_minor)
        .map(|amount| amount.0)
        .sum();
    let twice = |key: &str| refunds().filter(|(refund, truth)| refund.key == key && may_be_given(*truth)).count() > 1;
    if refunds().any(|(refund, truth)| refund.status == RefundStatus::Failed && may_be_given(truth)) {
        return Some(NOT_FAILED);
    }
    if KEYS.iter().any(|(key, _)| twice(key)) {
        return Some(ONE_A_KEY);
    }
    (given > TAKEN).then_some(SUMMED)
}

fn actions(world: &World) -> Vec<Action> {
    let mut actions = Vec::new();
    if world.clicks > 0 {
        for key in 0..KEYS.len() {
            actions.extend([true, false].map(|leaves| Action::Click { key, leaves }));
        }
    }
    if !world.state.refunds.is_empty() {
        actions.push(Action::Alarm);
    }
    for (index, refund) in world.state.refunds.iter().enumerate() {
        let n = index + 1;
        let truth = world.truth[index];
        let unanswered = matches!(refund.status, RefundStatus::Created | RefundStatus::Unknown);
        match truth {
            Truth::Travelling => {
                actions.extend([true, false].map(|taken| Action::Arrives { n, taken }));
                actions.push(Action::RequestLost { n });
            }
            Truth::Arrived => actions.extend([true, false].map(|given| Action::Decides { n, given })),
            _ => {}
        }
        if unanswered {
            actions.push(Action::Answer { n, lost: true });
            if truth != Truth::Travelling && truth != Truth::Absent {
                actions.push(Action::Answer { n, lost: false });
            }
            // ASSUMPTION: what has not reached the gateway when the settling time is over will never be taken.
            if truth != Truth::Travelling {
                actions.push(Action::TimePasses { n });
            }
        }
        actions.push(Action::Hear {
            n,
            outcome: match truth {
                Truth::Absent | Truth::Travelling | Truth::Refused => Outcome::NotFound,
                Truth::Arrived => Outcome::Pending,
                Truth::Given => Outcome::Succeeded,
                Truth::Failed => Outcome::Failed,
            },
        });
    }
    actions
}

fn perform(world: &World, action: &Action) -> Option<World> {
    let mut next = world.clone();
    let now_ms = NOW_MS;
    let event = match *action {
        Action::Click { key, leaves } => {
            next.clicks -= 1;
            let (key, amount) = KEYS[key];
            let n = next.state.refunds.len() + 1;
            let begin = Event::RefundBegin {
                n: n as u32,
                attempt: 1,
                key: key.into(),
                reference: format!("refund-{n}"),
                amount_minor: Minor(amount),
                now_ms,
            };
            // What is refused changes nothing, and nothing is sent.
            if let Ok((state, _)) = reducer::step(Some(next.state.clone()), begin) {
                if n > REFUNDS {
                    return None;
                }
                next.state = state;
                next.state.refunds.iter_mut().for_each(forget_the_count);
                next.truth[n - 1] = if leaves { Truth::Travelling } else { Truth::Absent };
            }
            return Some(next);
        }
        Action::Arrives { n, taken } => {
            next.truth[n - 1] = if taken { Truth::Arrived } else { Truth::Refused };
            return Some(next);
        }
        Action::RequestLost { n } => {
            next.truth[n - 1] = Truth::Absent;
            return Some(next);
        }
        Action::Decides { n, given } => {
            next.truth[n - 1] = if given { Truth::Given } else { Truth::Failed };
            return Some(next);
        }
        // Enough questions were asked, all but one answered "not found", and their time has passed.
        Action::TimePasses { n } => {
            let refund = &mut next.state.refunds[n - 1];
            refund.begun_at_ms = Some(NOW_MS - SETTLE_MS);
            (refund.polls, refund.not_founds) = (ANSWERS_MIN, ANSWERS_MIN - 1);
            return Some(next);
        }
        // When the call is overdue.
        Action::Alarm => Event::Wake { now_ms: NOW_MS + reducer::SEND_DEADLINE_MS },
        Action::Answer { n, lost: true } => Event::RefundUnknown { n: n as u32, now_ms },
        Action::Answer { n, .. } if world.truth[n - 1] == Truth::Refused => {
            Event::RefundRejected { n: n as u32, code: "REFUSED".into(), now_ms }
        }
        Action::Answer { n, .. } => Event::RefundAccepted { n: n as u32, now_ms },
        Action::Hear { n, outcome } => Event::RefundTold(word(n as u32, outcome)),
    };
    next.state = reducer::step(Some(next.state), event).ok()?.0;
    next.state.refunds.iter_mut().for_each(forget_the_count);
    Some(next)
}

/// How often it was asked is no part of what is looked at here, but whether one more "not found" will do.
fn forget_the_count(refund: &mut reducer::Refund) {
    refund.next_poll_at_ms = refund.is_open().then_some(NOW_MS);
    refund.polls = ANSWERS_MIN;
    refund.not_founds = if refund.is_open() && refund.not_founds >= ANSWERS_MIN - 1 { ANSWERS_MIN - 1 } else { 0 };
}

fn word(n: u32, outcome: Outcome) -> Told {
    Told {
        n,
        outcome,
        failure_code: None,
        amount_minor: None,
        currency: None,
        provider_transaction_id: None,
        source: Source::Poll,
        next_action: None,
        heard_at_ms: None,
        now_ms: NOW_MS,
    }
}

fn paid() -> State {
    let begin = Event::Begin {
        n: 1,
        gateway: "gateway-a".into(),
        reference: "deposit-1".into(),
        amount_minor: Minor(TAKEN),
        currency: "ZMW".into(),
        settle_ms: None, now_ms: NOW_MS,
    };
    let paid =
        Told { amount_minor: Some(TAKEN.to_string()), currency: Some("ZMW".into()), ..word(1, Outcome::Succeeded) };
    let fulfilled = Event::Fulfilled { via: reducer::Via::Qstash, now_ms: NOW_MS };
    let events = [begin, Event::Told(paid), fulfilled];
    let state =
        events.into_iter().try_fold(None, |state, event| reducer::step(state, event).map(|(next, _)| Some(next)));
    state.ok().flatten().unwrap_or_else(|| panic!("the reducer refuses a plain payment"))
}

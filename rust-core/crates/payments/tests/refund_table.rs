//! T33: what happens to a refund and what comes of it, one row a case.

#![allow(clippy::panic, clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

use payments::reducer::{
    Effect, Event, Minor, Outcome, Refund, RefundStatus as R, Refusal, Source, State, Told, Via, step,
};

const T0: u64 = 1_790_000_000_000;
const SECOND: u64 = 1000;
const DAY: u64 = 86_400 * SECOND;

fn begin(n: u32) -> Event {
    Event::Begin {
        n,
        gateway: "pawapay".into(),
        reference: format!("deposit-{n}"),
        amount_minor: Minor(1000),
        currency: "ZMW".into(),
        settle_ms: None,
        now_ms: T0,
    }
}

fn word(n: u32, outcome: Outcome, amount: Option<&str>, after_ms: u64) -> Told {
    Told {
        n,
        outcome,
        failure_code: None,
        amount_minor: amount.map(Into::into),
        currency: Some("ZMW".into()),
        provider_transaction_id: None,
        source: Source::Poll,
        next_action: None,
        heard_at_ms: None,
        now_ms: T0 + after_ms,
    }
}

fn deposit(n: u32, outcome: Outcome, amount: &str) -> Event {
    Event::Told(word(n, outcome, Some(amount), 0))
}

fn refund(n: u32, attempt: u32, key: &str, amount: u64) -> Event {
    let (key, reference) = (key.into(), format!("refund-{n}"));
    Event::RefundBegin { n, attempt, key, reference, amount_minor: Minor(amount), now_ms: T0 }
}

fn told(outcome: Outcome, after_ms: u64) -> Event {
    Event::RefundTold(word(1, outcome, Some("1000"), after_ms))
}

fn failed_with(code: &str) -> Event {
    Event::RefundTold(Told { failure_code: Some(code.into()), ..word(1, Outcome::Failed, None, 0) })
}

fn wake(after_ms: u64) -> Event {
    Event::Wake { now_ms: T0 + after_ms }
}

/// Asked about and not found, `times` over by the plan of an accepted refund.
fn not_found(times: usize) -> Vec<Event> {
    let at_s = [11_u64, 31, 71, 161, 341, 641, 941, 1241, 1961, 3761];
    at_s.iter().take(times).flat_map(|s| [wake(s * SECOND), told(Outcome::NotFound, s * SECOND)]).collect()
}

fn after(state: Option<State>, events: impl IntoIterator<Item = Event>) -> (State, Vec<Effect>) {
    let mut last = (state, Vec::new());
    for event in events {
        let (state, effects) =
            step(last.0, event.clone()).unwrap_or_else(|refusal| panic!("{event:?}: {}", refusal.code()));
        last = (Some(state), effects);
    }
    (last.0.unwrap(), last.1)
}

/// Paid and fulfilled, so that what is left to do is the refund's alone.
fn paid() -> State {
    let fulfilled = Event::Fulfilled { via: Via::Qstash, now_ms: T0 };
    after(None, [begin(1), deposit(1, Outcome::Succeeded, "1000"), fulfilled]).0
}

fn only(state: &State) -> &Refund {
    let [refund] = state.refunds.as_slice() else { panic!("{:?}", state.refunds) };
    refund
}

/// The effects in short: `poll`, `wake +10s`, `alert refund_review`.
fn short(effects: &[Effect]) -> Vec<String> {
    effects
        .iter()
        .map(|effect| match effect {
            Effect::PollRefund { .. } => "poll".into(),
            Effect::WakeAt { at_ms } => format!("wake +{}s", (at_ms - T0) / SECOND),
            Effect::Alert { code, .. } => format!("alert {code}"),
            other => format!("{other:?}"),
        })
        .collect()
}

/// What it is called, what happens after `RefundBegin`, the refund's status and failure code, the last effects.
type Row = (&'static str, Vec<Event>, R, Option<&'static str>, Vec<&'static str>);

#[test]
#[rustfmt::skip]
fn t33_what_happens_to_a_refund() {
    use Outcome::{Expired, Failed, NotFound, Pending, Succeeded, Unrecognised};
    let accepted = || Event::RefundAccepted { n: 1, now_ms: T0 + SECOND };
    let unknown = || Event::RefundUnknown { n: 1, now_ms: T0 + SECOND };
    let rejected = || Event::RefundRejected { n: 1, code: "NO".into(), now_ms: T0 };
    let not_sent = || Event::RefundNotSent { n: 1, now_ms: T0 };
    let poll_failed = |after_ms| Event::RefundPollFailed { n: 1, now_ms: T0 + after_ms };
    let amount = |amount: Option<&str>| Event::RefundTold(word(1, Succeeded, amount, 0));
    let in_kes = || Event::RefundTold(Told { currency: Some("KES".into()), ..word(1, Succeeded, Some("1000"), 0) });
    let of_none = || Event::RefundTold(Told { currency: None, ..word(1, Succeeded, Some("1000"), 0) });
    let but_callback = |after_ms| Event::RefundTold(Told { source: Source::Callback, ..word(1, NotFound, None, after_ms) });
    let then = |mut events: Vec<Event>, more: Vec<Event>| { events.extend(more); events };
    let rows: Vec<Row> = vec![
        ("begun",                         vec![],                                     R::Created,   None, vec!["SendRefund { n: 1 }", "wake +160s"]),
        ("accepted",                      vec![accepted()],                           R::Pending,   None, vec!["wake +11s"]),
        ("accepted, the answer late",     vec![wake(160 * SECOND), accepted()],       R::Pending,   None, vec!["wake +21s"]),
        ("accepted after a word",         vec![told(Succeeded, 0), accepted()],       R::Succeeded, None, vec![]),
        ("rejected",                      vec![rejected()],                           R::Failed,    Some("NO"), vec![]),
        ("rejected, the answer late",     vec![wake(160 * SECOND), rejected()],       R::Failed,    Some("NO"), vec![]),
        ("rejected after accepted",       vec![accepted(), rejected()],               R::Pending,   None, vec!["wake +11s"]),
        ("rejected after succeeded",      vec![told(Succeeded, 0), rejected()],       R::Succeeded, None, vec![]),
        ("I7 unknown",                    vec![unknown()],                            R::Unknown,   None, vec!["wake +11s"]),
        ("unknown after accepted",        vec![accepted(), unknown()],                R::Pending,   None, vec!["wake +11s"]),
        ("unknown after succeeded",       vec![told(Succeeded, 0), unknown()],        R::Succeeded, None, vec![]),
        ("not sent",                      vec![not_sent()],                           R::Failed,    Some("not_sent"), vec![]),
        ("not sent after accepted",       vec![accepted(), not_sent()],               R::Pending,   None, vec!["wake +11s"]),
        ("no answer yet",                 vec![wake(160 * SECOND - 1)],               R::Created,   None, vec!["wake +160s"]),
        ("no answer in time",             vec![wake(160 * SECOND)],                   R::Unknown,   None, vec!["poll", "wake +180s"]),
        ("not due yet",                   vec![accepted(), wake(11 * SECOND - 1)],    R::Pending,   None, vec!["wake +11s"]),
        ("due",                           vec![accepted(), wake(11 * SECOND)],        R::Pending,   None, vec!["poll", "wake +31s"]),
        ("T58 the clock came back",       vec![accepted(), wake(DAY), poll_failed(12 * SECOND)], R::Pending, None, vec!["wake +32s"]),
        ("T22 a poll that failed",        vec![accepted(), poll_failed(5 * SECOND)],  R::Pending,   None, vec!["wake +11s"]),
        ("pending",                       vec![unknown(), told(Pending, SECOND)],     R::Pending,   None, vec!["wake +11s"]),
        ("pending after failed",          vec![rejected(), told(Pending, SECOND)],    R::Failed,    Some("NO"), vec![]),
        ("T30 an unknown word",           vec![unknown(), told(Unrecognised, SECOND)], R::Pending,  None, vec!["alert refund_unrecognised_status", "wake +11s"]),
        ("T30 … after the end",           vec![rejected(), told(Unrecognised, SECOND)], R::Failed,  Some("NO"), vec![]),
        ("given back",                    vec![accepted(), told(Succeeded, 0)],       R::Succeeded, None, vec![]),
        ("given back, told twice",        vec![told(Succeeded, 0), told(Succeeded, 0)], R::Succeeded, None, vec![]),
        ("T28 the amount untold",         vec![amount(None)],                         R::Succeeded, None, vec![]),
        ("T28 the currency untold",       vec![of_none()],                            R::Succeeded, None, vec![]),
        ("T28 another amount",            vec![amount(Some("999"))],                  R::Succeeded, None, vec!["alert refund_amount_mismatch"]),
        ("T28 another currency",          vec![in_kes()],                             R::Succeeded, None, vec!["alert refund_amount_mismatch"]),
        ("failed",                        vec![accepted(), failed_with("X")],         R::Failed,    Some("X"), vec![]),
        ("failed, no reason",             vec![accepted(), told(Failed, 0)],          R::Failed,    Some("unspecified"), vec![]),
        ("failed, another reason later",  vec![failed_with("X"), failed_with("Y")],   R::Failed,    Some("X"), vec![]),
        ("expired",                       vec![accepted(), told(Expired, 0)],         R::Failed,    Some("unspecified"), vec![]),
        ("T39 failed after given back",   vec![told(Succeeded, 0), failed_with("X")], R::Succeeded, Some("X"), vec!["alert refund_taken_back"]),
        ("T39 … told once",               vec![told(Succeeded, 0), failed_with("X"), failed_with("Y")], R::Succeeded, Some("X"), vec![]),
        ("T39 given back after failed",   vec![failed_with("X"), told(Succeeded, 0)], R::Succeeded, None, vec!["alert refund_late_success"]),
        ("T39 given back after rejected", vec![rejected(), told(Succeeded, 0)],       R::Succeeded, None, vec!["alert refund_late_success"]),
        ("T21 not found at once",         vec![accepted(), told(NotFound, 2 * SECOND)], R::Pending, None, vec!["wake +11s"]),
        ("T21 not found, one too few",    then(vec![accepted()], not_found(7)),       R::Pending,   None, vec!["wake +1241s"]),
        ("T21 not found, accepted",       then(vec![accepted()], not_found(8)),       R::Pending,   Some("not_found_after_accepted"), vec!["alert refund_review", "wake +1961s"]),
        ("T21 … told once",               then(vec![accepted()], not_found(9)),       R::Pending,   Some("not_found_after_accepted"), vec!["wake +3761s"]),
        ("T21 … and given back",          then(then(vec![accepted()], not_found(9)), vec![told(Succeeded, DAY)]), R::Succeeded, None, vec![]),
        ("T21 not found, unknown",        then(vec![unknown()], not_found(8)),        R::Failed,    Some("not_received"), vec![]),
        ("T21 a callback cannot not find", then(then(vec![unknown()], not_found(7)), vec![wake(1241 * SECOND), but_callback(1241 * SECOND)]), R::Unknown, None, vec!["wake +1961s"]),
        ("not found after given back",    then(vec![accepted(), told(Succeeded, 0)], not_found(9)), R::Succeeded, None, vec![]),
    ];
    for (name, events, status, failure_code, effects) in rows {
        let (state, last) = after(Some(paid()), [refund(1, 1, "k", 1000)].into_iter().chain(events));
        let refund = only(&state);
        assert_eq!((refund.status, refund.failure_code.as_deref(), short(&last)),
            (status, failure_code, effects.iter().map(ToString::to_string).collect()), "{name}");
    }
}

#[test]
fn t21_what_was_given_back_counts_no_answers() {
    let (done, _) = after(Some(paid()), [refund(1, 1, "k", 1000), wake(160 * SECOND), told(Outcome::Succeeded, 0)]);
    assert_eq!(after(Some(done.clone()), [told(Outcome::NotFound, DAY)]).0, done);
}

#[test]
fn a_refusal_is_remembered_as_one_until_the_money_comes_back_all_the_same() {
    let rejected = Event::RefundRejected { n: 1, code: "NO".into(), now_ms: T0 };
    let (state, _) = after(Some(paid()), [refund(1, 1, "k", 1000), rejected]);
    assert!(only(&state).refused);
    let (late, _) = after(Some(state), [told(Outcome::Succeeded, 0)]);
    assert!(!only(&late).refused);
    let (failed, _) = after(Some(paid()), [refund(1, 1, "k", 1000), failed_with("X")]);
    assert!(!only(&failed).refused);
}

/// The second attempt paid 1000; the first was captured, too, and took 700.
fn doubled() -> State {
    let fulfilled = Event::Fulfilled { via: Via::Qstash, now_ms: T0 };
    let events = [
        begin(1),
        deposit(1, Outcome::Failed, "1000"),
        begin(2),
        deposit(2, Outcome::Succeeded, "1000"),
        deposit(1, Outcome::Succeeded, "700"),
        fulfilled,
    ];
    after(None, events).0
}

#[test]
fn t33_each_attempt_is_given_back_out_of_what_it_took_itself() {
    let state = doubled();
    assert_eq!((state.refundable_minor(1), state.refundable_minor(2)), (Some(Minor(700)), Some(Minor(1000))));
    assert_eq!(step(Some(state.clone()), refund(2, 1, "a", 701)), Err(Refusal::RefundTooMuch));
    assert!(step(Some(state.clone()), refund(2, 2, "a", 1000)).is_ok());

    // Each of these went through although one had been given up: the first attempt gave back 800 of its 700.
    let word = |n, outcome, amount: &str| Event::RefundTold(word(n, outcome, Some(amount), 0));
    let events = |first: u64, second: u64| {
        [
            refund(2, 1, "a", first),
            word(2, Outcome::Failed, &first.to_string()),
            refund(3, 1, "b", second),
            word(3, Outcome::Succeeded, &second.to_string()),
            word(2, Outcome::Succeeded, &first.to_string()),
        ]
    };
    for (first, second, expected) in [
        (400, 400, vec!["alert refund_late_success", "alert refunded_too_much"]),
        (350, 351, vec!["alert refund_late_success", "alert refunded_too_much"]),
        (350, 350, vec!["alert refund_late_success"]),
    ] {
        assert_eq!(short(&after(Some(state.clone()), events(first, second)).1), expected, "{first} {second}");
    }
}

#[test]
fn t33_a_key_belongs_to_one_attempt_and_one_amount() {
    let (state, _) = after(Some(doubled()), [refund(2, 1, "a", 100)]);
    assert_eq!(step(Some(state.clone()), refund(3, 2, "a", 100)), Err(Refusal::RefundMismatch));
    assert_eq!(step(Some(state.clone()), refund(3, 1, "a", 99)), Err(Refusal::RefundMismatch));
    assert_eq!(step(Some(state.clone()), refund(3, 1, "a", 100)), Err(Refusal::RefundExists));
    assert!(step(Some(state.clone()), refund(3, 1, "b", 100)).is_ok());
    // The task that the double made is of its own attempt, too.
    assert_eq!(step(Some(state), refund(1, 2, "double-1", 700)), Err(Refusal::RefundMismatch));
}

//! T22: when the gateway is asked, and when the fulfilment is tried again, to the second.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests fail by panicking")]

use payments::reducer::{
    ANSWERS_MIN, Effect, Event, Minor, Outcome, POLLS_MAX, Refusal, SEND_DEADLINE_MS, SETTLE_MS, Source, State, Told,
    step,
};

const T0: u64 = 1_790_000_000_000;

/// Seconds: ten growing pauses, hours, and then days.
const BACKOFF_S: [u64; 16] =
    [10, 20, 40, 90, 180, 300, 300, 300, 720, 1800, 3600, 7200, 14_400, 28_800, 57_600, 86_400];

fn begin() -> Event {
    Event::Begin {
        n: 1,
        gateway: "pawapay".into(),
        reference: "deposit-1".into(),
        amount_minor: Minor(1000),
        currency: "ZMW".into(),
        settle_ms: None,
        now_ms: T0,
    }
}

fn paid() -> Event {
    Event::Told(Told {
        n: 1,
        outcome: Outcome::Succeeded,
        failure_code: None,
        amount_minor: Some("1000".into()),
        currency: Some("ZMW".into()),
        provider_transaction_id: None,
        source: Source::Callback,
        next_action: None,
        heard_at_ms: None,
        now_ms: T0,
    })
}

fn after(events: impl IntoIterator<Item = Event>) -> (State, Vec<Effect>) {
    let mut last: (Option<State>, Vec<Effect>) = (None, Vec::new());
    for event in events {
        let (state, effects) = step(last.0, event).unwrap_or_else(|refusal| panic!("{}", refusal.code()));
        last = (Some(state), effects);
    }
    (last.0.unwrap(), last.1)
}

fn wake_at(effects: &[Effect]) -> Option<u64> {
    effects.iter().find_map(|effect| match effect {
        Effect::WakeAt { at_ms } => Some(*at_ms),
        _ => None,
    })
}

/// Wakes whenever asked to, `times` at most; the pauses between the times at which `wanted` came of it, in seconds.
fn pauses(mut last: (State, Vec<Effect>), wanted: &Effect, times: usize) -> Vec<u64> {
    let (mut pauses, mut before_ms) = (Vec::new(), T0);
    while let Some(at_ms) = wake_at(&last.1).filter(|_| pauses.len() < times) {
        last = step(Some(last.0), Event::Wake { now_ms: at_ms }).unwrap();
        if last.1.contains(wanted) {
            pauses.push((at_ms - before_ms) / 1000);
            before_ms = at_ms;
        }
    }
    pauses
}

fn with_daily(first: &[u64]) -> Vec<u64> {
    [first, &[86_400; 30]].concat()
}

#[test]
fn t22_a_silent_gateway_is_asked_at_growing_intervals_and_then_daily_for_thirty_days() {
    let unknown = after([begin(), Event::SendUnknown { n: 1, now_ms: T0 }]);
    assert_eq!(pauses(unknown, &Effect::Poll { n: 1 }, 100), with_daily(&BACKOFF_S));
    assert_eq!(POLLS_MAX as usize, BACKOFF_S.len() + 30);
}

#[test]
fn t06_an_attempt_that_nobody_reported_is_asked_about_after_160_seconds_and_on_the_same_plan() {
    let lost = after([begin()]);
    let mut expected = with_daily(&BACKOFF_S);
    if let Some(first) = expected.first_mut() {
        *first = 160;
    }
    assert_eq!(pauses(lost, &Effect::Poll { n: 1 }, 100), expected);
}

#[test]
fn t22_a_silent_refund_is_asked_about_on_the_same_plan() {
    let refund = Event::RefundBegin {
        n: 1,
        attempt: 1,
        key: "k".into(),
        reference: "refund-1".into(),
        amount_minor: Minor(1000),
        now_ms: T0,
    };
    let fulfilled = Event::Fulfilled { via: payments::reducer::Via::Qstash, now_ms: T0 };
    let unknown = after([begin(), paid(), fulfilled, refund, Event::RefundUnknown { n: 1, now_ms: T0 }]);
    assert_eq!(pauses(unknown, &Effect::PollRefund { n: 1 }, 100), with_daily(&BACKOFF_S));
}

#[test]
fn t22_a_lost_fulfilment_is_tried_after_1_2_4_to_32_minutes_and_then_at_every_full_hour() {
    let minutes: Vec<u64> =
        pauses(after([begin(), paid()]), &Effect::Fulfil, 10).iter().map(|seconds| seconds / 60).collect();
    // The times since it was paid are 1, 2, 4 … 32, 60, 120 … minutes.
    assert_eq!(minutes, [1, 1, 2, 4, 8, 16, 28, 60, 60, 60]);
}

#[test]
fn the_settling_time_is_the_gateways_own() {
    // pawaPay: 15 minutes until "not found" means that. A call ends within 160 seconds, whatever the other side does.
    assert_eq!((SETTLE_MS, SEND_DEADLINE_MS, ANSWERS_MIN), (900_000, 160_000, 8));
}

/// The glue acts on these words, and stored answers hold them.
#[test]
fn every_refusal_has_its_code() {
    use Refusal as R;
    let rows = [
        (R::NoPayment, "no_payment"),
        (R::NoSuchAttempt, "no_such_attempt"),
        (R::AlreadyOpen, "already_open"),
        (R::AlreadyPaid, "already_paid"),
        (R::InReview, "in_review"),
        (R::WrongAttempt, "wrong_attempt"),
        (R::AttemptsExhausted, "attempts_exhausted"),
        (R::OtherAmount, "other_amount"),
        (R::OtherCurrency, "other_currency"),
        (R::BadAmount, "bad_amount"),
        (R::UnknownCurrency, "unknown_currency"),
        (R::BadReference, "bad_reference"),
        (R::NotPaid, "not_paid"),
        (R::NoSuchRefund, "no_such_refund"),
        (R::RefundExists, "refund_exists"),
        (R::RefundMismatch, "refund_mismatch"),
        (R::NothingToRefund, "nothing_to_refund"),
        (R::RefundTooMuch, "refund_too_much"),
        (R::WrongRefund, "wrong_refund"),
        (R::RefundsExhausted, "refunds_exhausted"),
    ];
    for (refusal, code) in rows {
        assert_eq!(refusal.code(), code);
    }
}

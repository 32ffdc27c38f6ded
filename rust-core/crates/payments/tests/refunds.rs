//! T33: refunds, one by one and under whatever order of events.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "helpers of tests fail by panicking")]

use payments::reducer::{
    ANSWERS_MIN, AttemptStatus, Effect, Event, Minor, Outcome, POLLS_MAX, PaymentStatus, Refund, RefundReason,
    RefundStatus, Refusal, SEND_DEADLINE_MS, SETTLE_MS, Source, State, Told, Version, step,
};
use proptest::prelude::*;

const T0: u64 = 1_790_000_000_000;
const SECOND: u64 = 1000;
const MINUTE: u64 = 60 * SECOND;

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

fn word(n: u32, outcome: Outcome, amount: &str, source: Source, now_ms: u64) -> Told {
    Told {
        n,
        outcome,
        failure_code: (outcome == Outcome::Failed).then(|| "X".into()),
        amount_minor: Some(amount.into()),
        currency: Some("ZMW".into()),
        provider_transaction_id: None,
        source,
        next_action: None,
        heard_at_ms: None,
        now_ms,
    }
}

fn deposit(n: u32, outcome: Outcome) -> Event {
    Event::Told(word(n, outcome, "1000", Source::Callback, T0))
}

fn refund(n: u32, key: &str, amount: u64, now_ms: u64) -> Event {
    let reference = format!("refund-{n}-{now_ms}");
    Event::RefundBegin { n, attempt: 1, key: key.into(), reference, amount_minor: Minor(amount), now_ms }
}

fn told(n: u32, outcome: Outcome, amount: &str, now_ms: u64) -> Event {
    Event::RefundTold(word(n, outcome, amount, Source::Poll, now_ms))
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

fn paid() -> State {
    after(None, [begin(1), deposit(1, Outcome::Succeeded)]).0
}

fn doubled() -> (State, Vec<Effect>) {
    let twice = [begin(1), deposit(1, Outcome::Failed), begin(2), deposit(2, Outcome::Succeeded)];
    after(None, twice.into_iter().chain([deposit(1, Outcome::Succeeded)]))
}

fn only(state: &State) -> &Refund {
    let [refund] = state.refunds.as_slice() else { panic!("{:?}", state.refunds) };
    refund
}

#[test]
fn t33_a_refund_is_a_record_of_its_own() {
    let (state, effects) = after(Some(paid()), [refund(1, "k1", 400, T0)]);
    assert_eq!(effects.first(), Some(&Effect::SendRefund { n: 1 }));
    assert_eq!((state.status, state.v), (PaymentStatus::Succeeded, Version::V2));
    assert_eq!((only(&state).status, only(&state).reason), (RefundStatus::Created, RefundReason::Requested));
    let (done, _) = after(
        Some(state),
        [Event::RefundAccepted { n: 1, now_ms: T0 }, told(1, Outcome::Succeeded, "400", T0 + MINUTE)],
    );
    assert_eq!((only(&done).status, done.given_back_minor(1)), (RefundStatus::Succeeded, 400));
    assert_eq!(only(&done).next_poll_at_ms, None);
    assert_eq!((done.status, done.attempts[0].status), (PaymentStatus::Succeeded, AttemptStatus::Succeeded));
}

#[test]
fn t33_a_timeout_is_unknown_and_asked_about() {
    for silence in [Event::RefundUnknown { n: 1, now_ms: T0 + SECOND }, Event::Wake { now_ms: T0 + SEND_DEADLINE_MS }] {
        let (mut state, mut effects) = after(Some(paid()), [refund(1, "k1", 1000, T0), silence]);
        assert_eq!(only(&state).status, RefundStatus::Unknown);
        // What is unknown still counts: it may be given back.
        assert_eq!(step(Some(state.clone()), refund(2, "k2", 1, T0)), Err(Refusal::RefundTooMuch));
        let mut asked = 0;
        while asked == 0 {
            let Some(Effect::WakeAt { at_ms }) = effects.last().cloned() else { panic!("nobody wakes up") };
            (state, effects) = step(Some(state), Event::Wake { now_ms: at_ms }).unwrap();
            asked = effects.iter().filter(|effect| **effect == Effect::PollRefund { n: 1 }).count();
        }
        let (state, _) = after(Some(state), [told(1, Outcome::Succeeded, "1000", T0 + 10 * MINUTE)]);
        assert_eq!(only(&state).status, RefundStatus::Succeeded);
    }
}

#[test]
fn t33_a_double_click_is_one_refund() {
    let (state, _) = after(Some(paid()), [refund(1, "k1", 400, T0)]);
    for n in [1, 2] {
        assert_eq!(step(Some(state.clone()), refund(n, "k1", 400, T0 + 1)), Err(Refusal::RefundExists));
    }
    assert_eq!(step(Some(state.clone()), refund(2, "k1", 500, T0 + 1)), Err(Refusal::RefundMismatch));
    // Its key stays used once it is over, well or ill, but for a call that never left.
    for (end, expected) in [
        (told(1, Outcome::Succeeded, "400", T0), Err(Refusal::RefundExists)),
        (Event::RefundRejected { n: 1, code: "X".into(), now_ms: T0 }, Err(Refusal::RefundExists)),
        (Event::RefundNotSent { n: 1, now_ms: T0 }, Ok(2)),
    ] {
        let (ended, _) = after(Some(state.clone()), [end]);
        assert_eq!(step(Some(ended), refund(2, "k1", 400, T0 + 1)).map(|(state, _)| state.refunds.len()), expected);
    }
}

#[test]
fn t33_never_more_than_was_taken() {
    let (state, _) = after(Some(paid()), [refund(1, "a", 400, T0), refund(2, "b", 600, T0)]);
    assert_eq!(step(Some(state.clone()), refund(3, "c", 1, T0)), Err(Refusal::RefundTooMuch));
    assert_eq!(step(Some(paid()), refund(1, "a", 1001, T0)), Err(Refusal::RefundTooMuch));
    assert_eq!(step(Some(paid()), refund(1, "a", u64::MAX, T0)), Err(Refusal::RefundTooMuch));
    assert_eq!(step(Some(paid()), refund(1, "a", 0, T0)), Err(Refusal::BadAmount));
    // What failed for certain is free again.
    let (state, _) = after(Some(state), [Event::RefundRejected { n: 1, code: "X".into(), now_ms: T0 }]);
    assert!(step(Some(state.clone()), refund(3, "c", 401, T0)).is_err());
    assert!(step(Some(state), refund(3, "c", 400, T0)).is_ok());
}

#[test]
fn only_what_was_captured_and_kept_can_be_given_back() {
    let open = after(None, [begin(1)]).0;
    let found_failed = word(1, Outcome::Failed, "1000", Source::Poll, T0);
    let reversed = after(Some(paid()), [Event::Told(found_failed)]).0;
    let other_currency = Told { currency: Some("KES".into()), ..word(1, Outcome::Succeeded, "1000", Source::Poll, T0) };
    let unclear = after(None, [begin(1), Event::Told(other_currency)]).0;
    for state in [open, reversed, unclear] {
        assert_eq!(step(Some(state), refund(1, "a", 1, T0)), Err(Refusal::NothingToRefund));
    }
    let partly = word(1, Outcome::Succeeded, "700", Source::Poll, T0);
    let review = after(None, [begin(1), Event::Told(partly)]).0;
    assert_eq!(review.refundable_minor(1), Some(Minor(700)), "what was taken, not what was asked for");
    let other = Event::RefundBegin {
        n: 1,
        attempt: 9,
        key: "a".into(),
        reference: "r".into(),
        amount_minor: Minor(1),
        now_ms: T0,
    };
    assert_eq!(step(Some(paid()), other), Err(Refusal::NoSuchAttempt));
    assert_eq!(step(Some(paid()), refund(2, "a", 1, T0)), Err(Refusal::WrongRefund));
    let used = Event::RefundBegin {
        n: 1,
        attempt: 1,
        key: "a".into(),
        reference: "deposit-1".into(),
        amount_minor: Minor(1),
        now_ms: T0,
    };
    assert_eq!(step(Some(paid()), used), Err(Refusal::BadReference));
    assert_eq!(step(Some(paid()), told(1, Outcome::Succeeded, "1", T0)), Err(Refusal::NoSuchRefund));
}

#[test]
fn i1_a_double_makes_a_refund_due() {
    let (state, effects) = doubled();
    assert!(effects.contains(&Effect::RefundDue { n: 1 }));
    let task = only(&state);
    assert_eq!((task.attempt, task.status, task.reason), (1, RefundStatus::Due, RefundReason::Double));
    assert_eq!((task.key.as_str(), task.amount_minor), ("double-1", Some(Minor(1000))));
    // Nobody is asked about what nobody has sent, and no word is about it.
    assert!(
        !step(Some(state.clone()), Event::Wake { now_ms: T0 + 40 * 86_400_000 })
            .unwrap()
            .1
            .contains(&Effect::PollRefund { n: 1 })
    );
    assert_eq!(after(Some(state.clone()), [told(1, Outcome::Succeeded, "1000", T0)]).0, state);
    assert_eq!(step(Some(state.clone()), refund(1, "double-1", 999, T0)), Err(Refusal::RefundMismatch));

    let (begun, effects) = after(Some(state), [refund(1, "double-1", 1000, T0 + MINUTE)]);
    assert!(effects.contains(&Effect::SendRefund { n: 1 }));
    assert_eq!((only(&begun).status, only(&begun).begun_at_ms), (RefundStatus::Created, Some(T0 + MINUTE)));
    assert_eq!(step(Some(begun.clone()), refund(1, "double-1", 1000, T0)), Err(Refusal::RefundExists));
    // Nothing left: the task is due again.
    let (again, _) = after(Some(begun.clone()), [Event::RefundNotSent { n: 1, now_ms: T0 }]);
    assert_eq!((only(&again).status, only(&again).reference.clone()), (RefundStatus::Due, None));
    let (done, _) = after(Some(begun), [told(1, Outcome::Succeeded, "1000", T0)]);
    assert_eq!((done.given_back_minor(1), done.given_back_minor(2)), (1000, 0));
}

fn asked(mut at_ms: u64, state: State, times: u32) -> (State, Vec<Effect>) {
    let mut last = (state, Vec::new());
    for _ in 0..times {
        at_ms = last.0.refunds[0].next_poll_at_ms.map_or(at_ms, |next| next.max(at_ms));
        last = after(Some(last.0), [Event::Wake { now_ms: at_ms }, told(1, Outcome::NotFound, "1000", at_ms)]);
    }
    last
}

#[test]
fn t21_a_refund_that_is_not_found_is_failed_only_once_settled() {
    let (unknown, _) =
        after(Some(paid()), [refund(1, "a", 1000, T0), Event::RefundUnknown { n: 1, now_ms: T0 + SECOND }]);
    let (nearly, _) = asked(T0, unknown.clone(), ANSWERS_MIN - 1);
    assert_eq!(only(&nearly).status, RefundStatus::Unknown);
    // T58: time alone is not enough, answers alone are not, and a callback cannot not find.
    let far = T0 + 40 * SETTLE_MS;
    assert_eq!(
        only(&after(Some(unknown.clone()), [told(1, Outcome::NotFound, "", far)]).0).status,
        RefundStatus::Unknown
    );
    let callback = Event::RefundTold(word(1, Outcome::NotFound, "", Source::Callback, far));
    assert_eq!(only(&after(Some(nearly), [callback]).0).status, RefundStatus::Unknown);
    let (failed, _) = asked(T0, unknown, ANSWERS_MIN);
    assert_eq!(
        (only(&failed).status, only(&failed).failure_code.as_deref()),
        (RefundStatus::Failed, Some("not_received"))
    );

    let (accepted, _) =
        after(Some(paid()), [refund(1, "a", 1000, T0), Event::RefundAccepted { n: 1, now_ms: T0 + SECOND }]);
    let (amnesia, effects) = asked(T0, accepted, ANSWERS_MIN);
    assert_eq!(only(&amnesia).status, RefundStatus::Pending);
    assert!(effects.contains(&Effect::Alert { code: "refund_review".into(), n: 1 }));
}

#[test]
fn t22_a_silent_refund_is_asked_about_for_thirty_days_and_then_people_are() {
    let (mut state, mut effects) = after(
        Some(paid()),
        [Event::Fulfilled { via: payments::reducer::Via::Qstash, now_ms: T0 }, refund(1, "a", 1, T0)],
    );
    let mut polls = 0;
    while let Some(Effect::WakeAt { at_ms }) = effects.last().cloned() {
        (state, effects) = step(Some(state), Event::Wake { now_ms: at_ms }).unwrap();
        polls += effects.iter().filter(|effect| **effect == Effect::PollRefund { n: 1 }).count();
        assert!(polls < 100);
    }
    assert_eq!(polls, POLLS_MAX as usize);
    assert_eq!(effects, [Effect::Alert { code: "refund_review".into(), n: 1 }]);
    assert!(only(&state).is_open(), "silence is not a failure");
}

#[test]
fn t39_success_absorbs_and_what_contradicts_is_told() {
    let begun = after(Some(paid()), [refund(1, "a", 1000, T0)]).0;
    let alert = |code: &str, n| Effect::Alert { code: code.into(), n };
    let (late, effects) =
        after(Some(begun.clone()), [told(1, Outcome::Failed, "1000", T0), told(1, Outcome::Succeeded, "1000", T0)]);
    assert_eq!(only(&late).status, RefundStatus::Succeeded);
    assert!(effects.contains(&alert("refund_late_success", 1)));
    let (twice, effects) = after(
        Some(begun.clone()),
        [told(1, Outcome::Failed, "", T0), refund(2, "b", 1000, T0), told(1, Outcome::Succeeded, "1000", T0)],
    );
    assert_eq!(twice.given_back_minor(1), 2000, "recorded as it is");
    assert!(effects.contains(&alert("refunded_too_much", 1)));
    let (back, effects) =
        after(Some(begun.clone()), [told(1, Outcome::Succeeded, "1000", T0), told(1, Outcome::Failed, "", T0)]);
    assert_eq!(only(&back).status, RefundStatus::Succeeded);
    assert!(effects.contains(&alert("refund_taken_back", 1)));
    let (_, effects) = after(Some(begun), [told(1, Outcome::Succeeded, "999", T0)]);
    assert!(effects.contains(&alert("refund_amount_mismatch", 1)));
}

#[test]
fn refunds_end_at_255() {
    let mut state = paid();
    for n in 1..=255 {
        state = after(
            Some(state),
            [refund(n, &format!("k{n}"), 1, T0), Event::RefundRejected { n, code: "X".into(), now_ms: T0 }],
        )
        .0;
    }
    assert_eq!(step(Some(state), refund(256, "k256", 1, T0)), Err(Refusal::RefundsExhausted));
}

fn any_time() -> impl Strategy<Value = u64> {
    prop_oneof![
        6 => (0..100_u64).prop_map(|seconds| T0 + seconds * SECOND),
        3 => (0..3000_u64).prop_map(|minutes| T0 + minutes * MINUTE),
        1 => prop_oneof![Just(0), Just(u64::MAX), Just(T0 - 60 * MINUTE)],
    ]
}

fn any_event() -> impl Strategy<Value = Event> {
    let n = 1..5_u32;
    let outcome = prop_oneof![
        Just(Outcome::Pending),
        Just(Outcome::Succeeded),
        Just(Outcome::Failed),
        Just(Outcome::Expired),
        Just(Outcome::NotFound),
        Just(Outcome::Unrecognised),
    ];
    let key = prop_oneof![
        4 => (0..4_u32).prop_map(|key| format!("k{key}")),
        1 => (1..3_u32).prop_map(|attempt| format!("double-{attempt}")),
    ];
    let amount = prop_oneof![6 => 1..600_u64, 1 => Just(1000), 1 => prop_oneof![Just(0), Just(u64::MAX)]];
    let source = prop_oneof![Just(Source::Callback), Just(Source::Poll)];
    let spoken = (n.clone(), outcome, amount.clone(), source, any_time());
    prop_oneof![
        8 => (n.clone(), 1..4_u32, key, amount, any_time()).prop_map(|(n, attempt, key, amount, now_ms)| {
            let reference = format!("refund-{n}-{now_ms}");
            Event::RefundBegin { n, attempt, key, reference, amount_minor: Minor(amount), now_ms }
        }),
        2 => (n.clone(), any_time()).prop_map(|(n, now_ms)| Event::RefundAccepted { n, now_ms }),
        1 => (n.clone(), any_time()).prop_map(|(n, now_ms)| Event::RefundRejected { n, code: "X".into(), now_ms }),
        2 => (n.clone(), any_time()).prop_map(|(n, now_ms)| Event::RefundUnknown { n, now_ms }),
        1 => (n.clone(), any_time()).prop_map(|(n, now_ms)| Event::RefundNotSent { n, now_ms }),
        1 => (n.clone(), any_time()).prop_map(|(n, now_ms)| Event::RefundPollFailed { n, now_ms }),
        6 => spoken.prop_map(|(n, outcome, amount, source, now_ms)| {
            Event::RefundTold(word(n, outcome, &amount.to_string(), source, now_ms))
        }),
        3 => any_time().prop_map(|now_ms| Event::Wake { now_ms }),
        1 => (1..3_u32).prop_map(|n| deposit(n, Outcome::Failed)),
        1 => (1..3_u32).prop_map(|n| deposit(n, Outcome::Succeeded)),
    ]
}

fn begun(refunds: &[Refund]) -> usize {
    refunds.iter().filter(|refund| refund.status != RefundStatus::Due).count()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn t33_refunds_whatever_happens(double in any::<bool>(), events in prop::collection::vec(any_event(), 0..50)) {
        let mut state = if double { doubled().0 } else { paid() };
        let mut late = false;
        for event in &events {
            let Ok((next, effects)) = step(Some(state.clone()), event.clone()) else { continue };
            late |= effects.iter().any(|effect| matches!(effect, Effect::Alert { code, .. } if code == "refund_late_success"));
            for attempt in &next.attempts {
                // Only a gateway that said "failed" first can give back more than was taken.
                if let Some(taken) = attempt.captured_minor {
                    prop_assert!(late || next.given_back_minor(attempt.n) <= taken.0);
                }
            }
            for (index, refund) in next.refunds.iter().enumerate() {
                prop_assert_eq!(refund.n as usize, index + 1);
                prop_assert_eq!(refund.status == RefundStatus::Due, refund.reference.is_none());
                prop_assert!(refund.status == RefundStatus::Due || refund.amount_minor.is_some());
                // Open ones are asked about, or before people.
                let scheduled = refund.next_poll_at_ms.is_some();
                prop_assert!(refund.is_open() && (scheduled || refund.polls == POLLS_MAX) || !refund.is_open() && !scheduled);
                let wakes = effects.iter().any(|effect| matches!(effect, Effect::WakeAt { at_ms } if Some(*at_ms) <= refund.next_poll_at_ms));
                prop_assert!(!scheduled || wakes, "a refund that nobody wakes up for");
                prop_assert!(refund.not_founds <= refund.polls);
                // One live refund a key.
                let live = next.refunds.iter().filter(|each| each.key == refund.key && each.failure_code.as_deref() != Some("not_sent"));
                prop_assert!(live.count() <= 1);
            }
            for (was, is) in state.refunds.iter().zip(&next.refunds) {
                prop_assert!(was.status != RefundStatus::Succeeded || is.status == RefundStatus::Succeeded, "given back, and forgotten");
                prop_assert!(was.status != RefundStatus::Failed || matches!(is.status, RefundStatus::Failed | RefundStatus::Succeeded));
                prop_assert_eq!((was.n, was.attempt, &was.key), (is.n, is.attempt, &is.key));
            }
            // What is sent was just begun, once.
            let sends = effects.iter().filter(|effect| matches!(effect, Effect::SendRefund { .. })).count();
            prop_assert_eq!(sends, usize::from(matches!(event, Event::RefundBegin { .. })));
            let voided = matches!(event, Event::RefundNotSent { .. });
            prop_assert!(voided || begun(&next.refunds) == begun(&state.refunds) + sends);
            // No refund changes what the payment is.
            if !matches!(event, Event::Told(_)) {
                prop_assert_eq!((next.status, &next.attempts), (state.status, &state.attempts));
            }
            let json = serde_json::to_string(&next).unwrap();
            prop_assert_eq!(&serde_json::from_str::<State>(&json).unwrap(), &next);
            let event_json = serde_json::to_string(event).unwrap();
            prop_assert_eq!(&serde_json::from_str::<Event>(&event_json).unwrap(), event);
            state = next;
        }
    }
}

//! Whatever happens to a payment, in whatever order and however often, these hold after every step.

use payments::reducer::{
    ANSWERS_MIN, AttemptStatus, Effect, Event, FulfilmentStatus, Minor, NextAction, NextActionType, Outcome,
    PaymentStatus, RefundStatus, Source, State, Told, Unread, Via, step,
};
use proptest::prelude::*;

const T0: u64 = 1_790_000_000_000;

fn any_time() -> impl Strategy<Value = u64> {
    // Mostly forward by seconds to days; sometimes back, or at the ends of the number range.
    prop_oneof![
        6 => (0..100_u64).prop_map(|seconds| T0 + seconds * 1000),
        3 => (0..3_000_u64).prop_map(|minutes| T0 + minutes * 60_000),
        1 => prop_oneof![Just(0), Just(u64::MAX), Just(T0 - 3_600_000), Just(T0 + 90 * 86_400_000)],
    ]
}

fn action(kind: NextActionType, url: Option<&str>, expires_at_ms: Option<u64>) -> NextAction {
    NextAction { kind, url: url.map(Into::into), expires_at_ms, unread: Unread::new() }
}

fn any_action() -> impl Strategy<Value = Option<NextAction>> {
    prop_oneof![
        3 => Just(None),
        1 => Just(Some(action(NextActionType::ApproveOnPhone, None, None))),
        1 => Just(Some(action(NextActionType::Redirect, Some("https://pay.example"), Some(T0 + 60_000)))),
        1 => Just(Some(action(NextActionType::Otp, None, None))),
    ]
}

fn any_told() -> impl Strategy<Value = Event> {
    let outcome = prop_oneof![
        2 => Just(Outcome::Pending),
        3 => Just(Outcome::Succeeded),
        3 => Just(Outcome::Failed),
        1 => Just(Outcome::Expired),
        2 => Just(Outcome::NotFound),
        1 => Just(Outcome::Unrecognised),
    ];
    let amount = prop_oneof![6 => Just(Some("1050".to_string())), 1 => Just(Some("1".to_string())), 1 => Just(None)];
    let source = prop_oneof![Just(Source::Callback), Just(Source::Poll)];
    let heard = prop_oneof![Just(None), any_time().prop_map(Some)];
    (1..4_u32, outcome, amount, source, any_action(), heard, any_time()).prop_map(
        |(n, outcome, amount_minor, source, next_action, heard_at_ms, now_ms)| {
            Event::Told(Told {
                heard_at_ms,
                n,
                outcome,
                failure_code: (outcome == Outcome::Failed).then(|| "X".into()),
                amount_minor,
                currency: Some("ZMW".into()),
                provider_transaction_id: None,
                source,
                next_action,
                now_ms,
            })
        },
    )
}

fn any_settle() -> impl Strategy<Value = Option<u64>> {
    prop_oneof![Just(None), any_time().prop_map(Some)]
}

fn any_event() -> impl Strategy<Value = Event> {
    let n = 1..4_u32;
    prop_oneof![
        3 => (n.clone(), any_settle(), any_time()).prop_map(|(n, settle_ms, now_ms)| Event::Begin {
            n,
            gateway: "pawapay".into(),
            reference: format!("reference-{n}"),
            amount_minor: Minor(1050),
            currency: "ZMW".into(),
            settle_ms,
            now_ms,
        }),
        2 => (n.clone(), any_action(), any_time()).prop_map(|(n, next_action, now_ms)| Event::SendAccepted { n, next_action, now_ms }),
        1 => (n.clone(), any_time()).prop_map(|(n, now_ms)| Event::SendRejected { n, code: "X".into(), now_ms }),
        1 => (n.clone(), any_time()).prop_map(|(n, now_ms)| Event::SendUnknown { n, now_ms }),
        1 => (n.clone(), any_time()).prop_map(|(n, now_ms)| Event::SendNotSent { n, now_ms }),
        1 => (n, any_time()).prop_map(|(n, now_ms)| Event::PollFailed { n, now_ms }),
        6 => any_told(),
        3 => any_time().prop_map(|now_ms| Event::Wake { now_ms }),
        1 => any_time().prop_map(|now_ms| Event::Fulfilled { via: Via::Qstash, now_ms }),
    ]
}

fn open_attempts(state: &State) -> usize {
    state.attempts.iter().filter(|attempt| attempt.is_open()).count()
}

fn captured_attempts(state: &State) -> usize {
    state.attempts.iter().filter(|attempt| attempt.status == AttemptStatus::Succeeded).count()
}

fn check_state(state: &State) {
    assert!(open_attempts(state) <= 1, "two open attempts");
    // I1: every capture but one is recorded as a double.
    assert_eq!(captured_attempts(state).saturating_sub(1), state.doubles.len(), "an unrecorded double");
    // I2: what was captured is paid or before people.
    if captured_attempts(state) > 0 {
        assert!(matches!(state.status, PaymentStatus::Succeeded | PaymentStatus::Review));
    }
    let paid = state.status == PaymentStatus::Succeeded;
    assert!(!paid || state.succeeded_at_ms.is_some() && state.fulfilment.status != FulfilmentStatus::None);
    assert_eq!(state.status == PaymentStatus::Review, state.review_reason.is_some());
    assert!(state.attempts.iter().enumerate().all(|(index, attempt)| attempt.n as usize == index + 1));
    // I2: an open attempt is either scheduled or before people.
    for attempt in state.attempts.iter().filter(|attempt| attempt.is_open() && attempt.next_poll_at_ms.is_none()) {
        assert_eq!(attempt.polls, payments::reducer::POLLS_MAX);
    }
    assert!(state.attempts.iter().all(|attempt| attempt.is_open() || attempt.next_poll_at_ms.is_none()));
    // I1: each double has its task.
    let tasks = |n: u32| {
        state.refunds.iter().filter(|refund| refund.attempt == n && refund.status == RefundStatus::Due).count()
    };
    assert!(state.doubles.iter().all(|n| tasks(*n) == 1) && state.refunds.len() == state.doubles.len());
    // T58: an answer counts once for each question of the plan, and nothing is called not received on fewer than that.
    for attempt in &state.attempts {
        assert!(attempt.not_founds <= attempt.polls);
        let concluded = attempt.failure_code.as_deref() == Some("not_received");
        assert!(!concluded || attempt.not_founds >= ANSWERS_MIN);
        assert!(!attempt.call_lost || attempt.status == AttemptStatus::Unknown || !attempt.is_open());
    }
}

fn check_transition(before: &State, after: &State, effects: &[Effect]) {
    use PaymentStatus::{Review, Succeeded};
    // I4: success absorbs; only a reversal leads out of it, to people.
    if before.status == Succeeded {
        assert!(
            after.status == Succeeded || after.status == Review && after.review_reason.as_deref() == Some("reversal")
        );
    }
    for (was, is) in before.attempts.iter().zip(&after.attempts) {
        assert_eq!((&was.reference, was.n, was.created_at_ms), (&is.reference, is.n, is.created_at_ms));
        assert!(
            was.status != AttemptStatus::Succeeded || is.status == AttemptStatus::Succeeded,
            "a capture was forgotten"
        );
        assert!(was.is_open() || !is.is_open(), "a closed attempt opened again");
        assert!(was.is_unanswered() || !is.is_unanswered(), "an answered attempt became unanswered");
    }
    assert!(after.attempts.len() >= before.attempts.len());
    assert!(before.doubles.iter().all(|n| after.doubles.contains(n)));
    assert!(before.fulfilment.status != FulfilmentStatus::Fulfilled || after.fulfilment == before.fulfilment);
    assert!(after.updated_at_ms >= before.updated_at_ms);
    assert_eq!((after.amount_minor, &after.currency), (before.amount_minor, &before.currency));
    let sends = effects.iter().filter(|effect| matches!(effect, Effect::Send { .. })).count();
    assert_eq!(
        sends,
        after.attempts.len() - before.attempts.len(),
        "an attempt is sent when it is made, and never again"
    );
}

/// T39, I4: no callback takes a capture back. One that contradicts it is a question, and nothing else.
fn check_callback(before: &State, told: &Told, after: &State, effects: &[Effect]) {
    let attempt = |state: &State| state.attempts.iter().find(|attempt| attempt.n == told.n).cloned();
    let captured = attempt(before).filter(|attempt| attempt.status == AttemptStatus::Succeeded);
    let contradicts = matches!(told.outcome, Outcome::Failed | Outcome::Expired);
    let is_news = captured.as_ref().is_some_and(|attempt| attempt.failure_code.is_none());
    assert_eq!(effects.contains(&Effect::Ask { n: told.n }), contradicts && is_news);
    if contradicts && captured.is_some() {
        assert_eq!(after, before);
    }
    assert!(before.status != PaymentStatus::Succeeded || after.status == PaymentStatus::Succeeded);
}

fn check_effects(state: &State, effects: &[Effect]) {
    let fulfils = effects.iter().filter(|effect| **effect == Effect::Fulfil).count();
    assert!(fulfils <= 1);
    assert!(
        fulfils == 0
            || state.status == PaymentStatus::Succeeded && state.fulfilment.status == FulfilmentStatus::Pending
    );
    let wakes: Vec<u64> = effects
        .iter()
        .filter_map(|effect| if let Effect::WakeAt { at_ms } = effect { Some(*at_ms) } else { None })
        .collect();
    let due: Vec<u64> = state.attempts.iter().filter_map(|attempt| attempt.next_poll_at_ms).collect();
    assert!(wakes.len() <= 1);
    for at_ms in &due {
        assert!(wakes.iter().any(|wake| wake <= at_ms), "an attempt that nobody wakes up for");
    }
    let unfulfilled = state.status == PaymentStatus::Succeeded && state.fulfilment.status == FulfilmentStatus::Pending;
    assert!(wakes.len() == 1 || due.is_empty() && !unfulfilled);
    for effect in effects {
        if let Effect::Poll { n } | Effect::Send { n } = effect {
            assert!(state.attempts.iter().any(|attempt| attempt.n == *n && attempt.is_open()));
        }
    }
}

fn replay(events: &[Event]) -> Option<State> {
    events.iter().fold(None, |state: Option<State>, event| match step(state.clone(), event.clone()) {
        Ok((next, _)) => Some(next),
        Err(_) => state,
    })
}

fn is_not_found(event: &Event) -> bool {
    matches!(event, Event::Told(Told { outcome: Outcome::NotFound, .. }))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn t39_invariants_hold_after_every_step(events in prop::collection::vec(any_event(), 0..40)) {
        let mut state: Option<State> = None;
        for event in &events {
            let Ok((next, effects)) = step(state.clone(), event.clone()) else { continue };
            check_state(&next);
            check_effects(&next, &effects);
            if let Some(before) = &state {
                check_transition(before, &next, &effects);
            }
            match (event, &state) {
                (Event::Told(told), Some(before)) if told.source == Source::Callback => check_callback(before, told, &next, &effects),
                _ => assert!(!effects.iter().any(|effect| matches!(effect, Effect::Ask { .. }))),
            }
            // I7: nothing but a begin that was refused nothing makes a second attempt, and never over an open one.
            if let (Event::Begin { .. }, Some(before)) = (event, &state) {
                prop_assert_eq!(open_attempts(before) + captured_attempts(before), 0);
            }
            let json = serde_json::to_string(&next).unwrap();
            prop_assert_eq!(&serde_json::from_str::<State>(&json).unwrap(), &next);
            let event_json = serde_json::to_string(event).unwrap();
            prop_assert_eq!(&serde_json::from_str::<Event>(&event_json).unwrap(), event);
            state = Some(next);
        }
        prop_assert_eq!(replay(&events), state);
    }

    #[test]
    fn t37_an_event_that_comes_twice_changes_nothing_the_second_time(
        events in prop::collection::vec(any_event(), 1..20),
        // "Not found" is counted, one answer for each question that was asked; no question is answered twice.
        last in prop_oneof![any_told().prop_filter("counted", |event| !is_not_found(event)), any_time().prop_map(|now_ms| Event::Fulfilled { via: Via::Outbox, now_ms })],
    ) {
        if let Some(state) = replay(&events)
            && let Ok((once, _)) = step(Some(state), last.clone())
        {
            let (twice, effects) = step(Some(once.clone()), last).unwrap();
            prop_assert_eq!(&twice, &once);
            prop_assert!(!effects.contains(&Effect::Fulfil));
        }
    }

    #[test]
    fn i2_every_payment_comes_to_an_end_when_the_gateway_answers(
        events in prop::collection::vec(any_event(), 1..20),
        paid in any::<bool>(),
    ) {
        let Some(mut state) = replay(&events) else { return Ok(()) };
        let mut now_ms = state.updated_at_ms.min(u64::MAX / 2);
        for _ in 0..100 {
            let (woken, effects) = step(Some(state), Event::Wake { now_ms }).unwrap();
            state = woken;
            for effect in &effects {
                let event = match effect {
                    Effect::Poll { n } => Event::Told(Told {
                        heard_at_ms: None,
                        n: *n,
                        outcome: if paid { Outcome::Succeeded } else { Outcome::Failed },
                        failure_code: None,
                        amount_minor: Some("1050".into()),
                        currency: Some("ZMW".into()),
                        provider_transaction_id: None,
                        source: Source::Poll,
                        next_action: None,
                        now_ms,
                    }),
                    Effect::Fulfil => Event::Fulfilled { via: Via::Sweep, now_ms },
                    _ => continue,
                };
                state = step(Some(state), event).unwrap().0;
            }
            let next = effects.iter().find_map(|effect| if let Effect::WakeAt { at_ms } = effect { Some(*at_ms) } else { None });
            match next {
                Some(at_ms) if at_ms < u64::MAX => now_ms = now_ms.max(at_ms),
                _ => break,
            }
        }
        let handed_over = |state: &State| state.attempts.iter().any(|attempt| attempt.is_open() && attempt.next_poll_at_ms.is_none());
        let beyond_time = |state: &State| state.attempts.iter().any(|attempt| attempt.next_poll_at_ms == Some(u64::MAX));
        prop_assert!(open_attempts(&state) == 0 || handed_over(&state) || beyond_time(&state), "{:?}", state);
        prop_assert!(state.status != PaymentStatus::Succeeded || state.fulfilment.status == FulfilmentStatus::Fulfilled
            || state.succeeded_at_ms > Some(u64::MAX / 2), "{:?}", state);
    }

    #[test]
    fn no_json_panics(text in "\\PC{0,200}") {
        let _ = serde_json::from_str::<Option<State>>(&text);
        let _ = serde_json::from_str::<Event>(&text);
    }
}

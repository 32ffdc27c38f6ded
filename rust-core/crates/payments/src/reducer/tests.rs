//! One row a case: what happened, what is left.

use super::*;
use AttemptStatus as A;
use PaymentStatus as P;

const T0: Millis = 1_790_000_000_000;
const SECOND: Millis = 1000;
const MINUTE: Millis = 60 * SECOND;
const DAY: Millis = 24 * 60 * MINUTE;

fn begin(n: u32, now_ms: Millis) -> Event {
    begin_at_one_that_settles(n, None, now_ms)
}

fn begin_at_one_that_settles(n: u32, settle_ms: Option<Millis>, now_ms: Millis) -> Event {
    Event::Begin {
        n,
        gateway: "pawapay".into(),
        reference: format!("reference-{n}"),
        amount_minor: Minor(1050),
        currency: "ZMW".into(),
        settle_ms,
        now_ms,
    }
}

fn told(n: u32, outcome: Outcome, source: Source, now_ms: Millis) -> Told {
    Told {
        n,
        outcome,
        failure_code: (outcome == Outcome::Failed).then(|| "PAYMENT_NOT_APPROVED".into()),
        amount_minor: Some("1050".into()),
        currency: Some("ZMW".into()),
        provider_transaction_id: None,
        source,
        next_action: None,
        heard_at_ms: None,
        now_ms,
    }
}

/// The plan's questions from `from_ms` on, all answered "not found"; the last answer is the one that counts enough.
fn asked_until_enough(n: u32, from_ms: Millis) -> Vec<Event> {
    asked(n, from_ms, ANSWERS_MIN)
}

fn asked(n: u32, mut at_ms: Millis, times: u32) -> Vec<Event> {
    let mut events = Vec::new();
    for polls in 0..times {
        at_ms += super::schedule::poll_delay_ms(polls);
        events.extend([wake(at_ms), poll(n, Outcome::NotFound, at_ms)]);
    }
    events
}

fn callback(n: u32, outcome: Outcome, now_ms: Millis) -> Event {
    Event::Told(told(n, outcome, Source::Callback, now_ms))
}

fn poll(n: u32, outcome: Outcome, now_ms: Millis) -> Event {
    Event::Told(told(n, outcome, Source::Poll, now_ms))
}

fn wrong_money(amount: Option<&str>, currency: Option<&str>) -> Event {
    let word = told(1, Outcome::Succeeded, Source::Callback, T0 + MINUTE);
    Event::Told(Told { amount_minor: amount.map(Into::into), currency: currency.map(Into::into), ..word })
}

fn accepted(n: u32, now_ms: Millis) -> Event {
    Event::SendAccepted { n, next_action: None, now_ms }
}

fn to_redirect(n: u32, now_ms: Millis) -> Event {
    let url = Some("https://pay.example/1".into());
    Event::SendAccepted {
        n,
        next_action: Some(NextAction {
            kind: NextActionType::Redirect,
            url,
            expires_at_ms: None,
            unread: Unread::new(),
        }),
        now_ms,
    }
}

fn to_approve(n: u32, now_ms: Millis) -> Event {
    let next_action =
        NextAction { kind: NextActionType::ApproveOnPhone, url: None, expires_at_ms: None, unread: Unread::new() };
    Event::SendAccepted { n, next_action: Some(next_action), now_ms }
}

fn to_otp(n: u32, now_ms: Millis) -> Event {
    let next_action = NextAction { kind: NextActionType::Otp, url: None, expires_at_ms: None, unread: Unread::new() };
    Event::SendAccepted { n, next_action: Some(next_action), now_ms }
}

/// What the gateway says of a code that it took.
fn then_approve(n: u32, now_ms: Millis) -> Event {
    let next_action =
        NextAction { kind: NextActionType::ApproveOnPhone, url: None, expires_at_ms: None, unread: Unread::new() };
    Event::Told(Told { next_action: Some(next_action), ..told(n, Outcome::Pending, Source::Poll, now_ms) })
}

fn rejected(n: u32, now_ms: Millis) -> Event {
    Event::SendRejected { n, code: "PAYER_NOT_FOUND".into(), now_ms }
}

fn unknown(n: u32, now_ms: Millis) -> Event {
    Event::SendUnknown { n, now_ms }
}

fn not_sent(n: u32, now_ms: Millis) -> Event {
    Event::SendNotSent { n, now_ms }
}

fn wake(now_ms: Millis) -> Event {
    Event::Wake { now_ms }
}

fn fulfilled(now_ms: Millis) -> Event {
    Event::Fulfilled { via: Via::Qstash, now_ms }
}

/// Runs events that must all be accepted; the effects are those of the last one.
fn run(events: &[Event]) -> (State, Vec<Effect>) {
    let mut answer = None;
    for event in events {
        let state = answer.map(|(state, _)| state);
        answer = Some(step(state, event.clone()).unwrap_or_else(|refusal| panic!("{event:?}: {refusal:?}")));
    }
    answer.expect("at least one event")
}

/// The effects in short: `send 1`, `poll 1`, `wake +10s`, `fulfil`, `alert double 2`.
fn short(effects: &[Effect]) -> Vec<String> {
    effects
        .iter()
        .map(|effect| match effect {
            Effect::Send { n } => format!("send {n}"),
            Effect::Poll { n } => format!("poll {n}"),
            Effect::Ask { n } => format!("ask {n}"),
            Effect::WakeAt { at_ms } => format!("wake +{}s", (at_ms - T0) / SECOND),
            Effect::Fulfil => "fulfil".into(),
            Effect::Alert { code, n } => format!("alert {code} {n}"),
            Effect::RefundDue { n } => format!("refund due {n}"),
            Effect::SendRefund { n } => format!("send refund {n}"),
            Effect::PollRefund { n } => format!("poll refund {n}"),
        })
        .collect()
}

type Row = (&'static str, Vec<Event>, P, Vec<A>, Vec<&'static str>);

fn check(rows: Vec<Row>) {
    for (name, events, payment, attempts, effects) in rows {
        let (state, last) = run(&events);
        let statuses: Vec<A> = state.attempts.iter().map(|attempt| attempt.status).collect();
        assert_eq!(
            (state.status, statuses, short(&last)),
            (payment, attempts, effects.iter().map(ToString::to_string).collect()),
            "{name}"
        );
    }
}

const S: Millis = T0 + SECOND;

#[test]
#[rustfmt::skip]
fn what_the_send_reports() {
    use Outcome::{Failed, Pending, Succeeded};
    check(vec![
        ("begin",                        vec![begin(1, T0)],                                   P::Pending,     vec![A::Created],     vec!["send 1", "wake +160s"]),
        ("accepted",                     vec![begin(1, T0), accepted(1, S)],                   P::Pending,     vec![A::Pending],     vec!["wake +11s"]),
        ("to be redirected",             vec![begin(1, T0), to_redirect(1, S)],                P::NeedsAction, vec![A::NeedsAction], vec!["wake +11s"]),
        ("rejected",                     vec![begin(1, T0), rejected(1, S)],                   P::Failed,      vec![A::Failed],      vec![]),
        ("T16 unknown",                  vec![begin(1, T0), unknown(1, S)],                    P::Unknown,     vec![A::Unknown],     vec!["wake +11s"]),
        ("not sent",                     vec![begin(1, T0), not_sent(1, S)],                   P::Created,     vec![A::Failed],      vec![]),
        ("T06 no answer in time",        vec![begin(1, T0), wake(T0 + 160_000)],               P::Unknown,     vec![A::Unknown],     vec!["poll 1", "wake +180s"]),
        ("T61 no answer yet",            vec![begin(1, T0), wake(T0 + 159_999)],               P::Pending,     vec![A::Created],     vec!["wake +160s"]),
        ("T61 answer after the deadline", vec![begin(1, T0), wake(T0 + 160_000), accepted(1, T0 + 165_000)], P::Pending, vec![A::Pending], vec!["wake +180s"]),
        ("refusal after the deadline",   vec![begin(1, T0), wake(T0 + 160_000), rejected(1, T0 + 165_000)], P::Failed, vec![A::Failed], vec![]),
        ("certainly unsent, but late",   vec![begin(1, T0), wake(T0 + 160_000), not_sent(1, T0 + 165_000)], P::Created, vec![A::Failed], vec![]),
        ("T38 accepted after paid",      vec![begin(1, T0), callback(1, Succeeded, S), accepted(1, S)], P::Succeeded, vec![A::Succeeded], vec!["wake +61s"]),
        ("T38 unknown after paid",       vec![begin(1, T0), callback(1, Succeeded, S), unknown(1, S)],  P::Succeeded, vec![A::Succeeded], vec!["wake +61s"]),
        ("T38 rejected after paid",      vec![begin(1, T0), callback(1, Succeeded, S), rejected(1, S)], P::Succeeded, vec![A::Succeeded], vec!["wake +61s"]),
        ("T38 not sent after paid",      vec![begin(1, T0), callback(1, Succeeded, S), not_sent(1, S)], P::Succeeded, vec![A::Succeeded], vec!["wake +61s"]),
        ("T38 accepted after failed",    vec![begin(1, T0), callback(1, Failed, S), accepted(1, S)],    P::Failed,    vec![A::Failed],    vec![]),
        ("T38 unknown after failed",     vec![begin(1, T0), callback(1, Failed, S), unknown(1, S)],     P::Failed,    vec![A::Failed],    vec![]),
        ("T38 unknown after pending",    vec![begin(1, T0), callback(1, Pending, S), unknown(1, S)],    P::Pending,   vec![A::Pending],   vec!["wake +11s"]),
        ("rejected after pending",       vec![begin(1, T0), callback(1, Pending, S), rejected(1, S)],   P::Pending,   vec![A::Pending],   vec!["wake +11s"]),
        ("not sent after pending",       vec![begin(1, T0), callback(1, Pending, S), not_sent(1, S)],   P::Pending,   vec![A::Pending],   vec!["wake +11s"]),
        ("redirect after pending",       vec![begin(1, T0), callback(1, Pending, S), to_redirect(1, S)], P::NeedsAction, vec![A::NeedsAction], vec!["wake +11s"]),
        ("T38 redirect after failed",    vec![begin(1, T0), callback(1, Failed, S), to_redirect(1, S)],    P::Failed,    vec![A::Failed],    vec![]),
        ("T38 redirect after paid",      vec![begin(1, T0), callback(1, Succeeded, S), to_redirect(1, S)], P::Succeeded, vec![A::Succeeded], vec!["wake +61s"]),
        ("to approve on the phone",      vec![begin(1, T0), to_approve(1, S)],                             P::Pending,   vec![A::Pending],   vec!["wake +11s"]),
        ("unknown twice",                vec![begin(1, T0), unknown(1, S), unknown(1, T0 + 5000)],      P::Unknown,   vec![A::Unknown],   vec!["wake +11s"]),
    ]);
}

#[test]
#[rustfmt::skip]
fn what_the_gateway_says() {
    use Outcome::{Expired, Failed, NotFound, Pending, Succeeded, Unrecognised};
    let settled = T0 + SETTLE_MS;
    let sent_unknown = || vec![begin(1, T0), unknown(1, S)];
    let sent_accepted = || vec![begin(1, T0), accepted(1, S)];
    let then = |mut before: Vec<Event>, more: Vec<Event>| { before.extend(more); before };
    let not_found = |before: Vec<Event>| then(before, asked_until_enough(1, S));
    let enough = S + 1_240_000;
    check(vec![
        ("paid",                          vec![begin(1, T0), accepted(1, S), callback(1, Succeeded, S)], P::Succeeded, vec![A::Succeeded], vec!["fulfil", "wake +61s"]),
        ("T38 paid before the answer",    vec![begin(1, T0), callback(1, Succeeded, S)],      P::Succeeded, vec![A::Succeeded], vec!["fulfil", "wake +61s"]),
        ("T17 paid after unknown",        vec![begin(1, T0), unknown(1, S), callback(1, Succeeded, S)], P::Succeeded, vec![A::Succeeded], vec!["fulfil", "wake +61s"]),
        ("paid by poll",                  vec![begin(1, T0), unknown(1, S), poll(1, Succeeded, S)], P::Succeeded, vec![A::Succeeded], vec!["fulfil", "wake +61s"]),
        ("T37 paid twice",                vec![begin(1, T0), callback(1, Succeeded, S), poll(1, Succeeded, S)], P::Succeeded, vec![A::Succeeded], vec!["wake +61s"]),
        ("T37 paid after fulfilled",      vec![begin(1, T0), callback(1, Succeeded, S), fulfilled(S), callback(1, Succeeded, S)], P::Succeeded, vec![A::Succeeded], vec![]),
        ("failed",                        vec![begin(1, T0), accepted(1, S), callback(1, Failed, S)], P::Failed, vec![A::Failed], vec![]),
        ("T37 failed twice",              vec![begin(1, T0), callback(1, Failed, S), poll(1, Failed, S)], P::Failed, vec![A::Failed], vec![]),
        ("pending",                       vec![begin(1, T0), callback(1, Pending, S)],        P::Pending,   vec![A::Pending],   vec!["wake +11s"]),
        ("found after unknown",           vec![begin(1, T0), unknown(1, S), poll(1, Pending, S)], P::Pending, vec![A::Pending], vec!["wake +11s"]),
        ("pending keeps a redirect",      vec![begin(1, T0), to_redirect(1, S), poll(1, Pending, S)], P::NeedsAction, vec![A::NeedsAction], vec!["wake +11s"]),
        ("T31 a code was taken",          vec![begin(1, T0), to_otp(1, S), then_approve(1, S)], P::Pending,   vec![A::Pending],   vec!["wake +11s"]),
        ("T31 a code after it was paid",  vec![begin(1, T0), to_otp(1, S), callback(1, Succeeded, S), then_approve(1, S)], P::Succeeded, vec![A::Succeeded], vec!["wake +61s"]),
        ("T31 a code after its time",     vec![begin(1, T0), to_otp(1, S), poll(1, Failed, S), then_approve(1, S)], P::Failed, vec![A::Failed], vec![]),
        ("T39 pending after paid",        vec![begin(1, T0), callback(1, Succeeded, S), fulfilled(S), callback(1, Pending, S)], P::Succeeded, vec![A::Succeeded], vec![]),
        ("T39 pending after failed",      vec![begin(1, T0), callback(1, Failed, S), callback(1, Pending, S)], P::Failed, vec![A::Failed], vec![]),
        ("T39 T23 paid after failed",     vec![begin(1, T0), callback(1, Failed, S), callback(1, Succeeded, S)], P::Succeeded, vec![A::Succeeded], vec!["alert late_success 1", "fulfil", "wake +61s"]),
        ("paid after refused",            vec![begin(1, T0), rejected(1, S), callback(1, Succeeded, S)], P::Succeeded, vec![A::Succeeded], vec!["alert late_success 1", "fulfil", "wake +61s"]),
        ("T39 failed after paid",         vec![begin(1, T0), callback(1, Succeeded, S), callback(1, Failed, S)], P::Succeeded, vec![A::Succeeded], vec!["ask 1", "wake +61s"]),
        ("T39 failed again after paid",   vec![begin(1, T0), callback(1, Failed, S), callback(1, Succeeded, S), fulfilled(S), callback(1, Failed, S)], P::Succeeded, vec![A::Succeeded], vec!["ask 1"]),
        ("T39 failed after paid by poll", vec![begin(1, T0), poll(1, Succeeded, S), callback(1, Failed, S)], P::Succeeded, vec![A::Succeeded], vec!["ask 1", "wake +61s"]),
        ("T39 … which the gateway denies", vec![begin(1, T0), callback(1, Succeeded, S), callback(1, Failed, S), poll(1, Succeeded, S)], P::Succeeded, vec![A::Succeeded], vec!["wake +61s"]),
        ("T39 … which it confirms",       vec![begin(1, T0), callback(1, Succeeded, S), callback(1, Failed, S), poll(1, Failed, S)], P::Review, vec![A::Succeeded], vec!["alert review 1"]),
        ("T39 … and says once more",      vec![begin(1, T0), callback(1, Succeeded, S), poll(1, Failed, S), callback(1, Failed, S)], P::Review, vec![A::Succeeded], vec![]),
        ("T39 found failed after paid",   vec![begin(1, T0), callback(1, Succeeded, S), poll(1, Failed, S)], P::Review, vec![A::Succeeded], vec!["alert review 1"]),
        ("T39 paid, found failed, paid",  vec![begin(1, T0), callback(1, Succeeded, S), poll(1, Failed, S), callback(1, Succeeded, S)], P::Review, vec![A::Succeeded], vec![]),
        ("T21 not found at once",         vec![begin(1, T0), unknown(1, S), poll(1, NotFound, T0 + 2000)], P::Unknown, vec![A::Unknown], vec!["wake +11s"]),
        ("T21 not found, nearly settled", vec![begin(1, T0), unknown(1, S), poll(1, NotFound, settled - 1)], P::Unknown, vec![A::Unknown], vec!["wake +11s"]),
        ("expired",                       vec![begin(1, T0), to_redirect(1, S), poll(1, Expired, S)], P::Expired, vec![A::Expired], vec![]),
        ("expired, never acknowledged",   vec![begin(1, T0), unknown(1, S), callback(1, Expired, S)], P::Expired, vec![A::Expired], vec![]),
        ("T31 expired twice",             vec![begin(1, T0), to_redirect(1, S), callback(1, Expired, S), poll(1, Expired, S)], P::Expired, vec![A::Expired], vec![]),
        ("T39 failed after expired",      vec![begin(1, T0), to_redirect(1, S), callback(1, Expired, S), callback(1, Failed, S)], P::Expired, vec![A::Expired], vec![]),
        ("T39 pending after expired",     vec![begin(1, T0), to_redirect(1, S), callback(1, Expired, S), callback(1, Pending, S)], P::Expired, vec![A::Expired], vec![]),
        ("T39 paid after expired",        vec![begin(1, T0), to_redirect(1, S), callback(1, Expired, S), callback(1, Succeeded, S)], P::Succeeded, vec![A::Succeeded], vec!["alert late_success 1", "fulfil", "wake +61s"]),
        ("T39 expired after paid",        vec![begin(1, T0), callback(1, Succeeded, S), callback(1, Expired, S)], P::Succeeded, vec![A::Succeeded], vec!["ask 1", "wake +61s"]),
        ("T39 found expired after paid",  vec![begin(1, T0), callback(1, Succeeded, S), poll(1, Expired, S)], P::Review, vec![A::Succeeded], vec!["alert review 1"]),
        ("not found, settled, heard once", vec![begin(1, T0), unknown(1, S), poll(1, NotFound, settled)], P::Unknown, vec![A::Unknown], vec!["wake +11s"]),
        ("not found, one answer short",   then(sent_unknown(), asked(1, S, ANSWERS_MIN - 1)), P::Unknown, vec![A::Unknown], vec!["wake +1241s"]),
        ("not found often, settled",      not_found(sent_unknown()), P::Failed, vec![A::Failed], vec![]),
        ("T05 its call never reported",   not_found(vec![begin(1, T0), wake(T0 + 160_000)]), P::Expired, vec![A::Expired], vec![]),
        ("T05 … and pays all the same",   then(not_found(vec![begin(1, T0), wake(T0 + 160_000)]), vec![callback(1, Succeeded, enough + MINUTE)]), P::Succeeded, vec![A::Succeeded], vec!["alert late_success 1", "fulfil", "wake +1361s"]),
        ("a callback cannot not find",    then(sent_unknown(), asked(1, S, ANSWERS_MIN - 1).into_iter().chain([callback(1, NotFound, enough)]).collect()), P::Unknown, vec![A::Unknown], vec!["wake +1241s"]),
        ("T21 not found, then paid",      then(not_found(sent_unknown()), vec![callback(1, Succeeded, enough)]), P::Succeeded, vec![A::Succeeded], vec!["alert late_success 1", "fulfil", "wake +1301s"]),
        ("accepted, not found at once",   vec![begin(1, T0), accepted(1, S), poll(1, NotFound, T0 + 2000)], P::Pending, vec![A::Pending], vec!["wake +11s"]),
        ("accepted, not found, settled",  not_found(sent_accepted()), P::Review, vec![A::Pending], vec!["alert review 1", "wake +1961s"]),
        ("… and again",                   then(not_found(sent_accepted()), vec![poll(1, NotFound, enough)]), P::Review, vec![A::Pending], vec!["wake +1961s"]),
        ("… then failed",                 then(not_found(sent_accepted()), vec![poll(1, Failed, enough)]), P::Failed, vec![A::Failed], vec![]),
        ("… then paid",                   then(not_found(sent_accepted()), vec![poll(1, Succeeded, enough)]), P::Succeeded, vec![A::Succeeded], vec!["fulfil", "wake +1301s"]),
        ("not found after paid",          vec![begin(1, T0), callback(1, Succeeded, S), fulfilled(S), poll(1, NotFound, settled)], P::Succeeded, vec![A::Succeeded], vec![]),
        ("T30 an unknown word",           vec![begin(1, T0), unknown(1, S), callback(1, Unrecognised, S)], P::Pending, vec![A::Pending], vec!["alert unrecognised_status 1", "wake +11s"]),
        ("T30 an unknown word, by poll",  vec![begin(1, T0), accepted(1, S), poll(1, Unrecognised, S)], P::Pending, vec![A::Pending], vec!["alert unrecognised_status 1", "wake +11s"]),
        ("T30 an unknown word after paid", vec![begin(1, T0), callback(1, Succeeded, S), fulfilled(S), callback(1, Unrecognised, S)], P::Succeeded, vec![A::Succeeded], vec![]),
        ("T22 a poll that failed",        vec![begin(1, T0), accepted(1, S), Event::PollFailed { n: 1, now_ms: T0 + 5000 }], P::Pending, vec![A::Pending], vec!["wake +11s"]),
    ]);
}

#[test]
#[rustfmt::skip]
fn t28_only_the_payments_own_amount_pays() {
    for (amount, currency) in [
        (Some("1049"), Some("ZMW")), (Some("1051"), Some("ZMW")), (Some("1050"), Some("KES")), (None, Some("ZMW")), (Some("1050"), None),
        (None, None), (Some("01050"), Some("ZMW")), (Some("1050.0"), Some("ZMW")), (Some("+1050"), Some("ZMW")), (Some(""), Some("ZMW")),
        (Some("1050"), Some("zmw")), (Some("99999999999999999999999"), Some("ZMW")),
    ] {
        let (state, effects) = run(&[begin(1, T0), accepted(1, S), wrong_money(amount, currency)]);
        assert_eq!((state.status, state.review_reason.as_deref()), (P::Review, Some("amount_mismatch")), "{amount:?} {currency:?}");
        assert_eq!(short(&effects), ["alert review 1"]);
        assert_eq!((state.fulfilment.status, state.succeeded_at_ms), (FulfilmentStatus::None, None));
        // Only people lead out of it: neither the right amount later nor a failure does.
        for event in [callback(1, Outcome::Succeeded, S), callback(1, Outcome::Failed, S), wake(T0 + DAY), callback(1, Outcome::Pending, S)] {
            assert_eq!(step(Some(state.clone()), event).unwrap().0.status, P::Review);
        }
        assert_eq!(step(Some(state.clone()), begin(2, T0 + DAY)), Err(Refusal::InReview));
        assert_eq!(step(Some(state), fulfilled(T0 + DAY)), Err(Refusal::NotPaid));
    }
}

#[test]
fn a_mismatch_is_told_once() {
    let (review, _) = run(&[begin(1, T0), wrong_money(Some("1"), Some("ZMW"))]);
    assert_eq!(step(Some(review.clone()), wrong_money(Some("1"), Some("ZMW"))).unwrap(), (review, vec![]));
}

#[test]
fn another_amount_after_paid_is_told_and_changes_nothing() {
    let (paid, _) = run(&[begin(1, T0), callback(1, Outcome::Succeeded, S)]);
    let (state, effects) = step(Some(paid.clone()), wrong_money(Some("1"), Some("ZMW"))).unwrap();
    assert_eq!(state, paid);
    assert_eq!(short(&effects), ["alert amount_mismatch 1", "wake +61s"]);
}

#[test]
#[rustfmt::skip]
fn attempts_follow_each_other_and_never_overlap() {
    use Outcome::{Failed, Succeeded};
    let failed_once = || vec![begin(1, T0), callback(1, Failed, S)];
    let with = |more: Vec<Event>| failed_once().into_iter().chain(more).collect::<Vec<_>>();
    check(vec![
        ("again after a failure",         with(vec![begin(2, T0 + MINUTE)]), P::Pending, vec![A::Failed, A::Created], vec!["send 2", "wake +220s"]),
        ("again after a refusal",         vec![begin(1, T0), rejected(1, S), begin(2, T0 + MINUTE)], P::Pending, vec![A::Failed, A::Created], vec!["send 2", "wake +220s"]),
        ("again after nothing was sent",  vec![begin(1, T0), not_sent(1, S), begin(2, T0 + MINUTE)], P::Pending, vec![A::Failed, A::Created], vec!["send 2", "wake +220s"]),
        ("nothing sent the second time",  with(vec![begin(2, T0 + MINUTE), not_sent(2, T0 + MINUTE)]), P::Failed, vec![A::Failed, A::Failed], vec![]),
        ("paid the second time",          with(vec![begin(2, T0 + MINUTE), callback(2, Succeeded, T0 + MINUTE)]), P::Succeeded, vec![A::Failed, A::Succeeded], vec!["fulfil", "wake +120s"]),
        ("T23 the first pays late",       with(vec![begin(2, T0 + MINUTE), accepted(2, T0 + MINUTE), callback(1, Succeeded, T0 + MINUTE)]), P::Succeeded, vec![A::Succeeded, A::Pending], vec!["alert late_success 1", "fulfil", "wake +70s"]),
        ("T23 … the second is watched",   with(vec![begin(2, T0 + MINUTE), accepted(2, T0 + MINUTE), callback(1, Succeeded, T0 + MINUTE), wake(T0 + 70_000)]), P::Succeeded, vec![A::Succeeded, A::Pending], vec!["poll 2", "wake +90s"]),
        ("T23 … the second pays too",     with(vec![begin(2, T0 + MINUTE), callback(1, Succeeded, T0 + MINUTE), callback(2, Succeeded, T0 + MINUTE)]), P::Succeeded, vec![A::Succeeded, A::Succeeded], vec!["alert double 2", "refund due 1", "wake +120s"]),
        ("T23 … the second fails",        with(vec![begin(2, T0 + MINUTE), callback(1, Succeeded, T0 + MINUTE), callback(2, Failed, T0 + MINUTE)]), P::Succeeded, vec![A::Succeeded, A::Failed], vec!["wake +120s"]),
        ("T23 the first pays after the second", with(vec![begin(2, T0 + MINUTE), callback(2, Succeeded, T0 + MINUTE), callback(1, Succeeded, T0 + MINUTE)]), P::Succeeded, vec![A::Succeeded, A::Succeeded], vec!["alert double 1", "refund due 1", "wake +120s"]),
        ("a double is told once",         with(vec![begin(2, T0 + MINUTE), callback(2, Succeeded, T0 + MINUTE), callback(1, Succeeded, T0 + MINUTE), callback(1, Succeeded, T0 + MINUTE)]), P::Succeeded, vec![A::Succeeded, A::Succeeded], vec!["wake +120s"]),
        ("a double is given back",        with(vec![begin(2, T0 + MINUTE), callback(2, Succeeded, T0 + MINUTE), callback(1, Succeeded, T0 + MINUTE), poll(1, Failed, T0 + MINUTE)]), P::Succeeded, vec![A::Succeeded, A::Succeeded], vec!["alert review 1", "wake +120s"]),
        ("a double that failed before",   with(vec![begin(2, T0 + MINUTE), callback(2, Succeeded, T0 + MINUTE), callback(1, Succeeded, T0 + MINUTE), callback(1, Failed, T0 + MINUTE)]), P::Succeeded, vec![A::Succeeded, A::Succeeded], vec!["ask 1", "wake +120s"]),
    ]);
}

#[test]
fn i1_doubles_are_recorded() {
    use Outcome::{Failed, Succeeded};
    let (state, _) =
        run(&[begin(1, T0), callback(1, Failed, S), begin(2, S), callback(2, Succeeded, S), callback(1, Succeeded, S)]);
    assert_eq!(state.doubles, [1]);
    assert_eq!(state.captured().map(|attempt| attempt.n), Some(2));
    assert!(!state.late_success);
}

#[test]
#[rustfmt::skip]
fn begin_is_refused_while_money_may_still_move() {
    use Outcome::{Failed, Succeeded};
    let other = |amount: u64, currency: &str, reference: &str| Event::Begin {
        n: 2, gateway: "pawapay".into(), reference: reference.into(), amount_minor: Minor(amount), currency: currency.into(), settle_ms: None, now_ms: T0 + MINUTE,
    };
    let rows: Vec<(&str, Vec<Event>, Event, Refusal)> = vec![
        ("created",           vec![begin(1, T0)],                                 begin(2, S), Refusal::AlreadyOpen),
        ("pending",           vec![begin(1, T0), accepted(1, S)],                 begin(2, S), Refusal::AlreadyOpen),
        ("needs action",      vec![begin(1, T0), to_redirect(1, S)],              begin(2, S), Refusal::AlreadyOpen),
        ("I7 unknown",        vec![begin(1, T0), unknown(1, S)],                  begin(2, S), Refusal::AlreadyOpen),
        ("T24 unknown again", vec![begin(1, T0), rejected(1, S), begin(2, S), unknown(2, S)], begin(3, S), Refusal::AlreadyOpen),
        ("the same again",    vec![begin(1, T0)],                                 begin(1, S), Refusal::AlreadyOpen),
        ("T12 paid",          vec![begin(1, T0), callback(1, Succeeded, S)],      begin(2, T0 + 31 * DAY), Refusal::AlreadyPaid),
        ("paid, other open",  vec![begin(1, T0), callback(1, Failed, S), begin(2, S), callback(1, Succeeded, S)], begin(3, S), Refusal::AlreadyPaid),
        ("reversed",          vec![begin(1, T0), callback(1, Succeeded, S), poll(1, Failed, S)], begin(2, S), Refusal::InReview),
        ("a gap",             vec![begin(1, T0), rejected(1, S)],                 begin(3, S), Refusal::WrongAttempt),
        ("a used number",     vec![begin(1, T0), rejected(1, S)],                 begin(1, S), Refusal::WrongAttempt),
        ("attempt 0",         vec![begin(1, T0), rejected(1, S)],                 begin(0, S), Refusal::WrongAttempt),
        ("another amount",    vec![begin(1, T0), rejected(1, S)],                 other(1051, "ZMW", "b"), Refusal::OtherAmount),
        ("another currency",  vec![begin(1, T0), rejected(1, S)],                 other(1050, "KES", "b"), Refusal::OtherCurrency),
        ("a used reference",  vec![begin(1, T0), rejected(1, S)],                 other(1050, "ZMW", "reference-1"), Refusal::BadReference),
        ("no reference",      vec![begin(1, T0), rejected(1, S)],                 other(1050, "ZMW", ""), Refusal::BadReference),
    ];
    for (name, events, last, refusal) in rows {
        assert_eq!(step(Some(run(&events).0), last), Err(refusal), "{name}");
    }
    assert_eq!(step(None, begin(2, T0)), Err(Refusal::WrongAttempt));
    assert_eq!(step(None, other(0, "ZMW", "a")), Err(Refusal::BadAmount));
    assert_eq!(step(None, other(1, "ABC", "a")), Err(Refusal::UnknownCurrency));
}

#[test]
fn attempts_end_at_255() {
    let mut state = None;
    for n in 1..=255 {
        let (begun, _) = step(state, begin(n, T0)).unwrap();
        state = Some(step(Some(begun), rejected(n, T0)).unwrap().0);
    }
    assert_eq!(step(state, begin(256, T0)), Err(Refusal::AttemptsExhausted));
}

#[test]
fn nothing_happens_to_a_payment_or_attempt_that_is_not_there() {
    let others = [
        accepted(9, S),
        rejected(9, S),
        unknown(9, S),
        not_sent(9, S),
        callback(9, Outcome::Succeeded, S),
        poll(9, Outcome::NotFound, S),
        Event::PollFailed { n: 9, now_ms: S },
    ];
    for event in others {
        assert_eq!(step(None, event.clone()), Err(Refusal::NoPayment), "{event:?}");
        assert_eq!(step(Some(run(&[begin(1, T0)]).0), event.clone()), Err(Refusal::NoSuchAttempt), "{event:?}");
    }
    assert_eq!(step(None, wake(S)), Err(Refusal::NoPayment));
    assert_eq!(step(None, fulfilled(S)), Err(Refusal::NoPayment));
}

#[test]
fn t22_silence_is_asked_about_for_thirty_days_and_then_people_are() {
    let (mut state, mut effects) = run(&[begin(1, T0), accepted(1, T0)]);
    let mut polled_at = Vec::new();
    while let Some(Effect::WakeAt { at_ms }) = effects.last().cloned() {
        (state, effects) = step(Some(state), wake(at_ms)).unwrap();
        if effects.contains(&Effect::Poll { n: 1 }) {
            polled_at.push((at_ms - T0) / SECOND);
            (state, effects) = step(Some(state), Event::PollFailed { n: 1, now_ms: at_ms + SECOND }).unwrap();
        }
        assert!(polled_at.len() < 100);
    }
    assert_eq!(polled_at[..10], [10, 30, 70, 160, 340, 640, 940, 1240, 1960, 3760]);
    assert_eq!(polled_at.len(), POLLS_MAX as usize);
    assert_eq!((state.status, state.review_reason.as_deref()), (P::Review, Some("silent_for_30_days")));
    assert_eq!(short(&effects), ["alert review 1"]);
    assert!(polled_at.last().unwrap() * SECOND > 30 * DAY);

    let late = T0 + 60 * DAY;
    assert_eq!(step(Some(state.clone()), wake(late)).unwrap(), (state.clone(), vec![]));
    assert_eq!(step(Some(state.clone()), begin(2, late)), Err(Refusal::InReview));
    // Its final word still counts, a vague one does not.
    let (pending, _) = step(Some(state.clone()), callback(1, Outcome::Pending, late)).unwrap();
    assert_eq!(pending.status, P::Review);
    let (failed, _) = step(Some(state.clone()), callback(1, Outcome::Failed, late)).unwrap();
    assert_eq!((failed.status, failed.review_reason), (P::Failed, None));
    let (paid, effects) = step(Some(state), callback(1, Outcome::Succeeded, late)).unwrap();
    assert_eq!((paid.status, paid.review_reason, effects.first()), (P::Succeeded, None, Some(&Effect::Fulfil)));
}

#[test]
fn t58_a_clock_that_jumps_ends_nothing_early() {
    let (state, _) = run(&[begin(1, T0), accepted(1, S)]);
    let hour = 60 * MINUTE;
    let (ahead, effects) = step(Some(state.clone()), wake(T0 + hour)).unwrap();
    assert_eq!((ahead.status, effects.first()), (P::Pending, Some(&Effect::Poll { n: 1 })));
    let (back, effects) = step(Some(ahead), wake(T0)).unwrap();
    assert_eq!((back.status, short(&effects)), (P::Pending, vec!["wake +3620s".into()]));
    assert_eq!(back.updated_at_ms, T0 + hour, "time as told never runs backwards");
    let (behind, _) = step(Some(state), wake(T0 - hour)).unwrap();
    assert_eq!(behind.attempts[0].next_poll_at_ms, Some(T0 + 11 * SECOND));
}

/// Whatever one jump of the clock makes of the times: between the first question and the conclusion the true settling time passed.
#[test]
fn t58_one_jump_never_makes_not_found_conclusive_too_early() {
    let settling = [None, Some(SETTLE_MS / 3), Some(30 * MINUTE), Some(60 * MINUTE)];
    for (settle_ms, jump_at) in settling.into_iter().flat_map(|own_ms| (0..2 * ANSWERS_MIN).map(move |at| (own_ms, at)))
    {
        for jump_ms in [0, SETTLE_MS, 60 * MINUTE, DAY] {
            let (mut state, mut effects) = run(&[begin_at_one_that_settles(1, settle_ms, T0), unknown(1, S)]);
            // `true_ms` is time as it passes, `clock_ms` what the clock shows.
            let (mut true_ms, mut ahead_ms, mut turn) = (S, 0, 0);
            while state.status == P::Unknown {
                let Some(Effect::WakeAt { at_ms }) = effects.last().cloned() else { panic!("nobody wakes up") };
                if turn == jump_at {
                    ahead_ms = jump_ms;
                }
                true_ms = true_ms.max(at_ms.saturating_sub(ahead_ms));
                let clock_ms = true_ms + ahead_ms;
                (state, effects) = step(Some(state), wake(clock_ms)).unwrap();
                // A hint in between brings another answer, which proves no more than the plan's own.
                for _ in 0..3 {
                    (state, effects) = step(Some(state), poll(1, Outcome::NotFound, clock_ms)).unwrap();
                }
                turn += 1;
            }
            assert_eq!(state.status, P::Failed);
            assert!(
                true_ms - T0 >= settle_ms.unwrap_or_default().max(SETTLE_MS),
                "{settle_ms:?}, jump of {jump_ms} at {jump_at}: concluded after {} s",
                (true_ms - T0) / SECOND
            );
        }
    }
}

#[test]
fn the_gateway_is_asked_when_the_customers_time_is_up() {
    let action = |expires_at_ms| NextAction {
        kind: NextActionType::Otp,
        url: None,
        expires_at_ms: Some(expires_at_ms),
        unread: Unread::new(),
    };
    let waiting = |expires_at_ms| Event::SendAccepted { n: 1, next_action: Some(action(expires_at_ms)), now_ms: S };
    for (expires_at_ms, wake_at) in [(T0 + 5 * SECOND, 5), (T0 + MINUTE, 11), (0, 1)] {
        let (state, effects) = run(&[begin(1, T0), waiting(expires_at_ms)]);
        assert_eq!(
            (state.status, short(&effects)),
            (P::NeedsAction, vec![format!("wake +{wake_at}s")]),
            "{expires_at_ms}"
        );
        // Our clock concludes nothing.
        let (asked, _) = step(Some(state), wake(T0 + DAY)).unwrap();
        assert_eq!(asked.status, P::NeedsAction);
    }
}

#[test]
fn t05_a_call_that_reports_late_is_no_longer_lost() {
    for event in [accepted(1, S), unknown(1, S), callback(1, Outcome::Pending, S), callback(1, Outcome::Succeeded, S)] {
        let (state, _) = run(&[begin(1, T0), wake(T0 + SEND_DEADLINE_MS), event.clone()]);
        assert!(!state.attempts[0].call_lost, "{event:?}");
    }
}

#[test]
fn a_lost_fulfilment_message_is_repaired() {
    let (paid, _) = run(&[begin(1, T0), callback(1, Outcome::Succeeded, T0)]);
    #[rustfmt::skip]
    let rows: &[(Millis, &[&str])] = &[
        (59 * SECOND,  &["wake +60s"]),
        (MINUTE,       &["fulfil", "wake +120s"]),
        (2 * MINUTE,   &["fulfil", "wake +240s"]),
        (64 * MINUTE,  &["fulfil", "wake +7200s"]),
        (DAY,          &["fulfil", "wake +90000s"]),
    ];
    for (after_ms, expected) in rows {
        let (state, effects) = step(Some(paid.clone()), wake(T0 + after_ms)).unwrap();
        assert_eq!(short(&effects), *expected, "{after_ms}");
        assert_eq!(state, paid);
    }
    let (done, effects) = step(Some(paid), fulfilled(T0 + MINUTE)).unwrap();
    assert_eq!((done.fulfilment.status, effects), (FulfilmentStatus::Fulfilled, vec![]));
    let again = Event::Fulfilled { via: Via::Sweep, now_ms: T0 + DAY };
    assert_eq!(
        step(Some(done.clone()), again).unwrap(),
        (done.clone(), vec![]),
        "fulfilled once, by whoever came first"
    );
    assert_eq!(step(Some(done.clone()), wake(T0 + DAY)).unwrap(), (done, vec![]));
}

#[test]
fn a_reversal_takes_no_fulfilment_back_and_makes_none() {
    use Outcome::{Failed, Succeeded};
    let (delivered, _) = run(&[begin(1, T0), callback(1, Succeeded, S), fulfilled(S), poll(1, Failed, S)]);
    assert_eq!((delivered.status, delivered.fulfilment.status), (P::Review, FulfilmentStatus::Fulfilled));
    let (waiting, _) = run(&[begin(1, T0), callback(1, Succeeded, S), poll(1, Failed, S)]);
    assert_eq!(step(Some(waiting.clone()), wake(T0 + DAY)).unwrap().1, vec![]);
    // A message that was on its way already arrives.
    assert_eq!(step(Some(waiting), fulfilled(S)).unwrap().0.fulfilment.status, FulfilmentStatus::Fulfilled);
}

#[test]
fn what_the_customer_has_to_do_is_shown_only_while_it_can_be_done() {
    let (waiting, _) = run(&[begin(1, T0), to_redirect(1, S)]);
    assert!(waiting.next_action.as_ref().is_some_and(|action| action.url.is_some()));
    for event in [callback(1, Outcome::Succeeded, S), callback(1, Outcome::Failed, S)] {
        assert_eq!(step(Some(waiting.clone()), event).unwrap().0.next_action, None);
    }
    let address = NextAction {
        kind: NextActionType::Redirect,
        url: Some("https://pay.example/2".into()),
        expires_at_ms: None,
        unread: Unread::new(),
    };
    let found = Told { next_action: Some(address.clone()), ..told(1, Outcome::Pending, Source::Poll, S) };
    let (asked, _) = run(&[begin(1, T0), accepted(1, S), Event::Told(found)]);
    assert_eq!((asked.status, asked.next_action), (P::NeedsAction, Some(address.clone())));
    // An answer that comes late, or twice, sends nobody to another page.
    let again = Event::SendAccepted { n: 1, next_action: Some(address), now_ms: S };
    assert_eq!(step(Some(waiting.clone()), again).unwrap().0.next_action, waiting.next_action);
    let (to_approve, _) = run(&[begin(1, T0), to_approve(1, S)]);
    assert_eq!(to_approve.next_action.map(|action| action.kind), Some(NextActionType::ApproveOnPhone));
}

#[test]
fn refusals_are_kept_apart_from_failures() {
    let refused = run(&[begin(1, T0), rejected(1, S)]).0.attempts[0].clone();
    assert_eq!((refused.refused, refused.failure_code.as_deref()), (true, Some("PAYER_NOT_FOUND")));
    let failed = run(&[begin(1, T0), accepted(1, S), callback(1, Outcome::Failed, S)]).0.attempts[0].clone();
    assert_eq!((failed.refused, failed.failure_code.as_deref()), (false, Some("PAYMENT_NOT_APPROVED")));
    let mut events = vec![begin(1, T0), unknown(1, S)];
    events.extend(asked_until_enough(1, S));
    let lost = run(&events).0.attempts[0].clone();
    assert_eq!((lost.refused, lost.failure_code.as_deref()), (false, Some("not_received")));
}

#[test]
fn a_capture_clears_what_was_said_against_the_attempt() {
    let (state, _) = run(&[begin(1, T0), rejected(1, S), callback(1, Outcome::Succeeded, S)]);
    assert!(state.late_success);
    assert_eq!((state.attempts[0].refused, state.attempts[0].failure_code.as_deref()), (false, None));
}

#[test]
fn the_first_provider_transaction_id_stays() {
    let with_id = |id: Option<&str>, outcome| {
        Event::Told(Told { provider_transaction_id: id.map(Into::into), ..told(1, outcome, Source::Poll, S) })
    };
    let pending = with_id(None, Outcome::Pending);
    let (state, _) = run(&[
        begin(1, T0),
        pending,
        with_id(Some("MP1"), Outcome::Succeeded),
        with_id(Some("MP2"), Outcome::Succeeded),
    ]);
    assert_eq!(state.attempts[0].provider_transaction_id.as_deref(), Some("MP1"));
}

#[test]
fn a_silent_second_attempt_does_not_unsettle_a_paid_payment() {
    use Outcome::{Failed, Succeeded};
    let (mut state, mut effects) = run(&[
        begin(1, T0),
        callback(1, Failed, S),
        begin(2, S),
        accepted(2, S),
        callback(1, Succeeded, S),
        fulfilled(S),
    ]);
    while let Some(Effect::WakeAt { at_ms }) = effects.last().cloned() {
        (state, effects) = step(Some(state), wake(at_ms)).unwrap();
    }
    assert_eq!(short(&effects), ["alert review 2"]);
    assert_eq!((state.status, state.review_reason), (P::Succeeded, None));
}

#[test]
fn t39_only_an_answer_that_was_asked_for_since_takes_a_capture_back() {
    let heard = |outcome, source, heard_at_ms, now_ms| {
        Event::Told(Told { heard_at_ms: Some(heard_at_ms), ..told(1, outcome, source, now_ms) })
    };
    let (callback, poll) = (Source::Callback, Source::Poll);
    let (paid, _) = run(&[
        begin(1, T0),
        heard(Outcome::Failed, callback, T0 + SECOND, T0 + SECOND),
        heard(Outcome::Succeeded, callback, T0 + MINUTE, T0 + 2 * MINUTE),
        fulfilled(T0 + 2 * MINUTE),
    ]);
    let rows: &[(Source, Millis, P, &[&str])] = &[
        // When a callback was heard does not say when it was said.
        (callback, T0 + SECOND, P::Succeeded, &["ask 1"]),
        (callback, T0 + MINUTE + 1, P::Succeeded, &["ask 1"]),
        (callback, T0 + 14 * MINUTE, P::Succeeded, &["ask 1"]),
        (poll, T0 + SECOND, P::Succeeded, &[]),
        (poll, T0 + MINUTE, P::Succeeded, &[]),
        (poll, T0 + MINUTE + 1, P::Review, &["alert review 1"]),
    ];
    for (source, heard_at_ms, status, expected) in rows {
        let word = heard(Outcome::Failed, *source, *heard_at_ms, T0 + 30 * MINUTE);
        let (state, effects) = step(Some(paid.clone()), word).unwrap();
        assert_eq!(state.status, *status, "{source:?} {heard_at_ms}");
        assert_eq!(short(&effects), *expected, "{source:?} {heard_at_ms}");
        assert!(*status == P::Review || state == paid, "a question changes nothing");
    }
}

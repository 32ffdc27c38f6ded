//! When to ask the gateway again, and when to try the fulfilment again.

use super::state::{Attempt, FulfilmentStatus, Millis, State};

const SECOND: Millis = 1000;
const MINUTE: Millis = 60 * SECOND;
const HOUR: Millis = 60 * MINUTE;

/// Longer than any gateway call may take: after this, an attempt without an answer has an unknown outcome.
pub const SEND_DEADLINE_MS: Millis = 160 * SECOND;

/// Until then a gateway's "not found" proves nothing: the deposit may still be on its way (pawaPay's own guidance: 15 minutes).
pub const SETTLE_MS: Millis = 15 * MINUTE;

/// And until it was heard so often, since a clock may jump (T58). Between so many questions of the plan lie more than
/// `SETTLE_MS`, also when a jump swallows the longest pause among them.
pub const ANSWERS_MIN: u32 = 8;

/// The same for a gateway that settles later. The pause before the first answer is not counted on: an attempt may be old when it
/// is first asked about.
pub(super) fn answers_min(settle_ms: Millis) -> u32 {
    let between = |answers: u32| {
        let pauses = || (1..answers).map(poll_delay_ms);
        pauses().sum::<Millis>() - pauses().max().unwrap_or_default()
    };
    (ANSWERS_MIN..POLLS_MAX).find(|answers| between(*answers) >= settle_ms).unwrap_or(POLLS_MAX)
}

const POLL_DELAYS_MS: [Millis; 16] = [
    10 * SECOND,
    20 * SECOND,
    40 * SECOND,
    90 * SECOND,
    3 * MINUTE,
    5 * MINUTE,
    5 * MINUTE,
    5 * MINUTE,
    12 * MINUTE,
    30 * MINUTE,
    HOUR,
    2 * HOUR,
    4 * HOUR,
    8 * HOUR,
    16 * HOUR,
    24 * HOUR,
];
const DAILY_MS: Millis = 24 * HOUR;
const DAILY_POLLS: u32 = 30;

/// After the backoff and thirty daily polls, people decide. A count and not a date, so that a clock which jumps ends nothing early.
pub const POLLS_MAX: u32 = POLL_DELAYS_MS.len() as u32 + DAILY_POLLS;

/// The pause before the next poll when `polls` have been made.
pub(super) fn poll_delay_ms(polls: u32) -> Millis {
    usize::try_from(polls).ok().and_then(|index| POLL_DELAYS_MS.get(index)).copied().unwrap_or(DAILY_MS)
}

pub(super) fn fulfilment_is_due(state: &State, now_ms: Millis) -> bool {
    state.succeeded_at_ms.is_some_and(|paid_ms| now_ms >= paid_ms.saturating_add(MINUTE))
}

/// The first time after `now_ms` at which the state wants a `Wake`; a time that has passed already means at once.
pub(super) fn next_wake(state: &State, now_ms: Millis) -> Option<Millis> {
    let polls = state.attempts.iter().filter_map(|attempt: &Attempt| attempt.next_poll_at_ms);
    let refunds = state.refunds.iter().filter_map(|refund| refund.next_poll_at_ms);
    polls.chain(refunds).chain(next_fulfilment_try(state, now_ms)).min()
}

/// 1, 2, 4 … 32 minutes after it was paid, then every full hour: read off the grid, so it needs no memory of its own.
fn next_fulfilment_try(state: &State, now_ms: Millis) -> Option<Millis> {
    if !state.is_paid() || state.fulfilment.status != FulfilmentStatus::Pending {
        return None;
    }
    let paid_ms = state.succeeded_at_ms?;
    let elapsed_ms = now_ms.saturating_sub(paid_ms);
    let after_ms = if elapsed_ms < 32 * MINUTE {
        (elapsed_ms / MINUTE + 1).next_power_of_two() * MINUTE
    } else {
        (elapsed_ms / HOUR).saturating_add(1).saturating_mul(HOUR)
    };
    Some(paid_ms.saturating_add(after_ms))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn t22_the_pauses_grow_and_then_stay_daily() {
        let total: Millis = (0..POLLS_MAX).map(poll_delay_ms).sum();
        assert!((0..POLLS_MAX).all(|polls| poll_delay_ms(polls) <= poll_delay_ms(polls + 1)));
        assert_eq!(poll_delay_ms(0), 10 * SECOND);
        assert_eq!(poll_delay_ms(u32::MAX), DAILY_MS);
        assert!(total > 30 * DAILY_MS && total < 35 * DAILY_MS);
    }

    #[test]
    fn t58_no_jump_of_the_clock_brings_enough_answers_before_the_settling_time() {
        // The pause before the first answer is not counted on: an attempt may be old when it is first asked about.
        let pauses: Vec<Millis> = (1..ANSWERS_MIN).map(poll_delay_ms).collect();
        let longest = pauses.iter().max().copied().unwrap_or_default();
        assert!(pauses.iter().sum::<Millis>() - longest >= SETTLE_MS, "{pauses:?}");
        // Nor is the conclusion much later for it.
        assert!((0..ANSWERS_MIN).map(poll_delay_ms).sum::<Millis>() < 2 * SETTLE_MS);
    }

    #[test]
    fn t58_a_gateway_that_settles_later_is_asked_more_often_before_it_is_believed() {
        #[rustfmt::skip]
        let rows: &[(Millis, u32)] = &[
            (0, ANSWERS_MIN), (SETTLE_MS, ANSWERS_MIN), (20 * MINUTE, 9), (30 * MINUTE, 10), (HOUR, 11), (24 * HOUR, 16), (Millis::MAX, POLLS_MAX),
        ];
        for (settle_ms, answers) in rows {
            assert_eq!(answers_min(*settle_ms), *answers, "{settle_ms}");
        }
    }

    #[test]
    fn fulfilment_is_tried_again_at_growing_intervals() {
        let mut state = State::new(super::super::Minor(1), "XOF".into(), 0);
        state.status = super::super::PaymentStatus::Succeeded;
        state.succeeded_at_ms = Some(1_000_000);
        state.fulfilment.status = FulfilmentStatus::Pending;
        #[rustfmt::skip]
        let rows: &[(Millis, Millis)] = &[
            (0, 1), (59_999, 1), (MINUTE, 2), (2 * MINUTE, 4), (3 * MINUTE, 4), (4 * MINUTE, 8), (16 * MINUTE, 32),
            (32 * MINUTE, 60), (59 * MINUTE, 60), (HOUR, 120), (25 * HOUR, 26 * 60),
        ];
        for (elapsed_ms, minutes) in rows {
            let expected = 1_000_000 + minutes * MINUTE;
            assert_eq!(next_fulfilment_try(&state, 1_000_000 + elapsed_ms), Some(expected), "{elapsed_ms}");
        }
        assert_eq!(next_fulfilment_try(&state, 0), Some(1_000_000 + MINUTE), "a clock that went back");
        assert!(next_fulfilment_try(&state, Millis::MAX).is_some());
    }
}

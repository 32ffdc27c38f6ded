//! A circuit breaker: closed, open for a while, then half-open for a few probes.
//!
//! What is kept is one record, the newest change and what the probes after it said. Half-open is not written down: it is
//! what an open breaker is once its time is over, so that no isolate has to notice the moment.
//!
//! Merging takes the newer change, and of the same change adds the probes: isolates that each count their own get the sum.

use serde::{Deserialize, Serialize};

use crate::Millis;

/// How long it stays open the first time, the second and from then on.
const OPEN_MS: [u64; 3] = [10_000, 15_000, OPEN_MS_MAX];
/// The longest of them.
pub const OPEN_MS_MAX: u64 = 20_000;
/// A breaker that opens so soon after it closed is flapping: it must pass probes for `HOLD_MS` before it closes again.
const FLAPPING_MS: u64 = 300_000;
const HOLD_MS: u64 = 35_000;
const FLAPPING_OPEN_MS: u64 = 5_000;
/// Probes that must pass, one first and then two at a time.
const PASSES: u32 = 3;
/// After as many, one more so long after the last.
const PROBE_EVERY_MS: u64 = 5_000;
/// Probes that nobody has heard of so long after the last are made up for by another, one at a time.
const PROBE_PATIENCE_MS: u64 = 15_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Position {
    Closed,
    Open,
    HalfOpen,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Breaker {
    /// When it last opened or closed; 0 when it never did.
    pub changed_ms: Millis,
    /// Until when it is open; 0 when it is closed.
    pub open_until_ms: Millis,
    /// How often it has opened since it was last closed.
    pub trips: u32,
    /// How often it has opened too soon after it had closed.
    pub flaps: u32,
    /// Payments that went as probes since the change, and when the last did.
    pub probes: u32,
    pub probed_ms: Millis,
    /// Of all probes, those that passed.
    pub passed: u32,
    /// Status calls since the change, and when the last was made. They take no payment's place.
    pub asked: u32,
    pub asked_ms: Millis,
    pub answered: u32,
}

impl Breaker {
    #[must_use]
    pub fn position(&self, now_ms: Millis) -> Position {
        if self.open_until_ms == 0 {
            Position::Closed
        } else if now_ms < self.open_until_ms {
            Position::Open
        } else {
            Position::HalfOpen
        }
    }

    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.open_until_ms == 0
    }

    /// It never was anything but closed.
    #[must_use]
    pub fn is_untouched(&self) -> bool {
        *self == Self::default()
    }

    /// Whether one more payment may go as a probe.
    #[must_use]
    pub fn wants_probe(&self, now_ms: Millis) -> bool {
        self.wants(self.probes, self.passed, self.probed_ms, now_ms)
    }

    /// Whether one more status call is to probe it.
    #[must_use]
    pub fn wants_question(&self, now_ms: Millis) -> bool {
        self.wants(self.asked, self.answered, self.asked_ms, now_ms)
    }

    /// Time alone earns one at most: after an hour without traffic not hundreds go at once.
    fn wants(&self, sent: u32, back: u32, last_ms: Millis, now_ms: Millis) -> bool {
        let pause_ms = match sent {
            sent if sent > back.saturating_mul(2) => PROBE_PATIENCE_MS,
            PASSES.. => PROBE_EVERY_MS,
            _ => 0,
        };
        let quiet_ms = now_ms.saturating_sub(last_ms.max(self.open_until_ms));
        self.position(now_ms) == Position::HalfOpen && quiet_ms >= pause_ms
    }

    /// Opened now: for longer when it was not closed at all, with a longer way back when it was closed only a short while.
    #[must_use]
    pub fn opened(&self, now_ms: Millis) -> Self {
        let soon = self.changed_ms > 0 && now_ms.saturating_sub(self.changed_ms) < FLAPPING_MS;
        let (trips, flaps) = match (self.is_closed(), soon) {
            (true, true) => (1, self.flaps.saturating_add(1)),
            (true, false) => (1, 0),
            (false, _) => (self.trips.saturating_add(1), self.flaps),
        };
        let index = usize::try_from(trips.saturating_sub(1)).unwrap_or(usize::MAX);
        let growing_ms = OPEN_MS.get(index).or(OPEN_MS.last()).copied().unwrap_or(0);
        let open_until_ms = now_ms.saturating_add(if flaps > 0 { FLAPPING_OPEN_MS } else { growing_ms });
        Self { changed_ms: self.after(now_ms), open_until_ms, trips, flaps, ..Self::default() }
    }

    /// A rail's: never for longer than the first time, since while it is open nobody is paid.
    #[must_use]
    pub fn opened_briefly(&self, now_ms: Millis) -> Self {
        let open_until_ms = now_ms.saturating_add(OPEN_MS.first().copied().unwrap_or(0));
        Self { changed_ms: self.after(now_ms), open_until_ms, trips: 1, ..Self::default() }
    }

    #[must_use]
    pub fn closed(&self, now_ms: Millis) -> Self {
        Self { changed_ms: self.after(now_ms), flaps: self.flaps, ..Self::default() }
    }

    #[must_use]
    pub fn has_passed(&self, now_ms: Millis) -> bool {
        let held = self.flaps == 0 || now_ms.saturating_sub(self.open_until_ms) >= HOLD_MS;
        self.passed >= PASSES && held
    }

    /// The same change, with nothing of what others counted: what an isolate adds its own probes to.
    #[must_use]
    pub fn bare(&self) -> Self {
        let &Self { changed_ms, open_until_ms, trips, flaps, .. } = self;
        Self { changed_ms, open_until_ms, trips, flaps, ..Self::default() }
    }

    /// Later than the last change, however the clocks of isolates differ, so that it is the newer one for everybody.
    fn after(&self, now_ms: Millis) -> Millis {
        now_ms.max(self.changed_ms.saturating_add(1))
    }

    pub fn merge(&mut self, other: &Self) {
        let key = |breaker: &Self| (breaker.changed_ms, breaker.open_until_ms, breaker.trips, breaker.flaps);
        if key(other) > key(self) {
            *self = *other;
        } else if key(other) == key(self) {
            self.probes = self.probes.saturating_add(other.probes);
            self.probed_ms = self.probed_ms.max(other.probed_ms);
            self.passed = self.passed.saturating_add(other.passed);
            self.asked = self.asked.saturating_add(other.asked);
            self.asked_ms = self.asked_ms.max(other.asked_ms);
            self.answered = self.answered.saturating_add(other.answered);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const T0: Millis = 1_790_000_000_000;

    #[test]
    fn opens_for_longer_each_time_that_a_probe_fails() {
        let first = Breaker::default().opened(T0);
        assert_eq!(first.open_until_ms, T0 + 10_000);
        let second = first.opened(T0 + 12_000);
        assert_eq!(second.open_until_ms, T0 + 27_000);
        let third = second.opened(T0 + 40_000).opened(T0 + 80_000);
        assert_eq!(third.open_until_ms, T0 + 100_000, "never longer than that");
    }

    #[test]
    fn one_that_flaps_is_probed_for_longer_and_forgiven_after_five_good_minutes() {
        let flapping = Breaker::default().opened(T0).closed(T0 + 15_000).opened(T0 + 60_000);
        assert_eq!((flapping.flaps, flapping.open_until_ms), (1, T0 + 65_000));
        assert_eq!(flapping.opened(T0 + 75_000).open_until_ms, T0 + 80_000);
        let passing = Breaker { probes: 5, passed: 5, ..flapping };
        assert!(!passing.has_passed(T0 + 99_999));
        assert!(passing.has_passed(T0 + 100_000));
        let closed = passing.closed(T0 + 110_000);
        let later = closed.opened(T0 + 110_000 + FLAPPING_MS);
        assert_eq!(later.flaps, 0);
        assert!(Breaker { passed: 3, ..later }.has_passed(later.open_until_ms));
    }

    #[test]
    fn lets_one_probe_pass_and_two_more_for_each_that_came_back() {
        let mut breaker = Breaker::default().opened(T0);
        assert!(!breaker.wants_probe(T0 + 9_999));
        assert_eq!(breaker.position(T0 + 10_000), Position::HalfOpen);
        assert!(breaker.wants_probe(T0 + 10_000));
        breaker.probes = 1;
        assert!(!breaker.wants_probe(T0 + 10_000));
        assert!(breaker.wants_probe(T0 + 25_000), "a lost probe is made up for");
        breaker.passed = 1;
        assert!(breaker.wants_probe(T0 + 10_000));
        breaker.probes = 3;
        assert!(!breaker.wants_probe(T0 + 10_000));
        breaker.passed = 3;
        assert!(!breaker.wants_probe(T0 + 14_999), "from then on one in five seconds");
        assert!(breaker.wants_probe(T0 + 15_000));
        assert!(breaker.has_passed(T0 + 10_000));
    }

    #[test]
    fn after_an_hour_without_traffic_one_probe_goes_and_not_hundreds() {
        let now_ms = T0 + 3_600_000;
        let mut breaker = Breaker::default().opened(T0);
        assert!(breaker.wants_probe(now_ms));
        (breaker.probes, breaker.probed_ms) = (1, now_ms);
        assert!(!breaker.wants_probe(now_ms + 14_999));
        assert!(breaker.wants_probe(now_ms + 15_000), "nobody has heard of it");
        (breaker.probes, breaker.probed_ms) = (2, now_ms + 15_000);
        assert!(!breaker.wants_probe(now_ms + 29_999), "one at a time");
    }

    #[test]
    fn questions_are_bounded_like_probes_and_take_no_payments_place() {
        let mut breaker = Breaker::default().opened(T0);
        let now_ms = T0 + 10_000;
        assert!(!breaker.wants_question(now_ms - 1));
        assert!(breaker.wants_question(now_ms));
        (breaker.asked, breaker.asked_ms) = (1, now_ms);
        assert!(!breaker.wants_question(now_ms));
        breaker.answered = 1;
        assert!(breaker.wants_question(now_ms));
        (breaker.asked, breaker.answered) = (3, 3);
        assert!(!breaker.wants_question(now_ms + 4_999) && breaker.wants_question(now_ms + 5_000));
        assert!(breaker.wants_probe(now_ms));
    }

    #[test]
    fn the_newer_change_wins_and_probes_of_the_same_change_add() {
        let open = Breaker::default().opened(T0);
        let mine = Breaker { probes: 1, passed: 1, asked: 2, probed_ms: T0 + 3, ..open };
        let mut both = Breaker { probes: 2, passed: 1, asked: 1, probed_ms: T0 + 5, ..open };
        both.merge(&mine);
        assert_eq!((both.probes, both.passed, both.asked, both.probed_ms), (3, 2, 3, T0 + 5));
        let closed = both.closed(T0 + 1);
        let mut late = mine;
        late.merge(&closed);
        assert_eq!(late, closed);
        let mut early = closed;
        early.merge(&mine);
        assert_eq!(early, closed);
        assert!(open.closed(T0 - 500).changed_ms > open.changed_ms, "a clock that is behind");
    }
}

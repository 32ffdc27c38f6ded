//! A circuit breaker: closed, open for a while, then half-open for a few probes.
//!
//! What is kept is one record, the newest change and what the probes after it said. Half-open is not written down: it is
//! what an open breaker is once its time is over, so that no isolate has to notice the moment.
//!
//! Merging takes the newer change, and of the same change adds the probes: isolates that each count their own get the sum.

use serde::{Deserialize, Serialize};

use crate::Millis;

/// How long it stays open the first time, the second and from then on.
const OPEN_MS: [u64; 3] = [10_000, 20_000, 30_000];
/// A breaker that opens so soon after it closed is flapping, and stays open for longer.
const FLAPPING_MS: u64 = 300_000;
/// Probes that must pass, one first and then two at a time.
const PASSES: u32 = 3;
/// A probe that nobody has heard of for so long is made up for by another.
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
    /// How often it has opened in a row.
    pub trips: u32,
    /// Probes since the change.
    pub probes: u32,
    pub passed: u32,
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

    /// Whether one more probe may go.
    #[must_use]
    pub fn wants_probe(&self, now_ms: Millis) -> bool {
        if self.position(now_ms) != Position::HalfOpen {
            return false;
        }
        let unheard = now_ms.saturating_sub(self.open_until_ms) / PROBE_PATIENCE_MS;
        u64::from(self.probes) < 1 + 2 * u64::from(self.passed) + unheard
    }

    /// Opened now: for longer when it was closed only a short while, or was not closed at all.
    #[must_use]
    pub fn opened(&self, now_ms: Millis) -> Self {
        let again = self.changed_ms > 0 && now_ms.saturating_sub(self.changed_ms) < FLAPPING_MS;
        let trips = if again { self.trips.saturating_add(1) } else { 1 };
        let index = usize::try_from(trips.saturating_sub(1)).unwrap_or(usize::MAX);
        let for_ms = OPEN_MS.get(index).or(OPEN_MS.last()).copied().unwrap_or(0);
        Self {
            changed_ms: self.after(now_ms),
            open_until_ms: now_ms.saturating_add(for_ms),
            trips,
            probes: 0,
            passed: 0,
        }
    }

    #[must_use]
    pub fn closed(&self, now_ms: Millis) -> Self {
        Self { changed_ms: self.after(now_ms), open_until_ms: 0, trips: self.trips, probes: 0, passed: 0 }
    }

    #[must_use]
    pub fn has_passed(&self) -> bool {
        self.passed >= PASSES
    }

    /// The same change, with nothing of what others counted: what an isolate adds its own probes to.
    #[must_use]
    pub fn bare(&self) -> Self {
        Self { probes: 0, passed: 0, ..*self }
    }

    /// Later than the last change, however the clocks of isolates differ, so that it is the newer one for everybody.
    fn after(&self, now_ms: Millis) -> Millis {
        now_ms.max(self.changed_ms.saturating_add(1))
    }

    pub fn merge(&mut self, other: &Self) {
        let key = |breaker: &Self| (breaker.changed_ms, breaker.open_until_ms, breaker.trips);
        if key(other) > key(self) {
            *self = *other;
        } else if key(other) == key(self) {
            self.probes = self.probes.saturating_add(other.probes);
            self.passed = self.passed.saturating_add(other.passed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const T0: Millis = 1_790_000_000_000;

    #[test]
    fn opens_for_longer_while_it_flaps_and_is_forgiven_after_five_good_minutes() {
        let first = Breaker::default().opened(T0);
        assert_eq!(first.open_until_ms, T0 + 10_000);
        let second = first.opened(T0 + 12_000);
        assert_eq!(second.open_until_ms, T0 + 32_000);
        let third = second.closed(T0 + 40_000).opened(T0 + 50_000).opened(T0 + 90_000);
        assert_eq!(third.open_until_ms, T0 + 120_000, "never longer than half a minute");
        let later = third.closed(T0 + 130_000).opened(T0 + 130_000 + FLAPPING_MS);
        assert_eq!(later.open_until_ms - (T0 + 130_000 + FLAPPING_MS), 10_000);
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
        assert!(breaker.has_passed());
    }

    #[test]
    fn the_newer_change_wins_and_probes_of_the_same_change_add() {
        let open = Breaker::default().opened(T0);
        let mine = Breaker { probes: 1, passed: 1, ..open };
        let mut both = Breaker { probes: 2, passed: 1, ..open };
        both.merge(&mine);
        assert_eq!((both.probes, both.passed), (3, 2));
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

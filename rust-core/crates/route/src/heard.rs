//! What another isolate has published, as far as it is believed.
//!
//! It comes out of a store that others may write into. It may say where traffic goes, and no more: names that the policy does not
//! have are dropped, and so is what lies in the future, for that would outlive the store.

use crate::Millis;
use crate::breaker::{Breaker, OPEN_MS_MAX};
use crate::health::{Health, RECENT_MS, USUAL_MS};
use crate::policy::Policy;
use crate::tally::bucket_of;

/// Clocks of isolates differ by less.
const AHEAD_MS: u64 = 60_000;

impl Health {
    /// The same, without what nobody can have seen.
    #[must_use]
    pub fn believed(mut self, policy: &Policy, now_ms: Millis) -> Self {
        let until_ms = now_ms.saturating_add(AHEAD_MS);
        let credible = |breaker: &Breaker| {
            let latest_ms = breaker.changed_ms.max(breaker.probed_ms).max(breaker.asked_ms);
            latest_ms <= until_ms && breaker.open_until_ms <= breaker.changed_ms.saturating_add(OPEN_MS_MAX)
        };
        let doubted = |breaker: &mut Breaker| {
            if !credible(breaker) {
                *breaker = Breaker::default();
            }
        };
        self.gateways
            .retain(|name, breaker| policy.gateways.iter().any(|known| known.name == *name) && credible(breaker));
        for (name, rail) in &mut self.rails {
            let reaching: Vec<&str> = policy.reaching(name).collect();
            doubted(&mut rail.breaker);
            rail.cells.retain(|gateway, _| reaching.contains(&gateway.as_str()));
            rail.feeds.retain(|gateway, feed| reaching.contains(&gateway.as_str()) && feed.at_ms <= until_ms);
            for cell in rail.cells.values_mut() {
                doubted(&mut cell.breaker);
                cell.recent.drop_after(bucket_of(until_ms, RECENT_MS));
                cell.usual.drop_after(bucket_of(until_ms, USUAL_MS));
            }
        }
        self.rails.retain(|name, _| policy.reaching(name).next().is_some());
        self.forget(now_ms);
        self
    }
}

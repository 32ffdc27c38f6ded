//! How gateways and rails are doing, from what payments saw of them.
//!
//! `observe` is a reducer without clock or I/O: the view and an observation in, the next view and the *change* out, which is
//! itself a `Health`. Merging adds counts and takes the newer breaker, so the order of changes does not matter. Each isolate keeps the sum
//! of its own changes and publishes that whole sum under its own name; what all others last published, merged with one's own,
//! is the common view. To publish twice, late or not at all is harmless, and with nothing of the others (Redis is gone, a
//! first start) the view is one's own, or the prior. The same sum must not be merged twice: `merge` adds.
//!
//! Blame. What a customer caused is held against nobody. A pair of gateway and rail (a *cell*) has a breaker of its own. When the
//! cells of all gateways that serve a rail go bad, or of the only one while its other rails work, or the gateway's own feed says so,
//! the rail is to blame: the rail's breaker opens and the cells' are closed again. When several rails of one gateway go bad and
//! are not to blame themselves, the gateway's breaker opens. A gateway that a rule keeps from the rail does not serve it, nor does
//! one of which nothing was heard for hours while payments go to a breaker that is open: what comes here is not for it (a contract,
//! a currency).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::Millis;
use crate::breaker::{Breaker, Position};
use crate::failover::Cause;
use crate::policy::Policy;
use crate::tally::{Counts, Tally, bucket_of};

/// Two minutes in buckets of three seconds: what breakers and scores go by.
pub const RECENT_MS: u64 = 3_000;
/// Three hours and more in buckets of five minutes: what a gateway is usually like.
pub const USUAL_MS: u64 = 300_000;
/// A prompt that takes longer is counted as slow, in the breakers as trouble.
pub const SLOW_MS: u64 = 7_000;
/// Who serves what comes to a rail is sent some of it so soon after another's breaker opened, and something was heard of it.
const SERVED_MS: u64 = SLOW_MS + 1_000;
/// How long a word of the availability feed holds.
const FEED_MS: u64 = 120_000;
/// A customer who is asked a minute late is as bad as one who is asked never.
const PROMPT_DS_MAX: u64 = 600;

/// Trouble beyond what is usual at which a breaker opens, in quarters: a sign of trouble adds four, a sign of life takes one
/// away (a cumulative sum, which notices a change after as many attempts however much went well before it).
const TRIPS_AT: u64 = 16;
const TROUBLE: u64 = 4;
const LIFE: u64 = 1;

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Health {
    pub gateways: BTreeMap<String, Breaker>,
    pub rails: BTreeMap<String, Rail>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Rail {
    #[serde(skip_serializing_if = "Breaker::is_untouched")]
    pub breaker: Breaker,
    /// By gateway.
    pub cells: BTreeMap<String, Cell>,
    /// What a gateway itself says of the rail.
    pub feeds: BTreeMap<String, Feed>,
}

/// The last bucket of `recent` that no longer counts: what a breaker that has closed since was about.
#[must_use]
pub fn counted_after(breakers: [Breaker; 3]) -> u64 {
    let closed_ms = breakers.map(|breaker| if breaker.is_closed() { breaker.changed_ms } else { 0 });
    bucket_of(closed_ms.into_iter().fold(0, Ord::max), RECENT_MS)
}

impl Rail {
    /// What the gateway says of the rail, while it is fresh.
    #[must_use]
    pub fn feed(&self, gateway: &str, now_ms: Millis) -> Availability {
        self.feeds
            .get(gateway)
            .filter(|feed| now_ms.saturating_sub(feed.at_ms) < FEED_MS)
            .map_or(Availability::Operational, |feed| feed.status)
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Cell {
    #[serde(skip_serializing_if = "Breaker::is_untouched")]
    pub breaker: Breaker,
    #[serde(skip_serializing_if = "Tally::is_empty")]
    pub recent: Tally,
    #[serde(skip_serializing_if = "Tally::is_empty")]
    pub usual: Tally,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Availability {
    Operational,
    Delayed,
    Closed,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Feed {
    pub at_ms: Millis,
    pub status: Availability,
}

/// What a payment saw of a gateway on a rail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Observation {
    pub gateway: String,
    pub rail: String,
    /// The attempt went there as a probe: all that is seen of it carries this.
    #[serde(default)]
    pub probe: bool,
    pub now_ms: Millis,
    pub seen: Seen,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", rename_all_fields = "camelCase")]
pub enum Seen {
    /// An attempt is on its way.
    Sent,
    /// A status call is on its way, as a probe.
    Asked,
    /// The customer has been asked, so long after the send. Where nobody is asked: the gateway has accepted.
    Prompted {
        after_ms: u64,
    },
    /// It should have been by now.
    Slow,
    Succeeded,
    /// Refused or failed for good.
    Failed {
        cause: Cause,
    },
    /// The answer was lost.
    Unknown,
    /// A status call was answered, as a probe.
    Answered,
    Feed {
        status: Availability,
    },
}

impl Seen {
    fn counts(self) -> Counts {
        let mut counts = Counts::default();
        match self {
            Self::Prompted { after_ms } => {
                let ds = (after_ms / 100).min(PROMPT_DS_MAX);
                counts.prompted = 1;
                counts.prompt_ds = u32::try_from(ds).unwrap_or(u32::MAX);
            }
            Self::Slow => counts.slow = 1,
            Self::Succeeded => counts.succeeded = 1,
            Self::Failed { cause: Cause::Customer } => counts.declined = 1,
            Self::Failed { cause: Cause::Gateway } => counts.failed = 1,
            Self::Failed { cause: Cause::Operator } => counts.operator_failed = 1,
            Self::Unknown => counts.unknown = 1,
            Self::Sent | Self::Asked | Self::Answered | Self::Feed { .. } => {}
        }
        counts
    }

    /// What it says of a probe; `None` for nothing yet.
    fn passes(self) -> Option<bool> {
        match self {
            Self::Prompted { after_ms } => Some(after_ms <= SLOW_MS),
            Self::Answered => Some(true),
            Self::Slow | Self::Unknown | Self::Failed { cause: Cause::Gateway | Cause::Operator } => Some(false),
            // A refusal by the customer's own doing comes from behind the gateway, but may come without a prompt.
            Self::Failed { cause: Cause::Customer }
            | Self::Sent
            | Self::Asked
            | Self::Succeeded
            | Self::Feed { .. } => None,
        }
    }
}

impl Health {
    /// Adds counts, takes newer breakers and newer feeds.
    pub fn merge(&mut self, other: &Self) {
        for (gateway, breaker) in &other.gateways {
            entry(&mut self.gateways, gateway).merge(breaker);
        }
        for (name, theirs) in &other.rails {
            let rail = entry(&mut self.rails, name);
            rail.breaker.merge(&theirs.breaker);
            for (gateway, cell) in &theirs.cells {
                let mine = entry(&mut rail.cells, gateway);
                mine.breaker.merge(&cell.breaker);
                mine.recent.merge(&cell.recent);
                mine.usual.merge(&cell.usual);
            }
            for (gateway, feed) in &theirs.feeds {
                let newest = rail.feeds.get(gateway).copied().max(Some(*feed)).unwrap_or(*feed);
                rail.feeds.insert(gateway.clone(), newest);
            }
        }
    }

    /// Without what gateways are usually like, and of the recent only the newest so many buckets: what others need of a sum that is
    /// too long for them. Breakers and feeds stay.
    #[must_use]
    pub fn thinned(&self, buckets: u64, now_ms: Millis) -> Self {
        let mut thinned = self.clone();
        let first = (bucket_of(now_ms, RECENT_MS) + 1).saturating_sub(buckets);
        for rail in thinned.rails.values_mut() {
            for cell in rail.cells.values_mut() {
                cell.usual = Tally::default();
                cell.recent.drop_before(first);
            }
            rail.cells.retain(|_, cell| *cell != Cell::default());
        }
        thinned
    }

    /// Drops what is too old to weigh anything.
    pub fn forget(&mut self, now_ms: Millis) {
        for cell in self.rails.values_mut().flat_map(|rail| rail.cells.values_mut()) {
            cell.recent.forget(bucket_of(now_ms, RECENT_MS));
            cell.usual.forget(bucket_of(now_ms, USUAL_MS));
        }
    }

    #[must_use]
    pub fn cell(&self, gateway: &str, rail: &str) -> Option<&Cell> {
        self.rails.get(rail)?.cells.get(gateway)
    }

    #[must_use]
    pub fn gateway(&self, gateway: &str) -> Breaker {
        self.gateways.get(gateway).copied().unwrap_or_default()
    }

    /// What the gateway says of the rail, while it is fresh.
    #[must_use]
    pub fn feed(&self, gateway: &str, rail: &str, now_ms: Millis) -> Availability {
        self.rails.get(rail).map_or(Availability::Operational, |rail| rail.feed(gateway, now_ms))
    }

    /// `counted_after` of a pair that has to be looked up first.
    #[must_use]
    fn cell_counted_after(&self, gateway: &str, rail: &str) -> u64 {
        let rail_state = self.rails.get(rail);
        let cell = rail_state.and_then(|rail| rail.cells.get(gateway));
        counted_after([
            self.gateway(gateway),
            rail_state.map_or_else(Breaker::default, |rail| rail.breaker),
            cell.map_or_else(Breaker::default, |cell| cell.breaker),
        ])
    }

    /// What is wrong with these cells taken together.
    fn trouble(&self, cells: &[(&str, &str)], now_ms: Millis) -> Trouble {
        let now = bucket_of(now_ms, RECENT_MS);
        let mut buckets: BTreeMap<u64, (u64, u64)> = BTreeMap::new();
        let mut found = Trouble::default();
        for (gateway, rail) in cells {
            let Some(cell) = self.cell(gateway, rail) else { continue };
            let mut bad = 0;
            for (bucket, counts) in cell.recent.since(self.cell_counted_after(gateway, rail), now) {
                let sum = buckets.entry(bucket).or_default();
                sum.0 += counts.bad();
                sum.1 += counts.alive();
                bad += counts.bad();
                found.alive += counts.alive();
            }
            found.troubled += usize::from(bad > 1);
        }
        for (bad, alive) in buckets.into_values() {
            found.sum = (found.sum + TROUBLE * bad).saturating_sub(LIFE * alive);
        }
        found
    }

    /// Breakers that wait for a status call: `(gateway, rail)`, either of which may be all.
    #[must_use]
    pub fn probes_due(&self, now_ms: Millis) -> Vec<(Option<String>, Option<String>)> {
        let mut due = Vec::new();
        for (gateway, breaker) in &self.gateways {
            if breaker.wants_question(now_ms) {
                due.push((Some(gateway.clone()), None));
            }
        }
        for (name, rail) in &self.rails {
            if rail.breaker.wants_question(now_ms) {
                due.push((None, Some(name.clone())));
            }
            for (gateway, cell) in &rail.cells {
                if cell.breaker.wants_question(now_ms) {
                    due.push((Some(gateway.clone()), Some(name.clone())));
                }
            }
        }
        due
    }
}

#[derive(Debug, Default)]
struct Trouble {
    /// The cumulative sum over their recent buckets.
    sum: u64,
    /// Cells with more than a single sign of trouble.
    troubled: usize,
    alive: u64,
}

fn entry<'a, Value: Default>(map: &'a mut BTreeMap<String, Value>, key: &str) -> &'a mut Value {
    map.entry(key.to_owned()).or_default()
}

type Step = fn(&mut Health, &Policy, &Health, &Observation);

/// Applies an observation to the view, and returns the change, which is to be merged into one's own sum as well.
#[must_use]
pub fn observe(policy: &Policy, view: &mut Health, observation: &Observation) -> Health {
    let mut change = Health::default();
    let steps: [Step; 5] = [count, turn_probed, turn_cell, turn_rail, turn_gateway];
    for step in steps {
        let mut part = Health::default();
        step(&mut part, policy, view, observation);
        view.merge(&part);
        change.merge(&part);
    }
    change
}

/// Counts, probes and feeds.
fn count(change: &mut Health, policy: &Policy, view: &Health, observation: &Observation) {
    let Observation { gateway, rail, probe, now_ms, seen } = observation;
    let counts = seen.counts();
    if let Seen::Feed { status } = seen {
        entry(&mut change.rails, rail).feeds.insert(gateway.clone(), Feed { at_ms: *now_ms, status: *status });
    }
    if counts != Counts::default() {
        let cell = entry(&mut entry(&mut change.rails, rail).cells, gateway);
        cell.recent.count(bucket_of(*now_ms, RECENT_MS), &counts);
        // An outage is not what a gateway is usually like.
        if all_closed(view, gateway, rail) {
            cell.usual.count(bucket_of(*now_ms, USUAL_MS), &counts);
        }
    }
    if *probe {
        let at = |kind: Seen| if *seen == kind { (1, *now_ms) } else { (0, 0) };
        let ((probes, probed_ms), (asked, asked_ms)) = (at(Seen::Sent), at(Seen::Asked));
        let answered = u32::from(*seen == Seen::Answered);
        // Where low-value traffic can probe, an answer to a status call only lets it: a gateway that answers may still ask late.
        let enough = answered == 0 || policy.settings.low_value_minor.is_empty();
        let passed = u32::from(enough && seen.passes() == Some(true));
        probed(change, view, observation, |breaker| Breaker {
            probes,
            probed_ms,
            passed,
            asked,
            asked_ms,
            answered,
            ..breaker.bare()
        });
    }
}

fn all_closed(view: &Health, gateway: &str, rail: &str) -> bool {
    let state = view.rails.get(rail);
    view.gateway(gateway).is_closed()
        && state.is_none_or(|rail| rail.breaker.is_closed())
        && view.cell(gateway, rail).is_none_or(|cell| cell.breaker.is_closed())
}

/// A probe is of every breaker in its way: those that are half-open change.
fn probed(change: &mut Health, view: &Health, observation: &Observation, next: impl Fn(&Breaker) -> Breaker) {
    probed_apart(change, view, observation, &next, &next);
}

fn probed_apart(
    change: &mut Health,
    view: &Health,
    observation: &Observation,
    next: impl Fn(&Breaker) -> Breaker,
    next_of_rail: impl Fn(&Breaker) -> Breaker,
) {
    let Observation { gateway, rail, now_ms, .. } = observation;
    let half_open = |breaker: &Breaker| breaker.position(*now_ms) == Position::HalfOpen;
    let of_gateway = view.gateway(gateway);
    if half_open(&of_gateway) {
        change.gateways.insert(gateway.clone(), next(&of_gateway));
    }
    let Some(state) = view.rails.get(rail) else { return };
    if half_open(&state.breaker) {
        entry(&mut change.rails, rail).breaker = next_of_rail(&state.breaker);
    }
    if let Some(cell) = state.cells.get(gateway).filter(|cell| half_open(&cell.breaker)) {
        entry(&mut entry(&mut change.rails, rail).cells, gateway).breaker = next(&cell.breaker);
    }
}

/// What a probe found opens or closes what it probed.
fn turn_probed(change: &mut Health, _policy: &Policy, view: &Health, observation: &Observation) {
    let (true, Some(passed)) = (observation.probe, observation.seen.passes()) else { return };
    let now_ms = observation.now_ms;
    let turned = |opened: fn(&Breaker, Millis) -> Breaker| {
        move |breaker: &Breaker| {
            if !passed {
                opened(breaker, now_ms)
            } else if breaker.has_passed(now_ms) {
                breaker.closed(now_ms)
            } else {
                breaker.bare()
            }
        }
    };
    probed_apart(change, view, observation, turned(Breaker::opened), turned(Breaker::opened_briefly));
}

/// Enough trouble in a cell opens it, unless the gateway has said that the rail is slow.
fn turn_cell(change: &mut Health, _policy: &Policy, view: &Health, observation: &Observation) {
    let Observation { gateway, rail, now_ms, seen, .. } = observation;
    if seen.counts().bad() == 0 {
        return;
    }
    let Some(cell) = view.cell(gateway, rail) else { return };
    let rails_fault = view.feed(gateway, rail, *now_ms) != Availability::Operational
        || view.rails.get(rail).is_some_and(|rail| !rail.breaker.is_closed());
    if cell.breaker.is_closed() && !rails_fault && view.trouble(&[(gateway, rail)], *now_ms).sum >= TRIPS_AT {
        entry(&mut entry(&mut change.rails, rail).cells, gateway).breaker = cell.breaker.opened(*now_ms);
    }
}

/// Cells that are all bad are the rail's fault: it opens in their place.
fn turn_rail(change: &mut Health, policy: &Policy, view: &Health, observation: &Observation) {
    let Observation { gateway, rail, probe, now_ms, seen } = observation;
    let Some(state) = view.rails.get(rail) else { return };
    if !state.breaker.is_closed() {
        return;
    }
    // A payment that went to a breaker that is open, and not to look: nobody else could take it.
    let is_last_resort = *seen == Seen::Sent
        && !probe
        && state.cells.get(gateway).is_some_and(|cell| {
            let Breaker { trips, changed_ms, .. } = cell.breaker;
            cell.breaker.position(*now_ms) == Position::Open
                && (trips > 1 || now_ms.saturating_sub(changed_ms) >= SERVED_MS)
        });
    let heard_of = |gateway: &str| {
        let any = |tally: &Tally, bucket_ms| tally.since(0, bucket_of(*now_ms, bucket_ms)).next().is_some();
        state.cells.get(gateway).is_some_and(|cell| any(&cell.recent, RECENT_MS) || any(&cell.usual, USUAL_MS))
    };
    let closed_by_feed = |gateway: &str| view.feed(gateway, rail, *now_ms) == Availability::Closed;
    let bad = |gateway: &str| {
        closed_by_feed(gateway) || state.cells.get(gateway).is_some_and(|cell| !cell.breaker.is_closed())
    };
    // Who is bad serves it; who is neither bad nor excused is in the way of the blame, and mostly that is the first.
    let excused = |gateway: &str| policy.excludes(gateway, rail) || (is_last_resort && !heard_of(gateway));
    let mut reaching = Vec::new();
    for gateway in policy.reaching(rail) {
        if bad(gateway) {
            reaching.push(gateway);
        } else if !excused(gateway) {
            return;
        }
    }
    let works_elsewhere = |gateway: &str| {
        let others: Vec<(&str, &str)> =
            view.rails.keys().filter(|other| *other != rail).map(|other| (gateway, other.as_str())).collect();
        let elsewhere = view.trouble(&others, *now_ms);
        elsewhere.alive > 0 && elsewhere.sum < TRIPS_AT
    };
    let alone = |gateway: &&str| closed_by_feed(gateway) || works_elsewhere(gateway);
    let to_blame = reaching.len() > 1 || reaching.iter().all(alone);
    if reaching.is_empty() || !to_blame {
        return;
    }
    let blamed = entry(&mut change.rails, rail);
    blamed.breaker = state.breaker.opened_briefly(*now_ms);
    for (gateway, cell) in &state.cells {
        if !cell.breaker.is_closed() {
            entry(&mut blamed.cells, gateway).breaker = cell.breaker.closed(*now_ms);
        }
    }
}

/// Trouble on several rails that are not to blame themselves is the gateway's.
fn turn_gateway(change: &mut Health, _policy: &Policy, view: &Health, observation: &Observation) {
    let Observation { gateway, now_ms, seen, .. } = observation;
    let breaker = view.gateway(gateway);
    if seen.counts().bad() == 0 || !breaker.is_closed() {
        return;
    }
    let own: Vec<(&str, &str)> = view
        .rails
        .iter()
        .filter(|(name, rail)| {
            rail.breaker.is_closed() && view.feed(gateway, name, *now_ms) == Availability::Operational
        })
        .map(|(name, _)| (gateway.as_str(), name.as_str()))
        .collect();
    let found = view.trouble(&own, *now_ms);
    if found.sum >= TRIPS_AT && found.troubled > 1 {
        change.gateways.insert(gateway.clone(), breaker.opened(*now_ms));
    }
}

//! How gateways and rails are doing, for people: the figures that decisions go by.

use serde::Serialize;

use crate::breaker::{Breaker, Position};
use crate::decide::{outcomes, prompt_ms, success_bp};
use crate::health::{Availability, Cell, Health, RECENT_MS, counted_after};
use crate::policy::Policy;
use crate::tally::{ONE, bucket_of};
use crate::{Millis, WHOLE_BP};

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Standing {
    /// In the order of the policy.
    pub gateways: Vec<Named>,
    /// Those of which anything was seen.
    pub rails: Vec<RailStanding>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Named {
    pub name: String,
    pub position: Position,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RailStanding {
    pub rail: String,
    pub position: Position,
    pub pairs: Vec<Pair>,
}

/// A gateway on a rail, of the last two minutes by their weight. Null: nothing was seen that would say it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Pair {
    pub gateway: String,
    pub position: Position,
    pub feed: Availability,
    /// Outcomes that were not the customer's own doing.
    pub outcomes: u64,
    /// Captured, of those.
    pub success_bp: Option<u64>,
    /// Whose answer was lost, of those.
    pub unknown_bp: Option<u64>,
    pub prompt_ms: Option<u64>,
}

/// Rails are in the order of their names, and so are a rail's gateways.
#[must_use]
pub fn standing(policy: &Policy, view: &Health, now_ms: Millis) -> Standing {
    let gateways = policy
        .gateways
        .iter()
        .map(|gateway| Named { name: gateway.name.clone(), position: view.gateway(&gateway.name).position(now_ms) });
    let rails = view.rails.iter().map(|(name, rail)| {
        let mut seen: Vec<&String> = rail.cells.keys().chain(rail.feeds.keys()).collect();
        seen.sort_unstable();
        seen.dedup();
        let pair = |gateway: &String| {
            let cell = rail.cells.get(gateway);
            let after = counted_after([
                view.gateway(gateway),
                rail.breaker,
                cell.map_or_else(Breaker::default, |cell| cell.breaker),
            ]);
            of_pair(gateway, cell, rail.feed(gateway, now_ms), after, now_ms)
        };
        RailStanding {
            rail: name.clone(),
            position: rail.breaker.position(now_ms),
            pairs: seen.into_iter().map(pair).collect(),
        }
    });
    Standing { gateways: gateways.collect(), rails: rails.collect() }
}

fn of_pair(gateway: &str, cell: Option<&Cell>, feed: Availability, after: u64, now_ms: Millis) -> Pair {
    let weighed = cell.map_or_else(Default::default, |cell| cell.recent.weighed(after, bucket_of(now_ms, RECENT_MS)));
    let all = outcomes(&weighed);
    let asked = weighed.prompted + weighed.slow;
    Pair {
        gateway: gateway.to_owned(),
        position: cell.map_or(Position::Closed, |cell| cell.breaker.position(now_ms)),
        feed,
        outcomes: all / ONE,
        success_bp: (all > 0).then(|| success_bp(&weighed, 0, 0)),
        unknown_bp: (all > 0).then(|| weighed.unknown * WHOLE_BP / all),
        prompt_ms: (asked > 0).then(|| prompt_ms(&weighed, 0, 0)),
    }
}

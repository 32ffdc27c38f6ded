//! route.wasm: the `route` crate for JavaScript.
//!
//! Text in, text out. No input makes it panic: what cannot be read gets an answer that says so. A policy is read once, and what
//! was observed stays inside, so that a decision reads nothing but its request. Its types are `src/contracts/route.ts`, and
//! `src/core/route.ts` is the only code that calls it.

use route::decide::{self, Because, Decision, Request};
use route::explain;
use route::failover::{self, Attempt};
use route::health::{self, Health, Observation};
use route::policy::Policy;
use route::record;
use route::standing;
use route::tally::BUCKETS;
use serde::Serialize;
use serde::de::DeserializeOwned;
use wasm_bindgen::prelude::wasm_bindgen;

#[derive(Serialize)]
#[serde(untagged)]
enum Answer<Value: Serialize> {
    Done { ok: bool, value: Value },
    Refused { ok: bool, code: &'static str, message: String },
}

const TIDY_EVERY_MS: u64 = 60_000;

/// A policy, what this isolate has seen, and that together with what the others have.
#[wasm_bindgen]
pub struct Router {
    policy: Policy,
    own: Health,
    view: Health,
    /// When what weighs nothing any more was last dropped.
    tidied_ms: u64,
}

#[wasm_bindgen]
impl Router {
    /// # Errors
    /// What is wrong with the policy, one line each.
    #[wasm_bindgen(constructor)]
    pub fn new(policy: &str) -> Result<Router, String> {
        let policy: Policy = serde_json::from_str(policy).map_err(|error| error.to_string())?;
        let problems = policy.problems();
        if !problems.is_empty() {
            return Err(problems.join("\n"));
        }
        Ok(Self { policy, own: Health::default(), view: Health::default(), tidied_ms: 0 })
    }

    /// Two lines: what to do, and the record of the decision, a `Decision`, which who only acts on it need not read. Or one line:
    /// `malformed_request`.
    #[must_use]
    pub fn route(&self, request: &str) -> String {
        let mut record = None;
        let mut text = answer("malformed_request", request, |request: Request| {
            let decision = decide::decide(&self.policy, &self.view, &request);
            record = Some(record::record(&decision));
            Choice { gateway: decision.gateway, because: decision.because, probe: decision.probe }
        });
        if let Some(record) = record {
            text.reserve_exact(1 + record.len());
            text.push('\n');
            text.push_str(&record);
        }
        text
    }

    /// Takes an observation in; `malformed_observation`.
    #[must_use]
    pub fn observe(&mut self, observation: &str) -> String {
        answer("malformed_observation", observation, |observation: Observation| {
            let change = health::observe(&self.policy, &mut self.view, &observation);
            self.own.merge(&change);
            // Without others to share with nobody else does, and an isolate may live for days.
            if observation.now_ms.abs_diff(self.tidied_ms) >= TIDY_EVERY_MS {
                self.tidied_ms = observation.now_ms;
                self.own.forget(observation.now_ms);
                self.view.forget(observation.now_ms);
            }
        })
    }

    /// All that this isolate has seen and still counts, to be published under its own name. What is longer than `bytes_max` is
    /// thinned, as little as will do: first of what is usual, then of the recent, the oldest before the newest.
    #[must_use]
    pub fn own(&mut self, now_ms: f64, bytes_max: f64) -> String {
        let now_ms = millis(now_ms);
        self.own.forget(now_ms);
        let mut text = to_json(&self.own);
        let mut buckets = 2 * BUCKETS;
        while u64::try_from(text.len()).unwrap_or(u64::MAX) > millis(bytes_max) && buckets > 0 {
            buckets /= 2;
            text = to_json(&self.own.thinned(buckets, now_ms));
        }
        text
    }

    /// What all the others last published, each as it was stored, takes the place of what they had before; of each what is believed,
    /// and nothing of one that cannot be read. An empty list is the view of one who is alone. How many were read;
    /// `malformed_health` when it is no list of texts, and then the view stands.
    #[must_use]
    pub fn hear(&mut self, others: &str, now_ms: f64) -> String {
        answer("malformed_health", others, |others: Vec<String>| {
            let mut view = self.own.clone();
            view.forget(millis(now_ms));
            let read = others.iter().filter_map(|other| serde_json::from_str::<Health>(other).ok());
            let mut count = 0_u32;
            for other in read {
                view.merge(&other.believed(&self.policy, millis(now_ms)));
                count += 1;
            }
            self.view = view;
            count
        })
    }

    /// A `Standing`.
    #[must_use]
    pub fn standing(&self, now_ms: f64) -> String {
        to_json(&standing::standing(&self.policy, &self.view, millis(now_ms)))
    }

    /// Breakers that wait for a status call.
    #[wasm_bindgen(js_name = probesDue)]
    #[must_use]
    pub fn probes_due(&self, now_ms: f64) -> String {
        let due = self.view.probes_due(millis(now_ms));
        to_json(&due.into_iter().map(|(gateway, rail)| Due { gateway, rail }).collect::<Vec<_>>())
    }
}

/// What of a decision is acted on.
#[derive(Serialize)]
struct Choice {
    gateway: Option<String>,
    because: Because,
    probe: bool,
}

#[derive(Serialize)]
struct Due {
    gateway: Option<String>,
    rail: Option<String>,
}

/// A `Verdict` on a list of attempts; `malformed_attempts`.
#[wasm_bindgen(js_name = mayFailOver)]
#[must_use]
pub fn may_fail_over(attempts: &str) -> String {
    answer("malformed_attempts", attempts, |attempts: Vec<Attempt>| failover::may_fail_over(&attempts))
}

/// A decision in a few lines of text; `malformed_decision`.
#[wasm_bindgen]
#[must_use]
pub fn explain(decision: &str) -> String {
    answer("malformed_decision", decision, |decision: Decision| explain::explain(&decision))
}

/// What the build was made from, as `build:core` says it; `dev` in a build by hand.
#[wasm_bindgen(js_name = buildId)]
#[must_use]
pub fn build_id() -> String {
    option_env!("LANGO_BUILD_ID").unwrap_or("dev").into()
}

fn answer<Given: DeserializeOwned, Value: Serialize>(
    code: &'static str,
    text: &str,
    work: impl FnOnce(Given) -> Value,
) -> String {
    to_json(&match serde_json::from_str(text) {
        Ok(given) => Answer::Done { ok: true, value: work(given) },
        Err(error) => Answer::Refused { ok: false, code, message: error.to_string() },
    })
}

/// A time of JavaScript, which is a whole number that a float holds exactly; what is none is the beginning of time.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a cast from float saturates")]
fn millis(now_ms: f64) -> u64 {
    now_ms as u64
}

/// Serialising these answers cannot fail: they hold strings, integers and lists and maps of them. If it did, `null` would say so.
fn to_json(answer: &impl Serialize) -> String {
    serde_json::to_string(answer).unwrap_or_else(|_| "null".into())
}

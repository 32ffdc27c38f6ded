//! The afternoon that `test/unit/core/route-corpus.test.ts` puts through route.wasm, natively: the same word for word.

#![allow(clippy::unwrap_used, clippy::panic, clippy::expect_used, reason = "tests fail by panicking")]

use route::decide::{Request, decide};
use route::explain::explain;
use route::health::{Health, Observation, observe};
use route::policy::Policy;
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Corpus {
    policy: Policy,
    steps: Vec<Step>,
    now_ms: u64,
    /// What was observed, as JSON in a string.
    own: String,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Step {
    Observed { observe: Observation },
    Decided { decide: Request, explained: String },
}

#[test]
fn native_and_wasm_decide_the_same() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../test/vectors/routing/corpus.json");
    let corpus: Corpus = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let (mut own, mut view) = (Health::default(), Health::default());
    let mut decided = 0;
    for step in &corpus.steps {
        match step {
            Step::Observed { observe: observation } => own.merge(&observe(&corpus.policy, &mut view, observation)),
            Step::Decided { decide: request, explained } => {
                assert_eq!(&explain(&decide(&corpus.policy, &view, request)), explained);
                decided += 1;
            }
        }
    }
    assert!(decided > 50);
    own.forget(corpus.now_ms);
    assert_eq!(serde_json::to_string(&own).unwrap(), corpus.own);
}

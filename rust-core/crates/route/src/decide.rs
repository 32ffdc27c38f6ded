//! The decision: who could take the payment, which rule speaks, who scores best. The answer is the record of all of it.

use payments::money;
use payments::reducer::Minor;
use serde::{Deserialize, Serialize};

use crate::breaker::{Breaker, Position};
use crate::failover::{Attempt, Verdict, Why, may_fail_over};
use crate::health::{Availability, Cell, Health, Rail, SLOW_MS, USUAL_MS, counted_after};
use crate::mutants::mutated;
use crate::policy::{Effect, Gateway, PaidBy, Policy, Rule, Settings, Share};
use crate::tally::{ONE, Weighed, bucket_of};
use crate::{Millis, WHOLE_BP};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Request {
    /// Exploration and splits are drawn from it: the same payment draws the same.
    pub payment_id: String,
    pub merchant: String,
    pub country: String,
    /// The rail.
    pub provider: String,
    pub currency: String,
    pub amount_minor: Minor,
    /// Capabilities without which it will not do.
    #[serde(default)]
    pub needs: Vec<String>,
    pub trigger: Trigger,
    /// Of this payment so far, oldest first; for a failover those of the shop's one request.
    #[serde(default)]
    pub attempts: Vec<Attempt>,
    pub now_ms: Millis,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trigger {
    /// The shop asks.
    Request,
    /// Lango itself, after an attempt of the same request.
    Failover,
}

/// What decided; of the last six nothing is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Because {
    Score,
    Priority,
    Split,
    Exploration,
    Probe,
    /// Its breaker is not closed, but nobody else could take it.
    LastResort,
    AlreadyPaid,
    MayStillBeCaptured,
    CustomersOwn,
    FailedOverAlready,
    /// The operator, wherever one asks.
    RailDown,
    NoGateway,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Decision {
    pub v: u8,
    pub policy_version: String,
    pub payment_id: String,
    pub now_ms: Millis,
    pub trigger: Trigger,
    pub gateway: Option<String>,
    pub because: Because,
    /// The rule that spoke.
    pub rule: Option<String>,
    /// What is seen of the attempt is to be reported as of a probe.
    pub probe: bool,
    pub rail: String,
    pub rail_position: Position,
    /// Of a failover, whether it was allowed.
    pub failover: Option<Verdict>,
    pub candidates: Vec<Candidate>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Candidate {
    pub gateway: String,
    /// Of its breaker and that of the pair with the rail, the worse.
    pub position: Position,
    pub why_not: Option<WhyNot>,
    /// Of those that could take the payment if it were for their breakers.
    pub score: Option<Score>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "code", rename_all = "snake_case", rename_all_fields = "camelCase")]
pub enum WhyNot {
    Provider,
    Country,
    Currency,
    Decimals {
        decimals: u8,
    },
    BelowMinimum {
        minimum_minor: Minor,
    },
    AboveMaximum {
        maximum_minor: Minor,
    },
    NotAMultiple {
        multiple_of_minor: Minor,
    },
    Capability {
        capability: String,
    },
    NoContract,
    Excluded {
        rule: String,
    },
    AlreadyTried,
    /// Its own availability feed says that the rail is closed.
    ClosedByFeed,
    Breaker {
        until_ms: Millis,
    },
}

/// Hundredths of a percent of the amount: what an attempt there is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Score {
    pub total_bp: i64,
    pub success_bp: u64,
    pub latency_bp: u64,
    pub cost_bp: u64,
    pub prompt_ms: u64,
    pub fee_bp: u64,
    pub fee_paid_by: Option<PaidBy>,
    /// Outcomes that the success rate rests on, by their weight.
    pub evidence: u64,
}

/// Outcomes that what is supposed of an unknown gateway is worth.
const PRIOR_WEIGHT: u64 = 10 * ONE;
/// Outcomes that what a gateway is usually like is worth, beside what was seen of late.
const USUAL_WEIGHT: u64 = 30 * ONE;
/// Outcomes below which a gateway is still new.
const NEW_BELOW: u64 = 20;
/// A prompt that has not come is taken to come so late.
const SLOW_PROMPT_MS: u64 = 3 * SLOW_MS;
/// Half-open for so long without an answer to a status call, it is probed by a payment of low value.
const UNASKED_MS: u64 = 15_000;
/// And after so long by any: where none of low value comes it would stay for ever.
const UNPROBED_MS: u64 = 60_000;
/// A rail sooner, for nobody is paid there meanwhile.
const RAIL_UNPROBED_MS: u64 = 15_000;
/// Up to here a customer does not mind.
const PROMPT_FREE_MS: u64 = 3_000;
const LATENCY_BP_MAX: u64 = 4_000;

/// What a decision reads, looked up once for all candidates.
struct Question<'a> {
    policy: &'a Policy,
    view: &'a Health,
    request: &'a Request,
    /// Those that apply, in their order.
    rules: Vec<&'a Rule>,
    rail: Option<&'a Rail>,
    /// The currency's own decimals; the table of all currencies is long.
    exponent: Option<u8>,
}

impl<'a> Question<'a> {
    fn new(policy: &'a Policy, view: &'a Health, request: &'a Request) -> Self {
        let rules = policy.rules.iter().filter(|rule| applies(rule, request)).collect();
        let rail = view.rails.get(&request.provider);
        Self { policy, view, request, rules, rail, exponent: money::exponent(&request.currency) }
    }

    fn cell(&self, gateway: &str) -> Option<&'a Cell> {
        self.rail?.cells.get(gateway)
    }

    /// Of the gateway, and of the pair with the rail.
    fn breakers(&self, gateway: &str) -> [Breaker; 2] {
        [self.view.gateway(gateway), self.cell(gateway).map_or_else(Breaker::default, |cell| cell.breaker)]
    }

    fn position(&self, gateway: &str) -> Position {
        position(self.breakers(gateway), self.request.now_ms)
    }
}

/// Decides. Total and deterministic: the same policy, view and request give the same answer for ever.
#[must_use]
pub fn decide(policy: &Policy, view: &Health, request: &Request) -> Decision {
    let question = Question::new(policy, view, request);
    let rail = question.rail.map_or_else(Breaker::default, |rail| rail.breaker);
    let mut decision = Decision {
        v: 1,
        policy_version: policy.version.clone(),
        payment_id: request.payment_id.clone(),
        now_ms: request.now_ms,
        trigger: request.trigger,
        gateway: None,
        because: Because::NoGateway,
        rule: None,
        probe: false,
        rail: request.provider.clone(),
        rail_position: rail.position(request.now_ms),
        failover: None,
        candidates: policy.gateways.iter().map(|gateway| candidate(&question, gateway)).collect(),
    };
    if let Some(because) = held(&question, &mut decision) {
        decision.because = because;
    } else if rail.is_closed() {
        choose(&question, &mut decision);
    } else if rail.wants_probe(request.now_ms) && may_probe_rail(policy, request, &rail) {
        choose(&question, &mut decision);
        decision.probe = decision.gateway.is_some();
    } else {
        decision.because = Because::RailDown;
    }
    decision
}

/// Why nothing may be sent, whoever could take it.
///
/// INVARIANT (one charge): an attempt that may still be captured stays where it is, whatever the breakers say of its gateway.
fn held(question: &Question, decision: &mut Decision) -> Option<Because> {
    let request = question.request;
    let moved = |attempt: &&Attempt| {
        mutated("breaker-moves-pending") && question.position(&attempt.gateway) != Position::Closed
    };
    let attempts: Vec<Attempt> = request.attempts.iter().filter(|attempt| !moved(attempt)).cloned().collect();
    let verdict = may_fail_over(&attempts);
    if request.trigger == Trigger::Failover {
        decision.failover = Some(verdict);
    }
    match verdict.why {
        Why::AlreadyPaid => Some(Because::AlreadyPaid),
        Why::MayStillBeCaptured => Some(Because::MayStillBeCaptured),
        Why::CustomersOwn if request.trigger == Trigger::Failover => Some(Because::CustomersOwn),
        Why::FailedOverAlready if request.trigger == Trigger::Failover => Some(Because::FailedOverAlready),
        _ => None,
    }
}

fn choose(question: &Question, decision: &mut Decision) {
    let &Question { policy, request, .. } = question;
    let candidates = &decision.candidates;
    let low_value = is_low_value(policy, request);
    let first = request.attempts.is_empty();
    let open: Vec<(&str, Score)> = scored(candidates, |why_not| why_not.is_none());
    let (gateway, because, rule, probe) = if let Some(gateway) =
        candidates.iter().find(|candidate| first && wants_probe(question, candidate, low_value))
    {
        (Some(gateway.gateway.clone()), Because::Probe, None, true)
    } else if let Some((best, top)) = best_of(&open) {
        let (chosen, because, rule) = by_rule(question, &open, best, top);
        match explored(&policy.settings, request, &open, chosen, top).filter(|_| first && low_value) {
            Some(other) => (Some(other.to_owned()), Because::Exploration, None, false),
            None => (Some(chosen.to_owned()), because, rule, false),
        }
    } else {
        let stopped = scored(candidates, |why_not| matches!(why_not, Some(WhyNot::Breaker { .. })));
        match best_of(&stopped).filter(|_| policy.settings.last_resort) {
            Some((best, _)) => {
                let probe = question.position(best) == Position::HalfOpen;
                (Some(best.to_owned()), Because::LastResort, None, probe)
            }
            None => (None, nobody(candidates), None, false),
        }
    };
    decision.gateway = gateway;
    decision.because = because;
    decision.rule = rule;
    decision.probe = probe;
}

/// Whom the shop is told of when there is nobody: the operator, when that is all that is in the way of some.
fn nobody(candidates: &[Candidate]) -> Because {
    let closed = candidates.iter().any(|candidate| candidate.why_not == Some(WhyNot::ClosedByFeed));
    let stopped = candidates.iter().any(|candidate| matches!(candidate.why_not, Some(WhyNot::Breaker { .. })));
    if closed && !stopped { Because::RailDown } else { Because::NoGateway }
}

fn scored(candidates: &[Candidate], of: impl Fn(Option<&WhyNot>) -> bool) -> Vec<(&str, Score)> {
    let mut found = Vec::with_capacity(candidates.len());
    let able = candidates.iter().filter(|candidate| of(candidate.why_not.as_ref()));
    found.extend(able.filter_map(|candidate| Some((candidate.gateway.as_str(), candidate.score?))));
    found
}

/// The best score; of equals the first in the policy.
fn best_of<'a>(candidates: &[(&'a str, Score)]) -> Option<(&'a str, i64)> {
    let top = candidates.iter().map(|(_, score)| score.total_bp).max()?;
    candidates.iter().find(|(_, score)| score.total_bp == top).map(|(gateway, _)| (*gateway, top))
}

/// The first rule that orders gateways speaks; what it prefers must be about as good as the best.
fn by_rule<'a>(
    question: &Question,
    open: &[(&'a str, Score)],
    best: &'a str,
    top: i64,
) -> (&'a str, Because, Option<String>) {
    let settings = &question.policy.settings;
    let good = |name: &str| open.iter().find(|(gateway, score)| *gateway == name && near(settings, *score, top));
    let spoken =
        question.rules.iter().find(|rule| matches!(rule.effect, Effect::Priority { .. } | Effect::Split { .. }));
    let Some(rule) = spoken else { return (best, Because::Score, None) };
    let (preferred, because) = match &rule.effect {
        Effect::Priority { gateways } => (gateways.iter().find_map(|name| good(name)), Because::Priority),
        Effect::Split { shares } => (share_of(shares, rule, question.request).and_then(good), Because::Split),
        Effect::Exclude { .. } | Effect::Cost { .. } => (None, Because::Score),
    };
    match preferred {
        Some((gateway, _)) => (gateway, because, Some(rule.id.clone())),
        None => (best, Because::Score, None),
    }
}

fn near(settings: &Settings, score: Score, top: i64) -> bool {
    score.total_bp + i64::from(settings.tolerance_bp) >= top
}

fn share_of<'a>(shares: &'a [Share], rule: &Rule, request: &Request) -> Option<&'a str> {
    let mut drawn = draw(&request.payment_id, &rule.id) % 100;
    for share in shares {
        let percent = u64::from(share.percent);
        if drawn < percent {
            return Some(&share.gateway);
        }
        drawn -= percent;
    }
    None
}

/// Of the gateways that are not chosen, the one that is known least: a new one, or one about as good as the best.
fn explored<'a>(
    settings: &Settings,
    request: &Request,
    open: &[(&'a str, Score)],
    chosen: &str,
    top: i64,
) -> Option<&'a str> {
    if draw(&request.payment_id, "explore") % WHOLE_BP >= u64::from(settings.explore_bp) {
        return None;
    }
    open.iter()
        .filter(|(gateway, score)| *gateway != chosen && (score.evidence < NEW_BELOW || near(settings, *score, top)))
        .min_by_key(|(_, score)| score.evidence)
        .map(|(gateway, _)| *gateway)
}

/// Uniform over 64 bits, the same for the same payment and purpose (FNV-1a, and the finaliser of `MurmurHash3`).
fn draw(payment_id: &str, purpose: &str) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for byte in purpose.bytes().chain([0]).chain(payment_id.bytes()) {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    hash = (hash ^ (hash >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    hash = (hash ^ (hash >> 33)).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    hash ^ (hash >> 33)
}

fn is_low_value(policy: &Policy, request: &Request) -> bool {
    policy.settings.low_value_minor.get(&request.currency).is_some_and(|most| request.amount_minor <= *most)
}

fn has_low_values(policy: &Policy, request: &Request) -> bool {
    policy.settings.low_value_minor.contains_key(&request.currency)
}

fn applies(rule: &Rule, request: &Request) -> bool {
    let holds =
        |list: &Option<Vec<String>>, value: &str| list.as_ref().is_none_or(|all| all.iter().any(|one| one == value));
    let when = &rule.when;
    holds(&when.merchants, &request.merchant)
        && holds(&when.countries, &request.country)
        && holds(&when.providers, &request.provider)
        && holds(&when.currencies, &request.currency)
        && when.from_minor.is_none_or(|from| request.amount_minor >= from)
        && when.to_minor.is_none_or(|to| request.amount_minor <= to)
}

fn position(breakers: [Breaker; 2], now_ms: Millis) -> Position {
    breakers.map(|breaker| breaker.position(now_ms)).into_iter().fold(Position::Closed, worse)
}

fn worse(a: Position, b: Position) -> Position {
    match (a, b) {
        (Position::Open, _) | (_, Position::Open) => Position::Open,
        (Position::HalfOpen, _) | (_, Position::HalfOpen) => Position::HalfOpen,
        _ => Position::Closed,
    }
}

/// Low values look first. Nobody is paid here meanwhile: where there are none, or none has come for a while, any may look.
fn may_probe_rail(policy: &Policy, request: &Request, rail: &Breaker) -> bool {
    let alone_ms = request.now_ms.saturating_sub(rail.open_until_ms);
    is_low_value(policy, request) || !has_low_values(policy, request) || alone_ms >= RAIL_UNPROBED_MS
}

/// Half-open, and nothing else in the way. Low values look first: where status calls are made, once one has been answered, or when
/// there was nothing to ask about for a while. After a longer while any payment looks: a breaker must not stay for ever.
fn wants_probe(question: &Question, candidate: &Candidate, low_value: bool) -> bool {
    let request = question.request;
    let called =
        question.policy.gateways.iter().any(|gateway| gateway.name == candidate.gateway && gateway.status_calls);
    matches!(candidate.why_not, Some(WhyNot::Breaker { .. }))
        && candidate.position == Position::HalfOpen
        && question.breakers(&candidate.gateway).iter().all(|breaker| {
            let alone_ms = request.now_ms.saturating_sub(breaker.open_until_ms);
            let may_pay =
                (low_value && (!called || breaker.answered > 0 || alone_ms >= UNASKED_MS)) || alone_ms >= UNPROBED_MS;
            breaker.is_closed() || (breaker.wants_probe(request.now_ms) && may_pay)
        })
}

fn candidate(question: &Question, gateway: &Gateway) -> Candidate {
    let breakers = question.breakers(&gateway.name);
    let position = position(breakers, question.request.now_ms);
    let unfit = why_unfit(question, gateway);
    let score = unfit.is_none().then(|| score(question, &gateway.name, breakers));
    let stopped = (position != Position::Closed).then(|| WhyNot::Breaker {
        until_ms: breakers.map(|breaker| breaker.open_until_ms).into_iter().fold(0, Ord::max),
    });
    Candidate { gateway: gateway.name.clone(), position, why_not: unfit.or(stopped), score }
}

/// Why it could not take the payment even in the best of health.
fn why_unfit(question: &Question, gateway: &Gateway) -> Option<WhyNot> {
    let request = question.request;
    let Some(provider) = gateway.providers.iter().find(|provider| provider.code == request.provider) else {
        return Some(WhyNot::Provider);
    };
    if provider.country != request.country {
        return Some(WhyNot::Country);
    }
    let Some(currency) = provider.currencies.iter().find(|currency| currency.code == request.currency) else {
        return Some(WhyNot::Currency);
    };
    let dropped = question.exponent?.saturating_sub(currency.decimals);
    if !request.amount_minor.0.is_multiple_of(10_u64.saturating_pow(u32::from(dropped))) {
        return Some(WhyNot::Decimals { decimals: currency.decimals });
    }
    if let Some(minimum_minor) = currency.min_minor.filter(|least| request.amount_minor < *least) {
        return Some(WhyNot::BelowMinimum { minimum_minor });
    }
    if let Some(maximum_minor) = currency.max_minor.filter(|most| request.amount_minor > *most) {
        return Some(WhyNot::AboveMaximum { maximum_minor });
    }
    if let Some(multiple_of_minor) =
        currency.multiple_of_minor.filter(|of| !request.amount_minor.0.is_multiple_of(of.0))
    {
        return Some(WhyNot::NotAMultiple { multiple_of_minor });
    }
    if let Some(need) = request.needs.iter().find(|need| !gateway.capabilities.contains(need)) {
        return Some(WhyNot::Capability { capability: need.clone() });
    }
    if gateway.merchants.as_ref().is_some_and(|merchants| !merchants.contains(&request.merchant)) {
        return Some(WhyNot::NoContract);
    }
    let excludes =
        |rule: &&&Rule| matches!(&rule.effect, Effect::Exclude { gateways } if gateways.contains(&gateway.name));
    if let Some(rule) = question.rules.iter().find(excludes) {
        return Some(WhyNot::Excluded { rule: rule.id.clone() });
    }
    let tried = request.attempts.iter().any(|attempt| attempt.gateway == gateway.name);
    if tried && request.trigger == Trigger::Failover {
        return Some(WhyNot::AlreadyTried);
    }
    let feed = question.rail.map_or(Availability::Operational, |rail| rail.feed(&gateway.name, request.now_ms));
    (feed == Availability::Closed).then_some(WhyNot::ClosedByFeed)
}

fn score(question: &Question, gateway: &str, [of_gateway, of_pair]: [Breaker; 2]) -> Score {
    let &Question { policy, request, .. } = question;
    let settings = &policy.settings;
    let (usual, recent) = question.cell(gateway).map_or_else(Default::default, |cell| {
        let of_rail = question.rail.map_or_else(Breaker::default, |rail| rail.breaker);
        let after = counted_after([of_gateway, of_rail, of_pair]);
        (
            cell.usual.weighed(0, bucket_of(request.now_ms, USUAL_MS)),
            cell.recent.weighed(after, bucket_of(request.now_ms, crate::health::RECENT_MS)),
        )
    });
    let success_bp =
        success_bp(&recent, USUAL_WEIGHT, success_bp(&usual, PRIOR_WEIGHT, settings.prior_success_bp.into()));
    let prompt_ms = prompt_ms(&recent, USUAL_WEIGHT, prompt_ms(&usual, PRIOR_WEIGHT, settings.prior_prompt_ms.into()));
    let beyond_ms = prompt_ms.saturating_sub(PROMPT_FREE_MS);
    let latency_bp = (beyond_ms * u64::from(settings.latency_bp_per_second) / 1_000).min(LATENCY_BP_MAX);
    let (fee_bp, fee_paid_by) = fee(question, gateway);
    let cost_bp = if fee_paid_by == Some(PaidBy::Merchant) { fee_bp } else { 0 };
    // All of them are at most 10,000.
    let signed = |part: u64| i64::try_from(part).unwrap_or(i64::MAX);
    Score {
        total_bp: signed(success_bp) - signed(latency_bp) - signed(cost_bp),
        success_bp,
        latency_bp,
        cost_bp,
        prompt_ms,
        fee_bp,
        fee_paid_by,
        evidence: outcomes(&recent).max(outcomes(&usual)) / ONE,
    }
}

pub(crate) fn outcomes(weighed: &Weighed) -> u64 {
    weighed.succeeded + weighed.failed + weighed.unknown
}

/// The share of successes among what was nobody's own doing, drawn towards `prior` as if that had been seen `weight` times.
pub(crate) fn success_bp(weighed: &Weighed, weight: u64, prior_bp: u64) -> u64 {
    (weighed.succeeded * WHOLE_BP + weight * prior_bp) / (outcomes(weighed) + weight)
}

pub(crate) fn prompt_ms(weighed: &Weighed, weight: u64, prior_ms: u64) -> u64 {
    let seen = weighed.prompted + weighed.slow;
    (weighed.prompt_ds * 100 + weighed.slow * SLOW_PROMPT_MS + weight * prior_ms) / (seen + weight)
}

fn fee(question: &Question, of: &str) -> (u64, Option<PaidBy>) {
    let request = question.request;
    let spoken = question.rules.iter().find_map(|rule| match &rule.effect {
        Effect::Cost { gateway, fee_bp, fixed_minor, paid_by } if gateway == of => {
            Some((*fee_bp, fixed_minor.map_or(0, |fixed| fixed.0), *paid_by))
        }
        _ => None,
    });
    spoken.map_or((0, None), |(fee_bp, fixed_minor, paid_by)| {
        let fixed_bp = fixed_minor.saturating_mul(WHOLE_BP) / request.amount_minor.0.max(1);
        (u64::from(fee_bp).saturating_add(fixed_bp).min(WHOLE_BP), Some(paid_by))
    })
}

//! A decision in a few lines of text, for people.

use std::fmt::Write;

use crate::breaker::Position;
use crate::decide::{Because, Candidate, Decision, WhyNot};
use crate::policy::PaidBy;

/// The first line says what was decided and why; then one line for each candidate, in the order of the policy.
#[must_use]
pub fn explain(decision: &Decision) -> String {
    let mut text = String::new();
    // Writing into a `String` cannot fail.
    let _ = write!(text, "{}: ", decision.payment_id);
    let _ = match &decision.gateway {
        Some(gateway) => write!(text, "{gateway}, {}", because(decision.because)),
        None => write!(text, "nobody: {}", because(decision.because)),
    };
    if let Some(rule) = &decision.rule {
        let _ = write!(text, " {rule}");
    }
    if let Some(verdict) = &decision.failover {
        let _ = write!(text, "; failover: {}", verdict.why.text());
    }
    let _ =
        write!(text, " (policy {}, rail {}: {})", decision.policy_version, decision.rail, word(decision.rail_position));
    for candidate in &decision.candidates {
        let _ = write!(text, "\n  {}: {}", candidate.gateway, line(candidate));
    }
    text
}

fn line(candidate: &Candidate) -> String {
    let score = candidate.score.map(|score| {
        let fee = match score.fee_paid_by {
            Some(PaidBy::Customer) => format!(", the customer pays {}", score.fee_bp),
            _ => String::new(),
        };
        format!(
            "{} = success {} - latency {} - cost {}; prompt {} ms, {} outcomes{fee}",
            score.total_bp, score.success_bp, score.latency_bp, score.cost_bp, score.prompt_ms, score.evidence,
        )
    });
    match (&candidate.why_not, score) {
        (None, score) => score.unwrap_or_default(),
        (Some(why_not), None) => format!("not: {}", reason(why_not, candidate.position)),
        (Some(why_not), Some(score)) => format!("not: {} ({score})", reason(why_not, candidate.position)),
    }
}

fn because(because: Because) -> &'static str {
    match because {
        Because::Score => "the best score",
        Because::Priority => "by the priority of rule",
        Because::Split => "by the split of rule",
        Because::Exploration => "to know more of it",
        Because::Probe => "as a probe of its breaker",
        Because::LastResort => "though its breaker is not closed: nobody else could take it",
        Because::AlreadyPaid => "already paid",
        Because::MayStillBeCaptured => "an attempt may still be captured",
        Because::CustomersOwn => "it was the customer's own doing",
        Because::FailedOverAlready => "it has failed over already",
        Because::RailDown => "the operator is down at every gateway",
        Because::NoGateway => "no gateway can take it",
    }
}

fn reason(why_not: &WhyNot, position: Position) -> String {
    match why_not {
        WhyNot::Provider => "does not reach this provider".into(),
        WhyNot::Country => "reaches this provider in another country".into(),
        WhyNot::Currency => "does not take this currency there".into(),
        WhyNot::Decimals { decimals } => format!("takes {decimals} decimals there"),
        WhyNot::BelowMinimum { minimum_minor } => format!("takes {minimum_minor} minor units and more"),
        WhyNot::AboveMaximum { maximum_minor } => format!("takes at most {maximum_minor} minor units"),
        WhyNot::NotAMultiple { multiple_of_minor } => format!("takes multiples of {multiple_of_minor} minor units"),
        WhyNot::Capability { capability } => format!("cannot do {capability}"),
        WhyNot::NoContract => "the merchant has no contract with it".into(),
        WhyNot::Excluded { rule } => format!("excluded by rule {rule}"),
        WhyNot::AlreadyTried => "has been tried".into(),
        WhyNot::ClosedByFeed => "says itself that the rail is closed".into(),
        WhyNot::Breaker { .. } => format!("its breaker is {}", word(position)),
    }
}

fn word(position: Position) -> &'static str {
    match position {
        Position::Closed => "closed",
        Position::Open => "open",
        Position::HalfOpen => "half-open",
    }
}

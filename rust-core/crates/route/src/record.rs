//! The record of a decision as JSON: what serde would write, to the byte (`tests/record.rs`).
//!
//! By hand, because it is two kilobytes within every decision, and serde goes over each byte of every name that is the same each
//! time.

use payments::reducer::Minor;

use crate::breaker::Position;
use crate::decide::{Because, Candidate, Decision, Score, Trigger, WhyNot};
use crate::failover::{Verdict, Why};
use crate::policy::PaidBy;

/// Of a candidate, about: more is room that is given back, less is a copy.
const CANDIDATE_BYTES: usize = 256;

/// On one line: a line break in a string is escaped.
#[must_use]
pub fn record(decision: &Decision) -> String {
    let mut text = String::with_capacity(CANDIDATE_BYTES * (2 + decision.candidates.len()));
    text.push_str("{\"v\":");
    number(&mut text, decision.v.into());
    text.push_str(",\"policyVersion\":");
    string(&mut text, &decision.policy_version);
    text.push_str(",\"paymentId\":");
    string(&mut text, &decision.payment_id);
    text.push_str(",\"nowMs\":");
    number(&mut text, decision.now_ms);
    text.push_str(match decision.trigger {
        Trigger::Request => ",\"trigger\":\"request\",\"gateway\":",
        Trigger::Failover => ",\"trigger\":\"failover\",\"gateway\":",
    });
    optional(&mut text, decision.gateway.as_deref(), string);
    text.push_str(",\"because\":\"");
    text.push_str(because(decision.because));
    text.push_str("\",\"rule\":");
    optional(&mut text, decision.rule.as_deref(), string);
    text.push_str(if decision.probe { ",\"probe\":true,\"rail\":" } else { ",\"probe\":false,\"rail\":" });
    string(&mut text, &decision.rail);
    text.push_str(",\"railPosition\":\"");
    text.push_str(position(decision.rail_position));
    text.push_str("\",\"failover\":");
    optional(&mut text, decision.failover, verdict);
    text.push_str(",\"candidates\":[");
    for (i, each) in decision.candidates.iter().enumerate() {
        text.push_str(if i == 0 { "{\"gateway\":" } else { ",{\"gateway\":" });
        candidate(&mut text, each);
    }
    text.push_str("]}");
    text
}

fn candidate(text: &mut String, candidate: &Candidate) {
    string(text, &candidate.gateway);
    text.push_str(",\"position\":\"");
    text.push_str(position(candidate.position));
    text.push_str("\",\"whyNot\":");
    optional(text, candidate.why_not.as_ref(), why_not);
    text.push_str(",\"score\":");
    optional(text, candidate.score.as_ref(), score);
    text.push('}');
}

fn score(text: &mut String, score: &Score) {
    text.push_str("{\"totalBp\":");
    if score.total_bp < 0 {
        text.push('-');
    }
    number(text, score.total_bp.unsigned_abs());
    text.push_str(",\"successBp\":");
    number(text, score.success_bp);
    text.push_str(",\"latencyBp\":");
    number(text, score.latency_bp);
    text.push_str(",\"costBp\":");
    number(text, score.cost_bp);
    text.push_str(",\"promptMs\":");
    number(text, score.prompt_ms);
    text.push_str(",\"feeBp\":");
    number(text, score.fee_bp);
    text.push_str(match score.fee_paid_by {
        None => ",\"feePaidBy\":null,\"evidence\":",
        Some(PaidBy::Merchant) => ",\"feePaidBy\":\"merchant\",\"evidence\":",
        Some(PaidBy::Customer) => ",\"feePaidBy\":\"customer\",\"evidence\":",
    });
    number(text, score.evidence);
    text.push('}');
}

fn why_not(text: &mut String, why_not: &WhyNot) {
    match why_not {
        WhyNot::Provider => text.push_str("{\"code\":\"provider\""),
        WhyNot::Country => text.push_str("{\"code\":\"country\""),
        WhyNot::Currency => text.push_str("{\"code\":\"currency\""),
        WhyNot::Decimals { decimals } => {
            text.push_str("{\"code\":\"decimals\",\"decimals\":");
            number(text, (*decimals).into());
        }
        WhyNot::BelowMinimum { minimum_minor } => {
            text.push_str("{\"code\":\"below_minimum\",\"minimumMinor\":");
            minor(text, *minimum_minor);
        }
        WhyNot::AboveMaximum { maximum_minor } => {
            text.push_str("{\"code\":\"above_maximum\",\"maximumMinor\":");
            minor(text, *maximum_minor);
        }
        WhyNot::NotAMultiple { multiple_of_minor } => {
            text.push_str("{\"code\":\"not_a_multiple\",\"multipleOfMinor\":");
            minor(text, *multiple_of_minor);
        }
        WhyNot::Capability { capability } => {
            text.push_str("{\"code\":\"capability\",\"capability\":");
            string(text, capability);
        }
        WhyNot::NoContract => text.push_str("{\"code\":\"no_contract\""),
        WhyNot::Excluded { rule } => {
            text.push_str("{\"code\":\"excluded\",\"rule\":");
            string(text, rule);
        }
        WhyNot::AlreadyTried => text.push_str("{\"code\":\"already_tried\""),
        WhyNot::ClosedByFeed => text.push_str("{\"code\":\"closed_by_feed\""),
        WhyNot::Breaker { until_ms } => {
            text.push_str("{\"code\":\"breaker\",\"untilMs\":");
            number(text, *until_ms);
        }
    }
    text.push('}');
}

fn verdict(text: &mut String, Verdict { allowed, why }: Verdict) {
    text.push_str(if allowed { "{\"allowed\":true,\"why\":\"" } else { "{\"allowed\":false,\"why\":\"" });
    text.push_str(match why {
        Why::NothingSent => "nothing_sent",
        Why::RefusedForGood => "refused_for_good",
        Why::CancelConfirmed => "cancel_confirmed",
        Why::AlreadyPaid => "already_paid",
        Why::MayStillBeCaptured => "may_still_be_captured",
        Why::CustomersOwn => "customers_own",
        Why::FailedOverAlready => "failed_over_already",
    });
    text.push_str("\"}");
}

fn because(because: Because) -> &'static str {
    match because {
        Because::Score => "score",
        Because::Priority => "priority",
        Because::Split => "split",
        Because::Exploration => "exploration",
        Because::Probe => "probe",
        Because::LastResort => "last_resort",
        Because::AlreadyPaid => "already_paid",
        Because::MayStillBeCaptured => "may_still_be_captured",
        Because::CustomersOwn => "customers_own",
        Because::FailedOverAlready => "failed_over_already",
        Because::RailDown => "rail_down",
        Because::NoGateway => "no_gateway",
    }
}

fn position(position: Position) -> &'static str {
    match position {
        Position::Closed => "closed",
        Position::Open => "open",
        Position::HalfOpen => "half_open",
    }
}

fn optional<Value>(text: &mut String, value: Option<Value>, write: impl FnOnce(&mut String, Value)) {
    match value {
        Some(value) => write(text, value),
        None => text.push_str("null"),
    }
}

fn minor(text: &mut String, Minor(amount): Minor) {
    text.push('"');
    number(text, amount);
    text.push('"');
}

fn number(text: &mut String, value: u64) {
    match u32::try_from(value) {
        Ok(small) => small_number(text, small),
        Err(_) => {
            number(text, value / 10);
            small_number(text, u32::try_from(value % 10).unwrap_or(0));
        }
    }
}

/// In 32 bits a division by ten is a product.
fn small_number(text: &mut String, value: u32) {
    if value >= 10 {
        small_number(text, value / 10);
    }
    text.push(char::from_digit(value % 10, 10).unwrap_or('0'));
}

fn string(text: &mut String, value: &str) {
    text.push('"');
    if value.bytes().any(|byte| byte < b' ' || byte == b'"' || byte == b'\\') {
        value.chars().for_each(|char| escaped(text, char));
    } else {
        text.push_str(value);
    }
    text.push('"');
}

fn escaped(text: &mut String, char: char) {
    match char {
        '"' => text.push_str("\\\""),
        '\\' => text.push_str("\\\\"),
        '\u{8}' => text.push_str("\\b"),
        '\u{c}' => text.push_str("\\f"),
        '\n' => text.push_str("\\n"),
        '\r' => text.push_str("\\r"),
        '\t' => text.push_str("\\t"),
        control if control < ' ' => {
            text.push_str("\\u00");
            for half in [u32::from(control) >> 4, u32::from(control) & 15] {
                text.push(char::from_digit(half, 16).unwrap_or('0'));
            }
        }
        plain => text.push(plain),
    }
}

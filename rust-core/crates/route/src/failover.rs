//! Whether another gateway may be tried.
//!
//! INVARIANT (one charge): yes only when no attempt may still be captured, as far as anyone can know. A lost answer, a 5xx, "not
//! found", a cancel that nobody confirmed: each is money that may yet move, and no breaker and no hurry changes that.

use serde::{Deserialize, Serialize};

use crate::mutants::mutated;

/// Whose doing a refusal was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// Balance, PIN, limit, declined, no such wallet: the same at any gateway.
    Customer,
    Gateway,
    /// The operator behind it, as the gateway says.
    Operator,
}

/// Why an outcome is not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "why", rename_all = "snake_case", rename_all_fields = "camelCase")]
pub enum Doubt {
    TimedOut,
    /// 5xx, 408, 429.
    ServerError,
    /// HTML, half a body, a word nobody knows.
    Unreadable,
    /// The gateway does not know it, yet: `for_ms` after it was sent.
    NotFound {
        for_ms: u64,
    },
}

/// Where an attempt stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Outcome {
    /// It certainly never left.
    NotSent,
    /// The gateway did not take it, and says so for good.
    Refused {
        cause: Cause,
    },
    /// The gateway took it, and it failed for good.
    Failed {
        cause: Cause,
    },
    /// Taken back, and the gateway says so.
    Cancelled,
    /// Asked to be taken back: the customer may be quicker.
    CancelRequested,
    /// The customer let it lapse.
    Expired,
    Unknown {
        doubt: Doubt,
    },
    Pending,
    NeedsAction,
    Succeeded,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Attempt {
    pub gateway: String,
    #[serde(flatten)]
    pub outcome: Outcome,
}

/// Attempts that were sent: the first, and one failover.
pub const SENDS_MAX: usize = 2;
/// Attempts at all, with those that never left.
pub const ATTEMPTS_MAX: usize = 4;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    // Yes.
    NothingSent,
    RefusedForGood,
    CancelConfirmed,
    // No.
    AlreadyPaid,
    MayStillBeCaptured,
    CustomersOwn,
    FailedOverAlready,
}

impl Why {
    #[must_use]
    pub fn text(self) -> &'static str {
        match self {
            Self::NothingSent => "nothing was sent",
            Self::RefusedForGood => "refused for good, and not by the customer",
            Self::CancelConfirmed => "the gateway confirmed the cancel",
            Self::AlreadyPaid => "already paid",
            Self::MayStillBeCaptured => "an attempt may still be captured",
            Self::CustomersOwn => "the customer's own doing: it would be the same elsewhere",
            Self::FailedOverAlready => "it has failed over already",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Verdict {
    pub allowed: bool,
    pub why: Why,
}

impl Outcome {
    /// Whether the money may still move, as far as anyone can know.
    #[must_use]
    pub fn may_be_captured(self) -> bool {
        match self {
            Self::Pending | Self::NeedsAction => true,
            Self::CancelRequested => !mutated("cancel-not-confirmed"),
            Self::Unknown { doubt } => match doubt {
                Doubt::TimedOut => !mutated("failover-on-timeout"),
                Doubt::ServerError => !mutated("failover-on-5xx"),
                Doubt::NotFound { for_ms } => !(mutated("failover-on-not-found") && for_ms >= 1_000),
                Doubt::Unreadable => true,
            },
            Self::NotSent
            | Self::Refused { .. }
            | Self::Failed { .. }
            | Self::Cancelled
            | Self::Expired
            | Self::Succeeded => false,
        }
    }

    fn was_sent(self) -> bool {
        self != Self::NotSent
    }
}

/// Whether the payment may go to another gateway by itself. `attempts` are those of the shop's one request, oldest first.
///
/// When the shop asks again itself, with a new key, it is `decide` that looks: a customer who had no money may have some now.
#[must_use]
pub fn may_fail_over(attempts: &[Attempt]) -> Verdict {
    let no = |why| Verdict { allowed: false, why };
    let yes = |why| Verdict { allowed: true, why };
    if attempts.iter().any(|attempt| attempt.outcome == Outcome::Succeeded) {
        return no(Why::AlreadyPaid);
    }
    if attempts.iter().any(|attempt| attempt.outcome.may_be_captured()) {
        return no(Why::MayStillBeCaptured);
    }
    let sent = attempts.iter().filter(|attempt| attempt.outcome.was_sent()).count();
    let spent = sent >= SENDS_MAX && !mutated("second-failover");
    if spent || attempts.len() >= ATTEMPTS_MAX {
        return no(Why::FailedOverAlready);
    }
    let customers = |attempt: &Attempt| {
        matches!(
            attempt.outcome,
            Outcome::Expired | Outcome::Refused { cause: Cause::Customer } | Outcome::Failed { cause: Cause::Customer }
        )
    };
    if attempts.iter().any(customers) {
        return no(Why::CustomersOwn);
    }
    match attempts.last().map(|attempt| attempt.outcome) {
        None | Some(Outcome::NotSent) => yes(Why::NothingSent),
        Some(Outcome::Cancelled) => yes(Why::CancelConfirmed),
        Some(_) => yes(Why::RefusedForGood),
    }
}

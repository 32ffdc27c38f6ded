//! I4: what is final stays, but for what is recorded as a correction.

use crate::payment::Payment;
use payments::reducer::{AttemptStatus, FulfilmentStatus, PaymentStatus};

/// Whether one event may lead from the one to the other. `begun`: the event was the shop's beginning of another attempt.
pub fn may_become(before: &Payment, after: &Payment, begun: bool) -> bool {
    payment_may_become(before, after, begun) && attempts_may_become(before, after)
}

fn payment_may_become(before: &Payment, after: &Payment, begun: bool) -> bool {
    use PaymentStatus::{Expired, Failed, Review, Succeeded};
    let kept = (before.fulfilment != FulfilmentStatus::Fulfilled || after.fulfilment == FulfilmentStatus::Fulfilled)
        && (!before.late_success || after.late_success)
        && before.doubles.iter().zip(after.doubles).all(|(was, is)| !was || is);
    kept && match (before.status, after.status) {
        (Succeeded, Succeeded) => true,
        (Succeeded, Review) => after.review() == Some("reversal"),
        (Succeeded, _) => false,
        (Failed | Expired, Failed | Expired) => before.status == after.status,
        (Failed | Expired, Succeeded) => after.late_success,
        (Failed | Expired, Review) => after.review() == Some("amount_mismatch"),
        (Failed | Expired, _) => begun,
        (Review, _) if matches!(before.review(), Some("amount_mismatch" | "reversal")) => {
            after.status == Review && before.review() == after.review()
        }
        _ => true,
    }
}

fn attempts_may_become(before: &Payment, after: &Payment) -> bool {
    use AttemptStatus::{Created, Expired, Failed, Succeeded, Unknown};
    before.attempts.iter().zip(after.attempts).all(|(was, is)| match (was, is) {
        (None, _) => true,
        (Some(_), None) => false,
        (Some(was), Some(is)) => {
            was.reference == is.reference
                && match was.status {
                    Succeeded => is.status == Succeeded,
                    Failed | Expired => is.status == was.status || is.status == Succeeded,
                    Created => true,
                    Unknown => is.status != Created,
                    _ => !matches!(is.status, Created | Unknown),
                }
        }
    })
}

//! What happened, counted by time, so that the old weighs less than the new.
//!
//! A tally is a row of buckets, each of plain counts and named by its number since 1970: every isolate that looks at its clock
//! puts what it sees into the same bucket. Two tallies are merged by adding the counts of equal buckets, which is exact,
//! commutative and associative. Only reading decays: a bucket weighs half for each five that have begun after it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::Millis;

/// Buckets that are remembered. The oldest weighs a 222nd.
pub const BUCKETS: u64 = 40;
/// More of one kind in a bucket is no count but a broken store: what is read stays far from overflowing.
const COUNT_MAX: u32 = 10_000_000;
/// A weight is a fraction of this.
pub const ONE: u64 = 1 << 16;

/// 2^(-age/5) in 65,536ths: exponential decay in steps of one bucket.
const WEIGHTS: [u64; BUCKETS as usize] = [
    65536, 57052, 49667, 43238, 37641, 32768, 28526, 24834, 21619, 18820, 16384, 14263, 12417, 10809, 9410, 8192, 7132,
    6208, 5405, 4705, 4096, 3566, 3104, 2702, 2353, 2048, 1783, 1552, 1351, 1176, 1024, 891, 776, 676, 588, 512, 446,
    388, 338, 294,
];

/// What can be said of an attempt at a gateway. Each attempt may be counted in several.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(from = "[u32; 8]", into = "[u32; 8]")]
pub struct Counts {
    /// Captured.
    pub succeeded: u32,
    /// The customer's own doing: balance, PIN, limit, declined. Held against nobody.
    pub declined: u32,
    /// Refused or failed, and the gateway's fault.
    pub failed: u32,
    /// Refused or failed, and the operator's fault, as the gateway says.
    pub operator_failed: u32,
    /// The answer was lost: time-out, 5xx, unreadable.
    pub unknown: u32,
    /// No PIN prompt when there should have been one.
    pub slow: u32,
    /// PIN prompts shown.
    pub prompted: u32,
    /// How long they took, together, in tenths of a second.
    pub prompt_ds: u32,
}

impl From<[u32; 8]> for Counts {
    fn from([succeeded, declined, failed, operator_failed, unknown, slow, prompted, prompt_ds]: [u32; 8]) -> Self {
        Self { succeeded, declined, failed, operator_failed, unknown, slow, prompted, prompt_ds }
    }
}

impl From<Counts> for [u32; 8] {
    fn from(counts: Counts) -> Self {
        [
            counts.succeeded,
            counts.declined,
            counts.failed,
            counts.operator_failed,
            counts.unknown,
            counts.slow,
            counts.prompted,
            counts.prompt_ds,
        ]
    }
}

impl Counts {
    pub fn add(&mut self, other: &Self) {
        let sum = |a: u32, b: u32| a.saturating_add(b);
        *self = Self {
            succeeded: sum(self.succeeded, other.succeeded),
            declined: sum(self.declined, other.declined),
            failed: sum(self.failed, other.failed),
            operator_failed: sum(self.operator_failed, other.operator_failed),
            unknown: sum(self.unknown, other.unknown),
            slow: sum(self.slow, other.slow),
            prompted: sum(self.prompted, other.prompted),
            prompt_ds: sum(self.prompt_ds, other.prompt_ds),
        };
    }

    /// Signs of trouble, whoever is to blame for them.
    #[must_use]
    pub fn bad(&self) -> u64 {
        u64::from(self.failed) + u64::from(self.operator_failed) + u64::from(self.unknown) + u64::from(self.slow)
    }

    /// Signs of life that come soon after the send. A capture comes so late that it says nothing of now.
    #[must_use]
    pub fn alive(&self) -> u64 {
        u64::from(self.prompted)
    }
}

/// Counts by bucket number, oldest first. A row and not a tree: each decision reads all of it, for each gateway.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(from = "BTreeMap<u64, Counts>", into = "BTreeMap<u64, Counts>")]
pub struct Tally(Vec<(u64, Counts)>);

impl From<BTreeMap<u64, Counts>> for Tally {
    fn from(counts: BTreeMap<u64, Counts>) -> Self {
        Self(counts.into_iter().collect())
    }
}

impl From<Tally> for BTreeMap<u64, Counts> {
    fn from(Tally(counts): Tally) -> Self {
        counts.into_iter().collect()
    }
}

/// Counts by their weight, each in `ONE`ths.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Weighed {
    pub succeeded: u64,
    pub failed: u64,
    pub unknown: u64,
    pub slow: u64,
    pub prompted: u64,
    pub prompt_ds: u64,
}

impl Tally {
    pub fn count(&mut self, bucket: u64, counts: &Counts) {
        let place = self.0.partition_point(|(known, _)| *known < bucket);
        match self.0.get_mut(place) {
            Some((known, sum)) if *known == bucket => sum.add(counts),
            _ => self.0.insert(place, (bucket, *counts)),
        }
    }

    pub fn merge(&mut self, other: &Self) {
        for (bucket, counts) in &other.0 {
            self.count(*bucket, counts);
        }
    }

    /// Drops what is too old to weigh anything in bucket `now`.
    pub fn forget(&mut self, now: u64) {
        self.0.retain(|(bucket, _)| bucket.saturating_add(BUCKETS) > now);
    }

    /// Drops what is counted in buckets before `first`.
    pub fn drop_before(&mut self, first: u64) {
        self.0.retain(|(bucket, _)| *bucket >= first);
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Drops what is counted in buckets after `last`.
    pub fn drop_after(&mut self, last: u64) {
        self.0.retain(|(bucket, _)| *bucket <= last);
    }

    /// What happened after bucket `after`, oldest first. A bucket of the future is another isolate's clock: it counts as now.
    pub fn since(&self, after: u64, now: u64) -> impl Iterator<Item = (u64, &Counts)> {
        let from = after.saturating_add(1).max(now.saturating_add(1).saturating_sub(BUCKETS));
        let first = self.0.partition_point(|(bucket, _)| *bucket < from);
        self.0.iter().skip(first).map(|(bucket, counts)| (*bucket, counts))
    }

    #[must_use]
    pub fn weighed(&self, after: u64, now: u64) -> Weighed {
        let mut sum = Weighed::default();
        for (bucket, counts) in self.since(after, now) {
            let age = usize::try_from(now.saturating_sub(bucket)).unwrap_or(usize::MAX);
            let weight = WEIGHTS.get(age).copied().unwrap_or(0);
            // 17 bits by 24, and by 32 for the time: forty of them are far from 64 bits. Checked, each product would cost one of 128
            // bits, and each sum a branch.
            let weigh = |sum: &mut u64, count: u32| *sum = sum.wrapping_add(weight.wrapping_mul(count.into()));
            weigh(&mut sum.succeeded, counts.succeeded.min(COUNT_MAX));
            weigh(&mut sum.failed, counts.failed.min(COUNT_MAX));
            weigh(&mut sum.failed, counts.operator_failed.min(COUNT_MAX));
            weigh(&mut sum.unknown, counts.unknown.min(COUNT_MAX));
            weigh(&mut sum.slow, counts.slow.min(COUNT_MAX));
            weigh(&mut sum.prompted, counts.prompted.min(COUNT_MAX));
            weigh(&mut sum.prompt_ds, counts.prompt_ds);
        }
        sum
    }
}

/// The number of the bucket that a time lies in.
#[must_use]
pub fn bucket_of(at_ms: Millis, bucket_ms: u64) -> u64 {
    at_ms / bucket_ms
}

//! How much may go wrong in the histories that are explored. Each is explored to its end.

use crate::world::Budget;

pub const NOTHING_GOES_WRONG: Budget = Budget { requests: 3, ..Budget::NONE };
pub const ANY_ONE: Budget = any(1);
pub const ANY_TWO: Budget = any(2);
pub const ONE_OF_EACH: Budget =
    Budget { misfortunes: 4, losses: 1, repeats: 1, crashes: 1, idle_polls: 1, ..NOTHING_GOES_WRONG };
pub const TWO_OF_EACH: Budget = Budget { misfortunes: 7, losses: 2, repeats: 2, crashes: 2, ..ONE_OF_EACH };
pub const WITH_AN_ODDITY: Budget = Budget { misfortunes: 5, oddities: 1, ..ONE_OF_EACH };
/// One retry: with two there are more than six times as many. Any two misfortunes have this one with both.
pub const WITH_A_CHANGE_OF_MIND: Budget = Budget { requests: 2, changes_of_mind: 1, idle_polls: 0, ..ONE_OF_EACH };

/// The gateway refuses, Lango goes on, and is refused again; or what runs is called off.
pub const WITH_FAILOVER: Budget = Budget {
    requests: 2,
    misfortunes: 6,
    own_refusals: 2,
    cancels: 1,
    changes_of_mind: 1,
    repeats: 0,
    idle_polls: 0,
    ..ONE_OF_EACH
};

const fn any(misfortunes: u8) -> Budget {
    let each = misfortunes;
    Budget {
        misfortunes,
        losses: each,
        repeats: each,
        crashes: each,
        changes_of_mind: each,
        oddities: each,
        own_refusals: each,
        cancels: each,
        idle_polls: each,
        ..NOTHING_GOES_WRONG
    }
}

//! Status queries: what they may find, and what that costs.

use crate::payment::Attempt;
use crate::world::{Deposit, Misfortune, Poll, Word, World};
use payments::reducer::AttemptStatus;

/// What a status query may find: the truth, or nothing yet while the gateway's index lags, or nonsense.
pub fn possible_words(world: &World, n: u8) -> impl Iterator<Item = Word> {
    let truth: &[Word] = match world.deposit_of(n) {
        Deposit::Absent | Deposit::Travelling => &[Word::NotFound],
        Deposit::Taken => &[Word::Pending, Word::NotFound, Word::Unrecognised],
        Deposit::Captured | Deposit::CapturedLate => &[Word::Succeeded, Word::NotFound],
        Deposit::CapturedOtherAmount => &[Word::SucceededOtherAmount, Word::NotFound],
        Deposit::GivenBack => &[Word::FailedAgain, Word::NotFound],
        Deposit::Refused => &[Word::NotFound, Word::Failed],
        Deposit::Failed => &[Word::Failed, Word::NotFound],
    };
    let known = !matches!(world.deposit_of(n), Deposit::Absent | Deposit::Travelling | Deposit::Refused);
    let attempt = world.attempt(n).copied();
    let may_miss_it = attempt.is_some_and(|attempt| {
        // ASSUMPTION: after the settling time a gateway finds what it has not acknowledged to us; what it has, it may forget.
        !known || !attempt.is_truly_settled() || attempt.status == AttemptStatus::Pending
    });
    truth.iter().copied().chain([Word::Nothing]).filter(move |&word| word != Word::NotFound || may_miss_it)
}

/// What it costs that a query finds this word now. Teaching nothing costs, so that asking cannot go on for ever.
pub fn price(world: &World, n: u8, word: Word) -> Option<Misfortune> {
    let forgotten = word == Word::NotFound
        && !matches!(world.deposit_of(n), Deposit::Absent | Deposit::Travelling | Deposit::Refused)
        && world.attempt(n).is_some_and(Attempt::is_truly_settled);
    if word == Word::Nothing {
        return Some(Misfortune::Loss);
    }
    if word == Word::Unrecognised || forgotten {
        return Some(Misfortune::Oddity);
    }
    let Some(attempt) = world.attempt(n) else { return Some(Misfortune::IdlePoll) };
    let mut after = *world;
    after.polled(Poll { n, word, asked_at: attempt.age, overtaken: false, fresh: true });
    (after.record == world.record).then_some(Misfortune::IdlePoll)
}

/// The gateway is asked now; its answer comes back later, or is lost with the object.
pub fn ask(world: &mut World, (n, word): (u8, Word)) -> Option<()> {
    let price = price(world, n, word);
    if let Some(misfortune) = price {
        world.left.spend(misfortune);
    }
    let asked_at = world.attempt(n)?.age;
    world.poll = Some(Poll { n, word, asked_at, overtaken: false, fresh: price.is_none() });
    Some(())
}

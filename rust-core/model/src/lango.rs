//! The transition system that the checker explores.

use crate::action::Action;
use crate::asking::price;
use crate::enabled;
use crate::fuel;
use crate::perform::perform;
use crate::properties;
use crate::world::{Budget, Call, Deposit, Message, World};
use stateright::{Model, Property};

#[derive(Debug, Clone)]
pub struct Lango {
    pub bounds: Budget,
}

impl Model for Lango {
    type State = World;
    type Action = Action;

    fn init_states(&self) -> Vec<World> {
        vec![World::new(self.bounds)]
    }

    fn actions(&self, world: &World, actions: &mut Vec<Action>) {
        enabled::actions(world, actions);
    }

    fn next_state(&self, before: &World, action: Action) -> Option<World> {
        let mut after = *before;
        perform(&mut after, action)?;
        if let (Some(was), Some(poll)) = (before.poll, &mut after.poll)
            && was == *poll
            && (before.record != after.record || before.deposits != after.deposits)
        {
            poll.fresh = false;
        }
        if after == *before {
            return None;
        }
        after.broken.used_nothing_up |= fuel::of(&after) >= fuel::of(before);
        Some(after)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        properties::all()
    }
}

/// Something will happen without anybody's bad luck or further wish.
pub fn goes_on_by_itself(world: &World) -> bool {
    let under_way = world.unsaved
        || world.poll.is_some()
        || world.cancel.is_some()
        || world.calls.iter().any(|&call| call != Call::None)
        || world.deposits.iter().any(|deposit| matches!(deposit, Deposit::Travelling | Deposit::Taken))
        || world.messages.iter().any(|&message| message != Message::NOWHERE);
    if under_way {
        return true;
    }
    let mut actions = Vec::new();
    enabled::clockwork(world, &mut actions);
    actions.iter().any(|action| {
        let mut after = *world;
        needs_no_luck(world, *action) && perform(&mut after, *action).is_some() && after != *world
    })
}

fn needs_no_luck(world: &World, action: Action) -> bool {
    match action {
        Action::Alarm { ask: Some((n, word)) } | Action::Question { ask: (n, word) } => price(world, n, word).is_none(),
        Action::Alarm { ask: None } | Action::TimePasses => true,
        _ => false,
    }
}

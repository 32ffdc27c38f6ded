//! `check [--quick]`: every history within the bounds, and whether each property holds in all of them.

use model::bounds::{
    ANY_ONE, ANY_TWO, NOTHING_GOES_WRONG, ONE_OF_EACH, TWO_OF_EACH, WITH_A_CHANGE_OF_MIND, WITH_AN_ODDITY,
    WITH_FAILOVER,
};
use model::lango::Lango;
use model::payment::{ATTEMPTS, NOW_MS, Payment};
use model::properties;
use model::refunds;
use model::run::{self, Tally};
use model::world::Budget;
use stateright::Model;
use std::collections::HashSet;
use std::process::ExitCode;

type Run = (&'static str, Budget);
const QUICK: &[Run] = &[("one of each at once", ONE_OF_EACH), ("any one misfortune", ANY_ONE)];
const FULL: &[Run] = &[
    ("one of each at once", ONE_OF_EACH),
    ("two of each at once", TWO_OF_EACH),
    ("and one oddity", WITH_AN_ODDITY),
    ("and one change of mind", WITH_A_CHANGE_OF_MIND),
    ("failover and cancel", WITH_FAILOVER),
    ("any two misfortunes", ANY_TWO),
];

fn main() -> ExitCode {
    run::panics_are_failures();
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        [] => check(FULL).conclude(),
        ["--quick"] => check(QUICK).conclude(),
        _ => {
            eprintln!("usage: check [--quick]");
            ExitCode::from(2)
        }
    }
}

fn check(runs: &[Run]) -> Tally {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    println!(
        "Every history of one payment: {} shop requests (2 retries), {} attempts on 2 gateways, {threads} threads",
        NOTHING_GOES_WRONG.requests, ATTEMPTS
    );
    println!("  {:<24}{:>52}{:>12}{:>12}{:>7}{:>8}", "", "bounds", "states", "steps", "depth", "s");
    let mut tally = Tally::default();
    let mut explored = Vec::new();
    for (name, bounds) in runs {
        let each = run::explore(*bounds, threads, None, name);
        println!(
            "  {name:<24}{:>52}{:>12}{:>12}{:>7}{:>8.1}",
            said(bounds),
            each.states,
            each.steps,
            each.depth,
            each.took.as_secs_f64()
        );
        let broken = each.broken().is_some();
        explored.push((name, each));
        if broken {
            break;
        }
    }
    let refunded = refunds::explore();
    println!(
        "  {:<24}{:>52}{:>12}{:>12}",
        "refunds of one payment", "4 clicks, 2 refunds", refunded.states, refunded.steps
    );
    tally.note(compact_form_is_lossless(), "a payment in its compact form is the reducer's own state");
    tally.note(
        refunded.broken.is_none(),
        "T33 one refund a key, never more than was taken, failed means not given back",
    );
    if let Some((rule, history)) = refunded.broken {
        println!("       {rule}: {history:#?}");
    }
    for rule in properties::always() {
        let history = explored.iter().find_map(|(_, each)| each.found.get(rule));
        tally.note(history.is_none(), rule);
        history.into_iter().for_each(run::tell);
    }
    for sight in properties::sometimes() {
        tally.note(explored.iter().any(|(_, each)| each.found.contains_key(sight)), sight);
    }
    tally
}

/// Over all payments that a smaller exploration meets.
fn compact_form_is_lossless() -> bool {
    let model = Lango { bounds: Budget { requests: 2, ..ANY_ONE } };
    let (mut to_do, mut seen, mut payments) = (model.init_states(), HashSet::new(), HashSet::new());
    while let Some(world) = to_do.pop() {
        to_do.extend(model.next_states(&world).into_iter().filter(|next| seen.insert(*next)));
        payments.extend(world.record.map(|record| record.payment));
    }
    payments.len() > 50 && payments.iter().all(|payment| Payment::deflate(&payment.inflate(), NOW_MS) == *payment)
}

fn said(bounds: &Budget) -> String {
    let kinds = [
        (bounds.losses, "lost"),
        (bounds.repeats, "twice"),
        (bounds.crashes, "crash"),
        (bounds.idle_polls, "idle poll"),
        (bounds.oddities, "odd"),
        (bounds.changes_of_mind, "late"),
        (bounds.own_refusals, "refused"),
        (bounds.cancels, "cancel"),
    ];
    let all: u8 = kinds.iter().map(|(count, _)| count).sum();
    if all > bounds.misfortunes {
        return format!("{} of {}", bounds.misfortunes, kinds.map(|(_, kind)| kind).join(", "));
    }
    let had = kinds.iter().filter(|(count, _)| *count > 0).map(|(count, kind)| format!("{count} {kind}"));
    had.collect::<Vec<_>>().join(", ")
}

//! `gallery [--part 1/2 | NAME]`: switches one guard off after the other and shows that a property notices; with a name, step by
//! step. A part is every so many-th of them, for as many processes: in one process only one guard can be off.

use model::bounds::ANY_TWO;
use model::gallery::{MUTANTS, guards_in_the_sources, names, switch_on};
use model::refunds;
use model::run::{self, History, Tally};
use std::process::ExitCode;

fn main() -> ExitCode {
    run::panics_are_failures();
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.as_slice() {
        [] => hang(None, (1, 1)).conclude(),
        [part, of] if part == "--part" && part_of(of).is_some() => hang(None, part_of(of).unwrap_or((1, 1))).conclude(),
        [name] if !name.starts_with('-') => hang(Some(name), (1, 1)).conclude(),
        _ => {
            eprintln!("usage: gallery [--part 1/2 | NAME]");
            ExitCode::from(2)
        }
    }
}

fn part_of(text: &str) -> Option<(usize, usize)> {
    let (part, parts) = text.split_once('/')?;
    let (part, parts) = (part.parse().ok()?, parts.parse().ok()?);
    (1..=parts).contains(&part).then_some((part, parts))
}

fn hang(only: Option<&String>, (part, parts): (usize, usize)) -> Tally {
    let mut tally = Tally::default();
    if part == 1 {
        println!(
            "The gallery of {} mutants, each within any two misfortunes; one thread, so always the same",
            names().len()
        );
    }
    for (index, (name, expected, consequences)) in MUTANTS.iter().enumerate() {
        if only.is_some_and(|only| only != name) || index % parts != part - 1 {
            continue;
        }
        switch_on(name);
        let Some((rule, history)) = first_broken(name) else {
            tally.note(false, &format!("{name:<34} not caught"));
            continue;
        };
        let mut text = format!("{name:<34} {rule}, in {} steps", run::length(&history));
        if only.is_some() {
            run::tell(&history);
        }
        let mut good = rule == *expected;
        if !good {
            text += &format!(" (expected: {expected})");
        }
        for consequence in *consequences {
            let history = run::find(consequence, ANY_TWO, name);
            good &= history.is_some();
            text += &match &history {
                Some(history) => format!("; {consequence}, in {}", run::length(history)),
                None => format!("; {consequence} holds, unexpectedly"),
            };
            if only.is_some() {
                history.iter().for_each(run::tell);
            }
        }
        tally.note(good, &text);
    }
    for (name, expected) in refunds::MUTANTS {
        if only.is_some_and(|only| only != name) || part != parts {
            continue;
        }
        switch_on(name);
        match refunds::explore().broken {
            Some((rule, history)) => {
                let text = format!("{name:<34} {rule}, in {} steps", history.len());
                tally.note(rule == *expected, &text);
                if only.is_some() {
                    history.iter().for_each(|action| println!("          {action}"));
                }
            }
            None => tally.note(false, &format!("{name:<34} not caught")),
        }
    }
    if only.is_none() && part == parts {
        let marked = guards_in_the_sources();
        tally
            .note(marked.is_ok_and(|marked| marked == names()), "every guard that is marked in the sources hangs here");
    }
    tally
}

/// The rule that is broken after the fewest steps. The checker looks up only now and then, and may have gone on to longer
/// histories: so it is asked again for shorter ones.
fn first_broken(name: &str) -> Option<(&'static str, History)> {
    let mut best = None;
    loop {
        let below = best.as_ref().map(|(_, history)| run::length(history));
        let explored = run::explore(ANY_TWO, 1, below, name);
        match explored.broken() {
            Some((rule, history)) => best = Some((rule, history.clone())),
            None => return best,
        }
    }
}

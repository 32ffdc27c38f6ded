//! Runs the checker and says what it saw.

use crate::action::Action;
use crate::lango::Lango;
use crate::properties;
use crate::world::{Budget, World};
use stateright::{Checker, HasDiscoveries, Model, Path};
use std::collections::HashMap;
use std::io::{IsTerminal, Write};
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// What was asked of a run, one line each.
#[derive(Default)]
pub struct Tally {
    passed: usize,
    failed: usize,
}

impl Tally {
    pub fn note(&mut self, good: bool, text: &str) {
        println!("  {} {text}", if good { "ok  " } else { "FAIL" });
        if good { self.passed += 1 } else { self.failed += 1 }
    }

    /// Prints the last line.
    pub fn conclude(&self) -> ExitCode {
        println!("{} passed, {} failed", self.passed, self.failed);
        if self.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }
}

/// A panic in one of the checker's threads would otherwise look like an exploration that has ended.
pub fn panics_are_failures() {
    let print = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        print(info);
        std::process::exit(101);
    }));
}

pub type History = Path<World, Action>;

pub struct Explored {
    /// Steps that were taken; several may lead to one state.
    pub steps: usize,
    pub states: usize,
    pub depth: usize,
    pub took: Duration,
    /// Of rules that were broken and sights that were seen.
    pub found: HashMap<&'static str, History>,
}

impl Explored {
    /// The rule that was broken after the fewest steps.
    pub fn broken(&self) -> Option<(&'static str, &History)> {
        let broken = properties::always().filter_map(|name| self.found.get(name).map(|history| (name, history)));
        broken.min_by_key(|(_, history)| length(history))
    }
}

pub fn length(history: &History) -> usize {
    history.clone().into_actions().len()
}

/// Explores until all is seen or a rule is broken; histories of fewer than `steps_below` steps only, if that is given.
pub fn explore(bounds: Budget, threads: usize, steps_below: Option<usize>, name: &str) -> Explored {
    explore_until(HasDiscoveries::AnyFailures, bounds, threads, steps_below, name)
}

/// A shortest history that breaks this very rule, whatever else it breaks.
pub fn find(rule: &'static str, bounds: Budget, name: &str) -> Option<History> {
    let until = || HasDiscoveries::AnyOf([rule].into());
    let mut found = explore_until(until(), bounds, 1, None, name).found.remove(rule);
    // The checker looks up only now and then, and may have gone on to a longer one.
    while let Some(history) = &found {
        match explore_until(until(), bounds, 1, Some(length(history)), name).found.remove(rule) {
            Some(shorter) => found = Some(shorter),
            None => break,
        }
    }
    found
}

fn explore_until(
    until: HasDiscoveries,
    bounds: Budget,
    threads: usize,
    steps_below: Option<usize>,
    name: &str,
) -> Explored {
    let started = Instant::now();
    let builder = Lango { bounds }.checker().threads(threads).finish_when(until);
    // The checker counts states, the first one too, and leaves the last of them out.
    let builder = match steps_below {
        Some(steps) => builder.target_max_depth(steps + 1),
        None => builder,
    };
    let checker = builder.spawn_bfs();
    let mut progress = Progress::new();
    while !checker.is_done() {
        std::thread::sleep(Duration::from_millis(20));
        progress.show(|| {
            let (states, depth) = (checker.unique_state_count(), checker.max_depth());
            format!("{name}: {states} states, depth {depth}, {:.0} s", started.elapsed().as_secs_f64())
        });
    }
    progress.clear();
    Explored {
        steps: checker.state_count(),
        states: checker.unique_state_count(),
        depth: checker.max_depth(),
        took: started.elapsed(),
        found: checker.discoveries(),
    }
}

/// One line that is rewritten on a terminal, and now and then a new one in a log.
struct Progress {
    terminal: bool,
    shown: Instant,
}

impl Progress {
    fn new() -> Self {
        Self { terminal: std::io::stderr().is_terminal(), shown: Instant::now() }
    }

    fn show(&mut self, text: impl FnOnce() -> String) {
        let pause = if self.terminal { Duration::from_millis(200) } else { Duration::from_secs(15) };
        if self.shown.elapsed() < pause {
            return;
        }
        self.shown = Instant::now();
        let text = text();
        eprint!("{}", if self.terminal { format!("\r\x1b[K  {text}") } else { format!("  … {text}\n") });
        let _ = std::io::stderr().flush();
    }

    fn clear(&self) {
        if self.terminal {
            eprint!("\r\x1b[K");
        }
    }
}

/// Step by step, with the payment as it then is.
pub fn tell(history: &History) {
    for (number, (world, action)) in history.clone().into_vec().into_iter().enumerate() {
        let payment = world.payment().map_or("no payment".into(), |payment| {
            let attempts = payment.attempts().map(|(index, attempt)| {
                let deposit = world.deposits[usize::from(attempt.reference)];
                format!("{} {:?} {:?}, truly {deposit:?}", index + 1, attempt.status, attempt.age)
            });
            format!("{:?}, {:?} [{}]", payment.status, payment.fulfilment, attempts.collect::<Vec<_>>().join("; "))
        });
        println!("      {number:>2}  {payment}");
        if let Some(action) = action {
            println!("          {action:?}");
        }
    }
}

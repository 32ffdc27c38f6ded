//! Whether a routine may run at all. Done once, before any of it runs; the interpreter then meets no surprise.

use crate::isa::{INPUTS, Index, Instruction, Op, REGISTERS, Third, Type};
use crate::program::Program;
use crate::run::FIELDS;

/// What each register holds, as far as every path to an instruction agrees.
type Types = [Option<Type>; REGISTERS];

/// Longest routine. Jumps go forward only, so this is also the most instructions that one run executes.
pub(crate) const ROUTINE_MAX: usize = 4096;

/// The routine, if every index leads somewhere, every register read was written with that type on every path, every jump goes
/// forward to an instruction of this routine, no instruction is out of reach and none falls off the end. Else where it does not.
pub(crate) fn routine(program: &Program, code: &[Instruction]) -> Result<Vec<Instruction>, u16> {
    if code.is_empty() || code.len() > ROUTINE_MAX {
        return Err(0);
    }
    let mut arriving: Vec<Option<Types>> = vec![None; code.len()];
    if let Some(first) = arriving.first_mut() {
        *first = Some([None; REGISTERS]);
    }
    for (at, instruction) in code.iter().enumerate() {
        let here = || u16::try_from(at).unwrap_or(u16::MAX);
        let before = arriving.get(at).copied().flatten().ok_or_else(here)?;
        let mut after = before;
        step(program, instruction, &mut after).ok_or_else(here)?;
        let shape = instruction.op.shape();
        if shape.jumps {
            let target = usize::from(instruction.y);
            // What an instruction writes is there only when it did not jump.
            if target <= at {
                return Err(here());
            }
            arrive(&mut arriving, target, before).ok_or_else(here)?;
        }
        if !shape.ends {
            arrive(&mut arriving, at + 1, after).ok_or_else(here)?;
        }
    }
    Ok(code.to_vec())
}

/// `None`: there is no such instruction.
fn arrive(arriving: &mut [Option<Types>], target: usize, types: Types) -> Option<()> {
    let known = arriving.get_mut(target)?;
    let merged = known.unwrap_or(types);
    let mut agreed = merged;
    for (slot, other) in agreed.iter_mut().zip(types) {
        if *slot != other {
            *slot = None;
        }
    }
    *known = Some(agreed);
    Some(())
}

fn step(program: &Program, instruction: &Instruction, types: &mut Types) -> Option<()> {
    let Instruction { op, a, b, c, x, .. } = *instruction;
    let shape = op.shape();
    let holds =
        |types: &Types, register: u8, wanted: Type| types.get(usize::from(register)).copied().flatten() == Some(wanted);
    if shape.reads_a.is_some_and(|wanted| !holds(types, a, wanted)) {
        return None;
    }
    if shape.reads_b.is_some_and(|wanted| !holds(types, b, wanted)) {
        return None;
    }
    let third = match shape.third {
        Third::Unused => true,
        Third::Int => holds(types, c, Type::Int),
        Third::Class => usize::from(c) < program.classes.len(),
        Third::Style => c <= 1,
    };
    let index = usize::from(x);
    let reaches = match shape.index {
        Index::Unused | Index::Raw => true,
        Index::Text => program.has_text(x),
        Index::Int => index < program.ints.len(),
        Index::Divisor => program.ints.get(index).is_some_and(|divisor| *divisor != 0),
        Index::Table => index < program.tables.len(),
        Index::Input => index < INPUTS.len(),
        Index::Field => index < FIELDS,
    };
    if !third || !reaches {
        return None;
    }
    let writes = if op == Op::Input { INPUTS.get(index).map(|(_, kind)| *kind) } else { shape.writes };
    if let Some(written) = writes {
        *types.get_mut(usize::from(a))? = Some(written);
    }
    Some(())
}

//! Programs that were altered: whatever the change, one is refused or stays within its bounds.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use proptest::prelude::*;
use vm::envelope::{load, program_id};
use vm::{LoadError, Program, fuzz_entry};

/// pawaPay's program as the compiler made it, plain and in an envelope.
const PLAIN: &[u8] = include_bytes!("../../../../test/vectors/gateways/pawapay.program");
const ENVELOPED: &[u8] = include_bytes!("../../../../test/vectors/gateways/pawapay.enveloped");
const ISA_KEY: [u8; 32] = [7; 32];

#[test]
fn the_compilers_program_loads_and_only_under_its_key() {
    assert!(Program::from_plain(PLAIN).is_ok());
    assert_eq!(ENVELOPED[4..36], program_id(PLAIN));
    assert!(load(ENVELOPED, &ISA_KEY).is_ok());
    for bit in 0..256 {
        let mut other = ISA_KEY;
        other[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(load(ENVELOPED, &other).err(), Some(LoadError::OtherKey), "bit {bit}");
    }
}

#[test]
fn a_flipped_bit_of_an_enveloped_program_is_refused() {
    // A prime apart, and so over the places of a byte and of an instruction; debug builds are slow.
    for bit in (0..ENVELOPED.len() * 8).step_by(173) {
        let mut bent = ENVELOPED.to_vec();
        bent[bit / 8] ^= 1 << (bit % 8);
        assert!(load(&bent, &ISA_KEY).is_err(), "bit {bit}");
    }
    for length in (0..ENVELOPED.len()).step_by(97) {
        assert!(load(&ENVELOPED[..length], &ISA_KEY).is_err(), "length {length}");
    }
}

#[test]
fn a_flipped_bit_of_a_plain_program_never_escapes() {
    for bit in (0..PLAIN.len() * 8).step_by(53) {
        let mut bent = PLAIN.to_vec();
        bent[bit / 8] ^= 1 << (bit % 8);
        fuzz_entry(&bent);
    }
}

/// A body with this code as the only routine of a gateway `g`, two texts and one number, zero.
fn body(code: &[[u8; 8]]) -> Vec<u8> {
    let count = u16::try_from(code.len()).unwrap().to_be_bytes();
    let mut bytes = [&count[..], &code.concat(), &[1]].concat();
    bytes.extend([0, 2, 0, 1, b'g', 0, 1, b'x']);
    bytes.extend([0, 1, 0, 0, 0, 0, 0, 0, 0, 0]);
    // No rows in the one table, no class, the gateway, its routine.
    bytes.extend([0, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1, 0, 0]);
    bytes.extend(count);
    bytes
}

#[test]
fn the_verifier_says_which_instruction_is_wrong() {
    const HALT: [u8; 8] = [0; 8];
    #[rustfmt::skip]
    let rows: Vec<(&str, Vec<[u8; 8]>, Option<u16>)> = vec![
        ("nothing but an end",          vec![HALT],                                                      None),
        ("a text that is there",        vec![[4, 0, 0, 0, 0, 1, 0, 0], [22, 0, 0, 0, 0, 0, 0, 0], HALT], None),
        ("no end",                      vec![[21, 0, 0, 0, 0, 1, 0, 0]],                                 Some(0)),
        ("a text beyond the last",      vec![[4, 0, 0, 0, 0, 2, 0, 0], HALT],                            Some(0)),
        ("a register beyond the last",  vec![[4, 16, 0, 0, 0, 1, 0, 0], HALT],                           Some(0)),
        ("a register never written",    vec![[22, 0, 0, 0, 0, 0, 0, 0], HALT],                           Some(0)),
        ("a number used as a text",     vec![[5, 0, 0, 0, 0, 0, 0, 0], [22, 0, 0, 0, 0, 0, 0, 0], HALT], Some(1)),
        ("division by zero",            vec![[5, 0, 0, 0, 0, 0, 0, 0], [17, 0, 0, 0, 0, 0, 0, 0], HALT], Some(1)),
        ("a jump to itself",            vec![[2, 0, 0, 0, 0, 0, 0, 0], HALT],                            Some(0)),
        ("a jump back",                 vec![[3, 0, 0, 0, 0, 4, 0, 1], [2, 0, 0, 0, 0, 0, 0, 0], HALT],  Some(1)),
        ("a jump beyond the end",       vec![[3, 0, 0, 0, 0, 4, 0, 9], HALT],                            Some(0)),
        ("out of reach",                vec![HALT, HALT],                                                Some(1)),
        ("written on one path only",    vec![[3, 0, 0, 0, 0, 4, 0, 1], [22, 0, 0, 0, 0, 0, 0, 0], HALT], Some(1)),
        ("an input that there is not",  vec![[3, 0, 0, 0, 0, 255, 0, 1], HALT],                          Some(0)),
        ("a field that there is not",   vec![[30, 0, 0, 0, 0, 255, 0, 0], HALT],                         Some(0)),
        ("a table that there is not",   vec![[4, 0, 0, 0, 0, 1, 0, 0], [11, 0, 0, 0, 0, 1, 0, 2], HALT], Some(1)),
        ("a class that there is not",   vec![[4, 0, 0, 0, 0, 1, 0, 0], [15, 0, 0, 0, 0, 0, 0, 2], HALT], Some(1)),
    ];
    for (what, code, wrong) in rows {
        let loaded = Program::from_plain(&body(&code));
        let expected = wrong.map(|at| LoadError::Instruction { routine: 0, at });
        assert_eq!(loaded.err(), expected, "{what}");
    }
    assert_eq!(Program::from_plain(&body(&[[255, 0, 0, 0, 0, 0, 0, 0], HALT])).err(), Some(LoadError::Malformed));
    assert_eq!(Program::from_plain(&[&body(&[HALT])[..], &[0]].concat()).err(), Some(LoadError::Malformed));
}

proptest! {
    #[test]
    fn no_bytes_panic(bytes: Vec<u8>) {
        fuzz_entry(&bytes);
    }

    #[test]
    fn no_change_of_several_bytes_escapes(changes in proptest::collection::vec((0..PLAIN.len(), any::<u8>()), 1..6)) {
        let mut bent = PLAIN.to_vec();
        for (at, byte) in changes {
            bent[at] = byte;
        }
        fuzz_entry(&bent);
    }
}

//! The httpwg conformance cases (RFC 9651) for the part of structured fields that is read here.
//!
//! Stricter than the RFC on purpose: repeated keys and parameters are errors, and base64 has one spelling. Dates and display
//! strings do not occur in signatures and are refused.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use std::fs;

use httpsig::sf::{Bare, InnerList, Item, Limits, Member, Parameters, parse_dictionary, parse_item, write_item};
use serde_json::Value;

const LIMITS: Limits = Limits { bytes: 1 << 20, members: 2000, items: 2000, parameters: 2000 };
const VECTORS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../test/vectors/structured-fields");

fn cases(name: &str) -> Vec<Value> {
    serde_json::from_str(&fs::read_to_string(format!("{VECTORS}/{name}.json")).unwrap()).unwrap()
}

fn base32(bytes: &[u8]) -> String {
    let mut out = String::new();
    for chunk in bytes.chunks(5) {
        let bits = chunk.iter().fold(0_u64, |bits, byte| bits << 8 | u64::from(*byte)) << (8 * (5 - chunk.len()));
        let digits = (chunk.len() * 8).div_ceil(5);
        for digit in 0..8 {
            let value = (bits >> (35 - 5 * digit) & 31) as usize;
            out.push(if digit < digits { char::from(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"[value]) } else { '=' });
        }
    }
    out
}

fn same_bare(expected: &Value, actual: &Bare) -> bool {
    match actual {
        Bare::Integer(number) => expected.as_i64() == Some(*number),
        Bare::Decimal(thousandths) => {
            expected.as_f64().is_some_and(|number| (number * 1000.0).round() as i64 == *thousandths)
        }
        Bare::String(text) => expected.as_str() == Some(text),
        Bare::Token(text) => expected["__type"] == "token" && expected["value"].as_str() == Some(text),
        Bare::Bytes(bytes) => expected["__type"] == "binary" && expected["value"].as_str() == Some(&base32(bytes)),
        Bare::Boolean(value) => expected.as_bool() == Some(*value),
    }
}

fn same_parameters(expected: &Value, actual: &Parameters) -> bool {
    let expected = expected.as_array().unwrap();
    expected.len() == actual.len()
        && expected.iter().zip(actual).all(|(pair, (key, value))| pair[0] == key.as_str() && same_bare(&pair[1], value))
}

fn same_item(expected: &Value, actual: &Item) -> bool {
    same_bare(&expected[0], &actual.value) && same_parameters(&expected[1], &actual.parameters)
}

fn same_member(expected: &Value, actual: &Member) -> bool {
    match actual {
        Member::Item(item) => same_item(expected, item),
        Member::InnerList(InnerList { items, parameters }) => {
            let Some(expected_items) = expected[0].as_array() else { return false };
            expected_items.len() == items.len()
                && expected_items.iter().zip(items).all(|(expected, item)| same_item(expected, item))
                && same_parameters(&expected[1], parameters)
        }
    }
}

/// Where this reader says no and the RFC says yes.
fn is_stricter_here(case: &Value) -> bool {
    let name = case["name"].as_str().unwrap();
    name.contains("duplicate") || case.to_string().contains("\"date\"") || case.to_string().contains("displaystring")
}

#[test]
fn items() {
    let mut passed = 0;
    for file in [
        "item",
        "number",
        "number-generated",
        "string",
        "string-generated",
        "token",
        "token-generated",
        "binary",
        "boolean",
    ] {
        for case in cases(file).iter().filter(|case| case["header_type"] == "item") {
            let raw: Vec<&str> = case["raw"].as_array().unwrap().iter().map(|line| line.as_str().unwrap()).collect();
            let parsed = parse_item(&raw.join(", "), LIMITS);
            let (must_fail, can_fail) = (case["must_fail"] == true, case["can_fail"] == true);
            match &parsed {
                Ok(item) => {
                    assert!(!must_fail && same_item(&case["expected"], item), "{file}: {case} gave {item:?}");
                    let mut written = String::new();
                    write_item(&mut written, item).unwrap();
                    let canonical = case["canonical"][0].as_str().unwrap_or(raw[0]);
                    assert_eq!(written, canonical, "{file}: {case}");
                }
                Err(error) => assert!(must_fail || can_fail || is_stricter_here(case), "{file}: {case} gave {error:?}"),
            }
            passed += 1;
        }
    }
    assert!(passed >= 788, "{passed}");
}

#[test]
fn dictionaries() {
    let mut passed = 0;
    for file in ["dictionary", "param-dict", "examples"] {
        for case in cases(file).iter().filter(|case| case["header_type"] == "dictionary") {
            let raw: Vec<&str> = case["raw"].as_array().unwrap().iter().map(|line| line.as_str().unwrap()).collect();
            let must_fail = case["must_fail"] == true;
            match parse_dictionary(&raw.join(", "), LIMITS) {
                Ok(members) => {
                    let expected = case["expected"].as_array();
                    let same = expected.is_some_and(|expected| {
                        expected.len() == members.len()
                            && expected
                                .iter()
                                .zip(&members)
                                .all(|(pair, (key, member))| pair[0] == key.as_str() && same_member(&pair[1], member))
                    });
                    assert!(!must_fail && same, "{file}: {case} gave {members:?}");
                }
                Err(error) => {
                    assert!(
                        must_fail || case["can_fail"] == true || is_stricter_here(case),
                        "{file}: {case} gave {error:?}"
                    );
                }
            }
            passed += 1;
        }
    }
    assert!(passed >= 46, "{passed}");
}

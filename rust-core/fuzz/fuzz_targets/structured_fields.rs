//! Structured fields: any text is read or refused, and what was read has one spelling.
#![no_main]

use httpsig::sf::read::{parse_dictionary, parse_item, parse_list};
use httpsig::sf::write::{write_dictionary, write_item, write_list};
use httpsig::sf::{Limits, Reading};
use libfuzzer_sys::fuzz_target;

const STRICT: Limits = Limits { bytes: 4096, members: 64, items: 64, parameters: 64, reading: Reading::Strict };
const LENIENT: Limits = Limits { reading: Reading::Lenient, ..STRICT };

fuzz_target!(|text: &str| {
    for limits in [STRICT, LENIENT] {
        let mut written = String::new();
        if let Ok(item) = parse_item(text, limits) {
            write_item(&mut written, &item).expect("what was read can be written");
            // A byte sequence may be longer with its padding than it was without.
            assert_eq!(parse_item(&written, Limits { bytes: 8192, ..STRICT }), Ok(item));
        }
        written.clear();
        if let Ok(list) = parse_list(text, limits) {
            write_list(&mut written, &list).expect("what was read can be written");
            assert_eq!(parse_list(&written, Limits { bytes: 8192, ..STRICT }), Ok(list));
        }
        written.clear();
        if let Ok(dictionary) = parse_dictionary(text, limits) {
            write_dictionary(&mut written, &dictionary).expect("what was read can be written");
            assert_eq!(parse_dictionary(&written, Limits { bytes: 8192, ..STRICT }), Ok(dictionary));
        }
    }
});

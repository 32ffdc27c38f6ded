//! Structured fields as data: what is written reads back, and what is read is bounded. The httpwg's cases run through the
//! WASM (`npm run vectors`, test/unit/core/vectors.test.ts).
#![allow(clippy::unwrap_used, reason = "tests")]

use httpsig::sf::read::{parse_dictionary, parse_item, parse_list};
use httpsig::sf::write::{write_dictionary, write_item, write_list};
use httpsig::sf::{Bare, Dictionary, Error, InnerList, Item, Limits, List, Member, Parameters, Reading};
use proptest::collection::vec;
use proptest::prelude::*;

const LIMITS: Limits = Limits { bytes: 1 << 20, members: 64, items: 64, parameters: 64, reading: Reading::Strict };
const LENIENT: Limits = Limits { reading: Reading::Lenient, ..LIMITS };
const INTEGER_MAX: i64 = 999_999_999_999_999;

fn bare() -> impl Strategy<Value = Bare> {
    prop_oneof![
        (-INTEGER_MAX..=INTEGER_MAX).prop_map(Bare::Integer),
        (-INTEGER_MAX..=INTEGER_MAX).prop_map(Bare::Decimal),
        (-INTEGER_MAX..=INTEGER_MAX).prop_map(Bare::Date),
        "[ -~]{0,12}".prop_map(Bare::String),
        "[A-Za-z*][A-Za-z0-9!#$%&'*+.^_`|~:/-]{0,12}".prop_map(Bare::Token),
        vec(any::<u8>(), 0..20).prop_map(Bare::Bytes),
        any::<bool>().prop_map(Bare::Boolean),
        "\\PC{0,12}".prop_map(Bare::DisplayString),
    ]
}

fn distinct<T: Clone + std::fmt::Debug>(values: impl Strategy<Value = T>) -> impl Strategy<Value = Vec<(String, T)>> {
    vec(("[a-z*][a-z0-9_.*-]{0,6}", values), 0..5).prop_map(|mut entries| {
        entries.sort_by(|one, other| one.0.cmp(&other.0));
        entries.dedup_by(|one, other| one.0 == other.0);
        entries
    })
}

fn item() -> impl Strategy<Value = Item> {
    let parameters: BoxedStrategy<Parameters> = distinct(bare()).boxed();
    (bare(), parameters).prop_map(|(value, parameters)| Item { value, parameters })
}

fn member() -> impl Strategy<Value = Member> {
    prop_oneof![
        item().prop_map(Member::Item),
        (vec(item(), 0..4), distinct(bare()))
            .prop_map(|(items, parameters)| Member::InnerList(InnerList { items, parameters })),
    ]
}

proptest! {
    #[test]
    fn an_item_reads_back(item in item()) {
        let mut text = String::new();
        write_item(&mut text, &item).unwrap();
        prop_assert_eq!(parse_item(&text, LIMITS), Ok(item));
    }

    #[test]
    fn a_list_reads_back(list in vec(member(), 0..5)) {
        let mut text = String::new();
        write_list(&mut text, &list).unwrap();
        prop_assert_eq!(parse_list(&text, LIMITS), Ok::<List, _>(list));
    }

    #[test]
    fn a_dictionary_reads_back(dictionary in distinct(member())) {
        let mut text = String::new();
        write_dictionary(&mut text, &dictionary).unwrap();
        prop_assert_eq!(parse_dictionary(&text, LIMITS), Ok::<Dictionary, _>(dictionary));
    }

    /// Whatever is read has one spelling: written and read again it is the same.
    #[test]
    fn whatever_is_read_can_be_written(text in "[ \t(),;=?0-9a-d\":*@%._-]{0,40}") {
        for limits in [LIMITS, LENIENT] {
            if let Ok(list) = parse_list(&text, limits) {
                let mut written = String::new();
                write_list(&mut written, &list).unwrap();
                prop_assert_eq!(parse_list(&written, LIMITS), Ok(list));
            }
            if let Ok(dictionary) = parse_dictionary(&text, limits) {
                let mut written = String::new();
                write_dictionary(&mut written, &dictionary).unwrap();
                prop_assert_eq!(parse_dictionary(&written, LIMITS), Ok(dictionary));
            }
        }
    }
}

#[test]
fn what_the_rfc_lets_pass_and_a_signature_must_not() {
    let value = |text: &str, limits| parse_dictionary(text, limits).map(|members| format!("{members:?}"));
    for (repeated, last) in [("a=1, b, a=2", "a=2, b"), ("a;x=1;x=2", "a;x=2"), ("a=(b;x c);y;y=?0", "a=(b;x c);y=?0")]
    {
        assert_eq!(value(repeated, LIMITS), Err(Error::Repeated), "{repeated}");
        assert_eq!(value(repeated, LENIENT), value(last, LIMITS), "{repeated}");
    }
    for (loose, canonical) in
        [("a=:aGVsbG8:", "a=:aGVsbG8=:"), ("a=:iZ==:", "a=:iQ==:"), ("a=:aGVsbG9=:", "a=:aGVsbG8=:")]
    {
        assert_eq!(value(loose, LIMITS), Err(Error::Malformed), "{loose}");
        assert_eq!(value(loose, LENIENT), value(canonical, LIMITS), "{loose}");
    }
    for neither in ["a=:_-__:", "a=:aGVs bG8=:", "a=:a:", "a=:=:", "a=:aGVsbG8==:", "a=:aGVsbG8", "a=:aG\nVs:"] {
        assert_eq!(value(neither, LENIENT), Err(Error::Malformed), "{neither}");
    }
}

#[test]
fn nothing_is_read_beyond_its_limits() {
    let tight = Limits { bytes: 24, members: 2, items: 2, parameters: 2, reading: Reading::Strict };
    #[rustfmt::skip]
    let rows: &[(&str, Result<usize, Error>)] = &[
        ("a, b",                      Ok(2)),
        ("a, b, c",                   Err(Error::TooLarge)),
        ("a=(1 2)",                   Ok(1)),
        ("a=(1 2 3)",                 Err(Error::TooLarge)),
        ("a;x;y",                     Ok(1)),
        ("a;x;y;z",                   Err(Error::TooLarge)),
        ("a=\"123456789012345678\"",  Ok(1)),
        ("a=\"12345678901234567890\"", Ok(1)),
        ("a=\"123456789012345678901\"", Err(Error::TooLarge)),
    ];
    for (text, expected) in rows {
        assert_eq!(parse_dictionary(text, tight).map(|members| members.len()), *expected, "{text}");
    }
    assert_eq!(parse_list("1, 2, 3", tight), Err(Error::TooLarge));
    assert_eq!(parse_list("1, 2", tight).map(|members| members.len()), Ok(2));
}

#[test]
fn what_cannot_be_written_is_an_error() {
    let cannot = [
        Bare::Integer(INTEGER_MAX + 1),
        Bare::Integer(-INTEGER_MAX - 1),
        Bare::Integer(i64::MIN),
        Bare::Decimal(INTEGER_MAX + 1),
        Bare::Date(-INTEGER_MAX - 1),
        Bare::String("é".into()),
        Bare::String("\u{7f}".into()),
        Bare::Token(String::new()),
        Bare::Token("1a".into()),
        Bare::Token("a b".into()),
    ];
    for value in cannot {
        let item = Item { value, parameters: Vec::new() };
        assert_eq!(write_item(&mut String::new(), &item), Err(Error::Malformed), "{item:?}");
    }
    for key in ["", "A", "1", "a b", "é", "a\""] {
        let parameters = vec![(key.to_owned(), Bare::Boolean(true))];
        let item = Item { value: Bare::Boolean(true), parameters };
        assert_eq!(write_item(&mut String::new(), &item), Err(Error::Malformed), "{key}");
        assert_eq!(
            write_dictionary(&mut String::new(), &[(key.to_owned(), Member::Item(item))]),
            Err(Error::Malformed)
        );
    }
}

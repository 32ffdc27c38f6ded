//! Money is an integer of minor units; decimal text exists only at the boundary. No float ever holds an amount.

/// ISO 4217 currency codes that Lango reads, with their exponent (digits after the point).
///
/// The currencies of pawaPay's providers and those of neighbouring gateways. A currency that is not here is refused rather
/// than guessed: the wrong exponent is a hundredfold error.
const CURRENCIES: &[(&str, u8)] = &[
    ("AOA", 2),
    ("BIF", 0),
    ("BWP", 2),
    ("CDF", 2),
    ("CVE", 2),
    ("DJF", 0),
    ("DZD", 2),
    ("EGP", 2),
    ("ERN", 2),
    ("ETB", 2),
    ("EUR", 2),
    ("GBP", 2),
    ("GHS", 2),
    ("GMD", 2),
    ("GNF", 0),
    ("KES", 2),
    ("KMF", 0),
    ("LRD", 2),
    ("LSL", 2),
    ("LYD", 3),
    ("MAD", 2),
    ("MGA", 2),
    ("MRU", 2),
    ("MUR", 2),
    ("MWK", 2),
    ("MZN", 2),
    ("NAD", 2),
    ("NGN", 2),
    ("RWF", 0),
    ("SCR", 2),
    ("SDG", 2),
    ("SLE", 2),
    ("SOS", 2),
    ("SSP", 2),
    ("STN", 2),
    ("SZL", 2),
    ("TND", 3),
    ("TZS", 2),
    ("UGX", 0),
    ("USD", 2),
    ("XAF", 0),
    ("XOF", 0),
    ("ZAR", 2),
    ("ZMW", 2),
];

/// Integer digits that an amount may have: pawaPay's own limit, and always within `u64` for currencies without decimals.
const INTEGER_DIGITS_MAX: usize = 18;
/// Digits after the point that are read at all. Gateways pad to four.
const FRACTION_DIGITS_MAX: usize = 18;

/// Digits after the point in the currency, or `None` when Lango does not serve it. Codes are upper case.
#[must_use]
pub fn exponent(currency: &str) -> Option<u8> {
    CURRENCIES.iter().find(|(code, _)| *code == currency).map(|(_, digits)| *digits)
}

/// A decimal amount in its parts, read strictly: no sign, exponent, leading zero, separator or space.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Decimal<'a> {
    integer: &'a str,
    /// Without trailing zeros: `10.50` and `10.5` are the same amount.
    fraction: &'a str,
}

impl<'a> Decimal<'a> {
    pub(crate) fn parse(text: &'a str) -> Option<Self> {
        let (integer, fraction) = match text.split_once('.') {
            None => (text, None),
            Some((integer, fraction)) => (integer, Some(fraction)),
        };
        let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if integer.is_empty() || integer.len() > INTEGER_DIGITS_MAX || !digits(integer) {
            return None;
        }
        if integer.len() > 1 && integer.starts_with('0') {
            return None;
        }
        if fraction.is_some_and(|part| part.is_empty() || part.len() > FRACTION_DIGITS_MAX || !digits(part)) {
            return None;
        }
        Some(Self { integer, fraction: fraction.unwrap_or("").trim_end_matches('0') })
    }

    /// Decimals that the amount really uses: 1 for `10.50`, 0 for `100.00`.
    pub(crate) fn decimals(&self) -> usize {
        self.fraction.len()
    }

    pub(crate) fn is_zero(&self) -> bool {
        self.integer == "0" && self.fraction.is_empty()
    }

    /// In units of 10^-exponent; `None` when it has finer parts than that, or does not fit.
    pub(crate) fn minor(&self, exponent: u8) -> Option<u64> {
        let padding = usize::from(exponent).checked_sub(self.fraction.len())?;
        self.integer
            .bytes()
            .chain(self.fraction.bytes())
            .chain(std::iter::repeat_n(b'0', padding))
            .try_fold(0_u64, |minor, digit| minor.checked_mul(10)?.checked_add(u64::from(digit - b'0')))
    }
}

/// Reads a decimal amount into minor units by the currency's exponent.
///
/// Zeros beyond the exponent are accepted, since gateways pad (`"1000.0000"` was recorded in a callback); any other digit
/// there is refused rather than rounded. Zero is a number: whether it may be charged is the caller's question.
#[must_use]
pub fn parse_minor(text: &str, currency: &str) -> Option<u64> {
    Decimal::parse(text)?.minor(exponent(currency)?)
}

/// Minor units as a decimal with exactly the currency's decimals: `(1050, "ZMW")` is `"10.50"`, `(100, "XOF")` is `"100"`.
#[must_use]
pub fn format_minor(minor: u64, currency: &str) -> Option<String> {
    let exponent = exponent(currency)?;
    if exponent == 0 {
        return Some(minor.to_string());
    }
    let scale = 10_u64.pow(u32::from(exponent));
    let (whole, rest) = (minor / scale, minor % scale);
    Some(format!("{whole}.{rest:0width$}", width = usize::from(exponent)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn t29_reads_decimals_by_the_currency() {
        #[rustfmt::skip]
        let rows: &[(&str, &str, Option<u64>)] = &[
            ("10.50",                "ZMW", Some(1050)),
            ("10.5",                 "ZMW", Some(1050)),
            ("10",                   "ZMW", Some(1000)),
            ("0.01",                 "ZMW", Some(1)),
            ("0",                    "ZMW", Some(0)),
            ("0.00",                 "ZMW", Some(0)),
            ("10.005",               "ZMW", None),
            ("10.010",               "ZMW", Some(1001)),
            ("1000.0000",            "XOF", Some(1000)),
            ("100.00",               "XOF", Some(100)),
            ("100.5",                "XOF", None),
            ("100",                  "UGX", Some(100)),
            ("1.234",                "TND", Some(1234)),
            ("999999999999999999",   "XOF", Some(999_999_999_999_999_999)),
            ("184467440737095516.15", "ZMW", Some(u64::MAX)),
            ("184467440737095516.16", "ZMW", None),
            ("1000000000000000000",  "XOF", None),
            ("",                     "ZMW", None),
            (".",                    "ZMW", None),
            ("1.",                   "ZMW", None),
            (".5",                   "ZMW", None),
            ("01",                   "ZMW", None),
            ("00",                   "ZMW", None),
            ("+1",                   "ZMW", None),
            ("-1",                   "ZMW", None),
            ("1e3",                  "ZMW", None),
            ("1,000",                "ZMW", None),
            ("1_000",                "ZMW", None),
            (" 1",                   "ZMW", None),
            ("1 ",                   "ZMW", None),
            ("1.0.0",                "ZMW", None),
            ("0x10",                 "ZMW", None),
            ("١٠",                   "ZMW", None),
            ("1.000000000000000000",  "ZMW", Some(100)),
            ("1.0000000000000000000", "ZMW", None),
            ("10",                   "zmw", None),
            ("10",                   "ABC", None),
            ("10",                   "",    None),
        ];
        for (text, currency, expected) in rows {
            assert_eq!(parse_minor(text, currency), *expected, "{text} {currency}");
        }
    }

    #[test]
    fn writes_exactly_the_decimals_of_the_currency() {
        #[rustfmt::skip]
        let rows: &[(u64, &str, Option<&str>)] = &[
            (1050,     "ZMW", Some("10.50")),
            (5,        "ZMW", Some("0.05")),
            (0,        "ZMW", Some("0.00")),
            (100,      "XOF", Some("100")),
            (1234,     "TND", Some("1.234")),
            (u64::MAX, "ZMW", Some("184467440737095516.15")),
            (1,        "ABC", None),
        ];
        for (minor, currency, expected) in rows {
            assert_eq!(format_minor(*minor, currency).as_deref(), *expected, "{minor} {currency}");
        }
    }

    #[test]
    fn every_code_is_three_capitals_and_listed_once() {
        for pair in CURRENCIES.windows(2) {
            assert!(pair[0].0 < pair[1].0, "{} is out of order", pair[1].0);
        }
        for (code, digits) in CURRENCIES {
            assert!(code.len() == 3 && code.bytes().all(|byte| byte.is_ascii_uppercase()), "{code}");
            assert!(*digits <= 4, "{code}");
        }
    }

    proptest! {
        #[test]
        fn t29_reading_undoes_writing(
            index in 0..CURRENCIES.len(),
            minor in prop_oneof![0..1_000_000_u64, 0..10_u64.pow(18), (u64::MAX - 1000)..=u64::MAX],
        ) {
            let (currency, digits) = CURRENCIES[index];
            let text = format_minor(minor, currency).unwrap();
            let within_digits = minor / 10_u64.pow(u32::from(digits)) < 10_u64.pow(18);
            prop_assert_eq!(parse_minor(&text, currency), within_digits.then_some(minor));
        }

        #[test]
        fn reading_never_panics(text in ".*", currency in "[A-Z]{3}") {
            let _ = parse_minor(&text, &currency);
        }

        #[test]
        fn what_is_read_is_what_the_digits_say(integer in 0..10_u64.pow(12), cents in 0..100_u64) {
            prop_assert_eq!(parse_minor(&format!("{integer}.{cents:02}"), "KES"), Some(integer * 100 + cents));
        }
    }
}

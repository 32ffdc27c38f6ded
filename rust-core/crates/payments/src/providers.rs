//! pawaPay's providers, and what a deposit to each must look like.
//!
//! Source: pawaPay's provider list and the codes, decimals and authorisation types it publishes
//! (<https://docs.pawapay.io/v2/docs/providers>, read November 2026). Amount limits are an account's own and are not here:
//! the gateway's active configuration has them.

use crate::money::{self, Decimal};

/// How the customer approves a deposit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Auth {
    /// A PIN prompt of the operator's on the customer's phone.
    Provider,
    /// A code that the customer makes beforehand and that goes with the request.
    Preauth,
    /// A page of the operator's that the customer must be sent to.
    Redirect,
}

#[derive(Debug)]
pub struct Country {
    /// ISO 3166-1 alpha-3.
    pub code: &'static str,
    pub calling_code: &'static str,
    /// Digits of a mobile number after the calling code; Benin's old eight-digit numbers are still about.
    pub number_digits: &'static [usize],
    pub providers: &'static [Provider],
}

#[derive(Debug)]
pub struct Provider {
    pub code: &'static str,
    /// Currency and how many decimals this provider's deposits may have, whatever the currency itself allows.
    pub currencies: &'static [(&'static str, u8)],
    pub auth: Auth,
    /// First digits after the calling code, by the country's public numbering plan.
    pub prefixes: &'static [&'static str],
}

const fn provider(
    code: &'static str,
    currencies: &'static [(&'static str, u8)],
    auth: Auth,
    prefixes: &'static [&'static str],
) -> Provider {
    Provider { code, currencies, auth, prefixes }
}

use Auth::{Preauth, Provider as Prompt, Redirect};

/// Prefixes lead to the provider that the numbering plan gave them to. Numbers can be ported, so a prediction is a default
/// that the customer may override, and prefixes that are shared or disputed are left out: no answer is better than a wrong
/// one. Wave's wallets live on every operator's numbers and have none.
#[rustfmt::skip]
const COUNTRIES: &[Country] = &[
    Country { code: "BEN", calling_code: "229", number_digits: &[10, 8], providers: &[
        provider("MTN_MOMO_BEN", &[("XOF", 0)], Prompt, &["42", "46", "50", "51", "52", "53", "54", "56", "57", "59", "61", "62", "66", "67", "69", "90", "91", "96", "97"]),
        provider("MOOV_BEN",     &[("XOF", 0)], Prompt, &["55", "58", "60", "63", "64", "65", "68", "94", "95", "98", "99"]),
    ] },
    Country { code: "BFA", calling_code: "226", number_digits: &[8], providers: &[
        provider("MOOV_BFA",   &[("XOF", 0)], Prompt,  &["01", "02", "03", "51", "52", "53", "60", "61", "62", "63", "70", "71", "72", "73"]),
        provider("ORANGE_BFA", &[("XOF", 0)], Preauth, &["04", "05", "06", "07", "54", "55", "56", "57", "64", "65", "66", "67", "74", "75", "76", "77"]),
    ] },
    Country { code: "CMR", calling_code: "237", number_digits: &[9], providers: &[
        provider("MTN_MOMO_CMR", &[("XAF", 0)], Prompt, &["67", "650", "651", "652", "653", "654", "680", "681", "682", "683"]),
        provider("ORANGE_CMR",   &[("XAF", 0)], Prompt, &["69", "655", "656", "657", "658", "659", "640", "686", "687", "688", "689"]),
    ] },
    Country { code: "CIV", calling_code: "225", number_digits: &[10], providers: &[
        provider("MTN_MOMO_CIV", &[("XOF", 0)], Prompt,   &["05"]),
        provider("ORANGE_CIV",   &[("XOF", 0)], Prompt,   &["07"]),
        provider("WAVE_CIV",     &[("XOF", 0)], Redirect, &[]),
    ] },
    Country { code: "COD", calling_code: "243", number_digits: &[9], providers: &[
        provider("VODACOM_MPESA_COD", &[("CDF", 0), ("USD", 2)], Prompt, &["81", "82", "83"]),
        provider("AIRTEL_COD",        &[("CDF", 2), ("USD", 2)], Prompt, &["97", "98", "99"]),
        provider("ORANGE_COD",        &[("CDF", 2), ("USD", 2)], Prompt, &["80", "84", "85", "89"]),
    ] },
    Country { code: "COG", calling_code: "242", number_digits: &[9], providers: &[
        provider("AIRTEL_COG",   &[("XAF", 0)], Prompt, &["04", "05"]),
        provider("MTN_MOMO_COG", &[("XAF", 0)], Prompt, &["06"]),
    ] },
    Country { code: "ETH", calling_code: "251", number_digits: &[9], providers: &[
        provider("MPESA_ETH", &[("ETB", 2)], Prompt, &["7"]),
    ] },
    Country { code: "GAB", calling_code: "241", number_digits: &[8], providers: &[
        provider("AIRTEL_GAB", &[("XAF", 2)], Prompt, &["74", "76", "77"]),
    ] },
    Country { code: "GHA", calling_code: "233", number_digits: &[9], providers: &[
        provider("MTN_MOMO_GHA",   &[("GHS", 2)], Prompt, &["24", "25", "53", "54", "55", "59"]),
        provider("VODAFONE_GHA",   &[("GHS", 2)], Prompt, &["20", "50"]),
        provider("AIRTELTIGO_GHA", &[("GHS", 2)], Prompt, &["26", "27", "56", "57"]),
    ] },
    Country { code: "KEN", calling_code: "254", number_digits: &[9], providers: &[
        provider("MPESA_KEN", &[("KES", 0)], Prompt, &["70", "71", "72", "740", "741", "742", "743", "745", "746", "748", "757", "758", "759", "768", "769", "79", "110", "111", "112", "113", "114", "115"]),
    ] },
    Country { code: "LSO", calling_code: "266", number_digits: &[8], providers: &[
        provider("MPESA_LSO", &[("LSL", 2)], Prompt, &["5"]),
    ] },
    Country { code: "MWI", calling_code: "265", number_digits: &[9], providers: &[
        provider("AIRTEL_MWI", &[("MWK", 2)], Prompt, &["98", "99"]),
        provider("TNM_MWI",    &[("MWK", 2)], Prompt, &["88", "89"]),
    ] },
    Country { code: "MOZ", calling_code: "258", number_digits: &[9], providers: &[
        provider("MOVITEL_MOZ", &[("MZN", 0)], Prompt, &["86", "87"]),
        provider("VODACOM_MOZ", &[("MZN", 2)], Prompt, &["84", "85"]),
    ] },
    // 903 is MTN's by the numbering plan, yet the sandbox has Airtel numbers there: left to the gateway.
    Country { code: "NGA", calling_code: "234", number_digits: &[10], providers: &[
        provider("AIRTEL_NGA",   &[("NGN", 0)], Prompt, &["701", "708", "802", "808", "812", "901", "902", "904", "907", "911", "912"]),
        provider("MTN_MOMO_NGA", &[("NGN", 2)], Prompt, &["703", "704", "706", "803", "806", "810", "813", "814", "816", "906", "913", "916"]),
    ] },
    Country { code: "RWA", calling_code: "250", number_digits: &[9], providers: &[
        provider("AIRTEL_RWA",   &[("RWF", 0)], Prompt, &["72", "73"]),
        provider("MTN_MOMO_RWA", &[("RWF", 0)], Prompt, &["78", "79"]),
    ] },
    Country { code: "SEN", calling_code: "221", number_digits: &[9], providers: &[
        provider("FREE_SEN",   &[("XOF", 0)], Prompt,   &["76"]),
        provider("ORANGE_SEN", &[("XOF", 0)], Prompt,   &["77", "78"]),
        provider("WAVE_SEN",   &[("XOF", 0)], Redirect, &[]),
    ] },
    Country { code: "SLE", calling_code: "232", number_digits: &[8], providers: &[
        provider("ORANGE_SLE", &[("SLE", 2)], Prompt, &["75", "76", "78", "79"]),
    ] },
    Country { code: "TZA", calling_code: "255", number_digits: &[9], providers: &[
        provider("AIRTEL_TZA",  &[("TZS", 2)], Prompt, &["68", "69", "78"]),
        provider("TIGO_TZA",    &[("TZS", 0)], Prompt, &["65", "67", "71"]),
        provider("HALOTEL_TZA", &[("TZS", 0)], Prompt, &["61", "62"]),
        provider("VODACOM_TZA", &[("TZS", 0)], Prompt, &["74", "75", "76"]),
    ] },
    Country { code: "UGA", calling_code: "256", number_digits: &[9], providers: &[
        provider("AIRTEL_OAPI_UGA", &[("UGX", 0)], Prompt, &["70", "74", "75"]),
        provider("MTN_MOMO_UGA",    &[("UGX", 2)], Prompt, &["76", "77", "78"]),
    ] },
    Country { code: "ZMB", calling_code: "260", number_digits: &[9], providers: &[
        provider("AIRTEL_OAPI_ZMB", &[("ZMW", 2)], Prompt, &["77", "97"]),
        provider("MTN_MOMO_ZMB",    &[("ZMW", 2)], Prompt, &["76", "96"]),
        provider("ZAMTEL_ZMB",      &[("ZMW", 2)], Prompt, &["75", "95"]),
    ] },
];

/// The table itself, for what has to show it.
#[must_use]
pub const fn countries() -> &'static [Country] {
    COUNTRIES
}

/// Every provider with its country, in the order of the table.
pub fn all() -> impl Iterator<Item = (&'static Country, &'static Provider)> {
    COUNTRIES.iter().flat_map(|country| country.providers.iter().map(move |provider| (country, provider)))
}

#[must_use]
pub fn find(code: &str) -> Option<(&'static Country, &'static Provider)> {
    all().find(|(_, provider)| provider.code == code)
}

/// A field of the shop's request and what to do about it, in words for the shop's developer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldError {
    pub field: &'static str,
    pub message: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deposit {
    pub amount_minor: u64,
    pub country: &'static str,
}

/// Whether this deposit can be sent to this provider at all. Every field that is wrong is named, not only the first.
///
/// `phone_number` is digits with the country code first.
///
/// # Errors
/// One entry for each of `amount`, `currency`, `provider` and `phoneNumber` that does not fit.
pub fn check_deposit(
    amount: &str,
    currency: &str,
    provider_code: &str,
    phone_number: &str,
) -> Result<Deposit, Vec<FieldError>> {
    let found = find(provider_code);
    let amount = check_amount(amount, currency, found.map(|(_, provider)| provider));
    let errors: Vec<FieldError> = [
        amount.as_ref().err().cloned(),
        check_currency(currency, found.map(|(_, provider)| provider)),
        match found {
            None => error("provider", "This provider is not known. Use a code such as \"MTN_MOMO_ZMB\".".into()),
            Some((country, provider)) => check_phone_number(phone_number, country, provider),
        },
    ]
    .into_iter()
    .flatten()
    .collect();
    match (amount, found) {
        (Ok(amount_minor), Some((country, _))) if errors.is_empty() => {
            Ok(Deposit { amount_minor, country: country.code })
        }
        _ => Err(errors),
    }
}

fn error(field: &'static str, message: String) -> Option<FieldError> {
    Some(FieldError { field, message })
}

fn check_currency(currency: &str, provider: Option<&Provider>) -> Option<FieldError> {
    if money::exponent(currency).is_none() {
        return error("currency", "This currency is not known. Use an ISO 4217 code such as \"ZMW\".".into());
    }
    let provider = provider?;
    if provider.currencies.iter().any(|(code, _)| *code == currency) {
        return None;
    }
    let served: Vec<&str> = provider.currencies.iter().map(|(code, _)| *code).collect();
    error("currency", format!("{} is charged in {}, not in {currency}.", provider.code, served.join(" or ")))
}

fn check_amount(amount: &str, currency: &str, provider: Option<&Provider>) -> Result<u64, FieldError> {
    let wrong = |message: String| FieldError { field: "amount", message };
    let malformed = || {
        wrong(
            "Write the amount as a decimal string such as \"10.50\": digits and one point, at most 18 before it."
                .into(),
        )
    };
    let decimal = Decimal::parse(amount).ok_or_else(malformed)?;
    let Some(exponent) = money::exponent(currency) else {
        // Without its currency an amount has no minor units; the currency is what gets reported, unless this is zero anyway.
        return if decimal.is_zero() { Err(wrong("Send an amount above zero.".into())) } else { Ok(0) };
    };
    if decimal.decimals() > usize::from(exponent) {
        return Err(wrong(format!("{currency} has {}. Send an amount that fits.", decimals_in_words(exponent))));
    }
    let allowed = provider
        .and_then(|provider| provider.currencies.iter().find(|(code, _)| *code == currency).map(|c| (provider, c.1)));
    if let Some((provider, decimals)) = allowed
        && decimal.decimals() > usize::from(decimals)
    {
        return Err(wrong(format!(
            "{} takes {currency} with {}. Send an amount that fits.",
            provider.code,
            decimals_in_words(decimals)
        )));
    }
    match decimal.minor(exponent) {
        None => Err(wrong("This amount is too large.".into())),
        Some(0) => Err(wrong("Send an amount above zero.".into())),
        Some(minor) => Ok(minor),
    }
}

fn decimals_in_words(decimals: u8) -> String {
    match decimals {
        0 => "no decimals".into(),
        1 => "at most 1 decimal".into(),
        more => format!("at most {more} decimals"),
    }
}

fn check_phone_number(phone_number: &str, country: &Country, provider: &Provider) -> Option<FieldError> {
    let Some(number) = phone_number.strip_prefix(country.calling_code) else {
        return error(
            "phoneNumber",
            format!(
                "Numbers of {} begin with +{}. Check the number or the provider.",
                provider.code, country.calling_code
            ),
        );
    };
    if has_mobile_shape(number, country) {
        return None;
    }
    let digits: Vec<String> = country.number_digits.iter().map(usize::to_string).collect();
    error(
        "phoneNumber",
        format!("A number of {} has {} digits after +{}.", country.code, digits.join(" or "), country.calling_code),
    )
}

fn has_mobile_shape(number: &str, country: &Country) -> bool {
    country.number_digits.contains(&number.len()) && number.bytes().all(|byte| byte.is_ascii_digit())
}

/// The provider that a number belongs to by its prefix; `None` when that cannot be told.
#[must_use]
pub fn predict(phone_number: &str) -> Option<(&'static Country, &'static Provider)> {
    let country = COUNTRIES.iter().find(|country| phone_number.starts_with(country.calling_code))?;
    let number = phone_number.strip_prefix(country.calling_code)?;
    if !has_mobile_shape(number, country) {
        return None;
    }
    // Benin put 01 before every old number in November 2024.
    let number = if country.code == "BEN" && number.len() == 10 { number.strip_prefix("01")? } else { number };
    let by_prefix = |provider: &&Provider| provider.prefixes.iter().any(|prefix| number.starts_with(prefix));
    Some((country, country.providers.iter().find(by_prefix)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::HashSet;

    const SANDBOX_NUMBERS: &str = include_str!("../../../../test/vectors/pawapay/sandbox-test-msisdns.csv");

    #[test]
    fn every_sandbox_number_is_predicted_right_or_not_at_all() {
        let (mut right, mut rows) = (0, 0);
        for row in SANDBOX_NUMBERS.lines().skip(1) {
            let [_, provider, _, msisdn, ..] = row.split(',').collect::<Vec<_>>()[..] else {
                panic!("{row}");
            };
            rows += 1;
            if let Some((_, predicted)) = predict(msisdn) {
                assert_eq!(predicted.code, provider, "{msisdn}");
                right += 1;
            }
        }
        assert_eq!(rows, 285);
        assert!(right > 250, "only {right} of {rows} predicted");
    }

    #[test]
    fn every_sandbox_deposit_may_be_sent() {
        for row in SANDBOX_NUMBERS.lines().skip(1).filter(|row| row.contains(",DEPOSIT,")) {
            let [country, code, _, msisdn, ..] = row.split(',').collect::<Vec<_>>()[..] else {
                panic!("{row}");
            };
            for (currency, _) in find(code).unwrap().1.currencies {
                let expected = Ok(Deposit {
                    amount_minor: money::parse_minor("100", currency).unwrap(),
                    country: find(code).unwrap().0.code,
                });
                assert_eq!(check_deposit("100", currency, code, msisdn), expected, "{row}");
                assert_eq!(find(code).unwrap().0.code, country);
            }
        }
    }

    #[test]
    fn the_table_is_whole_and_consistent() {
        assert_eq!((COUNTRIES.len(), all().count()), (20, 42));
        let codes: HashSet<&str> = all().map(|(_, provider)| provider.code).collect();
        assert_eq!(codes.len(), all().count());
        for (country, provider) in all() {
            assert!(provider.code.ends_with(country.code), "{}", provider.code);
            for (currency, _) in provider.currencies {
                assert!(money::exponent(currency).is_some(), "{currency}");
            }
        }
        for country in COUNTRIES {
            let prefixes: Vec<&str> =
                country.providers.iter().flat_map(|provider| provider.prefixes).copied().collect();
            for (index, prefix) in prefixes.iter().enumerate() {
                for other in &prefixes[index + 1..] {
                    assert!(
                        !prefix.starts_with(other) && !other.starts_with(prefix),
                        "{} {prefix} {other}",
                        country.code
                    );
                }
            }
        }
    }
    #[test]
    fn t29_a_deposit_is_checked_field_by_field() {
        type Row = (&'static str, &'static str, &'static str, &'static str, Result<u64, &'static [&'static str]>);
        #[rustfmt::skip]
        let rows: &[Row] = &[
            ("10.50",  "ZMW", "MTN_MOMO_ZMB",      "260763456789",  Ok(1050)),
            ("10.500", "ZMW", "MTN_MOMO_ZMB",      "260763456789",  Ok(1050)),
            ("10.005", "ZMW", "MTN_MOMO_ZMB",      "260763456789",  Err(&["amount"])),
            ("0",      "ZMW", "MTN_MOMO_ZMB",      "260763456789",  Err(&["amount"])),
            ("0.00",   "ZMW", "MTN_MOMO_ZMB",      "260763456789",  Err(&["amount"])),
            ("-1",     "ZMW", "MTN_MOMO_ZMB",      "260763456789",  Err(&["amount"])),
            ("1e3",    "ZMW", "MTN_MOMO_ZMB",      "260763456789",  Err(&["amount"])),
            ("100.00", "XOF", "ORANGE_SEN",        "221773456789",  Ok(100)),
            ("100.5",  "XOF", "ORANGE_SEN",        "221773456789",  Err(&["amount"])),
            ("100.50", "KES", "MPESA_KEN",         "254703456789",  Err(&["amount"])),
            ("100",    "KES", "MPESA_KEN",         "254703456789",  Ok(10_000)),
            ("100.00", "KES", "MPESA_KEN",         "254703456789",  Ok(10_000)),
            ("1.5",    "CDF", "VODACOM_MPESA_COD", "243813456789",  Err(&["amount"])),
            ("1.5",    "USD", "VODACOM_MPESA_COD", "243813456789",  Ok(150)),
            ("1.5",    "UGX", "MTN_MOMO_UGA",      "256783456789",  Err(&["amount"])),
            ("999999999999999999", "ZMW", "MTN_MOMO_ZMB", "260763456789", Err(&["amount"])),
            ("10",     "KES", "MTN_MOMO_ZMB",      "260763456789",  Err(&["currency"])),
            ("10",     "ABC", "MTN_MOMO_ZMB",      "260763456789",  Err(&["currency"])),
            ("10",     "ZMW", "MTN_ZMB",           "260763456789",  Err(&["provider"])),
            ("10",     "ZMW", "MTN_MOMO_ZMB",      "254703456789",  Err(&["phoneNumber"])),
            ("10",     "ZMW", "MTN_MOMO_ZMB",      "26076345678",   Err(&["phoneNumber"])),
            ("10",     "ZMW", "MTN_MOMO_ZMB",      "2607634567890", Err(&["phoneNumber"])),
            ("10",     "ZMW", "MTN_MOMO_ZMB",      "26076345678x",  Err(&["phoneNumber"])),
            ("x",      "ABC", "NOBODY",            "",              Err(&["amount", "currency", "provider"])),
            ("0",      "ABC", "MTN_MOMO_ZMB",      "1",             Err(&["amount", "currency", "phoneNumber"])),
        ];
        for (amount, currency, provider, number, expected) in rows {
            let checked = check_deposit(amount, currency, provider, number);
            let fields = checked
                .as_ref()
                .map(|deposit| deposit.amount_minor)
                .map_err(|errors| errors.iter().map(|error| error.field).collect::<Vec<_>>());
            assert_eq!(fields, expected.map_err(<[&str]>::to_vec), "{amount} {currency} {provider} {number}");
        }
    }

    #[test]
    fn errors_name_the_fix() {
        #[rustfmt::skip]
        let rows: &[(&str, &str, &str, &str, &str)] = &[
            ("100.50", "KES", "MPESA_KEN",         "254703456789", "MPESA_KEN takes KES with no decimals. Send an amount that fits."),
            ("10.005", "ZMW", "MTN_MOMO_ZMB",      "260763456789", "ZMW has at most 2 decimals. Send an amount that fits."),
            ("10",     "ZMW", "VODACOM_MPESA_COD", "243813456789", "VODACOM_MPESA_COD is charged in CDF or USD, not in ZMW."),
            ("10",     "ZMW", "MTN_MOMO_ZMB",      "254703456789", "Numbers of MTN_MOMO_ZMB begin with +260. Check the number or the provider."),
            ("10",     "XOF", "MTN_MOMO_BEN",      "2295134567",   "A number of BEN has 10 or 8 digits after +229."),
        ];
        for (amount, currency, provider, number, message) in rows {
            assert_eq!(check_deposit(amount, currency, provider, number).unwrap_err()[0].message, *message);
        }
    }

    #[test]
    fn predicts_by_prefix() {
        #[rustfmt::skip]
        let rows: &[(&str, Option<(&str, &str)>)] = &[
            ("260763456789",  Some(("MTN_MOMO_ZMB", "ZMB"))),
            ("260973456789",  Some(("AIRTEL_OAPI_ZMB", "ZMB"))),
            ("2290151345789", Some(("MTN_MOMO_BEN", "BEN"))),
            ("22951345789",   Some(("MTN_MOMO_BEN", "BEN"))),
            ("254743456789",  Some(("MPESA_KEN", "KEN"))),
            ("254733456789",  None),
            ("2250103456789", None),
            ("26076345678",   None),
            ("4915112345678", None),
            ("",              None),
            ("260",           None),
            ("26076345678é",  None),
        ];
        for (number, expected) in rows {
            assert_eq!(predict(number).map(|(country, provider)| (provider.code, country.code)), *expected, "{number}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics(amount in ".*", currency in ".*", provider in ".*", number in ".*") {
            let _ = check_deposit(&amount, &currency, &provider, &number);
            let _ = predict(&number);
        }

        #[test]
        fn what_passes_is_exactly_what_was_asked(index in 0..42_usize, amount in "[0-9]{1,7}(\\.[0-9]{1,4})?") {
            let (country, provider) = all().nth(index).unwrap();
            let number = format!("{}{}", country.calling_code, "7".repeat(country.number_digits[0]));
            for (currency, decimals) in provider.currencies {
                if let Ok(deposit) = check_deposit(&amount, currency, provider.code, &number) {
                    prop_assert!(deposit.amount_minor > 0);
                    prop_assert_eq!(Some(deposit.amount_minor), money::parse_minor(&amount, currency));
                    let used = amount.split_once('.').map_or(0, |(_, fraction)| fraction.trim_end_matches('0').len());
                    prop_assert!(used <= usize::from(*decimals));
                }
            }
        }
    }
}

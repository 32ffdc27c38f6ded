//! What short texts look like. Everything that came from outside passes one of these before it goes anywhere.

use strict_json::Json;

pub(crate) fn visible_ascii(text: &str, max: usize) -> bool {
    (1..=max).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// pawaPay's codes of providers and failures: `MTN_MOMO_ZMB`, `PAYER_NOT_FOUND`.
pub(crate) fn is_code(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
}

pub(crate) fn is_currency(text: &str) -> bool {
    text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_uppercase())
}

/// Digits with the country code first; no `+`, no leading zero.
pub(crate) fn is_msisdn(text: &str) -> bool {
    (7..=15).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit()) && !text.starts_with('0')
}

/// The 8-4-4-4-12 form of a UUID, of any version: other systems may share the gateway account.
pub(crate) fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(index, byte)| match index {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

/// A string field that satisfies `wanted`, else nothing.
pub(crate) fn checked(value: &Json, wanted: impl Fn(&str) -> bool) -> Option<String> {
    value.text().filter(|text| wanted(text)).map(String::from)
}

/// The code of `failureReason: {failureCode, failureMessage}` in a body, when it looks like one.
pub(crate) fn failure_code(body: &Json) -> Option<&str> {
    body.get("failureReason").get("failureCode").text().filter(|code| is_code(code))
}

pub(crate) fn failure_message(body: &Json) -> Option<String> {
    body.get("failureReason").get("failureMessage").text().map(for_log)
}

/// A gateway's message for our log: at most 200 characters, without controls, and without anything that could be a phone number.
fn for_log(message: &str) -> String {
    let mut out = String::new();
    let mut digits = String::new();
    let flush = |out: &mut String, digits: &mut String| {
        out.push_str(if digits.len() > DIGITS_SHOWN_MAX { "…" } else { digits });
        digits.clear();
    };
    for character in message.chars().filter(|character| !character.is_control()).take(MESSAGE_CHARACTERS_MAX) {
        if character.is_ascii_digit() {
            digits.push(character);
        } else {
            flush(&mut out, &mut digits);
            out.push(character);
        }
    }
    flush(&mut out, &mut digits);
    out
}

const MESSAGE_CHARACTERS_MAX: usize = 200;
const DIGITS_SHOWN_MAX: usize = 6;

//! Structured fields, in the JSON of the httpwg's cases: numbers come and go as `{"__type": "integer" | "decimal", "value":
//! text}`, because JSON cannot tell 1 from 1.0.

use httpsig::sf::read::{parse_dictionary, parse_item, parse_list};
use httpsig::sf::write::{write_dictionary, write_item, write_list};
use httpsig::sf::{Bare, Error, InnerList, Item, Limits, Member, Parameters, Reading};
use serde_json::{Value, json};

use crate::operations::{Answer, text};

/// As much as RFC 9651 asks a parser to take.
const LIMITS: Limits =
    Limits { bytes: 1 << 20, members: 1024, items: 1024, parameters: 1024, reading: Reading::Lenient };

/// `{type, raw}` → `{value, canonical}` or `{error}`.
pub fn parse(question: &Value) -> Answer {
    let raw = text(question, "raw")?;
    let mut canonical = String::new();
    let value = match text(question, "type")? {
        "item" => parse_item(raw, LIMITS).and_then(|item| {
            write_item(&mut canonical, &item)?;
            Ok(item_json(&item))
        }),
        "list" => parse_list(raw, LIMITS).and_then(|members| {
            write_list(&mut canonical, &members)?;
            Ok(members.iter().map(member_json).collect())
        }),
        "dictionary" => parse_dictionary(raw, LIMITS).and_then(|members| {
            write_dictionary(&mut canonical, &members)?;
            Ok(members.iter().map(|(key, member)| json!([key, member_json(member)])).collect())
        }),
        other => return Err(format!("no such type of field: {other}")),
    };
    Ok(match value {
        Ok(value) => json!({ "value": value, "canonical": canonical }),
        Err(error) => json!({ "error": code(error) }),
    })
}

/// `{type, value}` → `{canonical}` or `{error}`.
pub fn serialise(question: &Value) -> Answer {
    let value = question.get("value").ok_or("value is missing")?;
    let mut canonical = String::new();
    let written = match text(question, "type")? {
        "item" => write_item(&mut canonical, &read_item(value)?),
        "list" => write_list(&mut canonical, &array(value)?.iter().map(read_member).collect::<Result<Vec<_>, _>>()?),
        "dictionary" => {
            let members: Result<Vec<_>, String> = array(value)?
                .iter()
                .map(|entry| match array(entry)? {
                    [Value::String(key), member] => Ok((key.clone(), read_member(member)?)),
                    _ => Err("a dictionary's entry is not [key, member]".into()),
                })
                .collect();
            write_dictionary(&mut canonical, &members?)
        }
        other => return Err(format!("no such type of field: {other}")),
    };
    Ok(match written {
        Ok(()) => json!({ "canonical": canonical }),
        Err(error) => json!({ "error": code(error) }),
    })
}

pub fn code(error: Error) -> &'static str {
    httpsig::profile::Refusal::from(error).code()
}

fn bare_json(value: &Bare) -> Value {
    let typed = |name: &str, value: String| json!({ "__type": name, "value": value });
    match value {
        Bare::Integer(number) => typed("integer", number.to_string()),
        Bare::Decimal(thousandths) => {
            let sign = if *thousandths < 0 { "-" } else { "" };
            let whole = thousandths.unsigned_abs();
            typed("decimal", format!("{sign}{}.{:03}", whole / 1000, whole % 1000))
        }
        Bare::String(text) => json!(text),
        Bare::Token(text) => typed("token", text.clone()),
        Bare::Bytes(bytes) => typed("binary", base32(bytes)),
        Bare::Boolean(value) => json!(value),
        Bare::Date(seconds) => typed("date", seconds.to_string()),
        Bare::DisplayString(text) => typed("displaystring", text.clone()),
    }
}

fn parameters_json(parameters: &Parameters) -> Value {
    parameters.iter().map(|(key, value)| json!([key, bare_json(value)])).collect()
}

fn item_json(item: &Item) -> Value {
    json!([bare_json(&item.value), parameters_json(&item.parameters)])
}

fn member_json(member: &Member) -> Value {
    match member {
        Member::Item(item) => item_json(item),
        Member::InnerList(list) => {
            json!([list.items.iter().map(item_json).collect::<Value>(), parameters_json(&list.parameters)])
        }
    }
}

fn array(value: &Value) -> Result<&[Value], String> {
    value.as_array().map(Vec::as_slice).ok_or_else(|| format!("not an array: {value}"))
}

fn read_bare(value: &Value) -> Result<Bare, String> {
    match value {
        Value::String(text) => return Ok(Bare::String(text.clone())),
        Value::Bool(value) => return Ok(Bare::Boolean(*value)),
        _ => {}
    }
    let unreadable = || format!("not a bare item: {value}");
    let given = text(value, "value")?;
    // Beyond 64 bits is beyond 15 digits.
    let integer = || {
        let digits = given.strip_prefix('-').unwrap_or(given);
        let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        is_number.then(|| given.parse().unwrap_or(i64::MAX)).ok_or_else(unreadable)
    };
    Ok(match text(value, "__type")? {
        "integer" => Bare::Integer(integer()?),
        "decimal" => Bare::Decimal(thousandths(given).ok_or_else(unreadable)?),
        "token" => Bare::Token(given.to_owned()),
        "binary" => Bare::Bytes(from_base32(given).ok_or_else(unreadable)?),
        "date" => Bare::Date(integer()?),
        "displaystring" => Bare::DisplayString(given.to_owned()),
        _ => return Err(unreadable()),
    })
}

/// Rounded to three digits, ties to even (§4.1.5); what does not fit becomes what cannot be written.
fn thousandths(decimal: &str) -> Option<i64> {
    let (negative, digits) = match decimal.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, decimal),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    if whole.is_empty() || !whole.bytes().chain(fraction.bytes()).all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let padded = format!("{fraction:0<4}");
    let (kept, dropped) = padded.split_at_checked(3)?;
    let Ok(number) = format!("{whole}{kept}").parse::<i64>() else { return Some(i64::MAX) };
    let rest = dropped.trim_end_matches('0');
    let up = rest > "5" || (rest == "5" && number % 2 == 1);
    let rounded = number.saturating_add(i64::from(up));
    Some(if negative { -rounded } else { rounded })
}

fn read_parameters(value: &Value) -> Result<Parameters, String> {
    array(value)?
        .iter()
        .map(|entry| match array(entry)? {
            [Value::String(key), value] => Ok((key.clone(), read_bare(value)?)),
            _ => Err("a parameter is not [key, value]".into()),
        })
        .collect()
}

fn read_item(value: &Value) -> Result<Item, String> {
    match array(value)? {
        [value, parameters] => Ok(Item { value: read_bare(value)?, parameters: read_parameters(parameters)? }),
        _ => Err(format!("not an item: {value}")),
    }
}

fn read_member(value: &Value) -> Result<Member, String> {
    match array(value)? {
        [Value::Array(items), parameters] => Ok(Member::InnerList(InnerList {
            items: items.iter().map(read_item).collect::<Result<_, _>>()?,
            parameters: read_parameters(parameters)?,
        })),
        _ => read_item(value).map(Member::Item),
    }
}

const DIGITS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// RFC 4648 §6, which the httpwg's cases write byte sequences in.
fn base32(bytes: &[u8]) -> String {
    let mut out = String::new();
    for chunk in bytes.chunks(5) {
        let bits = chunk.iter().fold(0_u64, |bits, byte| bits << 8 | u64::from(*byte)) << (8 * (5 - chunk.len()));
        let digits = (chunk.len() * 8).div_ceil(5);
        for digit in 0..8 {
            let value = (bits >> (35 - 5 * digit) & 31) as usize;
            out.push(if digit < digits { DIGITS.get(value).map_or('=', |byte| char::from(*byte)) } else { '=' });
        }
    }
    out
}

fn from_base32(text: &str) -> Option<Vec<u8>> {
    let (mut bits, mut held, mut bytes) = (0_u32, 0_u32, Vec::new());
    for byte in text.trim_end_matches('=').bytes() {
        let value = DIGITS.iter().position(|digit| *digit == byte)?;
        bits = bits << 5 | u32::try_from(value).ok()?;
        held += 5;
        if held >= 8 {
            held -= 8;
            bytes.push(u8::try_from(bits >> held & 0xff).ok()?);
        }
    }
    Some(bytes)
}

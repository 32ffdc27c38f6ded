//! Serialising structured fields (RFC 9651 §4.1). What cannot be written is an error, never something else that can.

use alloc::string::String;

use base64ct::{Base64, Encoding};

use super::read::{is_key_byte, is_token_byte};
use super::{Bare, Error, InnerList, Item, Member, Parameters};

const INTEGER_MAX: i64 = 999_999_999_999_999;

/// A list; the empty one is the empty text, which stands for a field that is not sent.
pub fn write_list(out: &mut String, members: &[Member]) -> Result<(), Error> {
    for (index, member) in members.iter().enumerate() {
        if index > 0 {
            out.push_str(", ");
        }
        write_member(out, member)?;
    }
    Ok(())
}

/// A dictionary; the empty one is the empty text.
pub fn write_dictionary(out: &mut String, members: &[(String, Member)]) -> Result<(), Error> {
    for (index, (key, member)) in members.iter().enumerate() {
        if index > 0 {
            out.push_str(", ");
        }
        write_key(out, key)?;
        match member {
            Member::Item(Item { value: Bare::Boolean(true), parameters }) => write_parameters(out, parameters)?,
            member => {
                out.push('=');
                write_member(out, member)?;
            }
        }
    }
    Ok(())
}

pub fn write_member(out: &mut String, member: &Member) -> Result<(), Error> {
    match member {
        Member::Item(item) => write_item(out, item),
        Member::InnerList(list) => write_inner_list(out, list),
    }
}

/// This is what stands in a signature base.
pub fn write_inner_list(out: &mut String, list: &InnerList) -> Result<(), Error> {
    out.push('(');
    for (index, item) in list.items.iter().enumerate() {
        if index > 0 {
            out.push(' ');
        }
        write_item(out, item)?;
    }
    out.push(')');
    write_parameters(out, &list.parameters)
}

pub fn write_item(out: &mut String, item: &Item) -> Result<(), Error> {
    write_bare(out, &item.value)?;
    write_parameters(out, &item.parameters)
}

fn write_parameters(out: &mut String, parameters: &Parameters) -> Result<(), Error> {
    for (key, value) in parameters {
        out.push(';');
        write_key(out, key)?;
        if *value != Bare::Boolean(true) {
            out.push('=');
            write_bare(out, value)?;
        }
    }
    Ok(())
}

fn write_key(out: &mut String, key: &str) -> Result<(), Error> {
    if !key.starts_with(|first: char| first.is_ascii_lowercase() || first == '*') || !key.bytes().all(is_key_byte) {
        return Err(Error::Malformed);
    }
    out.push_str(key);
    Ok(())
}

fn write_bare(out: &mut String, value: &Bare) -> Result<(), Error> {
    match value {
        Bare::Integer(number) => write_integer(out, *number)?,
        Bare::Decimal(thousandths) => {
            if thousandths.unsigned_abs() > INTEGER_MAX.unsigned_abs() {
                return Err(Error::Malformed);
            }
            let sign = if *thousandths < 0 { "-" } else { "" };
            let whole = thousandths.unsigned_abs() / 1000;
            let fraction = alloc::format!("{:03}", thousandths.unsigned_abs() % 1000);
            let shown = fraction.trim_end_matches('0');
            out.push_str(&alloc::format!("{sign}{whole}.{}", if shown.is_empty() { "0" } else { shown }));
        }
        Bare::String(text) => write_string(out, text)?,
        Bare::Token(text) => {
            let starts = text.starts_with(|first: char| first.is_ascii_alphabetic() || first == '*');
            if !starts || !text.bytes().all(is_token_byte) {
                return Err(Error::Malformed);
            }
            out.push_str(text);
        }
        Bare::Bytes(bytes) => {
            out.push(':');
            out.push_str(&Base64::encode_string(bytes));
            out.push(':');
        }
        Bare::Boolean(value) => out.push_str(if *value { "?1" } else { "?0" }),
        Bare::Date(seconds) => {
            out.push('@');
            write_integer(out, *seconds)?;
        }
        Bare::DisplayString(text) => {
            out.push_str("%\"");
            for byte in text.bytes() {
                match byte {
                    b' '..=b'~' if byte != b'%' && byte != b'"' => out.push(char::from(byte)),
                    _ => out.push_str(&alloc::format!("%{byte:02x}")),
                }
            }
            out.push('"');
        }
    }
    Ok(())
}

fn write_integer(out: &mut String, number: i64) -> Result<(), Error> {
    if number.unsigned_abs() > INTEGER_MAX.unsigned_abs() {
        return Err(Error::Malformed);
    }
    out.push_str(&alloc::format!("{number}"));
    Ok(())
}

fn write_string(out: &mut String, text: &str) -> Result<(), Error> {
    out.push('"');
    for byte in text.bytes() {
        match byte {
            b'"' | b'\\' => {
                out.push('\\');
                out.push(char::from(byte));
            }
            b' '..=b'~' => out.push(char::from(byte)),
            _ => return Err(Error::Malformed),
        }
    }
    out.push('"');
    Ok(())
}

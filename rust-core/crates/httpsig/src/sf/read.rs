//! Parsing structured fields (RFC 9651 §4.2), within limits.

use alloc::string::String;
use alloc::vec::Vec;

use base64ct::{Base64, Encoding};

use super::{Bare, Dictionary, Error, InnerList, Item, Limits, List, Member, Parameters, Reading};

/// Reads a dictionary; several lines of a field are joined with `", "` before.
pub fn parse_dictionary(text: &str, limits: Limits) -> Result<Dictionary, Error> {
    let mut members = Dictionary::new();
    separated(text, limits, |input| {
        let key = input.key()?;
        let member = if input.eat(b'=') {
            input.member()?
        } else {
            Member::Item(Item { value: Bare::Boolean(true), parameters: input.parameters()? })
        };
        input.insert(&mut members, key, member, limits.members)
    })?;
    Ok(members)
}

/// Reads a list; several lines of a field are joined with `", "` before.
pub fn parse_list(text: &str, limits: Limits) -> Result<List, Error> {
    let mut members = List::new();
    separated(text, limits, |input| {
        if members.len() >= limits.members {
            return Err(Error::TooLarge);
        }
        members.push(input.member()?);
        Ok(())
    })?;
    Ok(members)
}

/// Calls `member` for each of the members that commas separate.
fn separated(
    text: &str,
    limits: Limits,
    mut member: impl FnMut(&mut Input<'_>) -> Result<(), Error>,
) -> Result<(), Error> {
    let mut input = Input::new(text, limits)?;
    input.skip_spaces();
    while input.peek().is_some() {
        member(&mut input)?;
        input.skip_blanks();
        if input.peek().is_none() {
            return Ok(());
        }
        if !input.eat(b',') {
            return Err(Error::Malformed);
        }
        input.skip_blanks();
        if input.peek().is_none() {
            return Err(Error::Malformed);
        }
    }
    Ok(())
}

pub fn parse_item(text: &str, limits: Limits) -> Result<Item, Error> {
    let mut input = Input::new(text, limits)?;
    input.skip_spaces();
    let item = input.item()?;
    input.skip_spaces();
    if input.peek().is_some() {
        return Err(Error::Malformed);
    }
    Ok(item)
}

struct Input<'a> {
    rest: &'a [u8],
    limits: Limits,
}

impl<'a> Input<'a> {
    fn new(text: &'a str, limits: Limits) -> Result<Self, Error> {
        if text.len() > limits.bytes {
            return Err(Error::TooLarge);
        }
        if !text.is_ascii() {
            return Err(Error::Malformed);
        }
        Ok(Self { rest: text.as_bytes(), limits })
    }

    fn insert<T>(&self, entries: &mut Vec<(String, T)>, key: String, value: T, max: usize) -> Result<(), Error> {
        if let Some((_, known)) = entries.iter_mut().find(|(known, _)| *known == key) {
            return match self.limits.reading {
                Reading::Strict => Err(Error::Repeated),
                Reading::Lenient => {
                    *known = value;
                    Ok(())
                }
            };
        }
        if entries.len() >= max {
            return Err(Error::TooLarge);
        }
        entries.push((key, value));
        Ok(())
    }

    fn peek(&self) -> Option<u8> {
        self.rest.first().copied()
    }

    fn next(&mut self) -> Option<u8> {
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(*first)
    }

    fn eat(&mut self, byte: u8) -> bool {
        match self.rest.split_first() {
            Some((first, rest)) if *first == byte => {
                self.rest = rest;
                true
            }
            _ => false,
        }
    }

    fn take_while(&mut self, wanted: impl Fn(u8) -> bool) -> &'a str {
        let end = self.rest.iter().position(|byte| !wanted(*byte)).unwrap_or(self.rest.len());
        let (taken, rest) = self.rest.split_at(end);
        self.rest = rest;
        // The text is ASCII (checked in `new`), so any part of it is valid UTF-8.
        core::str::from_utf8(taken).unwrap_or("")
    }

    /// Spaces only: inside a value, a tab is an error.
    fn skip_spaces(&mut self) {
        self.take_while(|byte| byte == b' ');
    }

    /// OWS, allowed around the commas of a dictionary.
    fn skip_blanks(&mut self) {
        self.take_while(|byte| byte == b' ' || byte == b'\t');
    }

    fn key(&mut self) -> Result<String, Error> {
        match self.peek() {
            Some(b'a'..=b'z' | b'*') => {}
            _ => return Err(Error::Malformed),
        }
        let key = self.take_while(is_key_byte);
        Ok(String::from(key))
    }

    fn member(&mut self) -> Result<Member, Error> {
        if self.peek() == Some(b'(') {
            return self.inner_list().map(Member::InnerList);
        }
        self.item().map(Member::Item)
    }

    fn inner_list(&mut self) -> Result<InnerList, Error> {
        if !self.eat(b'(') {
            return Err(Error::Malformed);
        }
        let mut items = Vec::new();
        loop {
            self.skip_spaces();
            if self.eat(b')') {
                return Ok(InnerList { items, parameters: self.parameters()? });
            }
            if items.len() >= self.limits.items {
                return Err(Error::TooLarge);
            }
            items.push(self.item()?);
            if !matches!(self.peek(), Some(b' ' | b')')) {
                return Err(Error::Malformed);
            }
        }
    }

    fn item(&mut self) -> Result<Item, Error> {
        Ok(Item { value: self.bare()?, parameters: self.parameters()? })
    }

    fn parameters(&mut self) -> Result<Parameters, Error> {
        let mut parameters = Parameters::new();
        while self.eat(b';') {
            self.skip_spaces();
            let key = self.key()?;
            let value = if self.eat(b'=') { self.bare()? } else { Bare::Boolean(true) };
            self.insert(&mut parameters, key, value, self.limits.parameters)?;
        }
        Ok(parameters)
    }

    fn bare(&mut self) -> Result<Bare, Error> {
        match self.peek().ok_or(Error::Malformed)? {
            b'-' | b'0'..=b'9' => self.number(),
            b'"' => self.string().map(Bare::String),
            b':' => self.bytes().map(Bare::Bytes),
            b'?' => self.boolean().map(Bare::Boolean),
            b'*' | b'A'..=b'Z' | b'a'..=b'z' => Ok(Bare::Token(String::from(self.take_while(is_token_byte)))),
            b'@' => {
                self.eat(b'@');
                match self.number()? {
                    Bare::Integer(seconds) => Ok(Bare::Date(seconds)),
                    _ => Err(Error::Malformed),
                }
            }
            b'%' => self.display_string().map(Bare::DisplayString),
            _ => Err(Error::Malformed),
        }
    }

    fn number(&mut self) -> Result<Bare, Error> {
        let negative = self.eat(b'-');
        let whole = self.take_while(|byte| byte.is_ascii_digit());
        let fraction = if self.eat(b'.') { Some(self.take_while(|byte| byte.is_ascii_digit())) } else { None };
        let whole_max = if fraction.is_some() { 12 } else { 15 };
        if whole.is_empty() || whole.len() > whole_max {
            return Err(Error::Malformed);
        }
        let sign = if negative { -1 } else { 1 };
        let digits = |text: &str| text.bytes().fold(0_i64, |number, digit| number * 10 + i64::from(digit - b'0'));
        let Some(fraction) = fraction else {
            return Ok(Bare::Integer(sign * digits(whole)));
        };
        let scale = match fraction.len() {
            1 => 100,
            2 => 10,
            3 => 1,
            _ => return Err(Error::Malformed),
        };
        Ok(Bare::Decimal(sign * (digits(whole) * 1000 + digits(fraction) * scale)))
    }

    fn string(&mut self) -> Result<String, Error> {
        self.eat(b'"');
        let mut text = String::new();
        loop {
            match self.next().ok_or(Error::Malformed)? {
                b'"' => return Ok(text),
                b'\\' => match self.next() {
                    Some(escaped @ (b'"' | b'\\')) => text.push(char::from(escaped)),
                    _ => return Err(Error::Malformed),
                },
                byte @ b' '..=b'~' => text.push(char::from(byte)),
                _ => return Err(Error::Malformed),
            }
        }
    }

    fn bytes(&mut self) -> Result<Vec<u8>, Error> {
        self.eat(b':');
        let text = self.take_while(|byte| byte != b':');
        if !self.eat(b':') {
            return Err(Error::Malformed);
        }
        match self.limits.reading {
            Reading::Strict => Base64::decode_vec(text),
            Reading::Lenient => Base64::decode_vec(&padded(text)),
        }
        .map_err(|_| Error::Malformed)
    }

    /// `%"…"`: printable ASCII, and UTF-8 percent-encoded in lower case (§4.2.10).
    fn display_string(&mut self) -> Result<String, Error> {
        self.eat(b'%');
        if !self.eat(b'"') {
            return Err(Error::Malformed);
        }
        let mut bytes = Vec::new();
        loop {
            match self.next().ok_or(Error::Malformed)? {
                b'"' => return String::from_utf8(bytes).map_err(|_| Error::Malformed),
                b'%' => {
                    let mut digit = || match self.next() {
                        Some(byte @ b'0'..=b'9') => Ok(byte - b'0'),
                        Some(byte @ b'a'..=b'f') => Ok(byte - b'a' + 10),
                        _ => Err(Error::Malformed),
                    };
                    bytes.push(digit()? << 4 | digit()?);
                }
                byte @ b' '..=b'~' => bytes.push(byte),
                _ => return Err(Error::Malformed),
            }
        }
    }

    fn boolean(&mut self) -> Result<bool, Error> {
        self.eat(b'?');
        match self.next() {
            Some(b'1') => Ok(true),
            Some(b'0') => Ok(false),
            _ => Err(Error::Malformed),
        }
    }
}

/// Base64 with the padding that it lacks, and without stray bits in its last digit.
fn padded(text: &str) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::from(text);
    if text.len() % 4 == 0 {
        let end = text.trim_end_matches('=').len();
        text.truncate(end);
    }
    let stray: u8 = match text.len() % 4 {
        2 => 0b1111,
        3 => 0b11,
        _ => 0,
    };
    if let Some(last) = text.pop() {
        let value = DIGITS.iter().zip(0_u8..).find(|(digit, _)| char::from(**digit) == last).map(|(_, value)| value);
        let digit = value.and_then(|value| DIGITS.get(usize::from(value & !stray)));
        text.push(digit.map_or(last, |digit| char::from(*digit)));
    }
    while text.len() % 4 != 0 {
        text.push('=');
    }
    text
}

/// What a token may hold after its first character.
pub(super) fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~:/".contains(&byte)
}

/// What a key may hold after its first character.
pub(super) fn is_key_byte(byte: u8) -> bool {
    matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-' | b'.' | b'*')
}

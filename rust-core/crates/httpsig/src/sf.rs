//! The part of structured fields (RFC 9651) that signatures and digests need, read more strictly than the RFC asks.
//!
//! The RFC lets the last of two equal keys win. Here a repeated key, parameter or label is an error: two parties that read
//! one message differently are how a signature gets to cover something else than what is used.

use alloc::string::String;
use alloc::vec::Vec;

use base64ct::{Base64, Encoding};

/// What one field may hold; beyond it, it is refused before it is understood.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    pub bytes: usize,
    /// Members of the dictionary.
    pub members: usize,
    /// Items of an inner list.
    pub items: usize,
    /// Parameters of one item or inner list.
    pub parameters: usize,
}

impl Limits {
    /// For `Signature` and `Signature-Input`.
    pub const SIGNATURES: Self = Self { bytes: 4096, members: 4, items: 16, parameters: 8 };
    /// For `Content-Digest`.
    pub const DIGESTS: Self = Self { bytes: 4096, members: 8, items: 0, parameters: 4 };
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Error {
    TooLarge,
    Malformed,
    /// A key, label or parameter stands there twice.
    Repeated,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Bare {
    Integer(i64),
    /// In thousandths.
    Decimal(i64),
    String(String),
    Token(String),
    Bytes(Vec<u8>),
    Boolean(bool),
}

pub type Parameters = Vec<(String, Bare)>;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    pub value: Bare,
    pub parameters: Parameters,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InnerList {
    pub items: Vec<Item>,
    pub parameters: Parameters,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Member {
    Item(Item),
    InnerList(InnerList),
}

pub type Dictionary = Vec<(String, Member)>;

/// Reads a dictionary; several lines of a field are joined with `", "` before.
pub fn parse_dictionary(text: &str, limits: Limits) -> Result<Dictionary, Error> {
    let mut input = Input::new(text, limits)?;
    let mut members = Dictionary::new();
    input.skip_spaces();
    while input.peek().is_some() {
        let key = input.key()?;
        let member = if input.eat(b'=') {
            input.member()?
        } else {
            Member::Item(Item { value: Bare::Boolean(true), parameters: input.parameters()? })
        };
        insert(&mut members, key, member, limits.members)?;
        input.skip_blanks();
        if input.peek().is_none() {
            return Ok(members);
        }
        if !input.eat(b',') {
            return Err(Error::Malformed);
        }
        input.skip_blanks();
        if input.peek().is_none() {
            return Err(Error::Malformed);
        }
    }
    Ok(members)
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

fn insert<T>(entries: &mut Vec<(String, T)>, key: String, value: T, max: usize) -> Result<(), Error> {
    if entries.iter().any(|(known, _)| *known == key) {
        return Err(Error::Repeated);
    }
    if entries.len() >= max {
        return Err(Error::TooLarge);
    }
    entries.push((key, value));
    Ok(())
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
        let key = self.take_while(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-' | b'.' | b'*'));
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
            insert(&mut parameters, key, value, self.limits.parameters)?;
        }
        Ok(parameters)
    }

    fn bare(&mut self) -> Result<Bare, Error> {
        match self.peek().ok_or(Error::Malformed)? {
            b'-' | b'0'..=b'9' => self.number(),
            b'"' => self.string().map(Bare::String),
            b':' => self.bytes().map(Bare::Bytes),
            b'?' => self.boolean().map(Bare::Boolean),
            b'*' | b'A'..=b'Z' | b'a'..=b'z' => {
                let token =
                    self.take_while(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~:/".contains(&byte));
                Ok(Bare::Token(String::from(token)))
            }
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

    /// Canonical base64 only: one byte sequence has one spelling.
    fn bytes(&mut self) -> Result<Vec<u8>, Error> {
        self.eat(b':');
        let text = self.take_while(|byte| byte != b':');
        if !self.eat(b':') {
            return Err(Error::Malformed);
        }
        Base64::decode_vec(text).map_err(|_| Error::Malformed)
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

/// Writes an inner list as RFC 9651 §4.1.1.1 does; this is what stands in a signature base.
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
        out.push_str(key);
        if *value != Bare::Boolean(true) {
            out.push('=');
            write_bare(out, value)?;
        }
    }
    Ok(())
}

fn write_bare(out: &mut String, value: &Bare) -> Result<(), Error> {
    match value {
        Bare::Integer(number) => out.push_str(&alloc::format!("{number}")),
        Bare::Decimal(thousandths) => {
            let sign = if *thousandths < 0 { "-" } else { "" };
            let whole = thousandths.unsigned_abs() / 1000;
            let fraction = alloc::format!("{:03}", thousandths.unsigned_abs() % 1000);
            let shown = fraction.trim_end_matches('0');
            out.push_str(&alloc::format!("{sign}{whole}.{}", if shown.is_empty() { "0" } else { shown }));
        }
        Bare::String(text) => return write_string(out, text),
        Bare::Token(text) => out.push_str(text),
        Bare::Bytes(bytes) => {
            out.push(':');
            out.push_str(&Base64::encode_string(bytes));
            out.push(':');
        }
        Bare::Boolean(value) => out.push_str(if *value { "?1" } else { "?0" }),
    }
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

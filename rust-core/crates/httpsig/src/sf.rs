//! Structured fields (RFC 9651): the data. [`read`] parses it, [`write`](mod@write) serialises it.

pub mod read;
pub mod write;

use alloc::string::String;
use alloc::vec::Vec;

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
    pub reading: Reading,
}

/// How the text is read where the RFC is lenient.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reading {
    /// A repeated key, parameter or label is an error, and bytes have one spelling: two parties that read one message
    /// differently are how a signature gets to cover something else than what is used.
    Strict,
    /// As the RFC says: the last of two equal keys wins, and base64 may lack its padding.
    Lenient,
}

impl Limits {
    /// For `Signature` and `Signature-Input`.
    pub const SIGNATURES: Self = Self { bytes: 4096, members: 4, items: 16, parameters: 8, reading: Reading::Strict };
    /// For `Content-Digest`.
    pub const DIGESTS: Self = Self { bytes: 4096, members: 8, items: 0, parameters: 4, reading: Reading::Strict };
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
    /// Unix seconds.
    Date(i64),
    DisplayString(String),
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

pub type List = Vec<Member>;

pub type Dictionary = Vec<(String, Member)>;

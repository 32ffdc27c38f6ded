//! A program's parts, decoded once. What is here has been verified (`verify`): every index leads somewhere, every type fits.

use crate::isa::{Instruction, Op};
use crate::text::Class;
use crate::verify;

/// A compiled program for two dozen gateways stays below this.
pub const BODY_BYTES_MAX: usize = 64 * 1024;
pub(crate) const VERSION: u8 = 1;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LoadError {
    TooLarge,
    /// It ends too early, goes on too long, or something in it is none of what it may be.
    Malformed,
    /// Made for another deployment, or altered.
    OtherKey,
    /// This instruction of this routine would do what no instruction may.
    Instruction {
        routine: u16,
        at: u16,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Routine {
    BuildDeposit,
    ReadDeposit,
    BuildStatus,
    ReadStatus,
    BuildPredict,
    ReadPredict,
    ReadCallback,
    BuildKeys,
    BuildConditions,
    BuildToken,
    ReadToken,
    BuildCancel,
    ReadCancel,
    BuildOtp,
    ReadOtp,
}

impl Routine {
    pub(crate) const ALL: [Self; 15] = [
        Self::BuildDeposit,
        Self::ReadDeposit,
        Self::BuildStatus,
        Self::ReadStatus,
        Self::BuildPredict,
        Self::ReadPredict,
        Self::ReadCallback,
        Self::BuildKeys,
        Self::BuildConditions,
        Self::BuildToken,
        Self::ReadToken,
        Self::BuildCancel,
        Self::ReadCancel,
        Self::BuildOtp,
        Self::ReadOtp,
    ];
}

/// Rows of (key, value), both texts, sorted by key.
#[derive(Debug)]
pub(crate) struct Table(pub(crate) Vec<(u16, u16)>);

#[derive(Debug)]
pub struct Gateway {
    name: u16,
    facts: u16,
    routines: Vec<(Routine, Vec<Instruction>)>,
}

#[derive(Debug)]
pub struct Program {
    /// SHA-256 of the plain body; zeros for one that was not in an envelope.
    pub id: [u8; 32],
    texts: Vec<String>,
    pub(crate) ints: Vec<u64>,
    pub(crate) tables: Vec<Table>,
    pub(crate) classes: Vec<Class>,
    gateways: Vec<Gateway>,
}

impl Program {
    /// Reads and verifies a body with canonical opcodes.
    pub fn from_plain(body: &[u8]) -> Result<Self, LoadError> {
        if body.len() > BODY_BYTES_MAX {
            return Err(LoadError::TooLarge);
        }
        let mut reader = Reader(body);
        let (mut program, spans, code) = read(&mut reader).ok_or(LoadError::Malformed)?;
        if !reader.0.is_empty() || !program.is_sound() {
            return Err(LoadError::Malformed);
        }
        let mut code = code.as_slice();
        for (index, (gateway, routine, length)) in (0..u16::MAX).zip(spans) {
            let (own, rest) = code.split_at_checked(length).ok_or(LoadError::Malformed)?;
            code = rest;
            let instructions =
                verify::routine(&program, own).map_err(|at| LoadError::Instruction { routine: index, at })?;
            let gateway = program.gateways.get_mut(gateway).ok_or(LoadError::Malformed)?;
            if gateway.routines.iter().any(|(known, _)| *known == routine) {
                return Err(LoadError::Malformed);
            }
            gateway.routines.push((routine, instructions));
        }
        if code.is_empty() { Ok(program) } else { Err(LoadError::Malformed) }
    }

    pub fn gateways(&self) -> impl Iterator<Item = (&str, &Gateway)> {
        self.gateways.iter().map(|gateway| (self.text(gateway.name), gateway))
    }

    #[must_use]
    pub fn gateway(&self, name: &str) -> Option<&Gateway> {
        self.gateways().find_map(|(known, gateway)| (known == name).then_some(gateway))
    }

    /// What the spec says of a gateway beside its routines.
    #[must_use]
    pub fn fact(&self, gateway: &Gateway, key: &str) -> Option<&str> {
        self.tables.get(usize::from(gateway.facts)).and_then(|table| self.lookup(table, key))
    }

    pub fn facts<'a>(&'a self, gateway: &Gateway) -> impl Iterator<Item = (&'a str, &'a str)> {
        let rows = self.tables.get(usize::from(gateway.facts)).map_or(&[][..], |table| &table.0);
        rows.iter().map(|(key, value)| (self.text(*key), self.text(*value)))
    }

    /// Verified indices only; nothing for any other.
    pub(crate) fn text(&self, index: u16) -> &str {
        self.texts.get(usize::from(index)).map_or("", String::as_str)
    }

    pub(crate) fn has_text(&self, index: u16) -> bool {
        usize::from(index) < self.texts.len()
    }

    pub(crate) fn lookup(&self, table: &Table, key: &str) -> Option<&str> {
        let found = table.0.binary_search_by(|(known, _)| self.text(*known).cmp(key)).ok()?;
        table.0.get(found).map(|(_, value)| self.text(*value))
    }

    fn is_sound(&self) -> bool {
        let rows_are_sound = |table: &Table| {
            table.0.iter().all(|(key, value)| self.has_text(*key) && self.has_text(*value))
                && table.0.is_sorted_by(|(one, _), (next, _)| self.text(*one) < self.text(*next))
        };
        let names = |gateway: &Gateway| {
            self.has_text(gateway.name)
                && usize::from(gateway.facts) < self.tables.len()
                && self.gateways().filter(|(name, _)| *name == self.text(gateway.name)).count() == 1
        };
        self.tables.iter().all(rows_are_sound) && self.gateways.iter().all(names)
    }
}

impl Gateway {
    pub(crate) fn routine(&self, routine: Routine) -> Option<&[Instruction]> {
        self.routines.iter().find_map(|(known, code)| (*known == routine).then_some(code.as_slice()))
    }
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn bytes(&mut self, count: usize) -> Option<&'a [u8]> {
        let (bytes, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(bytes)
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (bytes, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(*bytes)
    }

    fn u8(&mut self) -> Option<u8> {
        self.array().map(u8::from_be_bytes)
    }

    fn u16(&mut self) -> Option<u16> {
        self.array().map(u16::from_be_bytes)
    }

    /// As many as the number in front says. What is reserved is bounded by the bytes that are there.
    fn list<T>(&mut self, one: impl Fn(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        let count = self.u16()?;
        (0..count).map(|_| one(self)).collect()
    }
}

type Spans = Vec<(usize, Routine, usize)>;

fn read(reader: &mut Reader<'_>) -> Option<(Program, Spans, Vec<Instruction>)> {
    let code = reader.list(|reader| {
        let [op, a, b, c, x1, x0, y1, y0] = reader.array::<8>()?;
        let op = *Op::ALL.get(usize::from(op))?;
        Some(Instruction { op, a, b, c, x: u16::from_be_bytes([x1, x0]), y: u16::from_be_bytes([y1, y0]) })
    })?;
    if reader.u8()? != VERSION {
        return None;
    }
    let texts = reader.list(|reader| {
        let length = usize::from(reader.u16()?);
        String::from_utf8(reader.bytes(length)?.to_vec()).ok()
    })?;
    let ints = reader.list(|reader| reader.array().map(u64::from_be_bytes))?;
    let tables = reader.list(|reader| reader.list(|reader| Some((reader.u16()?, reader.u16()?))).map(Table))?;
    let classes = reader.list(|reader| {
        let (kind, min, max) = (reader.u8()?, reader.u16()?, reader.u16()?);
        Class::new(kind, min, max, u128::from_be_bytes(reader.array()?))
    })?;
    let gateways =
        reader.list(|reader| Some(Gateway { name: reader.u16()?, facts: reader.u16()?, routines: Vec::new() }))?;
    let spans = reader.list(|reader| {
        let (gateway, kind, length) = (reader.u8()?, reader.u8()?, reader.u16()?);
        Some((usize::from(gateway), *Routine::ALL.get(usize::from(kind))?, usize::from(length)))
    })?;
    Some((Program { id: [0; 32], texts, ints, tables, classes, gateways }, spans, code))
}

//! The interpreter. One buffer, sixteen registers that borrow from what was handed over, nothing else.

use payments::money::{exponent, format_minor, parse_minor};
use strict_json::Json;
use zeroize::{Zeroize, Zeroizing};

use crate::isa::{INPUTS, Instruction, Op, REGISTERS};
use crate::program::{Gateway, Program, Routine};

/// All that one run may write: a request's body, path and headers together.
const BUFFER_BYTES: usize = 16 * 1024;
const HEADERS_MAX: usize = 16;

/// Where `Out` puts what was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Field {
    Method,
    Path,
    Body,
    Signed,
    Kind,
    Outcome,
    Code,
    Reason,
    Message,
    AmountMinor,
    Currency,
    TransactionId,
    NextAction,
    NextUrl,
    Operation,
    Reference,
    Country,
    Provider,
    PhoneNumber,
    DayCapMinor,
    Day,
    GatewayId,
    Token,
    ExpiresInS,
}

pub const FIELDS: usize = 24;

/// What a routine is handed; it asks for each by its number (`isa::INPUTS`).
#[derive(Debug, Clone, Copy, Default)]
pub struct Inputs<'a> {
    pub settings: Option<&'a Json>,
    pub body: Option<&'a Json>,
    pub http: Option<u64>,
    pub now_ms: Option<u64>,
    pub reference: Option<&'a str>,
    pub amount_minor: Option<u64>,
    pub currency: Option<&'a str>,
    pub phone_number: Option<&'a str>,
    pub provider: Option<&'a str>,
    pub customer_message: Option<&'a str>,
    pub invoice: Option<&'a str>,
    pub operation: Option<&'a str>,
    pub merchant_id: Option<&'a str>,
    pub pre_authorisation_code: Option<&'a str>,
    pub resume_url: Option<&'a str>,
    pub country: Option<&'a str>,
    pub token: Option<&'a str>,
    pub gateway_id: Option<&'a str>,
    pub otp: Option<&'a str>,
}

#[derive(Debug, Clone, Copy)]
enum Value<'a> {
    Int(u64),
    Text(&'a str),
    Node(&'a Json),
}

impl<'a> Inputs<'a> {
    fn values(&self) -> [Option<Value<'a>>; INPUTS.len()] {
        [
            self.settings.map(Value::Node),
            self.body.map(Value::Node),
            self.http.map(Value::Int),
            self.now_ms.map(Value::Int),
            self.reference.map(Value::Text),
            self.amount_minor.map(Value::Int),
            self.currency.map(Value::Text),
            self.phone_number.map(Value::Text),
            self.provider.map(Value::Text),
            self.customer_message.map(Value::Text),
            self.invoice.map(Value::Text),
            self.operation.map(Value::Text),
            self.merchant_id.map(Value::Text),
            self.pre_authorisation_code.map(Value::Text),
            self.resume_url.map(Value::Text),
            self.country.map(Value::Text),
            self.token.map(Value::Text),
            self.gateway_id.map(Value::Text),
            self.otp.map(Value::Text),
        ]
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ended {
    Halted,
    /// By the program's own rules; the text names which.
    Refused(String),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trap {
    /// The gateway has no such routine.
    NoRoutine,
    /// More was written than a run may write.
    Full,
    Overflow,
    /// Not after verification: kept as a value so that nothing here can panic.
    Impossible,
}

/// What a run wrote. Wiped when dropped: a header carries the gateway's token.
#[derive(Debug)]
pub struct Output<'a> {
    pub ended: Ended,
    buffer: Buffer,
    fields: [Option<(usize, usize)>; FIELDS],
    headers: Vec<(&'a str, (usize, usize))>,
}

impl Output<'_> {
    #[must_use]
    pub fn get(&self, field: Field) -> Option<&str> {
        let (from, to) = self.fields.get(field as usize).copied().flatten()?;
        self.buffer.text.get(from..to)
    }

    pub fn headers(&self) -> impl Iterator<Item = (&str, &str)> {
        self.headers.iter().map(|(name, (from, to))| (*name, self.buffer.text.get(*from..*to).unwrap_or_default()))
    }
}

/// Runs a routine of a verified program.
pub fn run<'a>(
    program: &'a Program,
    gateway: &'a Gateway,
    routine: Routine,
    inputs: &Inputs<'a>,
) -> Result<Output<'a>, Trap> {
    let code = gateway.routine(routine).ok_or(Trap::NoRoutine)?;
    let mut machine = Machine {
        program,
        registers: [None; REGISTERS],
        inputs: inputs.values(),
        buffer: Buffer::new(),
        mark: 0,
        fields: [None; FIELDS],
        headers: Vec::with_capacity(HEADERS_MAX),
    };
    let mut at = 0;
    loop {
        let instruction = code.get(at).ok_or(Trap::Impossible)?;
        match machine.step(instruction)? {
            Next::Following => at += 1,
            // Forward, as verified; so this loop ends.
            Next::Jump => at = usize::from(instruction.y),
            Next::End(ended) => {
                let Machine { buffer, fields, headers, .. } = machine;
                return Ok(Output { ended, buffer, fields, headers });
            }
        }
    }
}

/// What a run writes. When it is dropped it is wiped as far as it was ever written: sixteen kilobytes a run, byte by byte, would
/// take longer than the run.
#[derive(Debug)]
struct Buffer {
    text: String,
    /// Behind the text there may be what was taken away again, up to here.
    written: usize,
}

impl Buffer {
    fn new() -> Self {
        // All of it at once: no growing leaves a copy of a token behind.
        Self { text: String::with_capacity(BUFFER_BYTES), written: 0 }
    }

    fn take_from(&mut self, at: usize) -> Zeroizing<String> {
        let taken = Zeroizing::new(self.text.get(at..).unwrap_or_default().to_owned());
        self.written = self.written.max(self.text.len());
        self.text.truncate(at);
        taken
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        let mut bytes = core::mem::take(&mut self.text).into_bytes();
        bytes.resize(self.written.max(bytes.len()), 0);
        bytes.as_mut_slice().zeroize();
    }
}

struct Machine<'a> {
    program: &'a Program,
    registers: [Option<Value<'a>>; REGISTERS],
    inputs: [Option<Value<'a>>; INPUTS.len()],
    buffer: Buffer,
    /// Where what has not been put out yet begins.
    mark: usize,
    fields: [Option<(usize, usize)>; FIELDS],
    headers: Vec<(&'a str, (usize, usize))>,
}

enum Next {
    Following,
    Jump,
    End(Ended),
}

impl<'a> Machine<'a> {
    fn step(&mut self, instruction: &Instruction) -> Result<Next, Trap> {
        let Instruction { op, a, b, c, x, .. } = *instruction;
        let program = self.program;
        let index = usize::from(x);
        match op {
            Op::Halt => return Ok(Next::End(Ended::Halted)),
            Op::Refuse => return Ok(Next::End(Ended::Refused(program.text(x).to_owned()))),
            Op::Jump => return Ok(Next::Jump),
            Op::Input => {
                let value = self.inputs.get(index).copied().flatten();
                return self.write_or_jump(a, value);
            }
            Op::Text => self.write(a, Value::Text(program.text(x)))?,
            Op::Number => self.write(a, Value::Int(self.constant(index)?))?,
            Op::Member => {
                let node = self.node(b)?.get(program.text(x));
                self.write(a, Value::Node(node))?;
            }
            Op::Item => {
                let node = self.node(b)?.array().and_then(|items| items.get(index)).unwrap_or(&Json::Null);
                self.write(a, Value::Node(node))?;
            }
            Op::String => {
                let class = program.classes.get(usize::from(c)).ok_or(Trap::Impossible)?;
                let value = self.node(b)?.text().filter(|text| class.has(text)).map(Value::Text);
                return self.write_or_jump(a, value);
            }
            Op::Whole => {
                let value = self.node(b)?.integer().map(Value::Int);
                return self.write_or_jump(a, value);
            }
            Op::Digits => {
                let value = digits(self.text(b)?).map(Value::Int);
                return self.write_or_jump(a, value);
            }
            Op::Lookup => {
                let table = program.tables.get(index).ok_or(Trap::Impossible)?;
                let value = program.lookup(table, self.text(b)?).map(Value::Text);
                return self.write_or_jump(a, value);
            }
            Op::Same => return Ok(unless(self.text(a)? == self.text(b)?)),
            Op::Null => return Ok(unless(self.node(a)?.is_null())),
            Op::Object => return Ok(unless(self.node(a)?.is_object())),
            Op::Fits => {
                let class = program.classes.get(usize::from(c)).ok_or(Trap::Impossible)?;
                return Ok(unless(class.has(self.text(a)?)));
            }
            Op::AtLeast => return Ok(unless(self.int(a)? >= self.int(b)?)),
            Op::Divide => self.calculate(a, b, index, u64::checked_div)?,
            Op::Modulo => self.calculate(a, b, index, u64::checked_rem)?,
            Op::Add => self.calculate(a, b, index, u64::checked_add)?,
            Op::Decimals => {
                let fits = decimals(self.int(a)?, self.text(b)?).is_some_and(|used| used <= self.int(c).unwrap_or(0));
                return Ok(unless(fits));
            }
            Op::Put => self.put(program.text(x))?,
            Op::PutText => self.put(self.text(a)?)?,
            Op::PutJson => self.put_json(a)?,
            Op::PutUrl => self.put_url(a)?,
            Op::PutInt => self.put(&self.int(a)?.to_string())?,
            Op::PutMoney => match money(self.int(a)?, self.text(b)?, c == 1) {
                Some(text) => self.put(&text)?,
                None => return Ok(Next::Jump),
            },
            Op::PutMinor => match parse_minor(self.text(a)?, self.text(b)?) {
                Some(minor) => self.put(&minor.to_string())?,
                None => return Ok(Next::Jump),
            },
            Op::PutMajor => match minor_of(self.node(a)?, self.text(b)?) {
                Some(minor) => self.put(&minor.to_string())?,
                None => return Ok(Next::Jump),
            },
            Op::PutLog => self.put(&for_log(self.text(a)?))?,
            Op::Base64 => self.base64(program.text(x))?,
            Op::Out => {
                let span = self.take();
                *self.fields.get_mut(index).ok_or(Trap::Impossible)? = Some(span);
            }
            Op::Header => {
                if self.headers.len() == HEADERS_MAX {
                    return Err(Trap::Full);
                }
                let span = self.take();
                self.headers.push((program.text(x), span));
            }
        }
        Ok(Next::Following)
    }

    fn take(&mut self) -> (usize, usize) {
        let span = (self.mark, self.buffer.text.len());
        self.mark = span.1;
        span
    }

    fn write(&mut self, register: u8, value: Value<'a>) -> Result<(), Trap> {
        *self.registers.get_mut(usize::from(register)).ok_or(Trap::Impossible)? = Some(value);
        Ok(())
    }

    fn write_or_jump(&mut self, register: u8, value: Option<Value<'a>>) -> Result<Next, Trap> {
        let Some(value) = value else { return Ok(Next::Jump) };
        self.write(register, value)?;
        Ok(Next::Following)
    }

    fn read(&self, register: u8) -> Option<Value<'a>> {
        self.registers.get(usize::from(register)).copied().flatten()
    }

    fn int(&self, register: u8) -> Result<u64, Trap> {
        if let Some(Value::Int(int)) = self.read(register) { Ok(int) } else { Err(Trap::Impossible) }
    }

    fn text(&self, register: u8) -> Result<&'a str, Trap> {
        if let Some(Value::Text(text)) = self.read(register) { Ok(text) } else { Err(Trap::Impossible) }
    }

    fn node(&self, register: u8) -> Result<&'a Json, Trap> {
        if let Some(Value::Node(node)) = self.read(register) { Ok(node) } else { Err(Trap::Impossible) }
    }

    fn constant(&self, index: usize) -> Result<u64, Trap> {
        self.program.ints.get(index).copied().ok_or(Trap::Impossible)
    }

    fn calculate(&mut self, a: u8, b: u8, x: usize, how: fn(u64, u64) -> Option<u64>) -> Result<(), Trap> {
        let value = how(self.int(b)?, self.constant(x)?).ok_or(Trap::Overflow)?;
        self.write(a, Value::Int(value))
    }

    fn put(&mut self, text: &str) -> Result<(), Trap> {
        if self.buffer.text.len() + text.len() > BUFFER_BYTES {
            return Err(Trap::Full);
        }
        self.buffer.text.push_str(text);
        Ok(())
    }

    /// As a JSON string, escaped as `serde_json` does it.
    fn put_json(&mut self, a: u8) -> Result<(), Trap> {
        let mut rest = self.text(a)?;
        self.put("\"")?;
        while let Some(at) = rest.find(|character: char| character < ' ' || character == '"' || character == '\\') {
            let (plain, from) = rest.split_at(at);
            self.put(plain)?;
            let mut characters = from.chars();
            match characters.next().unwrap_or_default() {
                '"' => self.put("\\\"")?,
                '\\' => self.put("\\\\")?,
                '\n' => self.put("\\n")?,
                '\r' => self.put("\\r")?,
                '\t' => self.put("\\t")?,
                '\u{8}' => self.put("\\b")?,
                '\u{c}' => self.put("\\f")?,
                control => {
                    self.put("\\u00")?;
                    self.put_hex(control as u32, b"0123456789abcdef")?;
                }
            }
            rest = characters.as_str();
        }
        self.put(rest)?;
        self.put("\"")
    }

    fn put_hex(&mut self, byte: u32, digits: &[u8; 16]) -> Result<(), Trap> {
        for shift in [4, 0] {
            let digit = digits.get((byte >> shift & 15) as usize).copied().unwrap_or_default();
            self.put(char::from(digit).encode_utf8(&mut [0; 4]))?;
        }
        Ok(())
    }

    /// Percent-encoded, all but RFC 3986's unreserved characters: right in a path segment, a query and a form.
    fn put_url(&mut self, a: u8) -> Result<(), Trap> {
        for byte in self.text(a)?.bytes() {
            if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
                self.put(char::from(byte).encode_utf8(&mut [0; 4]))?;
            } else {
                self.put("%")?;
                self.put_hex(u32::from(byte), b"0123456789ABCDEF")?;
            }
        }
        Ok(())
    }

    /// What is written and not yet put out, as its base64 behind `prefix`.
    fn base64(&mut self, prefix: &str) -> Result<(), Trap> {
        const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        let plain = self.buffer.take_from(self.mark);
        self.put(prefix)?;
        for chunk in plain.as_bytes().chunks(3) {
            let mut word = chunk.iter().fold(0_u32, |word, byte| word << 8 | u32::from(*byte));
            word <<= 8 * (3 - chunk.len());
            for place in 0..4 {
                let digit = DIGITS.get((word >> (18 - 6 * place) & 63) as usize).copied().unwrap_or_default();
                let digit = if place > chunk.len() { '=' } else { char::from(digit) };
                self.put(digit.encode_utf8(&mut [0; 4]))?;
            }
        }
        Ok(())
    }
}

const fn unless(so: bool) -> Next {
    if so { Next::Following } else { Next::Jump }
}

/// A whole number as it is written once: no sign, no leading zero.
fn digits(text: &str) -> Option<u64> {
    let canonical = text.bytes().all(|byte| byte.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
    text.parse().ok().filter(|_| canonical)
}

/// How many decimals an amount needs: 0 for 1000 ZMW-ngwee, 2 for 1001.
fn decimals(minor: u64, currency: &str) -> Option<u64> {
    let text = money(minor, currency, true)?;
    Some(text.split_once('.').map_or(0, |(_, fraction)| fraction.len() as u64))
}

const INTEGER_DIGITS_MAX: usize = 18;

/// A JSON number of a currency in its minor units, when it is a whole number of them.
fn minor_of(node: &Json, currency: &str) -> Option<u64> {
    let thousandths = match node {
        Json::Integer(whole) => whole.checked_mul(1000)?,
        Json::Thousandths(thousandths) => *thousandths,
        _ => return None,
    };
    let unit = 10_u64.pow(3_u32.checked_sub(exponent(currency)?.into())?);
    (thousandths % unit == 0).then_some(thousandths / unit)
}

/// `trimmed`: no trailing zeros, and no point after which nothing comes.
fn money(minor: u64, currency: &str, trimmed: bool) -> Option<String> {
    let mut text = format_minor(minor, currency)?;
    if trimmed && text.contains('.') {
        let length = text.trim_end_matches('0').trim_end_matches('.').len();
        text.truncate(length);
    }
    let integer_digits = text.split('.').next().map_or(0, str::len);
    (integer_digits <= INTEGER_DIGITS_MAX).then_some(text)
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

//! Every component of RFC 9421 §2: of requests and responses, with all their parameters.
//!
//! What a Worker can know of a message is less than this (no raw request line, no field lines, no trailers):
//! docs/signatures.md says what.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;

use base64ct::{Base64, Encoding};

use crate::message::{BaseError, Components, is_field_name};
use crate::sf::read::{parse_dictionary, parse_item, parse_list};
use crate::sf::write::{write_dictionary, write_item, write_list, write_member};
use crate::sf::{self, Bare, Item, Limits, Parameters, Reading};

/// What a structured field may hold when it is covered with `;sf` or `;key`.
const FIELD_LIMITS: Limits =
    Limits { bytes: 16_384, members: 128, items: 128, parameters: 32, reading: Reading::Strict };

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldType {
    Item,
    List,
    Dictionary,
}

/// The types of registered fields that may be covered with `;sf` or `;key`. Closed: to guess a type is to verify another text.
#[must_use]
pub fn field_type(name: &str) -> Option<FieldType> {
    match name {
        "accept-ch" | "cache-status" | "proxy-status" => Some(FieldType::List),
        "accept-signature"
        | "cdn-cache-control"
        | "content-digest"
        | "priority"
        | "repr-digest"
        | "signature"
        | "signature-agent"
        | "signature-input"
        | "want-content-digest"
        | "want-repr-digest" => Some(FieldType::Dictionary),
        "idempotency-key" => Some(FieldType::Item),
        _ => None,
    }
}

/// A request or a response as it was on the wire. Header names in any case, lines in order, values as received.
#[derive(Debug, Clone, Copy)]
pub struct Message<'a> {
    pub start: Start<'a>,
    pub headers: &'a [(&'a str, &'a str)],
    pub trailers: &'a [(&'a str, &'a str)],
    /// The request that a response answers, for components with `;req`.
    pub request: Option<&'a Message<'a>>,
    /// Says of what type a structured field is: [`field_type`], or more.
    pub field_type: fn(&str) -> Option<FieldType>,
}

#[derive(Debug, Clone, Copy)]
pub enum Start<'a> {
    Request {
        method: &'a str,
        /// Absolute, as it was before anybody normalised it.
        target_uri: &'a str,
        /// As on the request line; `None` is the origin form of the target URI.
        request_target: Option<&'a str>,
    },
    Response {
        status: u16,
    },
}

impl Message<'_> {
    /// The field's lines, each trimmed and unfolded.
    fn lines(&self, name: &str, trailers: bool) -> Result<Vec<Cow<'_, str>>, BaseError> {
        let fields = if trailers { self.trailers } else { self.headers };
        let lines: Vec<_> = fields
            .iter()
            .filter(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| unfolded(value))
            .collect::<Result<_, _>>()?;
        if lines.is_empty() { Err(BaseError::ComponentAbsent) } else { Ok(lines) }
    }

    /// The field's value: its lines joined with `", "`. `None` when there is no such field.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<String> {
        self.lines(name, false).ok().map(|lines| lines.join(", "))
    }

    #[must_use]
    pub fn field_count(&self, name: &str) -> usize {
        self.headers.iter().filter(|(known, _)| known.eq_ignore_ascii_case(name)).count()
    }

    fn derived(&self, name: &str, parameter: Option<&str>) -> Result<String, BaseError> {
        let (method, target_uri, request_target) = match (self.start, name) {
            (Start::Response { status }, "@status") => return plain(parameter, alloc::format!("{status:03}")),
            (Start::Response { .. }, _) => return Err(BaseError::ComponentUnsupported),
            (Start::Request { method, target_uri, request_target }, _) => (method, target_uri, request_target),
        };
        let target = || Target::parse(target_uri).ok_or(BaseError::ValueMalformed);
        let value = match name {
            "@method" => String::from(method),
            "@target-uri" => String::from(target_uri),
            "@authority" => target()?.authority,
            "@scheme" => target()?.scheme,
            "@request-target" => match request_target {
                Some(given) => String::from(given),
                None => target()?.origin_form().into_owned(),
            },
            "@path" => String::from(target()?.path),
            "@query" => alloc::format!("?{}", target()?.query.unwrap_or_default()),
            "@query-param" => {
                let wanted = parameter.ok_or(BaseError::ParameterUnsupported)?;
                return query_parameter(target()?.query.unwrap_or_default(), wanted);
            }
            _ => return Err(BaseError::ComponentUnsupported),
        };
        plain(parameter, value)
    }

    fn covered_field(&self, name: &str, flags: &Flags<'_>) -> Result<String, BaseError> {
        if flags.name.is_some() || (flags.bs && (flags.sf || flags.key.is_some())) {
            return Err(BaseError::ParameterUnsupported);
        }
        let lines = self.lines(name, flags.tr)?;
        if flags.bs {
            let encoded: Vec<String> =
                lines.iter().map(|line| alloc::format!(":{}:", Base64::encode_string(line.as_bytes()))).collect();
            return Ok(encoded.join(", "));
        }
        let value = lines.join(", ");
        match flags.key {
            Some(key) => self.dictionary_member(name, &value, key),
            None if flags.sf => self.reserialised(name, &value),
            None => Ok(value),
        }
    }

    fn dictionary_member(&self, name: &str, value: &str, key: &str) -> Result<String, BaseError> {
        if (self.field_type)(name) != Some(FieldType::Dictionary) {
            return Err(BaseError::FieldTypeUnknown);
        }
        let members = parse_dictionary(value, FIELD_LIMITS).map_err(misread)?;
        let (_, member) = members.iter().find(|(known, _)| known == key).ok_or(BaseError::ComponentAbsent)?;
        let mut out = String::new();
        write_member(&mut out, member).map_err(misread)?;
        Ok(out)
    }

    fn reserialised(&self, name: &str, value: &str) -> Result<String, BaseError> {
        let mut out = String::new();
        match (self.field_type)(name).ok_or(BaseError::FieldTypeUnknown)? {
            FieldType::Item => write_item(&mut out, &parse_item(value, FIELD_LIMITS).map_err(misread)?),
            FieldType::List => write_list(&mut out, &parse_list(value, FIELD_LIMITS).map_err(misread)?),
            FieldType::Dictionary => {
                write_dictionary(&mut out, &parse_dictionary(value, FIELD_LIMITS).map_err(misread)?)
            }
        }
        .map_err(misread)?;
        Ok(out)
    }
}

impl Components for Message<'_> {
    fn value(&self, component: &Item) -> Result<String, BaseError> {
        let Bare::String(name) = &component.value else { return Err(BaseError::ComponentUnsupported) };
        let flags = Flags::read(&component.parameters)?;
        let message = match (flags.req, self.start) {
            (false, _) => self,
            (true, Start::Response { .. }) => self.request.ok_or(BaseError::ComponentAbsent)?,
            (true, Start::Request { .. }) => return Err(BaseError::ParameterUnsupported),
        };
        if name.starts_with('@') {
            if flags.sf || flags.bs || flags.tr || flags.key.is_some() {
                return Err(BaseError::ParameterUnsupported);
            }
            return message.derived(name, flags.name);
        }
        if !is_field_name(name) {
            return Err(BaseError::ComponentUnsupported);
        }
        message.covered_field(name, &flags)
    }
}

/// The parameters of a component (§2, §6.5).
#[derive(Debug, Default)]
struct Flags<'a> {
    sf: bool,
    bs: bool,
    req: bool,
    tr: bool,
    key: Option<&'a str>,
    name: Option<&'a str>,
}

impl<'a> Flags<'a> {
    fn read(parameters: &'a Parameters) -> Result<Self, BaseError> {
        let mut flags = Self::default();
        for (parameter, value) in parameters {
            match (parameter.as_str(), value) {
                ("sf", Bare::Boolean(true)) => flags.sf = true,
                ("bs", Bare::Boolean(true)) => flags.bs = true,
                ("req", Bare::Boolean(true)) => flags.req = true,
                ("tr", Bare::Boolean(true)) => flags.tr = true,
                ("key", Bare::String(key)) => flags.key = Some(key),
                ("name", Bare::String(name)) => flags.name = Some(name),
                _ => return Err(BaseError::ParameterUnsupported),
            }
        }
        Ok(flags)
    }
}

/// Only `@query-param` has a name.
fn plain(parameter: Option<&str>, value: String) -> Result<String, BaseError> {
    if parameter.is_some() { Err(BaseError::ParameterUnsupported) } else { Ok(value) }
}

fn misread(error: sf::Error) -> BaseError {
    match error {
        sf::Error::Repeated => BaseError::ComponentAmbiguous,
        sf::Error::Malformed | sf::Error::TooLarge => BaseError::FieldMalformed,
    }
}

/// A line without the white space around it, obsolete folding become one space (§2.1).
fn unfolded(value: &str) -> Result<Cow<'_, str>, BaseError> {
    const BLANKS: [char; 2] = [' ', '\t'];
    if !value.contains("\r\n") {
        return Ok(Cow::Borrowed(value.trim_matches(BLANKS)));
    }
    let mut parts = value.split("\r\n");
    let mut line = String::from(parts.next().unwrap_or_default().trim_matches(BLANKS));
    for part in parts {
        // A line break that no blank follows is not folding: it is a second line that somebody smuggled in.
        if !part.starts_with(BLANKS) {
            return Err(BaseError::ValueMalformed);
        }
        line.push(' ');
        line.push_str(part.trim_matches(BLANKS));
    }
    Ok(Cow::Owned(String::from(line.trim_matches(BLANKS))))
}

struct Target<'a> {
    scheme: String,
    authority: String,
    path: &'a str,
    query: Option<&'a str>,
    /// Path and query as they stand there.
    tail: &'a str,
}

impl<'a> Target<'a> {
    /// Splits an absolute URI. `None` without scheme or host, and with user information or a fragment, which are never sent.
    fn parse(uri: &'a str) -> Option<Self> {
        let (scheme, rest) = uri.split_once("://")?;
        let scheme = scheme.to_ascii_lowercase();
        let (authority, tail) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
        if authority.is_empty() || authority.contains('@') || tail.contains('#') {
            return None;
        }
        let authority = authority.to_ascii_lowercase();
        let default_port = match scheme.as_str() {
            "https" => ":443",
            "http" => ":80",
            _ => ":",
        };
        let authority = String::from(authority.strip_suffix(default_port).unwrap_or(&authority));
        let (path, query) = match tail.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (tail, None),
        };
        Some(Self { scheme, authority, path: if path.is_empty() { "/" } else { path }, query, tail })
    }

    fn origin_form(&self) -> Cow<'a, str> {
        match (self.tail.starts_with('/'), self.query) {
            (true, _) => Cow::Borrowed(self.tail),
            (false, None) => Cow::Borrowed("/"),
            (false, Some(query)) => Cow::Owned(alloc::format!("/?{query}")),
        }
    }
}

/// The one parameter of this (encoded) name: decoded as a form, encoded anew (§2.2.8).
fn query_parameter(query: &str, wanted: &str) -> Result<String, BaseError> {
    let mut found = None;
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        if recoded(name) == wanted {
            if found.is_some() {
                return Err(BaseError::ComponentAmbiguous);
            }
            found = Some(recoded(value));
        }
    }
    found.ok_or(BaseError::ComponentAbsent)
}

/// Form-decoded, then percent-encoded with the set of the URL Standard's `application/x-www-form-urlencoded`, space as `%20`.
fn recoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        rest = tail;
        let digit = |byte: &u8| char::from(*byte).to_digit(16);
        match (first, tail) {
            (b'+', _) => bytes.push(b' '),
            (b'%', [high, low, after @ ..]) if digit(high).is_some() && digit(low).is_some() => {
                let value = digit(high).unwrap_or_default() * 16 + digit(low).unwrap_or_default();
                bytes.push(u8::try_from(value).unwrap_or_default());
                rest = after;
            }
            _ => bytes.push(first),
        }
    }
    let mut out = String::new();
    for byte in String::from_utf8_lossy(&bytes).bytes() {
        if byte.is_ascii_alphanumeric() || b"*-._".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&alloc::format!("%{byte:02X}"));
        }
    }
    out
}

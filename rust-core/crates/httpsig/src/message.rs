//! What a signature covers: the components of a request (RFC 9421 §2) and the signature base over them (§2.5).

use alloc::string::String;
use alloc::vec::Vec;

use crate::sf::{self, Bare, InnerList, Item};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BaseError {
    /// A component is not a plain string, is unknown, or has parameters that are not served.
    ComponentUnsupported,
    ComponentRepeated,
    ComponentAbsent,
    /// A value holds a byte outside printable ASCII: two readers could disagree on it.
    ValueMalformed,
}

/// A request as its signer and its verifier both see it.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// As sent: methods are case-sensitive.
    pub method: &'a str,
    /// Lower case, without the scheme's default port.
    pub authority: &'a str,
    /// As on the wire, not decoded, without the query.
    pub path: &'a str,
    pub headers: &'a [(&'a str, &'a str)],
}

impl Request<'_> {
    /// The field's value: lines trimmed and joined with `", "` (§2.1). `None` when there is no such field.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<String> {
        let lines: Vec<&str> = self
            .headers
            .iter()
            .filter(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.trim_matches([' ', '\t']))
            .collect();
        if lines.is_empty() { None } else { Some(lines.join(", ")) }
    }

    #[must_use]
    pub fn field_count(&self, name: &str) -> usize {
        self.headers.iter().filter(|(known, _)| known.eq_ignore_ascii_case(name)).count()
    }

    fn component(&self, name: &str) -> Result<String, BaseError> {
        match name {
            "@method" => Ok(String::from(self.method)),
            "@authority" => Ok(String::from(self.authority)),
            "@path" => Ok(String::from(if self.path.is_empty() { "/" } else { self.path })),
            _ if is_field_name(name) => self.field(name).ok_or(BaseError::ComponentAbsent),
            _ => Err(BaseError::ComponentUnsupported),
        }
    }
}

/// The name of a component without parameters.
pub fn component_name(item: &Item) -> Result<&str, BaseError> {
    match item {
        Item { value: Bare::String(name), parameters } if parameters.is_empty() => Ok(name),
        _ => Err(BaseError::ComponentUnsupported),
    }
}

/// The bytes that are signed: one line a component, then the parameters as they serialise strictly, never as received.
pub fn signature_base(request: &Request<'_>, input: &InnerList) -> Result<String, BaseError> {
    let mut base = String::new();
    let mut seen: Vec<&str> = Vec::new();
    for item in &input.items {
        let name = component_name(item)?;
        if seen.contains(&name) {
            return Err(BaseError::ComponentRepeated);
        }
        seen.push(name);
        let value = request.component(name)?;
        if !value.bytes().all(|byte| matches!(byte, b' '..=b'~' | b'\t')) {
            return Err(BaseError::ValueMalformed);
        }
        sf::write_item(&mut base, item).map_err(|_| BaseError::ComponentUnsupported)?;
        base.push_str(": ");
        base.push_str(&value);
        base.push('\n');
    }
    base.push_str("\"@signature-params\": ");
    sf::write_inner_list(&mut base, input).map_err(|_| BaseError::ComponentUnsupported)?;
    Ok(base)
}

fn is_field_name(name: &str) -> bool {
    !name.is_empty()
        && name
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"!#$%&'*+-.^_`|~".contains(&byte))
}

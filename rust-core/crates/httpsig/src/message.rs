//! What a signature covers: the components of a request (RFC 9421 §2) and the signature base over them (§2.5).

use alloc::string::String;
use alloc::vec::Vec;

use crate::sf::write::{write_inner_list, write_item};
use crate::sf::{Bare, InnerList, Item};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BaseError {
    /// A component is not a plain string, is unknown, or is not one of this kind of message.
    ComponentUnsupported,
    /// A component has a parameter that is unknown, is missing one, or has two that exclude each other.
    ParameterUnsupported,
    ComponentRepeated,
    ComponentAbsent,
    /// A query parameter that is there twice, or a key that a field repeats.
    ComponentAmbiguous,
    /// Nothing says what type of structured field this is, or it is not a dictionary and should be.
    FieldTypeUnknown,
    /// The field is not the structured field that it should be.
    FieldMalformed,
    /// A value holds a byte outside printable ASCII: two readers could disagree on it.
    ValueMalformed,
}

/// A message that components are read from: [`Request`], or anything else with [`crate::components::Message`].
pub trait Components {
    /// The component's value (§2.1, §2.2), not yet checked to be ASCII.
    fn value(&self, component: &Item) -> Result<String, BaseError>;
}

/// A request as its signer and its verifier both see it, for signatures over `@method`, `@authority`, `@path` and whole fields.
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
}

impl Components for Request<'_> {
    fn value(&self, component: &Item) -> Result<String, BaseError> {
        match component_name(component)? {
            "@method" => Ok(String::from(self.method)),
            "@authority" => Ok(String::from(self.authority)),
            "@path" => Ok(String::from(if self.path.is_empty() { "/" } else { self.path })),
            name if is_field_name(name) => self.field(name).ok_or(BaseError::ComponentAbsent),
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
pub fn signature_base(message: &impl Components, input: &InnerList) -> Result<String, BaseError> {
    let mut base = String::new();
    let mut seen: Vec<&Item> = Vec::new();
    for item in &input.items {
        if seen.iter().any(|known| same_component(known, item)) {
            return Err(BaseError::ComponentRepeated);
        }
        seen.push(item);
        write_component(&mut base, message, item)?;
        base.push('\n');
    }
    base.push_str("\"@signature-params\": ");
    write_inner_list(&mut base, input).map_err(|_| BaseError::ComponentUnsupported)?;
    Ok(base)
}

/// Appends a component's line, without its line feed: `"@method": POST`.
pub fn write_component(base: &mut String, message: &impl Components, item: &Item) -> Result<(), BaseError> {
    let value = message.value(item)?;
    if !value.bytes().all(|byte| matches!(byte, b' '..=b'~' | b'\t')) {
        return Err(BaseError::ValueMalformed);
    }
    write_item(base, item).map_err(|_| BaseError::ComponentUnsupported)?;
    base.push_str(": ");
    base.push_str(&value);
    Ok(())
}

/// Equal names and equal parameters, in whatever order (§2).
#[must_use]
pub fn same_component(one: &Item, other: &Item) -> bool {
    one.value == other.value
        && one.parameters.len() == other.parameters.len()
        && one.parameters.iter().all(|parameter| other.parameters.contains(parameter))
}

pub(crate) fn is_field_name(name: &str) -> bool {
    !name.is_empty()
        && name
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"!#$%&'*+-.^_`|~".contains(&byte))
}

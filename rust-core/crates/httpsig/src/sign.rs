//! Signing a message.

use alloc::string::String;
use alloc::vec::Vec;

use crate::ecdsa::PrivateKey;
use crate::keys::SigningKey;
use crate::message::{self, BaseError, Components, Request};
use crate::sf::write::write_dictionary;
use crate::sf::{Bare, InnerList, Item, Member};
use crate::{Algorithm, Encoding};

/// What is signed, under which name, and for how long.
#[derive(Debug, Clone, Copy)]
pub struct Parameters<'a> {
    pub label: &'a str,
    /// Names without parameters, in the order in which they are signed.
    pub components: &'a [&'a str],
    pub key_id: &'a str,
    /// Unix seconds.
    pub created: i64,
    pub expires: i64,
}

/// The values of the two fields.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignatureFields {
    pub signature_input: String,
    pub signature: String,
}

/// The inner list of `Signature-Input`; parameters in the order alg, keyid, created, expires.
#[must_use]
pub fn signature_input(parameters: &Parameters<'_>, algorithm: Algorithm) -> InnerList {
    let text = |value: &str| Bare::String(String::from(value));
    let items: Vec<Item> =
        parameters.components.iter().map(|name| Item { value: text(name), parameters: Vec::new() }).collect();
    let entries = [
        ("alg", text(algorithm.name())),
        ("keyid", text(parameters.key_id)),
        ("created", Bare::Integer(parameters.created)),
        ("expires", Bare::Integer(parameters.expires)),
    ];
    InnerList { items, parameters: entries.map(|(key, value)| (String::from(key), value)).into() }
}

pub fn sign_request(
    request: &Request<'_>,
    parameters: &Parameters<'_>,
    key: &PrivateKey,
    encoding: Encoding,
) -> Result<SignatureFields, BaseError> {
    let input = signature_input(parameters, Algorithm::EcdsaP256Sha256);
    let base = message::signature_base(request, &input)?;
    fields(parameters.label, input, key.sign(base.as_bytes(), encoding))
}

/// Signs whatever `input` covers, with its parameters as they are given. The signature of ECDSA is raw, as RFC 9421 writes it.
pub fn sign_message(
    message: &impl Components,
    label: &str,
    input: InnerList,
    key: &SigningKey,
) -> Result<SignatureFields, BaseError> {
    let base = message::signature_base(message, &input)?;
    fields(label, input, key.sign(base.as_bytes()))
}

fn fields(label: &str, input: InnerList, signature: Vec<u8>) -> Result<SignatureFields, BaseError> {
    let field = |member| {
        let mut text = String::new();
        write_dictionary(&mut text, &[(String::from(label), member)]).map_err(|_| BaseError::ValueMalformed)?;
        Ok(text)
    };
    Ok(SignatureFields {
        signature_input: field(Member::InnerList(input))?,
        signature: field(Member::Item(Item { value: Bare::Bytes(signature), parameters: Vec::new() }))?,
    })
}

//! Tokens that a gateway gives for its credentials, and takes in their place.

use serde::Serialize;
use vm::text::visible_ascii;
use vm::{Ended, Field, Inputs, Routine};
use zeroize::Zeroize;

use crate::config::Gateways;
use crate::http::GatewayResponse;

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Token {
    pub token: String,
    pub expires_in_s: u32,
}

impl Drop for Token {
    fn drop(&mut self) {
        self.token.zeroize();
    }
}

const TOKEN_BYTES_MAX: usize = 8192;

/// `None` when the answer brings none that can be used.
#[must_use]
pub fn read_token(gateways: &Gateways, gateway: &str, response: &GatewayResponse) -> Option<Token> {
    let known = gateways.known(gateway)?;
    let (http, answer) = response.readable().ok()?;
    let inputs = Inputs { body: answer.as_ref(), http: Some(http.into()), ..Inputs::default() };
    let output = known.run(Routine::ReadToken, &inputs).ok().filter(|output| output.ended == Ended::Halted)?;
    let token = output.get(Field::Token).filter(|text| visible_ascii(text, TOKEN_BYTES_MAX))?;
    let expires_in_s = output.get(Field::ExpiresInS)?.parse().ok()?;
    Some(Token { token: token.to_owned(), expires_in_s })
}

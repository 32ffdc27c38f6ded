//! From what a program wrote to a request that can be sent as it is.

use httpsig::digest::sha512_content_digest;
use httpsig::message::Request;
use httpsig::sign::{Parameters, sign_request};
use vm::{Ended, Field, Inputs, Output, Routine};

use crate::config::{Known, Signing};
use crate::deposit::BuildError;
use crate::http::{GatewayRequest, rfc3339};
use vm::text::visible_ascii;
use vm::url::split_url;

const PATH_BYTES_MAX: usize = 2048;
const DIGEST: &str = "Content-Digest";

/// Runs a request routine and makes a request of what it wrote.
pub(crate) fn build(
    known: Known<'_>,
    routine: Routine,
    inputs: &Inputs<'_>,
    now_ms: u64,
) -> Result<GatewayRequest, BuildError> {
    complete(known, &written(known, routine, inputs)?, now_ms)
}

/// What a request routine wrote, unless it refused.
pub(crate) fn written<'a>(known: Known<'a>, routine: Routine, inputs: &Inputs<'a>) -> Result<Output<'a>, BuildError> {
    let output = known.run(routine, inputs).map_err(|_| BuildError::Program)?;
    match &output.ended {
        Ended::Refused(rule) => Err(BuildError::refused(rule)),
        Ended::Halted => Ok(output),
    }
}

/// Where the request goes is not the program's to say: its path is put behind the configured origin.
pub(crate) fn complete(known: Known<'_>, output: &Output<'_>, now_ms: u64) -> Result<GatewayRequest, BuildError> {
    let method = output.get(Field::Method).ok_or(BuildError::Program)?;
    let path = output.get(Field::Path).filter(|path| is_path(path)).ok_or(BuildError::Program)?;
    let headers: Vec<(String, String)> =
        output.headers().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    if !headers.iter().all(|(name, value)| is_header(name, value)) {
        return Err(BuildError::Program);
    }
    let url = format!("{}{path}", known.settings.origin);
    // What two readers could read differently is not sent.
    let readable = split_url(&url).is_some_and(|parts| parts.authority == known.settings.authority);
    if !readable {
        return Err(BuildError::Program);
    }
    let body = output.get(Field::Body).map(str::to_owned);
    let request = GatewayRequest { method: method.to_owned(), url, headers, body };
    match (output.get(Field::Signed), &known.settings.signing) {
        (None, _) => Ok(request),
        (Some(_), Some(signing)) => sign(known, signing, request, path, now_ms).ok_or(BuildError::Unsignable),
        (Some(_), None) => Err(BuildError::Unsignable),
    }
}

/// RFC 9421 over the components that the spec names, with RFC 9530's digest of the body.
fn sign(
    known: Known<'_>,
    signing: &Signing,
    mut request: GatewayRequest,
    path: &str,
    now_ms: u64,
) -> Option<GatewayRequest> {
    let created = i64::try_from(now_ms / 1000).ok()?;
    let lifetime_s: i64 = known.fact("signing.lifetimeS")?.parse().ok()?;
    let digest = sha512_content_digest(request.body.as_deref().unwrap_or_default().as_bytes());
    request.headers.push((DIGEST.to_owned(), digest));
    request.headers.push((known.fact("signing.dateHeader")?.to_owned(), rfc3339(now_ms)));
    let named: Vec<(String, &str)> =
        request.headers.iter().map(|(name, value)| (name.to_ascii_lowercase(), value.as_str())).collect();
    let headers: Vec<(&str, &str)> = named.iter().map(|(name, value)| (name.as_str(), *value)).collect();
    let message = Request {
        method: &request.method,
        authority: &known.settings.authority,
        path: path.split('?').next().unwrap_or_default(),
        headers: &headers,
    };
    let components: Vec<&str> = known.fact("signing.components")?.split(' ').collect();
    let parameters = Parameters {
        label: known.fact("signing.label")?,
        components: &components,
        key_id: &signing.key_id,
        created,
        expires: created.checked_add(lifetime_s)?,
    };
    let signed = sign_request(&message, &parameters, &signing.key, signing.encoding).ok()?;
    request.headers.push(("Signature-Input".to_owned(), signed.signature_input));
    request.headers.push(("Signature".to_owned(), signed.signature));
    for index in 0.. {
        let Some((name, value)) =
            known.fact(&format!("signing.header.{index}")).and_then(|header| header.split_once(':'))
        else {
            break;
        };
        request.headers.push((name.to_owned(), value.trim_ascii_start().to_owned()));
    }
    Some(request)
}

fn is_path(path: &str) -> bool {
    let dotted = path.split(['/', '?']).any(|segment| segment == "." || segment == "..");
    path.starts_with('/') && !path.starts_with("//") && visible_ascii(path, PATH_BYTES_MAX) && !dotted
}

fn is_header(name: &str, value: &str) -> bool {
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    !name.is_empty() && name.bytes().all(is_token) && value.bytes().all(|byte| matches!(byte, b' '..=b'~'))
}

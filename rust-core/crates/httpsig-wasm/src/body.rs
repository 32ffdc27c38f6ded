//! The body of a message in the vectors: `body_b64`, and beside it perhaps `body_utf8`, which must then be the same.

use serde_json::Value;

use crate::operations::base64;

pub fn of(message: &Value) -> Result<Vec<u8>, String> {
    let text = message.get("body_utf8").and_then(Value::as_str).map(str::as_bytes);
    let bytes = match message.get("body_b64") {
        None | Some(Value::Null) => None,
        Some(_) => Some(base64(message, "body_b64")?),
    };
    match (bytes, text) {
        (Some(bytes), Some(text)) if bytes != text => Err("body_b64 and body_utf8 differ".into()),
        (Some(bytes), _) => Ok(bytes),
        (None, text) => Ok(text.unwrap_or_default().to_vec()),
    }
}

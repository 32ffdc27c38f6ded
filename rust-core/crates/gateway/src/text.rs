//! What Lango's own short texts look like, whatever the gateway.

/// Codes of providers: `MTN_MOMO_ZMB`.
pub(crate) fn is_code(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
}

/// Digits with the country code first; no `+`, no leading zero.
pub(crate) fn is_msisdn(text: &str) -> bool {
    (7..=15).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit()) && !text.starts_with('0')
}

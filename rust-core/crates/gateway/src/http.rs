//! Requests and answers as plain data.

use serde::Serialize;
use strict_json::Json;

/// A complete request: the glue sends it as it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct GatewayRequest {
    pub method: String,
    pub url: String,
    pub headers: Vec<(String, String)>,
    pub body: Option<String>,
}

/// What came back, or that nothing did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GatewayResponse {
    Response { status: u16, body: String, truncated: bool },
    NoResponse(Silence),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Silence {
    Timeout,
    Network,
}

impl GatewayResponse {
    /// `None` when the glue handed over something else.
    #[must_use]
    pub fn from_json(json: &Json) -> Option<Self> {
        match (json.get("kind").text()?, json.get("reason").text()) {
            ("response", _) => Some(Self::Response {
                status: u16::try_from(json.get("status").integer()?).ok()?,
                body: json.get("body").text()?.to_owned(),
                truncated: json.get("truncated").boolean()?,
            }),
            ("no_response", Some("timeout")) => Some(Self::NoResponse(Silence::Timeout)),
            ("no_response", Some("network")) => Some(Self::NoResponse(Silence::Network)),
            _ => None,
        }
    }

    /// Status and body of an answer that can be read at all; otherwise why nothing was learnt from it.
    ///
    /// 5xx, 408 and 429 come from something in between or from a gateway in trouble: whatever such a body says, the request may
    /// have been carried out. So may one answered by a redirect, which is never followed.
    pub(crate) fn readable(&self) -> Result<(u16, Option<Json>), String> {
        match self {
            Self::NoResponse(Silence::Timeout) => Err("timeout".to_owned()),
            Self::NoResponse(Silence::Network) => Err("network".to_owned()),
            Self::Response { truncated: true, .. } => Err("truncated".to_owned()),
            Self::Response { status, body, .. } => match status {
                408 | 429 | 300..=399 | 500.. | ..200 => Err(format!("http_{status}")),
                _ => match Json::parse(body.as_bytes()) {
                    Some(json @ (Json::Object(_) | Json::Array(_))) => Ok((*status, Some(json))),
                    // For some gateways a status is all there is to say.
                    None if body.is_empty() => Ok((*status, None)),
                    _ => Err("unreadable".to_owned()),
                },
            },
        }
    }
}

/// `2026-01-01T00:00:00.000Z`.
pub(crate) fn rfc3339(now_ms: u64) -> String {
    let (seconds, millis) = (now_ms / 1000, now_ms % 1000);
    let (days, second_of_day) = (seconds / 86_400, seconds % 86_400);
    let (hour, minute, second) = (second_of_day / 3600, second_of_day / 60 % 60, second_of_day % 60);
    let (year, month, day) = civil(days);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{millis:03}Z")
}

/// The Gregorian date of a day since 1970-01-01 (Howard Hinnant, "chrono-compatible low-level date algorithms").
fn civil(days: u64) -> (u64, u64, u64) {
    let shifted = days + 719_468;
    let era = shifted / 146_097;
    let day_of_era = shifted % 146_097;
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates() {
        for (ms, text) in [
            (1_767_225_600_000, "2026-01-01T00:00:00.000Z"),
            (1_790_171_710_673, "2026-09-23T13:55:10.673Z"),
            (1_709_164_799_999, "2024-02-28T23:59:59.999Z"),
            (1_709_164_800_000, "2024-02-29T00:00:00.000Z"),
            (1_709_251_200_000, "2024-03-01T00:00:00.000Z"),
            (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
            (0, "1970-01-01T00:00:00.000Z"),
        ] {
            assert_eq!(rfc3339(ms), text);
        }
    }
}

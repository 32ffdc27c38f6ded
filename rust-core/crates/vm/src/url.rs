//! The parts of a URL that a signature names.

/// A URL's parts as RFC 9421 §2.2 names them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Url<'a> {
    pub scheme: &'a str,
    /// Lower case, without the default port.
    pub authority: &'a str,
    /// Starts with `/`, or is empty.
    pub path: &'a str,
}

/// Splits an absolute http(s) URL. Refuses what two readers could read differently: user information, a fragment, upper case in
/// the host, anything outside visible ASCII.
#[must_use]
pub fn split_url(url: &str) -> Option<Url<'_>> {
    if url.len() > URL_BYTES_MAX || !url.bytes().all(|byte| byte.is_ascii_graphic()) || url.contains(['#', '\\']) {
        return None;
    }
    let (scheme, rest) = url.split_once(':')?;
    let rest = rest.strip_prefix("//")?;
    let default_port = match scheme {
        "https" => ":443",
        "http" => ":80",
        _ => return None,
    };
    let (authority, tail) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
    let authority = authority.strip_suffix(default_port).unwrap_or(authority);
    if !is_authority(authority) {
        return None;
    }
    let path = tail.split('?').next().unwrap_or("");
    Some(Url { scheme, authority, path })
}

/// `host[:port]` in lower case: a name, an IPv4 address or an IPv6 address in brackets.
#[must_use]
pub fn is_authority(text: &str) -> bool {
    let (host, port) = match text.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
        _ => (text, None),
    };
    let is_name = |host: &str| {
        !host.starts_with(['.', '-'])
            && !host.ends_with(['.', '-'])
            && !host.as_bytes().windows(2).any(|pair| pair == b"..")
            && host.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.'))
    };
    let is_ipv6 = |host: &str| {
        host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).is_some_and(|inner| {
            inner.len() > 1 && inner.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f' | b':'))
        })
    };
    let port_is_right = port.is_none_or(|port| {
        !port.starts_with('0') && port.bytes().all(|byte| byte.is_ascii_digit()) && port.parse::<u16>().is_ok()
    });
    (1..=255).contains(&host.len()) && (is_name(host) || is_ipv6(host)) && port_is_right
}

const URL_BYTES_MAX: usize = 2048;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_that_could_be_read_two_ways_are_refused() {
        let parts = |url| split_url(url).map(|url| (url.authority, url.path));
        #[rustfmt::skip]
        let rows = [
            ("https://pay.example.com/webhooks/x",      Some(("pay.example.com", "/webhooks/x"))),
            ("https://pay.example.com",                 Some(("pay.example.com", ""))),
            ("https://pay.example.com?a=/b",            Some(("pay.example.com", ""))),
            ("https://pay.example.com/a?b=c/d?e",       Some(("pay.example.com", "/a"))),
            ("https://pay.example.com:443/a",           Some(("pay.example.com", "/a"))),
            ("https://pay.example.com:8443/a",          Some(("pay.example.com:8443", "/a"))),
            ("http://127.0.0.1:8787/a%2Fb",             Some(("127.0.0.1:8787", "/a%2Fb"))),
            ("http://[::1]:8787/a",                     Some(("[::1]:8787", "/a"))),
            ("https://Pay.example.com/a",               None),
            ("https://user@pay.example.com/a",          None),
            ("https://pay.example.com./a",              None),
            ("https://pay..example.com/a",              None),
            ("https://pay.example.com:0443/a",          None),
            ("https://pay.example.com:/a",              None),
            ("https://pay.example.com:99999/a",         None),
            ("https://pay.example.com/a#b",             None),
            ("https://pay.example.com\\@evil/a",        None),
            ("https://pаy.example.com/a",               None),
            ("https://pay.example.com/a b",             None),
            ("https:///a",                              None),
            ("ftp://pay.example.com/a",                 None),
            ("//pay.example.com/a",                     None),
            ("pay.example.com/a",                       None),
            ("",                                        None),
        ];
        for (url, expected) in rows {
            assert_eq!(parts(url), expected, "{url}");
        }
    }
}

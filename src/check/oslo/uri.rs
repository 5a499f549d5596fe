//! Hosts and URIs, as oslo.config's types take them.

use std::net::{Ipv4Addr, Ipv6Addr};

/// Whether `text` is a host's name: parts of letters, digits and `-` (and `_`, where it is a `domain`),
/// the last not of digits alone.
/// [Source](https://opendev.org/openstack/oslo.config/src/branch/master/oslo_config/types.py).
pub(super) fn is_hostname(text: &str, is_domain: bool) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || (is_domain && byte == b'_');
    let is_part = |part: &str| {
        (1..=63).contains(&part.len()) && part.bytes().all(fits) && !part.starts_with('-') && !part.ends_with('-')
    };
    let name = text.strip_suffix('.').unwrap_or(text);
    let last = name.rsplit('.').next().unwrap_or_default();
    !text.is_empty()
        && text.len() <= 253
        && last.contains(|letter: char| letter.is_ascii_alphabetic() || letter == '-')
        && name.split('.').all(is_part)
}

/// Whether `text` is a URI with a scheme and a host ([RFC 3986](https://www.rfc-editor.org/rfc/rfc3986)), of
/// one of `schemes` if there are any. What follows the host is anything, as for oslo.config.
pub(super) fn is_uri(text: &str, schemes: &[String]) -> bool {
    let Some((scheme, rest)) = text.split_once("://") else {
        return false;
    };
    let is_scheme = scheme.starts_with(|letter: char| letter.is_ascii_alphabetic())
        && scheme
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
    let is_allowed = schemes.is_empty() || schemes.iter().any(|known| known == scheme);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host_and_port = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    is_scheme && is_allowed && is_host_and_port(host_and_port)
}

fn is_host_and_port(text: &str) -> bool {
    let is_port = |port: &str| port.bytes().all(|byte| byte.is_ascii_digit()) && port.len() <= 5;
    if let Some(rest) = text.strip_prefix('[') {
        let Some((address, port)) = rest.split_once(']') else {
            return false;
        };
        return address.parse::<Ipv6Addr>().is_ok() && (port.is_empty() || port.strip_prefix(':').is_some_and(is_port));
    }
    let (host, port) = text.split_once(':').unwrap_or((text, ""));
    let numbers: Vec<_> = host.split('.').collect();
    let looks_like_address = numbers.len() == 4
        && numbers
            .iter()
            .all(|number| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()));
    let is_address = || host.parse::<Ipv4Addr>().is_ok();
    !host.is_empty() && is_registered_name(host) && is_port(port) && (!looks_like_address || is_address())
}

/// Whether `text` has only what the name of a host may have unescaped.
fn is_registered_name(text: &str) -> bool {
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        let is_escaped = byte == b'%'
            && bytes.next().is_some_and(|digit| digit.is_ascii_hexdigit())
            && bytes.next().is_some_and(|digit| digit.is_ascii_hexdigit());
        if !is_escaped && !byte.is_ascii_alphanumeric() && !b"-._~!$&'()*+,;=".contains(&byte) {
            return false;
        }
    }
    true
}

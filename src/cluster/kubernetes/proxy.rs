//! Which servers the environment's proxy is not for. `kube` does not ask `$NO_PROXY` about the
//! server, and kubectl spares the machine itself.

use std::env;
use std::net::IpAddr;

use http::Uri;

/// What `$NO_PROXY` says.
pub(super) fn exempt() -> String {
    env::var("NO_PROXY")
        .or_else(|_| env::var("no_proxy"))
        .unwrap_or_default()
}

/// Whether `server` is reached directly: it is this machine, or stands in `exempt`, a list of hosts,
/// domains, addresses and networks.
pub(super) fn spares(server: &Uri, exempt: &str) -> bool {
    let host = server
        .host()
        .unwrap_or_default()
        .trim_matches(['[', ']'])
        .to_ascii_lowercase();
    let address: Option<IpAddr> = host.parse().ok();
    if host == "localhost" || address.is_some_and(|address| address.is_loopback()) {
        return true;
    }
    exempt
        .split(',')
        .map(|entry| entry.trim().to_ascii_lowercase())
        .filter(|entry| !entry.is_empty())
        .any(|entry| {
            let (entry, port) = match entry.rsplit_once(':') {
                Some((name, port)) if !name.contains(':') => (name, port.parse().ok()),
                _ => (entry.as_str(), None),
            };
            if port.is_some() && port != server.port_u16() {
                return false;
            }
            match (entry.split_once('/'), address) {
                (Some((network, bits)), Some(address)) => contains(network, bits, address).unwrap_or(false),
                (Some(_), None) => false,
                (None, Some(address)) => entry == "*" || entry.trim_matches(['[', ']']).parse() == Ok(address),
                (None, None) => {
                    let domain = entry.trim_start_matches("*.").trim_start_matches('.');
                    entry == "*" || host == domain || host.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.'))
                }
            }
        })
}

fn contains(network: &str, bits: &str, address: IpAddr) -> Option<bool> {
    let number = |address: IpAddr| match address {
        IpAddr::V4(address) => (u128::from(address.to_bits()) << 96, true),
        IpAddr::V6(address) => (address.to_bits(), false),
    };
    let bits: u32 = bits.parse().ok().filter(|bits| *bits <= 128)?;
    let ((network, is_v4), (address, is_also_v4)) = (number(network.parse().ok()?), number(address));
    let mask = u128::MAX.checked_shl(128 - bits).unwrap_or(0);
    Some(is_v4 == is_also_v4 && network & mask == address & mask)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_domains_addresses_and_networks_are_spared() {
        let exempt = "a.example, .svc, *.corp.io,10.0.0.0/8,192.168.1.5,host.x:6443,fd00::/16";
        for server in [
            "a.example",
            "x.a.example",
            "k.default.svc",
            "b.corp.io",
            "10.9.8.7:6443",
            "192.168.1.5",
            "host.x:6443",
            "[fd00::1]",
        ] {
            assert!(
                spares(&format!("https://{server}").parse().expect("a URL"), exempt),
                "{server}"
            );
        }
        for server in [
            "xa.example",
            "11.0.0.1",
            "192.168.1.6",
            "host.x:443",
            "[fe00::1]",
            "svcx",
        ] {
            assert!(
                !spares(&format!("https://{server}").parse().expect("a URL"), exempt),
                "{server}"
            );
        }
    }

    #[test]
    fn this_machine_is_always_spared() {
        for server in ["https://127.0.0.1:6443", "https://localhost", "https://[::1]:1"] {
            assert!(spares(&server.parse().expect("a URL"), ""), "{server}");
        }
        assert!(spares(&"https://anything".parse().expect("a URL"), "*"));
    }
}

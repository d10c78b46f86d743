//! Which addresses belong to the public internet: a pure function over tables of special ranges.

use std::fmt;
use std::net::IpAddr;
use std::net::Ipv4Addr;
use std::net::Ipv6Addr;

use ipnet::IpNet;
use ipnet::Ipv4Net;
use ipnet::Ipv6Net;

/// Why an address is not public.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotPublic {
    /// The special range that it lies in.
    pub range: IpNet,
    /// What that range is for.
    pub name: &'static str,
    /// The kind of IPv6 address in which an IPv4 address of that range was hidden.
    pub embedded_in: Option<&'static str>,
}

impl fmt::Display for NotPublic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, {}", self.name, self.range)?;
        match self.embedded_in {
            None => Ok(()),
            Some(form) => write!(f, ", inside {form}"),
        }
    }
}

/// The IPv4 ranges that are not part of the public internet. The anycast addresses of 192.0.0.0/24
/// that are globally reachable serve no web sites, so the range is refused whole.
const SPECIAL_V4: &[(Ipv4Net, &str)] = &[
    (v4([0, 0, 0, 0], 8), "this network"),
    (v4([10, 0, 0, 0], 8), "private network"),
    (v4([100, 64, 0, 0], 10), "shared by a provider's customers"),
    (v4([127, 0, 0, 0], 8), "loopback"),
    // Where Azure answers its virtual machines: an address from a public range, with private content.
    (v4([168, 63, 129, 16], 32), "cloud metadata"),
    (v4([169, 254, 0, 0], 16), "link-local and cloud metadata"),
    (v4([172, 16, 0, 0], 12), "private network"),
    (v4([192, 0, 0, 0], 24), "protocol assignments"),
    (v4([192, 0, 2, 0], 24), "documentation"),
    (v4([192, 88, 99, 0], 24), "6to4 relay"),
    (v4([192, 168, 0, 0], 16), "private network"),
    (v4([198, 18, 0, 0], 15), "benchmarks"),
    (v4([198, 51, 100, 0], 24), "documentation"),
    (v4([203, 0, 113, 0], 24), "documentation"),
    (v4([224, 0, 0, 0], 4), "multicast"),
    (v4([255, 255, 255, 255], 32), "broadcast"),
    (v4([240, 0, 0, 0], 4), "reserved"),
];

/// The IPv6 ranges with a name of their own; whatever else lies outside [`GLOBAL_UNICAST`] is
/// refused too.
const SPECIAL_V6: &[(Ipv6Net, &str)] = &[
    (v6([0, 0, 0, 0, 0, 0, 0, 0], 128), "unspecified"),
    (v6([0, 0, 0, 0, 0, 0, 0, 1], 128), "loopback"),
    (v6([0, 0, 0, 0, 0, 0, 0, 0], 96), "IPv4-compatible"),
    (v6([0x64, 0xff9b, 1, 0, 0, 0, 0, 0], 48), "local NAT64"),
    (v6([0x100, 0, 0, 0, 0, 0, 0, 0], 64), "discard"),
    (v6([0x2001, 0, 0, 0, 0, 0, 0, 0], 32), "Teredo"),
    (v6([0x2001, 0, 0, 0, 0, 0, 0, 0], 23), "protocol assignments"),
    (v6([0x2001, 0xdb8, 0, 0, 0, 0, 0, 0], 32), "documentation"),
    (v6([0x2002, 0, 0, 0, 0, 0, 0, 0], 16), "6to4"),
    (v6([0x3fff, 0, 0, 0, 0, 0, 0, 0], 20), "documentation"),
    (v6([0x5f00, 0, 0, 0, 0, 0, 0, 0], 16), "segment routing"),
    (v6([0xfc00, 0, 0, 0, 0, 0, 0, 0], 7), "unique local"),
    (v6([0xfe80, 0, 0, 0, 0, 0, 0, 0], 10), "link-local"),
    (v6([0xfec0, 0, 0, 0, 0, 0, 0, 0], 10), "site-local"),
    (v6([0xff00, 0, 0, 0, 0, 0, 0, 0], 8), "multicast"),
];

/// The only part of IPv6 that is given out for the public internet.
const GLOBAL_UNICAST: Ipv6Net = v6([0x2000, 0, 0, 0, 0, 0, 0, 0], 3);
const EVERYTHING_V6: Ipv6Net = v6([0, 0, 0, 0, 0, 0, 0, 0], 0);
/// Hosts without IPv4 reach public IPv4 servers through this prefix.
const NAT64: Ipv6Net = v6([0x64, 0xff9b, 0, 0, 0, 0, 0, 0], 96);

const fn v4(octets: [u8; 4], prefix: u8) -> Ipv4Net {
    Ipv4Net::new_assert(Ipv4Addr::from_octets(octets), prefix)
}

const fn v6(segments: [u16; 8], prefix: u8) -> Ipv6Net {
    Ipv6Net::new_assert(Ipv6Addr::from_segments(segments), prefix)
}

/// Whether an address belongs to the public internet; if not, why not.
///
/// An IPv6 address that stands for an IPv4 address is judged by that address: IPv4-mapped, NAT64 with
/// the well-known prefix, ISATAP. Forms that nobody needs any more (6to4, Teredo, IPv4-compatible)
/// are refused whatever they embed.
pub(super) fn check_public(address: IpAddr) -> Result<(), NotPublic> {
    match address {
        IpAddr::V4(address) => check_v4(address),
        IpAddr::V6(address) => check_v6(address),
    }
}

fn check_v4(address: Ipv4Addr) -> Result<(), NotPublic> {
    match SPECIAL_V4.iter().find(|(range, _)| range.contains(&address)) {
        None => Ok(()),
        Some(&(range, name)) => Err(NotPublic { range: range.into(), name, embedded_in: None }),
    }
}

fn check_v6(address: Ipv6Addr) -> Result<(), NotPublic> {
    if let Some(embedded) = address.to_ipv4_mapped() {
        return check_embedded(embedded, "an IPv4-mapped address");
    }
    if NAT64.contains(&address) {
        return check_embedded(last_four_octets(address), "a NAT64 address");
    }
    if let Some(&(range, name)) = SPECIAL_V6.iter().find(|(range, _)| range.contains(&address)) {
        return Err(NotPublic { range: range.into(), name, embedded_in: None });
    }
    if !GLOBAL_UNICAST.contains(&address) {
        let name = "not global unicast";
        return Err(NotPublic { range: EVERYTHING_V6.into(), name, embedded_in: None });
    }
    if is_isatap(address) {
        return check_embedded(last_four_octets(address), "an ISATAP address");
    }
    Ok(())
}

fn check_embedded(address: Ipv4Addr, form: &'static str) -> Result<(), NotPublic> {
    check_v4(address).map_err(|why| NotPublic { embedded_in: Some(form), ..why })
}

/// The interface identifier says so, with or without the bit for "globally unique".
fn is_isatap(address: Ipv6Addr) -> bool {
    let segments = address.segments();
    segments[4] & !0x0200 == 0 && segments[5] == 0x5efe
}

fn last_four_octets(address: Ipv6Addr) -> Ipv4Addr {
    let [.., a, b, c, d] = address.octets();
    Ipv4Addr::new(a, b, c, d)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that panics has failed")]
mod tests {
    use super::*;

    /// First, middle and last address of a range.
    fn samples(range: IpNet) -> Vec<IpAddr> {
        match range {
            IpNet::V4(range) => {
                let (first, last) = (u32::from(range.network()), u32::from(range.broadcast()));
                [first, first + (last - first) / 2, last].map(|bits| Ipv4Addr::from(bits).into()).to_vec()
            }
            IpNet::V6(range) => {
                let (first, last) = (u128::from(range.network()), u128::from(range.broadcast()));
                [first, first + (last - first) / 2, last].map(|bits| Ipv6Addr::from(bits).into()).to_vec()
            }
        }
    }

    /// The ranges of the requirement, written again by hand so that a slip in the tables shows.
    const REFUSED: &[&str] = &[
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "168.63.129.16/32",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
        "255.255.255.255/32",
        "::/128",
        "::1/128",
        "::/96",
        "::ffff:0:0:0/96",
        "::ffff:127.0.0.0/104",
        "::ffff:10.0.0.0/104",
        "::ffff:169.254.0.0/112",
        "::ffff:192.168.0.0/112",
        "64:ff9b::127.0.0.0/104",
        "64:ff9b::10.0.0.0/104",
        "64:ff9b::169.254.169.254/128",
        "64:ff9b:1::/48",
        "100::/64",
        "100:0:0:1::/64",
        "400::/6",
        "800::/5",
        "1000::/4",
        "2001::/32",
        "2001::/23",
        "2001:2::/48",
        "2001:10::/28",
        "2001:20::/28",
        "2001:db8::/32",
        "2002::/16",
        "2002:7f00:1::/48",
        "2002:808:808::/48",
        "3fff::/20",
        "4000::/3",
        "5f00::/16",
        "6000::/3",
        "8000::/3",
        "a000::/3",
        "c000::/3",
        "e000::/4",
        "f000::/5",
        "f800::/6",
        "fc00::/7",
        "fd00:ec2::254/128",
        "fe80::/10",
        "fec0::/10",
        "ff00::/8",
        "2600:1234:5678:9abc:0:5efe:127.0.0.0/104",
        "2600:1234:5678:9abc:200:5efe:10.0.0.0/104",
    ];

    /// Addresses on the public side of each border.
    const ALLOWED: &[&str] = &[
        "1.0.0.0",
        "9.255.255.255",
        "11.0.0.0",
        "100.63.255.255",
        "100.128.0.0",
        "126.255.255.255",
        "128.0.0.0",
        "168.63.129.15",
        "168.63.129.17",
        "169.253.255.255",
        "169.255.0.0",
        "172.15.255.255",
        "172.32.0.0",
        "191.255.255.255",
        "192.0.1.0",
        "192.0.1.255",
        "192.0.3.0",
        "192.88.98.255",
        "192.88.100.0",
        "192.167.255.255",
        "192.169.0.0",
        "198.17.255.255",
        "198.20.0.0",
        "198.51.99.255",
        "198.51.101.0",
        "203.0.112.255",
        "203.0.114.0",
        "223.255.255.255",
        "8.8.8.8",
        "::ffff:8.8.8.8",
        "::ffff:128.0.0.0",
        "64:ff9b::8.8.8.8",
        "64:ff9b::11.0.0.0",
        "2000::",
        "2000:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
        "2001:200::",
        "2001:db7:ffff:ffff:ffff:ffff:ffff:ffff",
        "2001:db9::",
        "2003::",
        "2606:4700::1111",
        "3ffe:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
        "3fff:1000::",
        "3fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
        "2600:1234:5678:9abc:0:5efe:8.8.8.8",
        "2600:1234:5678:9abc:0:5eff:127.0.0.1",
    ];

    #[test]
    fn first_middle_and_last_of_every_special_range_are_refused() {
        let tables = SPECIAL_V4
            .iter()
            .map(|(range, _)| IpNet::from(*range))
            .chain(SPECIAL_V6.iter().map(|(range, _)| IpNet::from(*range)));
        let by_hand = REFUSED.iter().map(|range| range.parse::<IpNet>().unwrap());
        for range in tables.chain(by_hand) {
            for address in samples(range) {
                assert!(check_public(address).is_err(), "{address} of {range} passes");
            }
        }
    }

    #[test]
    fn neighbours_of_the_special_ranges_are_public() {
        for address in ALLOWED {
            assert_eq!(check_public(address.parse().unwrap()), Ok(()), "{address}");
        }
    }

    #[test]
    fn every_special_ipv4_range_is_refused_in_every_ipv6_form_that_embeds_it() {
        let mut checked = 0;
        for (range, _) in SPECIAL_V4 {
            for address in samples((*range).into()) {
                let IpAddr::V4(inner) = address else { panic!("a sample of another family") };
                for (form, outer) in embeddings(inner) {
                    assert!(check_public(outer.into()).is_err(), "{inner} as {form} {outer} passes");
                    checked += 1;
                }
            }
        }
        assert!(checked >= 400, "{checked}");
    }

    fn embeddings(inner: Ipv4Addr) -> Vec<(&'static str, Ipv6Addr)> {
        let bits = u128::from(u32::from(inner));
        let with = |prefix: &str| Ipv6Addr::from(u128::from(prefix.parse::<Ipv6Addr>().unwrap()) | bits);
        vec![
            ("mapped", with("::ffff:0:0")),
            ("compatible", with("::")),
            ("translated", with("::ffff:0:0:0")),
            ("NAT64", with("64:ff9b::")),
            ("local NAT64", with("64:ff9b:1::")),
            ("ISATAP", with("2600::5efe:0:0")),
            ("unique ISATAP", with("2600::200:5efe:0:0")),
            ("6to4", Ipv6Addr::from(0x2002_u128 << 112 | bits << 80 | 1)),
            ("Teredo server", Ipv6Addr::from(0x2001_0000_u128 << 96 | bits << 64)),
            ("Teredo client", Ipv6Addr::from(0x2001_0000_u128 << 96 | (bits ^ 0xffff_ffff))),
        ]
    }

    #[test]
    fn an_embedded_address_says_what_hid_it() {
        let why = check_public("64:ff9b::a00:1".parse().unwrap()).unwrap_err();
        assert_eq!(why.to_string(), "private network, 10.0.0.0/8, inside a NAT64 address");
    }
}

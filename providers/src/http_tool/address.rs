//! Which addresses are public.
//!
//! A host given as an address is judged when the tool is declared. A host given as a name is judged each time a
//! connection is made: the connection goes to the very addresses that were judged, so a name that changes its mind
//! between two look-ups gains nothing.

use std::{
    error::Error,
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
};

use reqwest::{
    Url,
    dns::{Addrs, Name, Resolve, Resolving},
};
use tokio::net::lookup_host;

/// Resolves names to public addresses and to nothing else.
#[derive(Debug)]
pub(super) struct PublicNames;

/// A name leads to an address that is not public.
#[derive(Debug)]
pub(super) struct NotPublic;

impl fmt::Display for NotPublic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name leads to an address that is not public")
    }
}

impl Error for NotPublic {}

impl Resolve for PublicNames {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            // The port is put in by the connection.
            let found: Vec<SocketAddr> = lookup_host((name.as_str(), 0)).await?.collect();
            // One bad address among good ones is a trick, not an accident.
            if found.iter().all(|address| is_public(address.ip())) {
                Ok(Box::new(found.into_iter()) as Addrs)
            } else {
                Err(NotPublic.into())
            }
        })
    }
}

/// Refuses a host that is an address and not a public one, in whichever notation: the URL's parser has read decimal,
/// octal, hexadecimal, shortened and full-width forms already. Names are left to [`PublicNames`].
pub(super) fn check_host(url: &Url) -> Result<(), String> {
    let host = url.host_str().unwrap_or_default();
    let host = host.trim_start_matches('[').trim_end_matches(']');
    match host.parse::<IpAddr>() {
        Ok(address) if !is_public(address) => Err(format!(
            "its host {address} is not a public address; a service beside the worker needs allow_private: true"
        )),
        Ok(_) | Err(_) => Ok(()),
    }
}

pub(super) fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

/// By the IANA registry of special-purpose addresses (RFC 6890 and its successors).
fn is_public_v4(address: Ipv4Addr) -> bool {
    let special: [(Ipv4Addr, u32); 16] = [
        (Ipv4Addr::new(0, 0, 0, 0), 8),
        (Ipv4Addr::new(10, 0, 0, 0), 8),
        // Carrier-grade NAT; some clouds keep their metadata at 100.100.100.200.
        (Ipv4Addr::new(100, 64, 0, 0), 10),
        (Ipv4Addr::new(127, 0, 0, 0), 8),
        // Link-local; most clouds keep their metadata at 169.254.169.254.
        (Ipv4Addr::new(169, 254, 0, 0), 16),
        (Ipv4Addr::new(172, 16, 0, 0), 12),
        (Ipv4Addr::new(192, 0, 0, 0), 24),
        (Ipv4Addr::new(192, 0, 2, 0), 24),
        (Ipv4Addr::new(192, 88, 99, 0), 24),
        (Ipv4Addr::new(192, 168, 0, 0), 16),
        (Ipv4Addr::new(198, 18, 0, 0), 15),
        (Ipv4Addr::new(198, 51, 100, 0), 24),
        (Ipv4Addr::new(203, 0, 113, 0), 24),
        // Azure's internal service, in the middle of public space.
        (Ipv4Addr::new(168, 63, 129, 16), 32),
        (Ipv4Addr::new(224, 0, 0, 0), 4),
        (Ipv4Addr::new(240, 0, 0, 0), 4),
    ];
    let bits = address.to_bits();
    !special
        .iter()
        .any(|(network, length)| bits >> (32 - length) == network.to_bits() >> (32 - length))
}

/// Global unicast without its special parts, and IPv4 in disguise judged as IPv4.
fn is_public_v6(address: Ipv6Addr) -> bool {
    let [first, second, ..] = address.segments();
    if let Some(mapped) = address.to_ipv4_mapped() {
        return is_public_v4(mapped);
    }
    // NAT64 (64:ff9b::/96): the way to IPv4 hosts from networks that have only IPv6.
    if address.to_bits() >> 32 == 0x0064_ff9b_0000_0000_0000_0000 {
        return is_public_v4(Ipv4Addr::from_bits((address.to_bits() & 0xffff_ffff) as u32));
    }
    let global_unicast = first & 0xe000 == 0x2000;
    let special = match first {
        // 2001::/23, protocol assignments, Teredo among them; 2001:db8::/32, documentation.
        0x2001 => second < 0x0200 || second == 0x0db8,
        // 6to4, which carries an IPv4 address.
        0x2002 => true,
        // 3fff::/20, documentation.
        0x3fff => second < 0x1000,
        _ => false,
    };
    global_unicast && !special
}

//! Which hosts, ports and addresses may be reached, and the look-up of names under that rule.

use std::collections::HashMap;
use std::fmt::Display;
use std::io;
use std::net::IpAddr;
use std::net::Ipv4Addr;
use std::net::Ipv6Addr;
use std::net::ToSocketAddrs;
use std::net::UdpSocket;
use std::sync::Arc;
use std::time::Duration;

use ipnet::IpNet;
use thiserror::Error;
use tokio::sync::OwnedSemaphorePermit;
use tokio::sync::Semaphore;
use url::Host;
use url::Url;

use super::address::check_public;
use super::error::Denial;
use super::error::EgressError;

/// Ports that may be connected to unless the host says otherwise.
const DEFAULT_PORTS: &[u16] = &[80, 443];
/// Names under these endings lead into the network that the host stands in.
const LOCAL_SUFFIXES: &[&str] = &[
    "corp",
    "home",
    "home.arpa",
    "internal",
    "intranet",
    "lan",
    "local",
    "localdomain",
    "localhost",
    "private",
];
/// Metadata services under names that no ending above covers.
const METADATA_NAMES: &[&str] =
    &["instance-data.ec2.amazonaws.com", "metadata.platformequinix.com", "metadata.tencentyun.com"];
/// Longest wait for the addresses of a name.
const LOOKUP_TIME_MAX: Duration = Duration::from_secs(3);
/// Look-ups at one moment. Each holds a thread of the runtime until the system's resolver gives up,
/// long after we have; a tenant whose name server is dead must not take the threads of the others.
const LOOKUPS_AT_ONCE_MAX: usize = 8;
/// Addresses of one name that are looked at; no honest name has more.
const ADDRESSES_MAX: usize = 64;

/// Finds the addresses of a name; may block.
pub(super) type Lookup = Arc<dyn Fn(&str) -> io::Result<Vec<IpAddr>> + Send + Sync>;

/// The rules for targets.
pub(super) struct Policy {
    hosts: Vec<HostPattern>,
    ports: Vec<u16>,
    addresses_allowed: Vec<IpNet>,
    addresses_denied: Vec<IpNet>,
    fixed: HashMap<String, Vec<IpAddr>>,
    lookup: Lookup,
    lookups: Arc<Semaphore>,
}

/// Rules as the builder collects them.
#[derive(Clone)]
pub(super) struct Rules {
    pub(super) hosts: Vec<String>,
    pub(super) ports: Option<Vec<u16>>,
    pub(super) addresses_allowed: Vec<IpNet>,
    pub(super) addresses_denied: Vec<IpNet>,
    pub(super) fixed: Vec<(String, Vec<IpAddr>)>,
    pub(super) lookup: Lookup,
}

/// One entry of the allow-list, canonical.
enum HostPattern {
    /// This host alone.
    Exact(String),
    /// Every name below this one, at any depth, but not the name itself. Begins with a dot.
    Below(String),
}

/// Why a name has no addresses that may be connected to.
#[derive(Debug, Error)]
pub(super) enum ResolveError {
    #[error(transparent)]
    Denied(#[from] Denial),
    #[error("the name cannot be resolved")]
    Failed(#[source] io::Error),
    #[error("the name has no addresses")]
    NoAddress,
    #[error("the name was not resolved within {} ms", LOOKUP_TIME_MAX.as_millis())]
    TimedOut,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            hosts: Vec::new(),
            ports: None,
            addresses_allowed: Vec::new(),
            addresses_denied: Vec::new(),
            fixed: Vec::new(),
            lookup: Arc::new(system_lookup),
        }
    }
}

impl Policy {
    pub(super) fn new(rules: Rules) -> Result<Self, EgressError> {
        let ports = rules.ports.unwrap_or_else(|| DEFAULT_PORTS.to_vec());
        if ports.contains(&0) {
            return Err(EgressError::BadPort);
        }
        let fixed = rules.fixed.into_iter().map(|(host, addresses)| Ok((canonical_host(&host)?, addresses)));
        Ok(Self {
            hosts: rules.hosts.iter().map(|host| HostPattern::parse(host)).collect::<Result<_, _>>()?,
            ports,
            addresses_allowed: rules.addresses_allowed,
            addresses_denied: rules.addresses_denied,
            fixed: fixed.collect::<Result<_, _>>()?,
            lookup: rules.lookup,
            lookups: Arc::new(Semaphore::new(LOOKUPS_AT_ONCE_MAX)),
        })
    }

    /// Judges all that a URL says: scheme, host, port, and the address where the host is one.
    /// Such an address is returned.
    pub(super) fn check_url(&self, url: &Url) -> Result<Option<IpAddr>, Denial> {
        let scheme = || Denial::Scheme { scheme: url.scheme().to_owned() };
        if !matches!(url.scheme(), "http" | "https") {
            return Err(scheme());
        }
        let (Some(host), Some(port)) = (url.host(), url.port_or_known_default()) else {
            return Err(scheme());
        };
        self.check_listed(&host)?;
        if !self.ports.contains(&port) {
            return Err(Denial::Port { port });
        }
        self.check_host(host)
    }

    /// Judges a host, whatever is asked of it. Where it is an address, that is returned.
    pub(super) fn check_host<S: AsRef<str> + Display>(
        &self,
        host: Host<S>,
    ) -> Result<Option<IpAddr>, Denial> {
        let listed = self.check_listed(&host)?;
        let name = host.to_string();
        let address = match host {
            Host::Domain(_) if !listed && is_local_name(&name) => {
                return Err(Denial::LocalName { host: name });
            }
            Host::Domain(_) => return Ok(None),
            Host::Ipv4(address) => IpAddr::from(address),
            Host::Ipv6(address) => IpAddr::from(address),
        };
        self.check_address(address)?;
        Ok(Some(address))
    }

    /// Whether the allow-list names the host; refuses it where there is a list that does not.
    fn check_listed<S: AsRef<str>>(&self, host: &Host<S>) -> Result<bool, Denial>
    where
        Host<S>: Display,
    {
        let name = host.to_string();
        let listed = self.hosts.iter().any(|pattern| pattern.matches(&name));
        match !listed && !self.hosts.is_empty() {
            true => Err(Denial::Host { host: name }),
            false => Ok(listed),
        }
    }

    /// Waits for a place among the look-ups.
    pub(super) async fn place_for_lookup(&self) -> Option<OwnedSemaphorePermit> {
        let place = Arc::clone(&self.lookups).acquire_owned();
        tokio::time::timeout(LOOKUP_TIME_MAX, place).await.ok()?.ok()
    }

    /// The addresses of a name, all of them allowed. One forbidden address refuses the name: such an
    /// answer is an attack or a mistake, and connecting to the others would leave it to chance, or to
    /// whoever can make a server refuse connections, which of them is used.
    pub(super) async fn resolve(&self, name: &str) -> Result<Vec<IpAddr>, ResolveError> {
        let addresses = match self.fixed.get(name) {
            Some(addresses) => addresses.clone(),
            None => self.look_up(name.to_owned()).await?,
        };
        for address in &addresses {
            self.check_address(*address)?;
        }
        if addresses.is_empty() {
            return Err(ResolveError::NoAddress);
        }
        Ok(addresses)
    }

    fn check_address(&self, address: IpAddr) -> Result<(), Denial> {
        let canonical = address.to_canonical();
        let lies_in = |ranges: &[IpNet]| ranges.iter().any(|range| range.contains(&canonical));
        if lies_in(&self.addresses_denied) {
            return Err(Denial::Excluded { address });
        }
        if lies_in(&self.addresses_allowed) {
            return Ok(());
        }
        check_public(address).map_err(|why| Denial::NotPublic { address, why })?;
        if is_own_address(canonical) {
            return Err(Denial::OwnAddress { address });
        }
        Ok(())
    }

    /// Asks the system. The place among the look-ups is given back when the system has answered, not
    /// when we stop waiting.
    async fn look_up(&self, name: String) -> Result<Vec<IpAddr>, ResolveError> {
        let lookup = Arc::clone(&self.lookup);
        let lookups = Arc::clone(&self.lookups);
        let asked = async move {
            // Fails only for a closed semaphore, and nobody closes this one.
            let place = lookups.acquire_owned().await.map_err(io::Error::other)?;
            let asked = tokio::task::spawn_blocking(move || {
                let answer = lookup(&name);
                drop(place);
                answer
            });
            asked.await.map_err(io::Error::other)?
        };
        let mut addresses = match tokio::time::timeout(LOOKUP_TIME_MAX, asked).await {
            Err(_) => return Err(ResolveError::TimedOut),
            Ok(answer) => answer.map_err(ResolveError::Failed)?,
        };
        addresses.truncate(ADDRESSES_MAX);
        Ok(addresses)
    }
}

impl HostPattern {
    fn parse(text: &str) -> Result<Self, EgressError> {
        match text.strip_prefix("*.") {
            None => Ok(Self::Exact(canonical_host(text)?)),
            Some(parent) => match Host::parse(parent) {
                Ok(Host::Domain(_)) => Ok(Self::Below(format!(".{}", canonical_host(parent)?))),
                _ => Err(bad_host(text, "what follows `*.` is no name")),
            },
        }
    }

    fn matches(&self, host: &str) -> bool {
        match self {
            Self::Exact(name) => host == name,
            Self::Below(parent) => host.len() > parent.len() && host.ends_with(parent.as_str()),
        }
    }
}

/// A host as the parser of URLs writes it, so that both are compared in the same spelling.
fn canonical_host(text: &str) -> Result<String, EgressError> {
    if let Ok(address) = text.parse::<Ipv6Addr>() {
        return Ok(Host::<String>::Ipv6(address).to_string());
    }
    match Host::parse(text).map_err(|error| bad_host(text, error))? {
        Host::Domain(name) => {
            let name = name.strip_suffix('.').unwrap_or(&name);
            let odd = name.contains('*') || name.split('.').any(str::is_empty);
            if odd { Err(bad_host(text, "it is no name")) } else { Ok(name.to_owned()) }
        }
        address @ (Host::Ipv4(_) | Host::Ipv6(_)) => Ok(address.to_string()),
    }
}

fn bad_host(host: &str, reason: impl ToString) -> EgressError {
    EgressError::BadHost { host: host.to_owned(), reason: reason.to_string() }
}

/// Whether a name, in canonical form, means a machine nearby. A name of one label does: the system's
/// resolver completes it with the domains of the host's own network.
fn is_local_name(name: &str) -> bool {
    let below = |suffix: &str| name.strip_suffix(suffix).is_some_and(|rest| rest.ends_with('.'));
    !name.contains('.')
        || LOCAL_SUFFIXES.iter().any(|suffix| name == *suffix || below(suffix))
        || METADATA_NAMES.contains(&name)
}

/// Whether an address belongs to this machine: then, and only then, the system would use it as the
/// source of what is sent there. Nothing is sent; connecting a datagram socket only picks the route.
fn is_own_address(address: IpAddr) -> bool {
    let any = match address {
        IpAddr::V4(_) => IpAddr::from(Ipv4Addr::UNSPECIFIED),
        IpAddr::V6(_) => IpAddr::from(Ipv6Addr::UNSPECIFIED),
    };
    let source = UdpSocket::bind((any, 0)).and_then(|socket| {
        socket.connect((address, 9))?;
        socket.local_addr()
    });
    // Without a route there is nothing of ours there either.
    source.is_ok_and(|source| source.ip() == address)
}

fn system_lookup(name: &str) -> io::Result<Vec<IpAddr>> {
    Ok((name, 0).to_socket_addrs()?.map(|address| address.ip()).collect())
}

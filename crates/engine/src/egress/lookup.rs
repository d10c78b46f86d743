//! What name servers say about a name, for scripts that ask; `fetch` itself connects by [`Policy`]'s own look-ups.
//!
//! [`Policy`]: super::policy::Policy

use std::net::IpAddr;
use std::time::Duration;

use hickory_resolver::TokioResolver;
use hickory_resolver::proto::rr::RData;
use hickory_resolver::proto::rr::RecordType;
use serde::Deserialize;
use serde_json::Value;
use serde_json::json;
use url::Host;

use super::Egress;
use super::Kind;
use super::policy::Policy;

/// Records of one answer that are handed over.
const RECORDS_MAX: usize = 64;
/// Bytes of one text record.
const TEXT_BYTES_MAX: usize = 65536;
/// Longest wait for one name server, of which two are asked.
const WAIT_MAX: Duration = Duration::from_secs(2);

/// The kinds of records that a script can ask for. Addresses have a way of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum RecordKind {
    Caa,
    Cname,
    Mx,
    Ns,
    Soa,
    Srv,
    Txt,
}

impl RecordKind {
    fn record_type(self) -> RecordType {
        match self {
            Self::Caa => RecordType::CAA,
            Self::Cname => RecordType::CNAME,
            Self::Mx => RecordType::MX,
            Self::Ns => RecordType::NS,
            Self::Soa => RecordType::SOA,
            Self::Srv => RecordType::SRV,
            Self::Txt => RecordType::TXT,
        }
    }
}

impl Egress {
    /// The addresses that `fetch` would connect to; none where it would refuse or fail.
    pub(crate) async fn addresses(&self, name: &str) -> Option<Vec<IpAddr>> {
        let Kind::Network(network) = &*self.0 else { return None };
        let policy = network.policy();
        match allowed(policy, name)? {
            Host::Domain(name) => policy.resolve(&name).await.ok(),
            Host::Ipv4(address) => Some(vec![address.into()]),
            Host::Ipv6(address) => Some(vec![address.into()]),
        }
    }

    /// The records of a name that `fetch` might be asked for, as Node shows them.
    pub(crate) async fn records(&self, name: &str, kind: RecordKind) -> Option<Vec<Value>> {
        let Kind::Network(network) = &*self.0 else { return None };
        let Host::Domain(name) = allowed(network.policy(), name)? else { return None };
        let _place = network.policy().place_for_lookup().await?;
        // With a dot at the end no domain of the host's own network completes the name.
        let resolver = resolver()?;
        let asked = resolver.lookup(format!("{name}."), kind.record_type());
        let answer = tokio::time::timeout(WAIT_MAX * 2, asked).await.ok()?.ok()?;
        let records: Vec<Value> = answer.iter().take(RECORDS_MAX).filter_map(record_json).collect();
        (!records.is_empty()).then_some(records)
    }
}

/// The name, if the policy has nothing against it. The names of records may begin with labels such as `_dmarc`, which
/// no host has; what comes after them is judged.
fn allowed(policy: &Policy, name: &str) -> Option<Host<String>> {
    let zone_at = name.split_inclusive('.').take_while(|label| label.starts_with('_')).map(str::len).sum();
    let (labels, zone) = name.split_at(zone_at);
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte);
    if !labels.bytes().all(is_plain) {
        return None;
    }
    let zone = Host::parse(zone.trim_end_matches('.')).ok()?;
    policy.check_host(zone.clone()).ok()?;
    match zone {
        Host::Domain(zone) => Some(Host::Domain(format!("{labels}{zone}"))),
        address @ (Host::Ipv4(_) | Host::Ipv6(_)) => labels.is_empty().then_some(address),
    }
}

/// Asks the system's name servers directly. Nothing of the answers for one tenant is kept for another.
fn resolver() -> Option<TokioResolver> {
    let mut builder = TokioResolver::builder_tokio().ok()?;
    let options = builder.options_mut();
    options.timeout = WAIT_MAX;
    options.attempts = 1;
    options.cache_size = 0;
    Some(builder.build())
}

/// One record as Node shows it.
fn record_json(record: &RData) -> Option<Value> {
    let plain = |name: &hickory_resolver::Name| name.to_utf8().trim_end_matches('.').to_owned();
    Some(match record {
        RData::CAA(caa) => {
            json!({ "critical": u8::from(caa.issuer_critical()) * 128, (caa.tag().as_str()): String::from_utf8_lossy(caa.raw_value()) })
        }
        RData::CNAME(name) => json!(plain(&name.0)),
        RData::MX(mx) => json!({ "exchange": plain(mx.exchange()), "priority": mx.preference() }),
        RData::NS(name) => json!(plain(&name.0)),
        RData::SOA(soa) => json!({
            "nsname": plain(soa.mname()), "hostmaster": plain(soa.rname()), "serial": soa.serial(),
            "refresh": soa.refresh(), "retry": soa.retry(), "expire": soa.expire(), "minttl": soa.minimum(),
        }),
        RData::SRV(srv) => json!({
            "name": plain(srv.target()), "port": srv.port(), "priority": srv.priority(), "weight": srv.weight(),
        }),
        RData::TXT(txt) => {
            let parts = txt.txt_data();
            if parts.iter().map(|part| part.len()).sum::<usize>() > TEXT_BYTES_MAX {
                return None;
            }
            parts.iter().map(|part| String::from_utf8_lossy(part)).collect()
        }
        _ => return None,
    })
}

//! What `fetch` may reach on this command line, and how a report shows what it reached.

use std::net::IpAddr;
use std::path::Path;

use ipnet::IpNet;
use vestibule::CannedAnswer;
use vestibule::Egress;
use vestibule::FetchOutcome;
use vestibule::FetchRecord;

use crate::command_error::CommandError;
use crate::escape;
use crate::input;
use crate::render;
use crate::style::Paint;

/// No network, only the answers of a file.
pub(crate) fn canned(path: &Path, shown: &str) -> Result<Egress, CommandError> {
    let answers: Vec<CannedAnswer> = input::json(path, shown).map_err(|error| {
        error.hint(r#"it must be a list such as [{"url": "https://api.example/*", "json": {}}]"#)
    })?;
    Ok(Egress::canned(answers))
}

/// The public internet; only these hosts of it when there are any. The addresses may be reached besides.
pub(crate) fn network(hosts: &[String], addresses: &[String]) -> Result<Egress, CommandError> {
    let mut builder = Egress::builder().allow_hosts(hosts.iter().cloned());
    for address in addresses {
        builder = builder.allow_addresses([range(address)?]);
    }
    if !addresses.is_empty() {
        // What runs on a machine nearby seldom has the ports of the public internet.
        builder = builder.allow_ports(1..=u16::MAX);
    }
    builder.build().map_err(|error| {
        CommandError::wrong_use(error)
            .hint("write --allow-host api.example.com, or *.example.com for all names below it")
    })
}

/// `127.0.0.1`, or `10.0.0.0/8` for all addresses that begin with these bits.
fn range(text: &str) -> Result<IpNet, CommandError> {
    let range = text.parse().or_else(|_| text.parse::<IpAddr>().map(IpNet::from));
    range.map_err(|_| {
        CommandError::usage(format!("--allow-address is {text:?}, which is no address")).hint(
            "write --allow-address 127.0.0.1, or 10.0.0.0/8 for all addresses that begin with these bits",
        )
    })
}

/// One request on one line.
pub(crate) fn line(record: &FetchRecord, paint: Paint) -> String {
    let url = if record.url.is_empty() { "(no valid URL)".to_owned() } else { escape::line(&record.url) };
    let request = format!("fetch {} {url}", escape::line(&record.method));
    let time = paint.dim(render::duration(record.wall_us));
    match &record.outcome {
        FetchOutcome::Answered { status, complete } => {
            let unread = if *complete { "" } else { ", body not read to its end" };
            format!("{request}: {status}, {}{unread}  {time}", render::count(record.bytes_in, "byte"))
        }
        FetchOutcome::UnderWay => {
            format!("{request}: {}  {time}", paint.yellow("cut off when the handler had ended"))
        }
        FetchOutcome::Cancelled => format!("{request}: {}  {time}", paint.yellow("cancelled")),
        FetchOutcome::Failed { failure: _, reason } => {
            format!("{request}: {} {}  {time}", paint.red("failed:"), escape::line(reason))
        }
    }
}

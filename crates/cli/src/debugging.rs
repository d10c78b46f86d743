//! Lets a debugger into a run: where it listens, what the person at it is told, and how Ctrl-C ends it.

use std::io::ErrorKind;
use std::net::IpAddr;
use std::net::Ipv4Addr;
use std::net::SocketAddr;
use std::net::TcpListener;
use std::path::PathBuf;
use std::pin::pin;

use serde_json::Value;
use tokio::sync::mpsc;
use tokio::sync::mpsc::UnboundedReceiver;
use vestibule::Builder;
use vestibule::EngineLimits;
use vestibule::Flow;
use vestibule::FlowOutcome;
use vestibule::Inspector;
use vestibule::InspectorError;
use vestibule::InspectorEvent;
use vestibule::InspectorOptions;

use crate::command_error::CommandError;
use crate::commands::run;
use crate::escape;
use crate::execute;
use crate::execute::Entry;
use crate::io::Io;

/// Where debuggers look by themselves.
const DEFAULT_PORT: u16 = 9229;
const DEFAULT_ADDRESS: &str = "127.0.0.1:9229";

/// How many ports behind a taken one are tried for the hint.
const PORTS_TRIED: u16 = 20;

/// The exit code of a command that Ctrl-C has ended, as shells count it.
pub(crate) const INTERRUPTED: i32 = 130;

#[derive(clap::Args)]
pub(crate) struct InspectArgs {
    /// Let a debugger in, such as Chrome or VS Code: every action waits for one before its first line.
    /// Time in which it waits or is paused does not count. Listens on 127.0.0.1:9229, which only this
    /// machine reaches, or where HOST:PORT says
    #[arg(long, value_name = "HOST:PORT", num_args = 0..=1, require_equals = true)]
    #[arg(default_missing_value = DEFAULT_ADDRESS, conflicts_with = "inspect_brk")]
    inspect: Option<String>,

    /// As --inspect, and every action stops at its first line
    #[arg(long, value_name = "HOST:PORT", num_args = 0..=1, require_equals = true)]
    #[arg(default_missing_value = DEFAULT_ADDRESS)]
    inspect_brk: Option<String>,
}

/// A run that debuggers are let into.
pub(crate) struct Debugging {
    pub(crate) inspector: Inspector,
    events: UnboundedReceiver<InspectorEvent>,
    /// How to connect has been said.
    is_explained: bool,
}

/// How a run ended.
pub(crate) enum Ended {
    Outcome(Box<FlowOutcome>),
    /// By Ctrl-C.
    Interrupted,
}

impl Ended {
    pub(crate) fn outcome(outcome: FlowOutcome) -> Self {
        Self::Outcome(Box::new(outcome))
    }
}

impl InspectArgs {
    /// Starts to listen, where that is asked for. File names of actions start from `folder`.
    pub(crate) fn listen(&self, folder: PathBuf, io: &mut Io<'_>) -> Result<Option<Debugging>, CommandError> {
        let (flag, text, breaks_at_start) = match (&self.inspect, &self.inspect_brk) {
            (Some(text), _) => ("--inspect", text, false),
            (None, Some(text)) => ("--inspect-brk", text, true),
            (None, None) => return Ok(None),
        };
        let address = address(text, flag)?;
        let (sender, events) = mpsc::unbounded_channel();
        let options = InspectorOptions { address, folder, breaks_at_start };
        // Who does not listen any more has an outcome.
        let listening = Inspector::listen(options, move |event| drop(sender.send(event)));
        let inspector = listening.map_err(|error| refused(error, flag))?;
        let listens_at = inspector.address();
        if !listens_at.ip().is_loopback() {
            run::warn(
                &format!(
                    "{listens_at} can be reached from other machines. Whoever finds it controls the actions and \
                     reads their secrets: there is no password, and nothing is encrypted"
                ),
                io,
            );
        }
        Ok(Some(Debugging { inspector, events, is_explained: false }))
    }
}

impl Debugging {
    /// Settings for one debugged action after the other: an isolate that is ready ahead of its time helps
    /// nobody.
    pub(crate) fn prepare(&self, builder: Builder) -> Builder {
        let engine_limits = EngineLimits { threads: 1, ready_isolates: 0, ..EngineLimits::default() };
        builder.engine_limits(engine_limits).inspector(self.inspector.clone())
    }

    /// Runs a flow to its end, or to Ctrl-C.
    pub(crate) fn execute(
        mut self,
        flow: &Flow,
        entry: Entry,
        event: Value,
        io: &mut Io<'_>,
    ) -> Result<Ended, CommandError> {
        execute::runtime()?.block_on(async {
            let mut run = pin!(execute::enter(flow, entry, event));
            let mut interrupt = pin!(tokio::signal::ctrl_c());
            loop {
                tokio::select! {
                    // In this order, so that all is told before the outcome.
                    biased;
                    interrupted = &mut interrupt => {
                        return interrupted.map(|()| Ended::Interrupted).map_err(CommandError::failed);
                    }
                    Some(event) = self.events.recv() => {
                        let text = self.text(event);
                        io.err(&text);
                    }
                    outcome = &mut run => return outcome.map(Ended::outcome),
                }
            }
        })
    }

    /// What the person at the terminal is told.
    fn text(&mut self, event: InspectorEvent) -> String {
        match event {
            InspectorEvent::Waiting { title, url } => {
                let waits = format!("{} waits for a debugger: {url}\n", escape::line(&title));
                let explained = std::mem::replace(&mut self.is_explained, true);
                if explained { waits } else { waits + &self.explanation() }
            }
            InspectorEvent::Attached { title } => {
                format!("a debugger is attached to {}\n", escape::line(&title))
            }
            InspectorEvent::Detached { title } => {
                format!("the debugger has left {}, which goes on without it\n", escape::line(&title))
            }
        }
    }

    fn explanation(&self) -> String {
        let address = self.inspector.address();
        let port = address.port();
        let configure = match port {
            DEFAULT_PORT => String::new(),
            _ => format!(", and add {address} under Configure"),
        };
        format!(
            "  in Chrome open chrome://inspect{configure}\n  \
             in VS Code attach with {{ \"type\": \"node\", \"request\": \"attach\", \"attachSimplePort\": {port} }}\n  \
             Ctrl-C ends the run\n"
        )
    }
}

/// The address of an option: both parts, or either.
fn address(text: &str, flag: &str) -> Result<SocketAddr, CommandError> {
    let here = IpAddr::V4(Ipv4Addr::LOCALHOST);
    if let Ok(address) = text.parse() {
        return Ok(address);
    }
    if let Ok(port) = text.parse() {
        return Ok(SocketAddr::new(here, port));
    }
    if let Ok(ip) = text.trim_matches(['[', ']']).parse() {
        return Ok(SocketAddr::new(ip, DEFAULT_PORT));
    }
    let (host, port) = match text.rsplit_once(':') {
        Some((host, port)) => (host, port.parse().ok()),
        None => (text, Some(DEFAULT_PORT)),
    };
    match port {
        Some(port) if host.eq_ignore_ascii_case("localhost") => Ok(SocketAddr::new(here, port)),
        _ => Err(CommandError::usage(format!(
            "{flag} is {text:?}, but must be an IP address of this machine, with a port"
        ))
        .hint(format!("write {flag}={DEFAULT_ADDRESS}, or {flag}=PORT"))),
    }
}

fn refused(error: InspectorError, flag: &str) -> CommandError {
    match &error {
        InspectorError::Listen { address, source } => {
            let hint = match source.kind() {
                ErrorKind::AddrInUse => {
                    next_free(*address).map(|free| format!("{free} is free: write {flag}={free}"))
                }
                _ => None,
            };
            let error = CommandError::failed(error);
            match hint {
                Some(hint) => error.hint(hint),
                None => error,
            }
        }
        InspectorError::Thread(_) => CommandError::failed(error),
    }
}

/// The next address that nobody listens on at this moment.
fn next_free(taken: SocketAddr) -> Option<SocketAddr> {
    let last = taken.port().saturating_add(PORTS_TRIED);
    let behind = (taken.port()..=last).skip(1).map(|port| SocketAddr::new(taken.ip(), port));
    behind.into_iter().find(|address| TcpListener::bind(address).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_may_leave_a_part_out() {
        for (text, meant) in [
            ("127.0.0.1:9229", "127.0.0.1:9229"),
            ("localhost:1", "127.0.0.1:1"),
            ("localhost", "127.0.0.1:9229"),
            ("9333", "127.0.0.1:9333"),
            ("127.0.0.2", "127.0.0.2:9229"),
            ("::1", "[::1]:9229"),
            ("[::1]", "[::1]:9229"),
            ("[::1]:5", "[::1]:5"),
            ("0.0.0.0:1", "0.0.0.0:1"),
        ] {
            assert_eq!(address(text, "--inspect").unwrap().to_string(), meant);
        }
        for bad in ["", "example.com:9229", "example.com", "localhost:no", "127.0.0.1:99999"] {
            let error = address(bad, "--inspect-brk").unwrap_err();
            assert_eq!(error.exit_code(), 2);
            assert!(error.hints[0].contains("--inspect-brk=127.0.0.1:9229"), "{bad}");
        }
    }
}

//! Hooks of real configurations, against a real HTTP server on this machine and a real process for Jsonnet.

#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that panics has failed")]

mod jsonnet;
mod orders;
mod other_hooks;
mod refusals;
mod server;
mod web_hooks;

use std::path::Path;
use std::time::Duration;

use serde_json::Value;
use vestibule::Egress;
use vestibule::Registry;
use vestibule_ory::HookOutcome;
use vestibule_ory::HookReport;
use vestibule_ory::HooksOutcome;
use vestibule_ory::Jsonnet;
use vestibule_ory::JsonnetLimits;
use vestibule_ory::OryConfig;
use vestibule_ory::Place;
use vestibule_ory::Plan;
use vestibule_ory::Runtime;

use server::Server;

fn data() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data"))
}

fn example(file: &str) -> String {
    std::fs::read_to_string(data().join(file)).unwrap()
}

/// Time enough for an honest template on a busy machine.
fn patient() -> JsonnetLimits {
    JsonnetLimits { time_max: Duration::from_secs(30), ..JsonnetLimits::default() }
}

fn program() -> Jsonnet {
    Jsonnet::new(env!("CARGO_BIN_EXE_vestibule-jsonnet")).limits(patient())
}

/// A policy that lets tests reach this machine.
fn local() -> Egress {
    let loopback = ["127.0.0.0/8".parse().unwrap()];
    Egress::builder().allow_addresses(loopback).allow_ports(1..=65535).build().unwrap()
}

fn runtime() -> Runtime {
    Runtime::new(local()).jsonnet(program()).retry_waits([Duration::from_millis(5); 2])
}

/// The words of a place, one after the other: `login after password`.
fn place(words: &str) -> Place {
    let mut words = words.split(' ');
    Place::from_words(words.next().unwrap(), words.next(), words.next()).unwrap()
}

/// A plan of a configuration whose endpoints are on the server.
fn plan(text: &str, server: &Server, words: &str) -> Plan {
    let text = text.replace("http://hooks.example", &server.url(""));
    OryConfig::parse(&text, "kratos.yaml", data()).unwrap().plan(&place(words)).unwrap()
}

/// The sample event of the trigger.
fn sample(words: &str) -> Value {
    let registry = Registry::built_in();
    let trigger = registry.get(&place(words).trigger()).unwrap();
    let mut event: Value = serde_json::from_str(trigger.sample_event().unwrap()).unwrap();
    // Every plan brings its own.
    event.as_object_mut().unwrap().remove("method");
    event
}

async fn run(plan: &Plan, event: Value) -> HooksOutcome {
    run_with(plan, event, &runtime()).await
}

/// Runs a plan to the end of its detached hooks.
async fn run_with(plan: &Plan, event: Value, runtime: &Runtime) -> HooksOutcome {
    let answered = plan.run(event, runtime).await.unwrap();
    let mut outcome = answered.outcome;
    outcome.take_in(answered.detached.run().await);
    outcome
}

/// `ACTION command` of every command.
fn commands(outcome: &HooksOutcome) -> Vec<String> {
    outcome.flow.commands.iter().map(|command| format!("{} {}", command.action, command.command)).collect()
}

fn decision(outcome: &HooksOutcome) -> Value {
    serde_json::to_value(&outcome.flow.decision).unwrap()
}

/// Status and message of a hook that failed.
fn failure(report: &HookReport) -> (u16, String) {
    match &report.outcome {
        HookOutcome::Failed { status, message } => (*status, message.clone()),
        other => panic!("{other:?}"),
    }
}

/// One web hook after a login, with these lines in its `config`.
fn one_web_hook(more: &[&str]) -> String {
    let lines: String = more.iter().map(|line| format!("                {line}\n")).collect();
    format!(
        "selfservice:\n  flows:\n    login:\n      after:\n        password:\n          hooks:\n            \
         - hook: web_hook\n              config:\n                url: http://hooks.example/hook\n                \
         method: POST\n{lines}"
    )
}

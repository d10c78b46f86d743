//! Program files: what the run may do that they are made by, and what becomes of files that are not ours.

use std::time::Duration;

use aws_lc_rs::digest::SHA256;
use aws_lc_rs::digest::digest;
use serde_json::Value;
use vestibule::Action;
use vestibule::Builder;
use vestibule::CannedAnswer;
use vestibule::CodeCacheStats;
use vestibule::Decision;
use vestibule::Egress;
use vestibule::FlowOutcome;
use vestibule::Limits;
use vestibule::MadeProgramFile;
use vestibule::MakeProgramFileError;
use vestibule::ProgramKey;
use vestibule::Vestibule;

use crate::support::action;
use crate::support::builder;
use crate::support::logs;
use crate::support::vestibule;

const POST_LOGIN: &str = "auth0/post-login";
const GREETS: &str = "console.log(greet(event.user.email))";
/// In front of the hash: what every file begins with, the version and the length of the header.
const HASH_AT: usize = 8 + 4 + 4;

fn key(byte: u8) -> ProgramKey {
    ProgramKey::new([byte; 32])
}

fn with_key(byte: u8) -> Vestibule {
    builder().program_key(key(byte)).build().unwrap()
}

fn login(body: &str) -> Action {
    let source = format!(
        "function greet(name) {{ return 'Hello, ' + name; }}\n\
         exports.onExecutePostLogin = async (event, api) => {{ {body} }};"
    );
    Action::new("login", "login.js", &source).unwrap()
}

async fn made(vestibule: &Vestibule, action: &Action) -> MadeProgramFile {
    vestibule.make_program_file(action, POST_LOGIN).await.unwrap()
}

/// The bytes of a file, made under the key 1.
async fn file() -> Vec<u8> {
    made(&with_key(1), &login(GREETS)).await.bytes
}

async fn run(vestibule: &Vestibule, action: &Action) -> FlowOutcome {
    let flow = vestibule.flow(POST_LOGIN).unwrap().action(action.clone());
    let event: Value = serde_json::from_str(flow.trigger().sample_event().unwrap()).unwrap();
    flow.run(event).await.unwrap()
}

async fn run_file(vestibule: &Vestibule, bytes: &[u8]) -> FlowOutcome {
    run(vestibule, &Action::from_program_file("login", "login.vst", bytes).unwrap()).await
}

fn stats(vestibule: &Vestibule) -> CodeCacheStats {
    vestibule.engine().stats().code_caches
}

fn greets(outcome: &FlowOutcome) -> bool {
    logs(outcome).first().is_some_and(|line| line.starts_with("Hello, "))
}

/// The file with the hash that its contents have, as whoever has altered them would write it.
fn rehashed(mut bytes: Vec<u8>) -> Vec<u8> {
    let header_bytes = u32::from_le_bytes(bytes[12..HASH_AT].try_into().unwrap()) as usize;
    let (header, parts) = bytes[HASH_AT + 32..].split_at(header_bytes);
    let mut text = Vec::new();
    for part in [header, parts] {
        text.extend((part.len() as u64).to_be_bytes());
        text.extend(part);
    }
    bytes[HASH_AT..HASH_AT + 32].copy_from_slice(digest(&SHA256, &text).as_ref());
    bytes
}

fn replaced(bytes: &[u8], from: &str, to: &str) -> Vec<u8> {
    let place = bytes.windows(from.len()).position(|window| window == from.as_bytes()).unwrap();
    let mut bytes = bytes.to_vec();
    bytes[place..place + from.len()].copy_from_slice(to.as_bytes());
    bytes
}

#[tokio::test]
async fn a_file_runs_elsewhere_with_what_was_compiled() {
    let made = made(&with_key(1), &login(GREETS)).await;
    assert!(made.dry_run.is_decided() && made.code_cache_bytes > 0, "{made:?}");
    let elsewhere = with_key(1);
    assert!(greets(&run_file(&elsewhere, &made.bytes).await));
    let CodeCacheStats { used, accepted, .. } = stats(&elsewhere);
    assert_eq!((used, accepted, stats(&elsewhere).refused()), (1, 1, 0));
}

#[tokio::test]
async fn nothing_compiled_is_believed_without_the_key_that_sealed_it() {
    let bytes = file().await;
    let (without, other) = (vestibule(), with_key(2));
    for vestibule in [&without, &other] {
        assert!(greets(&run_file(vestibule, &bytes).await));
        assert_eq!((stats(vestibule).used, stats(vestibule).accepted), (0, 0));
    }
    assert_eq!((stats(&without).no_key, stats(&other).not_authentic), (1, 1));
}

#[tokio::test]
async fn without_a_key_a_file_holds_nothing_compiled() {
    let vestibule = vestibule();
    let made = made(&vestibule, &login(GREETS)).await;
    assert_eq!(made.code_cache_bytes, 0);
    assert!(greets(&run_file(&with_key(1), &made.bytes).await));
}

#[tokio::test]
async fn other_code_of_the_same_length_does_not_run_as_what_was_compiled() {
    let altered = rehashed(replaced(&file().await, "Hello,", "Howdy,"));
    let vestibule = with_key(1);
    let outcome = run_file(&vestibule, &altered).await;
    assert!(logs(&outcome)[0].starts_with("Howdy, "), "{outcome:?}");
    assert_eq!((stats(&vestibule).other_code, stats(&vestibule).used), (1, 0));
}

#[tokio::test]
async fn whatever_someone_changes_in_a_file_does_no_harm() {
    let bytes = file().await;
    let vestibule = with_key(1);
    let (mut refused, mut ran) = (0, 0);
    for place in (HASH_AT + 32..bytes.len()).step_by(1 + bytes.len() / 150) {
        let mut altered = bytes.clone();
        altered[place] ^= 0x11;
        match Action::from_program_file("login", "login.vst", &rehashed(altered)) {
            Err(error) => {
                assert!(error.to_string().contains("login.vst"), "{place}: {error}");
                refused += 1;
            }
            // Altered code may do anything that code may do, and ends in an outcome.
            Ok(action) => {
                run(&vestibule, &action).await;
                ran += 1;
            }
        }
    }
    assert!(refused > 0 && ran > 50, "{refused} {ran}");
    assert!(stats(&vestibule).not_authentic > 50, "{:?}", stats(&vestibule));
    assert!(greets(&run_file(&vestibule, &bytes).await));
}

#[tokio::test]
async fn the_run_has_no_secrets_and_no_network() {
    let page = "https://api.example.com/";
    let answers: Vec<CannedAnswer> =
        serde_json::from_value(serde_json::json!([{ "url": page, "body": "page" }])).unwrap();
    let vestibule = builder().program_key(key(1)).egress(Egress::canned(answers)).build().unwrap();
    let body = format!(
        "console.log(JSON.stringify(event.secrets));
         try {{ console.log(await (await fetch('{page}')).text()); }} catch (error) {{ console.log(error.name); }}"
    );
    let action = login(&body).secret("TOKEN", "hunter2-hunter2").unwrap();
    let made = made(&vestibule, &action).await;
    assert_eq!(logs(&made.dry_run), ["{}", "TypeError"]);
    let text = String::from_utf8_lossy(&made.bytes).into_owned();
    assert!(!text.contains("hunter2"), "a secret is in the file");
    // The action itself has kept them.
    let outcome = run(&vestibule, &action).await;
    assert_eq!(logs(&outcome)[1], "page", "{outcome:?}");
}

#[tokio::test]
async fn the_run_leaves_nothing_in_the_stores_of_the_host() {
    let vestibule = with_key(1);
    let count =
        "const n = Number(api.cache.get('n')?.value ?? 0) + 1; api.cache.set('n', String(n)); console.log(n)";
    let action = login(count);
    assert_eq!(logs(&made(&vestibule, &action).await.dry_run), ["1"]);
    assert_eq!(logs(&run(&vestibule, &action).await), ["1"]);
}

/// With little time, so that tests that use it up are short.
fn impatient() -> Builder {
    let (cpu, wall) = (Duration::from_millis(200), Duration::from_millis(600));
    builder().program_key(key(1)).limits(Limits { cpu, wall, ..Limits::default() })
}

#[tokio::test]
async fn a_run_that_does_not_end_is_ended() {
    let vestibule = impatient().build().unwrap();
    for (source, is_compiled) in [
        ("for (;;);", false),
        ("exports.onExecutePostLogin = () => { for (;;); };", true),
        ("exports.onExecutePostLogin = () => new Promise((done) => setTimeout(done, 1e8));", true),
        ("const all = []; for (;;) all.push(new Array(1e5).fill({}));", false),
        ("exports.onExecutePostLogin = () => { [].lastIndexOf.call({ length: 2 ** 53 - 1 }, 1); };", true),
    ] {
        let made = made(&vestibule, &Action::new("login", "login.js", source).unwrap()).await;
        let Decision::Fail { .. } = made.dry_run.decision else { panic!("{source}: {made:?}") };
        // What a thread holds that does not obey cannot be taken out of it.
        assert!(is_compiled || made.code_cache_bytes == 0, "{source}: {}", made.code_cache_bytes);
        let action = Action::from_program_file("login", "login.vst", &made.bytes).unwrap();
        let Decision::Fail { .. } = run(&vestibule, &action).await.decision else { panic!("{source}") };
    }
    assert!(greets(&run(&vestibule, &login(GREETS)).await));
}

#[tokio::test]
async fn every_trigger_with_a_sample_event_has_such_a_run() {
    let vestibule = with_key(1);
    let all: Vec<_> = vestibule.triggers().iter().cloned().collect();
    for trigger in all {
        let handler = &trigger.handlers()[0].name;
        let made = vestibule.make_program_file(&action("a", handler, ""), trigger.id()).await;
        match (trigger.sample_event(), made) {
            (Some(_), Ok(made)) => assert!(made.code_cache_bytes > 0, "{}", trigger.id()),
            (None, Err(MakeProgramFileError::NoSample { trigger: named })) => assert_eq!(named, trigger.id()),
            (_, made) => panic!("{}: {made:?}", trigger.id()),
        }
    }
}

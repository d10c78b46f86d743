//! `vestibule run --inspect`, with a debugger that speaks the Chrome DevTools protocol over a WebSocket.

#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, reason = "a test may fail")]

mod support;

use std::collections::BTreeMap;
use std::io::BufRead as _;
use std::io::BufReader;
use std::io::Read as _;
use std::io::Write as _;
use std::net::TcpListener;
use std::net::TcpStream;
use std::path::Path;
use std::process::Child;
use std::process::Command;
use std::process::Stdio;
use std::sync::mpsc;
use std::sync::mpsc::Receiver;
use std::time::Duration;
use std::time::Instant;

use serde_json::Value;
use serde_json::json;
use sourcemap::DecodedMap;
use sourcemap::SourceMap;
use support::Folder;
use tokio_tungstenite::tungstenite;
use tungstenite::Message;
use tungstenite::WebSocket;
use tungstenite::protocol::Role;
use vestibule::Registry;

/// Longer than any machine takes.
const PATIENCE: Duration = Duration::from_secs(60);

/// Line 7 has the breakpoint; types and an interface move the lines of what runs.
const GREET: &str = "\
interface Greeting {
  text: string;
}

export const onExecutePostLogin = async (event: any, api: any): Promise<void> => {
  const greeting: Greeting = { text: 'hello' };
  console.log(greeting.text, event.user.email);
  api.user.setAppMetadata('greeted', greeting.text);
};
";
const BREAKPOINT_LINE: u32 = 7;

const SECOND: &str =
    "exports.onExecutePostLogin = async (event, api) => { api.user.setAppMetadata('second', true); };\n";

fn folder() -> Folder {
    let registry = Registry::built_in();
    let sample = registry.get("auth0/post-login").unwrap().sample_event().unwrap();
    let mut event: Value = serde_json::from_str(sample).unwrap();
    event["user"]["email"] = "ada@example.com".into();
    Folder::new().with("src/greet.ts", GREET).with("second.js", SECOND).with("event.json", event.to_string())
}

/// A running `vestibule run`.
struct Run {
    process: Child,
    told: Receiver<String>,
}

/// How it ended.
struct Ended {
    code: i32,
    out: String,
}

impl Run {
    fn start(folder: &Folder, line: &str) -> Self {
        Self::start_in(&folder.path, "event.json", line)
    }

    fn start_in(folder: &Path, event: &str, line: &str) -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_vestibule"))
            .args("run --trigger auth0/post-login --format json --event".split(' '))
            .arg(event)
            .args(line.split(' '))
            .current_dir(folder)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (sender, told) = mpsc::channel();
        let err = process.stderr.take().unwrap();
        std::thread::spawn(move || {
            BufReader::new(err).lines().map_while(Result::ok).try_for_each(|line| sender.send(line))
        });
        Self { process, told }
    }

    /// The line of stderr with this text in it.
    fn until(&self, text: &str) -> String {
        let mut seen = Vec::new();
        loop {
            match self.told.recv_timeout(PATIENCE) {
                Ok(line) if line.contains(text) => return line,
                Ok(line) => seen.push(line),
                Err(_) => panic!("no {text:?} in {seen:#?}"),
            }
        }
    }

    /// Where the next action waits for a debugger.
    fn url(&self, action: &str) -> String {
        let line = self.until(&format!("{action} waits for a debugger: "));
        line[line.find("ws://").unwrap()..].to_owned()
    }

    fn interrupt(&self) {
        let killed = Command::new("kill").args(["-INT", &self.process.id().to_string()]).status().unwrap();
        assert!(killed.success());
    }

    fn end(mut self) -> Ended {
        let mut out = String::new();
        self.process.stdout.take().unwrap().read_to_string(&mut out).unwrap();
        Ended { code: self.process.wait().unwrap().code().unwrap(), out }
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        let _ = self.process.kill();
    }
}

impl Ended {
    fn document(&self) -> Value {
        assert_eq!(self.code, 0, "{}", self.out);
        serde_json::from_str(&self.out).unwrap()
    }
}

/// A debugger.
struct Debugger {
    socket: WebSocket<TcpStream>,
    calls: u64,
    /// What has come and was not asked for, in order.
    heard: Vec<Value>,
    /// Where the scripts are, by their ids.
    urls: BTreeMap<String, String>,
}

impl Debugger {
    fn attach(url: &str) -> Self {
        let (address, id) = url.strip_prefix("ws://").unwrap().split_once('/').unwrap();
        let mut stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        // The key is the sample of the standard, whose answer stands there too.
        write!(
            stream,
            "GET /{id} HTTP/1.1\r\nHost: {address}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        )
        .unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            stream.read_exact(&mut byte).unwrap();
            head.extend(byte);
        }
        let head = String::from_utf8(head).unwrap();
        assert!(head.starts_with("HTTP/1.1 101 "), "{head}");
        assert!(head.contains("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="), "{head}");
        let socket = WebSocket::from_raw_socket(stream, Role::Client, None);
        Self { socket, calls: 0, heard: Vec::new(), urls: BTreeMap::new() }
    }

    fn send(&mut self, method: &str, params: Value) -> u64 {
        self.calls += 1;
        let call = json!({ "id": self.calls, "method": method, "params": params });
        self.socket.send(Message::text(call.to_string())).unwrap();
        self.calls
    }

    fn next(&mut self) -> Value {
        loop {
            if let Message::Text(text) = self.socket.read().unwrap() {
                let message: Value = serde_json::from_str(text.as_str()).unwrap();
                if message["method"] == "Debugger.scriptParsed" {
                    let [id, url] = ["scriptId", "url"].map(|key| message["params"][key].as_str().unwrap());
                    self.urls.insert(id.to_owned(), url.to_owned());
                }
                return message;
            }
        }
    }

    /// The scripts of the frames of a pause, the innermost first. All of them have been announced before.
    fn stack(&self, paused: &Value) -> Vec<&str> {
        let frames = paused["callFrames"].as_array().unwrap();
        let ids = frames.iter().map(|frame| frame["location"]["scriptId"].as_str().unwrap());
        ids.map(|id| self.urls.get(id).unwrap_or_else(|| panic!("script {id}: {paused}")).as_str()).collect()
    }

    /// The result of a call.
    fn call(&mut self, method: &str, params: Value) -> Value {
        let id = self.send(method, params);
        loop {
            let message = self.next();
            if message["id"] == id {
                assert!(message.get("error").is_none(), "{method}: {message}");
                return message["result"].clone();
            }
            assert!(message.get("id").is_none(), "nobody has asked for {message}");
            self.heard.push(message);
        }
    }

    /// The parameters of the next event of this name, past ones included.
    fn event(&mut self, name: &str) -> Value {
        loop {
            if let Some(index) = self.heard.iter().position(|message| message["method"] == name) {
                return self.heard.remove(index)["params"].clone();
            }
            let message = self.next();
            self.heard.push(message);
        }
    }

    /// Why a call is not done.
    fn refusal(&mut self, method: &str, params: Value) -> String {
        let id = self.send(method, params);
        loop {
            let message = self.next();
            if message["id"] == id {
                return message["error"]["message"].as_str().unwrap().to_owned();
            }
            self.heard.push(message);
        }
    }

    fn enable(&mut self) {
        self.call("Runtime.enable", json!({}));
        self.call("Debugger.enable", json!({}));
    }

    fn start(&mut self) {
        self.call("Runtime.runIfWaitingForDebugger", json!({}));
    }

    fn resume(&mut self) {
        self.call("Debugger.resume", json!({}));
    }

    /// Evaluates where the execution stands.
    fn evaluate(&mut self, paused: &Value, expression: &str) -> Value {
        let frame = &paused["callFrames"][0]["callFrameId"];
        let params = json!({ "callFrameId": frame, "expression": expression, "returnByValue": true });
        self.call("Debugger.evaluateOnCallFrame", params)["result"]["value"].clone()
    }

    /// Reads until the other side closes.
    fn until_closed(mut self) {
        while self.socket.read().is_ok() {}
    }
}

/// The source map that a script advertises.
fn source_map(script: &Value) -> SourceMap {
    let url = script["sourceMapURL"].as_str().unwrap();
    let DecodedMap::Regular(map) = sourcemap::decode_data_url(url).unwrap() else { panic!("a plain map") };
    map
}

/// The line of a script, from 0, that this line of its author's, from 1, has become.
fn generated_line(map: &SourceMap, source: &str, line: u32) -> u32 {
    let of_line = map.tokens().filter(|token| token.get_src_line() + 1 == line);
    let of_source = of_line.filter(|token| token.get_source() == Some(source));
    of_source.map(|token| token.get_dst_line()).min().unwrap()
}

fn file_url(folder: &Folder, file: &str) -> String {
    format!("file://{}/{file}", folder.path.display())
}

#[test]
fn a_breakpoint_in_typescript_is_met_and_the_pause_does_not_count() {
    let folder = folder();
    let limits = "--limit wall_ms=5000 --limit cpu_ms=5000";
    let run = Run::start(&folder, &format!("src/greet.ts --inspect-brk=127.0.0.1:0 {limits}"));
    let url = run.url("greet");
    let address = url.strip_prefix("ws://").unwrap().split('/').next().unwrap().to_owned();
    let mut debugger = Debugger::attach(&url);
    run.until("a debugger is attached to greet");
    debugger.enable();
    // Nothing of the action has run yet, however long this takes.
    std::thread::sleep(Duration::from_millis(3000));
    debugger.start();

    let first = debugger.event("Debugger.paused");
    assert_eq!(first["reason"], "Break on start");
    let script = debugger.event("Debugger.scriptParsed");
    let source = file_url(&folder, "src/greet.ts");
    assert_eq!(script["url"], source, "the runtime's own scripts are not shown");
    let map = source_map(&script);
    assert_eq!(map.get_source_contents(0), Some(GREET));
    let line = generated_line(&map, &source, BREAKPOINT_LINE);
    assert_ne!(line + 1, BREAKPOINT_LINE, "the source map has something to do");
    let set = debugger.call("Debugger.setBreakpointByUrl", json!({ "url": source, "lineNumber": line }));
    assert_eq!(set["locations"][0]["lineNumber"], line, "{set}");
    debugger.resume();

    let paused = debugger.event("Debugger.paused");
    assert_eq!(paused["hitBreakpoints"][0], set["breakpointId"], "{paused}");
    assert_eq!(paused["callFrames"][0]["functionName"], "onExecutePostLogin");
    assert_eq!(debugger.evaluate(&paused, "event.user.email"), "ada@example.com");
    assert_eq!(debugger.evaluate(&paused, "greeting.text"), "hello");
    // Without a frame, and by text that is not ASCII.
    let global = json!({ "expression": "'é' + typeof structuredClone", "returnByValue": true });
    assert_eq!(debugger.call("Runtime.evaluate", global)["result"]["value"], "éfunction");
    // More time than the limits allow, of either kind.
    std::thread::sleep(Duration::from_millis(3000));
    let busy = "(() => { const end = Date.now() + 6000; while (Date.now() < end); return 'done'; })()";
    assert_eq!(debugger.evaluate(&paused, busy), "done");
    // A step goes over what the runtime does for the console.
    debugger.call("Debugger.stepInto", json!({}));
    let stepped = debugger.event("Debugger.paused");
    assert_eq!(debugger.stack(&stepped), [&source]);
    assert_eq!(stepped["callFrames"][0]["location"]["lineNumber"], line + 1, "over the call");
    let logged = debugger.event("Runtime.consoleAPICalled");
    assert_eq!(logged["args"][0]["value"], "hello ada@example.com");
    debugger.resume();

    let ended = run.end();
    let document = ended.document();
    assert_eq!(document["decision"]["kind"], "continue", "{document:#}");
    assert_eq!(document["effects"]["user"]["setAppMetadata"]["greeted"], "hello", "{document:#}");
    assert_eq!(document["actions"][0]["outcome"]["kind"], "completed", "{document:#}");
    let scripts = debugger.heard.iter().filter(|message| message["method"] == "Debugger.scriptParsed");
    for script in scripts {
        assert!(!script["params"]["url"].as_str().unwrap().starts_with("ext:"), "{script}");
    }
    debugger.until_closed();
    assert!(TcpStream::connect(address).is_err(), "the port is closed");
}

/// As an editor does it: its breakpoints are set before the script begins, because V8 stops where one with a
/// source map does.
#[test]
fn breakpoints_can_be_set_before_the_first_line_without_stopping_there() {
    let folder = folder();
    let run = Run::start(&folder, "src/greet.ts --inspect=127.0.0.1:0");
    let mut debugger = Debugger::attach(&run.url("greet"));
    debugger.enable();
    let instrumentation = json!({ "instrumentation": "beforeScriptWithSourceMapExecution" });
    debugger.call("Debugger.setInstrumentationBreakpoint", instrumentation);
    // The editor's own list of what to step over does not bring the runtime's scripts back.
    debugger.call("Debugger.setBlackboxPatterns", json!({ "patterns": ["node_modules"] }));
    debugger.start();
    let before = debugger.event("Debugger.paused");
    assert_eq!(before["reason"], "instrumentation", "{before}");
    let script = debugger.event("Debugger.scriptParsed");
    let source = file_url(&folder, "src/greet.ts");
    let line = generated_line(&source_map(&script), &source, BREAKPOINT_LINE);
    let location = json!({ "scriptId": script["scriptId"], "lineNumber": line });
    debugger.call("Debugger.setBreakpoint", json!({ "location": location }));
    debugger.resume();
    let paused = debugger.event("Debugger.paused");
    assert_eq!(debugger.evaluate(&paused, "event.user.email"), "ada@example.com");
    debugger.call("Debugger.stepInto", json!({}));
    let stepped = debugger.event("Debugger.paused");
    assert_eq!(debugger.stack(&stepped), [&source]);
    debugger.resume();
    assert_eq!(run.end().document()["decision"]["kind"], "continue");
}

#[test]
fn every_action_is_a_target_of_its_own() {
    let folder = folder();
    let run = Run::start(&folder, "src/greet.ts second.js --inspect=127.0.0.1:0");
    let mut seen = Vec::new();
    for (action, file) in [("greet", "src/greet.ts"), ("second", "second.js")] {
        let url = run.url(action);
        let address = url.strip_prefix("ws://").unwrap().split('/').next().unwrap().to_owned();
        let listed: Value = serde_json::from_str(&get(&address, "/json", &address).1).unwrap();
        let [target] = listed.as_array().unwrap().as_slice() else { panic!("{listed}") };
        assert_eq!(target["title"], action);
        assert_eq!(target["type"], "node");
        assert_eq!(target["url"], file_url(&folder, file));
        assert_eq!(target["webSocketDebuggerUrl"], url);
        let version: Value = serde_json::from_str(&get(&address, "/json/version", "localhost").1).unwrap();
        assert_eq!(version["Protocol-Version"], "1.3");
        // A page whose name leads here learns nothing, and neither does one that guesses.
        assert_eq!(get(&address, "/json", "rebound.example").0, 403);
        assert_eq!(get(&address, "/json", &format!("{address}\r\nOrigin: http://localhost")).0, 403);
        assert_eq!(get(&address, "/00000000-0000-4000-8000-000000000000", &address).0, 404);
        let mut debugger = Debugger::attach(&url);
        debugger.enable();
        debugger.start();
        debugger.until_closed();
        seen.push(url);
    }
    assert_ne!(seen[0], seen[1]);
    let document = run.end().document();
    assert_eq!(document["effects"]["user"]["setAppMetadata"]["second"], true, "{document:#}");
}

#[test]
fn a_flow_goes_on_when_its_debugger_leaves() {
    let folder = folder();
    let run = Run::start(&folder, "src/greet.ts second.js --inspect-brk=127.0.0.1:0");
    let mut debugger = Debugger::attach(&run.url("greet"));
    debugger.enable();
    debugger.start();
    debugger.event("Debugger.paused");
    debugger.socket.close(None).unwrap();
    drop(debugger);
    run.until("the debugger has left greet");
    let document = run.end().document();
    assert_eq!(document["effects"]["user"]["setAppMetadata"]["greeted"], "hello", "{document:#}");
    assert_eq!(document["effects"]["user"]["setAppMetadata"]["second"], true, "{document:#}");
}

#[test]
fn ctrl_c_ends_it_wherever_it_is() {
    let folder = folder().with("loop.js", "exports.onExecutePostLogin = () => { for (;;); };\n");
    let start = |file: &str, flag: &str| {
        let run = Run::start(&folder, &format!("{file} {flag}=127.0.0.1:0"));
        let url = run.url(file.trim_end_matches(".js"));
        (run, url)
    };
    let interrupt = |run: Run| {
        run.interrupt();
        run.until("interrupted");
        let ended = run.end();
        assert_eq!((ended.code, ended.out.as_str()), (130, ""));
    };

    let (waiting, _) = start("second.js", "--inspect");
    interrupt(waiting);

    let (paused, url) = start("second.js", "--inspect-brk");
    let mut debugger = Debugger::attach(&url);
    debugger.enable();
    debugger.start();
    debugger.event("Debugger.paused");
    interrupt(paused);
    debugger.until_closed();

    let (looping, url) = start("second.js", "--inspect-brk");
    let mut debugger = Debugger::attach(&url);
    debugger.enable();
    debugger.start();
    let at = debugger.event("Debugger.paused");
    let frame = &at["callFrames"][0]["callFrameId"];
    debugger.send("Debugger.evaluateOnCallFrame", json!({ "callFrameId": frame, "expression": "for (;;);" }));
    std::thread::sleep(Duration::from_millis(300));
    interrupt(looping);
    debugger.until_closed();

    // A loop of its own, which a debugger can still stop in the middle.
    let (looping, url) = start("loop.js", "--limit wall_ms=60000 --limit cpu_ms=30000 --inspect");
    let mut debugger = Debugger::attach(&url);
    debugger.enable();
    debugger.start();
    std::thread::sleep(Duration::from_millis(300));
    debugger.call("Debugger.pause", json!({}));
    let paused = debugger.event("Debugger.paused");
    assert_eq!(debugger.stack(&paused), [&file_url(&folder, "loop.js")]);
    debugger.resume();
    interrupt(looping);
    debugger.until_closed();
}

#[test]
fn memory_stays_limited() {
    let fill = "exports.onExecutePostLogin = () => { const all = []; for (;;) all.push([1, 2, 3]); };\n";
    let folder = folder().with("fill.js", fill);
    let run = Run::start(&folder, "fill.js --inspect=127.0.0.1:0 --limit heap_bytes=16777216");
    let mut debugger = Debugger::attach(&run.url("fill"));
    debugger.enable();
    debugger.start();
    debugger.until_closed();
    let ended = run.end();
    assert_eq!(ended.code, 1);
    let document: Value = serde_json::from_str(&ended.out).unwrap();
    assert_eq!(document["actions"][0]["outcome"]["kind"], "heap_limit", "{document:#}");
}

#[test]
fn other_machines_are_let_in_only_where_that_is_asked_for() {
    let folder = folder();
    let open = Run::start(&folder, "second.js --inspect=0.0.0.0:0");
    let warning = open.until("warning: ");
    assert!(warning.contains("0.0.0.0:") && warning.contains("from other machines"), "{warning}");
    let url = open.url("second").replace("0.0.0.0", "127.0.0.1");
    let mut debugger = Debugger::attach(&url);
    debugger.start();
    open.end().document();

    let closed = Run::start(&folder, "second.js --inspect=127.0.0.1:0");
    closed.url("second");
    closed.interrupt();
    let said: Vec<String> = closed.told.iter().collect();
    assert!(!said.iter().any(|line| line.contains("warning")), "{said:?}");
}

#[test]
fn an_address_that_cannot_be_had_is_refused() {
    let folder = folder();
    let run = |flag: &str| folder.run(&format!("run second.js -t auth0/post-login {flag}"));
    let elsewhere = run("--inspect=example.com:9229");
    assert_eq!(elsewhere.code, 2);
    assert!(elsewhere.err.contains("--inspect=127.0.0.1:9229"), "{}", elsewhere.err);
    let both = run("--inspect --inspect-brk");
    assert_eq!(both.code, 2, "{}", both.err);

    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    let refused = run(&format!("--inspect={address}"));
    assert_eq!(refused.code, 1, "{}", refused.err);
    assert!(refused.err.contains(&format!("cannot listen on {address}")), "{}", refused.err);
    assert!(refused.err.contains("is free: write --inspect=127.0.0.1:"), "{}", refused.err);
}

/// Time counts before and after the pause: neither alone is the limit.
#[test]
fn the_limits_count_again_after_a_pause() {
    let folder = folder().with(
        "loop.js",
        "exports.onExecutePostLogin = () => { debugger; for (;;); };\n",
    ).with(
        "wait.js",
        "exports.onExecutePostLogin = async () => { debugger; await new Promise(() => setTimeout(() => {}, 600_000)); };\n",
    );
    for (action, limit, outcome) in [
        ("loop", "cpu_ms=300", "cpu_limit"),
        ("loop", "wall_ms=2000 --limit cpu_ms=30000", "wall_limit"),
        ("wait", "wall_ms=2000", "wall_limit"),
    ] {
        let run = Run::start(&folder, &format!("{action}.js --inspect=127.0.0.1:0 --limit {limit}"));
        let mut debugger = Debugger::attach(&run.url(action));
        debugger.enable();
        debugger.start();
        debugger.event("Debugger.paused");
        std::thread::sleep(Duration::from_millis(2500));
        debugger.resume();
        debugger.until_closed();
        let ended = run.end();
        assert_eq!(ended.code, 1);
        let document: Value = serde_json::from_str(&ended.out).unwrap();
        assert_eq!(document["actions"][0]["outcome"]["kind"], outcome, "{document:#}");
        let wall_us = document["actions"][0]["usage"]["wall_us"].as_u64().unwrap();
        assert!(outcome != "wall_limit" || wall_us >= 2_000_000, "{document:#}");
    }
}

/// Whatever a debugger says, the run goes on and the next one is let in.
#[test]
fn nonsense_does_no_harm() {
    let folder = folder();
    let run = Run::start(&folder, "src/greet.ts --inspect-brk=127.0.0.1:0");
    let url = run.url("greet");
    let (address, id) = url.strip_prefix("ws://").unwrap().split_once('/').unwrap();
    for request in [
        "\0\u{1}\u{2}\r\n\r\n".to_owned(),
        format!("GET /{id} HTTP/1.1\r\nHost: {address}\r\n"),
        "G".repeat(1 << 20),
    ] {
        let mut stream = TcpStream::connect(address).unwrap();
        // The other side may have had enough.
        let _ = stream.write_all(request.as_bytes());
    }
    let no_key = "Upgrade: websocket\r\nConnection: Upgrade";
    assert_eq!(get(address, &format!("/{id}"), &format!("{address}\r\n{no_key}")).0, 426);

    let mut rude = Debugger::attach(&url);
    let deep = "[".repeat(100_000);
    for text in [
        "",
        "null",
        "{",
        "[]",
        "é\u{0}",
        r#"{"id":1}"#,
        r#"{"id":"x","method":7}"#,
        r#"{"id":-1,"method":"Debugger.enable"}"#,
        &deep,
    ] {
        rude.socket.send(Message::text(text)).unwrap();
    }
    rude.socket.send(Message::binary(vec![0_u8; 1000])).unwrap();
    for method in
        ["", "Nothing.here", "Debugger.resume", "Debugger.setBlackboxPatterns", "Runtime.getProperties"]
    {
        rude.send(method, json!({ "patterns": 7, "objectId": "é" }));
    }
    // Not a frame of the protocol at all.
    rude.socket.get_mut().write_all(&[0xff; 64]).unwrap();
    drop(rude);

    let mut debugger = Debugger::attach(&url);
    debugger.enable();
    debugger.start();
    debugger.event("Debugger.paused");
    // Gone without a word, in the middle of a pause.
    debugger.socket.get_mut().shutdown(std::net::Shutdown::Both).unwrap();
    let document = run.end().document();
    assert_eq!(document["effects"]["user"]["setAppMetadata"]["greeted"], "hello", "{document:#}");
}

#[test]
fn flow_files_and_modules_name_their_files_too() {
    let flow = "version: 1\nactions:\n  hello: { file: ../src/greet.ts }\n\
                triggers:\n  auth0/post-login:\n    actions: [hello]\n";
    let scored = "const risk = require('actions:risk');\n\
                  exports.onExecutePostLogin = async (event, api) => { risk.score(); };\n";
    let risk = "exports.score = () => {\n  debugger;\n  return 7;\n};\n";
    let folder =
        folder().with("flows/vestibule.yaml", flow).with("scored.js", scored).with("modules/risk.js", risk);

    let run = Run::start(&folder, "--flow flows/vestibule.yaml --inspect-brk=127.0.0.1:0");
    let mut debugger = Debugger::attach(&run.url("hello"));
    debugger.enable();
    debugger.start();
    let paused = debugger.event("Debugger.paused");
    assert_eq!(debugger.stack(&paused), [&file_url(&folder, "src/greet.ts")]);
    debugger.resume();
    run.end().document();

    let run = Run::start(&folder, "scored.js --module risk=modules/risk.js --inspect=127.0.0.1:0");
    let mut debugger = Debugger::attach(&run.url("scored"));
    debugger.enable();
    debugger.start();
    let paused = debugger.event("Debugger.paused");
    assert_eq!(debugger.stack(&paused), ["modules/risk.js", "scored.js"].map(|file| file_url(&folder, file)));
    assert_eq!(paused["callFrames"][0]["location"]["lineNumber"], 1);
    debugger.resume();
    run.end().document();
}

/// V8 would end the process over a scope that there is not, and the others leave an action half done.
#[test]
fn calls_that_would_do_harm_are_refused() {
    let folder = folder();
    let run = Run::start(&folder, "src/greet.ts --inspect-brk=127.0.0.1:0");
    let mut debugger = Debugger::attach(&run.url("greet"));
    debugger.enable();
    debugger.start();
    let paused = debugger.event("Debugger.paused");
    let frame = &paused["callFrames"][0]["callFrameId"];
    let set = |scope: usize| json!({ "callFrameId": frame, "scopeNumber": scope, "variableName": "x", "newValue": { "value": 1 } });
    let scopes = paused["callFrames"][0]["scopeChain"].as_array().unwrap().len();
    for scope in [scopes, scopes + 1] {
        assert_eq!(debugger.refusal("Debugger.setVariableValue", set(scope)), "there is no such scope");
    }
    // V8's own answer.
    assert!(debugger.refusal("Debugger.setVariableValue", set(0)) != "there is no such scope");
    let script = &paused["callFrames"][0]["location"]["scriptId"];
    for (method, params) in [
        ("Debugger.setScriptSource", json!({ "scriptId": script, "scriptSource": "1" })),
        ("Debugger.restartFrame", json!({ "callFrameId": frame, "mode": "StepInto" })),
    ] {
        assert!(!debugger.refusal(method, params).is_empty());
    }
    debugger.resume();
    run.end().document();
}

/// What it evaluates ends with it, wherever the execution was meanwhile.
#[test]
fn a_debugger_that_leaves_in_a_loop_of_its_own_holds_up_nothing() {
    let folder = folder();
    let run = Run::start(&folder, "src/greet.ts second.js --inspect-brk=127.0.0.1:0");
    let url = run.url("greet");
    let mut debugger = Debugger::attach(&url);
    debugger.enable();
    debugger.send("Runtime.evaluate", json!({ "expression": "for (;;);" }));
    std::thread::sleep(Duration::from_millis(200));
    drop(debugger);

    let mut debugger = Debugger::attach(&url);
    debugger.enable();
    // As the console of Chrome does it.
    let sum = json!({ "expression": "await 1 + 1", "replMode": true, "returnByValue": true });
    assert_eq!(debugger.call("Runtime.evaluate", sum)["result"]["value"], 2);
    debugger.start();
    let paused = debugger.event("Debugger.paused");
    let frame = &paused["callFrames"][0]["callFrameId"];
    debugger.send("Debugger.evaluateOnCallFrame", json!({ "callFrameId": frame, "expression": "for (;;);" }));
    std::thread::sleep(Duration::from_millis(200));
    drop(debugger);
    run.until("the debugger has left greet");
    let document = run.end().document();
    assert_eq!(document["effects"]["user"]["setAppMetadata"]["greeted"], "hello", "{document:#}");
    assert_eq!(document["effects"]["user"]["setAppMetadata"]["second"], true, "{document:#}");
}

#[test]
fn a_debugger_may_end_the_action() {
    let folder = folder().with("loop.js", "exports.onExecutePostLogin = () => { for (;;); };\n");
    for (file, flag, millis) in
        [("loop.js", "--inspect", 300), ("second.js", "--inspect-brk", 0), ("second.js", "--inspect", 0)]
    {
        let limits = "--limit wall_ms=60000 --limit cpu_ms=30000";
        let run = Run::start(&folder, &format!("{file} {flag}=127.0.0.1:0 {limits}"));
        let mut debugger = Debugger::attach(&run.url(file.trim_end_matches(".js")));
        debugger.enable();
        if millis > 0 {
            debugger.start();
            std::thread::sleep(Duration::from_millis(millis));
        } else if flag == "--inspect-brk" {
            debugger.start();
            debugger.event("Debugger.paused");
        }
        debugger.send("Runtime.terminateExecution", json!({}));
        let ended = run.end();
        assert_eq!(ended.code, 1);
        let document: Value = serde_json::from_str(&ended.out).unwrap();
        assert_eq!(document["actions"][0]["outcome"]["kind"], "cancelled", "{document:#}");
    }
}

/// Also where the first thing that runs is not the action's.
#[test]
fn a_pause_can_be_asked_for_at_any_time() {
    let wait = "const sleep = () => new Promise((done) => setTimeout(() => { done(); }, 20));\n\
                exports.onExecutePostLogin = async () => {\n  console.log('asleep');\n  \
                while (!globalThis.isAwake) await sleep();\n};\n";
    let folder = folder().with("wait.js", wait);
    let start = || {
        let run =
            Run::start(&folder, "wait.js --inspect=127.0.0.1:0 --limit wall_ms=60000 --limit cpu_ms=30000");
        let mut debugger = Debugger::attach(&run.url("wait"));
        debugger.enable();
        (run, debugger)
    };
    let source = file_url(&folder, "wait.js");

    let (run, mut debugger) = start();
    debugger.call("Debugger.pause", json!({}));
    debugger.start();
    let paused = debugger.event("Debugger.paused");
    assert_eq!(debugger.stack(&paused), [&source]);
    debugger.call("Runtime.evaluate", json!({ "expression": "globalThis.isAwake = true" }));
    debugger.resume();
    run.end().document();

    let (run, mut debugger) = start();
    debugger.start();
    debugger.event("Runtime.consoleAPICalled");
    debugger.call("Debugger.pause", json!({}));
    let paused = debugger.event("Debugger.paused");
    assert_eq!(debugger.stack(&paused)[0], source);
    debugger.call("Runtime.evaluate", json!({ "expression": "globalThis.isAwake = true" }));
    debugger.resume();
    run.end().document();
}

#[test]
fn breakpoints_are_met_in_the_files_that_an_action_imports() {
    let plan = "interface Plan {\n  name: string;\n}\n\nexport function plan(name: string): Plan {\n  \
                const found: Plan = { name };\n  return found;\n}\n";
    let login = "import { plan } from '../lib/plan';\n\nexport const onExecutePostLogin = async (event: any, \
                 api: any) => {\n  api.user.setAppMetadata('plan', plan('gold').name);\n};\n";
    let folder =
        folder().with("package.json", "{}").with("lib/plan.ts", plan).with("actions/login.ts", login);
    // What looks for its files starts where the action is named from.
    for (from, action) in [("", "actions/login.ts"), ("actions", "login.ts")] {
        let event = if from.is_empty() { "event.json" } else { "../event.json" };
        let run =
            Run::start_in(&folder.path.join(from), event, &format!("{action} --inspect-brk=127.0.0.1:0"));
        let mut debugger = Debugger::attach(&run.url("login"));
        debugger.enable();
        debugger.start();
        debugger.event("Debugger.paused");
        let script = debugger.event("Debugger.scriptParsed");
        assert_eq!(script["url"], file_url(&folder, "actions/login.ts"));
        let map = source_map(&script);
        let source = file_url(&folder, "lib/plan.ts");
        let line = generated_line(&map, &source, 7);
        let location = json!({ "scriptId": script["scriptId"], "lineNumber": line });
        debugger.call("Debugger.setBreakpoint", json!({ "location": location }));
        debugger.resume();
        let paused = debugger.event("Debugger.paused");
        assert_eq!(paused["callFrames"][0]["functionName"], "plan");
        assert_eq!(debugger.evaluate(&paused, "name"), "gold");
        let at = &paused["callFrames"][1]["location"];
        let [line, column] = ["lineNumber", "columnNumber"].map(|key| at[key].as_u64().unwrap() as u32);
        let caller = map.lookup_token(line, column).unwrap();
        let login = file_url(&folder, "actions/login.ts");
        assert_eq!((caller.get_source(), caller.get_src_line() + 1), (Some(&*login), 4));
        debugger.resume();
        let document = run.end().document();
        assert_eq!(document["effects"]["user"]["setAppMetadata"]["plan"], "gold", "{document:#}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn without_the_flag_nothing_listens() {
    let wait = "exports.onExecutePostLogin = async () => { console.log('here'); await new Promise((done) => setTimeout(done, 2000)); };\n";
    let folder = folder().with("wait.js", wait);
    let plain = Run::start(&folder, "wait.js");
    let began = Instant::now();
    while began.elapsed() < Duration::from_secs(1) {
        assert_eq!(listeners(plain.process.id()), 0);
        std::thread::sleep(Duration::from_millis(50));
    }
    plain.end().document();

    let debugged = Run::start(&folder, "wait.js --inspect=127.0.0.1:0");
    debugged.url("wait");
    assert_eq!(listeners(debugged.process.id()), 1);
}

/// How many sockets of a process listen.
#[cfg(target_os = "linux")]
fn listeners(process: u32) -> usize {
    const LISTENS: &str = "0A";
    let open: Vec<String> = std::fs::read_dir(format!("/proc/{process}/fd"))
        .unwrap()
        .filter_map(|entry| std::fs::read_link(entry.unwrap().path()).ok())
        .map(|link| link.display().to_string())
        .collect();
    let tables = ["tcp", "tcp6"].map(|name| std::fs::read_to_string(format!("/proc/{process}/net/{name}")));
    let lines: Vec<String> =
        tables.iter().flatten().flat_map(|table| table.lines().skip(1).map(str::to_owned)).collect();
    let is_ours = |line: &&String| {
        let columns: Vec<&str> = line.split_whitespace().collect();
        columns[3] == LISTENS && open.contains(&format!("socket:[{}]", columns[9]))
    };
    lines.iter().filter(is_ours).count()
}

/// Status and body of a GET.
fn get(address: &str, path: &str, host: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
}

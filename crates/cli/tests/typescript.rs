//! What `vestibule types` and `vestibule init` write, before the real TypeScript compiler and beside what
//! a script can really reach.

#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, reason = "a test may fail")]
#![allow(clippy::print_stderr, reason = "a test that cannot be made says so")]

mod support;

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

use support::Folder;
use vestibule::Registry;

/// The compiler that the declarations are written for.
const TYPESCRIPT: &str = "typescript@7.0.2";

/// Globals that are no properties of the global object.
const OF_THE_WRAPPER: [&str; 4] = ["require", "exports", "module", "actions"];

/// What is there for the runtime's own sake. Nobody should use it, so nobody is shown it.
const INTERNAL: [&str; 8] = [
    "Crypto.create",
    "Crypto.registerSymbols",
    "CryptoKey.exportNodeMaterial",
    "CryptoKey.fromCloneData",
    "CryptoKey.importSync",
    "SubtleCrypto.create",
    "Event.initialized",
    "EventTarget.getParent",
];

/// Own properties of instances, which the list of what can be reached names elsewhere or leaves out.
const OF_INSTANCES: [&str; 7] = [
    "DOMException.name",
    "Event.isTrusted",
    "File.name",
    "PerformanceEntry.name",
    "ProgressEvent.lengthComputable",
    "ProgressEvent.loaded",
    "ProgressEvent.total",
];

/// Where the list of what can be reached has the prototype of a class under another name.
const ALIASES: [(&str, &str); 5] = [
    ("ReadableStream", "(Response body).__proto__."),
    ("ReadableStreamDefaultReader", "(reader).__proto__."),
    ("WritableStreamDefaultWriter", "(writer).__proto__."),
    ("PerformanceMark", "(performance mark).__proto__."),
    ("Navigator", "globalThis.navigator.__proto__."),
];

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn read(path: &str) -> String {
    fs::read_to_string(repository().join(path)).unwrap()
}

/// What globals.d.ts declares.
#[derive(Default)]
struct Declared {
    /// The globals that are values.
    values: BTreeSet<String>,
    /// The members of each interface, its parents not counted.
    members: BTreeMap<String, BTreeSet<String>>,
    parents: BTreeMap<String, String>,
    /// The members of each constructor.
    statics: BTreeMap<String, BTreeSet<String>>,
}

impl Declared {
    /// Reads the file, in which each member has a line.
    fn read(text: &str) -> Self {
        let mut declared = Self::default();
        let mut around: Option<(String, bool)> = None;
        for line in text.lines() {
            if let Some(rest) = line.strip_prefix("interface ") {
                let name = identifier(rest);
                if let Some((_, parents)) =
                    rest.split_once(" extends ").filter(|_| !rest.contains("<T = any> {"))
                {
                    declared.parents.insert(name.clone(), identifier(parents));
                }
                declared.members.entry(name.clone()).or_default();
                around = Some((name, false));
            } else if let Some(rest) =
                line.strip_prefix("declare var ").or(line.strip_prefix("declare function "))
            {
                declared.values.insert(identifier(rest));
                around = rest.ends_with('{').then(|| (identifier(rest), true));
            } else if line.starts_with('}') {
                around = None;
            } else if let (Some((name, is_static)), Some(member)) = (&around, line.strip_prefix("  ")) {
                let member = identifier(member.strip_prefix("readonly ").unwrap_or(member));
                let is_named = !member.is_empty() && member != "new" && member != "prototype";
                let all = if *is_static { &mut declared.statics } else { &mut declared.members };
                if is_named {
                    all.entry(name.clone()).or_default().insert(member);
                }
            }
        }
        declared
    }

    /// The members of an interface with those of its parents that are no classes.
    fn own(&self, name: &str) -> BTreeSet<String> {
        let mut own = self.members.get(name).cloned().unwrap_or_default();
        if let Some(parent) = self.parents.get(name).filter(|parent| !self.values.contains(*parent)) {
            own.extend(self.own(parent));
        }
        own
    }

    fn with_inherited(&self, name: &str) -> BTreeSet<String> {
        let mut all = self.own(name);
        if let Some(parent) = self.parents.get(name) {
            all.extend(self.with_inherited(parent));
        }
        all
    }
}

fn identifier(text: &str) -> String {
    text.chars().take_while(|char| char.is_alphanumeric() || *char == '_').collect()
}

/// The names right below one of these paths, as the list of what can be reached has them.
fn below(surface: &str, prefixes: &[String]) -> BTreeSet<String> {
    let rest = |line: &'_ str| {
        let rest = prefixes.iter().find_map(|prefix| line.strip_prefix(prefix.as_str()))?;
        let (name, _) = rest.split_once(": ")?;
        let is_name = !name.is_empty() && name.chars().all(|char| char.is_alphanumeric() || char == '_');
        is_name.then(|| name.to_owned())
    };
    surface.lines().filter_map(rest).collect()
}

/// The names of the language that an action has, as the runtime lists them.
fn language() -> BTreeSet<String> {
    let text = read("runtime-js/40_globals.js");
    let list = text.split_once("const LANGUAGE = [").unwrap().1.split_once(']').unwrap().0;
    list.split('"').skip(1).step_by(2).map(str::to_owned).collect()
}

#[test]
fn the_globals_are_declared_as_they_are() {
    let surface = read("crates/engine/tests/engine/surface.txt");
    let declared = Declared::read(&read("runtime-js/types/globals.d.ts"));
    let language = language();
    let real: BTreeSet<String> =
        below(&surface, &["globalThis.".to_owned()]).difference(&language).cloned().collect();
    let values: BTreeSet<String> =
        declared.values.iter().filter(|name| !OF_THE_WRAPPER.contains(&name.as_str())).cloned().collect();
    assert_eq!(values, real, "left: runtime-js/types/globals.d.ts, right: surface.txt of the engine");
    assert!(real.len() > 50 && language.len() > 60, "{} and {}", real.len(), language.len());
}

#[test]
fn the_members_of_the_globals_are_declared_as_they_are() {
    let surface = read("crates/engine/tests/engine/surface.txt");
    let declared = Declared::read(&read("runtime-js/types/globals.d.ts"));
    let mut wrong = Vec::new();
    let mut compared = 0;
    let objects = [("Console", "globalThis.console."), ("Navigator", "globalThis.navigator.__proto__.")];
    for name in declared.values.iter().map(String::as_str).chain(["Console", "Navigator"]) {
        let is_class = declared.members.contains_key(name);
        if !is_class {
            continue;
        }
        let mut prefixes = vec![format!("globalThis.{name}.prototype."), format!("({name}).__proto__.")];
        prefixes.extend(
            ALIASES.iter().filter(|(class, _)| *class == name).map(|(_, prefix)| (*prefix).to_owned()),
        );
        prefixes.extend(
            objects.iter().filter(|(class, _)| *class == name).map(|(_, prefix)| (*prefix).to_owned()),
        );
        let real = below(&surface, &prefixes);
        let (own, all) = (declared.own(name), declared.with_inherited(name));
        let full = |member: &String| format!("{name}.{member}");
        wrong.extend(
            real.iter()
                .filter(|member| !all.contains(*member) && *member != "constructor")
                .map(full)
                .filter(|path| !INTERNAL.contains(&path.as_str()))
                .map(|path| format!("{path} is not declared")),
        );
        wrong.extend(
            own.iter()
                .filter(|member| !real.contains(*member))
                .map(full)
                .filter(|path| !OF_INSTANCES.contains(&path.as_str()))
                .map(|path| format!("{path} is not there")),
        );
        compared += real.len();

        let real = below(&surface, &[format!("globalThis.{name}.")]);
        let statics = declared.statics.get(name).cloned().unwrap_or_default();
        wrong.extend(
            real.iter()
                .filter(|member| !statics.contains(*member) && *member != "prototype")
                .map(full)
                .filter(|path| !INTERNAL.contains(&path.as_str()))
                .map(|path| format!("{path} (static) is not declared")),
        );
        wrong.extend(statics.difference(&real).map(full).map(|path| format!("{path} (static) is not there")));
    }
    assert!(
        wrong.is_empty(),
        "runtime-js/types/globals.d.ts and the engine's surface.txt differ: {wrong:#?}"
    );
    assert!(compared > 300, "{compared}");
}

/// A compiler, installed once for all tests of this machine; `None` when that does not work here.
fn compiler() -> Option<&'static Path> {
    static COMPILER: OnceLock<Option<PathBuf>> = OnceLock::new();
    COMPILER
        .get_or_init(|| install().map_err(|why| eprintln!("skipped: {TYPESCRIPT} cannot be had: {why}")).ok())
        .as_deref()
}

fn install() -> Result<PathBuf, String> {
    let folder = std::env::temp_dir().join(format!("vestibule-{}", TYPESCRIPT.replace('@', "-")));
    let compiler = folder.join("node_modules/typescript/bin/tsc");
    // Written last, so that a folder without it is one that was left half full.
    let mark = folder.join("is-complete");
    if !mark.exists() {
        fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
        let npm = Command::new("npm")
            .args(["install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix"])
            .arg(&folder)
            .arg(TYPESCRIPT)
            .output()
            .map_err(|error| format!("npm: {error}"))?;
        if !npm.status.success() {
            return Err(String::from_utf8_lossy(&npm.stderr).into_owned());
        }
        fs::write(&mark, "").map_err(|error| error.to_string())?;
    }
    let works = Command::new("node")
        .arg(&compiler)
        .arg("--version")
        .output()
        .map_err(|error| format!("node: {error}"))?;
    works
        .status
        .success()
        .then_some(compiler)
        .ok_or_else(|| String::from_utf8_lossy(&works.stderr).into_owned())
}

/// What the compiler says about a project; empty when it is content. `None` without a compiler.
fn compile(folder: &Path) -> Option<String> {
    let output = Command::new("node")
        .arg(compiler()?)
        .args(["--noEmit", "--pretty", "false", "-p"])
        .arg(folder)
        .current_dir(folder)
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.success(), text.is_empty(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    Some(text)
}

/// Types written into a folder.
fn with_types(folder: Folder, line: &str) -> Folder {
    let ended = folder.run(line);
    assert_eq!(ended.code, 0, "{}{}", ended.out, ended.err);
    folder
}

#[test]
fn every_trigger_and_every_typescript_fixture_pass() {
    let modules = [
        ("groups", "fixtures/modules-shared/typescript/modules/groups.ts"),
        ("corbado", "fixtures/shared/corbado.ts"),
    ];
    let flags: String = modules
        .iter()
        .map(|(name, file)| {
            format!(" --module {name}={}", fs::canonicalize(repository().join(file)).unwrap().display())
        })
        .collect();
    let mut folder = with_types(Folder::new(), &format!("types --out .{flags}"));
    let mut count = 0;
    for (path, text) in typescript_fixtures(&repository().join("fixtures")) {
        // One fixture is about a syntax error.
        if !path.contains("outcomes/invalid") {
            folder = folder.with(&path, text);
            count += 1;
        }
    }
    assert!(count > 35, "{count}");
    for trigger in Registry::built_in().iter() {
        let id = trigger.id();
        let types: Vec<_> = trigger.handlers().iter().map(|handler| capital(&handler.name)).collect();
        let handlers: String = trigger
            .handlers()
            .iter()
            .map(|handler| {
                format!(
                    "export const {}: {} = async (event, api) => {{ console.log(event.secrets, api); }};\n",
                    handler.name,
                    capital(&handler.name)
                )
            })
            .collect();
        folder = folder.with(
            &format!("each/{id}.ts"),
            format!("import type {{ {} }} from \"{id}\";\n{handlers}", types.join(", ")),
        );
        let handlers: String = trigger.handlers().iter().map(|handler| format!("/** @type {{import(\"{id}\").{}}} */\nexports.{} = async (event, api) => {{ console.log(event.secrets, api); }};\n", capital(&handler.name), handler.name)).collect();
        folder = folder.with(&format!("each/{id}.js"), handlers);
    }
    let Some(said) = compile(&folder.path) else { return };
    assert_eq!(said, "");
}

fn capital(name: &str) -> String {
    let (first, rest) = name.split_at(1);
    first.to_uppercase() + rest
}

/// The paths below the repository, and the texts.
fn typescript_fixtures(folder: &Path) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(typescript_fixtures(&path));
        } else if path
            .extension()
            .is_some_and(|ending| ["ts", "mts", "cts"].iter().any(|known| ending == *known))
        {
            let below = path.strip_prefix(repository()).unwrap().to_str().unwrap().to_owned();
            found.push((below, fs::read_to_string(&path).unwrap()));
        }
    }
    found
}

/// Everything that an action has is known, and nothing that it has not.
#[test]
fn the_compiler_knows_what_an_action_has_and_nothing_else() {
    let has: Vec<String> =
        language().into_iter().chain(Declared::read(&read("runtime-js/types/globals.d.ts")).values).collect();
    let absent = [
        "window",
        "document",
        "self",
        "process",
        "Buffer",
        "global",
        "__dirname",
        "setImmediate",
        "WebAssembly",
        "WebSocket",
        "Worker",
        "caches",
        "localStorage",
        "importScripts",
        "Deno",
        "XMLHttpRequest",
    ];
    let folder = with_types(Folder::new(), "types --out . --trigger auth0/post-login")
        .with("has.ts", format!("export const all = [{}];\n", has.join(", ")))
        .with("absent.ts", absent.iter().map(|name| format!("console.log({name});\n")).collect::<String>());
    let Some(said) = compile(&folder.path) else { return };
    let said: Vec<&str> = said.lines().filter(|line| !line.starts_with(' ')).collect();
    assert_eq!(said.len(), absent.len(), "{said:#?}");
    for (index, (name, said)) in absent.iter().zip(&said).enumerate() {
        assert!(said.starts_with(&format!("absent.ts({},13): error TS", index + 1)), "{said}");
        assert!(said.contains(&format!("Cannot find name '{name}'")), "{said}");
    }
}

const FLOW: &str = "version: 1
modules:
  risk: { file: shared/risk.ts, secrets: { MODEL: { env: M } } }
  tax: { file: shared/tax-2.js, name: rates }
actions:
  claims:
    file: actions/claims.ts
    secrets: { API_KEY: { env: K } }
    configuration: { plan: free }
    modules: [risk, tax]
  both: { file: actions/both.js }
  \"odd \\\"name\\\"\": { file: actions/odd.ts, trigger: auth0/post-change-password }
triggers:
  auth0/post-login:
    actions: [claims, { action: both, secrets: { ONLY_HERE: { env: O } } }]
  auth0/pre-user-registration: { actions: [both] }
";

const CLAIMS: &str = r#"import type { Event, OnExecutePostLogin, PostLoginAPI } from "flow/claims";
import { score } from "actions:risk";
import rates from "actions:rates";

export const onExecutePostLogin: OnExecutePostLogin = async (event, api) => {
  const key: string = event.secrets.API_KEY;
  const plan: string = event.configuration.plan;
  help(event, api);
  api.idToken.setCustomClaim(`https://x.example/${plan}`, score(key) * rates.vat + event.user.email!.length);
};

function help(event: Event, api: PostLoginAPI): void {
  if (event.stats.logins_count > 3) api.multifactor.enable("any");
}
"#;

const BOTH: &str = r#"/** @type {import("flow/both").OnExecutePostLogin} */
exports.onExecutePostLogin = async (event, api) => {
  if (event.secrets.ONLY_HERE?.startsWith("x")) api.access.deny("no");
  console.log(require("actions:rates").vat.toFixed(1));
};

/** @type {import("flow/both").OnExecutePreUserRegistration} */
exports.onExecutePreUserRegistration = async (event, api) => {
  api.user.setUserMetadata("k", event.user.email ?? "");
};
"#;

fn flow_folder() -> Folder {
    Folder::new()
        .with("vestibule.yaml", FLOW)
        .with("shared/risk.ts", "export const score = (key: string): number => key.length + actions.secrets[\"MODEL\"]!.length;\n")
        .with("shared/tax-2.js", "module.exports = { vat: 0.25 };\n")
        .with("actions/claims.ts", CLAIMS)
        .with("actions/both.js", BOTH)
        .with("actions/odd.ts", "import type { Event } from 'flow/odd \"name\"';\nexport const onExecutePostChangePassword = async (event: Event) => { console.log(event.user.email); };\n")
}

#[test]
fn the_actions_of_a_flow_file_know_their_secrets_their_configuration_and_their_modules() {
    let folder = with_types(flow_folder(), "types --flow");
    assert!(folder.path.join(".vestibule/types/auth0/post-change-password.d.ts").exists());
    assert!(!folder.path.join(".vestibule/types/ory").exists(), "only triggers in use");
    let Some(said) = compile(&folder.path) else { return };
    assert_eq!(said, "");
}

#[test]
fn mistakes_are_told() {
    let mistakes = [
        (
            "event.secrets.API_KEY",
            "event.secrets.API_KEI",
            "Property 'API_KEI' does not exist on type 'Secrets'. Did you mean 'API_KEY'?",
        ),
        (
            "event.configuration.plan",
            "event.configuration.plans",
            "Property 'plans' does not exist on type 'Configuration'",
        ),
        ("enable(\"any\")", "enabel(\"any\")", "Property 'enabel' does not exist"),
        (
            "enable(\"any\")",
            "enable(7)",
            "Argument of type '7' is not assignable to parameter of type 'MultifactorProvider'",
        ),
        ("score(key)", "score(7)", "is not assignable to parameter of type 'string'"),
        ("rates.vat", "rates.vet", "Property 'vet' does not exist"),
        ("actions:risk", "actions:rusk", "Cannot find module 'actions:rusk'"),
        ("event.user.email!", "event.usr.email!", "Property 'usr' does not exist"),
    ];
    for (right, wrong, message) in mistakes {
        assert!(CLAIMS.contains(right), "{right}");
        let folder = with_types(
            flow_folder().with("actions/claims.ts", CLAIMS.replacen(right, wrong, 1)),
            "types --flow",
        );
        let Some(said) = compile(&folder.path) else { return };
        assert!(said.starts_with("actions/claims.ts(") && said.contains(message), "{wrong}: {said}");
    }
    let wrong = BOTH.replace("ONLY_HERE?.", "ONLY_HERE.");
    let folder = with_types(flow_folder().with("actions/both.js", wrong), "types --flow");
    let Some(said) = compile(&folder.path) else { return };
    assert!(said.contains("actions/both.js(3,7)") && said.contains("possibly 'undefined'"), "{said}");
}

/// Triggers whose declaration has an example that runs and that the compiler still remarks on.
const REMARKS: [(&str, &str); 3] = [
    ("auth0/credentials-exchange", "error TS2322"),
    ("auth0/password-hash-migration", "error TS7006"),
    ("auth0/post-change-password", "error TS2345"),
];

#[test]
fn a_new_project_is_checked_as_it_is() {
    for trigger in Registry::built_in().iter() {
        for flags in ["", "--typescript"] {
            let folder = with_types(Folder::new(), &format!("init mine --trigger {} {flags}", trigger.id()));
            let Some(said) = compile(&folder.path.join("mine")) else { return };
            match REMARKS.iter().find(|(id, _)| *id == trigger.id()) {
                Some((_, remark)) => assert!(said.contains(remark), "{} {flags}: {said}", trigger.id()),
                None => assert_eq!(said, "", "{} {flags}", trigger.id()),
            }
        }
    }
}

#[test]
fn the_settings_of_the_author_stay_as_they_are() {
    let folder = Folder::new().with("tsconfig.json", "{}");
    let ended = folder.run("types --out . -t auth0/post-login");
    assert_eq!(ended.code, 0, "{}", ended.err);
    assert_eq!(ended.err, "hint: write \"extends\": \"./.vestibule/tsconfig.json\" into ./tsconfig.json\n");
    assert_eq!(fs::read_to_string(folder.path.join("tsconfig.json")).unwrap(), "{}");
    let own = r#"{ "extends": "./.vestibule/tsconfig.json", "include": ["src"] }"#;
    let folder = folder
        .with("tsconfig.json", own)
        .with("src/a.ts", "fetch(new URL(\"https://a.example\"));\n")
        .with("b.ts", "let x = ;");
    let again = folder.run("types --out . -t auth0/post-login");
    assert_eq!((again.code, again.err.as_str()), (0, ""));
    let Some(said) = compile(&folder.path) else { return };
    assert_eq!(said, "", "the globals are there, whatever is included");
}

#[test]
fn what_cannot_be_written_is_refused() {
    let folder = Folder::new();
    folder
        .run("types -t auth0/post-login -t ory/after-login")
        .refuses(&["cannot be printed as one file", "--out DIR"]);
    folder.run("types --out . -t auth0/postlogin").refuses(&["auth0/post-login"]);
    folder.run("types --out . --module a=missing.js").refuses(&["cannot read missing.js"]);
    folder.run("types --flow").refuses(&["there is no flow file here"]);
    folder.run("types").refuses(&["--trigger"]);
    let folder =
        folder.with("vestibule.yaml", "version: 1\nactions: { a: { file: a.js, trigger: nowhere } }\n");
    folder.run("types --flow").refuses(&["there is no trigger \"nowhere\""]);
}

//! Native parts of the engine: found by name, loaded when asked for, the same for all, closed to scripts.

use vestibule_engine::Invocation;
use vestibule_engine::Module;
use vestibule_engine::Outcome;
use vestibule_engine::Program;
use vestibule_engine::ProgramKind;

use crate::support::common_js;
use crate::support::es_module;
use crate::support::invocation;
use crate::support::logged;
use crate::support::logged_json;
use crate::support::run_with;

/// The digest of "abc", by FIPS 180-4.
const ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
const HASH: &str = r#"
const hash = ({ ask }) => ask({ do: "hash", algorithm: "sha256" }, new TextEncoder().encode("abc")).toHex();"#;

fn logs(program: &Program, modules: Vec<Module>) -> Vec<String> {
    let execution = run_with(program, Invocation { modules, ..invocation() });
    assert_eq!(execution.outcome, Outcome::Completed);
    execution.logs.into_iter().map(|line| line.message).collect()
}

#[test]
fn every_way_of_asking_leads_to_the_same_part() {
    let code = format!(
        "{HASH} exports.h = async () => {{ const part = require('vestibule:crypto');
        const imported = await import('vestibule:crypto');
        console.log(hash(part), part === require('vestibule:crypto') && part === imported.default && part.ask === imported.ask); }};"
    );
    assert_eq!(logs(&common_js(&code), Vec::new()), [format!("{ABC} true")]);
    let code = format!(
        "import part, {{ ask }} from 'vestibule:crypto'; import * as all from 'vestibule:crypto'; {HASH}
        export const h = async () => {{ console.log(hash({{ ask }}), all.default === part && all.ask === ask,
        (await import('vestibule:crypto')) === all); }};"
    );
    assert_eq!(logs(&es_module(&code), Vec::new()), [format!("{ABC} true true")]);
}

#[test]
fn modules_have_native_parts_too() {
    let module = |name: &str, kind, code: String| Module {
        name: name.to_owned(),
        program: Program::new(format!("{name}.js"), code, kind).unwrap(),
        secrets: Vec::new(),
    };
    let common =
        format!("{HASH} const part = require('vestibule:crypto'); exports.x = async () => hash(part);");
    let es = format!(
        "import {{ ask }} from 'vestibule:crypto'; {HASH} export const x = async () =>
        hash(await import('vestibule:crypto')) + (typeof actions.secrets) + (ask === (await import('vestibule:crypto')).ask);"
    );
    let modules = vec![module("a", ProgramKind::CommonJs, common), module("b", ProgramKind::EsModule, es)];
    let code = "exports.h = async () => { for (const name of ['a', 'b']) console.log(await require(`actions:${name}`).x()); };";
    assert_eq!(logs(&common_js(code), modules), [ABC.to_owned(), format!("{ABC}objecttrue")]);
}

#[test]
fn an_unknown_part_is_named_with_those_that_there_are() {
    let said = logged(
        "try { require('vestibule:krypto'); } catch (e) { console.log(e.code, e.message); }
        await import('vestibule:').catch((e) => console.log(e.code, e.message));",
    );
    assert!(
        said[0].starts_with("MODULE_NOT_FOUND Cannot find module 'vestibule:krypto': the engine's own are"),
        "{said:?}"
    );
    assert!(said[0].contains("'vestibule:crypto'"), "{said:?}");
    assert!(said[1].starts_with("MODULE_NOT_FOUND Cannot find module 'vestibule:'"), "{said:?}");
    let program = es_module("import { x } from 'vestibule:nothing'; export const h = () => x;");
    let Outcome::InvalidProgram(thrown) = run_with(&program, invocation()).outcome else { panic!("it ran") };
    assert!(thrown.message.contains("Cannot find module 'vestibule:nothing'"), "{thrown:?}");
}

/// Whatever a script did to the builtins, a part works; and nothing can be put on it or taken from it.
#[test]
fn a_part_is_frozen_and_leads_nowhere() {
    let seen = logged_json(
        r#"
const part = require("vestibule:crypto");
const seen = new Set();
const open = [];
const walk = (value, path) => {
  if ((typeof value !== "object" || value === null) && typeof value !== "function") return;
  if (value === Function.prototype || value === Object.prototype || seen.has(value)) return;
  seen.add(value);
  if (!Object.isFrozen(value)) open.push(path);
  for (const key of Reflect.ownKeys(value)) {
    const { get, set, value: inner } = Reflect.getOwnPropertyDescriptor(value, key);
    for (const one of [get, set, inner]) walk(one, `${path}.${String(key)}`);
  }
  walk(Reflect.getPrototypeOf(value), `${path}.__proto__`);
};
walk(part, "part");
const constructs = Object.values(part).filter((f) => { try { new f(); return true; } catch (e) { return !/not a constructor/.test(e.message); } });
const text = Object.values(part).map((f) => Function.prototype.toString.call(f)).join("").includes("op_");
console.log(JSON.stringify({ open, constructs: constructs.length, text, proto: Reflect.getPrototypeOf(part), size: seen.size }));"#,
    );
    assert_eq!(seen["open"], serde_json::json!([]), "{seen}");
    assert_eq!(seen["constructs"], 0, "{seen}");
    assert_eq!(seen["proto"], serde_json::Value::Null);
    assert_eq!(seen["text"], false);
    assert!(seen["size"].as_u64().unwrap() >= 2, "{seen}");
}

#[test]
fn replaced_builtins_show_a_part_nothing() {
    let lines = logged(
        r#"
const { ask } = require("vestibule:crypto");
const { defineProperty } = Object;
const { apply, ownKeys, getOwnPropertyDescriptor } = Reflect;
let count = 0;
for (const holder of [Object, Object.prototype, Array.prototype, Function.prototype, JSON, Reflect, String.prototype, Uint8Array, Reflect.getPrototypeOf(Uint8Array.prototype)]) {
  for (const key of ownKeys(holder)) {
    const { value, configurable } = getOwnPropertyDescriptor(holder, key);
    if (typeof value !== "function" || !configurable || key === "constructor") continue;
    defineProperty(holder, key, { value(...args) { count++; return apply(value, this, args); } });
  }
}
const bytes = new Uint8Array(0);
const before = count;
const answer = ask({ do: "hash", algorithm: "md5" }, bytes);
console.log(count - before, answer[0], answer.length);"#,
    );
    assert_eq!(lines, ["0 212 16"]);
}

#[test]
fn what_a_part_cannot_answer_is_an_error_with_a_code() {
    let lines = logged(
        r#"
const { ask } = require("vestibule:crypto");
for (const [request, bytes] of [[{ do: "hash", algorithm: "sha0" }], [{ do: "nothing" }], [undefined], [{ do: "hash", algorithm: "md5" }, "text"],
  [{ do: "hash", algorithm: "md5" }, new Uint8Array(4194305)], [{ do: "hash", algorithm: "md5", length: 17 }], [{ do: "hash", algorithm: "shake128", length: 2 ** 40 }],
  [{ do: "hash", algorithm: "x".repeat(300000) }], [1n]]) {
  try { ask(request, bytes); console.log("answered"); } catch (e) { console.log(e.constructor.name, e.code); }
}"#,
    );
    assert_eq!(
        lines,
        [
            "TypeError ERR_CRYPTO_INVALID_DIGEST",
            "TypeError ERR_INVALID_ARG_VALUE",
            "TypeError undefined",
            "TypeError undefined",
            "RangeError ERR_OUT_OF_RANGE",
            "Error ERR_OSSL_EVP_NOT_XOF_OR_INVALID_LENGTH",
            "RangeError ERR_OUT_OF_RANGE",
            "RangeError undefined",
            "TypeError undefined",
        ]
    );
}

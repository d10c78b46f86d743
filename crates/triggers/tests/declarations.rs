//! Declarations: an invented trigger that needs no Rust, and what is refused, with the place.
#![expect(clippy::expect_used, reason = "a test may fail where it stands")]

mod support;

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use support::{Execution, change};
use vestibule_triggers::{
    BindingPolicy, CallOutcome, Command, DeclarationError, Mode, Phase, RetryOn, Returns, ThrowClass, Trigger,
};

const GATE: &str = r#"
/**
 * Decides whether a ship may leave.
 *
 * @trigger harbour/departure
 * @title Departure
 * @mode async
 */

/** @handler onDeparture */
export type OnDeparture = (event: Event, api: API) => Promise<void>;
/** @handler onTide continue */
type OnTide = (event: Event, api: API) => Promise<void>;

interface Named { readonly name: string; }
export interface Ship extends Named {
  /**
   * Tonnes.
   * @asType integer
   * @minimum 1
   */
  tonnage: number;
  crew: Array<Sailor>;
  flag: "de" | "ie" | null;
  position?: [number, number];
  cargo: Readonly<Record<"deck" | "hold", string[]>>;
  log?: { notes?: Record<string, string> };
  "call sign"?: string;
}
type Sailor = { name: string; reports_to?: Sailor };
interface Event { ship: Ship; tide: Tide | undefined; tags: readonly string[]; extra: unknown; code: -1 | 2.5 | true; }
type Tide = "low" | High;
type High = "high" | "spring";

export interface API {
  /** @stops @see the harbour rules */
  hold: (reason: string) => API;
  ping(): void;
  log: {
    /**
     * @param note - What to write.
     * @updates event.ship.log.notes[place] = note
     * @merge last by place
     * @limit 2 per execution
     */
    note(place: string, note: string | null): void;
    deeper: Deeper;
  };
  pilot: Pilot;
}
interface Deeper { /** @merge append */ mark(at: [number, number], how?: { /** @default "red" */ colour?: string }): API; }
interface Pilot extends Callable {
  /** @host pilot.eta */
  eta(): Promise<number>;
}
interface Callable { /** @host pilot.call */ call(/** @pattern ^[A-Z]+$ */ name: string): boolean; }
"#;

fn gate() -> Arc<Trigger> {
    // A `@` in the middle of a line is text, so the tag before it would have a text of its own.
    let source = GATE.replace("@stops @see the harbour rules", "@stops");
    Arc::new(Trigger::parse("departure.d.ts", &source).unwrap_or_else(|error| panic!("{error}")))
}

#[test]
fn a_new_trigger_needs_no_rust() {
    let trigger = gate();
    assert_eq!(
        (trigger.id(), trigger.title(), trigger.mode()),
        ("harbour/departure", "Departure", Mode::Async)
    );
    assert_eq!(trigger.summary(), "Decides whether a ship may leave.");
    let phases: Vec<Phase> = trigger.handlers().iter().map(|handler| handler.phase).collect();
    assert_eq!(phases, [Phase::Execute, Phase::Continue]);
    let methods: Vec<(&str, Returns)> =
        trigger.methods().iter().map(|method| (method.path.as_str(), method.returns)).collect();
    let expected = [
        ("hold", Returns::Chain),
        ("ping", Returns::Nothing),
        ("log.note", Returns::Nothing),
        ("log.deeper.mark", Returns::Chain),
        ("pilot.call", Returns::Value),
        ("pilot.eta", Returns::Promise),
    ];
    assert_eq!(methods, expected);

    let event = json!({
        "ship": {
            "name": "Anna", "tonnage": 900, "crew": [{ "name": "Ben", "reports_to": { "name": "Cleo" } }],
            "flag": null, "position": [53.5, 9.9], "cargo": { "deck": [], "hold": ["tea"] },
        },
        "tags": [], "code": 2.5,
    });
    assert_eq!(trigger.check_event(&event), Ok(()));
    let mut bad = event.clone();
    bad["ship"]["tonnage"] = json!(1.5);
    bad["ship"]["crew"][0]["reports_to"]["name"] = json!(1);
    bad["ship"]["position"] = json!([1]);
    bad["ship"]["cargo"] = json!({ "deck": [] });
    bad["tide"] = json!("neap");
    bad["code"] = json!(1);
    let found: Vec<String> =
        trigger.check_event(&bad).expect_err("it is wrong").iter().map(ToString::to_string).collect();
    let expected = [
        "$.ship.tonnage must be an integer, got 1.5",
        "$.ship.crew[0].reports_to.name must be a string, got number",
        "$.ship.position must be an array of 2 items, got array",
        "$.ship.cargo.hold must be an array, got nothing",
        "$.tide must be \"low\", \"high\" or \"spring\", got string \"neap\"",
        "$.code must be -1, 2.5 or true, got number",
    ];
    assert_eq!(found, expected);

    let mut execution = Execution::begin(&trigger, "onDeparture", event, &[]);
    let (hold, _) = execution.record("hold", json!(["storm"]));
    let (note, changes) = execution.record("log.note", json!(["bridge", "fog"]));
    assert_eq!(changes, [change(&["ship", "log"], Some(json!({ "notes": { "bridge": "fog" } })))]);
    let (mark, _) = execution.record("log.deeper.mark", json!([[1, 2], {}]));
    let effects = json!({
        "hold": { "reason": "storm" },
        "log": { "note": { "bridge": "fog" }, "deeper": { "mark": [{ "at": [1, 2], "how": { "colour": "red" } }] } },
    });
    assert_eq!(trigger.fold(&[&[hold, note, mark]]).effects, effects);
    execution.record("log.note", json!(["bridge", null]));
    assert_eq!(
        execution.throws("log.note", json!(["bridge", "x"])),
        (ThrowClass::Error, "api.log.note: is limited to 2 calls per execution".to_owned())
    );
    assert_eq!(
        execution.throws("pilot.call", json!(["anna"])),
        (ThrowClass::TypeError, "api.pilot.call: \"name\" must match ^[A-Z]+$, got \"anna\"".to_owned())
    );
    let CallOutcome::Host { name, .. } = execution.call("pilot.eta", json!([])) else {
        panic!("a host function")
    };
    assert_eq!(name, "pilot.eta");
    let schema = trigger.event_schema();
    assert_eq!(schema["$defs"]["Ship"]["properties"]["tonnage"]["type"], "integer");
    assert!(trigger.reference().contains("### `api.log.note(place: string, note: string | null)`"));
}

fn refused(source: &str) -> DeclarationError {
    Trigger::parse("t.d.ts", source).expect_err("it was to be refused")
}

/// A declaration of which one part is exchanged.
fn with(event: &str, api: &str) -> String {
    format!(
        "/** @trigger a/b */\n\n/** @handler onB execute */\nexport type OnB = (event: Event, api: API) => Promise<void>;\n\
         export interface Event {{\n{event}\n}}\nexport interface API {{\n{api}\n}}\n"
    )
}

#[test]
fn the_frame_of_these_tests_is_fine() {
    Trigger::parse("t.d.ts", &with("a: string;", "/** @stops */ deny(): void;")).expect("it is fine");
}

#[test]
fn unsupported_event_types_name_the_place() {
    let cases = [
        ("a: bigint;", "t.d.ts:6:4: bigint; supported are string, number"),
        ("a: symbol;", "t.d.ts:6:4: symbol"),
        ("a: never;", "t.d.ts:6:4: never"),
        ("a: void;", "t.d.ts:6:4: void in data"),
        ("a: () => void;", "t.d.ts:6:4: a function type in data"),
        ("a: { b: string } & { c: string };", "t.d.ts:6:4: an intersection type"),
        ("a: string extends number ? 1 : 2;", "t.d.ts:6:4: a conditional type"),
        ("a: { [K in \"x\"]: string };", "t.d.ts:6:4: a mapped type"),
        ("a: `x${string}`;", "t.d.ts:6:4: "),
        ("a: keyof Event;", "t.d.ts:6:4: keyof or unique"),
        ("a: typeof globalThis;", "t.d.ts:6:4: typeof"),
        ("a: import(\"x\").Y;", "t.d.ts:6:4: an import type"),
        ("a: Event[\"a\"];", "t.d.ts:6:4: an indexed access type"),
        ("a: Date;", "t.d.ts:6:4: the unknown type Date"),
        ("a: Map<string, string>;", "t.d.ts:6:4: the unknown type Map"),
        ("a: Event<string>;", "t.d.ts:6:4: type arguments for Event"),
        ("a: Record<number, string>;", "t.d.ts:6:11: this key type of a Record"),
        ("a: [string, ...number[]];", "t.d.ts:6:13: an optional or rest element of a tuple"),
        ("a: 10n;", "t.d.ts:6:4: this literal type"),
        ("a: undefined[];", "t.d.ts:6:4: undefined as a value"),
        ("a();", "t.d.ts:6:1: a method in a type of data"),
        ("[a]: string;", "t.d.ts:6:"),
        ("a;", "t.d.ts:6:1: the field a without a type"),
        ("a: string", ""),
        (
            "/** @maxLenght 5 */ a: string;",
            "t.d.ts:6:5: the unknown tag @maxLenght; did you mean @maxLength?",
        ),
        (
            "/** @maxLength five */ a: string;",
            "t.d.ts:6:5: @maxLength needs a whole number; write `@maxLength 10`",
        ),
        ("/** @maxLength 5 @minLength 1 */ a: string;", "t.d.ts:6:5: @maxLength needs a whole number"),
        ("/** @minimum NaN */ a: number;", "t.d.ts:6:5: @minimum needs a number"),
        ("/** @pattern (?=x) */ a: string;", "t.d.ts:6:5: @pattern needs a pattern"),
        ("/** @pattern (a{1000}){1000} */ a: string;", "t.d.ts:6:5: @pattern needs a pattern"),
        (
            "/** @format telephone */ a: string;",
            "t.d.ts:6:5: @format names an unknown format; known formats: uri, http-uri, date-time",
        ),
        ("/** @stops */ a: string;", "t.d.ts:6:5: @stops on a field; it has no meaning here"),
        ("/** @trim yes */ a: string;", "t.d.ts:6:5: @trim with a text; write @trim alone"),
        ("/**\n * @minLength 1\n * @minLength 2\n */ a: string;", "t.d.ts:8:4: a second @minLength"),
        ("/** @default red */ a: string;", "t.d.ts:6:5: @default needs a JSON value"),
        ("a: /** @maxLength 5 */ string;", "t.d.ts:6:8: @maxLength in a comment that belongs to nothing"),
    ];
    for (event, expected) in cases.into_iter().filter(|(_, expected)| !expected.is_empty()) {
        let message = refused(&with(event, "deny(): void;")).to_string();
        assert!(message.starts_with(expected), "{event}\n  {message}\n  {expected}");
    }
}

#[test]
fn unsupported_apis_name_the_place() {
    let cases = [
        ("deny(reason: string);", "t.d.ts:9:1: deny without a return type"),
        ("deny(reason): void;", "t.d.ts:9:6: a parameter without a plain name and a type"),
        ("deny({ a }: Event): void;", "t.d.ts:9:6: a parameter without a plain name and a type"),
        ("deny(...reasons: string[]): void;", "t.d.ts:9:6: a rest parameter"),
        ("deny<T>(reason: string): void;", "t.d.ts:9:5: type parameters"),
        ("deny?(): void;", "t.d.ts:9:1: this member of the api"),
        ("get deny(): void;", "t.d.ts:9:1: this member of the api"),
        ("(): void;", "t.d.ts:9:1: this member of the api"),
        ("deny: string;", "t.d.ts:9:1: api.deny is neither a method nor a namespace"),
        ("then(): void;", "t.d.ts:9:1: the name \"then\" in the api"),
        ("\"__proto__\"(): void;", "t.d.ts:9:1: the name \"__proto__\" in the api"),
        ("deny(): void; deny(): void;", "t.d.ts:9:15: a second method deny"),
        ("deny(): string;", "t.d.ts:9:9: deny gives a value but has no @host"),
        ("/** @host x */ deny(): API;", "t.d.ts:9:24: deny gives the api although it has a @host"),
        ("/** @host */ deny(): string;", "t.d.ts:9:14: @host without a name"),
        ("/**\n * @host x\n * @stops\n */\ndeny(): string;", "t.d.ts:13:1: @stops beside @host in deny"),
        ("/** @unchecked */ deny(): void;", "t.d.ts:9:5: @unchecked without @host"),
        ("/** @merge sometimes */ deny(): void;", "t.d.ts:9:5: @merge is not a way to merge"),
        ("/** @merge last by key */ deny(): void;", "t.d.ts:9:5: @merge names no parameter of the method"),
        ("/** @effect a. */ deny(): void;", "t.d.ts:9:5: @effect needs a path"),
        (
            "/** @effect a.b */ c(): void; /** @effect a */ d(): void;",
            "t.d.ts:9:48: the effects of c and d collide",
        ),
        (
            "/** @effect a */ c(): void;\n/**\n * @effect a\n * @merge append\n */ d(): void;",
            "t.d.ts:13:5: the effects of c and d collide",
        ),
        ("/** @only onC */ deny(): void;", "t.d.ts:9:5: @only names no handler; handlers: onB"),
        ("/** @requires session */ deny(): void;", "t.d.ts:9:5: @requires does not begin with event."),
        (
            "/** @requires event.sesion */ deny(): void;",
            "t.d.ts:9:5: @requires names \"sesion\", which the event does not have",
        ),
        ("/** @requires event.a = x */ deny(): void;", "t.d.ts:9:5: @requires needs a JSON value"),
        ("/** @limit 5 */ deny(): void;", "t.d.ts:9:5: @limit is not a limit"),
        (
            "/** @abortsAfter dny */ deny(): void;",
            "t.d.ts:9:5: @abortsAfter names no method; did you mean deny?",
        ),
        ("/** @updates event.a */ deny(): void;", "t.d.ts:9:5: @updates is not a change of the event"),
        (
            "/** @updates event.a = null */ deny(): void;",
            "t.d.ts:9:5: @updates changes a whole part of the event",
        ),
        (
            "/** @updates event.o.p[key] = null */ deny(): void;",
            "t.d.ts:9:5: @updates is not a change of the event",
        ),
        ("/** @maxLength 5 */ deny(): void;", "t.d.ts:9:5: @maxLength on a method"),
        ("deny(/** @stops */ reason: string): void;", "t.d.ts:9:10: @stops on a parameter"),
        ("/** @stops */ inner: { deny(): void };", "t.d.ts:9:5: @stops on a namespace"),
        ("inner: API;", "t.d.ts:9:1: the api is too large"),
    ];
    for (api, expected) in cases {
        let message = refused(&with("a: string; o: { p?: Record<string, string> };", api)).to_string();
        assert!(message.starts_with(expected), "{api}\n  {message}\n  {expected}");
    }
}

#[test]
fn a_wrong_frame_is_refused() {
    let handler =
        "/** @handler onB execute */\nexport type OnB = (event: Event, api: API) => Promise<void>;\n";
    let types = "export interface Event { a: string }\nexport interface API { deny(): void }\n";
    let good = format!("/** @trigger a/b */\n\n{handler}{types}");
    Trigger::parse("t.d.ts", &good).expect("it is fine");
    let cases = [
        (String::new(), "t.d.ts:1:1: no @trigger; begin the file with a doc comment"),
        (format!("{handler}{types}"), "t.d.ts:1:1: no @trigger"),
        (good.replace("a/b", "b"), "t.d.ts:1:5: @trigger is not the name of a trigger"),
        (good.replace("a/b", "A/B"), "t.d.ts:1:5: @trigger is not the name of a trigger"),
        (
            format!("{good}/** @trigger a/c */\ninterface Z {{ a: string }}\n"),
            "t.d.ts:7:1: a second @trigger",
        ),
        (good.replace(" a/b */", " a/b\n * @mode often\n */"), "t.d.ts:2:4: @mode names an unknown mode"),
        (good.replace(" a/b */", " a/b\n * @stops\n */"), "t.d.ts:2:4: @stops on the trigger"),
        (good.replace("@handler onB execute", "Text."), "t.d.ts:1:1: no type with @handler"),
        (good.replace("onB execute", "onB later"), "t.d.ts:3:5: @handler is not a handler"),
        (good.replace("onB execute", "on-b"), "t.d.ts:3:5: @handler needs the name of an export"),
        (
            good.replace("(event: Event, api: API)", "()"),
            "t.d.ts:4:1: a handler that does not take (event, api)",
        ),
        (good.replace("api: API", "api: string"), "t.d.ts:4:1: an api that is not an interface of this file"),
        (
            good.replace("(event: Event, api: API) => Promise<void>", "string"),
            "t.d.ts:4:1: @handler on a type that is not a function",
        ),
        (format!("{good}{}", handler.replace("OnB", "OnC")), "t.d.ts:8:1: handlers that do not agree"),
        (
            format!(
                "{good}{}",
                handler.replace("OnB", "OnC").replace("onB", "onC").replace("event: Event", "event: API")
            ),
            "t.d.ts:8:1: handlers that do not agree",
        ),
        (
            format!("{good}export interface Event {{ b: string }}\n"),
            "t.d.ts:7:1: a second declaration of Event",
        ),
        (
            format!("{good}declare enum Colour {{ Red }}\n"),
            "t.d.ts:7:1: the statement `declare enum Colour { Red }`",
        ),
        (
            format!("{good}declare function f(): void;\n"),
            "t.d.ts:7:1: the statement `declare function f(): void;`",
        ),
        (format!("{good}import {{ X }} from \"x\";\n"), "t.d.ts:7:1: an import of values"),
        (format!("{good}declare class X {{}}\n"), "t.d.ts:7:1: the statement"),
        (format!("{good}export {{ Event as E }};\n"), "t.d.ts:7:1: the statement"),
        (format!("{good}declare namespace N {{}}\n"), "t.d.ts:7:1: the statement"),
        (good.replace("Event { a", "Event<T> { a"), "t.d.ts:5:23: type parameters"),
        (good.replace("{ a: string }", "{ a: string"), "t.d.ts:"),
        (good.replace("a: string }", "a: A }\ntype A = B;\ntype B = A;"), "t.d.ts:"),
        (
            good.replace("a: string }", "a: A }\ninterface A extends A { b: string }"),
            "t.d.ts:6:1: A extends itself",
        ),
        (
            good.replace("a: string }", "a: A }\ntype A = string | undefined;"),
            "t.d.ts:6:1: A may be undefined",
        ),
        (
            good.replace(
                "a: string }",
                "a: A }\ninterface A extends B { b: string }\n/** @maxProperties 1 */\ninterface B {}",
            ),
            "t.d.ts:7:5: @maxProperties on an interface that others extend",
        ),
    ];
    for (source, expected) in cases {
        let message = refused(&source).to_string();
        assert!(message.starts_with(expected), "{source}\n  {message}\n  {expected}");
    }
    let endless = refused(&good.replace("a: string }", "a: A }\ntype A = B;\ntype B = A;"));
    assert!(endless.construct.contains("is an endless or very long chain of aliases"), "{endless}");
    Trigger::parse("t.d.ts", &format!("{good}export {{}};\n")).expect("an empty export makes a module");
}

#[test]
fn hostile_declarations_are_refused_without_a_crash() {
    let n = 100_000;
    let in_event = |ty: String| with(&format!("a: {ty};"), "deny(): void;");
    let mut chain = String::from("a: A0 }\n");
    let mut unions = chain.clone();
    let mut interfaces = String::from("a: I0 }\n");
    for index in 0..5_000 {
        chain.push_str(&format!("type A{index} = A{};\n", index + 1));
        interfaces.push_str(&format!("interface I{index} {{ a: I{} }}\n", index + 1));
    }
    for index in 0..30 {
        unions.push_str(&format!("type A{index} = A{0} | A{0} | 1;\n", index + 1));
    }
    let ended = |text: String, last: &str| {
        with("a: string;", "deny(): void;").replace("a: string;\n}", &format!("{text}type {last} = string;"))
    };
    let wide: String = (0..600).map(|index| format!("n{index}: API;")).collect();
    let cases = [
        in_event("(".repeat(n)),
        in_event(format!("{}string{}", "(".repeat(n), ")".repeat(n))),
        in_event(format!("{}string{}", "{a:".repeat(n), "}".repeat(n))),
        in_event(format!("{}string{}", "Array<".repeat(n), ">".repeat(n))),
        in_event(format!("string{}", "[]".repeat(n))),
        in_event(format!("{}string", "keyof ".repeat(n))),
        in_event(format!("{}string", "readonly ".repeat(n))),
        in_event(format!("{}void", "() => ".repeat(n))),
        in_event(format!("{}1", "a extends b ? c : ".repeat(n))),
        format!("{}1", "!".repeat(n)),
        format!("x = {}1", "-".repeat(n)),
        format!("x = {}1", "a => ".repeat(n)),
        format!("x = {}1", "a ? {} : ".repeat(n)),
        format!("{}x", "if (a) {} else ".repeat(n)),
        format!("{}x", "a: ".repeat(n)),
        "`${".repeat(n),
        "/*".repeat(n),
        "\"".repeat(n),
        "\u{feff}\u{2028}\u{0}€".repeat(n),
        "x".repeat(1_000_000),
        ended(chain, "A5000"),
        ended(unions, "A30"),
        with("a: string;", &wide),
    ];
    for source in cases {
        let error = refused(&source);
        assert!(error.to_string().len() < 1_000, "{error}");
    }
    // A long chain of ordinary interfaces is unusual, but nothing is wrong with it.
    let long = ended(interfaces, "I5000");
    let trigger = Trigger::parse("t.d.ts", &long).expect("names may refer to names without end");
    assert_eq!(trigger.check_event(&json!({ "a": { "a": 1 } })).expect_err("a.a is no object").len(), 1);
    let long_union: String = (0..900).map(|index| format!("| \"value-{index}\" ")).collect();
    Trigger::parse("t.d.ts", &in_event(long_union)).expect("a long union of literals is fine");
}

#[test]
fn truncated_declarations_never_panic() {
    let registry = vestibule_triggers::Registry::built_in();
    let source = registry.get("auth0/pre-user-registration").expect("it is built in").source();
    for end in (0..source.len()).step_by(97) {
        let Some(part) = source.get(..end) else { continue };
        // Most ends leave the file broken; a few leave a smaller declaration. Neither may panic.
        if let Err(error) = Trigger::parse("t.d.ts", part) {
            assert_ne!(error.construct, "the parser failed", "at {end}");
        }
    }
}

/// A declaration with these tags in its header and this method.
fn header(tags: &str) -> String {
    format!(
        "/** @trigger a/b\n{tags} */\n/** @handler onB */ type H = (event: E, api: A) => void;
        interface E {{ user: {{ id: string }}; flow?: string }}
        interface A {{ mail: {{ retry(reason: string): void }} }}"
    )
}

#[test]
fn the_header_says_how_actions_are_bound_repeated_and_what_they_are_about() {
    let parse = |tags: &str| Trigger::parse("a.d.ts", &header(tags)).expect("a declaration");
    let plain = parse("");
    assert_eq!((plain.binding(), plain.retries()), (&BindingPolicy::List { max: None }, None));
    assert_eq!(parse("@binding list max 4").binding(), &BindingPolicy::List { max: Some(4) });
    let entity = BindingPolicy::Entity { kind: "event-stream".to_owned() };
    assert_eq!(parse("@binding entity event-stream").binding(), &entity);
    let retries = parse("@retries 3 after 500ms 10s 2m on mail.retry").retries().cloned().expect("retries");
    assert_eq!(retries.waits, [500, 10_000, 120_000].map(Duration::from_millis));
    assert_eq!(retries.on, RetryOn::Command("mail.retry".to_owned()));
    assert_eq!(
        parse("@retries 1 after 1s on failure").retries().map(|r| r.on.clone()),
        Some(RetryOn::Failure)
    );
    let needy = parse("@needs mail.retry - Nobody was told.");
    let retry = Command { method: "mail.retry".to_owned(), args: serde_json::Map::new() };
    assert_eq!(needy.unmet_need([].iter()), Some("Nobody was told."));
    assert_eq!(needy.unmet_need([retry].iter()), None);
    let subject = parse("@subject event.user.id event.flow").subject(&json!({ "user": { "id": "u" } }));
    assert_eq!(subject, json!(["u", null]));
}

#[test]
fn a_header_that_means_nothing_is_refused() {
    for (tags, problem) in [
        ("@binding list max 0", "@binding is not a way to bind actions"),
        ("@binding entity Upper", "@binding is not a way to bind actions"),
        ("@retries 2 after 1s on failure", "@retries is not a rule for repetitions"),
        ("@retries 1 after soon on failure", "@retries is not a rule for repetitions"),
        ("@retries 1 after 1s on mail.drop", "@retries names no method"),
        ("@needs mail.retry | mail.drop - Say one.", "@needs names no method"),
        ("@subject event.users", "@subject names \"users\", which the event does not have"),
        ("@subject user.id", "@subject does not begin with event."),
    ] {
        let error = Trigger::parse("a.d.ts", &header(tags)).expect_err(tags);
        assert_eq!(error.construct, problem, "{tags}");
        assert_eq!(error.line, 2, "{tags}");
    }
}

#[test]
fn a_suspension_needs_a_subject_and_nothing_may_count_on_its_command() {
    let declaration = |subject: &str, api: &str| {
        format!(
            "/** @trigger a/b\n{subject} */\n/** @handler onB */ type H = (event: E, api: A) => void;\n\
             interface E {{ user: {{ id: string }} }}\ninterface A {{ {api} }}"
        )
    };
    let subject = "@subject event.user.id";
    let wait = "/** @suspends next */ wait(): void;";
    let discarded = format!("{wait} /** @discardedBy wait - Lost. */ set(): void;");
    assert!(Trigger::parse("a.d.ts", &declaration(subject, wait)).is_ok());
    for (subject, api, problem) in [
        ("", wait, "@trigger has no @subject, but api.wait suspends"),
        (
            subject,
            "/** @suspends next\n@limit 1 per flow */ wait(): void;",
            "@trigger limits api.wait per flow, but it suspends",
        ),
        (subject, &discarded, "@trigger discards api.set by api.wait, but that suspends"),
    ] {
        let error = Trigger::parse("a.d.ts", &declaration(subject, api)).expect_err(problem);
        assert_eq!(error.construct, problem);
    }
}

/// Reads `x/main.d.ts`, which begins with these imports, beside two files of types.
fn linked(imports: &str) -> Result<Trigger, DeclarationError> {
    let main = format!(
        "{imports}\n/** @trigger a/b */\n/** @handler onB */\nexport type H = (event: E) => void;\n\
         interface E {{ ship: Ship; odd: Lost }}\ninterface Lost {{ n: number }}\n"
    );
    Trigger::parse_with_imports("x/main.d.ts", &main, |path| {
        let text = match path {
            "x/ships.d.ts" => {
                "import type { Named } from \"../base.d.ts\";\n\n/** A ship. */\nexport interface Ship extends Named { flag: Flag }\n\
                 /** @maxLength 2 */\nexport type Flag = string;\nexport interface Unused { x: 1 }\nexport interface Bad { f(): void }\n"
            }
            "base.d.ts" => "export interface Named { name: string }\nexport interface Lost { x: 1 }",
            _ => return None,
        };
        Some(text.to_owned())
    })
}

#[test]
fn imported_types_become_part_of_the_declaration() {
    let trigger = linked("import type { Ship } from \"./ships.d.ts\";").expect("it links");
    let event = json!({ "ship": { "name": "A", "flag": "deu" }, "odd": { "n": 1 } });
    let mismatches = trigger.check_event(&event).expect_err("the flag is too long");
    assert_eq!(mismatches[0].path, "$.ship.flag");
    assert!(trigger.source().contains("/** A ship. */\nexport interface Ship"), "{}", trigger.source());
    for absent in ["import", "Unused"] {
        assert!(!trigger.source().contains(absent), "{}", trigger.source());
    }
    Trigger::parse("again.d.ts", trigger.source()).expect("the linked text stands alone");
}

#[test]
fn an_import_that_finds_nothing_names_its_line_and_its_file() {
    for (imports, expected) in [
        (
            "import type { Boat } from \"./ships.d.ts\";",
            "x/main.d.ts:1:15: x/ships.d.ts does not declare Boat",
        ),
        ("\nimport type { Ship } from \"./shop.d.ts\";", "x/main.d.ts:2:15: there is no file x/shop.d.ts"),
        (
            "import type { Lost } from \"../base.d.ts\";",
            "x/main.d.ts:1:15: a second type Lost, from base.d.ts",
        ),
        ("import { Ship } from \"./ships.d.ts\";", "x/main.d.ts:1:1: an import of values"),
        (
            "import type { Ship as S } from \"./ships.d.ts\";",
            "x/main.d.ts:1:15: an import under another name",
        ),
        ("import type { Ship } from \"../../ships.d.ts\";", "x/main.d.ts:1:1: an import that names no file"),
        ("import type { Ship } from \"ships\";", "x/main.d.ts:1:1: an import that names no file"),
    ] {
        let error = linked(imports).expect_err(imports).to_string();
        assert!(error.starts_with(expected), "{imports}: {error}");
    }
    // An error inside an imported type names the file and line where it stands.
    let main = "import type { Bad } from \"./ships.d.ts\";\n/** @trigger a/b */\n/** @handler onB */ type H = (event: Bad) => void;";
    let error = Trigger::parse_with_imports("x/main.d.ts", main, |_| {
        Some("\n\nexport interface Bad { f(): void }".to_owned())
    });
    let error = error.expect_err("a method in data").to_string();
    assert!(error.starts_with("x/ships.d.ts:3:24: a method in a type of data"), "{error}");
}

#[test]
fn a_long_text_is_cut_where_the_declaration_says_so() {
    let source =
        header("").replace("retry(reason: string)", "retry(/** @trim @truncate 3 */ reason: string)");
    let source = source.replace("@trim @truncate 3", "\n * @trim\n * @truncate 3\n");
    let trigger = Arc::new(Trigger::parse("a.d.ts", &source).expect("a declaration"));
    for (given, kept) in [(" äöüß ", "äöü"), ("äöü", "äöü"), ("a", "a")] {
        let mut execution = Execution::begin(&trigger, "onB", json!({ "user": { "id": "u" } }), &[]);
        let (command, _) = execution.record("mail.retry", json!([given]));
        assert_eq!(command.args["reason"], kept);
    }
}

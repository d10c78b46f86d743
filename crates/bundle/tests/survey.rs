//! What a survey of a source tells.

#![allow(clippy::unwrap_used, reason = "a test may fail")]

use vestibule_bundle::NameUse;
use vestibule_bundle::Source;
use vestibule_bundle::Survey;
use vestibule_bundle::UseKind;
use vestibule_bundle::survey;

fn of(file_name: &str, text: &str) -> Survey {
    survey(Source { file_name, text }).unwrap()
}

/// `EXPORT PARAMETER PATH KIND` of each use.
fn uses(file_name: &str, text: &str) -> Vec<String> {
    let survey = of(file_name, text);
    let kind = |kind: UseKind| match kind {
        UseKind::Called { is_dropped: true } => "dropped",
        UseKind::Called { is_dropped: false } => "called",
        UseKind::Read => "read",
        UseKind::Tested => "tested",
        UseKind::Written => "written",
        UseKind::PassedOn => "passed on",
    };
    let uses = survey.uses.iter();
    uses.map(|one| {
        let guard = if one.is_guarded { " guarded" } else { "" };
        format!("{} {} {} {}{guard}", one.export, one.parameter, one.path.join("."), kind(one.kind))
    })
    .collect()
}

#[test]
fn parameters_are_followed_through_names_and_patterns() {
    assert_eq!(
        uses(
            "a.ts",
            "export const h = async ({ a: { b }, c = 1 }: E, api: A) => { (api as A).x!.y(b); const { z } = api; z.w; };"
        ),
        [
            "h 0 a read",
            "h 0 a.b read",
            "h 0 c read",
            "h 0 c tested guarded",
            "h 0 a.b passed on",
            "h 1 x.y dropped",
            "h 1 x.y.() read",
            "h 1  read",
            "h 1 z read",
            "h 1 z.w read",
        ]
    );
    // A name that changes its meaning is not followed.
    assert_eq!(
        uses("a.js", "exports.h = (e) => { e = 1; e.a(); };"),
        ["h 0  passed on guarded", "h 0  written guarded"]
    );
    assert_eq!(uses("a.js", "let h = (e) => e.a; h = 1; module.exports = { h };"), [""; 0]);
    assert_eq!(
        uses("a.js", "function h(e) { return e?.['a']; } exports.h = h;"),
        ["h 0 a passed on guarded"]
    );
    assert_eq!(uses("a.js", "const h = h2; const h2 = h; exports.h = h;"), [""; 0]);
}

#[test]
fn free_names_are_told_with_what_is_done_to_them() {
    let survey = of(
        "a.ts",
        "type T = A; declare const D: B; typeof a; b(); new c(); d = 1; try { e } catch {} D; (f: T) => f;",
    );
    let names: Vec<_> =
        survey.free_names.iter().map(|free| (free.name.as_str(), free.used, free.is_guarded)).collect();
    assert_eq!(
        names,
        [
            ("a", NameUse::Tested, false),
            ("b", NameUse::Called, false),
            ("c", NameUse::Called, false),
            ("d", NameUse::Written, false),
            ("e", NameUse::Read, true),
        ]
    );
    assert_eq!((survey.free_names[1].place.line(), survey.free_names[1].place.column()), (1, 43));
}

#[test]
fn exports_and_requests_have_their_places() {
    let survey = of(
        "a.mjs",
        "import x from 'actions:x';\nexport { x as y };\nexport function z() {}\nawait import('actions:w').catch(() => {});",
    );
    let exports: Vec<_> =
        survey.exports.iter().map(|one| (one.name.as_str(), one.place.line(), one.is_followed)).collect();
    assert_eq!(exports, [("y", 2, false), ("z", 3, true)]);
    let requests: Vec<_> =
        survey.requests.iter().map(|one| (one.specifier.as_deref().unwrap(), one.is_guarded)).collect();
    assert_eq!(requests, [("actions:x", false), ("actions:w", true)]);
}

/// The deepest texts that compile can be surveyed too, and the longest do not take long.
#[test]
fn no_text_is_too_much() {
    let depth = 1_200;
    let nested = [
        format!("exports.h = function (e) {{ return {}e; }};", "!".repeat(depth)),
        format!("exports.h = function ({}e{}) {{ e.x; }};", "{a:".repeat(depth), "}".repeat(depth)),
        format!("exports.h = function (e) {{ return {}e{}; }};", "[".repeat(depth), "]".repeat(depth)),
        format!("exports.h = (e) => e{};", ".a()".repeat(900)),
        format!("exports.h = (e) => {{ {} }};", "try { free; e.x; require('a'); } catch {} ".repeat(10_000)),
        format!(
            "exports.h = (a0) => {{ {} }};",
            (0..20_000).map(|n| format!("const a{} = a{n}; ", n + 1)).collect::<String>()
        ),
    ];
    for text in nested {
        let survey = of("a.js", &text);
        assert!(
            survey.uses.len() <= 2_000 && survey.free_names.len() <= 2_000 && survey.requests.len() <= 2_000
        );
        assert_eq!(survey.exports[0].name, "h");
    }
}

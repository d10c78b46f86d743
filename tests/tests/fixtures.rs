//! The cases in `fixtures/`, run by the runner that tenants use.

use std::num::NonZeroUsize;

use vestibule::Registry;
use vestibule_cli::CalledMethod;
use vestibule_cli::Expectation;
use vestibule_cli::Runner;
use vestibule_cli::Verdict;
use vestibule_cli::find_cases;

use crate::walls::root;

#[test]
fn every_case_comes_out_as_expected() {
    let folder = root().join("fixtures");
    let cases = find_cases(&folder, "fixtures").unwrap();
    assert!(cases.len() >= 40, "only {} cases were found", cases.len());
    let runner = Runner::start().unwrap();
    let mut bad = Vec::new();
    runner.run_all(&cases, Expectation::Check, NonZeroUsize::new(2).unwrap(), |report| {
        match &report.verdict {
            Verdict::Passed => {}
            other => bad.push(format!("{}: {other:?}", report.name)),
        }
    });
    assert!(
        bad.is_empty(),
        "{} of {} cases are wrong; see them with: cargo run -p vestibule-cli -- test fixtures\n{}",
        bad.len(),
        cases.len(),
        bad.join("\n")
    );
    let called = runner.methods_called();
    let uncalled: Vec<String> = every_method()
        .filter(|method| !called.contains(method))
        .map(|method| format!("{} api.{}", method.trigger, method.method))
        .collect();
    assert!(
        uncalled.is_empty(),
        "no case calls these methods of api with success; add cases to fixtures/:\n{}",
        uncalled.join("\n")
    );
}

#[test]
fn every_trigger_has_at_least_three_cases() {
    let cases = find_cases(&root().join("fixtures"), "fixtures").unwrap();
    let runner = Runner::start().unwrap();
    let triggers: Vec<String> = cases.iter().map(|case| runner.trigger_of(case).unwrap()).collect();
    for trigger in Registry::built_in().iter() {
        let count = triggers.iter().filter(|other| *other == trigger.id()).count();
        assert!(count >= 3, "{} has {count} cases in fixtures/, but needs at least 3", trigger.id());
    }
}

/// All methods of all triggers.
fn every_method() -> impl Iterator<Item = CalledMethod> {
    let triggers: Vec<_> = Registry::built_in().iter().cloned().collect();
    triggers.into_iter().flat_map(|trigger| {
        let method =
            |method: &str| CalledMethod { trigger: trigger.id().to_owned(), method: method.to_owned() };
        trigger.methods().iter().map(|known| method(&known.path)).collect::<Vec<_>>()
    })
}

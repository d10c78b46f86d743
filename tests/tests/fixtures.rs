//! The cases in `fixtures/`, run by the runner that tenants use.

use std::num::NonZeroUsize;

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
}

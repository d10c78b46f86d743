//! `docs/flow-file.md` says what the types say, and its example is a flow file.

#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use vestibule_config::FlowFile;
use vestibule_config::reference;

const PAGE: &str = include_str!("../../../docs/flow-file.md");

#[test]
fn the_page_lists_every_key() {
    let (_, keys) = PAGE.split_once("## Every key\n\n").unwrap();
    assert!(
        keys == reference(),
        "docs/flow-file.md differs from the types; what follows \"Every key\" is what `vestibule flow keys` prints"
    );
}

#[test]
fn the_example_is_a_flow_file() {
    let (_, rest) = PAGE.split_once("```yaml\n").unwrap();
    let (example, _) = rest.split_once("```").unwrap();
    let file = FlowFile::parse(example, "vestibule.yaml", |_| None).unwrap_or_else(|error| panic!("{error}"));
    let bound: Vec<_> = file.targets().iter().map(ToString::to_string).collect();
    assert_eq!(bound, ["auth0/post-login", "auth0/pre-user-registration"]);
}

//! Whatever a file holds, reading it ends with a flow file or with problems that have a place.

#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::time::Duration;
use std::time::Instant;

use vestibule_config::FlowFile;

const SEED: u64 = 0x5eed_0f10_3f11_e5ed;
const ROUNDS: usize = 3_000;

const TEXTS: [(&str, &str); 3] = [
    (
        "v.yaml",
        "version: 1\nactions:\n  a: &x { file: 'a.js', secrets: { K: { env: \"ä\" } } }\n  b: *x\ntriggers:\n  t/u:\n    actions:\n    - a\n    - {action: b, on_failure: continue}\n",
    ),
    (
        "v.toml",
        "version = 1\n[actions.a]\nfile = \"a.js\"\nlimits.wall_ms = 5\n[triggers.\"t/u\"]\nactions = [\"a\", {action = \"a\", name = 'ä'}]\n",
    ),
    (
        "v.json",
        "{\"version\": 1, \"actions\": {\"a\": {\"file\": \"\\u00e4.js\"}}, \"triggers\": {\"t/u\": {\"actions\": [\"a\"]}}}",
    ),
];

/// Pieces that mean something to one of the parsers.
const PIECES: [&str; 24] = [
    "{", "}", "[", "]", ":", ": ", "- ", "\n", "\t", "\"", "'", "&x ", "*x", "!!str ", "|\n", ">-\n", "#",
    "\u{feff}", "ä", "=", "---\n", "0x", "\\u", "<<",
];

/// A small generator of numbers, so that a failure can be repeated.
struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % bound as u64).unwrap()
    }
}

fn mutated(text: &str, chance: &mut Chance) -> String {
    let mut chars: Vec<char> = text.chars().collect();
    for _ in 0..=chance.below(4) {
        let at = chance.below(chars.len().max(1));
        match chance.below(3) {
            0 => drop(chars.drain(at..(at + chance.below(5)).min(chars.len()))),
            1 => drop(chars.splice(at..at, PIECES[chance.below(PIECES.len())].chars())),
            _ => {
                let from = chance.below(chars.len().max(1));
                let piece: Vec<char> = chars[from..(from + 12).min(chars.len())].to_vec();
                drop(chars.splice(at..at, piece));
            }
        }
    }
    chars.into_iter().collect()
}

#[test]
fn a_changed_file_is_read_or_refused_with_a_place() {
    let mut chance = Chance(SEED);
    for round in 0..ROUNDS {
        for (name, text) in TEXTS {
            let text = mutated(text, &mut chance);
            let Err(error) = FlowFile::parse(&text, name, |_| None) else { continue };
            assert!(!error.problems.is_empty(), "round {round} of seed {SEED:#x}: {text:?}");
            let lines = text.split('\n').count();
            for problem in &error.problems {
                let is_inside = (1..=lines + 1).contains(&problem.line) && problem.column > 0;
                assert!(is_inside, "round {round} of seed {SEED:#x}: {text:?}: {problem}");
            }
        }
    }
}

#[test]
fn deep_nesting_ends_with_a_problem() {
    for depth in [60, 70, 600, 100_000] {
        let lists = format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        for (name, text) in [
            ("v.yaml", format!("version: {lists}")),
            ("v.yaml", "- ".repeat(depth)),
            ("v.toml", format!("version = {lists}")),
            ("v.toml", format!("version = {}1{}", "{a=".repeat(depth), "}".repeat(depth))),
            ("v.toml", format!("{} = 1", vec!["a"; depth].join("."))),
            ("v.toml", format!("[{}]", vec!["a"; depth].join("."))),
            ("v.json", format!("{{\"version\": {lists}}}")),
        ] {
            let error = FlowFile::parse(&text, name, |_| None).err().unwrap();
            assert!(!error.problems.is_empty(), "{name} {depth}");
        }
    }
}

/// In time with the square of the keys, each of these would take minutes.
#[test]
fn a_mapping_of_many_keys_on_one_line_is_read_in_time() {
    const KEYS: usize = 50_000;
    for (name, open, close, quote) in
        [("v.yaml", "version: 1\nx: {", "}", ""), ("v.json", "{\"x\": {", "}}", "\"")]
    {
        let keys: Vec<String> = (0..KEYS).map(|key| format!("{quote}k{key}{quote}: 1")).collect();
        let text = format!("{open}{}{close}", keys.join(", "));
        let begun = Instant::now();
        assert!(FlowFile::parse(&text, name, |_| None).is_err());
        assert!(begun.elapsed() < Duration::from_secs(15), "{name}: {:?}", begun.elapsed());
    }
}

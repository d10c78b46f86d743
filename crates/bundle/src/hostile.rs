//! Hostile sources: every way to nest that the grammar has, at every size, in child processes, so that
//! an overflow of the native stack is charged to the case that caused it.
//!
//! A child is this test binary again, told by [`CASE_VARIABLE`] which family to compile.

use std::env;
use std::process::Command;
use std::thread;
use std::time::Duration;
use std::time::Instant;

use crate::compile::{SOURCE_BYTES_MAX, STACK_BYTES, Source, compile_here};
use crate::nesting::{self, DEPTH_MAX, Dialect};
use crate::stack;

const CASE_VARIABLE: &str = "VESTIBULE_BUNDLE_HOSTILE_CASE";

/// What one compilation of a hostile source may take in a build without optimisation.
const HOSTILE_WALL_MAX: Duration = Duration::from_secs(20);

/// A way to nest: `head`, then `open` many times, `core`, `close` as many times, `tail`.
struct Family {
    name: &'static str,
    head: &'static str,
    open: &'static str,
    core: &'static str,
    close: &'static str,
    tail: &'static str,
}

impl Family {
    fn source(&self, levels: usize) -> String {
        let Self { head, open, core, close, tail, .. } = self;
        format!("{head}{}{core}{}{tail}", open.repeat(levels), close.repeat(levels))
    }

    fn levels_in(&self, bytes: usize) -> usize {
        let fixed = self.head.len() + self.core.len() + self.tail.len();
        (bytes - fixed) / (self.open.len() + self.close.len())
    }
}

const fn family(name: &'static str, parts: [&'static str; 5]) -> Family {
    let [head, open, core, close, tail] = parts;
    Family { name, head, open, core, close, tail }
}

const FAMILIES: &[Family] = &[
    family("parens", ["x=", "(", "1", ")", ";"]),
    family("brackets", ["x=", "[", "", "]", ";"]),
    family("objects", ["x=", "{a:", "1", "}", ";"]),
    family("blocks", ["", "{", "", "}", ""]),
    family("parens unclosed", ["x=", "(", "", "", ""]),
    family("brackets unclosed", ["x=", "[", "", "", ""]),
    family("braces unclosed", ["", "{", "", "", ""]),
    family("mixed unclosed", ["x=", "([{a:", "", "", ""]),
    family("template", ["x=", "`${", "1", "}`", ";"]),
    family("template unclosed", ["x=", "`${", "", "", ""]),
    family("tagged templates", ["x=a", "`b`", "", "", ";"]),
    family("tagged template nest", ["x=", "a`${", "1", "}`", ";"]),
    family("not", ["x=", "!", "1", "", ";"]),
    family("minus", ["x=", "- ", "1", "", ";"]),
    family("tilde", ["x=", "~", "1", "", ";"]),
    family("typeof", ["x=", "typeof ", "1", "", ";"]),
    family("void delete", ["x=", "void delete ", "a", "", ";"]),
    family("await", ["export {}; x=", "await ", "1", "", ";"]),
    family("yield", ["function*f(){x=", "yield ", "1", "", "}"]),
    family("yield parens", ["function*f(){x=", "(yield ", "1", ")", "}"]),
    family("increments", ["x=", "++", "a", "", ";"]),
    family("arrow", ["x=", "a=>", "1", "", ";"]),
    family("arrow parens", ["x=", "(a)=>", "1", "", ";"]),
    family("arrow blocks", ["x=", "a=>{return ", "1", "}", ";"]),
    family("arrow async", ["x=", "async a=>", "1", "", ";"]),
    family("arrow defaults", ["x=", "(a=", "1", ")=>1", ";"]),
    family("arrow default parens", ["x=", "(a=", "1", ")", ";"]),
    family("arrow object pattern", ["x=", "({a=", "1", "})=>1", ";"]),
    family("arrow async call", ["x=", "async(a=", "1", ")", ";"]),
    family("patterns", ["var ", "[", "a", "]", "=b;"]),
    family("object patterns", ["var ", "{a:", "a", "}", "=b;"]),
    family("pattern defaults", ["var ", "[a=", "1", "]=b", ";"]),
    family("assigned patterns", ["", "[", "a", "]", "=b;"]),
    family("assigned object patterns", ["(", "{a:", "a", "}", "=b);"]),
    family("ternary right", ["x=", "a?b:", "c", "", ";"]),
    family("ternary middle", ["x=", "a?", "b", ":c", ";"]),
    family("ternary parens", ["x=", "a?(b):", "c", "", ";"]),
    family("ternary arrows", ["x=", "a?(b)=>c:", "c", "", ";"]),
    family("ternary arrows middle", ["x=", "a?(b)=>(", "c", "):d", ";"]),
    family("else if", ["", "if(a)b;else ", "c", "", ";"]),
    family("else if blocks", ["", "if(a){b}else ", "{c}", "", ""]),
    family("if chain", ["", "if(a)", "b", "", ";"]),
    family("for chain", ["", "for(;;)", "b", "", ";"]),
    family("for of chain", ["", "for(a of b)", "b", "", ";"]),
    family("while chain", ["", "while(a)", "b", "", ";"]),
    family("do while", ["", "do ", "b;", "while(a);", ""]),
    family("with chain", ["", "with(a)", "b", "", ";"]),
    family("labels", ["", "a:", "b", "", ";"]),
    family("distinct labels", ["", "a: {", "b", "}", ";"]),
    family("try", ["", "try{", "a", "}catch{}", ""]),
    family("catch", ["", "try{}catch{", "a", "}", ""]),
    family("switch", ["", "switch(a){case 1:", "a", "}", ""]),
    family("case labels", ["switch(a){", "case 1:", "a", "", "}"]),
    family("members", ["x=a", ".b", "", "", ";"]),
    family("optional members", ["x=a", "?.b", "", "", ";"]),
    family("subscripts", ["x=a", "[0]", "", "", ";"]),
    family("subscript nest", ["x=", "a[", "0", "]", ";"]),
    family("calls", ["x=a", "()", "", "", ";"]),
    family("call nest", ["x=", "a(", "", ")", ";"]),
    family("optional calls", ["x=a", "?.()", "", "", ";"]),
    family("chained calls", ["x=a", ".b(c=>c)", "", "", ";"]),
    family("plus", ["x=a", "+b", "", "", ";"]),
    family("string plus", ["x=''", "+'b'\n", "", "", ";"]),
    family("power", ["x=", "a**", "b", "", ";"]),
    family("logical", ["x=a", "&&b", "", "", ";"]),
    family("coalesce", ["x=a", "??b", "", "", ";"]),
    family("precedence climb", ["x=", "a||b&&c|d^e&f==g<h<<i+j*", "k", "", ";"]),
    family("precedence parens", ["x=", "(a||b&&c|d^e&f==g<h<<i+j*", "k", ")", ";"]),
    family("less than", ["x=a", "<b", "", "", ";"]),
    family("in", ["x=a", " in b", "", "", ";"]),
    family("new", ["x=", "new ", "a", "", ";"]),
    family("new parens", ["x=", "new (", "a", ")", ";"]),
    family("import call", ["x=", "import(", "a", ")", ";"]),
    family("comma", ["x=(a", ",b", "", "", ");"]),
    family("assign", ["x=", "a=", "b", "", ";"]),
    family("assign members", ["x=", "a.b=", "b", "", ";"]),
    family("compound assign", ["x=", "a+=", "b", "", ";"]),
    family("spread", ["x=", "[...", "a", "]", ";"]),
    family("object spread", ["x=", "{...", "a", "}", ";"]),
    family("functions", ["", "function f(){", "", "}", ""]),
    family("function expressions", ["x=", "function(){return ", "1", "}", ";"]),
    family("function parameters", ["x=", "function(a=", "1", "){}", ";"]),
    family("iife", ["", "(function(){", "", "})();", ""]),
    family("class extends", ["x=", "class extends ", "a", "{}", ";"]),
    family("class extends parens", ["x=", "class extends(", "a", "){}", ";"]),
    family("class members", ["x=", "class{a=", "1", "}", ";"]),
    family("class methods", ["x=", "class{a(){return ", "1", "}}", ";"]),
    family("class static", ["", "class A{static{", "", "}}", ""]),
    family("computed names", ["x=", "{[", "a", "]:1}", ";"]),
    family("object methods", ["x=", "{a(){return ", "1", "}}", ";"]),
    family("getters", ["x=", "{get a(){return ", "1", "}}", ";"]),
    family("decorators", ["", "@a ", "class A{}", "", ""]),
    family("decorator nest", ["", "@(class{", "", "})", "class A{}"]),
    family("statements", ["", "a;", "", "", ""]),
    family("lines", ["", "a\n", "", "", ""]),
    family("var lines", ["", "var a = b.c\n", "", "", ""]),
    family("wide array", ["x=[", "1,", "", "", "];"]),
    family("wide object", ["x={", "a:1,", "", "", "};"]),
    family("many functions", ["", "function a(){}\n", "", "", ""]),
    family("many lets", ["", "{let a}", "", "", ""]),
    family("same lets", ["", "let a;", "", "", ""]),
    family("bad tokens", ["", "a b ", "", "", ""]),
    family("slashes", ["x=a", "/b", "", "", ";"]),
    family("slashes unclosed", ["x=a", ">/[", "", "", ";"]),
    family("brace slashes", ["", "{}/(/", "", "", ";"]),
    family("regexes", ["x=[", "/[(]/,", "", "", "];"]),
    family("regex nest", ["x=/", "(", "", ")", "/;"]),
    family("statement regexes", ["", "a\n/(\"/.x\n", "", "", ""]),
    family("strings", ["x=[", "'((((((',", "", "", "];"]),
    family("string unclosed", ["", "'(\n", "", "", ""]),
    family("comments", ["", "/*((((*/", "", "", ""]),
    family("escapes", ["x=", "\\u0061.", "b", "", ";"]),
    family("exports", ["", "exports.a=", "1", "", ";"]),
    family("private names", ["class A{#a;b(){return this", ".#a", "", "", "}}"]),
    family("conditional blocks", ["", "if(a){", "", "}", ""]),
    family("var hoist", ["", "{var a;", "", "}", ""]),
    family("async functions", ["", "async function f(){await ", "1;", "}", ""]),
    family("async arrows nest", ["x=", "async()=>{await ", "1", "}", ";"]),
    family("generics", ["type X=", "A<", "B", ">", ";"]),
    family("generic lists", ["type X=", "A<B,", "B", ">", ";"]),
    family("generic calls", ["x=", "a<b<", "c", ">>()", ";"]),
    family("generic comparisons", ["x=", "a<", "b", "", ";"]),
    family("generic unclosed", ["x=", "a<b,", "", "", ";"]),
    family("generic arguments", ["x=", "a<b>(", "c", ")", ";"]),
    family("generic arrows", ["x=", "<T>(a:T)=>", "a", "", ";"]),
    family("generic arrow defaults", ["x=", "<T>(a=", "a", ")", ";"]),
    family("type assertions", ["x=", "<A>", "b", "", ";"]),
    family("type assertion nest", ["x=", "<A<", "B", ">>c", ";"]),
    family("typed arrow ternary", ["x=", "a?(b):c=>", "d", ":e", ";"]),
    family("unions", ["type X=A", "|B", "", "", ";"]),
    family("union parens", ["type X=", "A|(", "B", ")", ";"]),
    family("intersections", ["type X=A", "&B", "", "", ";"]),
    family("conditional types", ["type X=", "A extends B?C:", "D", "", ";"]),
    family("conditional infer", ["type X=", "A extends infer B extends ", "D", "?E:F", ";"]),
    family("conditional middle", ["type X=", "A extends B?", "D", ":E", ";"]),
    family("type parens", ["type X=", "(", "A", ")", ";"]),
    family("type arrays", ["type X=A", "[]", "", "", ";"]),
    family("type tuples", ["type X=", "[", "A", "]", ";"]),
    family("type objects", ["type X=", "{a:", "B", "}", ";"]),
    family("mapped types", ["type X=", "{[K in A]:", "B", "}", ";"]),
    family("function types", ["type X=", "()=>", "A", "", ";"]),
    family("function type nest", ["type X=", "(a:", "A", ")=>B", ";"]),
    family("constructor types", ["type X=", "new()=>", "A", "", ";"]),
    family("keyof", ["type X=", "keyof ", "A", "", ";"]),
    family("keyof lines", ["type X=", "keyof\n", "A", "", ";"]),
    family("template types", ["type X=", "`${", "A", "}`", ";"]),
    family("indexed types", ["type X=", "A[", "B", "]", ";"]),
    family("qualified types", ["type X=A", ".B", "", "", ";"]),
    family("typeof types", ["type X=typeof a", ".b", "", "", ";"]),
    family("import types", ["type X=", "import('a').B<", "B", ">", ";"]),
    family("namespaces", ["", "namespace A{", "", "}", ""]),
    family("exporting namespaces", ["", "namespace A{export ", "const a=1", "}", ""]),
    family("dotted namespaces", ["namespace A", ".B", "", "", "{}"]),
    family("enums", ["enum A{", "a,", "", "", "}"]),
    family("enum sums", ["enum A{a=1", "+1", "", "", "}"]),
    family("enum parens", ["enum A{a=", "(", "1", ")", "}"]),
    family("as chain", ["x=a", " as B", "", "", ";"]),
    family("as parens", ["x=", "(", "a", " as B)", ";"]),
    family("satisfies", ["x=a", " satisfies B", "", "", ";"]),
    family("non null", ["x=a", "!", "", "", ";"]),
    family("interfaces", ["", "interface A{a:", "B", "}", ""]),
    family("interface extends", ["interface A extends B", ",C", "", "", "{}"]),
    family("constraints", ["type X<T extends ", "A<", "B", ">", ">=T;"]),
    family("parameter properties", ["", "class A{constructor(private a=", "1", "){}}", ""]),
    family("overloads", ["", "function a():void;", "function a(){}", "", ""]),
    family("declares", ["", "declare module 'a'{", "", "}", ""]),
    family("predicates", ["type X=", "(a)=>a is ", "A", "", ";"]),
    family("tangled type arguments", ["x=", "f<{[", "1", "]:a}>1", ";"]),
    family("tangled infer", ["type X=", "infer A extends (", "B", ")?1:2", ";"]),
    family("tangled infer list", ["type X=", "infer A extends [", "B", "]?1:2", ";"]),
    family("tangled patterns", ["x=", "(a:([a=", "1", "])=>T)=>1", ";"]),
    family("tangled object patterns", ["x=", "(a:({a=", "1", "})=>T)=>1", ";"]),
    family("tangled modifiers", ["x=", "(a:(public [a=", "1", "])=>T)=>1", ";"]),
    family("tangled interfaces", ["", "interface A extends B<{[function(){", "", "}]:T}>1{}", ""]),
    family("tangled arrows", ["x=", "(a=(b=>c),d=", "1", ")", ";"]),
    family("tangled ternaries", ["x=", "a?(b=", "c", "):d", ";"]),
    family("tangled ternary arrows", ["x=", "a?(b):c=>(", "d", "):e", ";"]),
    family("tangled generic arrows", ["x=", "<T>(a=f<{[", "1", "]:T}>(1))", ";"]),
    family("tangled classes", ["x=", "class extends f<{[", "1", "]:a}>{}", ";"]),
    family("shallow arrow tries", ["x=[", "(a=(a=(a=(a=1)))),", "", "", "];"]),
    family("shallow angle tries", ["x=[", "a<b<c<d<e,", "", "", "];"]),
];

/// Levels that compile and levels that fill the size limit; the deepest that pass are found per family.
const SIZES: [usize; 2] = [300, usize::MAX];

fn endings() -> [&'static str; 2] {
    ["action.js", "action.ts"]
}

fn child_output(case: &str) -> std::process::Output {
    Command::new(env::current_exe().unwrap())
        .args(["hostile::child", "--exact", "--nocapture"])
        .env(CASE_VARIABLE, case)
        .output()
        .unwrap()
}

/// What a child does; in the parent it has nothing to do.
#[test]
fn child() {
    let Ok(case) = env::var(CASE_VARIABLE) else { return };
    if let Some(seed) = case.strip_prefix("seed ") {
        return compile_random(seed.parse().unwrap());
    }
    let family = FAMILIES.iter().find(|family| family.name == case).unwrap();
    for file_name in endings() {
        for size in SIZES {
            let levels = size.min(family.levels_in(SOURCE_BYTES_MAX));
            report(&format!("{file_name} {levels}"), file_name, family.source(levels));
        }
        // The deepest that the scan lets pass needs the most stack.
        let levels = deepest(family, file_name);
        report(&format!("{file_name} {levels} (deepest)"), file_name, family.source(levels));
    }
}

/// Compiles, and says before it what and after it how, in what time and on how much stack.
#[expect(clippy::print_stdout, reason = "a child speaks to its parent")]
fn report(label: &str, file_name: &'static str, text: String) {
    println!("begin {label}");
    let begin = Instant::now();
    let (result, stack_bytes) = stack::run(STACK_BYTES, move || {
        let result = compile_here(Source { file_name, text: &text });
        (result, stack_touched())
    })
    .unwrap_or_else(|error| panic!("{label}: {error}"));
    let wall = begin.elapsed();
    let kind = match &result {
        Ok(_) => "compiled".to_owned(),
        Err(error) => {
            let printed = error.to_string();
            assert!(printed.len() < 60_000, "{label}: the error is {} bytes long", printed.len());
            let debugged = format!("{error:?}");
            debugged.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default().to_owned()
        }
    };
    println!("end {label}: {kind} in {} ms on {stack_bytes} bytes of stack", wall.as_millis());
    assert!(wall < HOSTILE_WALL_MAX, "{label}: {wall:?}");
    // The reserve is for mixtures that are worse than any family, and for other targets.
    assert!(stack_bytes < STACK_BYTES / 2, "{label}: {stack_bytes} of {STACK_BYTES} bytes");
}

/// How much of its stack this thread has touched, as the kernel counts it.
#[cfg(target_os = "linux")]
fn stack_touched() -> usize {
    let local = 0_u8;
    let place = &raw const local as usize;
    let mut is_inside = false;
    for line in std::fs::read_to_string("/proc/self/smaps").unwrap().lines() {
        let range = line.split(' ').next().and_then(|range| range.split_once('-'));
        let hex = |text| usize::from_str_radix(text, 16).ok();
        if let Some((Some(from), Some(to))) = range.map(|(from, to)| (hex(from), hex(to))) {
            is_inside = (from..to).contains(&place);
        } else if let Some(kilobytes) = line.strip_prefix("Rss:").filter(|_| is_inside) {
            return kilobytes.trim().trim_end_matches(" kB").parse::<usize>().unwrap() * 1024;
        }
    }
    panic!("the stack is in no mapping");
}

/// Elsewhere only survival is tested.
#[cfg(not(target_os = "linux"))]
fn stack_touched() -> usize {
    0
}

fn dialect(file_name: &str) -> Dialect {
    if file_name.ends_with("ts") { Dialect::TypeScript } else { Dialect::JavaScript }
}

/// The most levels of a family, up to the size limit, that the scan lets pass.
fn deepest(family: &Family, file_name: &str) -> usize {
    let passes = |levels| nesting::measure(&family.source(levels), dialect(file_name)).is_ok();
    let (mut low, mut high) = (1, 2 * DEPTH_MAX as usize);
    if passes(high) {
        // Nothing grows with it; the sizes above it are compiled anyway.
        return high.min(family.levels_in(SOURCE_BYTES_MAX));
    }
    while high - low > 1 {
        let middle = low.midpoint(high);
        if passes(middle) { low = middle } else { high = middle }
    }
    low
}

/// What went wrong with a case, with what its child said last.
fn failure(case: &str) -> Option<String> {
    let output = child_output(case);
    if output.status.success() {
        return None;
    }
    let said = String::from_utf8_lossy(&output.stdout);
    let last_words = said.lines().rev().find(|line| line.starts_with("begin")).unwrap_or_default();
    let complaint = String::from_utf8_lossy(&output.stderr);
    Some(format!("{case}: {}, last words: {last_words}\n{complaint}", output.status))
}

/// Runs the cases on both halves of a small machine, and tells all failures at once.
fn assert_all_survived(cases: &[String]) {
    let failures: Vec<String> = thread::scope(|scope| {
        let halves = [0, 1].map(|half| {
            scope.spawn(move || {
                cases.iter().skip(half).step_by(2).filter_map(|case| failure(case)).collect::<Vec<_>>()
            })
        });
        halves.into_iter().flat_map(|half| half.join().unwrap()).collect()
    });
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}

#[test]
fn every_family_survives_at_every_size() {
    let cases: Vec<String> = FAMILIES.iter().map(|family| family.name.to_owned()).collect();
    assert_all_survived(&cases);
}

/// A small generator of numbers, the same for the same seed.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % limit as u64).unwrap()
    }
}

/// Random families nested into each other: every other time only such as make a correct program, so that
/// every step sees it; else any, and damaged.
fn random_source(seed: u64) -> String {
    let mut random = Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
    let is_correct = random.below(2) == 0;
    let head = ["x=", "type X=", ""][random.below(3)];
    let families: Vec<&Family> = FAMILIES
        .iter()
        .filter(|family| !is_correct || (family.head == head && !family.close.is_empty()))
        .collect();
    let levels_max = [40, 400, 4_000, if is_correct { 400 } else { 40_000 }][random.below(4)];
    let levels = 1 + random.below(levels_max);
    let repeats = 1 + random.below(30);
    let mut text = head.to_owned();
    let mut closers = Vec::new();
    while closers.len() < levels && text.len() < SOURCE_BYTES_MAX / 2 {
        let family = families[random.below(families.len())];
        for _ in 0..=random.below(repeats) {
            text.push_str(family.open);
            closers.push(family.close);
        }
        if !is_correct && random.below(8) == 0 {
            text.push_str(["\n", " ", ",", ";", "/", "/*", "`", "'", "<", "else ", "\\"][random.below(11)]);
        }
    }
    text.push('a');
    for close in closers.iter().rev() {
        if text.len() + close.len() > SOURCE_BYTES_MAX {
            break;
        }
        text.push_str(close);
    }
    text
}

const SEEDS_PER_CHILD: u64 = 50;

fn compile_random(first: u64) {
    for seed in first..first + SEEDS_PER_CHILD {
        let text = random_source(seed);
        for file_name in endings() {
            report(&format!("seed {seed} {file_name}"), file_name, text.clone());
        }
    }
}

#[test]
fn random_nesting_survives() {
    let cases: Vec<String> =
        (0..400).step_by(SEEDS_PER_CHILD as usize).map(|first| format!("seed {first}")).collect();
    assert_all_survived(&cases);
}

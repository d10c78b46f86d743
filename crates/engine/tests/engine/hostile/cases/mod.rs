//! The scripts. One file for a group of areas of the catalogue; each area has its budget.

mod code;
mod data;
mod memory;
mod natives;
mod time;

use std::time::Duration;

use vestibule_engine::Limits;
use vestibule_engine::ProgramKind;

use super::Case;
use crate::support::MIB;

/// Every case.
pub(super) fn all() -> Vec<Case> {
    let mut cases = Vec::new();
    time::add(&mut cases);
    memory::add(&mut cases);
    natives::add(&mut cases);
    code::add(&mut cases);
    data::add(&mut cases);
    cases
}

/// Where the body of a case runs.
#[derive(Clone, Copy)]
enum Place {
    /// In the handler, which is an async function.
    Handler,
    /// At the top level.
    Load,
    /// At the top level of a module.
    ModuleLoad,
    /// In the handler of a module.
    Module,
    /// In the callback of a timer.
    Timer,
    /// After an await.
    Microtask,
    /// In a getter that is read when the handler's result is looked at.
    Getter,
    /// The body is the whole CommonJS script.
    Script,
    /// The body is the whole module.
    ModuleScript,
}

use Place::*;

/// The places that differ in how an end is noticed.
const EVERYWHERE: &[Place] = &[Handler, Load, Module, Timer];
/// Everywhere a script can run.
const ALL_PLACES: &[Place] = &[Handler, Load, ModuleLoad, Module, Timer, Microtask, Getter];

/// One line of an area's table.
struct Row {
    row: u16,
    name: &'static str,
    places: &'static [Place],
    body: &'static str,
    expected: &'static [&'static str],
}

const fn row(
    row: u16,
    name: &'static str,
    places: &'static [Place],
    body: &'static str,
    expected: &'static [&'static str],
) -> Row {
    Row { row, name, places, body, expected }
}

fn add_rows(cases: &mut Vec<Case>, area: &str, limits: &Limits, rows: &[Row]) {
    for row in rows {
        for place in row.places {
            let (source, kind, suffix) = place.source(row.body);
            let name = format!("{area}/{}{suffix}", row.name);
            cases.push(Case {
                name,
                row: row.row,
                source,
                kind,
                limits: limits.clone(),
                expected: row.expected,
            });
        }
    }
}

impl Place {
    fn source(self, body: &str) -> (String, ProgramKind, &'static str) {
        use ProgramKind::CommonJs;
        use ProgramKind::EsModule;
        match self {
            Handler => (format!("exports.h = async (event, api) => {{\n{body}\n}};"), CommonJs, ""),
            Load => (format!("(() => {{\n{body}\n}})();\nexports.h = () => {{}};"), CommonJs, " (load)"),
            ModuleLoad => (
                format!("(() => {{\n{body}\n}})();\nexport const h = () => {{}};"),
                EsModule,
                " (module load)",
            ),
            Module => {
                (format!("export const h = async (event, api) => {{\n{body}\n}};"), EsModule, " (module)")
            }
            Timer => (
                format!(
                    "exports.h = (event, api) => new Promise((resolve) => {{ setTimeout(async () => {{\n{body}\nresolve();\n}}, 1); }});"
                ),
                CommonJs,
                " (timer)",
            ),
            Microtask => (
                format!("exports.h = async (event, api) => {{\nawait null;\n{body}\n}};"),
                CommonJs,
                " (microtask)",
            ),
            Getter => (
                format!("exports.h = (event, api) => ({{ get then() {{\n{body}\n}} }});"),
                CommonJs,
                " (getter)",
            ),
            Script => (body.to_owned(), CommonJs, ""),
            ModuleScript => (body.to_owned(), EsModule, " (module)"),
        }
    }
}

/// Small limits of everything that is not at stake.
fn limits() -> Limits {
    Limits {
        wall: Duration::from_secs(5),
        cpu: Duration::from_millis(150),
        heap_bytes: 32 * MIB,
        buffer_bytes: 16 * MIB,
        ..Limits::default()
    }
}

/// For scripts that fight for memory: time enough that memory is what ends them.
fn memory_limits() -> Limits {
    Limits { wall: Duration::from_secs(5), cpu: Duration::from_secs(3), ..limits() }
}

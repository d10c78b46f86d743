//! `vestibule test`: runs cases and compares what comes out with what they expect.

use std::num::NonZeroUsize;
use std::path::Path;
use std::path::PathBuf;
use std::time::Instant;

use serde_json::Value;
use serde_json::json;

use crate::cli;
use crate::cli::Format;
use crate::command_error::CommandError;
use crate::command_error::CommandResult;
use crate::escape;
use crate::fixture;
use crate::fixture::CaseFolder;
use crate::fixture::CaseReport;
use crate::fixture::DiffLine;
use crate::fixture::Expectation;
use crate::fixture::Runner;
use crate::fixture::Verdict;
use crate::fixture::find_cases;
use crate::io::Io;
use crate::program_key;
use crate::program_key::ProgramKeyArgs;
use crate::render;
use crate::style::Paint;

#[derive(clap::Args)]
#[command(after_help = "\
A case is a folder:
  action.js            the action, also .mjs .cjs .ts .mts .cts .vst; several: 1-NAME.js, 2-NAME.ts
  modules/NAME.js      a module of the actions, also .ts and so on: require('actions:NAME')
  event.json           the event, or event.patch.json: changes (a JSON merge patch) to the sample event
  event.resume.json    the flow waits, and goes on with this event; or event.resume.patch.json: changes to
                       the first event
  secrets.json         {\"NAME\": \"value\"}
  fetch.json           answers for fetch: [{\"url\": \"https://api.example/*\", \"json\": {}}]
  case.json            {\"trigger\": …, \"handler\": …, \"files\": [\"../action.js\"], \"actions\": {…},
                       \"modules\": {\"NAME\": {\"secrets\": {…}, \"version\": …}},
                       \"limits\": {…}, \"budget_ms\": …, \"host\": {…}, \"runs\": …}
  expected.json        the outcome; \"*\" stands for any value

Examples:
  vestibule test                       all cases in and below this folder
  vestibule test fixtures --filter mfa
  vestibule test my-action --update    accept what comes out as what is expected

Exit codes: 0 all passed, 1 some failed, 2 wrong use, or some could not be run.")]
pub(crate) struct TestArgs {
    /// Folders to search for cases
    #[arg(value_name = "PATH", default_value = ".")]
    paths: Vec<PathBuf>,

    /// Write expected.json where it lacks or differs
    #[arg(long)]
    update: bool,

    /// How to print the results
    #[arg(long, value_enum, default_value = "text")]
    format: Format,

    /// Cases at a time; as many as there are processors
    #[arg(long, value_name = "N")]
    jobs: Option<NonZeroUsize>,

    /// Only cases with this text in their name
    #[arg(long, value_name = "TEXT")]
    filter: Option<String>,

    #[command(flatten)]
    program_key: ProgramKeyArgs,
}

/// How many cases went which way.
#[derive(Default)]
struct Totals {
    passed: usize,
    failed: usize,
    updated: usize,
    broken: usize,
}

pub(crate) fn test(args: &TestArgs, io: &mut Io<'_>) -> CommandResult {
    let cases = cases(args, io)?;
    let runner = runner(&args.program_key, io)?;
    let expectation = if args.update { Expectation::Update } else { Expectation::Check };
    let processors = std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
    let started = Instant::now();
    let paint = Paint { is_on: io.colours.stdout };
    let name_width = cases.iter().map(|case| case.name.chars().count()).max().unwrap_or(0).min(80);
    let mut totals = Totals::default();
    let mut reports = Vec::new();
    runner.run_all(&cases, expectation, args.jobs.unwrap_or(processors), |report| {
        totals.add(&report.verdict);
        match args.format {
            Format::Text => io.out(&text(&report, name_width, paint)),
            Format::Json => reports.push(entry(&report)),
        }
    });
    program_key::warn_of_refusals(&runner.code_caches(), io);
    let wall_us = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX);
    io.out(&match args.format {
        Format::Text => totals.text(wall_us, paint),
        Format::Json => format!("{:#}\n", totals.json(wall_us, reports)),
    });
    Ok(totals.exit_code())
}

/// What runs cases, with what they import where there is a bundler.
pub(super) fn runner(key: &ProgramKeyArgs, io: &Io<'_>) -> Result<Runner, CommandError> {
    let runner = Runner::start_with(key.for_running(io)?).map_err(CommandError::failed)?;
    Ok(match io.bundler() {
        Some(bundler) => runner.with_bundler(bundler),
        None => runner,
    })
}

fn cases(args: &TestArgs, io: &Io<'_>) -> Result<Vec<CaseFolder>, CommandError> {
    let mut cases: Vec<CaseFolder> = Vec::new();
    for path in &args.paths {
        let (place, shown) = (io.path(path), cli::shown(path));
        if place.is_file() {
            let folder =
                path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
            return Err(CommandError::usage(format!("{shown} is a file, but a case is a folder"))
                .hint(format!("try: vestibule test {}", cli::shown(folder))));
        }
        for case in find_cases(&place, &shown).map_err(CommandError::wrong_use)? {
            if !cases.iter().any(|other| other.path == case.path) {
                cases.push(case);
            }
        }
    }
    let found = cases.len();
    if let Some(filter) = &args.filter {
        cases.retain(|case| case.name.contains(filter));
    }
    if !cases.is_empty() {
        return Ok(cases);
    }
    Err(match &args.filter {
        Some(filter) if found > 0 => {
            CommandError::usage(format!("none of {found} cases has {filter:?} in its name"))
        }
        Some(_) | None => {
            let paths: Vec<_> = args.paths.iter().map(|path| cli::shown(path)).collect();
            CommandError::usage(format!("there is no case in {}", paths.join(", ")))
                .hint("a case is a folder with an action.js; `vestibule init DIR` makes one to start from")
        }
    })
}

/// One case as text: its line and, where it did not pass, why.
pub(super) fn text(report: &CaseReport, name_width: usize, paint: Paint) -> String {
    let name = escape::line(&report.name);
    let wall_us = u64::try_from(report.wall.as_micros()).unwrap_or(u64::MAX);
    let time = paint.dim(render::duration(wall_us));
    match &report.verdict {
        Verdict::Passed => format!("{}  {name:name_width$}  {time}\n", paint.green("ok     ")),
        Verdict::Updated => format!("{}  {name:name_width$}  {time}\n", paint.yellow("updated")),
        Verdict::Failed { expected, actual } => {
            let lines: String =
                fixture::diff(expected, actual).iter().map(|line| difference(line, paint)).collect();
            let legend = format!("{} {}", paint.red("- expected"), paint.green("+ actual"));
            format!("{}  {name:name_width$}  {time}\n         {legend}\n{lines}", paint.red("FAILED "))
        }
        Verdict::Broken(why) => {
            let why: String = why.lines().map(|line| format!("         {line}\n")).collect();
            format!("{}  {name:name_width$}  {time}\n{why}", paint.red("BROKEN "))
        }
    }
}

fn difference(line: &DiffLine, paint: Paint) -> String {
    let indent = "         ";
    match line {
        DiffLine::Same(text) => format!("{indent}  {}\n", escape::line(text)),
        DiffLine::Expected(text) => format!("{indent}{}\n", paint.red(format!("- {}", escape::line(text)))),
        DiffLine::Actual(text) => format!("{indent}{}\n", paint.green(format!("+ {}", escape::line(text)))),
        DiffLine::Skipped(number) => {
            let lines = render::count(*number as u64, "line");
            format!("{indent}{}\n", paint.dim(format!("… {lines}")))
        }
    }
}

fn entry(report: &CaseReport) -> Value {
    let mut entry = json!({ "name": report.name, "wall_us": report.wall.as_micros() as u64 });
    match &report.verdict {
        Verdict::Passed => entry["verdict"] = "passed".into(),
        Verdict::Updated => entry["verdict"] = "updated".into(),
        Verdict::Failed { expected, actual } => {
            entry["verdict"] = "failed".into();
            entry["expected"] = expected.clone();
            entry["actual"] = actual.clone();
        }
        Verdict::Broken(why) => {
            entry["verdict"] = "broken".into();
            entry["error"] = why.as_str().into();
        }
    }
    entry
}

impl Totals {
    fn add(&mut self, verdict: &Verdict) {
        match verdict {
            Verdict::Passed => self.passed += 1,
            Verdict::Failed { .. } => self.failed += 1,
            Verdict::Updated => self.updated += 1,
            Verdict::Broken(_) => self.broken += 1,
        }
    }

    fn text(&self, wall_us: u64, paint: Paint) -> String {
        let Self { passed, failed, updated, broken } = *self;
        let mut summary = format!("{passed} passed, {failed} failed");
        if updated > 0 {
            summary.push_str(&format!(", {updated} updated"));
        }
        if broken > 0 {
            summary.push_str(&format!(", {broken} could not be run"));
        }
        let is_good = failed + broken == 0;
        let summary = if is_good { paint.green(summary) } else { paint.red(summary) };
        let mut text = format!("\n{summary}  {}\n", paint.dim(render::duration(wall_us)));
        if failed > 0 {
            let hint = "if what came out is right, accept it: run the same command with --update";
            text.push_str(&format!("{} {hint}\n", paint.cyan("hint:")));
        }
        text
    }

    fn json(&self, wall_us: u64, cases: Vec<Value>) -> Value {
        let Self { passed, failed, updated, broken } = *self;
        json!({ "passed": passed, "failed": failed, "updated": updated, "broken": broken,
                "wall_us": wall_us, "cases": cases })
    }

    fn exit_code(&self) -> i32 {
        match (self.broken, self.failed) {
            (0, 0) => 0,
            (0, _) => 1,
            (_, _) => 2,
        }
    }
}

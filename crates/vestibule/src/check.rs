//! Judges the source of an action without running it. What is told here is sure: code that takes care of
//! something's absence (`typeof x`, `?.`, a default, a `try` that catches) is not remarked on.

use serde::Serialize;
use vestibule_bundle::CALL;
use vestibule_bundle::CompileError;
use vestibule_bundle::Diagnostic;
use vestibule_bundle::ModuleRequest;
use vestibule_bundle::NODE_NAMES;
use vestibule_bundle::NameUse;
use vestibule_bundle::Source;
use vestibule_bundle::Survey;
use vestibule_bundle::Use;
use vestibule_bundle::UseKind;
use vestibule_triggers::Returns;
use vestibule_triggers::Trigger;
use vestibule_triggers::did_you_mean;

use crate::globals;

/// Methods that every object has.
const OF_EVERY_OBJECT: [&str; 6] =
    ["hasOwnProperty", "isPrototypeOf", "propertyIsEnumerable", "toLocaleString", "toString", "valueOf"];

/// A source, and what is known about the action that it is for.
#[derive(Clone, Copy, Debug)]
pub struct CheckedSource<'a> {
    /// As its author knows it: its ending tells TypeScript from JavaScript.
    pub file_name: &'a str,
    /// Its text.
    pub text: &'a str,
    /// The trigger that it is for; several when any of them may be meant. None for a module: then nothing
    /// is said about handlers, `api` and secrets.
    pub triggers: &'a [&'a Trigger],
    /// The names in `event.secrets`, when they are known.
    pub secrets: Option<&'a [String]>,
    /// The modules that it can ask for, when they are known.
    pub modules: Option<&'a [String]>,
    /// Whether it will be bundled, so that it can import files and packages and has what Node gives every file.
    /// Nothing is then said about such imports: [`Bundler::bundle`](crate::Bundler::bundle) says what cannot be
    /// found.
    pub is_bundled: bool,
}

/// One remark about a source.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Remark {
    /// How grave it is.
    pub level: Level,
    /// What it is about.
    pub topic: Topic,
    /// What it says, and where.
    pub diagnostic: Diagnostic,
}

/// How grave a remark is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Worth knowing.
    Note,
    /// It runs, and most likely does not do what it should.
    Warning,
    /// It cannot run, or throws when it comes to this place.
    Error,
}

/// What a remark is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Topic {
    /// It is not correct JavaScript or TypeScript.
    Syntax,
    /// It is more than the platform can compile.
    Unsupported,
    /// What the compiler finds odd.
    Odd,
    /// An export that the trigger calls.
    Handler,
    /// A module or package that it asks for.
    Module,
    /// A name that it does not declare.
    Global,
    /// A method of `api`.
    Method,
    /// A promise that nobody waits for.
    Promise,
    /// A secret.
    Secret,
}

/// Judges a source; the remarks in the order of their places.
///
/// # Errors
/// When the source cannot be judged because of what it is and not of a place in it: too large, no text.
pub fn check(source: CheckedSource<'_>) -> Result<Vec<Remark>, CompileError> {
    let CheckedSource { file_name, text, is_bundled, .. } = source;
    let survey = if is_bundled { vestibule_bundle::survey_to_bundle } else { vestibule_bundle::survey };
    let survey = match survey(Source { file_name, text }) {
        Ok(survey) => survey,
        Err(error) if error.diagnostics().is_empty() => return Err(error),
        Err(error) => return Ok(refusal(&error)),
    };
    let mut judge = Judge { source, survey: &survey, remarks: Vec::new() };
    judge.handlers();
    judge.requests();
    judge.globals();
    judge.methods();
    judge.secrets();
    let mut remarks = judge.remarks;
    remarks.sort_by_key(|remark| (remark.diagnostic.line, remark.diagnostic.column));
    Ok(remarks)
}

fn refusal(error: &CompileError) -> Vec<Remark> {
    let topic = if matches!(error, CompileError::Syntax { .. }) { Topic::Syntax } else { Topic::Unsupported };
    let remark =
        |diagnostic: &Diagnostic| Remark { level: Level::Error, topic, diagnostic: diagnostic.clone() };
    error.diagnostics().iter().map(remark).collect()
}

struct Judge<'a> {
    source: CheckedSource<'a>,
    survey: &'a Survey,
    remarks: Vec<Remark>,
}

impl Judge<'_> {
    fn add(&mut self, level: Level, topic: Topic, diagnostic: Diagnostic) {
        self.remarks.push(Remark { level, topic, diagnostic });
    }

    fn is_handler(&self, name: &str) -> bool {
        self.handler_names().any(|handler| handler == name)
    }

    fn handler_names(&self) -> impl Iterator<Item = &str> {
        let triggers = self.source.triggers.iter();
        triggers.flat_map(|trigger| trigger.handlers()).map(|handler| handler.name.as_str())
    }

    /// Whether the trigger calls anything; what it would call if its name were right.
    fn handlers(&mut self) {
        let survey = self.survey;
        // A text that does not decide its exports may export anything.
        let Some(exports) = &survey.compiled.exports else { return };
        if self.source.triggers.is_empty() || exports.iter().any(|name| self.is_handler(name)) {
            return;
        }
        let meant = survey.exports.iter().find_map(|export| {
            let meant = did_you_mean(&export.name, self.handler_names())?;
            Some((&export.place, export.name.clone(), meant.to_owned()))
        });
        let triggers: Vec<_> = self.source.triggers.iter().map(|trigger| trigger.id()).collect();
        let triggers = triggers.join(" or ");
        let diagnostic = match meant {
            Some((place, name, meant)) => place
                .remark(&format!("{triggers} does not call {name}"), Some(&format!("Did you mean {meant}?"))),
            None => {
                let names: Vec<_> = self.handler_names().collect();
                let place =
                    survey.exports.first().map_or_else(|| survey.beginning.clone(), |one| one.place.clone());
                place.remark(
                    &format!("Nothing that is exported is called by {triggers}"),
                    Some(&format!("Export a function {}.", names.join(" or "))),
                )
            }
        };
        self.add(Level::Error, Topic::Handler, diagnostic);
    }

    /// What the compiler warns of, and modules that the action does not have.
    fn requests(&mut self) {
        let survey = self.survey;
        for warning in &survey.compiled.warnings {
            let request = survey.requests.iter().find(|request| {
                (request.place.line(), request.place.column()) == (warning.line, warning.column)
            });
            match request {
                Some(request) if request.is_guarded || self.is_left_to_bundler(request) => {}
                Some(request) if request.specifier.is_some() => {
                    self.add(Level::Error, Topic::Module, warning.clone());
                }
                Some(_) => self.add(Level::Warning, Topic::Module, warning.clone()),
                None => self.add(Level::Warning, Topic::Odd, warning.clone()),
            }
        }
        let Some(modules) = self.source.modules else { return };
        for request in survey.requests.iter().filter(|request| !request.is_guarded) {
            let name = request.specifier.as_deref().and_then(|specifier| specifier.strip_prefix("actions:"));
            let Some(name) = name.filter(|name| survey.compiled.modules.iter().any(|known| known == name))
            else {
                continue;
            };
            if modules.iter().any(|module| module == name) {
                continue;
            }
            let meant = did_you_mean(name, modules.iter().map(String::as_str));
            let help = match (meant, modules) {
                (Some(meant), _) => format!("Did you mean actions:{meant}?"),
                (None, []) => "It has no modules. Give it this one.".to_owned(),
                (None, modules) => format!("It has {}. Give it this one too.", modules.join(", ")),
            };
            let message = format!("The action has no module {name}");
            self.add(Level::Error, Topic::Module, request.place.remark(&message, Some(&help)));
        }
    }

    fn is_left_to_bundler(&self, request: &ModuleRequest) -> bool {
        let asks_for_file = |specifier: &String| !specifier.starts_with("actions:");
        self.source.is_bundled && request.specifier.as_ref().is_some_and(asks_for_file)
    }

    /// Names that are not there.
    fn globals(&mut self) {
        let survey = self.survey;
        // What is given a value, or asked for, may be there when it is used.
        let is_open = |name: &str| {
            let mut mentions = survey.free_names.iter().filter(|mention| mention.name == name);
            mentions.any(|mention| matches!(mention.used, NameUse::Tested | NameUse::Written))
        };
        // Properties of the global object are names too, also those that a module or a package sets.
        let may_have_more = survey.free_names.iter().any(|mention| mention.name == "globalThis")
            || !survey.compiled.modules.is_empty()
            || survey.requests.iter().any(|request| self.is_left_to_bundler(request));
        let given: &[&str] = if self.source.is_bundled { &NODE_NAMES } else { &[] };
        for mention in survey.free_names.iter().filter(|mention| !mention.is_guarded) {
            let name = mention.name.as_str();
            let is_called = mention.used == NameUse::Called;
            let (message, help) = if name == "Function" && is_called {
                ("A function cannot be made of a text".to_owned(), "Write the function itself.".to_owned())
            } else if globals::known().any(|known| known == name) || given.contains(&name) || is_open(name) {
                continue;
            } else if let Some(help) = globals::way_out(name) {
                (format!("An action has no `{name}`"), help.to_owned())
            } else if may_have_more {
                continue;
            } else {
                let meant = did_you_mean(name, globals::known());
                let help = meant.map_or_else(
                    || "Declare it, or import it.".to_owned(),
                    |meant| format!("Did you mean {meant}?"),
                );
                (format!("`{name}` is not defined"), help)
            };
            self.add(Level::Error, Topic::Global, mention.place.remark(&message, Some(&help)));
        }
    }

    /// Uses of a parameter of the handlers.
    fn uses(&self, parameter: usize) -> impl Iterator<Item = &Use> {
        let uses = self.survey.uses.iter().filter(move |one| one.parameter == parameter);
        uses.filter(|one| self.is_handler(&one.export))
    }

    /// Calls of methods that `api` does not have, and promises that nobody waits for.
    fn methods(&mut self) {
        let mut found = Vec::new();
        for one in self.uses(1) {
            let UseKind::Called { is_dropped } = one.kind else { continue };
            let triggers = self.triggers_of(&one.export);
            let judged: Vec<_> = triggers.iter().map(|trigger| judge_call(trigger, &one.path)).collect();
            if judged.iter().all(|call| *call == Call::Promise) && !judged.is_empty() && is_dropped {
                let message = format!("Nobody waits for the promise of api.{}", one.path.join("."));
                let help =
                    "Write `await` in front of it; without it, errors are lost and the action may end first.";
                found.push((Level::Warning, Topic::Promise, one.place.remark(&message, Some(help))));
            }
            let is_unknown = judged.iter().all(|call| *call == Call::Unknown) && !judged.is_empty();
            if is_unknown && !one.is_guarded && !self.is_taken_care_of(one) {
                let Some(trigger) = triggers.first() else { continue };
                found.push((Level::Error, Topic::Method, unknown_method(trigger, one)));
            }
        }
        for (level, topic, diagnostic) in found {
            self.add(level, topic, diagnostic);
        }
    }

    /// The triggers that call an export.
    fn triggers_of(&self, export: &str) -> Vec<&Trigger> {
        let calls = |trigger: &&Trigger| trigger.handlers().iter().any(|handler| handler.name == export);
        self.source.triggers.iter().copied().filter(calls).collect()
    }

    /// Whether the text asks elsewhere for a part of the path, or sets it.
    fn is_taken_care_of(&self, one: &Use) -> bool {
        self.uses(one.parameter).any(|other| {
            let is_about_it = !other.path.is_empty() && one.path.starts_with(&other.path);
            (is_about_it && matches!(other.kind, UseKind::Tested | UseKind::Written))
                || (other.path.is_empty() && other.kind == UseKind::Written)
        })
    }

    /// Secrets that are read and not there, and the other way round.
    fn secrets(&mut self) {
        let Some(secrets) = self.source.secrets else { return };
        let mut missing: Vec<&Use> = Vec::new();
        for one in self.uses(0) {
            let [first, name, ..] = one.path.as_slice() else { continue };
            let is_known = secrets.iter().any(|secret| secret == name);
            let is_told = missing.iter().any(|other| other.path.get(1) == Some(name));
            let is_plain =
                first == "secrets" && !is_known && !is_told && !OF_EVERY_OBJECT.contains(&name.as_str());
            if is_plain && !self.is_secret_optional(name) {
                missing.push(one);
            }
        }
        let remarks: Vec<Diagnostic> = missing.into_iter().map(|one| missing_secret(one, secrets)).collect();
        for diagnostic in remarks {
            self.add(Level::Warning, Topic::Secret, diagnostic);
        }
        self.unused_secrets(secrets);
    }

    /// Whether the text takes care of the absence of a secret.
    fn is_secret_optional(&self, name: &str) -> bool {
        self.uses(0).any(|one| {
            let is_it =
                matches!(one.path.as_slice(), [first, second, ..] if first == "secrets" && second == name);
            let may_be_set = one.path.len() <= 1 && one.kind == UseKind::Written;
            may_be_set
                || (is_it && (one.is_guarded || matches!(one.kind, UseKind::Tested | UseKind::Written)))
        })
    }

    fn unused_secrets(&mut self, secrets: &[String]) {
        let survey = self.survey;
        let handlers: Vec<_> = survey.exports.iter().filter(|export| self.is_handler(&export.name)).collect();
        let is_all_seen = !handlers.is_empty()
            && survey.compiled.exports.is_some()
            && handlers.iter().all(|handler| handler.is_followed)
            && !survey.free_names.iter().any(|mention| mention.name == "arguments")
            // Where the event or all secrets go elsewhere, any of them may be read.
            && !self.uses(0).any(|one| one.path.len() <= 1 && one.path.first().is_none_or(|name| name == "secrets") && one.kind == UseKind::PassedOn);
        if !is_all_seen {
            return;
        }
        let is_read = |secret: &&String| {
            self.uses(0).any(|one| matches!(one.path.as_slice(), [first, name, ..] if first == "secrets" && name == *secret))
        };
        let unused: Vec<&str> =
            secrets.iter().filter(|secret| !is_read(secret)).map(String::as_str).collect();
        if let (false, Some(handler)) = (unused.is_empty(), handlers.first()) {
            let message = format!("The action does not read its secrets {}", unused.join(", "));
            let message = if unused.len() == 1 { message.replace("secrets", "secret") } else { message };
            let diagnostic = handler.place.remark(&message, Some("Do not give it what it does not need."));
            self.add(Level::Note, Topic::Secret, diagnostic);
        }
    }
}

/// What a trigger makes of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Call {
    /// A method that gives a promise.
    Promise,
    /// Another method, or something that is not known to be wrong.
    Fine,
    /// There is no such method.
    Unknown,
}

fn judge_call(trigger: &Trigger, path: &[String]) -> Call {
    let mut rest = path;
    // `api.a.b(…).c.d(…)`: the first call must give `api` again.
    while let Some(call) = rest.iter().position(|name| name == CALL) {
        let gives_api =
            trigger.method(&rest[..call].join(".")).is_some_and(|method| method.returns == Returns::Chain);
        if !gives_api {
            return Call::Fine;
        }
        rest = &rest[call + 1..];
    }
    let Some(last) = rest.last() else { return Call::Fine };
    if let Some(method) = trigger.method(&rest.join(".")) {
        return if method.returns == Returns::Promise { Call::Promise } else { Call::Fine };
    }
    let is_of_method = (1..rest.len()).any(|length| trigger.method(&rest[..length].join(".")).is_some());
    if is_of_method || OF_EVERY_OBJECT.contains(&last.as_str()) { Call::Fine } else { Call::Unknown }
}

fn unknown_method(trigger: &Trigger, one: &Use) -> Diagnostic {
    let after_calls = one.path.iter().rposition(|name| name == CALL).map_or(0, |call| call + 1);
    let path = one.path[after_calls..].join(".");
    let paths = || trigger.methods().iter().map(|method| method.path.as_str());
    let folder = path.rsplit_once('.').map(|(folder, _)| folder);
    let beside: Vec<&str> =
        paths().filter(|other| other.rsplit_once('.').map(|(folder, _)| folder) == folder).collect();
    let meant = did_you_mean(&path, beside.iter().copied()).or_else(|| did_you_mean(&path, paths()));
    let help = match (meant, folder) {
        (Some(meant), _) => format!("Did you mean api.{meant}?"),
        (None, Some(folder)) if !beside.is_empty() => format!("api.{folder} has: {}.", last_names(&beside)),
        (None, _) => format!("`vestibule triggers show {}` lists what api has.", trigger.id()),
    };
    one.place.remark(&format!("The trigger {} has no api.{path}", trigger.id()), Some(&help))
}

fn last_names(paths: &[&str]) -> String {
    let names: Vec<&str> = paths.iter().map(|path| path.rsplit('.').next().unwrap_or(path)).collect();
    names.join(", ")
}

fn missing_secret(one: &Use, secrets: &[String]) -> Diagnostic {
    let name = one.path.get(1).map(String::as_str).unwrap_or_default();
    let meant = did_you_mean(name, secrets.iter().map(String::as_str));
    let help = meant.map_or_else(
        || {
            "Give it the secret, or say what happens without it: event.secrets.NAME ?? …"
                .replace("NAME", name)
        },
        |meant| format!("Did you mean {meant}?"),
    );
    one.place.remark(&format!("The action has no secret {name}"), Some(&help))
}

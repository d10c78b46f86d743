//! What an editor and the TypeScript compiler need: declarations, and settings that find them.
//!
//! All of it lies in `.vestibule`, which can be made anew at any time; the `tsconfig.json` of the project
//! belongs to its author and only extends it.
//!
//! - `types/globals.d.ts`: what an action has beside the language;
//! - `types/PLATFORM/TRIGGER.d.ts`: `import type { … } from "PLATFORM/TRIGGER"`;
//! - `types/flow.d.ts`: `import type { … } from "flow/ACTION"` is the same for one action of the flow file,
//!   with the names of its secrets and of its configuration;
//! - `tsconfig.json`: the settings, among them where `actions:MODULE` leads.

use std::fmt::Write as _;

use serde_json::Map;
use serde_json::Value;
use serde_json::json;
use vestibule::Trigger;
use vestibule_config::ActionOutline;
use vestibule_config::Outline;
use vestibule_config::ProvidedNames;

/// The folder of everything that is made and not written.
pub(crate) const FOLDER: &str = ".vestibule";

/// What a project's own settings have to extend.
pub(crate) const SETTINGS: &str = "./.vestibule/tsconfig.json";

const GLOBALS: &str = include_str!("../../../runtime-js/types/globals.d.ts");

/// A file to be made.
pub(crate) struct NewFile {
    /// Where, below the project's folder, with `/` between names.
    pub(crate) path: String,
    pub(crate) text: String,
}

/// A module of actions: its name, and its source relative to the project's folder.
pub(crate) struct ModuleFile {
    pub(crate) name: String,
    pub(crate) file: String,
}

/// The settings of a project that has none: its author may change them.
pub(crate) fn project_settings() -> NewFile {
    NewFile { path: "tsconfig.json".to_owned(), text: format!("{:#}\n", json!({ "extends": SETTINGS })) }
}

/// The files in `.vestibule`, with the declarations of these triggers.
pub(crate) fn files(
    triggers: &[&Trigger],
    modules: &[ModuleFile],
    outline: Option<&Outline>,
) -> Vec<NewFile> {
    let file = |path: String, text: String| NewFile { path: format!("{FOLDER}/{path}"), text };
    let mut files = vec![file("types/globals.d.ts".to_owned(), GLOBALS.to_owned())];
    let mut declarations = vec!["types/globals.d.ts".to_owned()];
    for trigger in triggers {
        let path = format!("types/{}.d.ts", trigger.id());
        // What a declaration imports is part of its text.
        files.push(file(path.clone(), trigger.source().to_owned()));
        declarations.push(path);
    }
    if let Some(outline) = outline {
        files.push(file("types/flow.d.ts".to_owned(), flow_types(outline, triggers)));
        declarations.push("types/flow.d.ts".to_owned());
    }
    let settings = settings(triggers, modules, &declarations);
    files.push(file("tsconfig.json".to_owned(), format!("{settings:#}\n")));
    files
}

/// Settings with which a source is checked as what it is: one file that runs in no browser and in no Node.
fn settings(triggers: &[&Trigger], modules: &[ModuleFile], declarations: &[String]) -> Value {
    let triggers =
        triggers.iter().map(|trigger| (trigger.id().to_owned(), format!("./types/{}.d.ts", trigger.id())));
    let modules = modules.iter().map(|module| {
        (format!("actions:{}", module.name), format!("../{}", module.file.trim_start_matches("./")))
    });
    let paths: Map<String, Value> =
        triggers.chain(modules).map(|(name, path)| (name, json!([path]))).collect();
    json!({
        "compilerOptions": {
            "strict": true,
            "noEmit": true,
            "target": "ESNext",
            "module": "Preserve",
            "moduleResolution": "Bundler",
            // An action is a module of its own, also when it says `exports.onX = …`.
            "moduleDetection": "force",
            "isolatedModules": true,
            // Declarations have index signatures beside optional names, which only their own check minds.
            "skipLibCheck": true,
            "allowJs": true,
            "checkJs": true,
            // The language; what an action has beside it stands in globals.d.ts.
            "lib": ["ESNext"],
            "types": [],
            "paths": paths,
        },
        // `files` is inherited also by a project that names its sources with an `include` of its own.
        "files": declarations,
        "include": ["../**/*"],
        "exclude": ["../**/node_modules"],
    })
}

/// The modules `flow/ACTION`.
fn flow_types(outline: &Outline, triggers: &[&Trigger]) -> String {
    let mut text = "/*\n * The actions of the flow file, each with the names of its secrets and of its configuration.\n \
                    * Made by `vestibule types --flow`; make it anew when the flow file changes.\n */\n"
        .to_owned();
    for action in &outline.actions {
        let bound = action.triggers.iter();
        let bound: Vec<&Trigger> =
            bound.filter_map(|id| triggers.iter().copied().find(|trigger| trigger.id() == id)).collect();
        // Writing to a string cannot fail.
        let _ = write!(
            text,
            "\ndeclare module {} {{\n{}}}\n",
            quoted(&format!("flow/{}", action.name)),
            body(action, &bound)
        );
    }
    text
}

fn body(action: &ActionOutline, triggers: &[&Trigger]) -> String {
    let mut text = String::new();
    for (index, trigger) in triggers.iter().enumerate() {
        let id = quoted(trigger.id());
        // The names below go before those of the same name here.
        let _ = write!(text, "  import type * as trigger{index} from {id};\n  export type * from {id};\n");
    }
    text.push_str(&interface("Secrets", &action.secrets));
    text.push_str(&interface("Configuration", &action.configuration));
    text.push_str(
        "  type Provided<E> = E extends unknown\n    ? Omit<E, \"secrets\" | \"configuration\"> & { secrets: \
         Secrets; configuration: Configuration }\n    : never;\n",
    );
    let events: Vec<String> =
        (0..triggers.len()).map(|index| format!("Provided<trigger{index}.Event>")).collect();
    if !events.is_empty() {
        let _ = writeln!(text, "  export type Event = {};", events.join(" | "));
    }
    let handlers = triggers.iter().enumerate().flat_map(|(index, trigger)| {
        trigger.handlers().iter().map(move |handler| (index, type_of_handler(&handler.name)))
    });
    for (index, name) in handlers {
        let own = format!("trigger{index}.{name}");
        let _ = writeln!(
            text,
            "  export type {name} = (event: Provided<Parameters<{own}>[0]>, api: Parameters<{own}>[1]) => ReturnType<{own}>;"
        );
    }
    text
}

/// The type of a handler is called like the handler, with a capital: `OnExecutePostLogin`.
pub(crate) fn type_of_handler(handler: &str) -> String {
    let mut name = handler.to_owned();
    if let Some(first) = name.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    name
}

fn interface(name: &str, provided: &ProvidedNames) -> String {
    let always = provided.always.iter().map(|name| format!("    readonly {}: string;\n", quoted(name)));
    let sometimes = provided.sometimes.iter().map(|name| {
        format!(
            "    /** Only at some of the places where the action is bound. */\n    readonly {}?: string;\n",
            quoted(name)
        )
    });
    let members: String = always.chain(sometimes).collect();
    if members.is_empty() {
        // An empty interface would let everything in.
        return format!("  export interface {name} extends Readonly<Record<never, string>> {{}}\n");
    }
    format!("  export interface {name} {{\n{members}  }}\n")
}

/// A string literal of TypeScript.
fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

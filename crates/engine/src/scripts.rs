//! The scripts of one execution: the action's own and those of its modules. Each is known to V8 by a
//! name that no other has, so that a place in the running code leads back to one author's file.

use std::cell::RefCell;

use deno_core::v8;

use crate::code_cache::Wrapping;
use crate::invocation::Module;
use crate::invocation::Secret;
use crate::modules::Failure;
use crate::modules::Loaded;
use crate::program::Program;
use crate::script::Exports;

/// In front of the name of a module, wherever a script asks for it.
pub(crate) const MODULE_PREFIX: &str = "actions:";

/// The scripts of one execution, and what has become of its modules.
pub(crate) struct Scripts {
    pub(crate) action: Script,
    pub(crate) modules: Vec<ModuleScript>,
    /// What `actions` is to the ES module that V8 links at this moment.
    pub(crate) linking: RefCell<Option<v8::Global<v8::Module>>>,
}

/// One script.
pub(crate) struct Script {
    /// What V8 calls it.
    pub(crate) name: String,
    pub(crate) program: Program,
}

/// The script of a module.
pub(crate) struct ModuleScript {
    /// Without the prefix.
    pub(crate) name: String,
    pub(crate) script: Script,
    pub(crate) secrets: Vec<(String, Secret)>,
    pub(crate) state: RefCell<ModuleState>,
    /// Its exports as `import` sees them, where it is CommonJS and has been imported.
    pub(crate) synthetic: RefCell<Option<v8::Global<v8::Module>>>,
}

/// How far a module has come.
pub(crate) enum ModuleState {
    /// Nobody has asked for it.
    Untouched,
    /// Its top level is on the stack.
    UnderWay,
    Loaded(Loaded),
    Failed(Failure),
}

/// A program that an execution has compiled.
pub(crate) struct Compiled {
    pub(crate) program: Program,
    pub(crate) wrapping: Wrapping,
    pub(crate) exports: Exports,
}

impl ModuleScript {
    /// Its compiled form, where it has been loaded.
    pub(crate) fn compiled(&self) -> Option<Compiled> {
        match &*self.state.borrow() {
            ModuleState::Loaded(Loaded { exports, wrapping }) => Some(Compiled {
                program: self.script.program.clone(),
                wrapping: *wrapping,
                exports: exports.clone(),
            }),
            ModuleState::Untouched | ModuleState::UnderWay | ModuleState::Failed(_) => None,
        }
    }
}

impl Scripts {
    pub(crate) fn new(program: Program, modules: Vec<Module>) -> Self {
        let action = Script { name: program.file_name().to_owned(), program };
        let mut names = vec![action.name.clone()];
        let modules = modules
            .into_iter()
            .map(|Module { name, program, secrets }| {
                let mut script_name = format!("{MODULE_PREFIX}{name}");
                // An action's file may be called like this too.
                while names.contains(&script_name) {
                    script_name.push('\'');
                }
                names.push(script_name.clone());
                ModuleScript {
                    name,
                    script: Script { name: script_name, program },
                    secrets,
                    state: RefCell::new(ModuleState::Untouched),
                    synthetic: RefCell::default(),
                }
            })
            .collect();
        Self { action, modules, linking: RefCell::default() }
    }

    /// The program of the script that V8 calls so.
    pub(crate) fn program_of(&self, script_name: &str) -> Option<&Program> {
        let modules = self.modules.iter().map(|module| &module.script);
        let script =
            std::iter::once(&self.action).chain(modules).find(|script| script.name == script_name)?;
        Some(&script.program)
    }

    /// Drops the handles; the isolate must be entered.
    pub(crate) fn clear(&self) {
        self.linking.take();
        for module in &self.modules {
            module.state.replace(ModuleState::Untouched);
            module.synthetic.take();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::program::ProgramKind;

    fn program(file_name: &str) -> Program {
        Program::new(file_name, "", ProgramKind::CommonJs).unwrap()
    }

    #[test]
    fn no_two_scripts_have_one_name() {
        let module =
            |name: &str| Module { name: name.to_owned(), program: program("index.js"), secrets: Vec::new() };
        let scripts = Scripts::new(program("actions:a"), vec![module("a"), module("b"), module("b")]);
        let names: Vec<_> = scripts.modules.iter().map(|module| module.script.name.as_str()).collect();
        assert_eq!(names, ["actions:a'", "actions:b", "actions:b'"]);
        assert_eq!(scripts.program_of("actions:a").unwrap().file_name(), "actions:a");
        assert_eq!(scripts.program_of("actions:a'").unwrap().file_name(), "index.js");
        assert!(scripts.program_of("index.js").is_none());
    }
}

//! In the place of the inspector where the engine is compiled without it: no execution is debugged.

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use deno_core::JsRuntime;

use crate::execution::LogLine;
use crate::program::Program;
use crate::running::Running;
use crate::scripts::Scripts;

/// What makes an execution a debugged one; nothing does.
pub(crate) enum Inspection {}

/// The time that a debugger takes; there is none.
pub(crate) enum Standstill {}

/// The debugger of an execution; there is none.
pub(crate) enum Debugger {}

impl Inspection {
    pub(crate) fn standstill(&self) -> Standstill {
        match *self {}
    }
}

impl Standstill {
    pub(crate) fn is_on(&self) -> bool {
        match *self {}
    }

    pub(crate) fn wall(&self) -> Duration {
        match *self {}
    }

    pub(crate) fn cpu(&self) -> Duration {
        match *self {}
    }

    pub(crate) fn end_waiting(&self) {
        match *self {}
    }
}

impl Debugger {
    pub(crate) fn attach(
        _runtime: &mut JsRuntime,
        inspection: Inspection,
        _running: &Arc<Running>,
        _scripts: &Scripts,
    ) -> Rc<Self> {
        match inspection {}
    }

    pub(crate) fn await_start(&self) {
        match *self {}
    }

    pub(crate) fn may_start(&self) -> bool {
        match *self {}
    }

    pub(crate) fn read_letters(&self) {
        match *self {}
    }

    pub(crate) fn start(&self) {
        match *self {}
    }

    pub(crate) fn source_map_url(&self, _program: &Program) -> Option<String> {
        match *self {}
    }

    pub(crate) fn log(&self, _line: &LogLine) {
        match *self {}
    }

    pub(crate) fn detach(self: Rc<Self>, _runtime: &mut JsRuntime) {
        match *self {}
    }
}

//! Promises that were rejected and that nobody handles.
//!
//! A rejection that is still unhandled one full turn after it happened ends the execution; one that
//! gets its handler a turn late is forgiven, as are rejections that are handled at once.

use std::cell::RefCell;
use std::rc::Rc;

use deno_core::v8;

use crate::isolate::IsolateState;
use crate::limits::REJECTIONS_MAX;

/// The unhandled rejections of one execution.
#[derive(Default)]
pub(crate) struct Rejections {
    list: RefCell<Vec<Rejection>>,
}

struct Rejection {
    promise: v8::Global<v8::Promise>,
    value: v8::Global<v8::Value>,
    /// It has lived through the end of a turn.
    seen: bool,
}

impl Rejections {
    /// Ends a turn: the first rejection that is a full turn old, if there is one.
    pub(crate) fn end_turn(&self) -> Option<v8::Global<v8::Value>> {
        let mut list = self.list.borrow_mut();
        let old = list.iter().find(|rejection| rejection.seen).map(|rejection| rejection.value.clone());
        for rejection in list.iter_mut() {
            rejection.seen = true;
        }
        old
    }

    /// The first rejection that nobody has handled yet, however young.
    pub(crate) fn first(&self) -> Option<v8::Global<v8::Value>> {
        self.list.borrow().first().map(|rejection| rejection.value.clone())
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.list.borrow().is_empty()
    }

    /// Drops the handles; the isolate must be entered.
    pub(crate) fn clear(&self) {
        self.list.borrow_mut().clear();
    }

    fn add(&self, promise: v8::Global<v8::Promise>, value: v8::Global<v8::Value>) {
        let mut list = self.list.borrow_mut();
        // The first one is what is reported, so a flood need not be remembered whole.
        if list.len() < REJECTIONS_MAX {
            list.push(Rejection { promise, value, seen: false });
        }
    }

    /// Somebody handles this promise after all.
    pub(crate) fn forgive(&self, promise: &v8::Global<v8::Promise>) {
        let mut list = self.list.borrow_mut();
        if let Some(index) = list.iter().position(|rejection| rejection.promise == *promise) {
            list.remove(index);
        }
    }
}

/// Takes deno_core's place as the one whom V8 tells of rejections.
pub(crate) fn install(isolate: &mut v8::OwnedIsolate) {
    isolate.set_promise_reject_callback(on_rejection);
}

extern "C" fn on_rejection(message: v8::PromiseRejectMessage) {
    // SAFETY: V8 calls this on the isolate's thread with the isolate entered, and the scope does not
    // outlive the call.
    v8::callback_scope!(unsafe scope, &message);
    let Some(state) = scope.get_slot::<Rc<IsolateState>>().cloned() else { return };
    let promise = v8::Global::new(scope, message.get_promise());
    match message.get_event() {
        v8::PromiseRejectEvent::PromiseRejectWithNoHandler => {
            let value = message.get_value().unwrap_or_else(|| v8::undefined(scope).into());
            state.rejections.add(promise, v8::Global::new(scope, value));
        }
        v8::PromiseRejectEvent::PromiseHandlerAddedAfterReject => state.rejections.forgive(&promise),
        v8::PromiseRejectEvent::PromiseRejectAfterResolved
        | v8::PromiseRejectEvent::PromiseResolveAfterResolved => {}
    }
}

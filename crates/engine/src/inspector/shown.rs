//! What a debugger is shown: everything but the runtime's own scripts.
//!
//! V8's own way to step over scripts, `Debugger.setBlackboxPatterns`, does not know scripts of a snapshot, because
//! they belong to no context that a debugger has seen. So their frames are left out here, and where only a step
//! has led into them, another one leads out.

use std::cell::Cell;
use std::cell::RefCell;
use std::collections::HashMap;
use std::collections::HashSet;

use serde::Deserialize;
use serde_json::Value;

/// How the names of the runtime's own scripts begin.
const OWN_SCRIPTS: &str = "ext:";

/// Judges the notifications of one session, in their order.
#[derive(Default)]
pub(super) struct Shown {
    /// The ids of the runtime's own scripts.
    own: RefCell<HashSet<String>>,
    /// How many scopes the frames of this pause have, by their ids.
    scopes: RefCell<HashMap<String, u64>>,
    /// How the execution leaves the pause that was not shown.
    way_out: Cell<Option<WayOut>>,
    /// It has not been said that it went on from there, and will not be.
    hides_resumed: Cell<bool>,
}

/// How an execution leaves the runtime's own scripts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum WayOut {
    /// Back to the script that has called them.
    StepOut,
    /// On to the script that they call, because none has called them.
    StepInto,
}

impl WayOut {
    pub(super) fn method(self) -> &'static str {
        match self {
            Self::StepOut => "Debugger.stepOut",
            Self::StepInto => "Debugger.stepInto",
        }
    }
}

#[derive(Deserialize)]
struct Notice<P> {
    params: P,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Script {
    script_id: String,
    url: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Place {
    scope_number: u64,
    call_frame_id: String,
}

impl Shown {
    /// The notification as the debugger is shown it, if at all.
    pub(super) fn of(&self, notice: String) -> Option<String> {
        let is = |method: &str| {
            let rest = notice.strip_prefix("{\"method\":\"Debugger.");
            rest.and_then(|rest| rest.strip_prefix(method)).is_some_and(|rest| rest.starts_with('"'))
        };
        if is("scriptParsed") || is("scriptFailedToParse") {
            return self.of_script(notice);
        }
        if is("paused") {
            return self.of_pause(notice);
        }
        if is("resumed") && self.hides_resumed.take() {
            return None;
        }
        Some(notice)
    }

    /// How to go on from a pause that was not shown.
    pub(super) fn take_way_out(&self) -> Option<WayOut> {
        self.way_out.take()
    }

    /// Whether a call of `Debugger.setVariableValue` is about a scope that there is. V8 does not look.
    pub(super) fn has_scope(&self, call: &str) -> bool {
        let Ok(Notice { params: Place { scope_number, call_frame_id } }) = serde_json::from_str(call) else {
            return false;
        };
        self.scopes.borrow().get(&call_frame_id).is_some_and(|scopes| scope_number < *scopes)
    }

    fn of_script(&self, notice: String) -> Option<String> {
        match serde_json::from_str(&notice) {
            Ok(Notice { params: Script { script_id, url } }) if url.starts_with(OWN_SCRIPTS) => {
                self.own.borrow_mut().insert(script_id);
                None
            }
            Ok(_) | Err(_) => Some(notice),
        }
    }

    fn of_pause(&self, notice: String) -> Option<String> {
        let Ok(mut pause) = serde_json::from_str::<Value>(&notice) else { return Some(notice) };
        let is_step = {
            let has_text = |pointer, text| pause.pointer(pointer).is_some_and(|value| value == text);
            has_text("/params/reason", "step") || has_text("/params/reason", "other")
        };
        let Some(frames) = pause.pointer_mut("/params/callFrames").and_then(Value::as_array_mut) else {
            return Some(notice);
        };
        *self.scopes.borrow_mut() = frames.iter().filter_map(scopes).collect();
        let own = self.own.borrow();
        let is_own = |frame: &Value| {
            let script = frame.pointer("/location/scriptId").and_then(Value::as_str);
            script.is_some_and(|script| own.contains(script))
        };
        let is_inside = frames.first().is_some_and(is_own);
        let all = frames.len();
        frames.retain(|frame| !is_own(frame));
        let way_out = if frames.is_empty() { WayOut::StepInto } else { WayOut::StepOut };
        if is_inside && (is_step || frames.is_empty()) {
            self.way_out.set(Some(way_out));
            self.hides_resumed.set(true);
            return None;
        }
        // Most pauses need not be written anew.
        if frames.len() == all { Some(notice) } else { Some(pause.to_string()) }
    }
}

/// The id of a frame, and how many scopes it has.
fn scopes(frame: &Value) -> Option<(String, u64)> {
    let id = frame.get("callFrameId")?.as_str()?;
    let scopes = frame.get("scopeChain")?.as_array()?.len();
    Some((id.to_owned(), u64::try_from(scopes).ok()?))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn shown() -> Shown {
        let shown = Shown::default();
        for (id, url, is_shown) in [("1", "ext:vestibule/20_console.js", false), ("2", "file:///a.js", true)]
        {
            let params = json!({ "scriptId": id, "url": url });
            let notice = json!({ "method": "Debugger.scriptParsed", "params": params }).to_string();
            assert_eq!(shown.of(notice).is_some(), is_shown);
        }
        shown
    }

    fn pause(reason: &str, scripts: &[&str]) -> String {
        let frames: Vec<Value> =
            scripts.iter().map(|script| json!({ "location": { "scriptId": script } })).collect();
        json!({ "method": "Debugger.paused", "params": { "callFrames": frames, "reason": reason } })
            .to_string()
    }

    fn resumed() -> String {
        json!({ "method": "Debugger.resumed", "params": {} }).to_string()
    }

    #[test]
    fn a_step_into_the_runtime_leads_out_again_unseen() {
        let shown = shown();
        for (scripts, way_out) in [(&["1", "1", "2"][..], WayOut::StepOut), (&["1"], WayOut::StepInto)] {
            assert_eq!(shown.of(pause("step", scripts)), None);
            assert_eq!(shown.take_way_out(), Some(way_out));
            assert_eq!(shown.take_way_out(), None);
            assert_eq!(shown.of(resumed()), None);
            assert_eq!(shown.of(resumed()), Some(resumed()));
        }
    }

    #[test]
    fn a_pause_in_a_script_is_shown_without_the_frames_of_the_runtime() {
        let shown = shown();
        let plain = pause("step", &["2", "2"]);
        assert_eq!(shown.of(plain.clone()), Some(plain));
        assert_eq!(shown.of(pause("step", &["2", "1", "2"])), Some(pause("step", &["2", "2"])));
        // What the runtime throws is shown where it was called.
        assert_eq!(shown.of(pause("exception", &["1", "2"])), Some(pause("exception", &["2"])));
        assert_eq!(shown.take_way_out(), None);
        assert_eq!(shown.of(resumed()), Some(resumed()));
    }

    #[test]
    fn scopes_are_those_of_the_last_pause() {
        let shown = shown();
        let frame = json!({ "callFrameId": "f", "scopeChain": [{}, {}], "location": { "scriptId": "2" } });
        let params = json!({ "callFrames": [frame], "reason": "step" });
        assert!(shown.of(json!({ "method": "Debugger.paused", "params": params }).to_string()).is_some());
        let has = |frame: Value, scope: Value| {
            shown.has_scope(&json!({ "params": { "callFrameId": frame, "scopeNumber": scope } }).to_string())
        };
        assert!(has("f".into(), 1.into()));
        for (frame, scope) in [("f".into(), 2.into()), ("f".into(), (-1).into()), ("g".into(), 0.into())] {
            assert!(!has(frame, scope));
        }
        assert!(!has(Value::Null, 0.into()));
        shown.of(pause("step", &["2"]));
        assert!(!has("f".into(), 0.into()));
    }

    #[test]
    fn what_is_not_about_scripts_passes() {
        let shown = shown();
        for notice in ["", "{}", r#"{"method":"Debugger.pausedX"}"#, r#"{"method":"Debugger.paused"}"#] {
            assert_eq!(shown.of(notice.to_owned()).as_deref(), Some(notice));
        }
    }
}

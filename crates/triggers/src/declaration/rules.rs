//! From the tags of a method to its rules and its effect.

use serde_json::{Map, Value};

use super::constraints::{read_json, read_json_list};
use super::jsdoc::{Docs, Tag};
use super::source::{DeclarationError, Source};
use crate::rules::{
    CallLimit, Change, Condition, Measure, Operand, OtherMethod, Requirement, Rules, Scope, Target, Update,
};
use crate::shape::{Kind, Shape, Types};
use crate::suggest::did_you_mean;
use crate::trigger::{Effect, Merge, Method, Param};

const MERGE_FORMS: &str = "write last, earliest, once, append or clear, and after last or clear `by PARAM`";
const EFFECT_FORMS: &str =
    "write `@effect a.b`, `@effect a.b = \"value\"` or `@effect a.b + {\"field\": \"value\"}`";
const UPDATE_FORMS: &str = "write `event.a.b[key] = value`, `event.a.b = value`, `event.a.b += value` or \
    `event.a.b -= value`, where value is a parameter, null, {} or []";
const REQUIRE_FORMS: &str = "write `event.a.b`, `event.a.b = \"x\" | \"y\"`, `event.a.b != \"x\"` or \
    `event.a.b is object or absent`";

pub(super) struct RuleReader<'a> {
    pub(super) source: &'a Source<'a>,
    pub(super) types: &'a Types,
    pub(super) event: &'a Shape,
    pub(super) handlers: &'a [String],
    pub(super) paths: Vec<String>,
    pub(super) targets: Vec<Target>,
}

impl<'a> RuleReader<'a> {
    pub(super) fn read(&mut self, method: &Method, docs: &Docs) -> Result<Rules, DeclarationError> {
        let source = self.source;
        let mut rules = Rules {
            unchecked: docs.flag(source, "unchecked")?,
            error_prefix: docs.one(source, "errorPrefix")?.map(|tag| tag.text.clone()),
            ..Rules::default()
        };
        if rules.unchecked && method.host.is_none() {
            let tag = docs.one(source, "unchecked")?;
            let offset = tag.map_or(0, |tag| tag.offset);
            return Err(source.error(offset, "@unchecked without @host", "a command is always checked"));
        }
        for tag in docs.all("only") {
            rules.only.push(self.handler(tag)?);
        }
        for tag in docs.all("requires") {
            rules.requires.push(self.requirement(tag)?);
        }
        for (name, measure) in [("limit", Measure::Calls), ("limitBytes", Measure::Bytes)] {
            for tag in docs.all(name) {
                rules.limits.push(self.limit(tag, measure)?);
            }
        }
        for tag in docs.all("abortsAfter") {
            let other =
                self.other_method(tag, |path| format!("api.{} cannot follow api.{path}.", method.path));
            rules.aborts_after.push(other?);
        }
        for tag in docs.all("discardedBy") {
            rules.discarded_by.push(self.other_method(tag, |path| format!("api.{path} makes it void"))?);
        }
        for tag in docs.all("updates") {
            rules.updates.push(self.update(tag, &method.params)?);
        }
        Ok(rules)
    }

    fn handler(&self, tag: &Tag) -> Result<String, DeclarationError> {
        match self.handlers.iter().find(|handler| **handler == tag.text) {
            Some(handler) => Ok(handler.clone()),
            None => Err(tag.error(
                self.source,
                "names no handler",
                format!("handlers: {}", self.handlers.join(", ")),
            )),
        }
    }

    fn requirement(&self, tag: &Tag) -> Result<Requirement, DeclarationError> {
        let (text, message) = tag.with_message();
        let (path, condition) = if let Some((path, values)) = text.split_once("!=") {
            (path, Condition::Differs(read_json_list(self.source, tag, values)?))
        } else if let Some((path, values)) = text.split_once('=') {
            (path, Condition::Equals(read_json_list(self.source, tag, values)?))
        } else if let Some(path) = text.strip_suffix(" is object or absent") {
            (path, Condition::ObjectOrAbsent)
        } else {
            (text, Condition::Present)
        };
        let path = event_path(self.source, self.types, self.event, tag, path, REQUIRE_FORMS)?.0;
        Ok(Requirement { path, condition, text: text.to_owned(), message })
    }

    fn limit(&self, tag: &Tag, measure: Measure) -> Result<CallLimit, DeclarationError> {
        let (text, message) = tag.with_message();
        let words: Vec<&str> = text.split_whitespace().collect();
        let scope = match words.get(1..) {
            Some(["per", "execution"]) => Some(Scope::Execution),
            Some(["per", "flow"]) => Some(Scope::Flow),
            _ => None,
        };
        match (words.first().and_then(|word| word.parse().ok()), scope) {
            (Some(max), Some(scope)) => Ok(CallLimit { measure, max, scope, message }),
            _ => {
                let supported = format!("write `@{0} 10 per execution` or `@{0} 10 per flow`", tag.name);
                Err(tag.error(self.source, "is not a limit", supported))
            }
        }
    }

    /// `METHOD - MESSAGE`; `standard` is the message where there is none.
    fn other_method(
        &self,
        tag: &Tag,
        standard: impl Fn(&str) -> String,
    ) -> Result<OtherMethod, DeclarationError> {
        let (path, message) = tag.with_message();
        let Some(method) = self.paths.iter().position(|other| other == path) else {
            let meant = did_you_mean(path, self.paths.iter().map(String::as_str));
            let supported = match meant {
                Some(meant) => format!("did you mean {meant}?"),
                None => "write the path of a method, such as prompt.render".to_owned(),
            };
            return Err(tag.error(self.source, "names no method", supported));
        };
        Ok(OtherMethod { method, message: message.unwrap_or_else(|| standard(path)) })
    }

    fn update(&mut self, tag: &Tag, params: &[Param]) -> Result<Update, DeclarationError> {
        let malformed = || tag.error(self.source, "is not a change of the event", UPDATE_FORMS);
        let (left, right) = tag.text.split_once('=').ok_or_else(malformed)?;
        let (left, right) = (left.trim(), right.trim());
        let param = |name: &str| {
            let found = params.iter().find(|param| param.name == name);
            found.map(|param| param.name.clone()).ok_or_else(malformed)
        };
        let operand = || match right {
            "null" => Ok(Operand::Constant(Value::Null)),
            "{}" => Ok(Operand::Constant(Value::Object(Map::new()))),
            "[]" => Ok(Operand::Constant(Value::Array(Vec::new()))),
            name => param(name).map(Operand::Param),
        };
        let (path, change) = if let Some(path) = left.strip_suffix('+') {
            (path, Change::Add(param(right)?))
        } else if let Some(path) = left.strip_suffix('-') {
            (path, Change::Remove(param(right)?))
        } else if let Some((path, key)) = left.strip_suffix(']').and_then(|left| left.split_once('[')) {
            (path, Change::SetEntry { key: param(key)?, value: operand()? })
        } else {
            (left, Change::Replace(operand()?))
        };
        let (path, shape) = event_path(self.source, self.types, self.event, tag, path, UPDATE_FORMS)?;
        if path.len() < 2 {
            let supported = "change a field of an object of the event, such as event.session.metadata";
            return Err(tag.error(self.source, "changes a whole part of the event", supported));
        }
        let target = self.target(path, shape);
        Ok(Update { target, change })
    }

    fn target(&mut self, path: Vec<String>, shape: &Shape) -> usize {
        if let Some(index) = self.targets.iter().position(|target| target.path == path) {
            return index;
        }
        let mut target = Target { path, properties_max: None, bytes_max: None };
        let mut shape = Some(shape);
        while let Some(here) = shape {
            if let Some(constraints) = &here.constraints {
                target.properties_max = target.properties_max.or(constraints.properties_max);
                target.bytes_max = target.bytes_max.or(constraints.bytes_max);
            }
            shape = match &here.kind {
                Kind::Named(id) => Some(&self.types.get(*id).shape),
                _ => None,
            };
        }
        self.targets.push(target);
        self.targets.len() - 1
    }
}

/// A path of the event with the shape that the declaration gives it.
pub(super) fn event_path<'t>(
    source: &Source<'_>,
    types: &'t Types,
    event: &'t Shape,
    tag: &Tag,
    text: &str,
    forms: &str,
) -> Result<(Vec<String>, &'t Shape), DeclarationError> {
    let Some(path) = text.trim().strip_prefix("event.") else {
        return Err(tag.error(source, "does not begin with event.", forms));
    };
    let path: Vec<String> = path.split('.').map(str::to_owned).collect();
    let mut shape = event;
    for step in &path {
        shape = types.field(shape, step).ok_or_else(|| {
            let problem = format!("names {step:?}, which the event does not have");
            tag.error(source, &problem, forms)
        })?;
    }
    Ok((path, shape))
}

/// Reads `@merge` and `@effect`.
pub(super) fn read_effect(
    source: &Source<'_>,
    docs: &Docs,
    path: &str,
    params: &[Param],
) -> Result<Effect, DeclarationError> {
    let mut effect =
        Effect { path: split_path(path), merge: Merge::Last, by: None, value: None, fields: Map::new() };
    if let Some(tag) = docs.one(source, "effect")? {
        let (path, value) = match tag.text.split_once(['=', '+']) {
            Some((path, value)) => (path.trim(), Some(read_json(source, tag, value)?)),
            None => (tag.text.trim(), None),
        };
        if path.is_empty() || path.split('.').any(|step| step.trim() != step || step.is_empty()) {
            return Err(tag.error(source, "needs a path", EFFECT_FORMS));
        }
        effect.path = split_path(path);
        match value {
            Some(Value::Object(fields)) if tag.text[path.len()..].trim_start().starts_with('+') => {
                effect.fields = fields;
            }
            Some(_) if tag.text[path.len()..].trim_start().starts_with('+') => {
                return Err(tag.error(source, "adds something that is no object", EFFECT_FORMS));
            }
            value => effect.value = value,
        }
    }
    let Some(tag) = docs.one(source, "merge")? else { return Ok(effect) };
    let words: Vec<&str> = tag.text.split_whitespace().collect();
    let (merge, by) = match words.as_slice() {
        ["last"] => (Merge::Last, None),
        ["last", "by", by] => (Merge::Last, Some(*by)),
        ["earliest"] => (Merge::Earliest, None),
        ["once"] => (Merge::Once, None),
        ["append"] => (Merge::Append, None),
        ["clear"] => (Merge::Clear, None),
        ["clear", "by", by] => (Merge::Clear, Some(*by)),
        _ => return Err(tag.error(source, "is not a way to merge", MERGE_FORMS)),
    };
    if by.is_some_and(|by| !params.iter().any(|param| param.name == by)) {
        return Err(tag.error(source, "names no parameter of the method", MERGE_FORMS));
    }
    effect.merge = merge;
    effect.by = by.map(str::to_owned);
    Ok(effect)
}

/// Refuses effects that would overwrite one another: one inside another, or one of two different forms.
pub(super) fn check_effects(
    source: &Source<'_>,
    methods: &[Method],
    offset: impl Fn(usize) -> u32,
) -> Result<(), DeclarationError> {
    for (index, method) in methods.iter().enumerate().filter(|(_, method)| method.host.is_none()) {
        for other in methods[..index].iter().filter(|other| other.host.is_none()) {
            let (shorter, longer) = if other.effect.path.len() < method.effect.path.len() {
                (&other.effect.path, &method.effect.path)
            } else {
                (&method.effect.path, &other.effect.path)
            };
            if !longer.starts_with(shorter) {
                continue;
            }
            let same_form = shorter.len() == longer.len() && form(&method.effect) == form(&other.effect);
            if !same_form {
                let construct = format!("the effects of {} and {} collide", other.path, method.path);
                let supported = "methods that share an effect all merge by a parameter or clear it, or all \
                    merge in the same way; no effect may stand inside another";
                return Err(source.error(offset(index), construct, supported));
            }
        }
    }
    Ok(())
}

/// What kind of value an effect is: entries under keys, or one of the plain forms.
fn form(effect: &Effect) -> Option<Merge> {
    let keyed = effect.by.is_some() || effect.merge == Merge::Clear;
    (!keyed).then_some(effect.merge)
}

fn split_path(path: &str) -> Vec<String> {
    path.split('.').map(str::to_owned).collect()
}

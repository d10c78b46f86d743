//! The reference page of a trigger in Markdown, made from its declaration.

use crate::effects::is_clearable;
use crate::rules::{CallLimit, Measure, Scope};
use crate::shape::{Constraints, Field, Kind, Shape, TypeId};
use crate::trigger::{BindingPolicy, Merge, Method, Param, Resume, Retries, RetryOn, Returns, Trigger};

pub(crate) fn page(trigger: &Trigger) -> String {
    let mut page = Page { trigger, text: String::new() };
    page.paragraph(&format!("# {}", trigger.title));
    page.paragraph(&format!("`{}`, {}", trigger.id, trigger.mode));
    page.paragraph(&trigger.summary);
    page.list(&header_texts(trigger));
    page.paragraph("## Handlers");
    for handler in &trigger.handlers {
        page.paragraph(&format!("### `{}` ({})", handler.name, handler.phase.name()));
        page.paragraph(&handler.docs);
        page.paragraph(handler.example.as_deref().unwrap_or_default());
    }
    let mut mentioned = Vec::new();
    named_types(&trigger.event, &mut mentioned);
    page.types(&mut mentioned, 0, Some("## `event`"));
    if !trigger.methods.is_empty() {
        page.paragraph("## `api`");
        trigger.methods.iter().for_each(|method| page.method(method));
    }
    let of_event = mentioned.len();
    let params = trigger.methods.iter().flat_map(|method| &method.params);
    params.for_each(|param| named_types(&param.shape, &mut mentioned));
    if mentioned.len() > of_event {
        page.paragraph("## Types of parameters");
        page.types(&mut mentioned, of_event, None);
    }
    page.text
}

struct Page<'t> {
    trigger: &'t Trigger,
    text: String,
}

impl Page<'_> {
    fn paragraph(&mut self, text: &str) {
        if !text.is_empty() {
            self.text.push_str(text);
            self.text.push_str("\n\n");
        }
    }

    fn list(&mut self, items: &[String]) {
        items.iter().for_each(|item| self.text.push_str(&format!("- {item}\n")));
        if !items.is_empty() {
            self.text.push('\n');
        }
    }

    /// The named types from `first` on, and those that they mention in turn, in the order in which they are
    /// first mentioned. The first of all may have a title of its own.
    fn types(&mut self, mentioned: &mut Vec<TypeId>, first: usize, title: Option<&str>) {
        let mut position = first;
        while let Some(&id) = mentioned.get(position) {
            let named = self.trigger.types.get(id);
            let name = format!("### {}", named.name);
            self.paragraph(title.filter(|_| position == first).unwrap_or(&name));
            self.paragraph(&named.docs);
            self.shape(&named.shape);
            named_types(&named.shape, mentioned);
            position += 1;
        }
    }

    fn shape(&mut self, shape: &Shape) {
        let Kind::Object(object) = &shape.kind else {
            let constraints = shape.constraints.as_deref().map(constraint_text).unwrap_or_default();
            let ty = format!("`{}`", self.trigger.types.type_text(shape));
            return self.paragraph(&joined(&ty, &constraints));
        };
        self.text.push_str("| field | type | |\n|---|---|---|\n");
        object.fields.iter().for_each(|field| self.field(field));
        if let Some(rest) = &object.rest {
            let row = format!("| any other | {} | |\n", cell_code(&self.trigger.types.type_text(rest)));
            self.text.push_str(&row);
        }
        self.text.push('\n');
    }

    fn field(&mut self, field: &Field) {
        let mark = if field.optional { "?" } else { "" };
        let ty = cell_code(&self.trigger.types.type_text(&field.shape));
        let constraints = field.shape.constraints.as_deref().map(constraint_text).unwrap_or_default();
        let docs = joined(&field.docs.replace('\n', " "), &constraints).replace('|', "\\|");
        let docs = joined(&docs, if field.sensitive { "Hidden in logs." } else { "" });
        self.text.push_str(&format!("| `{}{mark}` | {ty} | {docs} |\n", field.name));
    }

    fn method(&mut self, method: &Method) {
        let signature: Vec<String> = method
            .params
            .iter()
            .map(|param| {
                format!("{}{}: {}", param.name, if param.optional { "?" } else { "" }, param.type_text)
            })
            .collect();
        self.paragraph(&format!("### `api.{}({})`", method.path, signature.join(", ")));
        self.paragraph(&method.docs);
        let mut items: Vec<String> =
            method.params.iter().filter_map(|param| param_text(self.trigger, param)).collect();
        items.extend(rule_texts(self.trigger, method));
        self.list(&items);
    }
}

/// How actions are bound, and what the flow remembers.
fn header_texts(trigger: &Trigger) -> Vec<String> {
    let mut texts = Vec::new();
    match &trigger.binding {
        BindingPolicy::List { max: None } => {}
        BindingPolicy::List { max: Some(max) } => texts.push(format!("Actions: at most {max}.")),
        BindingPolicy::Entity { kind } => texts.push(format!("Actions: exactly one for each {kind}.")),
    }
    for need in &trigger.needs {
        let methods: Vec<String> = need.methods.iter().map(|path| format!("`api.{path}`")).collect();
        texts.push(format!("Fails unless an action calls {}.", methods.join(" or ")));
    }
    if let Some(Retries { on, waits }) = &trigger.retries {
        let cause = match on {
            RetryOn::Failure => "when an action fails".to_owned(),
            RetryOn::Command(path) => format!("when an action calls `api.{path}`"),
        };
        let waits: Vec<String> = waits.iter().map(|wait| format!("{} s", wait.as_secs_f64())).collect();
        texts.push(format!("Run again {cause}, at most {} times, after {}.", waits.len(), waits.join(", ")));
    }
    if !trigger.subject.is_empty() {
        let paths: Vec<String> =
            trigger.subject.iter().map(|path| format!("`event.{}`", path.join("."))).collect();
        texts.push(format!("A suspended flow goes on only with the same {}.", paths.join(", ")));
    }
    texts
}

/// The named types that a shape mentions, each once.
fn named_types(shape: &Shape, found: &mut Vec<TypeId>) {
    match &shape.kind {
        Kind::Any | Kind::Null | Kind::Boolean | Kind::Number | Kind::String | Kind::Literal(_) => {}
        Kind::Array(items) => named_types(items, found),
        Kind::Tuple(items) | Kind::Union(items) => items.iter().for_each(|item| named_types(item, found)),
        Kind::Object(object) => {
            object.fields.iter().for_each(|field| named_types(&field.shape, found));
            object.rest.iter().for_each(|rest| named_types(rest, found));
        }
        Kind::Named(id) => {
            if !found.contains(id) {
                found.push(*id);
            }
        }
    }
}

fn param_text(trigger: &Trigger, param: &Param) -> Option<String> {
    let mut texts = vec![param.docs.clone()];
    // A parameter may be constrained where it stands and by the types that it names.
    let mut shape = &param.shape;
    loop {
        texts.extend(shape.constraints.as_deref().map(constraint_text));
        match shape.kind {
            Kind::Named(id) => shape = &trigger.types.get(id).shape,
            _ => break,
        }
    }
    texts.retain(|text| !text.is_empty());
    (!texts.is_empty()).then(|| format!("`{}`: {}", param.name, texts.join(" ")))
}

fn rule_texts(trigger: &Trigger, method: &Method) -> Vec<String> {
    let rules = &method.rules;
    let mut texts = vec![match method.returns {
        Returns::Chain => "Returns `api`, so that calls chain.".to_owned(),
        Returns::Nothing => "Returns nothing.".to_owned(),
        Returns::Value | Returns::Promise => format!("Returns `{}`.", method.return_type),
    }];
    if !rules.only.is_empty() {
        texts.push(format!("Can only be called in `{}`.", rules.only.join("` or `")));
    }
    for requirement in &rules.requires {
        texts.push(format!("Can only be called when `{}`.", requirement.text));
    }
    texts.extend(rules.limits.iter().map(limit_text));
    for rule in &rules.aborts_after {
        let other = trigger.methods.get(rule.method).map_or("", |other| other.path.as_str());
        texts.push(format!("After `api.{other}` in the same action it aborts the execution."));
    }
    for update in &rules.updates {
        let path = trigger.targets.get(update.target).map(|target| target.path.join(".")).unwrap_or_default();
        texts.push(format!("Changes `event.{path}` at once."));
    }
    if method.stops {
        texts.push("Later actions do not run.".to_owned());
    }
    if let Some(resume) = method.suspends {
        let place = match resume {
            Resume::Continue => "at the continue handler of this action",
            Resume::Next => "with the next action",
        };
        texts.push(format!("The flow waits for the user when the handler has ended, then goes on {place}."));
    }
    for rule in &rules.discarded_by {
        let other = trigger.methods.get(rule.method).map_or("", |other| other.path.as_str());
        texts.push(format!("Does not count when the same action calls `api.{other}`."));
    }
    match &method.host {
        Some(host) => texts.push(format!("Answered by the host function `{host}`.")),
        None => texts.push(effect_text(trigger, method)),
    }
    texts
}

fn effect_text(trigger: &Trigger, method: &Method) -> String {
    let effect = &method.effect;
    let entries = if is_clearable(trigger, effect) { ".entries" } else { "" };
    let path = effect.path.join(".");
    let by = effect.by.as_deref();
    match (effect.merge, by) {
        (Merge::Clear, _) => format!("Effect `{path}`: marks it as cleared."),
        (_, Some(by)) => format!("Effect `{path}{entries}`: one entry for each `{by}`; the last call wins."),
        (Merge::Last, None) => format!("Effect `{path}`: the last call wins."),
        (Merge::Earliest, None) => format!("Effect `{path}`: the smallest number wins."),
        (Merge::Once, None) => format!("Effect `{path}`: the first call wins."),
        (Merge::Append, None) => format!("Effect `{path}`: a list of all calls."),
    }
}

fn limit_text(limit: &CallLimit) -> String {
    let unit = match limit.measure {
        Measure::Calls => "calls",
        Measure::Bytes => "bytes of arguments",
    };
    let scope = match limit.scope {
        Scope::Execution => "execution",
        Scope::Flow => "flow",
    };
    format!("At most {} {unit} per {scope}.", limit.max)
}

/// The constraints as one sentence: `At least 1 character; at most 48 characters.`
fn constraint_text(constraints: &Constraints) -> String {
    let mut parts: Vec<String> = Vec::new();
    let counts = [
        ("at least", constraints.length_min.filter(|&min| min > 1), "characters"),
        ("at most", constraints.length_max, "characters"),
        ("at most", constraints.bytes_max, "bytes"),
        ("at least", constraints.items_min, "items"),
        ("at most", constraints.items_max, "items"),
        ("at least", constraints.properties_min, "entries"),
        ("at most", constraints.properties_max, "entries"),
    ];
    for (word, count, unit) in counts {
        parts.extend(count.map(|count| format!("{word} {count} {unit}")));
    }
    if constraints.length_min == Some(1) {
        parts.push("not empty".to_owned());
    }
    parts.extend(constraints.minimum.map(|number| format!("at least {number}")));
    parts.extend(constraints.maximum.map(|number| format!("at most {number}")));
    if constraints.integer {
        parts.push("an integer".to_owned());
    }
    if constraints.trim {
        parts.push("white space around it is removed".to_owned());
    }
    parts.extend(constraints.truncate.map(|max| format!("cut after {max} characters")));
    for pattern in constraints.pattern.iter().chain(&constraints.property_names) {
        parts.push(pattern.meaning.clone().unwrap_or_else(|| format!("must match `{}`", pattern.regex)));
    }
    parts.extend(constraints.format.map(|format| format.meaning().to_owned()));
    parts.extend(constraints.forbidden.iter().map(|forbidden| format!("not `{}`", forbidden.value)));
    if let Some(reserved) = &constraints.reserved {
        let values: Vec<String> = reserved.values.iter().map(|value| format!("`{value}`")).collect();
        parts.push(format!("does not count with {}", values.join(", ")));
    }
    parts.extend(constraints.default.as_ref().map(|default| format!("`{default}` when left out")));
    if parts.is_empty() { String::new() } else { format!("({})", parts.join("; ")) }
}

fn joined(left: &str, right: &str) -> String {
    let parts: Vec<&str> = [left, right].into_iter().filter(|part| !part.is_empty()).collect();
    parts.join(" ")
}

/// Code in a table cell; a bar would end the cell.
fn cell_code(text: &str) -> String {
    format!("`{}`", text.replace('|', "\\|"))
}

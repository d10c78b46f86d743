//! Whether a value has the shape that the declaration gives it, and what to say when it has not.

use std::cell::Cell;
use std::io;

use serde_json::{Map, Value};

use crate::shape::{Constraints, DEPTH_MAX, Field, Kind, ObjectShape, Shape, Types};
use crate::suggest::did_you_mean;

/// How much of a tenant's text a message repeats.
const QUOTE_CHARS_MAX: usize = 40;
/// How long a path in a message can get.
const PATH_CHARS_MAX: usize = 200;
/// How many comparisons one check may take. Unions whose branches look alike could otherwise be tried in
/// every combination, once per level of a hostile value.
const STEPS_MAX: u32 = 5_000_000;

/// One way in which a value differs from its shape.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Problem {
    /// Where, such as `options.fields`.
    pub(crate) path: String,
    /// What was expected, as the end of a sentence: `must be a string`.
    pub(crate) expected: String,
    /// What came instead; empty when `expected` says all.
    pub(crate) found: String,
    pub(crate) kind: ProblemKind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ProblemKind {
    /// The value is of another type, or not one of the allowed values.
    Type,
    /// The value is of the right type, but too large, too small or too long.
    Range,
    /// The value is forbidden by name; `expected` is the whole sentence.
    Forbidden,
}

/// How strict a check is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Strictness {
    /// Arguments: fields that the declaration does not name are refused.
    Closed,
    /// The event: further fields are fine, so that a host can send more than an action is promised.
    Open,
}

/// Compares a value with a shape and returns at most `problems_max` problems.
pub(crate) fn check(
    types: &Types,
    shape: &Shape,
    value: &Value,
    root: &str,
    strictness: Strictness,
    problems_max: usize,
) -> Vec<Problem> {
    let steps_left = Cell::new(STEPS_MAX);
    let mut checker =
        Checker { types, strictness, problems_max, problems: Vec::new(), steps_left: &steps_left };
    checker.check(shape, value, &Path { parent: None, step: Step::Root(root) }, 0);
    checker.problems
}

/// Brings a value into the form in which it is checked and recorded: trims, truncates and fills in
/// defaults.
pub(crate) fn normalise(types: &Types, shape: &Shape, value: &mut Value, depth: usize) {
    if depth >= DEPTH_MAX {
        return;
    }
    if let (Some(constraints), Value::String(text)) = (&shape.constraints, &mut *value)
        && constraints.normalises_text()
    {
        let trimmed = if constraints.trim { text.trim() } else { text.as_str() };
        let end = constraints.truncate.and_then(|max| Some(trimmed.char_indices().nth(max)?.0));
        let kept = &trimmed[..end.unwrap_or(trimmed.len())];
        if kept.len() < text.len() {
            *text = kept.to_owned();
        }
    }
    match (&shape.kind, value) {
        (Kind::Named(id), value) => normalise(types, &types.get(*id).shape, value, depth),
        (Kind::Array(items), Value::Array(values)) => {
            values.iter_mut().for_each(|value| normalise(types, items, value, depth + 1));
        }
        (Kind::Tuple(items), Value::Array(values)) => {
            values.iter_mut().zip(items).for_each(|(value, item)| normalise(types, item, value, depth + 1));
        }
        (Kind::Object(object), Value::Object(map)) => normalise_object(types, object, map, depth),
        (Kind::Union(branches), value) => {
            let mut same_kind = branches.iter().filter(|branch| types.may_hold(branch, value));
            if let (Some(only), None) = (same_kind.next(), same_kind.next()) {
                normalise(types, only, value, depth);
            }
        }
        _ => {}
    }
}

/// What a value is called in messages.
pub(crate) fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// A tenant's text as a message may repeat it: short, and on one line.
pub(crate) fn quoted(text: &str) -> String {
    let mut start: String = text.chars().take(QUOTE_CHARS_MAX).collect();
    if start.len() < text.len() {
        start.push('…');
    }
    Value::String(start).to_string()
}

/// Whether the value nests deeper than [`DEPTH_MAX`].
pub(crate) fn is_too_deep(value: &Value) -> bool {
    fn exceeds(value: &Value, levels: usize) -> bool {
        match value {
            Value::Array(items) => levels == 0 || items.iter().any(|item| exceeds(item, levels - 1)),
            Value::Object(map) => levels == 0 || map.values().any(|item| exceeds(item, levels - 1)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
        }
    }
    exceeds(value, DEPTH_MAX)
}

/// Frees a value of any depth. The ordinary drop recurses once per level.
pub(crate) fn drop_deep(value: Value) {
    let mut waiting = vec![value];
    while let Some(value) = waiting.pop() {
        match value {
            Value::Array(items) => waiting.extend(items),
            Value::Object(map) => waiting.extend(map.into_iter().map(|(_, item)| item)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
}

/// UTF-8 bytes of a string; bytes as JSON text of anything else.
pub(crate) fn byte_count(value: &Value) -> usize {
    struct Counter(usize);
    impl io::Write for Counter {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0 += bytes.len();
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    if let Value::String(text) = value {
        return text.len();
    }
    let mut counter = Counter(0);
    // Neither the counter nor the serialising of a `Value` can fail.
    let _ = serde_json::to_writer(&mut counter, value);
    counter.0
}

impl Types {
    /// Whether a value of this kind could fit the shape at all.
    fn may_hold(&self, shape: &Shape, value: &Value) -> bool {
        match &self.resolve(shape).kind {
            Kind::Any => true,
            Kind::Null => value.is_null(),
            Kind::Boolean => value.is_boolean(),
            Kind::Number => value.is_number(),
            Kind::String => value.is_string(),
            Kind::Literal(literal) => literal_equals(literal, value),
            Kind::Array(_) | Kind::Tuple(_) => value.is_array(),
            Kind::Object(_) => value.is_object(),
            Kind::Union(branches) => branches.iter().any(|branch| self.may_hold(branch, value)),
            Kind::Named(_) => false,
        }
    }

    /// Whether an object could be meant for this shape: every field of the shape that has a literal type
    /// has such a value.
    pub(crate) fn discriminants_match(&self, shape: &Shape, value: &Value) -> bool {
        let Kind::Object(object) = &self.resolve(shape).kind else { return true };
        object.fields.iter().filter(|field| self.is_discriminant(&field.shape)).all(|field| {
            value.get(&field.name).map_or(field.optional, |value| self.may_hold(&field.shape, value))
        })
    }

    fn has_literals(&self, shape: &Shape) -> bool {
        match &self.resolve(shape).kind {
            Kind::Literal(_) => true,
            Kind::Union(branches) => branches.iter().any(|branch| self.has_literals(branch)),
            Kind::Any
            | Kind::Null
            | Kind::Boolean
            | Kind::Number
            | Kind::String
            | Kind::Array(_)
            | Kind::Tuple(_)
            | Kind::Object(_)
            | Kind::Named(_) => false,
        }
    }

    fn is_discriminant(&self, shape: &Shape) -> bool {
        match &self.resolve(shape).kind {
            Kind::Literal(_) => true,
            Kind::Union(branches) => branches.iter().all(|branch| self.is_discriminant(branch)),
            Kind::Any
            | Kind::Null
            | Kind::Boolean
            | Kind::Number
            | Kind::String
            | Kind::Array(_)
            | Kind::Tuple(_)
            | Kind::Object(_)
            | Kind::Named(_) => false,
        }
    }
}

struct Checker<'t> {
    types: &'t Types,
    strictness: Strictness,
    problems_max: usize,
    problems: Vec<Problem>,
    steps_left: &'t Cell<u32>,
}

/// Where a check is; a path is made into text only when there is a problem to report.
struct Path<'p> {
    parent: Option<&'p Path<'p>>,
    step: Step<'p>,
}

#[derive(Clone, Copy)]
enum Step<'p> {
    Root(&'p str),
    Key(&'p str),
    Index(usize),
}

impl Checker<'_> {
    fn check(&mut self, shape: &Shape, value: &Value, path: &Path<'_>, depth: usize) {
        if self.problems.len() >= self.problems_max {
            return;
        }
        if depth > DEPTH_MAX {
            return self.report(
                path,
                format!("must not nest deeper than {DEPTH_MAX} levels"),
                "",
                ProblemKind::Range,
            );
        }
        let Some(steps_left) = self.steps_left.get().checked_sub(1) else {
            return self.report(path, "is too complex to check", "", ProblemKind::Range);
        };
        self.steps_left.set(steps_left);
        let problems_before = self.problems.len();
        match &shape.kind {
            Kind::Any => {
                if is_too_deep(value) {
                    let expected = format!("must not nest deeper than {DEPTH_MAX} levels");
                    self.report(path, expected, "", ProblemKind::Range);
                }
            }
            Kind::Null => self.expect(value.is_null(), shape, value, path),
            Kind::Boolean => self.expect(value.is_boolean(), shape, value, path),
            Kind::Number => self.expect(value.is_number(), shape, value, path),
            Kind::String => self.expect(value.is_string(), shape, value, path),
            Kind::Literal(literal) => self.expect(literal_equals(literal, value), shape, value, path),
            Kind::Array(items) => self.check_array(items, shape, value, path, depth),
            Kind::Tuple(items) => self.check_tuple(items, shape, value, path, depth),
            Kind::Object(object) => match value {
                Value::Object(map) => self.check_object(object, map, path, depth),
                _ => self.expect(false, shape, value, path),
            },
            Kind::Union(branches) => self.check_union(branches, shape, value, path, depth),
            Kind::Named(id) => self.check(&self.types.get(*id).shape, value, path, depth),
        }
        // The constraints of a value of the wrong type would only repeat the complaint.
        if let Some(constraints) = &shape.constraints
            && self.problems.len() == problems_before
        {
            self.check_constraints(constraints, value, path);
        }
    }

    fn expect(&mut self, holds: bool, shape: &Shape, value: &Value, path: &Path<'_>) {
        if !holds {
            let expected = format!("must be {}", self.types.describe(shape));
            // Where one of a few words was expected the wrong word helps; elsewhere a value may be private.
            let found = if self.types.has_literals(shape) { found(value) } else { kind_of(value).to_owned() };
            self.report(path, expected, found, ProblemKind::Type);
        }
    }

    fn check_array(&mut self, items: &Shape, shape: &Shape, value: &Value, path: &Path<'_>, depth: usize) {
        let Value::Array(values) = value else { return self.expect(false, shape, value, path) };
        for (index, value) in values.iter().enumerate() {
            self.check(items, value, &Path { parent: Some(path), step: Step::Index(index) }, depth + 1);
        }
    }

    fn check_tuple(&mut self, items: &[Shape], shape: &Shape, value: &Value, path: &Path<'_>, depth: usize) {
        match value {
            Value::Array(values) if values.len() == items.len() => {
                for (index, (item, value)) in items.iter().zip(values).enumerate() {
                    self.check(
                        item,
                        value,
                        &Path { parent: Some(path), step: Step::Index(index) },
                        depth + 1,
                    );
                }
            }
            _ => self.expect(false, shape, value, path),
        }
    }

    fn check_object(
        &mut self,
        object: &ObjectShape,
        map: &Map<String, Value>,
        path: &Path<'_>,
        depth: usize,
    ) {
        for field in &object.fields {
            let here = Path { parent: Some(path), step: Step::Key(&field.name) };
            match map.get(&field.name) {
                Some(value) if field.sensitive => self.check_sensitive(&field.shape, value, &here, depth + 1),
                Some(value) => self.check(&field.shape, value, &here, depth + 1),
                None => self.check_missing(field, &here),
            }
        }
        if object.rest.is_none() && self.strictness == Strictness::Open {
            return;
        }
        for (key, value) in map {
            if self.problems.len() >= self.problems_max {
                return;
            }
            if object.fields.iter().any(|field| field.name == *key) {
                continue;
            }
            let here = Path { parent: Some(path), step: Step::Key(key) };
            match &object.rest {
                Some(rest) => self.check(rest, value, &here, depth + 1),
                None => self.report_unknown(object, key, &here),
            }
        }
    }

    /// As [`check`](Self::check), but no problem repeats a text of the value.
    fn check_sensitive(&mut self, shape: &Shape, value: &Value, path: &Path<'_>, depth: usize) {
        let problems_before = self.problems.len();
        self.check(shape, value, path, depth);
        // Texts stand in quotes; without them it is the name of a kind, or a number.
        let repeats = |problem: &&mut Problem| problem.found.contains('"');
        self.problems[problems_before..].iter_mut().filter(repeats).for_each(|problem| problem.found.clear());
    }

    fn check_missing(&mut self, field: &Field, path: &Path<'_>) {
        let (required, found) = match self.strictness {
            Strictness::Closed => (!field.optional, "undefined"),
            Strictness::Open => (!field.optional && !field.provided, "nothing"),
        };
        if required && !self.types.accepts_undefined(&field.shape) {
            let expected = format!("must be {}", self.types.describe(&field.shape));
            self.report(path, expected, found, ProblemKind::Type);
        }
    }

    fn report_unknown(&mut self, object: &ObjectShape, key: &str, path: &Path<'_>) {
        let names = || object.fields.iter().map(|field| field.name.as_str());
        let mut expected = "is not a known field".to_owned();
        if let Some(name) = did_you_mean(key, names()) {
            expected.push_str(&format!("; did you mean \"{name}\"?"));
        } else if !object.fields.is_empty() {
            expected.push_str(&format!(" (known: {})", names().collect::<Vec<_>>().join(", ")));
        }
        self.report(path, expected, "", ProblemKind::Type);
    }

    /// A value fits a union when it fits a branch. Otherwise the branch that was meant, if there is one
    /// such branch, says what is wrong.
    fn check_union(
        &mut self,
        branches: &[Shape],
        shape: &Shape,
        value: &Value,
        path: &Path<'_>,
        depth: usize,
    ) {
        let mut candidates = branches.iter().filter(|branch| self.types.may_hold(branch, value)).peekable();
        if candidates.peek().is_none() {
            return self.expect(false, shape, value, path);
        }
        let mut meant = Vec::new();
        for branch in candidates {
            let mut probe = Checker {
                types: self.types,
                strictness: self.strictness,
                problems_max: 1,
                problems: Vec::new(),
                steps_left: self.steps_left,
            };
            probe.check(branch, value, path, depth);
            if probe.problems.is_empty() {
                return;
            }
            if self.types.discriminants_match(branch, value) {
                meant.push(probe.problems);
            }
        }
        match <[Vec<Problem>; 1]>::try_from(meant) {
            Ok([problems]) => self.problems.extend(problems),
            Err(_) => self.report_no_branch(branches, shape, value, path),
        }
    }

    /// Names the field that tells the branches apart, when all branches have one.
    fn report_no_branch(&mut self, branches: &[Shape], shape: &Shape, value: &Value, path: &Path<'_>) {
        if let Some((name, alternatives)) = self.common_discriminant(branches) {
            let here = Path { parent: Some(path), step: Step::Key(&name) };
            let expected = format!("must be {}", self.types.describe(&Kind::Union(alternatives).into()));
            let missing = match self.strictness {
                Strictness::Closed => "undefined",
                Strictness::Open => "nothing",
            };
            let found = value.get(&name).map_or_else(|| missing.to_owned(), found);
            return self.report(&here, expected, found, ProblemKind::Type);
        }
        let expected = format!("must be {}", self.types.type_text(shape));
        self.report(path, expected, found(value), ProblemKind::Type);
    }

    fn common_discriminant(&self, branches: &[Shape]) -> Option<(String, Vec<Shape>)> {
        let mut objects = Vec::new();
        for branch in branches {
            match &self.types.resolve(branch).kind {
                Kind::Object(object) => objects.push(object),
                _ => return None,
            }
        }
        let first = objects.first()?;
        first.fields.iter().filter(|field| self.types.is_discriminant(&field.shape)).find_map(|field| {
            let alternatives: Option<Vec<Shape>> = objects
                .iter()
                .map(|object| object.fields.iter().find(|other| other.name == field.name))
                .map(|other| other.map(|other| other.shape.clone()))
                .collect();
            alternatives.map(|alternatives| (field.name.clone(), alternatives))
        })
    }

    fn check_constraints(&mut self, constraints: &Constraints, value: &Value, path: &Path<'_>) {
        if let Some((expected, found, kind)) = broken_constraint(constraints, value) {
            self.report(path, expected, found, kind);
        }
    }

    fn report(
        &mut self,
        path: &Path<'_>,
        expected: impl Into<String>,
        found: impl Into<String>,
        kind: ProblemKind,
    ) {
        if self.problems.len() < self.problems_max {
            let (expected, found) = (expected.into(), found.into());
            self.problems.push(Problem { path: path.text(), expected, found, kind });
        }
    }
}

impl Path<'_> {
    fn text(&self) -> String {
        let mut steps = Vec::new();
        let mut path = Some(self);
        while let Some(here) = path {
            steps.push(here.step);
            path = here.parent;
        }
        let mut text = String::new();
        for step in steps.iter().rev() {
            match step {
                Step::Root(name) => text.push_str(name),
                Step::Index(index) => text.push_str(&format!("[{index}]")),
                Step::Key(key) if is_identifier(key) => text.push_str(&format!(".{key}")),
                Step::Key(key) => text.push_str(&format!("[{}]", quoted(key))),
            }
            if text.len() > PATH_CHARS_MAX {
                text.push('…');
                break;
            }
        }
        text
    }
}

fn normalise_object(types: &Types, object: &ObjectShape, map: &mut Map<String, Value>, depth: usize) {
    for field in &object.fields {
        match map.get_mut(&field.name) {
            Some(value) => normalise(types, &field.shape, value, depth + 1),
            None => {
                let default = field.shape.constraints.as_ref().and_then(|c| c.default.as_ref());
                if let Some(default) = default {
                    map.insert(field.name.clone(), default.clone());
                }
            }
        }
    }
    if let Some(rest) = &object.rest {
        for (key, value) in map.iter_mut() {
            if !object.fields.iter().any(|field| field.name == *key) {
                normalise(types, rest, value, depth + 1);
            }
        }
    }
}

/// The first constraint that the value breaks: what was expected, what came, and how bad it is.
fn broken_constraint(constraints: &Constraints, value: &Value) -> Option<(String, String, ProblemKind)> {
    if let Some(forbidden) = constraints.forbidden.iter().find(|f| literal_equals(&f.value, value)) {
        let message = forbidden.message.clone();
        let message = message.unwrap_or_else(|| format!("The value {} is not allowed.", forbidden.value));
        return Some((message, String::new(), ProblemKind::Forbidden));
    }
    let broken = match value {
        Value::String(text) => broken_by_string(constraints, text),
        Value::Number(number) => broken_by_number(constraints, number.as_f64().unwrap_or(f64::NAN)),
        Value::Array(items) => {
            broken_by_count(items.len(), constraints.items_min, constraints.items_max, ("item", "items"))
        }
        Value::Object(map) => broken_by_object(constraints, map),
        Value::Null | Value::Bool(_) => None,
    };
    broken.or_else(|| {
        let max = constraints.bytes_max?;
        let bytes = byte_count(value);
        let measure = if value.is_string() { "bytes" } else { "bytes of JSON" };
        (bytes > max)
            .then(|| (format!("must take at most {max} {measure}"), bytes.to_string(), ProblemKind::Range))
    })
}

fn broken_by_string(constraints: &Constraints, text: &str) -> Option<(String, String, ProblemKind)> {
    if constraints.length_min.is_some() || constraints.length_max.is_some() {
        let length = text.chars().count();
        if let Some(min) = constraints.length_min.filter(|&min| length < min) {
            let expected = match min {
                1 => "must not be empty".to_owned(),
                _ => format!("must be at least {min} characters long"),
            };
            return Some((
                expected,
                if min == 1 { String::new() } else { length.to_string() },
                ProblemKind::Range,
            ));
        }
        if let Some(max) = constraints.length_max.filter(|&max| length > max) {
            let expected = format!("must be at most {max} characters long");
            return Some((expected, length.to_string(), ProblemKind::Range));
        }
    }
    if let Some(pattern) = constraints.pattern.as_ref().filter(|pattern| !pattern.regex.is_match(text)) {
        let expected = pattern.meaning.clone().unwrap_or_else(|| format!("must match {}", pattern.regex));
        return Some((expected, quoted(text), ProblemKind::Type));
    }
    let format = constraints.format.filter(|format| !format.matches(text))?;
    Some((format.meaning().to_owned(), quoted(text), ProblemKind::Type))
}

fn broken_by_number(constraints: &Constraints, number: f64) -> Option<(String, String, ProblemKind)> {
    let range = |expected| Some((expected, number.to_string(), ProblemKind::Range));
    if constraints.integer && number.fract() != 0.0 {
        return Some(("must be an integer".to_owned(), number.to_string(), ProblemKind::Type));
    }
    if let Some(min) = constraints.minimum.filter(|&min| number < min) {
        return range(format!("must be at least {min}"));
    }
    let max = constraints.maximum.filter(|&max| number > max)?;
    range(format!("must be at most {max}"))
}

fn broken_by_object(
    constraints: &Constraints,
    map: &Map<String, Value>,
) -> Option<(String, String, ProblemKind)> {
    let (min, max) = (constraints.properties_min, constraints.properties_max);
    broken_by_count(map.len(), min, max, ("entry", "entries")).or_else(|| {
        let pattern = constraints.property_names.as_ref()?;
        let key = map.keys().find(|key| !pattern.regex.is_match(key))?;
        let expected = match &pattern.meaning {
            Some(meaning) => format!("has a key that {meaning}"),
            None => format!("must have keys that match {}", pattern.regex),
        };
        Some((expected, quoted(key), ProblemKind::Type))
    })
}

fn broken_by_count(
    count: usize,
    min: Option<usize>,
    max: Option<usize>,
    (one, many): (&str, &str),
) -> Option<(String, String, ProblemKind)> {
    let noun = |n| if n == 1 { one } else { many };
    let range = |expected| Some((expected, count.to_string(), ProblemKind::Range));
    if let Some(min) = min.filter(|&min| count < min) {
        return range(format!("must have at least {min} {}", noun(min)));
    }
    let max = max.filter(|&max| count > max)?;
    range(format!("must have at most {max} {}", noun(max)))
}

fn found(value: &Value) -> String {
    match value {
        Value::String(text) if text.chars().nth(QUOTE_CHARS_MAX).is_none() => {
            format!("string {}", quoted(text))
        }
        _ => kind_of(value).to_owned(),
    }
}

/// Numbers are equal by value: `1` and `1.0` are one number to JavaScript.
fn literal_equals(literal: &Value, value: &Value) -> bool {
    match (literal, value) {
        (Value::Number(left), Value::Number(right)) => left.as_f64() == right.as_f64(),
        _ => literal == value,
    }
}

fn is_identifier(text: &str) -> bool {
    text.len() <= 64
        && text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_' || c == '$')
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '$')
}

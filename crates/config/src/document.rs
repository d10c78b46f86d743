//! The format of the flow file. These types are its one definition: the published schema, the checks,
//! the reference in `docs/flow-file.md` and what is written all come from them. A comment on a field is
//! what people read about it in their editors.

use std::borrow::Cow;
use std::collections::BTreeMap;

use schemars::JsonSchema;
use schemars::Schema;
use schemars::SchemaGenerator;
use schemars::json_schema;
use serde::Deserialize;
use serde::Serialize;
use serde_json::Map;
use serde_json::Value;
use serde_json::json;
use vestibule::Limits;

/// Why a secret's value is refused where only its origin may stand.
const SECRET_HINT: &str =
    "secrets do not stand in the file; write {env: NAME} for an environment variable, or {file: PATH}";

/// Which actions are bound to which triggers, where their sources are, and under which limits they run.
/// Paths are relative to this file.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename = "Vestibule flow file")]
pub(crate) struct Document {
    /// Where editors find the schema of this file. It changes nothing here.
    #[serde(rename = "$schema", default, skip_serializing_if = "Option::is_none")]
    pub(crate) schema: Option<String>,
    /// The version of this format: 1.
    #[schemars(schema_with = "version_schema")]
    pub(crate) version: u64,
    /// Files with declarations of your own triggers, beside the built-in ones.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) declarations: Vec<String>,
    /// What every action may use, unless it says otherwise.
    #[serde(default, skip_serializing_if = "LimitChanges::is_empty")]
    pub(crate) limits: LimitChanges,
    /// Where `fetch` may go from every action that does not say otherwise. Without it: the public
    /// internet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) egress: Option<EgressRules>,
    /// Code that several actions share, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) modules: BTreeMap<String, ModuleEntry>,
    /// The actions, by name. Reports call them by it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) actions: BTreeMap<String, ActionEntry>,
    /// What runs at which trigger, by the id of the trigger, such as `auth0/post-login`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) triggers: BTreeMap<String, TriggerEntry>,
}

/// One action.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename = "Action")]
pub(crate) struct ActionEntry {
    /// The source: `.js`, `.mjs`, `.cjs`, `.ts`, `.mts` or `.cts`; or a program file of `vestibule bundle`: `.vst`.
    #[schemars(length(min = 1))]
    pub(crate) file: String,
    /// The trigger that it is written for, if it is bound to none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) trigger: Option<String>,
    /// The values of `event.secrets`, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) secrets: BTreeMap<String, SecretSource>,
    /// The values of `event.configuration`, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) configuration: BTreeMap<String, String>,
    /// Limits that differ from those of the file.
    #[serde(default, skip_serializing_if = "LimitChanges::is_empty")]
    pub(crate) limits: LimitChanges,
    /// Where `fetch` may go, instead of what the file says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) egress: Option<EgressRules>,
    /// The modules that it may require, by their names in `modules`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) modules: Vec<String>,
    /// Packages that it requires, with their versions. They are kept, but not installed yet.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) dependencies: BTreeMap<String, String>,
    /// The runtime that it was written for elsewhere, such as `node22`. It changes nothing here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) runtime: Option<String>,
}

/// Code that actions share: `require("actions:NAME")`.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename = "Module")]
pub(crate) struct ModuleEntry {
    /// The source.
    #[schemars(length(min = 1))]
    pub(crate) file: String,
    /// The name under which actions require it. Default: its name in `modules`. Two versions of one
    /// module are two entries with the same `name`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) name: Option<String>,
    /// Which version of the module this is, for reports.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) version: Option<ModuleVersion>,
    /// The values of `actions.secrets` inside of the module, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) secrets: BTreeMap<String, SecretSource>,
    /// Packages that it requires, with their versions. They are kept, but not installed yet.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) dependencies: BTreeMap<String, String>,
}

/// What runs at one trigger.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename = "Trigger")]
pub(crate) struct TriggerEntry {
    /// Time that all actions together may take, in milliseconds. Default: 20000.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 3_600_000))]
    pub(crate) budget_ms: Option<u64>,
    /// What runs, in this order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) actions: Vec<BoundAction>,
    /// For `ory/after-login`, `ory/after-registration` and `ory/after-settings`: what runs instead of
    /// `actions` for an authentication method. The two lists are never merged.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) methods: BTreeMap<Method, Vec<BoundAction>>,
    /// For triggers that are bound to an entity, such as a token-exchange profile: the one action of
    /// each entity, by the id of the entity.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) entities: BTreeMap<String, BoundAction>,
}

/// An authentication method of Ory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Method {
    Password,
    Oidc,
    Code,
    Totp,
    Webauthn,
    Passkey,
    LookupSecret,
    Profile,
}

/// An action at its place in a flow: its name in `actions`, or the name with what differs here.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(untagged)]
pub(crate) enum BoundAction {
    Name(String),
    Detailed(Box<BoundActionDetails>),
}

/// An action at its place in a flow, with what differs there.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct BoundActionDetails {
    /// Its name in `actions`.
    #[schemars(length(min = 1))]
    pub(crate) action: String,
    /// What reports call it here. Default: its name in `actions`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) name: Option<String>,
    /// What its failure means: `deny` ends the flow as failed, `continue` goes on as if the action had
    /// asked for nothing. Default: `deny`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) on_failure: Option<FailurePolicy>,
    /// Values of `event.secrets` that are added, or take the place of the action's own.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) secrets: BTreeMap<String, SecretSource>,
    /// Values of `event.configuration` that are added, or take the place of the action's own.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) configuration: BTreeMap<String, String>,
    /// Limits that differ from those of the action.
    #[serde(default, skip_serializing_if = "LimitChanges::is_empty")]
    pub(crate) limits: LimitChanges,
    /// Where `fetch` may go, instead of what the action says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) egress: Option<EgressRules>,
}

/// What a failing action means for its flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum FailurePolicy {
    Deny,
    Continue,
}

/// Where `fetch` may go.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename = "Egress")]
pub(crate) struct EgressRules {
    /// Names such as `api.example.com`, or `*.example.com` for all names below. Without it every public
    /// host; an empty list is no host at all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) hosts: Option<Vec<String>>,
    /// Default: 80 and 443.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) ports: Option<Vec<Port>>,
}

/// A TCP port.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[schemars(inline)]
pub(crate) struct Port(#[schemars(range(min = 1))] pub(crate) u16);

/// Where the value of a secret comes from: exactly one of the two.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename = "Secret")]
// The extension keyword is ours; editors that do not know it ignore it.
#[schemars(extend("minProperties" = 1, "maxProperties" = 1, "x-hint" = SECRET_HINT))]
pub(crate) struct SecretSource {
    /// The name of an environment variable.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1))]
    pub(crate) env: Option<String>,
    /// A file that holds the value; a line break at its end does not belong to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1))]
    pub(crate) file: Option<String>,
}

/// The version of a module: a string or a whole number.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(untagged)]
pub(crate) enum ModuleVersion {
    Number(u64),
    Text(String),
}

/// Limits by name, only those that differ.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(transparent)]
pub(crate) struct LimitChanges(pub(crate) Map<String, Value>);

/// The published schema of the format.
pub(crate) fn schema() -> Value {
    let mut schema = SchemaGenerator::default().into_root_schema_for::<Document>().to_value();
    polish(&mut schema);
    schema
}

/// Makes of the derived schema what people should read: what may be left out is left out and not written
/// as nothing, and a comment's lines are one line.
fn polish(schema: &mut Value) {
    let Value::Object(object) = schema else { return };
    // The names of Rust's integers; their ranges stand beside them.
    object.shift_remove("format");
    if let Some(Value::Array(types)) = object.get_mut("type") {
        types.retain(|name| name != "null");
        if let [only] = types.as_slice() {
            let only = only.clone();
            object.insert("type".to_owned(), only);
        }
    }
    if let Some(Value::Array(choices)) = object.get_mut("anyOf") {
        choices.retain(|choice| choice["type"] != "null");
        if let [Value::Object(only)] = choices.as_slice() {
            let only = only.clone();
            object.shift_remove("anyOf");
            object.extend(only);
        }
    }
    if let Some(Value::String(description)) = object.get_mut("description") {
        *description = description.replace('\n', " ");
    }
    for (keyword, inner) in object.iter_mut() {
        match (keyword.as_str(), inner) {
            ("properties" | "$defs", Value::Object(inner)) => inner.values_mut().for_each(polish),
            ("anyOf" | "oneOf", Value::Array(inner)) => inner.iter_mut().for_each(polish),
            ("items" | "additionalProperties" | "propertyNames", inner) => polish(inner),
            _ => {}
        }
    }
}

impl BoundAction {
    /// The name in `actions`.
    pub(crate) fn action(&self) -> &str {
        match self {
            Self::Name(name) => name,
            Self::Detailed(details) => &details.action,
        }
    }

    /// What differs here.
    pub(crate) fn details(&self) -> Cow<'_, BoundActionDetails> {
        match self {
            Self::Name(name) => {
                Cow::Owned(BoundActionDetails { action: name.clone(), ..BoundActionDetails::default() })
            }
            Self::Detailed(details) => Cow::Borrowed(details),
        }
    }

    /// What reports call it.
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Name(name) => name,
            Self::Detailed(details) => details.name.as_deref().unwrap_or(&details.action),
        }
    }
}

impl Method {
    /// All methods, as they are written.
    pub(crate) const ALL: [(Self, &'static str); 8] = [
        (Self::Password, "password"),
        (Self::Oidc, "oidc"),
        (Self::Code, "code"),
        (Self::Totp, "totp"),
        (Self::Webauthn, "webauthn"),
        (Self::Passkey, "passkey"),
        (Self::LookupSecret, "lookup_secret"),
        (Self::Profile, "profile"),
    ];

    pub(crate) fn name(self) -> &'static str {
        Self::ALL.iter().find(|(method, _)| *method == self).map_or("", |(_, name)| name)
    }

    pub(crate) fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, name)| *name == text).map(|(method, _)| *method)
    }
}

impl LimitChanges {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl std::fmt::Display for ModuleVersion {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Number(number) => number.fmt(f),
            Self::Text(text) => f.write_str(text),
        }
    }
}

impl JsonSchema for ModuleVersion {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "ModuleVersion".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": ["string", "integer"], "minLength": 1, "minimum": 0 })
    }
}

impl JsonSchema for LimitChanges {
    fn schema_name() -> Cow<'static, str> {
        "Limits".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let properties: Map<String, Value> = limit_names()
            .into_iter()
            .map(|(name, default)| {
                let range = limit_range(&name);
                let schema = json!({
                    "description": format!("Default: {default}, from {} to {}.", range.floor, range.ceiling),
                    "type": "integer",
                    "minimum": range.floor,
                    "maximum": range.ceiling,
                });
                (name, schema)
            })
            .collect();
        json_schema!({
            "description": "What one action may use. Names that end in `_ms` are milliseconds, in `_bytes` bytes.",
            "type": "object",
            "properties": properties,
            "additionalProperties": false,
        })
    }
}

/// The limits of the engine and their defaults.
fn limit_names() -> Map<String, Value> {
    match serde_json::to_value(Limits::default()) {
        Ok(Value::Object(limits)) => limits,
        // Limits are a flat structure of numbers; writing them cannot fail.
        _ => Map::new(),
    }
}

/// The range of a limit.
struct LimitRange {
    floor: u64,
    ceiling: u64,
}

/// Asks the engine itself for the range, by a value that no limit may have.
fn limit_range(name: &str) -> LimitRange {
    let beyond = json!({ name: i64::MAX });
    let error = serde_json::from_value::<Limits>(beyond).ok().and_then(|limits| limits.check().err());
    let as_u64 = |number: u128| u64::try_from(number).unwrap_or(u64::MAX);
    error.map_or(LimitRange { floor: 0, ceiling: u64::MAX }, |error| LimitRange {
        floor: as_u64(error.floor),
        ceiling: as_u64(error.ceiling),
    })
}

fn version_schema(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "const": 1 })
}

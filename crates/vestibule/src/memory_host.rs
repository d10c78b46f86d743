//! The host functions about users, answered from memory.

use serde::Deserialize;
use serde_json::Map;
use serde_json::Value;
use serde_json::json;

use crate::host_functions::CallContext;
use crate::host_functions::HostAnswer;
use crate::host_functions::HostFunctions;
use crate::tokens;

/// Answers `groups.*`, `roles.*` and `rules.*` from its [`Directory`], and `redirect.*`.
#[derive(Debug, Default)]
pub struct MemoryHost {
    directory: Directory,
}

/// What the host functions about the user tell, the same for every user.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Directory {
    /// Groups of the user: objects with `id` and `name`.
    pub groups: Vec<Map<String, Value>>,
    /// Roles of the user: objects with `id` and `name`.
    pub roles: Vec<Map<String, Value>>,
    /// Identifiers of the rules that have run.
    pub rules: Vec<String>,
}

impl MemoryHost {
    /// A host that answers from this directory.
    pub fn new(directory: Directory) -> Self {
        Self { directory }
    }

    fn memberships(&self, args: &Map<String, Value>) -> Value {
        let is_member = |asked: &str| {
            self.directory.groups.iter().any(|group| {
                ["id", "name"].iter().any(|field| group.get(*field).and_then(Value::as_str) == Some(asked))
            })
        };
        let asked = strings(args.get("groups"));
        let memberships: Map<String, Value> = asked
            .into_iter()
            .map(|group| {
                let is = is_member(&group);
                (group, is.into())
            })
            .collect();
        json!({ "memberships": memberships })
    }

    fn roles_by(&self, field: &str, wanted: &[String]) -> Value {
        let roles: Vec<_> = self
            .directory
            .roles
            .iter()
            .filter(|role| {
                role.get(field).and_then(Value::as_str).is_some_and(|is| wanted.iter().any(|want| want == is))
            })
            .collect();
        json!({ "roles": roles })
    }
}

impl HostFunctions for MemoryHost {
    fn call(&self, name: &str, args: &Map<String, Value>, context: &CallContext) -> HostAnswer {
        let value = |value: Value| HostAnswer::Value(Some(value));
        match name {
            "rules.wasExecuted" => {
                let rule = args.get("ruleId").and_then(Value::as_str).unwrap_or_default();
                value(self.directory.rules.iter().any(|executed| executed == rule).into())
            }
            "groups.getUserGroups" => value(page("groups", &self.directory.groups, args.get("params"))),
            "groups.hasGroupMembership" => value(self.memberships(args)),
            "roles.getUserEffectiveRoles" => value(page("roles", &self.directory.roles, args.get("params"))),
            "roles.getUserEffectiveRolesByIds" => value(self.roles_by("id", &strings(args.get("ids")))),
            "roles.getUserEffectiveRolesByNames" => value(self.roles_by("name", &strings(args.get("names")))),
            other => tokens::answer(other, args, &context.event),
        }
    }
}

/// One page of a list, `take` entries from the position `from`.
fn page(name: &str, all: &[Map<String, Value>], params: Option<&Value>) -> Value {
    const TAKE_DEFAULT: usize = 50;
    let param = |name: &str| params.and_then(|params| params.get(name));
    let take = param("take").and_then(Value::as_u64).map_or(TAKE_DEFAULT, |take| take as usize);
    let from = param("from").and_then(Value::as_str).and_then(|from| from.parse().ok()).unwrap_or(0);
    let items: Vec<_> = all.iter().skip(from).take(take).collect();
    let mut page = json!({ name: items });
    let next = from.saturating_add(take);
    if next < all.len() {
        page["next"] = next.to_string().into();
    }
    page
}

fn strings(value: Option<&Value>) -> Vec<String> {
    let list = value.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    list.iter().filter_map(|item| item.as_str().map(str::to_owned)).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use vestibule_engine::Egress;

    use super::*;

    fn call(host: &MemoryHost, name: &str, args: Value) -> Option<Value> {
        let context = CallContext {
            flow: String::new(),
            entity: None,
            trigger: "auth0/post-login".into(),
            action: "a".into(),
            handler: "h".into(),
            event: Arc::new(json!({})),
            egress: Egress::none(),
        };
        let Value::Object(args) = args else { panic!("arguments are an object") };
        match host.call(name, &args, &context) {
            HostAnswer::Value(value) => value,
            HostAnswer::Throw(error) => panic!("{error}"),
            HostAnswer::Later(_) | HostAnswer::Unknown => panic!("{name} answers at once"),
        }
    }

    #[test]
    fn lists_come_in_pages() {
        let role = |n: usize| Map::from_iter([("id".to_owned(), json!(format!("r{n}")))]);
        let host = MemoryHost::new(Directory { roles: (0..3).map(role).collect(), ..Directory::default() });
        let first = call(&host, "roles.getUserEffectiveRoles", json!({ "params": { "take": 2 } })).unwrap();
        assert_eq!(first["roles"].as_array().unwrap().len(), 2);
        let params = json!({ "params": { "take": 2, "from": first["next"] } });
        let second = call(&host, "roles.getUserEffectiveRoles", params).unwrap();
        assert_eq!(second, json!({ "roles": [{ "id": "r2" }] }));
        let by_id = call(&host, "roles.getUserEffectiveRolesByIds", json!({ "ids": ["r1", "x"] })).unwrap();
        assert_eq!(by_id, json!({ "roles": [{ "id": "r1" }] }));
    }
}

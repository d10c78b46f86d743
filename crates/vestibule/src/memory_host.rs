//! The host functions of the built-in triggers, answered from memory.

use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::SystemTime;
use std::time::UNIX_EPOCH;

use serde::Deserialize;
use serde_json::Map;
use serde_json::Value;
use serde_json::json;

use crate::host_functions::CallContext;
use crate::host_functions::HostAnswer;
use crate::host_functions::HostError;
use crate::host_functions::HostFunctions;
use crate::tokens;

const MINUTE_MS: u64 = 60_000;

/// Limits of `api.cache`: those of Auth0, for each trigger.
mod limit {
    use super::MINUTE_MS;

    pub(super) const ENTRIES: usize = 20;
    pub(super) const KEY_BYTES: usize = 64;
    pub(super) const VALUE_BYTES: usize = 4096;
    pub(super) const TOTAL_BYTES: usize = 16 * 1024 + 256;
    pub(super) const LIFETIME_DEFAULT_MS: u64 = 15 * MINUTE_MS;
    pub(super) const LIFETIME_MAX_MS: u64 = 24 * 60 * MINUTE_MS;
    /// The largest integer that JavaScript holds exactly.
    pub(super) const SAFE_INTEGER: f64 = 9_007_199_254_740_991.0;
}

/// Answers `cache.*`, `redirect.*`, `groups.*`, `roles.*` and `rules.*` from memory.
///
/// The cache belongs to this value and is shared by all executions of one trigger; groups, roles and
/// rules are those of its [`Directory`].
#[derive(Debug, Default)]
pub struct MemoryHost {
    directory: Directory,
    caches: Mutex<HashMap<String, HashMap<String, Entry>>>,
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

#[derive(Clone, Debug)]
struct Entry {
    value: String,
    expires_at_ms: u64,
}

impl MemoryHost {
    /// A host that answers from this directory.
    pub fn new(directory: Directory) -> Self {
        Self { directory, caches: Mutex::default() }
    }

    fn cache_get(&self, args: &Map<String, Value>, trigger: &str) -> Option<Value> {
        let key = args.get("key")?.as_str()?;
        let caches = self.caches.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = caches.get(trigger)?.get(key).filter(|entry| entry.expires_at_ms > now_ms())?;
        Some(json!({ "value": entry.value, "expires_at": entry.expires_at_ms }))
    }

    fn cache_set(&self, args: &Map<String, Value>, trigger: &str) -> Value {
        match self.try_cache_set(args, trigger) {
            Ok(record) => json!({ "type": "success", "record": record }),
            Err(code) => json!({ "type": "error", "code": code }),
        }
    }

    fn try_cache_set(&self, args: &Map<String, Value>, trigger: &str) -> Result<Value, &'static str> {
        let (Some(key), Some(value)) =
            (args.get("key").and_then(Value::as_str), args.get("value").and_then(Value::as_str))
        else {
            return Err("FailedToSetCacheRecord");
        };
        if key.len() > limit::KEY_BYTES {
            return Err("CacheKeySizeExceeded");
        }
        if value.len() > limit::VALUE_BYTES {
            return Err("CacheValueSizeExceeded");
        }
        let now = now_ms();
        let mut caches = self.caches.lock().unwrap_or_else(PoisonError::into_inner);
        let cache = caches.entry(trigger.to_owned()).or_default();
        cache.retain(|_, entry| entry.expires_at_ms > now);
        let others: usize = cache
            .iter()
            .filter(|(other, _)| *other != key)
            .map(|(other, entry)| other.len() + entry.value.len())
            .sum();
        if others + key.len() + value.len() > limit::TOTAL_BYTES {
            return Err("CacheSizeExceeded");
        }
        let expires_at_ms = expiry(args.get("options"), now)?;
        if !cache.contains_key(key) && cache.len() >= limit::ENTRIES {
            return Err("MaxSideEffectsExceeded");
        }
        let record = json!({ "value": value, "expires_at": expires_at_ms });
        cache.insert(key.to_owned(), Entry { value: value.to_owned(), expires_at_ms });
        Ok(record)
    }

    fn cache_delete(&self, args: &Map<String, Value>, trigger: &str) -> Value {
        let key = args.get("key").and_then(Value::as_str).unwrap_or_default();
        let mut caches = self.caches.lock().unwrap_or_else(PoisonError::into_inner);
        let removed = caches.get_mut(trigger).and_then(|cache| cache.remove(key));
        match removed.filter(|entry| entry.expires_at_ms > now_ms()) {
            Some(_) => json!({ "type": "success" }),
            None => json!({ "type": "error", "code": "CacheKeyDoesNotExist" }),
        }
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
        let result = |result: Result<Value, HostError>| match result {
            Ok(value) => HostAnswer::Value(Some(value)),
            Err(error) => HostAnswer::Throw(error),
        };
        let options = args.get("options").unwrap_or(&Value::Null);
        match name {
            "cache.get" => HostAnswer::Value(self.cache_get(args, &context.trigger)),
            "cache.set" => value(self.cache_set(args, &context.trigger)),
            "cache.delete" => value(self.cache_delete(args, &context.trigger)),
            "redirect.encodeToken" => result(tokens::encode(options, &context.event, now_ms() / 1000)),
            "redirect.validateToken" => result(tokens::validate(options, &context.event)),
            "redirect.canRedirect" => value(tokens::can_redirect(&context.event).into()),
            "rules.wasExecuted" => {
                let rule = args.get("ruleId").and_then(Value::as_str).unwrap_or_default();
                value(self.directory.rules.iter().any(|executed| executed == rule).into())
            }
            "groups.getUserGroups" => value(page("groups", &self.directory.groups, args.get("params"))),
            "groups.hasGroupMembership" => value(self.memberships(args)),
            "roles.getUserEffectiveRoles" => value(page("roles", &self.directory.roles, args.get("params"))),
            "roles.getUserEffectiveRolesByIds" => value(self.roles_by("id", &strings(args.get("ids")))),
            "roles.getUserEffectiveRolesByNames" => value(self.roles_by("name", &strings(args.get("names")))),
            _ => HostAnswer::Unknown,
        }
    }
}

/// When an entry ends: the earlier of `ttl` and `expires_at`, within the longest lifetime.
fn expiry(options: Option<&Value>, now: u64) -> Result<u64, &'static str> {
    let option = |name: &str| options.and_then(|options| options.get(name)).filter(|value| !value.is_null());
    let time = |value: &Value| {
        let number = value.as_f64().ok_or("InvalidExpiry")?;
        let safe = number.is_finite() && number.fract() == 0.0 && number.abs() <= limit::SAFE_INTEGER;
        if safe { Ok(number) } else { Err("InvalidExpiry") }
    };
    let ttl = option("ttl").map(time).transpose()?.map(|ttl| now as f64 + ttl);
    let expires_at = option("expires_at").map(time).transpose()?;
    let chosen = match (ttl, expires_at) {
        (Some(ttl), Some(expires_at)) => ttl.min(expires_at),
        (Some(one), None) | (None, Some(one)) => one,
        (None, None) => (now + limit::LIFETIME_DEFAULT_MS) as f64,
    };
    if chosen <= now as f64 {
        return Err("ItemAlreadyExpired");
    }
    Ok((chosen as u64).min(now + limit::LIFETIME_MAX_MS))
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

fn now_ms() -> u64 {
    // A clock before 1970 is a clock that is not set; then entries simply do not expire.
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    fn call(host: &MemoryHost, name: &str, args: Value) -> Option<Value> {
        let context = CallContext {
            trigger: "auth0/post-login".into(),
            action: "a".into(),
            handler: "h".into(),
            event: Arc::new(json!({})),
        };
        let Value::Object(args) = args else { panic!("arguments are an object") };
        match host.call(name, &args, &context) {
            HostAnswer::Value(value) => value,
            HostAnswer::Throw(error) => panic!("{error}"),
            HostAnswer::Later(_) | HostAnswer::Unknown => panic!("{name} answers at once"),
        }
    }

    fn code(host: &MemoryHost, args: Value) -> String {
        let set = call(host, "cache.set", args).unwrap();
        set["code"].as_str().unwrap_or("none").to_owned()
    }

    #[test]
    fn the_cache_keeps_what_it_is_given_until_it_expires() {
        let host = MemoryHost::default();
        let set = call(&host, "cache.set", json!({ "key": "k", "value": "v" })).unwrap();
        assert_eq!(set["type"], "success");
        assert_eq!(call(&host, "cache.get", json!({ "key": "k" })).unwrap()["value"], "v");
        assert_eq!(call(&host, "cache.delete", json!({ "key": "k" })).unwrap()["type"], "success");
        assert_eq!(call(&host, "cache.get", json!({ "key": "k" })), None);
        let again = call(&host, "cache.delete", json!({ "key": "k" })).unwrap();
        assert_eq!(again["code"], "CacheKeyDoesNotExist");
    }

    #[test]
    fn the_cache_refuses_what_goes_beyond_its_limits() {
        let host = MemoryHost::default();
        assert_eq!(code(&host, json!({ "key": "k".repeat(65), "value": "" })), "CacheKeySizeExceeded");
        assert_eq!(code(&host, json!({ "key": "k", "value": "v".repeat(4097) })), "CacheValueSizeExceeded");
        assert_eq!(
            code(&host, json!({ "key": "k", "value": "v", "options": { "ttl": 0 } })),
            "ItemAlreadyExpired"
        );
        assert_eq!(
            code(&host, json!({ "key": "k", "value": "v", "options": { "ttl": 0.5 } })),
            "InvalidExpiry"
        );
        let values = |n: usize| json!({ "key": format!("k{n}"), "value": "v".repeat(4000) });
        assert_eq!(
            (0..5).map(|n| code(&host, values(n))).collect::<Vec<_>>().join(" "),
            "none none none none CacheSizeExceeded"
        );
        let host = MemoryHost::default();
        for n in 0..20 {
            assert_eq!(code(&host, json!({ "key": n.to_string(), "value": "" })), "none");
        }
        assert_eq!(code(&host, json!({ "key": "one more", "value": "" })), "MaxSideEffectsExceeded");
    }

    #[test]
    fn the_earlier_expiry_wins_and_a_day_is_the_longest() {
        let now = 1_000_000;
        let at = |options: Value| expiry(Some(&options), now).unwrap();
        assert_eq!(at(json!({ "ttl": 5000, "expires_at": now + 9000 })), now + 5000);
        assert_eq!(at(json!({ "expires_at": now + 9000 })), now + 9000);
        assert_eq!(at(json!({ "ttl": 1e12 })), now + limit::LIFETIME_MAX_MS);
        assert_eq!(expiry(None, now), Ok(now + limit::LIFETIME_DEFAULT_MS));
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

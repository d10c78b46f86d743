//! `api.cache`: Auth0's rules and error codes in front of a store that the host may replace.
//!
//! A script sees its own writes at once, and a write is no command: it stays when the action fails later,
//! and when the flow is denied.

use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::PoisonError;

use serde_json::Map;
use serde_json::Value;
use serde_json::json;

use crate::clock::now_ms;
use crate::host_functions::CallContext;
use crate::host_functions::HostAnswer;
use crate::host_functions::HostError;

const MINUTE_MS: u64 = 60_000;

/// Limits of `api.cache`: those of Auth0, for each scope.
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

/// Scopes that [`MemoryCache`] keeps: with full ones about 160 MiB.
const SCOPES_MAX: usize = 10_000;

/// Keeps what scripts put into `api.cache`.
///
/// The limits of size, number and lifetime are checked in front of it, so a store only stores. It may
/// forget an entry at any time. Two executions that write at the same moment may together pass a limit by
/// what one of them wrote, so a store should bear a little more than the limits.
///
/// A method runs on the isolate's thread while the script waits, because `api.cache` answers at once: it
/// must be quick. An error becomes one of Auth0's codes; a script never sees its text.
///
/// A write is no command: what an action wrote stays when the action fails later.
pub trait CacheStore: Send + Sync {
    /// The entries of a scope, expired ones among them or not: 20 at most, 16 KiB together.
    ///
    /// # Errors
    /// When the store cannot be read.
    fn entries(&self, scope: &CacheScope) -> Result<Vec<CacheEntry>, HostError>;

    /// Keeps an entry, in the place of one with the same key.
    ///
    /// # Errors
    /// When the entry cannot be kept.
    fn put(&self, scope: &CacheScope, entry: CacheEntry) -> Result<(), HostError>;

    /// Forgets an entry; it is no error when there is none.
    ///
    /// # Errors
    /// When the entry cannot be removed.
    fn remove(&self, scope: &CacheScope, key: &str) -> Result<(), HostError>;
}

/// Whose entries: the executions of one flow of one trigger share them, and no others.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CacheScope {
    /// The flow's name, see [`Flow::name`](crate::Flow::name).
    pub flow: String,
    /// The trigger.
    pub trigger: String,
}

/// One entry of a cache.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CacheEntry {
    /// Its key, 64 bytes at most.
    pub key: String,
    /// Its value, 4096 bytes at most.
    pub value: String,
    /// When it ends, in milliseconds since 1970.
    pub expires_at_ms: u64,
}

/// A [`CacheStore`] in memory. It keeps 10,000 scopes; beyond that it forgets the one whose last entry
/// ends first.
#[derive(Debug, Default)]
pub struct MemoryCache {
    scopes: Mutex<HashMap<CacheScope, HashMap<String, CacheEntry>>>,
}

impl CacheStore for MemoryCache {
    fn entries(&self, scope: &CacheScope) -> Result<Vec<CacheEntry>, HostError> {
        let scopes = self.scopes.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(scopes.get(scope).map(|entries| entries.values().cloned().collect()).unwrap_or_default())
    }

    fn put(&self, scope: &CacheScope, entry: CacheEntry) -> Result<(), HostError> {
        let mut scopes = self.scopes.lock().unwrap_or_else(PoisonError::into_inner);
        if scopes.len() >= SCOPES_MAX && !scopes.contains_key(scope) {
            let end = |entries: &HashMap<String, CacheEntry>| {
                entries.values().map(|entry| entry.expires_at_ms).max().unwrap_or_default()
            };
            let first = scopes.iter().min_by_key(|(_, entries)| end(entries)).map(|(scope, _)| scope.clone());
            first.map(|scope| scopes.remove(&scope));
        }
        let entries = scopes.entry(scope.clone()).or_default();
        let now = now_ms();
        entries.retain(|_, entry| entry.expires_at_ms > now);
        entries.insert(entry.key.clone(), entry);
        Ok(())
    }

    fn remove(&self, scope: &CacheScope, key: &str) -> Result<(), HostError> {
        let mut scopes = self.scopes.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(entries) = scopes.get_mut(scope) {
            entries.remove(key);
            if entries.is_empty() {
                scopes.remove(scope);
            }
        }
        Ok(())
    }
}

/// Answers `cache.get`, `cache.set` and `cache.delete`.
pub(crate) fn answer(
    store: &dyn CacheStore,
    name: &str,
    args: &Map<String, Value>,
    context: &CallContext,
) -> HostAnswer {
    let scope = CacheScope { flow: context.flow.clone(), trigger: context.trigger.clone() };
    let result = |result: Result<Value, &str>| {
        let value = result.unwrap_or_else(|code| json!({ "type": "error", "code": code }));
        HostAnswer::Value(Some(value))
    };
    match name {
        "cache.get" => HostAnswer::Value(get(store, args, &scope)),
        "cache.set" => {
            let record = set(store, args, &scope, now_ms());
            result(record.map(|record| json!({ "type": "success", "record": record })))
        }
        "cache.delete" => result(delete(store, args, &scope).map(|()| json!({ "type": "success" }))),
        _ => HostAnswer::Unknown,
    }
}

/// An entry that cannot be read is one that is not there.
fn get(store: &dyn CacheStore, args: &Map<String, Value>, scope: &CacheScope) -> Option<Value> {
    let key = args.get("key")?.as_str()?;
    let entries = live_entries(store, scope, now_ms()).ok()?;
    let entry = entries.into_iter().find(|entry| entry.key == key)?;
    Some(json!({ "value": entry.value, "expires_at": entry.expires_at_ms }))
}

/// The checks in Auth0's order: key, value, all entries together, lifetime; then the number of entries,
/// which is what `MaxSideEffectsExceeded` says here.
fn set(
    store: &dyn CacheStore,
    args: &Map<String, Value>,
    scope: &CacheScope,
    now: u64,
) -> Result<Value, &'static str> {
    const FAILED: &str = "FailedToSetCacheRecord";
    let text = |name: &str| args.get(name).and_then(Value::as_str).ok_or(FAILED);
    let (key, value) = (text("key")?, text("value")?);
    if key.len() > limit::KEY_BYTES {
        return Err("CacheKeySizeExceeded");
    }
    if value.len() > limit::VALUE_BYTES {
        return Err("CacheValueSizeExceeded");
    }
    let mut others = live_entries(store, scope, now).map_err(|_| FAILED)?;
    others.retain(|entry| entry.key != key);
    let bytes: usize = others.iter().map(|entry| entry.key.len() + entry.value.len()).sum();
    if bytes + key.len() + value.len() > limit::TOTAL_BYTES {
        return Err("CacheSizeExceeded");
    }
    let expires_at_ms = expiry(args.get("options"), now)?;
    if others.len() >= limit::ENTRIES {
        return Err("MaxSideEffectsExceeded");
    }
    let entry = CacheEntry { key: key.to_owned(), value: value.to_owned(), expires_at_ms };
    store.put(scope, entry).map_err(|_| FAILED)?;
    Ok(json!({ "value": value, "expires_at": expires_at_ms }))
}

fn delete(store: &dyn CacheStore, args: &Map<String, Value>, scope: &CacheScope) -> Result<(), &'static str> {
    const FAILED: &str = "FailedToDeleteCacheRecord";
    let key = args.get("key").and_then(Value::as_str).unwrap_or_default();
    let entries = live_entries(store, scope, now_ms()).map_err(|_| FAILED)?;
    if !entries.iter().any(|entry| entry.key == key) {
        return Err("CacheKeyDoesNotExist");
    }
    store.remove(scope, key).map_err(|_| FAILED)
}

fn live_entries(store: &dyn CacheStore, scope: &CacheScope, now: u64) -> Result<Vec<CacheEntry>, HostError> {
    let mut entries = store.entries(scope)?;
    entries.retain(|entry| entry.expires_at_ms > now);
    Ok(entries)
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

#[cfg(test)]
mod tests {
    use super::*;

    fn scope() -> CacheScope {
        CacheScope { flow: "tenant-1/login".into(), trigger: "auth0/post-login".into() }
    }

    fn args(args: Value) -> Map<String, Value> {
        let Value::Object(args) = args else { panic!("arguments are an object") };
        args
    }

    fn code(store: &dyn CacheStore, value: Value) -> &'static str {
        set(store, &args(value), &scope(), now_ms()).err().unwrap_or("none")
    }

    #[test]
    fn the_cache_keeps_what_it_is_given_until_it_is_deleted() {
        let store = MemoryCache::default();
        let key = args(json!({ "key": "k" }));
        assert_eq!(code(&store, json!({ "key": "k", "value": "v" })), "none");
        assert_eq!(get(&store, &key, &scope()).unwrap()["value"], "v");
        assert_eq!(delete(&store, &key, &scope()), Ok(()));
        assert_eq!(get(&store, &key, &scope()), None);
        assert_eq!(delete(&store, &key, &scope()), Err("CacheKeyDoesNotExist"));
    }

    #[test]
    fn an_expired_entry_is_not_there() {
        let store = MemoryCache::default();
        let entry = CacheEntry { key: "k".into(), value: "v".into(), expires_at_ms: now_ms() };
        store.put(&scope(), entry).unwrap();
        let key = args(json!({ "key": "k" }));
        assert_eq!(get(&store, &key, &scope()), None);
        assert_eq!(delete(&store, &key, &scope()), Err("CacheKeyDoesNotExist"));
    }

    #[test]
    fn the_cache_refuses_what_goes_beyond_its_limits() {
        let store = MemoryCache::default();
        assert_eq!(code(&store, json!({ "key": "k".repeat(65), "value": "" })), "CacheKeySizeExceeded");
        assert_eq!(code(&store, json!({ "key": "ä".repeat(33), "value": "" })), "CacheKeySizeExceeded");
        assert_eq!(code(&store, json!({ "key": "k".repeat(64), "value": "v".repeat(4096) })), "none");
        assert_eq!(code(&store, json!({ "key": "k", "value": "v".repeat(4097) })), "CacheValueSizeExceeded");
        let with = |options: Value| json!({ "key": "k", "value": "v", "options": options });
        assert_eq!(code(&store, with(json!({ "ttl": 0 }))), "ItemAlreadyExpired");
        assert_eq!(code(&store, with(json!({ "ttl": 0.5 }))), "InvalidExpiry");
        assert_eq!(code(&store, json!({ "key": "k" })), "FailedToSetCacheRecord");
    }

    #[test]
    fn all_entries_together_have_a_limit() {
        let store = MemoryCache::default();
        let value = |n: usize| json!({ "key": format!("k{n}"), "value": "v".repeat(4000) });
        let codes: Vec<_> = (0..5).map(|n| code(&store, value(n))).collect();
        assert_eq!(codes.join(" "), "none none none none CacheSizeExceeded");
        assert_eq!(code(&store, value(0)), "none", "an entry may be written again");
    }

    #[test]
    fn the_twenty_first_entry_is_one_side_effect_too_many() {
        let store = MemoryCache::default();
        for n in 0..20 {
            assert_eq!(code(&store, json!({ "key": n.to_string(), "value": "" })), "none");
        }
        assert_eq!(code(&store, json!({ "key": "one more", "value": "" })), "MaxSideEffectsExceeded");
        assert_eq!(code(&store, json!({ "key": "7", "value": "again" })), "none");
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
    fn a_store_that_fails_becomes_a_code() {
        struct Broken;
        impl CacheStore for Broken {
            fn entries(&self, _: &CacheScope) -> Result<Vec<CacheEntry>, HostError> {
                Err(HostError::new("the password of the database is wrong"))
            }
            fn put(&self, _: &CacheScope, _: CacheEntry) -> Result<(), HostError> {
                Err(HostError::new("no"))
            }
            fn remove(&self, _: &CacheScope, _: &str) -> Result<(), HostError> {
                Err(HostError::new("no"))
            }
        }
        assert_eq!(code(&Broken, json!({ "key": "k", "value": "v" })), "FailedToSetCacheRecord");
        let key = args(json!({ "key": "k" }));
        assert_eq!(delete(&Broken, &key, &scope()), Err("FailedToDeleteCacheRecord"));
        assert_eq!(get(&Broken, &key, &scope()), None);
    }

    #[test]
    fn a_full_memory_forgets_the_scope_that_ends_first() {
        let store = MemoryCache::default();
        let scope = |n: usize| CacheScope { flow: n.to_string(), trigger: String::new() };
        let later = now_ms() + MINUTE_MS;
        let entry = |n: u64| CacheEntry { key: "k".into(), value: "v".into(), expires_at_ms: later + n };
        for n in 0..=SCOPES_MAX {
            // The scope in the middle ends first.
            store.put(&scope(n), entry(n.abs_diff(SCOPES_MAX / 2) as u64)).unwrap();
        }
        assert_eq!(store.entries(&scope(SCOPES_MAX / 2)).unwrap(), []);
        assert_eq!(store.entries(&scope(0)).unwrap().len(), 1);
        assert_eq!(store.scopes.lock().unwrap().len(), SCOPES_MAX);
    }
}

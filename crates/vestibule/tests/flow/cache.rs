//! `api.cache`: whose it is, how long it lasts, and what a failure leaves in it.

use std::sync::Arc;
use std::sync::Mutex;

use serde_json::Value;
use vestibule::Action;
use vestibule::CacheEntry;
use vestibule::CacheScope;
use vestibule::CacheStore;
use vestibule::Decision;
use vestibule::Flow;
use vestibule::FlowOutcome;
use vestibule::HostError;
use vestibule::Vestibule;

use crate::support::action;
use crate::support::builder;
use crate::support::logs;
use crate::support::vestibule;

const COUNT: &str =
    "const n = Number(api.cache.get('n')?.value ?? 0) + 1; api.cache.set('n', String(n)); console.log(n)";

fn login(vestibule: &Vestibule, name: &str, body: &str) -> Flow {
    let flow = vestibule.flow("auth0/post-login").unwrap().name(name);
    flow.action(action("a", "onExecutePostLogin", body))
}

async fn run(flow: &Flow) -> FlowOutcome {
    let event: Value = serde_json::from_str(flow.trigger().sample_event().unwrap()).unwrap();
    flow.run(event).await.unwrap()
}

#[tokio::test]
async fn executions_of_one_flow_and_trigger_share_a_cache() {
    let vestibule = vestibule();
    let flow = login(&vestibule, "tenant-1", COUNT).action(action("b", "onExecutePostLogin", COUNT));
    assert_eq!(logs(&run(&flow).await), ["1", "2"]);
    assert_eq!(logs(&run(&login(&vestibule, "tenant-1", COUNT)).await), ["3"]);
}

#[tokio::test]
async fn tenants_and_triggers_never_share_a_cache() {
    let vestibule = vestibule();
    assert_eq!(logs(&run(&login(&vestibule, "tenant-1", COUNT)).await), ["1"]);
    assert_eq!(logs(&run(&login(&vestibule, "tenant-2", COUNT)).await), ["1"]);
    let other = vestibule.flow("auth0/pre-user-registration").unwrap().name("tenant-1");
    let other = other.action(action("a", "onExecutePreUserRegistration", COUNT));
    assert_eq!(logs(&run(&other).await), ["1"]);
}

#[tokio::test]
async fn reads_see_own_writes() {
    let vestibule = vestibule();
    let body = "api.cache.set('k', 'v'); console.log(api.cache.get('k').value, api.cache.delete('k').type, api.cache.get('k'))";
    assert_eq!(logs(&run(&login(&vestibule, "t", body)).await), ["v success undefined"]);
}

#[tokio::test]
async fn cache_writes_of_a_failed_action_remain_and_are_no_commands() {
    let vestibule = vestibule();
    let failed = run(&login(&vestibule, "t", &format!("{COUNT}; throw new Error('oops')"))).await;
    assert!(matches!(failed.decision, Decision::Fail { .. }));
    assert_eq!(failed.commands, []);
    assert_eq!(logs(&run(&login(&vestibule, "t", COUNT)).await), ["2"]);
}

#[tokio::test]
async fn the_twenty_first_entry_is_refused_with_its_code_and_nothing_throws() {
    let vestibule = vestibule();
    let body = "for (let i = 0; i < 20; i++) api.cache.set('k' + i, ''); console.log(api.cache.set('one more', '').code)";
    assert_eq!(logs(&run(&login(&vestibule, "t", body)).await), ["MaxSideEffectsExceeded"]);
}

#[tokio::test]
async fn an_entry_expires() {
    let vestibule = vestibule();
    let body = "api.cache.set('k', 'v', { ttl: 30 }); await new Promise((done) => setTimeout(done, 60)); console.log(api.cache.get('k'))";
    assert_eq!(logs(&run(&login(&vestibule, "t", body)).await), ["undefined"]);
}

/// A store of a host, which keeps what it was asked.
#[derive(Clone, Default)]
struct Shelf {
    entries: Arc<Mutex<Vec<(CacheScope, CacheEntry)>>>,
}

impl CacheStore for Shelf {
    fn entries(&self, scope: &CacheScope) -> Result<Vec<CacheEntry>, HostError> {
        let entries = self.entries.lock().unwrap();
        Ok(entries.iter().filter(|(other, _)| other == scope).map(|(_, entry)| entry.clone()).collect())
    }

    fn put(&self, scope: &CacheScope, entry: CacheEntry) -> Result<(), HostError> {
        self.remove(scope, &entry.key)?;
        self.entries.lock().unwrap().push((scope.clone(), entry));
        Ok(())
    }

    fn remove(&self, scope: &CacheScope, key: &str) -> Result<(), HostError> {
        self.entries.lock().unwrap().retain(|(other, entry)| other != scope || entry.key != key);
        Ok(())
    }
}

#[tokio::test]
async fn a_host_keeps_the_cache_where_it_likes() {
    let shelf = Shelf::default();
    let vestibule = builder().cache(shelf.clone()).build().unwrap();
    assert_eq!(logs(&run(&login(&vestibule, "tenant-1", COUNT)).await), ["1"]);
    assert_eq!(logs(&run(&login(&vestibule, "tenant-1", COUNT)).await), ["2"]);
    let entries = shelf.entries.lock().unwrap();
    let [(scope, entry)] = entries.as_slice() else { panic!("{entries:?}") };
    assert_eq!((scope.flow.as_str(), scope.trigger.as_str()), ("tenant-1", "auth0/post-login"));
    assert_eq!((entry.key.as_str(), entry.value.as_str()), ("n", "2"));
}

#[tokio::test]
async fn redirect_tokens_work_with_any_host() {
    struct Nothing;
    impl vestibule::HostFunctions for Nothing {
        fn call(
            &self,
            _: &str,
            _: &serde_json::Map<String, Value>,
            _: &vestibule::CallContext,
        ) -> vestibule::HostAnswer {
            vestibule::HostAnswer::Unknown
        }
    }
    let vestibule = builder().host(Nothing).build().unwrap();
    let source = "exports.onExecutePostLogin = async (event, api) => {
        console.log(api.redirect.encodeToken({ secret: 's', payload: {} }).split('.').length);
        console.log(await api.roles.getUserEffectiveRoles().catch((error) => error.message));
    };";
    let flow = vestibule.flow("auth0/post-login").unwrap().action(Action::new("a", "a.js", source).unwrap());
    assert_eq!(logs(&run(&flow).await), ["3", "the host has no function \"roles.getUserEffectiveRoles\""]);
}

//! Asynchronous triggers: answered at once, run in the background, again where the trigger says so.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;
use std::time::Duration;

use serde_json::Map;
use serde_json::Value;
use serde_json::json;
use tokio::sync::Semaphore;
use vestibule::Attempt;
use vestibule::BackgroundLimits;
use vestibule::BackgroundReport;
use vestibule::CallContext;
use vestibule::CutOff;
use vestibule::Decision;
use vestibule::Drained;
use vestibule::Flow;
use vestibule::FlowError;
use vestibule::HostAnswer;
use vestibule::HostFunctions;
use vestibule::Vestibule;

use crate::support::action;
use crate::support::builder;
use crate::support::vestibule;

/// Counts attempts, panics, and makes actions wait until the test lets them go.
#[derive(Clone)]
struct Host {
    attempts: Arc<AtomicUsize>,
    waiting: Arc<AtomicUsize>,
    waiting_max: Arc<AtomicUsize>,
    gate: Arc<Semaphore>,
}

impl Host {
    fn new() -> Self {
        Self {
            attempts: Arc::default(),
            waiting: Arc::default(),
            waiting_max: Arc::default(),
            gate: Arc::new(Semaphore::new(0)),
        }
    }
}

impl HostFunctions for Host {
    fn call(&self, name: &str, _: &Map<String, Value>, _: &CallContext) -> HostAnswer {
        match name {
            "ask.attempt" => {
                let attempt = self.attempts.fetch_add(1, Ordering::SeqCst) + 1;
                HostAnswer::Value(Some(attempt.into()))
            }
            "ask.panic" => panic!("the host panics, as this test wants"),
            "ask.panicLater" => {
                HostAnswer::Later(Box::pin(async { panic!("the host panics later, as this test wants") }))
            }
            "ask.wait" => {
                let now = self.waiting.fetch_add(1, Ordering::SeqCst) + 1;
                self.waiting_max.fetch_max(now, Ordering::SeqCst);
                let (gate, waiting) = (Arc::clone(&self.gate), Arc::clone(&self.waiting));
                HostAnswer::Later(Box::pin(async move {
                    gate.acquire().await.unwrap().forget();
                    waiting.fetch_sub(1, Ordering::SeqCst);
                    Ok(None)
                }))
            }
            _ => HostAnswer::Unknown,
        }
    }
}

fn delivery(vestibule: &Vestibule, body: &str) -> Flow {
    vestibule.flow("acme/delivery").unwrap().name("tenant-1").action(action("a", "onDelivery", body))
}

fn message(vestibule: &Vestibule, body: &str) -> Flow {
    vestibule.flow("acme/message").unwrap().action(action("a", "onMessage", body))
}

fn event() -> Value {
    json!({ "id": "1" })
}

async fn report(flow: &Flow) -> BackgroundReport {
    flow.submit(event()).unwrap().outcome().await.unwrap()
}

async fn until(condition: impl Fn() -> bool) {
    for _ in 0..2_000 {
        if condition() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("in vain");
}

#[tokio::test]
async fn a_submission_is_answered_at_once_and_runs_in_the_background() {
    let host = Host::new();
    let vestibule = builder().host(host.clone()).build().unwrap();
    let submission = delivery(&vestibule, "await api.ask.wait(); api.log('done')").submit(event()).unwrap();
    let id = submission.id().to_owned();
    until(|| host.waiting.load(Ordering::SeqCst) == 1).await;
    host.gate.add_permits(1);
    let report = submission.outcome().await.unwrap();
    assert_eq!(report.id, id);
    assert_eq!((report.flow.as_str(), report.trigger.as_str()), ("tenant-1", "acme/delivery"));
    assert_eq!(report.attempts.len(), 1);
    assert_eq!(report.outcome().unwrap().effects, json!({ "log": [{ "text": "done" }] }));
}

#[tokio::test]
async fn a_bad_event_a_wrong_binding_and_a_synchronous_trigger_are_refused_at_once() {
    let vestibule = vestibule();
    let flow = delivery(&vestibule, "");
    assert!(matches!(flow.submit(json!({ "id": 1 })), Err(FlowError::Event { .. })));
    assert!(matches!(flow.entity("e").submit(event()), Err(FlowError::Entity { .. })));
    let pair = vestibule.flow("acme/pair").unwrap();
    let error = pair.submit(event()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the trigger acme/pair is synchronous: wait for its decision with Flow::run"
    );
}

#[test]
fn outside_of_a_runtime_a_submission_is_refused() {
    let vestibule = vestibule();
    let error = delivery(&vestibule, "").submit(event()).unwrap_err();
    assert!(matches!(error, FlowError::NoRuntime), "{error}");
}

#[tokio::test]
async fn a_failed_run_is_repeated_from_the_event_as_often_as_the_trigger_declares() {
    let vestibule = builder().host(Host::new()).build().unwrap();
    let body = "const n = api.ask.attempt(); api.log('attempt ' + n); if (n < 3) throw new Error('not yet')";
    let report = report(&delivery(&vestibule, body)).await;
    let failed: Vec<bool> = report
        .attempts
        .iter()
        .map(|attempt| matches!(attempt, Attempt::Ran { outcome } if !outcome.is_decided()))
        .collect();
    assert_eq!(failed, [true, true, false]);
    assert_eq!(report.outcome().unwrap().effects, json!({ "log": [{ "text": "attempt 3" }] }));
}

#[tokio::test]
async fn a_run_that_always_fails_ends_after_the_last_retry() {
    let vestibule = vestibule();
    let report = report(&delivery(&vestibule, "throw new Error('never')")).await;
    assert_eq!(report.attempts.len(), 3, "one run and two retries");
    assert!(matches!(report.outcome().unwrap().decision, Decision::Fail { .. }));
}

#[tokio::test]
async fn a_command_asks_for_a_retry_and_five_are_the_most() {
    let host = Host::new();
    let vestibule = builder().host(host.clone()).build().unwrap();
    let sent = report(&message(&vestibule, "if (api.ask.attempt() < 3) api.message.retry('busy')")).await;
    assert_eq!(sent.attempts.len(), 3);
    let busy = report(&message(&vestibule, "api.message.retry('busy')")).await;
    assert_eq!(busy.attempts.len(), 6, "one run and five retries");
}

#[tokio::test]
async fn a_drop_after_a_retry_takes_it_back_and_a_failure_asks_for_none() {
    let vestibule = vestibule();
    let dropped = report(&message(&vestibule, "api.message.retry('busy'); api.message.drop('gone')")).await;
    assert_eq!(dropped.attempts.len(), 1);
    let failed = report(&message(&vestibule, "api.message.retry('busy'); throw new Error('oops')")).await;
    assert_eq!(failed.attempts.len(), 1);
}

#[tokio::test]
async fn no_more_flows_run_at_once_than_the_limit_says() {
    let host = Host::new();
    let limits = BackgroundLimits { parallel: 2, queued: 10 };
    let vestibule = builder().host(host.clone()).background(limits).build().unwrap();
    let flow = delivery(&vestibule, "await api.ask.wait()");
    let submissions: Vec<_> = (0..5).map(|_| flow.submit(event()).unwrap()).collect();
    until(|| host.waiting.load(Ordering::SeqCst) == 2).await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    host.gate.add_permits(5);
    for submission in submissions {
        assert!(submission.outcome().await.unwrap().outcome().unwrap().is_decided());
    }
    assert_eq!(host.waiting_max.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn a_full_queue_refuses_the_next_submission_and_has_room_again_later() {
    let host = Host::new();
    let limits = BackgroundLimits { parallel: 1, queued: 2 };
    let vestibule = builder().host(host.clone()).background(limits).build().unwrap();
    let flow = delivery(&vestibule, "await api.ask.wait()");
    let submissions: Vec<_> = (0..3).map(|_| flow.submit(event()).unwrap()).collect();
    let error = flow.submit(event()).unwrap_err();
    assert_eq!(error.to_string(), "2 runs wait in the background, which is the most: submit this one later");
    host.gate.add_permits(4);
    for submission in submissions {
        submission.outcome().await.unwrap();
    }
    until(|| flow.submit(event()).is_ok()).await;
}

#[tokio::test]
async fn a_flow_leaves_a_quarter_of_the_background_to_others() {
    let host = Host::new();
    let limits = BackgroundLimits { parallel: 4, queued: 12 };
    let vestibule = builder().host(host.clone()).background(limits).build().unwrap();
    let slow = delivery(&vestibule, "await api.ask.wait()").name("tenant-1/delivery");
    let submissions: Vec<_> = (0..12).map(|_| slow.submit(event()).unwrap()).collect();
    let refused = slow.submit(event()).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "the flow \"tenant-1/delivery\" has more runs in the background than its share: submit this one later"
    );
    until(|| host.waiting.load(Ordering::SeqCst) == 3).await;
    // The slow ones all wait, and nobody lets them go.
    let other = delivery(&vestibule, "api.log('fine')").name("tenant-2/delivery");
    let report = other.submit(event()).unwrap().outcome().await.unwrap();
    assert!(report.outcome().unwrap().is_decided());
    host.gate.add_permits(20);
    for submission in submissions {
        submission.outcome().await.unwrap();
    }
    assert_eq!(host.waiting_max.load(Ordering::SeqCst), 3);
    until(|| slow.submit(event()).is_ok()).await;
}

#[tokio::test]
async fn a_panic_in_a_host_function_ends_its_run_and_not_the_queue() {
    let vestibule =
        builder().host(Host::new()).background(BackgroundLimits { parallel: 1, queued: 5 }).build().unwrap();
    for call in ["api.ask.panic()", "await api.ask.panicLater()"] {
        let bad = delivery(&vestibule, call).submit(event()).unwrap();
        let good = delivery(&vestibule, "api.log('fine')").submit(event()).unwrap();
        let bad = bad.outcome().await.unwrap();
        assert_eq!(bad.attempts.len(), 3, "a panic is a failure, so it is tried again");
        assert!(!bad.outcome().is_some_and(|outcome| outcome.is_decided()), "{bad:?}");
        assert!(good.outcome().await.unwrap().outcome().unwrap().is_decided());
    }
}

#[tokio::test]
async fn the_host_hears_of_every_end_and_may_panic_there() {
    let seen: Arc<Mutex<Vec<BackgroundReport>>> = Arc::default();
    let vestibule = builder()
        .on_finished({
            let seen = Arc::clone(&seen);
            move |report| {
                seen.lock().unwrap().push(report.clone());
                assert!(report.attempts.len() == 1, "the hook panics, as this test wants");
            }
        })
        .build()
        .unwrap();
    let bad = report(&delivery(&vestibule, "throw new Error('oops')")).await;
    let good = report(&delivery(&vestibule, "")).await;
    let ids: Vec<_> = seen.lock().unwrap().iter().map(|report| report.id.clone()).collect();
    assert_eq!(ids, [bad.id, good.id]);
    // The report is a document that a host can store.
    let text = serde_json::to_string(&*seen.lock().unwrap()).unwrap();
    let read: Vec<BackgroundReport> = serde_json::from_str(&text).unwrap();
    assert_eq!(read[0].attempts.len(), 3);
}

#[tokio::test]
async fn a_dropped_submission_runs_all_the_same() {
    let host = Host::new();
    let vestibule = builder().host(host.clone()).build().unwrap();
    drop(delivery(&vestibule, "api.ask.attempt()").submit(event()).unwrap());
    // The run keeps the engine alive, and may be the last to let go of it.
    drop(vestibule);
    until(|| host.attempts.load(Ordering::SeqCst) == 1).await;
}

#[tokio::test]
async fn a_drain_waits_for_what_is_under_way_and_takes_nothing_new() {
    let host = Host::new();
    let vestibule = builder().host(host.clone()).build().unwrap();
    let flow = delivery(&vestibule, "await api.ask.wait()");
    let submission = flow.submit(event()).unwrap();
    until(|| host.waiting.load(Ordering::SeqCst) == 1).await;
    let drain = vestibule.drain(Duration::from_secs(60));
    let open = async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        assert!(matches!(flow.submit(event()), Err(FlowError::Draining)));
        host.gate.add_permits(1);
    };
    let (drained, ()) = tokio::join!(drain, open);
    assert_eq!(drained, Drained::default());
    assert!(submission.outcome().await.unwrap().outcome().unwrap().is_decided());
}

#[tokio::test]
async fn a_drain_cuts_off_what_takes_too_long() {
    let host = Host::new();
    let vestibule =
        builder().host(host.clone()).background(BackgroundLimits { parallel: 1, queued: 1 }).build().unwrap();
    let flow = delivery(&vestibule, "await api.ask.wait()");
    let (running, queued) = (flow.submit(event()).unwrap(), flow.submit(event()).unwrap());
    until(|| host.waiting.load(Ordering::SeqCst) == 1).await;
    let mut cut_off = vestibule.drain(Duration::from_millis(50)).await.cut_off;
    let mut ids = vec![running.id().to_owned(), queued.id().to_owned()];
    cut_off.sort();
    ids.sort();
    assert_eq!(cut_off, ids);
    assert_eq!(running.outcome().await.unwrap_err(), CutOff);
    assert_eq!(queued.outcome().await.unwrap_err(), CutOff);
    assert_eq!(vestibule.drain(Duration::from_secs(60)).await, Drained::default(), "nothing is left");
}

#[tokio::test]
async fn an_asynchronous_trigger_can_be_waited_for_as_well() {
    let vestibule = vestibule();
    let outcome = delivery(&vestibule, "api.log('x')").run(event()).await.unwrap();
    assert_eq!(outcome.decision, Decision::Continue);
}

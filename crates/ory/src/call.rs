//! One call of a web hook: its body, its headers, its attempts.

use std::time::Duration;
use std::time::Instant;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Map;
use serde_json::Value;
use url::form_urlencoded;
use uuid::Uuid;
use vestibule::FetchFailure;
use vestibule::HttpError;
use vestibule::HttpRequest;
use vestibule::HttpResponse;

use crate::report::Failure;
use crate::report::RequestOutcome;
use crate::report::RequestReport;
use crate::runtime::Runtime;
use crate::web_hook::Auth;
use crate::web_hook::Body;
use crate::web_hook::BodyFormat;
use crate::web_hook::WebHook;

/// Bytes of an answer that are read.
const RESPONSE_BYTES_MAX: usize = 5 * 1024 * 1024;

/// The longest wait that a server can ask for.
const RETRY_AFTER_MAX: Duration = Duration::from_secs(30);

/// A call, and how it went.
pub(crate) struct Call {
    pub(crate) trigger_id: String,
    pub(crate) requests: Vec<RequestReport>,
    pub(crate) ended: Ended,
}

/// How a call ended.
pub(crate) enum Ended {
    Answered(HttpResponse),
    /// The template cancelled; nothing was sent.
    Cancelled,
    Failed(Failure),
}

/// Whether an answer is read beyond its status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reads {
    Status,
    Body,
}

/// Makes a call: renders the body once, then tries up to three times.
pub(crate) async fn call(hook: &WebHook, context: Value, reads: Reads, runtime: &Runtime) -> Call {
    let mut call =
        Call { trigger_id: Uuid::new_v4().to_string(), requests: Vec::new(), ended: Ended::Cancelled };
    match body(hook, context, runtime).await {
        Ok(Some(body)) => call.ended = attempts(hook, &body, reads, runtime, &mut call).await,
        Ok(None) => {}
        Err(failure) => call.ended = Ended::Failed(failure),
    }
    call
}

/// What is sent; `None` when the template cancels.
async fn body(hook: &WebHook, context: Value, runtime: &Runtime) -> Result<Option<Vec<u8>>, Failure> {
    match &hook.body {
        Body::None => Ok(Some(Vec::new())),
        Body::Context => Ok(Some(context.to_string().into_bytes())),
        Body::Template { template, format } => {
            let Some(json) = runtime.render(template, context).await? else { return Ok(None) };
            match format {
                BodyFormat::Json => Ok(Some(json.into_bytes())),
                BodyFormat::Form => form(&json, &template.name).map(Some),
            }
        }
    }
}

fn form(json: &str, template: &str) -> Result<Vec<u8>, Failure> {
    let wrong =
        || Failure::system(format!("{template}: a form is an object of strings, and the result is not"));
    let fields: Map<String, Value> = serde_json::from_str(json).map_err(|_| wrong())?;
    let mut form = form_urlencoded::Serializer::new(String::new());
    for (name, value) in &fields {
        form.append_pair(name, value.as_str().ok_or_else(wrong)?);
    }
    Ok(form.finish().into_bytes())
}

async fn attempts(hook: &WebHook, body: &[u8], reads: Reads, runtime: &Runtime, call: &mut Call) -> Ended {
    let mut waits = runtime.retry_waits.into_iter();
    loop {
        let request_id = Uuid::new_v4().to_string();
        let started = Instant::now();
        let request = request(hook, body, &request_id, &call.trigger_id, runtime.attempt_time_max);
        let result = runtime.egress.request(request).await;
        let result = if reads == Reads::Status { result.or_else(status_alone) } else { result };
        call.requests.push(RequestReport {
            request_id,
            method: hook.method.clone(),
            url: hook.shown_url(),
            outcome: outcome(&result),
            wall_us: u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX),
        });
        if is_worth_repeating(&result)
            && let Some(wait) = waits.next()
        {
            tokio::time::sleep(wait.max(asked_wait(&result))).await;
            continue;
        }
        return match result {
            Ok(response) => Ended::Answered(response),
            Err(error) => Ended::Failed(failure(hook, &error, call.requests.len())),
        };
    }
}

fn request(
    hook: &WebHook,
    body: &[u8],
    request_id: &str,
    trigger_id: &str,
    time_max: Duration,
) -> HttpRequest {
    let set: Vec<(String, String)> =
        hook.headers.iter().map(|(name, value)| (name.clone(), value.expose().to_owned())).collect();
    let mut headers = vec![
        ("Ory-Webhook-Request-ID".to_owned(), request_id.to_owned()),
        ("Ory-Webhook-Trigger-ID".to_owned(), trigger_id.to_owned()),
    ];
    if !set.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type")) {
        headers.push(("Content-Type".to_owned(), "application/json".to_owned()));
    }
    headers.extend(set);
    if let Some(auth) = &hook.auth {
        authorize(&mut headers, auth);
    }
    HttpRequest {
        method: hook.method.clone(),
        url: hook.url.clone(),
        headers,
        body: body.to_vec(),
        response_bytes_max: RESPONSE_BYTES_MAX,
        time_max,
    }
}

/// Adds who we are. A key or password takes the place of a header of its name; a cookie joins the others.
fn authorize(headers: &mut Vec<(String, String)>, auth: &Auth) {
    let (name, value) = match auth {
        Auth::Header { name, value } => (name.clone(), value.expose().to_owned()),
        Auth::Basic { user, password } => {
            let pair = STANDARD.encode(format!("{user}:{}", password.expose()));
            ("Authorization".to_owned(), format!("Basic {pair}"))
        }
        Auth::Cookie { name, value } => {
            let cookie = format!("{name}={}", value.expose());
            match headers.iter_mut().find(|(name, _)| name.eq_ignore_ascii_case("cookie")) {
                Some((_, cookies)) => cookies.push_str(&format!("; {cookie}")),
                None => headers.push(("Cookie".to_owned(), cookie)),
            }
            return;
        }
    };
    headers.retain(|(other, _)| !other.eq_ignore_ascii_case(&name));
    headers.push((name, value));
}

/// Where only the status counts, a body that cannot be had is no failure.
fn status_alone(error: HttpError) -> Result<HttpResponse, HttpError> {
    match error {
        HttpError::ResponseTooLarge { status: Some(status), .. }
        | HttpError::Broken { status: Some(status), .. } => {
            Ok(HttpResponse { status, headers: Vec::new(), body: Vec::new() })
        }
        error @ (HttpError::BadRequest { .. }
        | HttpError::Unreachable { .. }
        | HttpError::TimedOut { .. }
        | HttpError::ResponseTooLarge { .. }
        | HttpError::Broken { .. }) => Err(error),
    }
}

/// What another attempt may change: not what the policy refuses, nor an answer that says no.
fn is_worth_repeating(result: &Result<HttpResponse, HttpError>) -> bool {
    match result {
        Ok(response) => response.status == 429 || (response.status >= 500 && response.status != 501),
        Err(HttpError::Unreachable { denied, .. }) => !denied,
        Err(HttpError::TimedOut { .. } | HttpError::Broken { .. }) => true,
        Err(HttpError::BadRequest { .. } | HttpError::ResponseTooLarge { .. }) => false,
    }
}

/// How long a server that is busy wants to be left alone.
fn asked_wait(result: &Result<HttpResponse, HttpError>) -> Duration {
    let Ok(response) = result else { return Duration::ZERO };
    if !matches!(response.status, 429 | 503) {
        return Duration::ZERO;
    }
    let header = response.headers.iter().find(|(name, _)| name == "retry-after");
    let seconds = header.and_then(|(_, value)| value.trim().parse().ok()).unwrap_or(0);
    Duration::from_secs(seconds).min(RETRY_AFTER_MAX)
}

fn outcome(result: &Result<HttpResponse, HttpError>) -> RequestOutcome {
    let error = match result {
        Ok(response) => return RequestOutcome::Answered { status: response.status },
        Err(error) => error,
    };
    let failure = match error {
        HttpError::BadRequest { .. } => FetchFailure::BadRequest,
        HttpError::Unreachable { denied: true, .. } => FetchFailure::Denied,
        HttpError::Unreachable { denied: false, .. } => FetchFailure::Unreachable,
        HttpError::TimedOut { .. } => FetchFailure::TimedOut,
        HttpError::ResponseTooLarge { .. } => FetchFailure::TooLarge,
        HttpError::Broken { .. } => FetchFailure::Broken,
    };
    RequestOutcome::Failed { failure, reason: error.reason().to_owned() }
}

fn failure(hook: &WebHook, error: &HttpError, attempts: usize) -> Failure {
    let attempts = if attempts == 1 { String::new() } else { format!(", after {attempts} attempts") };
    let message = format!("{} {}: {}{attempts}", hook.method, hook.shown_url(), error.reason());
    match error {
        HttpError::TimedOut { .. } => Failure { status: 504, message },
        HttpError::BadRequest { .. } => Failure::system(message),
        HttpError::Unreachable { .. } | HttpError::ResponseTooLarge { .. } | HttpError::Broken { .. } => {
            Failure::gateway(message)
        }
    }
}

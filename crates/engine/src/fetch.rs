//! `fetch` of one execution: each hop goes through the egress policy, on the engine's I/O threads, and
//! within the execution's limits.

use std::borrow::Cow;
use std::cell::Cell;
use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use bytes::Bytes;
use deno_core::AsyncRefCell;
use deno_core::AsyncResult;
use deno_core::BufView;
use deno_core::CancelFuture;
use deno_core::CancelHandle;
use deno_core::OpState;
use deno_core::RcRef;
use deno_core::Resource;
use deno_core::ResourceId;
use deno_core::convert::ByteString;
use deno_core::futures::future::LocalBoxFuture;
use deno_error::JsErrorBox;
use futures::StreamExt;
use tokio::runtime::Handle;
use tokio::sync::Semaphore;
use tokio::sync::mpsc;

use crate::egress::Egress;
use crate::egress::Entry;
use crate::egress::FetchBody;
use crate::egress::FetchError;
use crate::egress::FetchLimits;
use crate::egress::FetchRequest;
use crate::egress::FetchResponse;
use crate::egress::ResponseBody;
use crate::ops::FetchHead;
use crate::ops::FetchStart;
use crate::ops::FetchStarted;
use crate::running::Running;

/// Bytes that are read at once from a body that the script streams.
const UPLOAD_CHUNK_BYTES: usize = 64 * 1024;

/// The requests of one execution.
pub(crate) struct Fetches {
    running: Arc<Running>,
    egress: Egress,
    io: Handle,
    limits: FetchLimits,
    /// As many as may be under way at one moment; further ones wait for their turn.
    turns: Arc<Semaphore>,
    under_way: Cell<usize>,
}

impl Fetches {
    pub(crate) fn new(running: Arc<Running>, egress: Egress, io: Handle) -> Self {
        let limits = FetchLimits {
            response_bytes_max: running.limits.fetch_bytes,
            time_max: running.limits.fetch,
            ..FetchLimits::default()
        };
        let turns = Arc::new(Semaphore::new(running.limits.fetches_at_once));
        Self { running, egress, io, limits, turns, under_way: Cell::new(0) }
    }

    /// How many have no answer yet.
    pub(crate) fn under_way(&self) -> usize {
        self.under_way.get()
    }

    /// Takes a request in; it is sent by [`send`](Self::send).
    pub(crate) fn start(&self, state: &mut OpState, start: FetchStart) -> Result<FetchStarted, JsErrorBox> {
        let limit = self.running.limits.fetches;
        let started = {
            let mut output = self.running.output();
            output.fetches_started += 1;
            output.fetches_started
        };
        if started > limit {
            return Err(JsErrorBox::type_error(format!(
                "fetch failed: an execution may make no more than {limit} requests, redirects included"
            )));
        }
        let body = match (start.data, start.body_stream) {
            (Some(data), _) => FetchBody::Bytes(Bytes::from(data)),
            (None, Some(stream)) => FetchBody::Stream(upload(state, stream)?),
            (None, None) => FetchBody::Empty,
        };
        let plain = |text: &ByteString| text.to_vec();
        let request = FetchRequest {
            method: String::from_utf8_lossy(&start.method).into_owned(),
            url: start.url,
            headers: start.headers.iter().map(|(name, value)| (plain(name), plain(value))).collect(),
            body,
        };
        let cancel = CancelHandle::new_rc();
        let request = Request { request: RefCell::new(Some(request)), cancel: Rc::clone(&cancel) };
        Ok(FetchStarted {
            request_rid: state.resource_table.add(request),
            cancel_handle_rid: Some(state.resource_table.add(Cancel(cancel))),
        })
    }

    /// Sends a request and waits for the head of its response.
    pub(crate) fn send(
        self: Rc<Self>,
        state: Rc<RefCell<OpState>>,
        request: ResourceId,
    ) -> LocalBoxFuture<'static, Result<FetchHead, JsErrorBox>> {
        Box::pin(async move {
            let request =
                state.borrow_mut().resource_table.take::<Request>(request).map_err(JsErrorBox::from_err)?;
            let Some(parts) = request.request.borrow_mut().take() else {
                return Err(JsErrorBox::type_error("fetch failed: the request has been sent already"));
            };
            let _under_way = UnderWay::begin(&self);
            let entry = Egress::open(&parts, &self.limits, &self.running.output().fetches);
            // An answer that is there at once would reach the script within its call; none ever does.
            tokio::task::yield_now().await;
            let response = self
                .exchange(parts, entry)
                .or_cancel(Rc::clone(&request.cancel))
                .await
                .map_err(|_| JsErrorBox::type_error("fetch failed: the request was aborted"))??;
            Ok(self.head(&mut state.borrow_mut(), response))
        })
    }

    /// One exchange on the I/O threads. Dropping the future ends it there too.
    async fn exchange(&self, request: FetchRequest, entry: Entry) -> Result<FetchResponse, JsErrorBox> {
        // Nobody closes the semaphore, so every request gets its turn.
        let turn = Arc::clone(&self.turns).acquire_owned().await.ok();
        let (egress, limits) = (self.egress.clone(), self.limits.clone());
        let task = self.io.spawn(async move {
            let response = egress.send_opened(request, &limits, entry).await;
            drop(turn);
            response
        });
        let mut task = EndOnDrop(task);
        match (&mut task.0).await {
            Ok(response) => response.map_err(|error| to_script(&error)),
            Err(_) => Err(JsErrorBox::type_error(crate::egress::TARGET_FAILED)),
        }
    }

    /// The response as the JavaScript side of `fetch` takes it.
    fn head(&self, state: &mut OpState, response: FetchResponse) -> FetchHead {
        let FetchResponse { status, status_text, headers, url, content_length, body, .. } = response;
        let text = |bytes: Vec<u8>| ByteString::from(bytes);
        let body = Body {
            chunks: AsyncRefCell::new(Chunks { incoming: self.download(body), left_over: Bytes::new() }),
            cancel: CancelHandle::default(),
            content_length,
        };
        FetchHead {
            status,
            status_text,
            headers: headers.into_iter().map(|(name, value)| (text(name), text(value))).collect(),
            url,
            response_rid: state.resource_table.add(body),
            content_length,
            // Where a body was decoded, the headers about its encoding are gone already.
            body_decoded: false,
            error: None,
        }
    }

    /// Reads a body on the I/O threads, one chunk ahead of the script.
    fn download(&self, mut body: ResponseBody) -> mpsc::Receiver<Result<Bytes, FetchError>> {
        let (send, receive) = mpsc::channel(1);
        self.io.spawn(async move {
            loop {
                // The script's end may close while nothing comes; then the connection is given up.
                let chunk = tokio::select! {
                    chunk = body.next() => chunk,
                    () = send.closed() => None,
                };
                let Some(chunk) = chunk else { break };
                if send.send(chunk).await.is_err() {
                    break;
                }
            }
        });
        receive
    }
}

/// A request that has not been sent.
struct Request {
    request: RefCell<Option<FetchRequest>>,
    cancel: Rc<CancelHandle>,
}

impl Resource for Request {
    fn name(&self) -> Cow<'_, str> {
        "fetchRequest".into()
    }
}

/// Closing it aborts the request.
struct Cancel(Rc<CancelHandle>);

impl Resource for Cancel {
    fn name(&self) -> Cow<'_, str> {
        "fetchCancelHandle".into()
    }

    fn close(self: Rc<Self>) {
        self.0.cancel();
    }
}

/// The body of a response.
struct Body {
    chunks: AsyncRefCell<Chunks>,
    cancel: CancelHandle,
    content_length: Option<u64>,
}

struct Chunks {
    incoming: mpsc::Receiver<Result<Bytes, FetchError>>,
    left_over: Bytes,
}

impl Resource for Body {
    fn name(&self) -> Cow<'_, str> {
        "fetchResponse".into()
    }

    fn read(self: Rc<Self>, limit: usize) -> AsyncResult<BufView> {
        Box::pin(async move {
            // As for the head: what is there at once still arrives later, on fast machines and slow ones.
            tokio::task::yield_now().await;
            let mut chunks = RcRef::map(&self, |body| &body.chunks).borrow_mut().await;
            let cancel = RcRef::map(&self, |body| &body.cancel);
            while chunks.left_over.is_empty() {
                let next = chunks.incoming.recv().or_cancel(cancel.clone()).await;
                match next.map_err(|_| JsErrorBox::type_error("the body was cancelled"))? {
                    Some(Ok(chunk)) => chunks.left_over = chunk,
                    Some(Err(error)) => return Err(to_script(&error)),
                    None => return Ok(BufView::empty()),
                }
            }
            let bytes = limit.min(chunks.left_over.len());
            Ok(BufView::from(chunks.left_over.split_to(bytes)))
        })
    }

    fn size_hint(&self) -> (u64, Option<u64>) {
        (self.content_length.unwrap_or(0), self.content_length)
    }

    fn close(self: Rc<Self>) {
        self.cancel.cancel();
    }
}

/// Counts a request for as long as it has no answer.
struct UnderWay<'f>(&'f Fetches);

impl<'f> UnderWay<'f> {
    fn begin(fetches: &'f Fetches) -> Self {
        fetches.under_way.set(fetches.under_way.get() + 1);
        Self(fetches)
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.0.under_way.set(self.0.under_way.get().saturating_sub(1));
    }
}

/// A task of the I/O threads that nobody waits for any more is ended.
pub(crate) struct EndOnDrop<T>(pub(crate) tokio::task::JoinHandle<T>);

impl<T> Drop for EndOnDrop<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Reads a body that the script streams, one chunk ahead of the connection.
fn upload(
    state: &mut OpState,
    stream: ResourceId,
) -> Result<mpsc::Receiver<Result<Bytes, String>>, JsErrorBox> {
    let stream = state.resource_table.take_any(stream).map_err(JsErrorBox::from_err)?;
    let (send, receive) = mpsc::channel(1);
    tokio::task::spawn_local(async move {
        loop {
            let chunk = match Rc::clone(&stream).read(UPLOAD_CHUNK_BYTES).await {
                Ok(chunk) if chunk.is_empty() => break,
                Ok(chunk) => Ok(Bytes::copy_from_slice(&chunk)),
                Err(error) => Err(error.to_string()),
            };
            let failed = chunk.is_err();
            if send.send(chunk).await.is_err() || failed {
                break;
            }
        }
        stream.close();
    });
    Ok(receive)
}

/// What the script learns of a failure: never more than the policy wants it to know.
fn to_script(error: &FetchError) -> JsErrorBox {
    JsErrorBox::type_error(error.to_string())
}

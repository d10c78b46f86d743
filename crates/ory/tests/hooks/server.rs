//! An HTTP server that answers as a test says, and remembers what it was asked.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::Mutex;
use std::time::Duration;

use serde_json::Value;
use tokio::io::AsyncReadExt;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;
use tokio::net::TcpStream;

pub(crate) struct Server {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<Asked>>>,
}

/// One request as the server saw it.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    /// Method and target, such as `POST /hook`.
    pub(crate) line: String,
    head: String,
    pub(crate) body: String,
}

/// One answer.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    status: u16,
    headers: String,
    body: String,
    delay: Duration,
    cut: bool,
}

pub(crate) fn answer(status: u16, body: impl ToString) -> Answer {
    Answer { status, headers: String::new(), body: body.to_string(), delay: Duration::ZERO, cut: false }
}

impl Answer {
    pub(crate) fn header(mut self, line: &str) -> Self {
        self.headers.push_str(&format!("{line}\r\n"));
        self
    }

    pub(crate) fn after(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }

    /// The connection ends in the middle of the body.
    pub(crate) fn cut(mut self) -> Self {
        self.cut = true;
        self
    }
}

impl Server {
    /// Gives these answers in turn; the last one again and again.
    pub(crate) async fn answering(answers: impl IntoIterator<Item = Answer>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = Self { address: listener.local_addr().unwrap(), asked: Arc::default() };
        let (asked, answers) =
            (Arc::clone(&server.asked), Arc::new(Mutex::new(answers.into_iter().collect::<VecDeque<_>>())));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&asked), Arc::clone(&answers)));
            }
        });
        server
    }

    pub(crate) async fn ok() -> Self {
        Self::answering([answer(200, "")]).await
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    /// The one request.
    pub(crate) fn only(&self) -> Asked {
        let asked = self.asked();
        assert_eq!(asked.len(), 1, "{asked:?}");
        asked[0].clone()
    }
}

impl Asked {
    /// All values of a header.
    pub(crate) fn header(&self, name: &str) -> Vec<String> {
        let lines = self.head.lines().skip(1).filter_map(|line| line.split_once(": "));
        let named = lines.filter(|(other, _)| other.eq_ignore_ascii_case(name));
        named.map(|(_, value)| value.to_owned()).collect()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }
}

async fn serve(mut stream: TcpStream, asked: Arc<Mutex<Vec<Asked>>>, answers: Arc<Mutex<VecDeque<Answer>>>) {
    while let Some(request) = read(&mut stream).await {
        asked.lock().unwrap().push(request);
        let answer = {
            let mut answers = answers.lock().unwrap();
            if answers.len() > 1 { answers.pop_front().unwrap() } else { answers[0].clone() }
        };
        tokio::time::sleep(answer.delay).await;
        let Answer { status, headers, body, .. } = &answer;
        let length = if answer.cut { body.len() + 100 } else { body.len() };
        let text = format!("HTTP/1.1 {status} Status\r\n{headers}content-length: {length}\r\n\r\n{body}");
        if stream.write_all(text.as_bytes()).await.is_err() || answer.cut {
            return;
        }
    }
}

async fn read(stream: &mut TcpStream) -> Option<Asked> {
    let mut bytes = Vec::new();
    let end = loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break end + 4;
        }
        let mut buffer = [0; 4096];
        match stream.read(&mut buffer).await {
            Ok(0) | Err(_) => return None,
            Ok(count) => bytes.extend_from_slice(&buffer[..count]),
        }
    };
    let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
    let line = head.lines().next()?.strip_suffix(" HTTP/1.1")?.to_owned();
    let mut asked = Asked { line, head, body: String::new() };
    let length: usize = asked.header("content-length").first().map_or(0, |text| text.parse().unwrap());
    while bytes.len() < end + length {
        let mut buffer = [0; 4096];
        match stream.read(&mut buffer).await {
            Ok(0) | Err(_) => return None,
            Ok(count) => bytes.extend_from_slice(&buffer[..count]),
        }
    }
    asked.body = String::from_utf8(bytes[end..].to_vec()).unwrap();
    Some(asked)
}

//! A registry on this machine, with packages that the test makes, and a project in a folder of its own.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::fs;
use std::io::BufRead;
use std::io::BufReader;
use std::io::Write;
use std::net::SocketAddr;
use std::net::TcpListener;
use std::net::TcpStream;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering;
use std::time::Duration;

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::Value;
use serde_json::json;
use vestibule_packages::Group;
use vestibule_packages::Installer;
use vestibule_packages::Limits;
use vestibule_packages::Locking;
use vestibule_packages::NpmrcFile;
use vestibule_packages::PackagesError;
use vestibule_packages::Registries;
use vestibule_packages::Report;
use vestibule_packages::Request;
use vestibule_packages::Settings;

/// A server that answers paths with what the test put there.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    shared: Arc<Mutex<Shared>>,
}

#[derive(Default)]
struct Shared {
    packages: BTreeMap<String, Value>,
    answers: BTreeMap<String, Answer>,
    /// How often each path is to fail before it is answered.
    failures: BTreeMap<String, u32>,
    requests: Vec<Received>,
    is_closed: bool,
}

#[derive(Clone)]
pub(crate) struct Answer {
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
    /// How many bytes of the body are sent before the connection ends.
    pub(crate) sent_bytes_max: usize,
}

#[derive(Clone, Debug)]
pub(crate) struct Received {
    pub(crate) path: String,
    pub(crate) authorization: Option<String>,
}

impl Server {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let shared: Arc<Mutex<Shared>> = Arc::default();
        let state = Arc::clone(&shared);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let state = Arc::clone(&state);
                std::thread::spawn(move || serve(stream, &state));
            }
        });
        Self { address, shared }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}/{path}", self.address)
    }

    fn shared(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap()
    }

    /// Publishes a version whose tarball has these fields in its package.json, and an index.js.
    pub(crate) fn publish(&self, name: &str, version: &str, fields: Value) {
        self.publish_with(name, version, fields, &[]);
    }

    /// Publishes a version with more files.
    pub(crate) fn publish_with(&self, name: &str, version: &str, fields: Value, files: &[(&str, &[u8])]) {
        let mut manifest = json!({ "name": name, "version": version });
        for (key, value) in fields.as_object().unwrap() {
            manifest[key] = value.clone();
        }
        let index = format!("module.exports = {:?};\n", format!("{name}@{version}"));
        let text = manifest.to_string();
        let mut all: Vec<(String, &[u8])> = vec![
            ("package/package.json".to_owned(), text.as_bytes()),
            ("package/index.js".to_owned(), index.as_bytes()),
        ];
        all.extend(files.iter().map(|(path, bytes)| (format!("package/{path}"), *bytes)));
        let tarball = tarball(&all);
        self.publish_tarball(name, version, manifest, tarball);
    }

    pub(crate) fn publish_tarball(&self, name: &str, version: &str, mut manifest: Value, tarball: Vec<u8>) {
        let base = name.rsplit('/').next().unwrap();
        let path = format!("{name}/-/{base}-{version}.tgz");
        manifest["dist"] = json!({ "tarball": self.url(&path), "integrity": sha512(&tarball) });
        let mut shared = self.shared();
        let package = shared.packages.entry(name.to_owned()).or_insert_with(|| json!({ "versions": {} }));
        package["versions"][version] = manifest;
        package["dist-tags"]["latest"] = json!(version);
        shared.answers.insert(format!("/{path}"), Answer::ok(tarball));
    }

    /// Changes what is said about a package.
    pub(crate) fn describe(&self, name: &str, change: impl FnOnce(&mut Value)) {
        change(self.shared().packages.get_mut(name).unwrap());
    }

    pub(crate) fn answer(&self, path: &str, answer: Answer) {
        self.shared().answers.insert(path.to_owned(), answer);
    }

    pub(crate) fn answer_of(&self, path: &str) -> Answer {
        self.shared().answers[path].clone()
    }

    pub(crate) fn fail(&self, path: &str, times: u32) {
        self.shared().failures.insert(path.to_owned(), times);
    }

    /// Answers nothing any more.
    pub(crate) fn close(&self) {
        self.shared().is_closed = true;
    }

    pub(crate) fn requests(&self) -> Vec<Received> {
        self.shared().requests.clone()
    }
}

impl Answer {
    pub(crate) fn ok(body: Vec<u8>) -> Self {
        Self { head: "200 OK".to_owned(), body, sent_bytes_max: usize::MAX }
    }

    pub(crate) fn status(head: &str) -> Self {
        Self { head: head.to_owned(), body: Vec::new(), sent_bytes_max: usize::MAX }
    }
}

fn serve(stream: TcpStream, shared: &Mutex<Shared>) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut stream = stream;
    while let Some(received) = head(&mut reader) {
        let answer = {
            let mut shared = shared.lock().unwrap();
            shared.requests.push(received.clone());
            if shared.is_closed {
                return;
            }
            choose(&mut shared, &received.path)
        };
        let length = answer.body.len();
        let head = format!("HTTP/1.1 {}\r\ncontent-length: {length}\r\n\r\n", answer.head);
        let sent = length.min(answer.sent_bytes_max);
        if stream.write_all(head.as_bytes()).is_err() || stream.write_all(&answer.body[..sent]).is_err() {
            return;
        }
        if sent < length {
            return;
        }
    }
}

fn choose(shared: &mut Shared, path: &str) -> Answer {
    if let Some(times) = shared.failures.get_mut(path).filter(|times| **times > 0) {
        *times -= 1;
        return Answer::status("503 Service Unavailable");
    }
    if let Some(answer) = shared.answers.get(path) {
        return answer.clone();
    }
    let name = path.trim_start_matches('/').replace("%2f", "/");
    match shared.packages.get(&name) {
        Some(package) => Answer::ok(package.to_string().into_bytes()),
        None => Answer::status("404 Not Found"),
    }
}

fn head(reader: &mut BufReader<TcpStream>) -> Option<Received> {
    let mut line = String::new();
    if reader.read_line(&mut line).ok()? == 0 {
        return None;
    }
    let path = line.split(' ').nth(1)?.to_owned();
    let mut authorization = None;
    loop {
        line.clear();
        reader.read_line(&mut line).ok()?;
        if line.trim().is_empty() {
            return Some(Received { path, authorization });
        }
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("authorization")
        {
            authorization = Some(value.trim().to_owned());
        }
    }
}

pub(crate) fn tarball(files: &[(String, &[u8])]) -> Vec<u8> {
    let mut builder = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
    for (path, bytes) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        // As it is, also where the crate would refuse it.
        let name = &mut header.as_old_mut().name;
        if path.len() <= name.len() {
            name[..path.len()].copy_from_slice(path.as_bytes());
            header.set_cksum();
            builder.append(&header, *bytes).unwrap();
        } else {
            builder.append_data(&mut header, path, *bytes).unwrap();
        }
    }
    builder.into_inner().unwrap().finish().unwrap()
}

pub(crate) fn sha512(bytes: &[u8]) -> String {
    format!("sha512-{}", STANDARD.encode(digest::digest(&digest::SHA512, bytes)))
}

/// A project, a cache, and an installer that asks one server.
pub(crate) struct World {
    pub(crate) server: Server,
    pub(crate) root: PathBuf,
    pub(crate) limits: Limits,
    pub(crate) npmrc: String,
}

impl World {
    pub(crate) fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let root = std::env::temp_dir().join(format!("vestibule-packages-{}-{number}", std::process::id()));
        let server = Server::start();
        let npmrc = format!("registry={}\n", server.url(""));
        let pause = Duration::from_millis(1);
        let limits = Limits { first_pause: pause, pause_max: pause, ..Limits::default() };
        let world = Self { server, root, limits, npmrc };
        fs::create_dir_all(world.project()).unwrap();
        world
    }

    pub(crate) fn project(&self) -> PathBuf {
        self.root.join("project")
    }

    pub(crate) fn cache(&self) -> PathBuf {
        self.root.join("cache")
    }

    pub(crate) fn installer(&self) -> Installer {
        let file = NpmrcFile { path: PathBuf::from(".npmrc"), text: self.npmrc.clone() };
        let environment = |name: &str| (name == "TOKEN").then(|| "s3cret".to_owned());
        Installer::new(Settings {
            registries: Registries::new(&[file], None, environment).unwrap(),
            cache: self.cache(),
            roots: Vec::new(),
            limits: self.limits.clone(),
            observer: Box::new(|_| {}),
        })
        .unwrap()
    }

    pub(crate) async fn add(&self, requests: &[&str]) -> Result<Report, PackagesError> {
        let requests: Vec<Request> = requests.iter().map(|text| Request::parse(text).unwrap()).collect();
        self.installer().add(&self.project(), &requests, Group::Dependencies).await
    }

    pub(crate) async fn install(&self, locking: Locking) -> Result<Report, PackagesError> {
        self.installer().install(&self.project(), locking).await
    }

    pub(crate) fn write(&self, path: &str, text: &str) {
        fs::write(self.project().join(path), text).unwrap();
    }

    pub(crate) fn json(&self, path: &str) -> Value {
        serde_json::from_str(&fs::read_to_string(self.project().join(path)).unwrap()).unwrap()
    }

    /// Each package on disk as `PLACE NAME@VERSION`, by place.
    pub(crate) fn on_disk(&self) -> Vec<String> {
        let mut found = BTreeSet::new();
        packages(&self.project().join("node_modules"), "", &mut found);
        found.into_iter().collect()
    }

    /// Everything in the project but the lock of `node_modules`.
    pub(crate) fn snapshot(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let mut found = BTreeMap::new();
        files(&self.project(), &mut found);
        found.retain(|path, _| !path.ends_with(".vestibule.lock"));
        found
    }
}

impl Drop for World {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.root);
    }
}

fn packages(folder: &Path, place: &str, found: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name().into_string().unwrap();
        if name.starts_with('.') {
            continue;
        }
        let path = entry.path();
        if name.starts_with('@') {
            packages(&path, &format!("{place}{name}/"), found);
            continue;
        }
        let index = fs::read_to_string(path.join("index.js")).unwrap_or_default();
        let label = index.split('"').nth(1).unwrap_or("?");
        found.insert(format!("{place}{name} {label}"));
        packages(&path.join("node_modules"), &format!("{place}{name}/"), found);
    }
}

fn files(folder: &Path, found: &mut BTreeMap<PathBuf, Vec<u8>>) {
    for entry in fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            files(&path, found);
        } else {
            found.insert(path.clone(), fs::read(&path).unwrap());
        }
    }
}

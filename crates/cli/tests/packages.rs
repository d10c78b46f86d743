//! `add`, `install` and `remove`, from a registry on this machine and from the one that npm uses here.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that panics has failed")]
#![allow(clippy::print_stdout, reason = "what was not tested is said")]

mod support;

use std::fs;
use std::io::BufRead;
use std::io::BufReader;
use std::io::Write;
use std::net::SocketAddr;
use std::net::TcpListener;
use std::net::TcpStream;
use std::process::Command;

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use serde_json::json;

use support::Ended;
use support::Folder;

/// A registry with the package `greet` in version 1.0.0, deprecated with a hostile text.
fn registry() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let tarball = tarball();
    let hash = STANDARD.encode(digest::digest(&digest::SHA512, &tarball));
    let dist = json!({ "integrity": format!("sha512-{hash}") });
    let version = json!({ "dist": dist, "deprecated": "no\u{1b}[2J longer" });
    let metadata = json!({ "dist-tags": { "latest": "1.0.0" }, "versions": { "1.0.0": version } });
    let metadata = metadata.to_string().into_bytes();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            answer(stream, &metadata, &tarball);
        }
    });
    address
}

fn tarball() -> Vec<u8> {
    let gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    let mut builder = tar::Builder::new(gzip);
    let files =
        [("package/package.json", "{\"name\":\"greet\"}"), ("package/index.js", "module.exports = 'hello';")];
    for (path, text) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(text.len() as u64);
        builder.append_data(&mut header, path, text.as_bytes()).unwrap();
    }
    builder.into_inner().unwrap().finish().unwrap()
}

fn answer(mut stream: TcpStream, metadata: &[u8], tarball: &[u8]) {
    let mut lines = BufReader::new(stream.try_clone().unwrap()).lines().map_while(Result::ok);
    let first = lines.next().unwrap_or_default();
    while lines.next().is_some_and(|line| !line.is_empty()) {}
    let (status, body): (&str, &[u8]) = match first.split(' ').nth(1) {
        Some("/greet") => ("200 OK", metadata),
        Some("/greet/-/greet-1.0.0.tgz") => ("200 OK", tarball),
        _ => ("404 Not Found", b""),
    };
    let head = format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
    let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body));
}

/// A project whose registry is named in a variable, as npm has it.
fn project(registry: SocketAddr) -> Folder {
    let folder = Folder::new();
    let home = folder.path.to_string_lossy().into_owned();
    folder.with_variable("HOME", &home).with_variable("NPM_CONFIG_REGISTRY", &format!("http://{registry}"))
}

fn ends(ended: &Ended, code: i32, out: &str, err: &str) {
    assert_eq!((ended.code, ended.out.as_str(), ended.err.as_str()), (code, out, err));
}

#[test]
fn adds_installs_and_removes() {
    let folder = project(registry());
    let progress = "resolving: 1 packages known\nfetching: 1 of 1 packages\n";
    let note = "note: greet@1.0.0 is deprecated: no\\u{1b}[2J longer\n";
    let said = "1 package in node_modules: 1 installed, 0 removed\n";
    let added = folder.run("add greet");
    ends(&added, 0, &format!("greet 1.0.0 (^1.0.0)\n{said}"), &format!("{progress}{note}"));
    let text = fs::read_to_string(folder.path.join("node_modules/greet/index.js")).unwrap();
    assert_eq!(text, "module.exports = 'hello';");
    ends(&folder.run("install"), 0, "1 package in node_modules, all there already\n", "");
    fs::remove_dir_all(folder.path.join("node_modules")).unwrap();
    let again = folder.run("install --frozen");
    ends(&again, 0, said, &format!("fetching: 1 of 1 packages\n{note}"));
    assert!(folder.path.join(".cache/vestibule/npm").is_dir());
    ends(&folder.run("remove greet"), 0, "0 packages in node_modules: 0 installed, 1 removed\n", "");
}

#[test]
fn wrong_use_is_told_with_the_way_out() {
    let folder = project(registry());
    folder.run("add ../x").refuses(&["\"../x\" does not name a package", "hint: write NAME"]);
    folder.run("add x@file:y").refuses(&["is not a version, a range or a tag"]);
    folder.run("install").refuses(&["package.json: there is no such file", "vestibule add PACKAGE"]);
    let folder = folder.with("package.json", "{\"dependencies\": {\"greet\": \"1\"}}");
    folder.run("install --frozen").refuses(&["there is no package-lock.json", "without --frozen"]);
    folder.run("remove other").refuses(&["other is not among the dependencies"]);
    let folder = folder.with("package.json", "{");
    folder.run("install").refuses(&["package.json: EOF", "JSON object"]);
    let nowhere = Folder::new();
    nowhere.run("add greet").refuses(&["HOME is not set", "--cache DIR"]);
}

#[test]
fn what_the_registry_does_not_have_ends_with_1() {
    let folder = project(registry());
    let ended = folder.run("add greet@2");
    assert_eq!(ended.code, 1);
    for text in
        ["no version 2 of greet", "the nearest are 1.0.0; tags: latest = 1.0.0", "hint: ask for a version"]
    {
        assert!(ended.err.contains(text), "{}", ended.err);
    }
}

#[test]
fn the_registry_is_found_where_npm_looks_for_it() {
    let used = |folder: &Folder, line: &str| folder.run(line).err;
    let (one, two, three) = (registry(), registry(), registry());
    let folder = Folder::new().with("home/.npmrc", format!("registry=http://{one}\n"));
    let home = folder.path.join("home").to_string_lossy().into_owned();
    let folder = folder.with_variable("HOME", &home);
    assert!(used(&folder, "add gone").contains(&one.to_string()));
    let folder =
        folder.with(".npmrc", "registry=http://${REGISTRY}\n").with_variable("REGISTRY", &two.to_string());
    assert!(used(&folder, "add gone").contains(&two.to_string()));
    let folder = folder.with_variable("npm_config_registry", &format!("http://{three}"));
    assert!(used(&folder, "add gone").contains(&three.to_string()));
    assert!(used(&folder, &format!("add gone --registry http://{one}/")).contains(&one.to_string()));
    let folder = folder.with(".npmrc", "registry=nonsense");
    folder.run("add gone").refuses(&[".npmrc: registry is not an address", "_authToken="]);
}

/// Needs the network: without it, it says so and proves nothing.
#[test]
fn real_packages_are_installed_and_node_finds_them() {
    let mut folder = Folder::new();
    for name in ["HOME", "NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE"] {
        if let Ok(value) = std::env::var(name) {
            folder = folder.with_variable(name, &value);
        }
    }
    let npm = Command::new("npm").args(["config", "get", "registry"]).output();
    if let Some(registry) = npm.ok().filter(|npm| npm.status.success()) {
        folder =
            folder.with_variable("NPM_CONFIG_REGISTRY", String::from_utf8(registry.stdout).unwrap().trim());
    }
    let ended = folder.run("add uuid lodash jose axios --cache cache");
    if ended.code == 1 && ended.err.contains("could not be fetched") {
        println!("skipped: the registry cannot be reached: {}", ended.err);
        return;
    }
    assert_eq!(ended.code, 0, "{}", ended.err);
    let lock = fs::read_to_string(folder.path.join("package-lock.json")).unwrap();
    let lock: Value = serde_json::from_str(&lock).unwrap();
    for name in ["uuid", "lodash", "jose", "axios"] {
        assert!(folder.path.join("node_modules").join(name).join("package.json").is_file());
        let integrity = &lock["packages"][format!("node_modules/{name}")]["integrity"];
        assert!(integrity.as_str().unwrap().starts_with("sha512-"), "{name}");
    }
    let script = "Promise.all(['uuid', 'lodash', 'jose', 'axios'].map((name) => import(name))).then((all) => \
                  console.log(all.every((one) => Object.keys(one).length > 0)))";
    match Command::new("node").args(["--input-type=module", "-e", script]).current_dir(&folder.path).output()
    {
        Ok(node) => {
            let out = String::from_utf8_lossy(&node.stdout);
            assert_eq!(out.trim(), "true", "{}", String::from_utf8_lossy(&node.stderr));
            let require = "console.log(typeof require('lodash').chunk, typeof require('axios').get)";
            let node = Command::new("node").args(["-e", require]).current_dir(&folder.path).output().unwrap();
            assert_eq!(String::from_utf8_lossy(&node.stdout).trim(), "function function");
        }
        Err(error) => println!("node was not asked: {error}"),
    }
}

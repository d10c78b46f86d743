//! Registries that are slow, broken, private or elsewhere.

use std::fs;

use serde_json::json;
use vestibule_packages::Locking;
use vestibule_packages::PackagesError;

use crate::world::Answer;
use crate::world::Server;
use crate::world::World;

#[tokio::test]
async fn what_passes_is_tried_again_and_what_stays_is_not() {
    let mut world = World::new();
    world.server.publish("a", "1.0.0", json!({}));
    world.server.fail("/a", 3);
    world.server.fail("/a/-/a-1.0.0.tgz", 2);
    world.add(&["a"]).await.unwrap();
    let count = |path: &str| world.server.requests().iter().filter(|request| request.path == path).count();
    assert_eq!((count("/a"), count("/a/-/a-1.0.0.tgz")), (4, 3));
    world.add(&["gone"]).await.unwrap_err();
    assert_eq!(count("/gone"), 1);
    world.limits.attempts_max = 2;
    world.server.fail("/b", 100);
    let error = world.add(&["b"]).await.unwrap_err();
    let text = error.to_string();
    assert!(text.contains("503") && text.contains("tried 2 times") && text.contains("/b"), "{text}");
}

#[tokio::test]
async fn a_cut_off_answer_is_not_taken_for_a_whole_one() {
    let world = World::new();
    world.server.publish("a", "1.0.0", json!({}));
    let whole = world.server.answer_of("/a/-/a-1.0.0.tgz");
    world.server.answer("/a/-/a-1.0.0.tgz", Answer { sent_bytes_max: 40, ..whole.clone() });
    let error = world.add(&["a"]).await.unwrap_err();
    assert!(matches!(&error, PackagesError::Fetch { attempts: 4, .. }), "{error}");
    world.server.answer("/a/-/a-1.0.0.tgz", whole);
    world.add(&["a"]).await.unwrap();
}

#[tokio::test]
async fn a_server_that_says_nothing_is_given_up() {
    let mut world = World::new();
    world.limits.idle_time_max = std::time::Duration::from_millis(50);
    world.limits.attempts_max = 2;
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    world.npmrc = format!("registry=http://{}/\n", listener.local_addr().unwrap());
    let error = world.add(&["a"]).await.unwrap_err();
    assert!(matches!(&error, PackagesError::Fetch { attempts: 2, .. }), "{error}");
}

#[tokio::test]
async fn scopes_have_registries_and_tokens_of_their_own() {
    let mut world = World::new();
    let private = Server::start();
    private.publish("@acme/x", "1.0.0", json!({ "dependencies": { "a": "1" } }));
    world.server.publish("a", "1.0.0", json!({}));
    world.npmrc = format!(
        "registry={}\n@acme:registry={}\n//{}/:_authToken=${{TOKEN}}\n",
        world.server.url(""),
        private.url(""),
        private.address
    );
    world.add(&["@acme/x"]).await.unwrap();
    assert_eq!(world.on_disk(), ["@acme/x @acme/x@1.0.0", "a a@1.0.0"]);
    let (ours, others) = (private.requests(), world.server.requests());
    assert!(ours.iter().any(|request| request.path == "/@acme%2fx"));
    assert!(ours.iter().all(|request| request.authorization.as_deref() == Some("Bearer s3cret")), "{ours:?}");
    assert!(!others.is_empty() && others.iter().all(|request| request.authorization.is_none()), "{others:?}");
    // Nothing on disk has it.
    for (path, bytes) in world.snapshot() {
        assert!(!String::from_utf8_lossy(&bytes).contains("s3cret"), "{}", path.display());
    }
}

#[tokio::test]
async fn a_redirect_takes_no_token_along() {
    let mut world = World::new();
    let elsewhere = Server::start();
    world.server.publish("a", "1.0.0", json!({}));
    let tarball = world.server.answer_of("/a/-/a-1.0.0.tgz");
    elsewhere.answer("/moved.tgz", tarball);
    let redirect = format!("302 Found\r\nlocation: {}", elsewhere.url("moved.tgz"));
    world.server.answer("/a/-/a-1.0.0.tgz", Answer::status(&redirect));
    // Even a token that is filed for the other one.
    let hosts =
        [world.server.address, elsewhere.address].map(|host| format!("//{host}/:_authToken=s3cret\n"));
    world.npmrc.push_str(&hosts.concat());
    world.add(&["a"]).await.unwrap();
    assert!(world.server.requests().iter().all(|request| request.authorization.is_some()));
    let received = elsewhere.requests();
    assert!(received.len() == 1 && received[0].authorization.is_none(), "{received:?}");
}

#[tokio::test]
async fn redirects_end() {
    let world = World::new();
    let redirect = format!("301 Moved\r\nlocation: {}", world.server.url("a"));
    world.server.answer("/a", Answer::status(&redirect));
    let error = world.add(&["a"]).await.unwrap_err();
    assert!(error.to_string().contains("redirects too often"), "{error}");
    assert_eq!(world.server.requests().len(), 6);
}

#[tokio::test]
async fn credentials_are_never_shown() {
    let mut world = World::new();
    world.server.answer("/a", Answer::status("401 Unauthorized"));
    let address = world.server.address;
    world.npmrc = format!("registry=http://me:s3cret@{address}/\n//{address}/:_authToken=s3cret\n");
    let error = world.add(&["a"]).await.unwrap_err();
    let text = format!("{error} {error:?} {}", error.hint().unwrap());
    assert!(text.contains("401") && text.contains("_authToken") && !text.contains("s3cret"), "{text}");
}

#[tokio::test]
async fn a_tarball_may_be_somewhere_else() {
    let world = World::new();
    world.server.publish("a", "1.0.0", json!({}));
    let tarball = world.server.answer_of("/a/-/a-1.0.0.tgz");
    world.server.answer("/a/-/a-1.0.0.tgz", Answer::status("404 Not Found"));
    world.server.answer("/download/1", tarball);
    let url = world.server.url("download/1");
    world.server.describe("a", |package| package["versions"]["1.0.0"]["dist"]["tarball"] = json!(url));
    world.add(&["a"]).await.unwrap();
    assert_eq!(world.json("package-lock.json")["packages"]["node_modules/a"]["resolved"], json!(url));
    // Without that line, the registry is asked where it is.
    let lock = fs::read_to_string(world.project().join("package-lock.json")).unwrap();
    let lock: String = lock.lines().filter(|line| !line.contains("resolved")).collect();
    world.write("package-lock.json", &lock);
    for folder in [world.cache(), world.project().join("node_modules")] {
        fs::remove_dir_all(folder).unwrap();
    }
    world.install(Locking::Frozen).await.unwrap();
    assert_eq!(world.on_disk(), ["a a@1.0.0"]);
}

//! What is there when something goes wrong: what was there before, or what the next installation mends.

use std::fs;
use std::os::unix::fs::symlink;

use serde_json::json;
use vestibule_packages::Locking;
use vestibule_packages::PackagesError;

use crate::world::Answer;
use crate::world::World;

async fn with_a_and_b() -> World {
    let world = World::new();
    world.server.publish("a", "1.0.0", json!({ "dependencies": { "b": "1" } }));
    world.server.publish("b", "1.0.0", json!({}));
    world.add(&["a"]).await.unwrap();
    world
}

#[tokio::test]
async fn a_failure_half_way_changes_nothing() {
    let mut world = with_a_and_b().await;
    // Time for the others to arrive.
    world.limits.first_pause = std::time::Duration::from_millis(300);
    world.limits.pause_max = world.limits.first_pause;
    world.server.publish("c", "1.0.0", json!({ "dependencies": { "b": "2", "d": "1" } }));
    world.server.publish("b", "2.0.0", json!({}));
    world.server.publish("d", "1.0.0", json!({}));
    let before = world.snapshot();
    world.server.fail("/d/-/d-1.0.0.tgz", 1000);
    let error = world.add(&["c", "b@2"]).await.unwrap_err();
    assert!(error.to_string().contains("d@1.0.0 could not be fetched"), "{error}");
    assert_eq!(world.snapshot(), before);
    // What was fetched is kept.
    world.server.fail("/d/-/d-1.0.0.tgz", 0);
    let count =
        || world.server.requests().iter().filter(|request| request.path == "/c/-/c-1.0.0.tgz").count();
    let fetched = count();
    world.add(&["c", "b@2"]).await.unwrap();
    assert_eq!(world.on_disk(), ["a a@1.0.0", "a/b b@1.0.0", "b b@2.0.0", "c c@1.0.0", "d d@1.0.0"]);
    assert_eq!((fetched, count()), (1, 1));
}

#[tokio::test]
async fn other_bytes_than_the_hash_says_are_refused() {
    let world = World::new();
    world.server.publish("a", "1.0.0", json!({}));
    let right = world.server.answer_of("/a/-/a-1.0.0.tgz");
    world.server.publish("evil", "1.0.0", json!({}));
    world.server.answer("/a/-/a-1.0.0.tgz", world.server.answer_of("/evil/-/evil-1.0.0.tgz"));
    let error = world.add(&["a"]).await.unwrap_err();
    assert!(matches!(error, PackagesError::Integrity { .. }), "{error}");
    assert!(error.to_string().contains("a@1.0.0 is not what it should be") && world.on_disk().is_empty());
    world.server.answer("/a/-/a-1.0.0.tgz", right);
    world.add(&["a"]).await.unwrap();
    // The lock file is believed, not what the registry says later.
    world.server.publish("a", "1.0.0", json!({ "description": "another" }));
    fs::remove_dir_all(world.cache()).unwrap();
    fs::remove_dir_all(world.project().join("node_modules")).unwrap();
    let error = world.install(Locking::Frozen).await.unwrap_err();
    assert!(matches!(error, PackagesError::Integrity { .. }), "{error}");
}

#[tokio::test]
async fn old_packages_have_a_sha1_and_none_at_all_is_refused() {
    let world = World::new();
    world.server.publish("old", "1.0.0", json!({}));
    let tarball = world.server.answer_of("/old/-/old-1.0.0.tgz").body;
    let sum = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA1_FOR_LEGACY_USE_ONLY, &tarball);
    let sum: String = sum.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    let dist = |value| move |package: &mut serde_json::Value| package["versions"]["1.0.0"]["dist"] = value;
    world.server.describe("old", dist(json!({})));
    let error = world.add(&["old"]).await.unwrap_err();
    assert!(matches!(error, PackagesError::NoIntegrity { .. }), "{error}");
    world.server.describe("old", dist(json!({ "shasum": "0".repeat(40) })));
    assert!(matches!(world.add(&["old"]).await.unwrap_err(), PackagesError::Integrity { .. }));
    world.server.describe("old", dist(json!({ "shasum": sum })));
    world.add(&["old"]).await.unwrap();
    let lock = world.json("package-lock.json");
    assert!(lock["packages"]["node_modules/old"]["integrity"].as_str().unwrap().starts_with("sha1-"));
}

#[tokio::test]
async fn an_interrupted_installation_is_mended() {
    let world = with_a_and_b().await;
    let modules = world.project().join("node_modules");
    let expected = world.on_disk();
    let damages: [(&str, &dyn Fn()); 5] = [
        ("a package is gone", &|| fs::remove_dir_all(modules.join("b")).unwrap()),
        ("a package is half there and not recorded", &|| {
            fs::write(modules.join(".vestibule.json"), "{\"packages\":{\"node_modules/b\":\"sha512-x\"}}")
                .unwrap();
            fs::remove_file(modules.join("a/index.js")).unwrap();
        }),
        ("the record is cut off", &|| fs::write(modules.join(".vestibule.json"), "{\"pack").unwrap()),
        ("something was left in the making", &|| {
            fs::create_dir_all(modules.join(".vestibule-staging/0/x")).unwrap();
            fs::remove_dir_all(modules.join("a")).unwrap();
        }),
        ("a link stands where a package was", &|| {
            fs::remove_dir_all(modules.join("b")).unwrap();
            symlink("/", modules.join("b")).unwrap();
        }),
    ];
    for (name, damage) in damages {
        damage();
        world.install(Locking::Update).await.unwrap();
        assert_eq!(world.on_disk(), expected, "{name}");
        assert!(!modules.join(".vestibule-staging").exists(), "{name}");
        assert!(!fs::symlink_metadata(modules.join("b")).unwrap().is_symlink(), "{name}");
    }
    assert!(fs::exists("/tmp").unwrap());
}

#[tokio::test]
async fn a_damaged_cache_is_fetched_anew() {
    let world = with_a_and_b().await;
    for entry in fs::read_dir(world.cache()).unwrap().flatten() {
        fs::write(entry.path(), "damaged").unwrap();
    }
    fs::remove_dir_all(world.project().join("node_modules")).unwrap();
    world.install(Locking::Frozen).await.unwrap();
    assert_eq!(world.on_disk(), ["a a@1.0.0", "b b@1.0.0"]);
}

#[tokio::test]
async fn a_link_in_the_place_of_node_modules_is_refused() {
    let world = World::new();
    world.write("package.json", "{}");
    symlink(&world.root, world.project().join("node_modules")).unwrap();
    let error = world.install(Locking::Update).await.unwrap_err();
    assert!(error.to_string().contains("it is a link") && error.hint().is_some(), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn installations_at_the_same_time_do_not_disturb_each_other() {
    let world = World::new();
    let names: Vec<String> = (0..8).map(|number| format!("p{number}")).collect();
    for name in &names {
        world.server.publish(name, "1.0.0", json!({ "dependencies": { "shared": "1" } }));
    }
    world.server.publish("shared", "1.0.0", json!({}));
    let each = |name: &String| {
        let name = name.clone();
        let world = &world;
        async move { world.add(&[&name]).await.map(|_| ()) }
    };
    for result in futures::future::join_all(names.iter().map(each)).await {
        result.unwrap();
    }
    let mut expected: Vec<String> = names.iter().map(|name| format!("{name} {name}@1.0.0")).collect();
    expected.push("shared shared@1.0.0".to_owned());
    assert_eq!(world.on_disk(), expected);
    assert_eq!(world.json("package.json")["dependencies"].as_object().unwrap().len(), names.len());
    world.server.close();
    assert_eq!(world.install(Locking::Frozen).await.unwrap().installed, 0);
}

#[tokio::test]
async fn errors_name_what_where_and_the_way_out() {
    let world = World::new();
    for version in ["1.0.0", "1.1.0", "2.0.0"] {
        world.server.publish("a", version, json!({}));
    }
    world.server.publish("user", "1.0.0", json!({ "dependencies": { "a": "^3" } }));
    world.server.publish("local", "1.0.0", json!({ "dependencies": { "b": "file:../b" } }));
    world.server.answer("/odd", Answer::ok(b"<html>".to_vec()));
    let registry = world.server.url("");
    let table = [
        ("gone", format!("there is no package gone in the registry {registry}")),
        (
            "a@1.5.0",
            format!(
                "there is no version 1.5.0 of a in the registry {registry}; the nearest are 2.0.0, 1.1.0, 1.0.0; \
                 tags: latest = 2.0.0"
            ),
        ),
        (
            "user",
            format!(
                "there is no version ^3 of a in the registry {registry}, which user@1.0.0 depends on; the nearest \
                 are 2.0.0, 1.1.0, 1.0.0; tags: latest = 2.0.0"
            ),
        ),
        (
            "local",
            "b is asked for as \"file:../b\", which is not a version, range or tag of a registry, which \
             local@1.0.0 depends on"
                .to_owned(),
        ),
        (
            "odd",
            format!(
                "the registry's answer about odd cannot be read: expected value at line 1 column 1 ({registry}odd)"
            ),
        ),
    ];
    for (request, message) in table {
        let error = world.add(&[request]).await.unwrap_err();
        assert_eq!(error.to_string(), message);
        assert!(error.hint().is_some() && !error.is_wrong_use(), "{request}");
    }
    assert!(!world.project().join("package.json").exists());
}

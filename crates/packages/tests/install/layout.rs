//! Which versions are where.

use std::fs;

use serde_json::Value;
use serde_json::json;
use vestibule_packages::Locking;
use vestibule_packages::PackagesError;

use crate::world::World;

#[tokio::test]
async fn versions_are_hoisted_where_they_fit_and_nested_elsewhere() {
    let world = World::new();
    world.server.publish("a", "1.0.0", json!({ "dependencies": { "c": "^1", "@s/d": "*" } }));
    world.server.publish("b", "1.0.0", json!({ "dependencies": { "c": "^2" } }));
    world.server.publish("c", "1.0.0", json!({}));
    world.server.publish("c", "1.5.0", json!({}));
    world.server.publish("c", "2.0.0", json!({ "dependencies": { "@s/d": "^2" } }));
    world.server.publish("@s/d", "1.0.0", json!({ "dependencies": { "a": "1" } }));
    world.server.publish("@s/d", "2.0.0", json!({}));
    world.server.describe("@s/d", |package| package["dist-tags"]["latest"] = json!("1.0.0"));

    let report = world.add(&["a", "b@1.0.0"]).await.unwrap();
    let expected =
        ["@s/d @s/d@1.0.0", "a a@1.0.0", "b b@1.0.0", "b/c c@2.0.0", "b/@s/d @s/d@2.0.0", "c c@1.5.0"];
    let mut expected = expected.map(str::to_owned);
    expected.sort();
    assert_eq!(world.on_disk(), expected);
    assert_eq!((report.packages, report.installed, report.removed), (6, 6, 0));
    assert_eq!(world.json("package.json")["dependencies"], json!({ "a": "^1.0.0", "b": "1.0.0" }));

    // Again, with what is there and without a network.
    world.server.close();
    let lock = fs::read(world.project().join("package-lock.json")).unwrap();
    for locking in [Locking::Update, Locking::Frozen] {
        let report = world.install(locking).await.unwrap();
        assert_eq!((report.packages, report.installed), (6, 0));
    }
    assert_eq!(fs::read(world.project().join("package-lock.json")).unwrap(), lock);
    fs::remove_dir_all(world.project().join("node_modules")).unwrap();
    world.install(Locking::Frozen).await.unwrap();
    assert_eq!(world.on_disk(), expected);
}

#[tokio::test]
async fn the_lock_file_is_npms_and_names_no_registry() {
    let world = World::new();
    world.server.publish("a", "1.0.0", json!({ "dependencies": { "b": "1" }, "license": "MIT" }));
    world.server.publish("b", "1.0.0", json!({ "bin": { "b": "b.js" } }));
    world.write(
        "package.json",
        "{ \"name\": \"me\", \"version\": \"0.1.0\", \"devDependencies\": { \"b2\": \"npm:b@*\" } }",
    );
    world.add(&["a"]).await.unwrap();
    let lock = world.json("package-lock.json");
    let text = lock.to_string();
    assert!(!text.contains("127.0.0.1"), "{text}");
    assert_eq!(lock["lockfileVersion"], 3);
    assert_eq!(lock["packages"][""]["dependencies"], json!({ "a": "^1.0.0" }));
    let b2 = &lock["packages"]["node_modules/b2"];
    assert_eq!((&b2["name"], &b2["version"], &b2["dev"]), (&json!("b"), &json!("1.0.0"), &json!(true)));
    assert_eq!(lock["packages"]["node_modules/b"].get("dev"), None);
    assert!(lock["packages"]["node_modules/a"]["integrity"].as_str().unwrap().starts_with("sha512-"));
    assert_eq!(world.on_disk(), ["a a@1.0.0", "b b@1.0.0", "b2 b@1.0.0"]);
}

#[tokio::test]
async fn what_the_lock_file_says_goes_before_what_is_new() {
    let world = World::new();
    world.server.publish("a", "1.0.0", json!({ "dependencies": { "b": "^1" } }));
    world.server.publish("b", "1.0.0", json!({}));
    world.add(&["a"]).await.unwrap();
    world.server.publish("b", "1.1.0", json!({}));
    world.server.publish("c", "1.0.0", json!({ "dependencies": { "b": "^1" } }));
    world.add(&["c"]).await.unwrap();
    assert_eq!(world.on_disk(), ["a a@1.0.0", "b b@1.0.0", "c c@1.0.0"]);
    // Who asks for it gets the newest, and so does everybody whom it suits.
    world.add(&["b"]).await.unwrap();
    assert_eq!(world.on_disk(), ["a a@1.0.0", "b b@1.1.0", "c c@1.0.0"]);
    // Another major version moves in, and the others keep theirs.
    world.server.publish("b", "2.0.0", json!({}));
    world.add(&["b@2"]).await.unwrap();
    assert_eq!(world.on_disk(), ["a a@1.0.0", "a/b b@1.1.0", "b b@2.0.0", "c c@1.0.0", "c/b b@1.1.0"]);
}

#[tokio::test]
async fn peers_stand_beside_who_wants_them() {
    let world = World::new();
    world.server.publish("host", "1.0.0", json!({}));
    world.server.publish("host", "2.0.0", json!({}));
    let optional = json!({ "missing": { "optional": true } });
    let peers = json!({ "host": "^1", "missing": "1" });
    world.server.publish(
        "plugin",
        "1.0.0",
        json!({ "peerDependencies": peers, "peerDependenciesMeta": optional }),
    );
    world.server.publish("user", "1.0.0", json!({ "dependencies": { "plugin": "1" } }));
    let report = world.add(&["plugin"]).await.unwrap();
    assert_eq!(world.on_disk(), ["host host@1.0.0", "plugin plugin@1.0.0"]);
    assert_eq!(
        (report.notes.len(), &world.json("package-lock.json")["packages"]["node_modules/host"]["peer"]),
        (0, &json!(true))
    );
    // The project itself wants another: it is told, and gets it.
    let report = world.add(&["host@2"]).await.unwrap();
    assert_eq!(world.on_disk(), ["host host@2.0.0", "plugin plugin@1.0.0"]);
    assert_eq!(report.notes, ["plugin@1.0.0 wants host@^1 beside it, but finds host@2.0.0"]);
    // Below another package there is room for both.
    let world = in_new_project(world);
    world.add(&["host@2", "user"]).await.unwrap();
    let expected = ["host host@2.0.0", "user user@1.0.0", "user/host host@1.0.0", "user/plugin plugin@1.0.0"];
    assert_eq!(world.on_disk(), expected);
}

#[tokio::test]
async fn who_would_rather_have_no_peer_than_a_wrong_one_is_not_given_a_wrong_one() {
    let world = World::new();
    let optional = json!({ "types": { "optional": true } });
    world.server.publish(
        "sdk",
        "1.0.0",
        json!({ "peerDependencies": { "types": ">=2" }, "peerDependenciesMeta": optional }),
    );
    world.server.publish("old", "1.0.0", json!({ "dependencies": { "types": "^1" } }));
    world.server.publish("types", "1.0.0", json!({}));
    world.server.publish("types", "2.0.0", json!({}));
    world.add(&["old", "sdk"]).await.unwrap();
    assert_eq!(world.on_disk(), ["old old@1.0.0", "old/types types@1.0.0", "sdk sdk@1.0.0"]);
}

/// The same registry and a new project.
fn in_new_project(world: World) -> World {
    fs::remove_dir_all(world.project()).unwrap();
    fs::create_dir_all(world.project()).unwrap();
    world
}

#[tokio::test]
async fn optional_packages_may_be_missing_native_or_broken() {
    let world = World::new();
    let optional = json!({ "gone": "1", "linux-only": "1", "native": "1", "deep": "1", "fine": "1" });
    world.server.publish("a", "1.0.0", json!({ "dependencies": optional, "optionalDependencies": optional }));
    world.server.publish("linux-only", "1.0.0", json!({ "os": ["linux"], "cpu": ["x64"] }));
    world.server.publish_with(
        "native",
        "1.0.0",
        json!({ "dependencies": { "helper": "1" } }),
        &[("binding.gyp", b"{}")],
    );
    world.server.publish("helper", "1.0.0", json!({}));
    world.server.publish("deep", "1.0.0", json!({ "dependencies": { "gone": "1" } }));
    world.server.publish("fine", "1.0.0", json!({}));
    let report = world.add(&["a"]).await.unwrap();
    assert_eq!(world.on_disk(), ["a a@1.0.0", "fine fine@1.0.0"], "{:?}", report.notes);
    for name in ["gone", "native", "deep", "linux-only"] {
        assert!(
            report.notes.iter().any(|note| note.contains(&format!("optional {name}"))),
            "{:?}",
            report.notes
        );
    }
    // npm on such a machine finds it in the lock file.
    assert_eq!(world.json("package-lock.json")["packages"]["node_modules/linux-only"]["optional"], true);
    let report = world.install(Locking::Frozen).await.unwrap();
    assert_eq!(world.on_disk(), ["a a@1.0.0", "fine fine@1.0.0"], "{:?}", report.notes);
}

#[tokio::test]
async fn bundled_dependencies_come_with_their_package() {
    let world = World::new();
    let fields = json!({ "dependencies": { "inner": "1" }, "bundleDependencies": ["inner"] });
    let files: [(&str, &[u8]); 2] = [
        ("node_modules/inner/package.json", b"{\"name\":\"inner\"}"),
        ("node_modules/inner/index.js", b"module.exports = \"inner@bundled\";"),
    ];
    world.server.publish_with("outer", "1.0.0", fields, &files);
    world.add(&["outer"]).await.unwrap();
    assert_eq!(world.on_disk(), ["outer outer@1.0.0", "outer/inner inner@bundled"]);
}

#[tokio::test]
async fn removing_takes_away_what_nobody_needs() {
    let world = World::new();
    world.server.publish("a", "1.0.0", json!({ "dependencies": { "@s/x": "1", "y": "1" } }));
    world.server.publish("b", "1.0.0", json!({ "dependencies": { "y": "1" } }));
    world.server.publish("@s/x", "1.0.0", json!({}));
    world.server.publish("y", "1.0.0", json!({}));
    world.add(&["a", "b"]).await.unwrap();
    let report = world.installer().remove(&world.project(), &["a".to_owned()]).await.unwrap();
    assert_eq!((world.on_disk(), report.removed), (vec!["b b@1.0.0".to_owned(), "y y@1.0.0".to_owned()], 2));
    assert!(!world.project().join("node_modules/@s").exists());
    assert_eq!(world.json("package.json"), json!({ "private": true, "dependencies": { "b": "^1.0.0" } }));
    let error = world.installer().remove(&world.project(), &["a".to_owned()]).await.unwrap_err();
    assert!(matches!(error, PackagesError::NotADependency { .. }));
}

#[tokio::test]
async fn warnings_name_the_package() {
    let world = World::new();
    world.server.publish(
        "a",
        "1.0.0",
        json!({ "deprecated": "use b", "scripts": { "postinstall": "touch /tmp/x" } }),
    );
    let report = world.add(&["a"]).await.unwrap();
    let expected = ["a@1.0.0 has an install script, which is not run", "a@1.0.0 is deprecated: use b"];
    assert_eq!(report.notes, expected);
}

#[tokio::test]
async fn a_frozen_lock_file_has_to_fit() {
    let world = World::new();
    world.server.publish("a", "1.0.0", json!({}));
    world.write("package.json", "{\"dependencies\": {\"a\": \"1\"}}");
    let differences = |error: PackagesError| match error {
        PackagesError::LockOutOfDate { differences } => differences.join("; "),
        error => panic!("{error}"),
    };
    let error = world.install(Locking::Frozen).await.unwrap_err();
    assert_eq!(differences(error), "there is no package-lock.json");
    world.install(Locking::Update).await.unwrap();
    world.write("package.json", "{\"dependencies\": {\"a\": \"2\"}}");
    let before = world.snapshot();
    let error = world.install(Locking::Frozen).await.unwrap_err();
    assert_eq!(differences(error), "package.json wants a@2, it has a@1.0.0");
    world.write("package.json", "{}");
    let error = world.install(Locking::Frozen).await.unwrap_err();
    assert_eq!(differences(error), "nothing wants node_modules/a");
    world.write("package.json", "{\"dependencies\": {\"a\": \"2\"}}");
    assert_eq!(world.snapshot(), before);
}

#[tokio::test]
async fn a_lock_file_that_is_none_is_refused_with_the_way_out() {
    let world = World::new();
    world.write("package.json", "{}");
    let table: [(Value, &str); 4] = [
        (json!({ "lockfileVersion": 1, "dependencies": {} }), "version 1"),
        (json!({ "packages": { "node_modules/../../x": { "version": "1.0.0" } } }), "not a place"),
        (json!({ "packages": { "node_modules/x": { "link": true } } }), "link"),
        (json!({ "packages": { "node_modules/x": { "name": "../y", "version": "1.0.0" } } }), "none"),
    ];
    for (lock, reason) in table {
        world.write("package-lock.json", &lock.to_string());
        let error = world.install(Locking::Update).await.unwrap_err();
        assert!(error.to_string().contains(reason) && error.hint().is_some(), "{error}");
    }
}

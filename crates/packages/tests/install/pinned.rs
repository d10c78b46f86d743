//! Folders of packages that are made once.

use std::fs;

use serde_json::json;
use vestibule_packages::Pinned;

use crate::world::World;

/// Two packages, one of which needs the other, as the two files of a project that has them.
async fn world() -> (World, String, String) {
    let world = World::new();
    world.server.publish("a", "1.0.0", json!({ "dependencies": { "b": "1" } }));
    world.server.publish("b", "1.0.0", json!({}));
    world.add(&["a"]).await.unwrap();
    let text = |name: &str| fs::read_to_string(world.project().join(name)).unwrap();
    let (manifest, lock) = (text("package.json"), text("package-lock.json"));
    // What was fetched before does not count.
    fs::remove_dir_all(world.cache()).unwrap();
    (world, manifest, lock)
}

#[tokio::test]
async fn a_folder_has_what_the_lock_file_says_and_is_made_once() {
    let (world, manifest, lock) = world().await;
    let kept = world.root.join("kept");
    let pinned = Pinned::new(&kept, &manifest, &lock);
    assert!(!pinned.is_ready());
    let installer = world.installer();
    // Both at the same time: the slower one finds what the faster one made.
    let (one, other) = tokio::join!(pinned.provide(&installer), pinned.provide(&installer));
    one.unwrap();
    other.unwrap();
    for name in ["a", "b"] {
        assert!(pinned.folder().join("node_modules").join(name).join("index.js").is_file(), "{name}");
    }
    assert_eq!(fs::read_dir(&kept).unwrap().count(), 1, "a draft was left behind");
    // A project without a name is called after its folder; all else is what was asked for.
    let packages = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap()["packages"].clone();
    let installed = fs::read_to_string(pinned.folder().join("package-lock.json")).unwrap();
    assert_eq!(packages(&installed), packages(&lock));

    // Now nobody is asked any more.
    world.server.close();
    pinned.provide(&installer).await.unwrap();
    assert!(Pinned::new(&kept, &manifest, &lock).is_ready());
    assert!(!Pinned::new(&kept, &manifest, &lock.replace("1.0.0", "1.0.1")).is_ready());
}

#[tokio::test]
async fn without_a_network_or_with_another_hash_there_is_no_folder() {
    let (world, manifest, lock) = world().await;
    let kept = world.root.join("kept");
    let at = lock.find("sha512-").unwrap() + 7;
    let other = if lock[at..].starts_with('A') { "B" } else { "A" };
    let forged = format!("{}{other}{}", &lock[..at], &lock[at + 1..]);
    let forged = Pinned::new(&kept, &manifest, &forged);
    let error = forged.provide(&world.installer()).await.unwrap_err();
    assert!(error.to_string().contains("is not what it should be: its hash is"), "{error}");
    world.server.close();
    let pinned = Pinned::new(&kept, &manifest, &lock);
    let error = pinned.provide(&world.installer()).await.unwrap_err();
    assert!(error.hint().unwrap().contains("check the network"), "{error}");
    assert!(!forged.is_ready() && !pinned.is_ready());
    assert_eq!(fs::read_dir(&kept).unwrap().count(), 0, "a draft was left behind");
}

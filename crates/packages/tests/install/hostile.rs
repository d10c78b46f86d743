//! Tarballs that want out of their folder, too much room, or to run machine code.

use std::fs;

use serde_json::json;
use vestibule_packages::PackagesError;

use crate::world::World;
use crate::world::tarball;

const PACKAGE_JSON: &[u8] = b"{\"name\":\"bad\",\"version\":\"1.0.0\"}";

/// A package with this tarball is refused for this reason, and nothing of it stays.
async fn refused(world: &World, tarball: Vec<u8>, reason: &str) {
    let manifest = json!({ "name": "bad", "version": "1.0.0" });
    world.server.publish_tarball("bad", "1.0.0", manifest, tarball);
    let error = world.add(&["bad"]).await.unwrap_err();
    let text = error.to_string();
    assert!(text.contains("bad@1.0.0") && text.contains(reason), "{reason:?} is not in {text}");
    assert!(error.hint().is_some());
    assert!(!world.project().join("package.json").exists() && world.on_disk().is_empty());
    assert!(!world.project().join("node_modules/.vestibule-staging").exists());
    let mut beside: Vec<_> =
        fs::read_dir(&world.root).unwrap().flatten().map(|entry| entry.file_name()).collect();
    beside.sort();
    assert_eq!(beside, ["cache", "project"]);
}

fn with_entry(kind: tar::EntryType, path: &str, link: &str) -> Vec<u8> {
    let gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    let mut builder = tar::Builder::new(gzip);
    let mut header = tar::Header::new_gnu();
    header.set_size(PACKAGE_JSON.len() as u64);
    builder.append_data(&mut header, "package/package.json", PACKAGE_JSON).unwrap();
    let mut header = tar::Header::new_gnu();
    header.set_entry_type(kind);
    header.set_size(0);
    header.set_path(path).unwrap();
    if !link.is_empty() {
        header.set_link_name(link).unwrap();
    }
    header.set_cksum();
    builder.append(&header, &b""[..]).unwrap();
    builder.into_inner().unwrap().finish().unwrap()
}

#[tokio::test]
async fn a_tarball_stays_in_its_folder() {
    let world = World::new();
    for path in [
        "package/../../../x",
        "../x",
        "/tmp/vestibule-x",
        "package/a\\..\\x",
        "..",
        "package/c:x",
        "package/\u{7}",
    ] {
        let files = [("package/package.json".to_owned(), PACKAGE_JSON), (path.to_owned(), &b"x"[..])];
        refused(&world, tarball(&files), "leads out of the package").await;
    }
    for (kind, link) in [
        (tar::EntryType::Symlink, "/etc"),
        (tar::EntryType::Link, "../../../x"),
        (tar::EntryType::Char, ""),
        (tar::EntryType::Block, ""),
        (tar::EntryType::Fifo, ""),
    ] {
        refused(&world, with_entry(kind, "package/x", link), "neither a file nor a folder").await;
    }
}

#[tokio::test]
async fn a_tarball_is_whole_and_has_a_package_json() {
    let world = World::new();
    let files = [("package/package.json".to_owned(), PACKAGE_JSON), ("package/x".to_owned(), &[7; 4000][..])];
    let whole = tarball(&files);
    refused(&world, whole[..whole.len() / 2].to_vec(), "broken").await;
    refused(&world, b"not an archive".to_vec(), "broken").await;
    refused(&world, tarball(&files[1..]), "no package.json").await;
    refused(&world, tarball(&[("package/package.json".to_owned(), b"{")]), "package.json is broken").await;
}

#[tokio::test]
async fn a_tarball_takes_bounded_room() {
    let mut world = World::new();
    world.limits.unpacked_bytes_max = 100_000;
    world.limits.files_max = 20;
    world.limits.path_bytes_max = 200;
    let package_json = ("package/package.json".to_owned(), PACKAGE_JSON);
    let zeros = vec![0; 200_000];
    refused(
        &world,
        tarball(&[package_json.clone(), ("package/zeros".to_owned(), &zeros)]),
        "more than 100000 bytes",
    )
    .await;
    let many: Vec<_> = (0..30).map(|number| (format!("package/{number}"), &b"x"[..])).collect();
    refused(&world, tarball(&many), "more than 20 files").await;
    let long = format!("package/{}", "a/".repeat(120));
    refused(&world, tarball(&[package_json.clone(), (format!("{long}x"), b"x")]), "longer than 200 bytes")
        .await;
    world.limits.tarball_bytes_max = 50;
    refused(&world, tarball(&[package_json]), "larger than 50 bytes").await;
}

#[tokio::test]
async fn a_project_has_a_bounded_number_of_packages_and_bytes() {
    let mut world = World::new();
    world.server.publish("a", "1.0.0", json!({ "dependencies": { "b": "1" } }));
    world.server.publish_with("b", "1.0.0", json!({}), &[("big", &[1; 5000])]);
    world.limits.packages_max = 1;
    assert!(matches!(world.add(&["a"]).await.unwrap_err(), PackagesError::TooManyPackages { max: 1 }));
    world.limits.packages_max = 2;
    world.limits.unpacked_bytes_total_max = 4000;
    let error = world.add(&["a"]).await.unwrap_err();
    assert!(error.to_string().contains("the packages unpack to more than 4000 bytes"), "{error}");
    world.limits.unpacked_bytes_total_max = 6000;
    world.add(&["a"]).await.unwrap();
}

#[tokio::test]
async fn machine_code_is_refused_with_who_wants_it() {
    let world = World::new();
    let elf: &[u8] = b"\x7fELF\x02\x01";
    world.server.publish_with("compiled", "1.0.0", json!({}), &[("binding.gyp", b"{}")]);
    world.server.publish("says", "1.0.0", json!({ "gypfile": true }));
    world.server.publish_with("prebuilt", "1.0.0", json!({}), &[("build/x.node", elf)]);
    world.server.publish("linux", "1.0.0", json!({ "os": ["linux"] }));
    let table = [
        ("compiled", "it has a binding.gyp"),
        ("says", "its package.json says gypfile"),
        ("prebuilt", "build/x.node is machine code"),
        ("linux", "its os is linux"),
    ];
    for (name, reason) in table {
        let user = format!("user-of-{name}");
        world.server.publish(&user, "1.0.0", json!({ "dependencies": { name: "1" } }));
        let error = world.add(&[&user]).await.unwrap_err();
        let expected = format!("{name}@1.0.0 is a native add-on ({reason}), which {user}@1.0.0 depends on");
        assert_eq!(error.to_string(), expected);
        assert!(error.hint().unwrap().contains(&user));
        assert!(world.on_disk().is_empty());
    }
    // These only look like it.
    world.server.publish_with("no", "1.0.0", json!({ "gypfile": false }), &[("binding.gyp", b"{}")]);
    world.server.publish_with(
        "fixture",
        "1.0.0",
        json!({}),
        &[("test/x.node", b"text"), ("test/binding.gyp", b"")],
    );
    world.add(&["no", "fixture"]).await.unwrap();
}

#[tokio::test]
async fn a_name_never_becomes_a_path() {
    let world = World::new();
    for name in ["../../x", ".bin", "a/b", "node_modules"] {
        world.server.publish("user", "1.0.0", json!({ "dependencies": { name: "1" } }));
        let error = world.add(&["user"]).await.unwrap_err();
        assert!(matches!(error, PackagesError::NotFromRegistry { .. }), "{name}: {error}");
    }
    assert!(world.on_disk().is_empty());
}

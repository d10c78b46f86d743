//! Files that packages have for browsers and that need a page, which an action has not. The same package's file for
//! Node needs only what there is.

use std::path::Path;
use std::path::PathBuf;

use crate::rules::PACKAGES;

/// A file for pages, and the one to take instead, from the folder of the package.
struct Replacement {
    package: &'static str,
    page: &'static str,
    node: &'static str,
}

const REPLACEMENTS: [Replacement; 2] = [
    // Reads XML with DOMParser.
    Replacement {
        package: "@aws-sdk/xml-builder",
        page: "dist-es/xml-parser.browser.js",
        node: "dist-es/xml-parser.js",
    },
    // Its platform: XML by DOMParser, requests by XMLHttpRequest.
    Replacement { package: "aws-sdk", page: "lib/browser_loader.js", node: "lib/node_loader.js" },
];

/// The file to take instead of one that needs a page.
pub(crate) fn replacement(path: &Path) -> Option<PathBuf> {
    REPLACEMENTS.iter().find_map(|Replacement { package, page, node }| {
        let package = Path::new(PACKAGES).join(package);
        if !path.ends_with(package.join(page)) {
            return None;
        }
        let folder = path.ancestors().nth(Path::new(page).components().count())?;
        let node = folder.join(node);
        node.is_file().then_some(node)
    })
}

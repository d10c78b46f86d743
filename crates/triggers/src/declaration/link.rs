//! Imports of a declaration: the types that it names in other files become part of its own text, so that
//! an editor, the reader and a person all see one self-contained file.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use oxc::allocator::Allocator;
use oxc::ast::Comment;
use oxc::ast::ast::{ImportDeclaration, ImportDeclarationSpecifier, Statement};
use oxc::span::{GetSpan, Span};

use super::source::{DeclarationError, Source, to_u32, words};
use super::types::{declared_type, is_doc};

/// How many files a declaration may import from, directly and through others.
const FILES_MAX: usize = 16;

const IMPORT_FORMS: &str = "write `import type { A, B } from \"./shared.d.ts\"`";

/// Finds a file by its path, which is written relative to the same root as the path of the declaration. It
/// comes taken apart, because many declarations may share it.
pub(crate) type Resolve<'r> = dyn Fn(&str) -> Option<Result<Arc<Library>, DeclarationError>> + Sync + 'r;

/// A declaration with everything that it imports.
pub(super) struct Linked {
    pub(super) text: String,
    pub(super) pieces: Vec<Piece>,
}

/// A part of a linked text that was taken from another file; it reaches to the next one.
pub(super) struct Piece {
    pub(super) start: usize,
    pub(super) file: String,
    /// How many lines stand in front of it in that file.
    pub(super) lines_before: usize,
}

/// Replaces the imports of a declaration by what they name, and by what that names in turn.
pub(super) fn link(file: &str, text: &str, resolve: &Resolve<'_>) -> Result<Linked, DeclarationError> {
    let main = Library::read(file, text.to_owned())?;
    let mut linker = Linker { files: BTreeMap::new(), taken: Vec::new(), resolve };
    let mut waiting: VecDeque<Import> = main.imports.iter().cloned().collect();
    while let Some(import) = waiting.pop_front() {
        waiting.extend(linker.take(&main, import)?);
    }
    Ok(linker.assemble(main))
}

/// One name that a file imports.
#[derive(Clone)]
struct Import {
    name: String,
    /// The file that it comes from.
    path: String,
    /// The file that imports it, and where, for errors.
    importer: String,
    offset: u32,
}

/// A type of a file, with its doc comment.
struct Item {
    name: String,
    span: Span,
}

/// A file taken apart.
pub(crate) struct Library {
    file: String,
    text: String,
    items: Vec<Item>,
    imports: Vec<Import>,
    import_spans: Vec<Span>,
}

struct Linker<'r> {
    files: BTreeMap<String, Arc<Library>>,
    /// The items that have been taken: their file and position in it.
    taken: Vec<(String, usize)>,
    resolve: &'r Resolve<'r>,
}

impl Linker<'_> {
    /// Takes one item; what its text names in turn.
    fn take(&mut self, main: &Library, import: Import) -> Result<Vec<Import>, DeclarationError> {
        self.load(main, &import)?;
        let Some(library) = self.files.get(&import.path) else { return Ok(Vec::new()) };
        let Some(index) = library.items.iter().position(|item| item.name == import.name) else {
            let construct = format!("{} does not declare {}", import.path, import.name);
            return Err(self.error(
                main,
                &import,
                construct,
                "export a type or interface of that name there",
            ));
        };
        let key = (import.path.clone(), index);
        if self.taken.contains(&key) {
            return Ok(Vec::new());
        }
        let is_taken = |(path, other): &(String, usize)| {
            self.files.get(path).is_some_and(|file| file.items[*other].name == import.name)
        };
        if main.items.iter().any(|item| item.name == import.name) || self.taken.iter().any(is_taken) {
            let construct = format!("a second type {}, from {}", import.name, import.path);
            return Err(self.error(main, &import, construct, "give one of the two another name"));
        }
        let named = library.named_by(&library.items[index]);
        self.taken.push(key);
        Ok(named)
    }

    /// Reads the file that an import names, unless it has been read.
    fn load(&mut self, main: &Library, import: &Import) -> Result<(), DeclarationError> {
        if self.files.contains_key(&import.path) {
            return Ok(());
        }
        if self.files.len() >= FILES_MAX {
            let supported = format!("a declaration may import from at most {FILES_MAX} files");
            return Err(self.error(main, import, "too many files", supported));
        }
        let Some(library) = (self.resolve)(&import.path) else {
            let construct = format!("there is no file {}", import.path);
            return Err(self.error(main, import, construct, "paths are relative to the importing file"));
        };
        self.files.insert(import.path.clone(), library?);
        Ok(())
    }

    fn error(
        &self,
        main: &Library,
        import: &Import,
        construct: impl Into<String>,
        supported: impl Into<String>,
    ) -> DeclarationError {
        let importer = self.files.get(&import.importer).map_or(main, AsRef::as_ref);
        let source = Source { file: &importer.file, text: &importer.text, pieces: &[] };
        source.error(import.offset, construct, supported)
    }

    fn assemble(mut self, main: Library) -> Linked {
        let mut text = main.without_imports();
        let mut pieces = Vec::new();
        self.taken.sort();
        for (path, index) in &self.taken {
            let Some(library) = self.files.get(path) else { continue };
            let span = library.items[*index].span;
            text.truncate(text.trim_end().len());
            text.push_str("\n\n");
            pieces.push(Piece {
                start: text.len(),
                file: path.clone(),
                lines_before: library.text[..span.start as usize].matches('\n').count(),
            });
            text.push_str(span.source_text(&library.text));
            text.push('\n');
        }
        Linked { text, pieces }
    }
}

impl Library {
    /// Takes a file apart; what it must not hold is an error. The parser recurses, so this belongs on the
    /// thread of [`read`](super::read).
    pub(crate) fn read(file: &str, text: String) -> Result<Library, DeclarationError> {
        let source = Source { file, text: &text, pieces: &[] };
        source.guard()?;
        let allocator = Allocator::default();
        let program = source.parse(&allocator)?;
        let (mut items, mut imports, mut import_spans) = (Vec::new(), Vec::new(), Vec::new());
        for statement in &program.body {
            if let Statement::ImportDeclaration(import) = statement {
                imports.extend(read_import(&source, import)?);
                import_spans.push(import.span);
            } else if let Some(declared) = declared_type(&source, statement)? {
                let is_its_doc = |c: &&Comment| c.attached_to == declared.offset && is_doc(&source, c);
                let docs = program.comments.iter().rfind(is_its_doc);
                let start = docs.map_or(declared.offset, |comment| comment.span.start);
                let span = Span::new(start, statement.span().end);
                items.push(Item { name: declared.name.to_owned(), span });
            }
        }
        Ok(Library { file: file.to_owned(), items, imports, import_spans, text })
    }

    /// What the text of an item names: other items of this file, and what this file imports.
    fn named_by(&self, item: &Item) -> Vec<Import> {
        let mut named: Vec<Import> = Vec::new();
        for word in words(item.span.source_text(&self.text)) {
            if word == item.name || named.iter().any(|import| import.name == word) {
                continue;
            }
            named.extend(self.imports.iter().find(|import| import.name == word).cloned());
            if self.items.iter().any(|item| item.name == word) {
                let (name, path) = (word.to_owned(), self.file.clone());
                named.push(Import { name, importer: path.clone(), path, offset: item.span.start });
            }
        }
        named
    }

    /// The text without its imports; every other line keeps its number.
    fn without_imports(self) -> String {
        let mut text = self.text;
        for span in self.import_spans.iter().rev() {
            let range = span.start as usize..span.end as usize;
            let lines = "\n".repeat(text[range.clone()].matches('\n').count());
            text.replace_range(range, &lines);
        }
        text
    }
}

fn read_import(source: &Source<'_>, import: &ImportDeclaration<'_>) -> Result<Vec<Import>, DeclarationError> {
    let refused = |construct: &str| source.error(import.span.start, construct, IMPORT_FORMS);
    let specifiers = import.specifiers.as_ref().filter(|_| import.import_kind.is_type());
    let Some(specifiers) = specifiers else { return Err(refused("an import of values")) };
    let Some(path) = path_from(source.file, import.source.value.as_str()) else {
        return Err(refused("an import that names no file beside this one"));
    };
    let named = |specifier: &ImportDeclarationSpecifier<'_>| match specifier {
        ImportDeclarationSpecifier::ImportSpecifier(one) if one.imported.name() == one.local.name => {
            Ok(Import {
                name: one.local.name.to_string(),
                path: path.clone(),
                importer: source.file.to_owned(),
                offset: one.span.start,
            })
        }
        ImportDeclarationSpecifier::ImportSpecifier(_)
        | ImportDeclarationSpecifier::ImportDefaultSpecifier(_)
        | ImportDeclarationSpecifier::ImportNamespaceSpecifier(_) => {
            Err(source.error(specifier.span().start, "an import under another name", IMPORT_FORMS))
        }
    };
    specifiers.iter().map(named).collect()
}

/// The path that a relative specifier means in a file; `None` when it leads out of the root.
fn path_from(file: &str, specifier: &str) -> Option<String> {
    if !specifier.starts_with("./") && !specifier.starts_with("../") {
        return None;
    }
    let mut path: Vec<&str> = file.split('/').collect();
    path.pop();
    for step in specifier.split('/') {
        match step {
            "." => {}
            ".." => {
                path.pop()?;
            }
            step => path.push(step),
        }
    }
    Some(path.join("/"))
}

impl Piece {
    /// The file and line of an offset of the linked text.
    pub(super) fn file_and_line<'p>(
        pieces: &'p [Piece],
        text: &str,
        offset: usize,
    ) -> Option<(&'p str, u32)> {
        let piece = pieces.iter().rev().find(|piece| piece.start <= offset)?;
        let line = piece.lines_before + text.get(piece.start..offset)?.matches('\n').count() + 1;
        Some((&piece.file, to_u32(line)))
    }
}

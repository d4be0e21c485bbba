//! Which file of a crate names what is defined in which other file of it.
//!
//! Read from the syntax, so macros of other crates are seen through: a path in the tokens of a
//! macro or an attribute counts like any other. Re-exports are followed to the file that defines
//! the name, and are no imports themselves: a room may publish what stands inside it. Code under
//! `#[cfg(test)]` is not looked at, since tests may reach everywhere.

use std::collections::{BTreeMap, BTreeSet};

use super::files::RepositoryFile;

mod names;

use names::Names;

/// Longest chain of re-exports that is followed; a longer one is a circle.
const RE_EXPORTS_MAX: usize = 16;

/// The path of a module from the root of its crate: `["links", "create"]`, or `[]` for the root.
pub(super) type ModulePath = Vec<String>;

/// That one file names something of another one, at this line.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Import {
    pub from: ModulePath,
    pub line: usize,
    /// The module whose file defines what is named.
    pub to: ModulePath,
    /// Whether the path leads through a name of the crate's root instead of its own module.
    pub through_root: bool,
    /// The path as it is resolved, for messages: `crate::links::Draft`.
    pub path: String,
}

/// The modules of one crate, and what each names of the others.
#[derive(Debug)]
pub(super) struct CrateImports {
    /// Every module that is a file outside tests, with the file's path.
    pub modules: BTreeMap<ModulePath, String>,
    pub imports: Vec<Import>,
    /// Files that could not be read as Rust, with the reason.
    pub unreadable: Vec<(String, String)>,
}

/// Reads the sources under `folder` (`crates/curt-web/src/`).
pub(super) fn read(files: &[RepositoryFile], folder: &str) -> CrateImports {
    let mut modules = BTreeMap::new();
    let mut names = BTreeMap::new();
    let mut unreadable = Vec::new();
    for file in files.iter().filter(|file| file.has_extension("rs") && !file.is_test()) {
        let Some(path) = file.path.strip_prefix(folder).map(module_path) else { continue };
        match names::read(&file.text) {
            Ok(found) => {
                modules.insert(path.clone(), file.path.clone());
                names.insert(path, found);
            }
            Err(error) => unreadable.push((file.path.clone(), error)),
        }
    }
    let tests = test_modules(&names);
    let is_test = |path: &ModulePath| tests.iter().any(|test| path.starts_with(test));
    modules.retain(|path, _| !is_test(path));
    names.retain(|path, _| !is_test(path));
    let imports = Resolver { names: &names }.imports();
    CrateImports { modules, imports, unreadable }
}

/// `links/create.rs` is the module `links::create`, and `lib.rs` or `main.rs` the root.
fn module_path(file: &str) -> ModulePath {
    let path = file.strip_suffix(".rs").unwrap_or(file);
    match path {
        "lib" | "main" => Vec::new(),
        _ => path.split('/').map(str::to_owned).collect(),
    }
}

/// Modules that are compiled for tests only.
fn test_modules(names: &BTreeMap<ModulePath, Names>) -> BTreeSet<ModulePath> {
    let in_module = |(path, names): (&ModulePath, &Names)| {
        let child = |name: &String| [path.clone(), vec![name.clone()]].concat();
        names.test_modules.iter().map(child).collect::<Vec<_>>()
    };
    names.iter().flat_map(in_module).collect()
}

struct Resolver<'a> {
    names: &'a BTreeMap<ModulePath, Names>,
}

/// Where a path leads.
struct Target {
    module: ModulePath,
    through_root: bool,
    /// Whether it names a module as such, and nothing inside it yet.
    is_module: bool,
}

impl Resolver<'_> {
    fn imports(&self) -> Vec<Import> {
        let mut imports = BTreeSet::new();
        for (from, names) in self.names {
            for (path, line) in &names.paths {
                let Some(absolute) = self.absolute(from, path) else { continue };
                let Some(target) = self.resolve(&absolute, 0) else { continue };
                // The name of a module alone is followed by paths that say what is taken of it.
                if target.module == *from || (target.is_module && target.module.is_empty()) {
                    continue;
                }
                let path = format!("crate::{}", absolute.join("::"));
                let Target { module: to, through_root, .. } = target;
                imports.insert(Import { from: from.clone(), line: *line, to, through_root, path });
            }
        }
        imports.into_iter().collect()
    }

    /// The path from the root of the crate; `None` if it leads to another crate or a local name.
    fn absolute(&self, from: &ModulePath, path: &[String]) -> Option<Vec<String>> {
        let (first, rest) = path.split_first()?;
        match first.as_str() {
            "crate" => Some(rest.to_vec()),
            "self" => self.absolute_of_name(from, rest),
            "super" => {
                let parent = from.split_last()?.1.to_vec();
                match rest.first().map(String::as_str) {
                    Some("super") => self.absolute(&parent, rest),
                    _ => Some([parent, rest.to_vec()].concat()),
                }
            }
            _ => self.absolute_of_name(from, path),
        }
    }

    fn absolute_of_name(&self, from: &ModulePath, path: &[String]) -> Option<Vec<String>> {
        let names = self.names.get(from)?;
        let (first, rest) = path.split_first()?;
        if names.modules.contains(first) {
            return Some([from.clone(), path.to_vec()].concat());
        }
        // An imported name: the import itself is a path of this file.
        let import = names.imports.get(first)?;
        // `use url::Url` imports `url` of another crate, not this name again.
        if import.first() == Some(first) {
            return None;
        }
        let absolute = self.absolute(from, import)?;
        Some([absolute, rest.to_vec()].concat())
    }

    /// Follows a path from the root to the module whose file defines what it names.
    fn resolve(&self, absolute: &[String], depth: usize) -> Option<Target> {
        if RE_EXPORTS_MAX < depth {
            return None;
        }
        let mut module: ModulePath = Vec::new();
        for (index, segment) in absolute.iter().enumerate() {
            let names = self.names.get(&module)?;
            let is_last = index + 1 == absolute.len();
            let is_child = names.modules.contains(segment);
            if is_child && !(is_last && names.defined.contains(segment)) {
                module.push(segment.clone());
                continue;
            }
            let through_root = module.is_empty();
            if names.defined.contains(segment) {
                return Some(Target { module, through_root, is_module: false });
            }
            let rest = &absolute[index + 1..];
            if let Some(import) = names.imports.get(segment) {
                let next = self.absolute(&module, import)?;
                let target = self.resolve(&[next, rest.to_vec()].concat(), depth + 1)?;
                return Some(Target {
                    through_root: through_root || target.through_root,
                    ..target
                });
            }
            for glob in &names.globs {
                let Some(next) = self.absolute(&module, glob) else { continue };
                let next = [next, absolute[index..].to_vec()].concat();
                if let Some(target) = self.resolve(&next, depth + 1) {
                    return Some(target);
                }
            }
            return None;
        }
        // Modules that are files only; one that stands inside a file belongs to that file.
        self.names.contains_key(&module).then_some(Target {
            module,
            through_root: false,
            is_module: true,
        })
    }
}

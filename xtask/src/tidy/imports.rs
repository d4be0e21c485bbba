//! Which file of a crate names what is defined in which other file of it.
//!
//! A path in the tokens of a macro or an attribute counts like any other. A name is followed
//! through re-exports to the file that defines it. Code under `#[cfg(test)]` does not count, since
//! tests may reach everywhere. A private glob is one import of the module it opens: Clippy allows
//! globs in re-exports only, so single names that one brings are not followed.

use std::collections::{BTreeMap, BTreeSet};
use std::slice;

use super::files::RepositoryFile;

mod names;
#[cfg(test)]
mod tests;

use names::{GLOB, NamedPath, Names};

/// The path of a module from the root of its crate: `["links", "create"]`, or `[]` for the root.
pub(super) type ModulePath = Vec<String>;

/// That one file names something of another one, at this line.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Import {
    /// The module that is the file.
    pub from: ModulePath,
    pub line: usize,
    /// The module whose file defines what is named.
    pub to: ModulePath,
    /// As the code spells it.
    pub path: String,
    /// Whether the path leads through a name of the crate's root instead of its own module.
    pub through_root: bool,
    /// Whether the file itself needs an item of the other one: a re-export only passes it on, and
    /// the name of a module alone takes nothing of it yet.
    pub takes_item: bool,
}

/// The modules of one crate, and what each names of the others.
#[derive(Debug)]
pub(super) struct CrateImports {
    /// Every module that is a file outside tests, with the file's path.
    pub files: BTreeMap<ModulePath, String>,
    /// In the order of the files and lines.
    pub imports: Vec<Import>,
    /// Files that could not be read as Rust, with the reason.
    pub unreadable: Vec<(String, String)>,
}

/// Reads the sources under `folder` (`crates/curt-web/src/`).
pub(super) fn read(files: &[RepositoryFile], folder: &str) -> CrateImports {
    let mut found =
        CrateImports { files: BTreeMap::new(), imports: Vec::new(), unreadable: Vec::new() };
    let mut modules = BTreeMap::new();
    for file in files.iter().filter(|file| file.has_extension("rs") && !file.is_test()) {
        let Some(path) = file.path.strip_prefix(folder).map(module_path) else { continue };
        match names::read(&file.text) {
            // Beside `lib.rs`, which comes first, `main.rs` is a crate of its own.
            Ok(_) if found.files.contains_key(&path) => {}
            Ok(names) => {
                found.files.insert(path.clone(), file.path.clone());
                add_modules(&mut modules, path.clone(), &path, names);
            }
            Err(error) => found.unreadable.push((file.path.clone(), error)),
        }
    }
    let tests = test_modules(&modules);
    let is_test = |path: &ModulePath| tests.iter().any(|test| path.starts_with(test));
    found.files.retain(|path, _| !is_test(path));
    modules.retain(|path, _| !is_test(path));
    found.imports = Resolver { modules: &modules }.imports();
    found
}

/// `links/create.rs` is the module `links::create`, and `lib.rs` or `main.rs` the root.
fn module_path(file: &str) -> ModulePath {
    let path = file.strip_suffix(".rs").unwrap_or(file);
    match path {
        "lib" | "main" => Vec::new(),
        _ => path.split('/').map(str::to_owned).collect(),
    }
}

/// A module: a file, or a body inside one.
struct Module {
    file: ModulePath,
    names: Names,
}

fn add_modules(
    modules: &mut BTreeMap<ModulePath, Module>,
    path: ModulePath,
    file: &ModulePath,
    mut names: Names,
) {
    for (name, body) in std::mem::take(&mut names.bodies) {
        add_modules(modules, child(&path, &name), file, body);
    }
    modules.insert(path, Module { file: file.clone(), names });
}

fn child(parent: &ModulePath, name: &str) -> ModulePath {
    let mut path = parent.clone();
    path.push(name.to_owned());
    path
}

/// Modules that exist for tests alone.
fn test_modules(modules: &BTreeMap<ModulePath, Module>) -> BTreeSet<ModulePath> {
    let mut tests = BTreeSet::new();
    for (path, module) in modules {
        tests.extend(module.names.test_modules.iter().map(|name| child(path, name)));
    }
    tests
}

struct Resolver<'a> {
    modules: &'a BTreeMap<ModulePath, Module>,
}

/// Where a path leads.
struct Target {
    module: ModulePath,
    through_root: bool,
    /// Whether the path ends at the module, and names nothing inside it.
    is_module: bool,
}

/// The names that were looked up for one path: a circle of `use` ends where it meets one again.
type Seen = BTreeSet<(ModulePath, String)>;

impl Resolver<'_> {
    fn imports(&self) -> Vec<Import> {
        let mut imports = Vec::new();
        for (path, module) in self.modules {
            for named in &module.names.paths {
                imports.extend(self.import(path, &module.file, named));
            }
        }
        imports.sort();
        imports
    }

    fn import(&self, module: &ModulePath, from: &ModulePath, named: &NamedPath) -> Option<Import> {
        let target = self.resolve(module, &named.names, &mut Seen::new())?;
        let to = &self.modules.get(&target.module)?.file;
        if from == to && !target.through_root {
            return None;
        }
        Some(Import {
            from: from.clone(),
            line: named.line,
            to: to.clone(),
            path: named.names.join("::"),
            through_root: target.through_root,
            takes_item: !target.is_module && !named.is_re_export,
        })
    }

    /// Follows a path that stands in the module `from` to the module that defines what it names;
    /// `None` if it leads to another crate or to a local name.
    fn resolve(&self, from: &ModulePath, path: &[String], seen: &mut Seen) -> Option<Target> {
        let mut module = from.clone();
        let mut through_root = false;
        // The first name can be one of another crate; what follows a module is in that module.
        let mut is_first = true;
        for (index, name) in path.iter().enumerate() {
            let names = &self.modules.get(&module)?.names;
            let rest = &path[index + 1..];
            let is_item = names.defined.contains(name) || names.imports.contains_key(name);
            match name.as_str() {
                "crate" => module.clear(),
                "self" => {}
                "super" => drop(module.pop()?),
                // An item that has the name of a module is meant where the path ends.
                _ if names.modules.contains(name) && !(is_item && rest.is_empty()) => {
                    module.push(name.clone());
                }
                _ if is_first && self.is_alias_of_crate(name) => module.clear(),
                _ => {
                    through_root = self.is_root_file(&module);
                    if let Some(target) = self.follow(&module, name, rest, seen) {
                        return Some(Target {
                            through_root: through_root || target.through_root,
                            ..target
                        });
                    }
                    let is_known = !is_first || names.defined.contains(name);
                    return is_known.then_some(Target { module, through_root, is_module: false });
                }
            }
            is_first = false;
        }
        Some(Target { module, through_root, is_module: true })
    }

    /// Follows a name that `use` brought into a module.
    fn follow(
        &self,
        module: &ModulePath,
        name: &str,
        rest: &[String],
        seen: &mut Seen,
    ) -> Option<Target> {
        let names = &self.modules.get(module)?.names;
        let import = names.imports.get(name);
        // A function may be called like an imported module, but has nothing inside.
        let is_own = names.defined.contains(name) && (rest.is_empty() || import.is_none());
        let is_new = seen.insert((module.clone(), name.to_owned()));
        if is_own || name == GLOB || !is_new {
            return None;
        }
        if let Some(import) = import {
            return self.resolve(module, &[import.as_slice(), rest].concat(), seen);
        }
        let path = [slice::from_ref(&name.to_owned()), rest].concat();
        names.globs.iter().find_map(|glob| {
            let source = self.resolve(module, glob, seen)?;
            self.resolve(&source.module, &path, seen)
        })
    }

    fn is_root_file(&self, module: &ModulePath) -> bool {
        self.modules.get(module).is_some_and(|module| module.file.is_empty())
    }

    /// Whether the root says `extern crate self as name`, which holds in every module.
    fn is_alias_of_crate(&self, name: &str) -> bool {
        let root = self.modules.get(&ModulePath::new());
        let import = root.and_then(|root| root.names.imports.get(name));
        import.is_some_and(|path| path == &["crate"])
    }
}

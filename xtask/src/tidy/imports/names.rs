//! What one source file defines, imports and names.

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::{TokenStream, TokenTree};
use syn::{
    Attribute, Item, ItemMod, ItemUse, Meta, UseTree,
    visit::{self, Visit},
};

/// The names of one file, outside of what is for tests alone.
#[derive(Debug, Default)]
pub(super) struct Names {
    /// Modules declared here: files, or bodies inside this file.
    pub modules: BTreeSet<String>,
    /// Those of them that are for tests alone.
    pub test_modules: BTreeSet<String>,
    /// Types, functions, constants and macros.
    pub defined: BTreeSet<String>,
    /// Names that `use` brings here, with the paths that they stand for.
    pub imports: BTreeMap<String, Vec<String>>,
    /// Modules all of whose names `use` brings here.
    pub globs: Vec<Vec<String>>,
    /// Every path of two names or more that code names, or that a private `use` imports, with its
    /// line.
    pub paths: BTreeSet<(Vec<String>, usize)>,
}

/// The names of a source text; an error that says where it is no Rust.
pub(super) fn read(text: &str) -> Result<Names, String> {
    let file = syn::parse_file(text).map_err(|error| {
        let start = error.span().start();
        format!("line {}: {error}", start.line)
    })?;
    let mut names = Names::default();
    for item in &file.items {
        names.define(item);
    }
    names.visit_file(&file);
    Ok(names)
}

impl Names {
    fn define(&mut self, item: &Item) {
        let name = match item {
            Item::Const(item) => &item.ident,
            Item::Enum(item) => &item.ident,
            Item::Fn(item) => &item.sig.ident,
            Item::Static(item) => &item.ident,
            Item::Struct(item) => &item.ident,
            Item::Trait(item) => &item.ident,
            Item::TraitAlias(item) => &item.ident,
            Item::Type(item) => &item.ident,
            Item::Union(item) => &item.ident,
            Item::Macro(item) => match &item.ident {
                Some(name) => name,
                None => return,
            },
            _ => return,
        };
        self.defined.insert(name.to_string());
    }

    fn import(&mut self, tree: &UseTree, prefix: &[String], is_private: bool) {
        let path = |name: &dyn ToString| [prefix, &[name.to_string()]].concat();
        match tree {
            UseTree::Path(part) => self.import(&part.tree, &path(&part.ident), is_private),
            UseTree::Group(group) => {
                for tree in &group.items {
                    self.import(tree, prefix, is_private);
                }
            }
            UseTree::Glob(star) => {
                self.globs.push(prefix.to_vec());
                if is_private {
                    self.paths.insert((prefix.to_vec(), line_of(star)));
                }
            }
            UseTree::Name(name) if name.ident == "self" => {
                let alias = prefix.last().cloned().unwrap_or_default();
                self.bind(alias, prefix.to_vec(), is_private, line_of(name));
            }
            UseTree::Name(name) => {
                self.bind(name.ident.to_string(), path(&name.ident), is_private, line_of(name));
            }
            UseTree::Rename(name) => {
                let path = if name.ident == "self" { prefix.to_vec() } else { path(&name.ident) };
                self.bind(name.rename.to_string(), path, is_private, line_of(name));
            }
        }
    }

    fn bind(&mut self, name: String, path: Vec<String>, is_private: bool, line: usize) {
        if is_private {
            self.paths.insert((path.clone(), line));
        }
        self.imports.insert(name, path);
    }

    /// Paths among the tokens of a macro or an attribute: names joined by `::`.
    fn read_tokens(&mut self, tokens: TokenStream) {
        let mut path: Vec<String> = Vec::new();
        let mut line = 0;
        let mut colons = 0;
        for token in tokens {
            match token {
                TokenTree::Ident(name) => {
                    if colons != 2 {
                        self.end_path(&mut path, line);
                        line = name.span().start().line;
                    }
                    path.push(name.to_string());
                    colons = 0;
                }
                TokenTree::Punct(mark) if mark.as_char() == ':' => colons += 1,
                TokenTree::Group(group) => {
                    self.end_path(&mut path, line);
                    colons = 0;
                    self.read_tokens(group.stream());
                }
                TokenTree::Punct(_) | TokenTree::Literal(_) => {
                    self.end_path(&mut path, line);
                    colons = 0;
                }
            }
        }
        self.end_path(&mut path, line);
    }

    fn end_path(&mut self, path: &mut Vec<String>, line: usize) {
        if 1 < path.len() {
            self.paths.insert((std::mem::take(path), line));
        }
        path.clear();
    }
}

impl<'ast> Visit<'ast> for Names {
    fn visit_item(&mut self, item: &'ast Item) {
        let attributes = attributes(item);
        if !attributes.iter().any(is_for_tests) {
            visit::visit_item(self, item);
        } else if let Item::Mod(module) = item {
            self.modules.insert(module.ident.to_string());
            self.test_modules.insert(module.ident.to_string());
        }
    }

    fn visit_impl_item_fn(&mut self, function: &'ast syn::ImplItemFn) {
        if !function.attrs.iter().any(is_for_tests) {
            visit::visit_impl_item_fn(self, function);
        }
    }

    fn visit_item_mod(&mut self, module: &'ast ItemMod) {
        self.modules.insert(module.ident.to_string());
        visit::visit_item_mod(self, module);
    }

    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        let is_private = matches!(item.vis, syn::Visibility::Inherited);
        self.import(&item.tree, &[], is_private);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        if 1 < path.segments.len() && path.leading_colon.is_none() {
            let names = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
            self.paths.insert((names, line_of(path)));
        }
        visit::visit_path(self, path);
    }

    /// `pub(in crate::db)` says who may look, and imports nothing.
    fn visit_visibility(&mut self, _: &'ast syn::Visibility) {}

    fn visit_macro(&mut self, called: &'ast syn::Macro) {
        self.read_tokens(called.tokens.clone());
        visit::visit_macro(self, called);
    }

    fn visit_attribute(&mut self, attribute: &'ast Attribute) {
        if let Meta::List(list) = &attribute.meta {
            self.read_tokens(list.tokens.clone());
        }
        visit::visit_attribute(self, attribute);
    }
}

fn line_of(node: &impl syn::spanned::Spanned) -> usize {
    node.span().start().line
}

fn is_for_tests(attribute: &Attribute) -> bool {
    let Meta::List(list) = &attribute.meta else { return false };
    list.path.is_ident("cfg") && list.tokens.to_string() == "test"
}

fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

//! What one source file defines, imports and names.

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::{Ident, TokenStream, TokenTree};
use syn::{
    Attribute, Item, ItemExternCrate, ItemMod, ItemUse, Meta, Token, UseTree,
    ext::IdentExt,
    punctuated::Punctuated,
    visit::{self, Visit},
};

/// The last name of a path that takes everything: `use crate::links::*`.
pub(super) const GLOB: &str = "*";

/// The names of one module, without those that exist for tests alone.
#[derive(Debug, Default)]
pub(super) struct Names {
    /// Modules declared here: files, or bodies inside this file.
    pub modules: BTreeSet<String>,
    /// What the bodies among them name.
    pub bodies: BTreeMap<String, Names>,
    /// The modules that exist for tests alone.
    pub test_modules: BTreeSet<String>,
    /// Types, functions, constants and macros.
    pub defined: BTreeSet<String>,
    /// Names that `use` brings here, with the paths that they stand for.
    pub imports: BTreeMap<String, Vec<String>>,
    /// Modules all of whose names `use` brings here.
    pub globs: Vec<Vec<String>>,
    /// Every path of two names or more in the code.
    pub paths: BTreeSet<NamedPath>,
    /// The lines of modules whose file `#[path]` chooses.
    moved_modules: Vec<usize>,
}

/// A path as the code spells it.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct NamedPath {
    pub line: usize,
    pub names: Vec<String>,
    /// Whether it stands in a `use` that others can see.
    pub is_re_export: bool,
}

/// The names of a source text; an error says where the text cannot be read.
pub(super) fn read(text: &str) -> Result<Names, String> {
    let file = syn::parse_file(text).map_err(|error| {
        let start = error.span().start();
        format!("line {}: {error}", start.line)
    })?;
    let names = Names::of(&file.items);
    match names.moved_modules.first() {
        Some(line) => Err(format!("line {line}: `#[path]` hides which file the module is")),
        None => Ok(names),
    }
}

impl Names {
    fn of(items: &[Item]) -> Self {
        let mut names = Self::default();
        for item in items {
            names.define(item);
            names.visit_item(item);
        }
        names
    }

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
        self.defined.insert(text_of(name));
    }

    fn import(&mut self, tree: &UseTree, prefix: &[String], is_re_export: bool) {
        let path = |name: &Ident| match text_of(name) {
            name if name == "self" => prefix.to_vec(),
            name => [prefix, &[name]].concat(),
        };
        match tree {
            UseTree::Path(part) => {
                let prefix = [prefix, &[text_of(&part.ident)]].concat();
                self.import(&part.tree, &prefix, is_re_export);
            }
            UseTree::Group(group) => {
                for tree in &group.items {
                    self.import(tree, prefix, is_re_export);
                }
            }
            UseTree::Glob(star) => {
                self.globs.push(prefix.to_vec());
                let names = [prefix, &[GLOB.to_owned()]].concat();
                self.paths.insert(NamedPath { line: line_of(star), names, is_re_export });
            }
            UseTree::Name(name) => {
                let names = path(&name.ident);
                let alias = names.last().cloned().unwrap_or_default();
                self.bind(alias, NamedPath { line: line_of(name), names, is_re_export });
            }
            UseTree::Rename(name) => {
                let names = path(&name.ident);
                let alias = text_of(&name.rename);
                self.bind(alias, NamedPath { line: line_of(name), names, is_re_export });
            }
        }
    }

    /// The first import of a name counts: the module's own, before those inside functions.
    fn bind(&mut self, alias: String, path: NamedPath) {
        self.imports.entry(alias).or_insert_with(|| path.names.clone());
        self.paths.insert(path);
    }

    fn add_path(&mut self, line: usize, names: Vec<String>) {
        if 1 < names.len() {
            self.paths.insert(NamedPath { line, names, is_re_export: false });
        }
    }

    /// Paths among the tokens of a macro or an attribute.
    fn read_tokens(&mut self, tokens: TokenStream) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let mut rest = tokens.as_slice();
        while let Some((token, mut after)) = rest.split_first() {
            match token {
                TokenTree::Ident(first) => {
                    let mut names = vec![text_of(first)];
                    while let Some((name, behind)) = name_after_colons(after) {
                        names.push(text_of(name));
                        after = behind;
                    }
                    self.add_path(line_of(first), names);
                }
                TokenTree::Group(group) => self.read_tokens(group.stream()),
                TokenTree::Punct(_) | TokenTree::Literal(_) => {
                    // The end of `<T as Trait>::name`, or a path to another crate: `::url::Url`.
                    if let Some((_, behind)) = name_after_colons(rest) {
                        after = behind;
                    }
                }
            }
            rest = after;
        }
    }

    /// Paths that an attribute spells as strings: `#[serde(with = "crate::times")]`.
    fn read_strings(&mut self, tokens: TokenStream) {
        for token in tokens {
            match token {
                TokenTree::Group(group) => self.read_strings(group.stream()),
                TokenTree::Literal(_) => {
                    let text = syn::parse2::<syn::LitStr>(token.into());
                    if let Ok(path) = text.and_then(|text| text.parse::<syn::Path>()) {
                        self.visit_path(&path);
                    }
                }
                TokenTree::Ident(_) | TokenTree::Punct(_) => {}
            }
        }
    }
}

/// Visits a node unless it exists for tests alone.
macro_rules! pass_over_tests {
    ($($visit:ident: $node:ident,)*) => {
        $(fn $visit(&mut self, node: &'ast syn::$node) {
            if !node.attrs.iter().any(is_for_tests) {
                visit::$visit(self, node);
            }
        })*
    };
}

impl<'ast> Visit<'ast> for Names {
    pass_over_tests! {
        visit_item_const: ItemConst,
        visit_item_enum: ItemEnum,
        visit_item_fn: ItemFn,
        visit_item_foreign_mod: ItemForeignMod,
        visit_item_impl: ItemImpl,
        visit_item_macro: ItemMacro,
        visit_item_static: ItemStatic,
        visit_item_struct: ItemStruct,
        visit_item_trait: ItemTrait,
        visit_item_type: ItemType,
        visit_impl_item_const: ImplItemConst,
        visit_impl_item_fn: ImplItemFn,
        visit_impl_item_type: ImplItemType,
        visit_trait_item_const: TraitItemConst,
        visit_trait_item_fn: TraitItemFn,
        visit_field: Field,
        visit_field_value: FieldValue,
        visit_variant: Variant,
        visit_arm: Arm,
        visit_local: Local,
        visit_stmt_macro: StmtMacro,
        visit_expr_block: ExprBlock,
    }

    fn visit_item_mod(&mut self, module: &'ast ItemMod) {
        let name = text_of(&module.ident);
        self.modules.insert(name.clone());
        if module.attrs.iter().any(is_for_tests) {
            self.test_modules.insert(name);
            return;
        }
        if module.attrs.iter().any(|attribute| attribute.path().is_ident("path")) {
            self.moved_modules.push(line_of(module));
        }
        if let Some((_, items)) = &module.content {
            let body = Self::of(items);
            self.moved_modules.extend(&body.moved_modules);
            self.bodies.insert(name, body);
        }
    }

    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        if item.attrs.iter().any(is_for_tests) {
            return;
        }
        // `use ::url::Url` leads to another crate, even where a module is called `url`.
        let prefix: &[String] = if item.leading_colon.is_some() { &["::".to_owned()] } else { &[] };
        let is_re_export = !matches!(item.vis, syn::Visibility::Inherited);
        self.import(&item.tree, prefix, is_re_export);
    }

    /// `extern crate self as curt` is another name for `crate`.
    fn visit_item_extern_crate(&mut self, item: &'ast ItemExternCrate) {
        if let Some((_, alias)) = &item.rename
            && item.ident == "self"
        {
            self.imports.insert(text_of(alias), vec!["crate".to_owned()]);
        }
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        if path.leading_colon.is_none() {
            let names = path.segments.iter().map(|segment| text_of(&segment.ident)).collect();
            self.add_path(line_of(path), names);
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
            self.read_strings(list.tokens.clone());
        }
        visit::visit_attribute(self, attribute);
    }
}

/// The name that `::` joins to what stands before these tokens, and the tokens behind it.
fn name_after_colons(tokens: &[TokenTree]) -> Option<(&Ident, &[TokenTree])> {
    match tokens {
        [TokenTree::Punct(first), TokenTree::Punct(second), TokenTree::Ident(name), rest @ ..]
            if first.as_char() == ':' && second.as_char() == ':' =>
        {
            Some((name, rest))
        }
        _ => None,
    }
}

/// `type` for `r#type`, as its file is called.
fn text_of(name: &Ident) -> String {
    name.unraw().to_string()
}

fn line_of(node: &impl syn::spanned::Spanned) -> usize {
    node.span().start().line
}

fn is_for_tests(attribute: &Attribute) -> bool {
    attribute.path().is_ident("cfg")
        && attribute.parse_args::<Meta>().is_ok_and(|condition| needs_tests(&condition))
}

/// Whether a condition holds in test builds only: `test`, or `all(test, unix)`.
fn needs_tests(condition: &Meta) -> bool {
    let Meta::List(list) = condition else { return condition.path().is_ident("test") };
    let Ok(parts) = list.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated) else {
        return false;
    };
    if list.path.is_ident("all") {
        parts.iter().any(needs_tests)
    } else {
        list.path.is_ident("any") && !parts.is_empty() && parts.iter().all(needs_tests)
    }
}

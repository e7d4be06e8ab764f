//! Which modules of a crate use which: the graph of imports, and its circles. A module is a file; what a file uses of the
//! modules around it (`super`, the root of its crate) does not count.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use syn::visit::Visit;

/// Files that are the module of their folder, or the root of their crate.
pub const ROOTS: [&str; 3] = ["lib.rs", "main.rs", "mod.rs"];

/// A path as a list of names below the crate's root.
type Names = Vec<String>;

/// The modules of one crate.
pub struct Tree {
    modules: BTreeMap<Names, Module>,
}

/// A file.
#[derive(Default)]
struct Module {
    file: String,
    /// Paths of this crate that the file mentions, outside of its tests.
    uses: BTreeSet<Names>,
    /// Names that `pub use` re-exports, and the paths behind them.
    exports: BTreeMap<String, Names>,
    /// Modules that `pub use x::*` re-exports.
    glob_exports: Vec<Names>,
    /// Names of the items that the file defines.
    items: BTreeSet<String>,
}

impl Tree {
    pub fn of(files: &[(&str, &str)]) -> Self {
        let names: BTreeMap<Names, &str> = files.iter().map(|(path, _)| (module_of(path), *path)).collect();
        let mut modules = BTreeMap::new();
        for (path, text) in files {
            let here = module_of(path);
            let file = syn::parse_file(text).unwrap_or_else(|error| panic!("{path}: {error}"));
            let children = names.keys().filter(|name| name.split_last().is_some_and(|(_, up)| up == here));
            let children = children.filter_map(|name| name.last().cloned()).collect();
            let mut reader = Reader { here: here.clone(), depth: 0, children, module: Module::default() };
            reader.visit_file(&file);
            modules.insert(here, Module { file: (*path).to_owned(), ..reader.module });
        }
        Tree { modules }
    }

    /// The module whose file defines what a path names; re-exports lead on.
    fn home(&self, path: &[String], patience: usize) -> Option<&Names> {
        let patience = patience.checked_sub(1)?;
        let length = (0..=path.len()).rev().find(|length| self.modules.contains_key(&path[..*length]))?;
        let (here, module) = self.modules.get_key_value(&path[..length])?;
        let Some((name, rest)) = path[length..].split_first() else { return Some(here) };
        let follow = |to: &Names| self.home(&[to.as_slice(), rest].concat(), patience);
        if let Some(to) = module.exports.get(name) {
            return follow(to);
        }
        if !module.items.contains(name) {
            for whole in &module.glob_exports {
                let to = [whole.as_slice(), std::slice::from_ref(name)].concat();
                let home = self.home(&to, patience);
                if home.is_some_and(|home| self.modules[home].items.contains(name)) {
                    return follow(&to);
                }
            }
        }
        Some(here)
    }

    fn arrows(&self) -> BTreeMap<&Names, BTreeSet<&Names>> {
        let to = |here: &Names, module: &Module| -> BTreeSet<&Names> {
            let homes = module.uses.iter().filter_map(|path| self.home(path, 16));
            // Nested modules may use the modules around them: Rust's rules of privacy are made for that.
            let others = homes.filter(|home| !here.starts_with(home));
            others.filter_map(|home| Some(self.modules.get_key_value(home)?.0)).collect()
        };
        self.modules.iter().map(|(here, module)| (here, to(here, module))).collect()
    }

    /// The shortest circle through each module, each circle once.
    pub fn circles(&self) -> BTreeSet<String> {
        let arrows = self.arrows();
        let mut circles = BTreeSet::new();
        for start in self.modules.keys() {
            let mut ways = VecDeque::from([vec![start]]);
            let mut seen = BTreeSet::new();
            while let Some(way) = ways.pop_front() {
                let next = way.last().into_iter().flat_map(|last| &arrows[*last]);
                for to in next {
                    if *to == start {
                        // Begun at its first file, so that a circle is the same from wherever it is found.
                        let first =
                            way.iter().enumerate().min_by_key(|(_, name)| **name).map_or(0, |(at, _)| at);
                        let round = way[first..].iter().chain(&way[..first]).chain([&way[first]]);
                        let files: Vec<&str> = round.map(|name| self.modules[*name].file.as_str()).collect();
                        circles.insert(files.join(" -> "));
                        ways.clear();
                        break;
                    }
                    if seen.insert(*to) {
                        ways.push_back([way.as_slice(), &[*to]].concat());
                    }
                }
            }
        }
        circles
    }
}

/// `…/src/a/b.rs` and `…/src/a/b/mod.rs` are `a::b`; a crate's root is empty.
pub fn module_of(path: &str) -> Names {
    let inside = path.rsplit_once("src/").map_or(path, |(_, inside)| inside);
    let inside = match inside.strip_prefix("bin/") {
        Some(program) => program.split_once('/').map_or("main.rs", |(_, inside)| inside),
        None => inside,
    };
    let mut names: Names = inside.trim_end_matches(".rs").split('/').map(str::to_owned).collect();
    if names.last().is_some_and(|last| ROOTS.contains(&format!("{last}.rs").as_str())) {
        names.pop();
    }
    names
}

/// Collects what a file uses, re-exports and defines.
struct Reader {
    here: Names,
    /// Inline modules around the item that is visited: `super` leads out of them first.
    depth: usize,
    children: BTreeSet<String>,
    module: Module,
}

impl Reader {
    /// A path below the crate's root; None if it leads into another crate.
    fn absolute(&self, path: &[String]) -> Option<Names> {
        let (first, rest) = path.split_first()?;
        match first.as_str() {
            "crate" => Some(rest.to_vec()),
            "self" => Some([self.here.as_slice(), rest].concat()),
            "super" => {
                let supers = path.iter().take_while(|name| *name == "super").count();
                let up = self.here.len().checked_sub(supers.saturating_sub(self.depth))?;
                Some([&self.here[..up], &path[supers..]].concat())
            }
            child if self.children.contains(child) => Some([self.here.as_slice(), path].concat()),
            _ => None,
        }
    }

    /// Notes a path in code. A single name counts if the file re-exports it: it is used here as well.
    fn mention(&mut self, path: &[String]) {
        let exports = path.first().and_then(|first| self.module.exports.get(first)).cloned();
        let imported = || self.absolute(path).filter(|_| path.len() > 1);
        let used = exports.or_else(imported);
        self.module.uses.extend(used);
    }

    fn import(&mut self, tree: &syn::UseTree, before: &[String], is_export: bool) {
        let then = |name: &syn::Ident| [before, &[name.to_string()]].concat();
        match tree {
            syn::UseTree::Path(path) => self.import(&path.tree, &then(&path.ident), is_export),
            syn::UseTree::Group(group) => {
                group.items.iter().for_each(|tree| self.import(tree, before, is_export));
            }
            syn::UseTree::Name(name) if name.ident == "self" => {
                self.bring(before.to_vec(), before.last(), is_export)
            }
            syn::UseTree::Name(name) => {
                self.bring(then(&name.ident), Some(&name.ident.to_string()), is_export)
            }
            syn::UseTree::Rename(to) => self.bring(then(&to.ident), Some(&to.rename.to_string()), is_export),
            syn::UseTree::Glob(_) => self.bring(before.to_vec(), None, is_export),
        }
    }

    /// `name`: what the path is called from here on; None for all that is in it.
    fn bring(&mut self, path: Names, name: Option<&String>, is_export: bool) {
        let Some(path) = self.absolute(&path) else { return };
        match name {
            _ if !is_export => drop(self.module.uses.insert(path)),
            Some(name) => drop(self.module.exports.insert(name.clone(), path)),
            None => self.module.glob_exports.push(path),
        }
    }
}

impl<'ast> Visit<'ast> for Reader {
    fn visit_item(&mut self, item: &'ast syn::Item) {
        if is_test(item) {
            return;
        }
        self.module.items.extend(name_of(item));
        syn::visit::visit_item(self, item);
    }

    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        self.depth += 1;
        syn::visit::visit_item_mod(self, item);
        self.depth -= 1;
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        let is_export = !matches!(item.vis, syn::Visibility::Inherited);
        self.import(&item.tree, &[], is_export);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let names: Names = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        self.mention(&names);
        syn::visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        for path in paths_in(&call.tokens.to_string()) {
            self.mention(&path);
        }
        syn::visit::visit_macro(self, call);
    }
}

/// Paths and names in the text of a macro call, whose tokens are apart: `crate :: a :: B`.
fn paths_in(tokens: &str) -> Vec<Names> {
    let joined = tokens.replace(" :: ", "::").replace(":: ", "::");
    let words = joined.split(|c: char| !c.is_alphanumeric() && c != '_' && c != ':');
    words.map(|word| word.split("::").map(str::to_owned).collect()).collect()
}

fn is_test(item: &syn::Item) -> bool {
    let syn::Item::Mod(item) = item else { return false };
    item.attrs.iter().any(|attribute| {
        let condition = attribute.meta.require_list().map(|list| list.tokens.to_string());
        attribute.path().is_ident("cfg") && condition.is_ok_and(|condition| condition == "test")
    })
}

fn name_of(item: &syn::Item) -> Option<String> {
    let name = match item {
        syn::Item::Const(item) => &item.ident,
        syn::Item::Enum(item) => &item.ident,
        syn::Item::Fn(item) => &item.sig.ident,
        syn::Item::Static(item) => &item.ident,
        syn::Item::Struct(item) => &item.ident,
        syn::Item::Trait(item) => &item.ident,
        syn::Item::Type(item) => &item.ident,
        _ => return None,
    };
    Some(name.to_string())
}

#[test]
fn circles_are_found_and_nothing_else() {
    let circle = ["c/src/a.rs -> c/src/b.rs -> c/src/a.rs".to_owned()];
    let lib = ("c/src/lib.rs", "mod a; mod b; pub use a::A; pub use b::{B, C as D};");
    for (files, expected) in [
        (vec![("c/src/a.rs", "use crate::b::B;"), ("c/src/b.rs", "use crate::a::A;")], &circle[..]),
        (vec![("c/src/a.rs", "use crate::b::B;"), ("c/src/b.rs", "struct B;")], &[]),
        // By a name that the root offers, by a renamed one, by a path in an expression, in a macro call, by `super`.
        (vec![("c/src/a.rs", "use crate::B;"), ("c/src/b.rs", "use crate::A;")], &circle),
        (vec![("c/src/a.rs", "use crate::{x, D};"), ("c/src/b.rs", "use crate::A;")], &circle),
        (vec![("c/src/a.rs", "fn f() { crate::b::g() }"), ("c/src/b.rs", "use super::a::A;")], &circle),
        (
            vec![("c/src/a.rs", "fn f() { println!(\"{}\", crate::b::X) }"), ("c/src/b.rs", "use crate::A;")],
            &circle,
        ),
        // Tests, comments and other crates do not count.
        (
            vec![
                ("c/src/a.rs", "// crate::b::B\nuse b::B;\n#[cfg(test)]\nmod tests { use crate::b::B; }"),
                ("c/src/b.rs", "use crate::A;"),
            ],
            &[],
        ),
    ] {
        let files: Vec<_> = [lib].into_iter().chain(files).collect();
        assert_eq!(Vec::from_iter(Tree::of(&files).circles()), expected, "{files:?}");
    }
}

#[test]
fn what_is_nested_may_use_what_is_around_it() {
    for (room, inner, other, circles) in [
        ("mod b; use b::B; pub struct E;", "use super::E; pub struct B;", "", 0),
        ("mod b; use b::B; pub struct E;", "use super::*; use crate::C; pub struct B;", "pub struct C;", 0),
        ("mod b; pub use b::B;", "use crate::C; pub struct B;", "use crate::a::B; pub struct C;", 1),
        ("mod b; pub use b::*;", "use crate::C; pub struct B;", "use crate::a::B; pub struct C;", 1),
        (
            "mod b; use b::B;",
            "mod d { use super::super::super::C; } pub struct B;",
            "use crate::a::b::B; pub struct C;",
            1,
        ),
        // The folder re-exports what it does not use itself.
        ("mod b; pub use b::B; use crate::C;", "pub struct B;", "use crate::a::B; pub struct C;", 0),
        (
            "mod b; pub use b::B; use crate::C; fn f() { B::new() }",
            "pub struct B;",
            "use crate::a::A; pub struct C;",
            1,
        ),
    ] {
        for path in ["c/src/a.rs", "c/src/a/mod.rs"] {
            let root = ("c/src/lib.rs", "mod a; mod c; pub use c::C;");
            let files = [root, (path, room), ("c/src/a/b.rs", inner), ("c/src/c.rs", other)];
            assert_eq!(Tree::of(&files).circles().len(), circles, "{room} {inner} {other}");
        }
    }
}

#[test]
fn a_circle_of_three_is_told_once() {
    let files = [
        ("c/src/main.rs", "mod x; mod y; mod z;"),
        ("c/src/x.rs", "use crate::y::Y;"),
        ("c/src/y.rs", "use crate::z::Z;"),
        ("c/src/z.rs", "use crate::x::X;"),
    ];
    let circles = Tree::of(&files).circles();
    assert_eq!(Vec::from_iter(circles), ["c/src/x.rs -> c/src/y.rs -> c/src/z.rs -> c/src/x.rs"]);
}

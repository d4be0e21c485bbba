//! The rooms of each crate: imports between them go down only, and no two files need each other.
//!
//! A room is a module of a crate's root: `links.rs` with the folder `links/`. Rooms stand on
//! floors; a room names only what stands on a floor below its own, re-exports included. Inside a
//! room files may name each other in one direction. The root itself (`lib.rs`, `main.rs`) is the
//! roof: it declares and publishes, and nothing inside imports through it. ARCHITECTURE.md says
//! what each room is for.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::files::RepositoryFile;
use super::imports::{self, CrateImports, Import, ModulePath};
use crate::problems::Problem;

#[cfg(test)]
mod tests;

/// The floors of one crate, lowest first; rooms on one floor do not name each other.
#[derive(Debug, Clone, Copy)]
pub(super) struct House<'a> {
    /// The folder of the crate: `crates/curt-web`.
    pub folder: &'a str,
    pub floors: &'a [&'a [&'a str]],
}

/// Every crate of the workspace.
pub(super) const HOUSES: &[House<'static>] = &[
    House {
        folder: "crates/curt-domain",
        floors: &[
            &["clients", "ids", "reports", "secrets", "switch", "targets", "texts", "time"],
            &["accounts", "calendar", "codes", "target_blocks"],
            &["ip_blocks", "clicks"],
            &["links", "visitors"],
        ],
    },
    House {
        folder: "crates/curt-journal",
        floors: &[
            &["format", "mapping"],
            &["directory"],
            &["reader", "segment"],
            &["inspection", "recovery", "settings"],
            &["shard"],
            &["condition"],
            &["shared"],
            &["keeper"],
            &["journal"],
        ],
    },
    House {
        folder: "crates/curt-store",
        floors: &[
            &["error"],
            &["pages"],
            &["db"],
            &["attribution", "migrations"],
            &["store"],
            &["audit", "changes", "clicks", "ids", "meta", "owners", "replays"],
            &["accounts", "backups", "ip_blocks", "links", "target_blocks"],
            &["reports"],
        ],
    },
    House {
        folder: "crates/curt-cache",
        floors: &[&["ip_blocks", "limits", "route"], &["target_blocks", "links"]],
    },
    House {
        folder: "crates/curt-analytics",
        floors: &[
            &["agents", "skipped", "rate"],
            &["depth", "fold", "watch"],
            &["reading"],
            &["counting"],
            &["metrics", "replay"],
            &["drain"],
        ],
    },
    House {
        folder: "crates/curt-qr",
        floors: &[&["color", "symbol"], &["style", "terminal"], &["png", "svg"]],
    },
    House {
        folder: "crates/curt-ui",
        floors: &[&["layout", "texts"], &["message", "password", "preview", "report", "setup"]],
    },
    House {
        folder: "crates/curt-web",
        floors: &[
            &["admin_key", "ids", "memo", "metrics", "visitors"],
            &["clicks", "node", "response"],
            &["blocking", "site"],
            &["request", "lists"],
            &["document", "gate", "pages"],
            &["auth"],
            &["app"],
            &["admission"],
            &["api", "edge"],
            &["server", "ui"],
            &["routes"],
            &["openapi"],
            &["assemble"],
        ],
    },
    House {
        folder: "crates/curt",
        floors: &[
            &["logging", "signals", "visible"],
            &["failure"],
            &["data_dir", "database", "new_file", "terminal"],
            &["backup", "keys"],
            &["config"],
            &["app"],
            &["api", "serve"],
            &["commands"],
            &["cli"],
        ],
    },
    House {
        folder: "crates/testkit",
        floors: &[
            &["databases", "metrics", "proxy", "shim", "sqlite_lock"],
            &["clock", "powercut"],
            &["server"],
            &["history", "visits"],
        ],
    },
    House {
        folder: "xtask",
        floors: &[
            &["cargo", "problems"],
            &["deny", "fuzz", "fuzz_api", "last_release", "tidy"],
            &["check"],
        ],
    },
];

pub(super) fn problems(files: &[RepositoryFile], houses: &[House<'_>]) -> Vec<Problem> {
    let mut problems = Vec::new();
    for folder in crates(files) {
        if !houses.iter().any(|house| house.folder == folder) {
            problems
                .push(Problem::new(folder, "has no rooms; add them to xtask/src/tidy/rooms.rs"));
        }
    }
    for house in houses {
        let found = imports::read(files, &format!("{}/src/", house.folder));
        for (file, error) in &found.unreadable {
            problems.push(Problem::new(file, format!("cannot be read as Rust: {error}")));
        }
        problems.extend(floor_problems(house, &found));
        problems.extend(import_problems(house, &found));
        problems.extend(circle_problems(&found));
    }
    problems
}

/// The folders of all crates that have sources.
fn crates(files: &[RepositoryFile]) -> BTreeSet<&str> {
    let folders = files.iter().filter_map(|file| file.path.strip_suffix("/Cargo.toml"));
    let has_sources = |folder: &&str| {
        let sources = format!("{folder}/src/");
        files.iter().any(|file| file.path.starts_with(&sources))
    };
    folders.filter(has_sources).collect()
}

/// Rooms without a floor, and floors that name a room which is not there.
fn floor_problems(house: &House<'_>, found: &CrateImports) -> Vec<Problem> {
    let rooms: BTreeSet<&str> = found.files.keys().filter_map(|path| room(path)).collect();
    let planned: BTreeSet<&str> = house.floors.iter().copied().flatten().copied().collect();
    let missing = rooms.difference(&planned);
    let missing =
        missing.map(|room| format!("the room {room} has no floor in xtask/src/tidy/rooms.rs"));
    let gone = planned.difference(&rooms);
    let gone = gone.map(|room| format!("the room {room} of xtask/src/tidy/rooms.rs is not there"));
    missing.chain(gone).map(|complaint| Problem::new(house.folder, complaint)).collect()
}

fn room(path: &ModulePath) -> Option<&str> {
    path.first().map(String::as_str)
}

/// One finding for each file and room, or each file and path through the root.
fn import_problems(house: &House<'_>, found: &CrateImports) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut seen = BTreeSet::new();
    for import in &found.imports {
        let Some((subject, complaint)) = import_complaint(house, import) else { continue };
        if seen.insert((&import.from, subject)) {
            problems.push(Problem::new(place(found, import), complaint));
        }
    }
    problems
}

/// What an import names against the rules, and the complaint about it.
fn import_complaint<'a>(house: &House<'_>, import: &'a Import) -> Option<(&'a str, String)> {
    let Import { from, to, path, .. } = import;
    // The roof itself has no room, and publishes what is below it.
    let from_room = room(from)?;
    if import.through_root {
        let complaint = format!("{path} leads through the crate's root; name its own module");
        return Some((path, complaint));
    }
    let to_room = room(to)?;
    // A room without a floor is a finding of its own.
    let floor = |room: &str| house.floors.iter().position(|rooms| rooms.contains(&room));
    let (from_floor, to_floor) = (floor(from_room)?, floor(to_room)?);
    if from_room == to_room || to_floor < from_floor {
        return None;
    }
    let direction = if from_floor < to_floor { "up to" } else { "across to" };
    Some((to_room, format!("the room {from_room} imports {direction} {to_room}: {path}")))
}

fn place(found: &CrateImports, import: &Import) -> String {
    let file = found.files.get(&import.from).map_or("?", String::as_str);
    format!("{file}:{}", import.line)
}

/// For each file that a file needs, its first import from there.
type Edges<'a> = BTreeMap<&'a ModulePath, BTreeMap<&'a ModulePath, &'a Import>>;

/// One finding for each circle of files, at an import that closes it.
fn circle_problems(found: &CrateImports) -> Vec<Problem> {
    let mut edges = Edges::new();
    for import in &found.imports {
        if import.takes_item && import.from != import.to && !import.from.is_empty() {
            edges.entry(&import.from).or_default().entry(&import.to).or_insert(import);
        }
    }
    let mut problems = Vec::new();
    let mut seen = BTreeSet::new();
    for (from, imports) in &edges {
        for (to, import) in imports {
            let Some(way_back) = shortest_way(&edges, to, from) else { continue };
            let files: BTreeSet<&ModulePath> = way_back.iter().copied().collect();
            if seen.insert(files) {
                let names: Vec<String> = way_back.iter().map(|path| path.join("::")).collect();
                let circle = format!("{} → {}", from.join("::"), names.join(" → "));
                let complaint = format!("closes a circle: {circle}");
                problems.push(Problem::new(place(found, import), complaint));
            }
        }
    }
    problems
}

/// The files on the shortest way along the edges, including both ends.
fn shortest_way<'a>(
    edges: &Edges<'a>,
    from: &'a ModulePath,
    to: &'a ModulePath,
) -> Option<Vec<&'a ModulePath>> {
    let mut ways = VecDeque::from([vec![from]]);
    let mut seen = BTreeSet::from([from]);
    while let Some(way) = ways.pop_front() {
        let last = *way.last()?;
        if last == to {
            return Some(way);
        }
        for next in edges.get(last).into_iter().flat_map(BTreeMap::keys) {
            if seen.insert(next) {
                ways.push_back([way.as_slice(), &[*next]].concat());
            }
        }
    }
    None
}

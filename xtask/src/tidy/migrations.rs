//! Migrations: the same files for each of the three databases, so that none falls behind.

use std::collections::BTreeSet;

use super::files::RepositoryFile;
use crate::problems::Problem;

const FOLDER: &str = "crates/curt-store/migrations";
const DATABASES: [&str; 3] = ["sqlite", "postgres", "mysql"];

pub(super) fn problems(files: &[RepositoryFile]) -> Vec<Problem> {
    let names = DATABASES.map(|database| names_in(files, database));
    let all: BTreeSet<&str> = names.iter().flatten().copied().collect();
    if all.is_empty() {
        return vec![Problem::new(FOLDER, "holds no migrations")];
    }
    let mut problems = Vec::new();
    for (database, names) in DATABASES.iter().zip(&names) {
        for missing in all.difference(names) {
            let place = format!("{FOLDER}/{database}/{missing}");
            problems.push(Problem::new(place, "is missing; another database has it"));
        }
    }
    problems
}

fn names_in<'f>(files: &'f [RepositoryFile], database: &str) -> BTreeSet<&'f str> {
    let folder = format!("{FOLDER}/{database}/");
    files.iter().filter_map(|file| file.path.strip_prefix(&folder)).collect()
}

//! The repository as the rules see it: paths and texts, held in memory.

use std::fs;
use std::path::Path;

use anyhow::Context;

/// Folders that are no part of the repository: git's own, and what `.gitignore` names.
const PASSED_OVER: [&str; 3] = [".git", "target", "data"];

#[derive(Debug, Clone)]
pub(super) struct RepositoryFile {
    /// From the root, with `/` between the folders.
    pub path: String,
    /// Empty for files that are not text, such as images.
    pub text: String,
}

impl RepositoryFile {
    pub(super) fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or(&self.path)
    }

    pub(super) fn has_extension(&self, extension: &str) -> bool {
        Path::new(&self.path).extension().is_some_and(|found| found == extension)
    }

    /// Tests may be long, since nobody has to hold a whole row of them in their head.
    pub(super) fn is_test(&self) -> bool {
        self.name() == "tests.rs" || self.path.split('/').any(|folder| folder == "tests")
    }
}

/// Reads the repository at `root`, in the order of the paths.
pub(super) fn read(root: &Path) -> anyhow::Result<Vec<RepositoryFile>> {
    let mut files = Vec::new();
    read_folder(root, "", &mut files)?;
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(files)
}

fn read_folder(root: &Path, folder: &str, files: &mut Vec<RepositoryFile>) -> anyhow::Result<()> {
    let entries = fs::read_dir(root.join(folder)).with_context(|| format!("reading {folder:?}"))?;
    for entry in entries {
        let entry = entry.with_context(|| format!("reading {folder:?}"))?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        let path = if folder.is_empty() { name.to_string() } else { format!("{folder}/{name}") };
        let kind = entry.file_type().with_context(|| format!("reading {path}"))?;
        if kind.is_dir() && !PASSED_OVER.contains(&name.as_ref()) {
            read_folder(root, &path, files)?;
        } else if kind.is_file() {
            let bytes = fs::read(entry.path()).with_context(|| format!("reading {path}"))?;
            files.push(RepositoryFile { path, text: String::from_utf8(bytes).unwrap_or_default() });
        }
    }
    Ok(())
}

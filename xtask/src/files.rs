//! Copies folders, lists files and measures them. Knows nothing of what is in them.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::{Context, Result};
use flate2::Compression;
use flate2::write::GzEncoder;

/// Every file below a folder, sorted; none when the folder is absent. `enter` says which folders are looked into.
pub(crate) fn below(folder: &Path, enter: &dyn Fn(&Path) -> bool) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        if !folder.is_dir() {
            continue;
        }
        for entry in fs::read_dir(&folder).with_context(|| format!("{} cannot be read", folder.display()))? {
            let path = entry?.path();
            if !path.is_dir() {
                found.push(path);
            } else if enter(&path) {
                folders.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}

/// Copies every file below one folder into another, under the same relative path.
pub(crate) fn copy_tree(from: &Path, to: &Path) -> Result<()> {
    for file in below(from, &|_| true)? {
        copy(&file, &to.join(file.strip_prefix(from)?))?;
    }
    Ok(())
}

/// Copies one file and makes the folders it needs.
pub(crate) fn copy(from: &Path, to: &Path) -> Result<()> {
    if let Some(folder) = to.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::copy(from, to).with_context(|| format!("{} cannot be copied to {}", from.display(), to.display()))?;
    Ok(())
}

/// Empties a folder, which then exists.
pub(crate) fn emptied(folder: &Path) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder).with_context(|| format!("{} cannot be emptied", folder.display()))?;
    }
    fs::create_dir_all(folder).with_context(|| format!("{} cannot be made", folder.display()))
}

/// True: the source was written after the product, or one of them is absent.
pub(crate) fn is_newer(source: &Path, product: &Path) -> bool {
    match (written(source), written(product)) {
        (Some(source), Some(product)) => source > product,
        _ => true,
    }
}

/// When a file was last written; None when it is absent.
pub(crate) fn written(file: &Path) -> Option<SystemTime> {
    fs::metadata(file).and_then(|metadata| metadata.modified()).ok()
}

/// The size of a file in bytes: as it is, and as gzip at its best makes it.
pub(crate) fn sizes(file: &Path) -> Result<(usize, usize)> {
    let bytes = fs::read(file).with_context(|| format!("{} cannot be read", file.display()))?;
    let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
    gzip.write_all(&bytes)?;
    Ok((bytes.len(), gzip.finish()?.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copied_tree_holds_the_same_files() {
        let scratch = tempfile::tempdir().unwrap();
        let (from, to) = (scratch.path().join("from"), scratch.path().join("to"));
        fs::create_dir_all(from.join("deep/er")).unwrap();
        fs::write(from.join("deep/er/file"), "text").unwrap();
        copy_tree(&from, &to).unwrap();
        assert_eq!(fs::read_to_string(to.join("deep/er/file")).unwrap(), "text");
    }

    #[test]
    fn folders_that_are_not_entered_are_not_listed() {
        let scratch = tempfile::tempdir().unwrap();
        for path in ["seen/a", "hidden/b"] {
            let path = scratch.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
        let files = below(scratch.path(), &|folder| !folder.ends_with("hidden")).unwrap();
        assert_eq!(files, [scratch.path().join("seen/a")]);
    }
}

//! Makes Firefox's copy of the extension: the same files, and a manifest that is Chromium's with a few changes.
//! Does not know what the manifest says.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use serde_json::{Map, Value};

use crate::files;

const MANIFEST: &str = "manifest.json";
/// What Firefox wants otherwise, as a merge patch. Chromium warns of what it does not know, so that one manifest cannot serve both.
const CHANGES: &str = "manifest.firefox.json";

/// Copies an extension for Firefox, and takes the changes, which no browser needs, out of both.
pub(crate) fn for_firefox(extension: &Path, copy: &Path) -> Result<()> {
    let changes = extension.join(CHANGES);
    let manifest = patched(read(&extension.join(MANIFEST))?, read(&changes)?);
    fs::remove_file(&changes).with_context(|| format!("{} cannot be removed", changes.display()))?;
    files::copy_tree(extension, copy)?;
    let place = copy.join(MANIFEST);
    fs::write(&place, serde_json::to_vec_pretty(&manifest)?)
        .with_context(|| format!("{} cannot be written", place.display()))
}

fn read(file: &Path) -> Result<Value> {
    let text = fs::read(file).with_context(|| format!("{} cannot be read", file.display()))?;
    serde_json::from_slice(&text).with_context(|| format!("{} is no JSON", file.display()))
}

/// A merge patch applied (RFC 7396): null takes a member out, an object is applied within, all else takes the place of what was there.
fn patched(target: Value, patch: Value) -> Value {
    let Value::Object(changes) = patch else { return patch };
    let mut members = match target {
        Value::Object(members) => members,
        _ => Map::new(),
    };
    for (name, change) in changes {
        let before = members.remove(&name).unwrap_or_default();
        if !change.is_null() {
            members.insert(name, patched(before, change));
        }
    }
    Value::Object(members)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_patch_takes_out_adds_and_replaces() {
        let manifest =
            json!({"name": "a", "background": {"service_worker": "b.js", "type": "module"}, "list": [1]});
        let patch = json!({"background": {"service_worker": null, "scripts": ["b.js"]}, "list": [2], "own": {"id": "c", "not": null}});
        let expected = json!({"name": "a", "background": {"scripts": ["b.js"], "type": "module"}, "list": [2], "own": {"id": "c"}});
        assert_eq!(patched(manifest, patch), expected);
    }

    #[test]
    fn the_copy_differs_in_its_manifest_alone() {
        let scratch = tempfile::tempdir().unwrap();
        let (extension, copy) = (scratch.path().join("extension"), scratch.path().join("copy"));
        fs::create_dir(&extension).unwrap();
        for (name, text) in [(MANIFEST, r#"{"a": 1}"#), (CHANGES, r#"{"a": 2}"#), ("page.js", "same")] {
            fs::write(extension.join(name), text).unwrap();
        }
        for_firefox(&extension, &copy).unwrap();
        let names = |folder: &Path| {
            files::below(folder, &|_| true)
                .unwrap()
                .iter()
                .map(|file| file.strip_prefix(folder).unwrap().to_owned())
                .collect::<Vec<_>>()
        };
        assert_eq!(names(&extension), names(&copy));
        assert_eq!(read(&extension.join(MANIFEST)).unwrap(), json!({"a": 1}));
        assert_eq!(read(&copy.join(MANIFEST)).unwrap(), json!({"a": 2}));
    }
}

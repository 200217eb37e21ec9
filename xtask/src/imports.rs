//! The order of the engine's modules: each may name those below it, and no other.
//! The order between crates needs no check here, since cargo refuses a circle.

use std::collections::BTreeSet;

use anyhow::{Context, Result};
use syn::{Item, UseTree};

/// Where the engine is.
const HOME: &str = "crates/core/src/";
/// Each module with those it may name. `engine` alone names ports and plans, and is named by nobody.
const MAY_NAME: [(&str, &[&str]); 13] = [
    ("gather", &[]),
    ("planted", &[]),
    ("model", &[]),
    ("backoff", &["model"]),
    ("merge", &["model", "planted"]),
    ("metrics", &["model"]),
    ("narrowing", &["model", "planted"]),
    ("plan", &["backoff", "merge", "model", "planted"]),
    ("query", &["backoff", "merge", "model"]),
    ("schedule", &["backoff", "merge", "model", "planted"]),
    ("ports", &["model", "plan"]),
    ("backends", &["backoff", "gather", "model", "planted", "ports"]),
    (
        "engine",
        &[
            "backends",
            "backoff",
            "gather",
            "merge",
            "metrics",
            "model",
            "narrowing",
            "plan",
            "planted",
            "ports",
            "query",
            "schedule",
        ],
    ),
];

/// What a file of the engine names against the order.
pub(crate) fn upward(name: &str, text: &str) -> Result<Vec<String>> {
    let Some(module) = name.strip_prefix(HOME).map(first_part).filter(|module| *module != "lib") else {
        return Ok(Vec::new());
    };
    let Some((_, below)) = MAY_NAME.iter().find(|(known, _)| *known == module) else {
        return Ok(vec![format!(
            "{name}: `{module}` has no place in the order of modules: xtask/src/imports.rs"
        )]);
    };
    let named = named(text).with_context(|| format!("{name} cannot be parsed"))?;
    let known = |other: &&String| MAY_NAME.iter().any(|(known, _)| known == other);
    let wrong =
        named.iter().filter(known).filter(|other| *other != module && !below.contains(&other.as_str()));
    Ok(wrong.map(|other| format!("{name}: `{module}` names `{other}`, which is not below it")).collect())
}

fn first_part(path: &str) -> &str {
    path.split(['/', '.']).next().unwrap_or(path)
}

/// The modules of its crate that a file names: in imports, grouped or not, and in paths.
fn named(text: &str) -> syn::Result<BTreeSet<String>> {
    let mut named = BTreeSet::new();
    for item in syn::parse_file(text)?.items {
        if let Item::Use(import) = item
            && let UseTree::Path(path) = import.tree
            && path.ident == "crate"
        {
            heads(&path.tree, &mut named);
        }
    }
    for (_, rest) in text.match_indices("crate::").map(|(at, found)| text.split_at(at + found.len())) {
        named.insert(rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect());
    }
    Ok(named)
}

fn heads(tree: &UseTree, into: &mut BTreeSet<String>) {
    match tree {
        UseTree::Path(path) => drop(into.insert(path.ident.to_string())),
        UseTree::Name(name) => drop(into.insert(name.ident.to_string())),
        UseTree::Rename(rename) => drop(into.insert(rename.ident.to_string())),
        UseTree::Group(group) => group.items.iter().for_each(|item| heads(item, into)),
        UseTree::Glob(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_import_from_below_is_fine() {
        let text = "use crate::model::Record;\nuse crate::merge;";
        assert!(upward("crates/core/src/plan/push.rs", text).unwrap().is_empty());
    }

    #[test]
    fn an_import_from_above_is_found_in_a_group_and_in_a_path() {
        for text in
            ["use crate::{model::Record, engine::Engine};", "fn f() -> crate::engine::Engine { todo() }"]
        {
            let findings = upward("crates/core/src/schedule.rs", text).unwrap();
            assert_eq!(
                findings,
                ["crates/core/src/schedule.rs: `schedule` names `engine`, which is not below it"]
            );
        }
    }

    #[test]
    fn a_module_without_a_place_is_found() {
        assert_eq!(upward("crates/core/src/helpers.rs", "").unwrap().len(), 1);
    }

    #[test]
    fn files_of_other_crates_and_the_root_of_the_engine_are_free() {
        for name in ["crates/store/src/log.rs", "crates/core/src/lib.rs"] {
            assert!(upward(name, "use crate::engine::Engine;").unwrap().is_empty());
        }
    }
}

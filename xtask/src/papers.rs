//! The TypeScript in the papers holds against the package's types. Does not run it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use crate::places::Places;
use crate::process::Reporter;
use crate::{files, npm};

/// Papers that show how the package is used, or folders of them. Each block of TypeScript stands for itself, as a module.
const PAPERS: [&str; 2] = ["README.md", "docs/guide"];
const FENCE: &str = "```";

/// Type-checks the blocks of TypeScript in every paper.
pub(crate) fn types(places: &Places, reporter: &Reporter) -> Result<()> {
    let folder = places.built("papers");
    files::emptied(&folder)?;
    let mut written = 0;
    for paper in papers(places)? {
        let shown = places.shown(&paper);
        let text = fs::read_to_string(&paper).with_context(|| format!("{shown} cannot be read"))?;
        let name = shown.replace(['/', '.'], "-");
        for (at, block) in blocks(&text, "ts").iter().enumerate() {
            fs::write(folder.join(format!("{name}-{at}.mts")), block)?;
            written += 1;
        }
    }
    ensure!(written > 0, "the papers show no TypeScript");
    let project = folder.join("tsconfig.json");
    fs::write(&project, serde_json::to_vec(&settings(places.root(), &entries(places)?))?)?;
    npm::run(places, reporter, "tsc", &["--noEmit", "--project", &project.display().to_string()])
}

/// The papers, one by one.
fn papers(places: &Places) -> Result<Vec<PathBuf>> {
    let mut papers = Vec::new();
    for paper in PAPERS {
        let path = places.source(paper);
        let found = if path.is_dir() { files::below(&path, &|_| true)? } else { vec![path] };
        ensure!(!found.is_empty(), "{paper} is not there");
        papers.extend(found.into_iter().filter(|file| file.extension().is_some_and(|ending| ending == "md")));
    }
    Ok(papers)
}

/// The entries of the package that have types: what they are imported as, and the file.
fn entries(places: &Places) -> Result<BTreeMap<String, String>> {
    let text = fs::read_to_string(places.source("pkg/package.json"))?;
    let manifest: Value = serde_json::from_str(&text)?;
    let exports =
        manifest.get("exports").and_then(Value::as_object).context("the package has no `exports`")?;
    let entry = |(name, target): (&String, &Value)| {
        let types = target.get("types")?.as_str()?.strip_prefix("./")?;
        Some((format!("syncline{}", name.strip_prefix('.')?), types.to_owned()))
    };
    Ok(exports.iter().filter_map(entry).collect())
}

fn settings(root: &Path, entries: &BTreeMap<String, String>) -> Value {
    let types = |name: &String| json!([root.join("pkg").join(name)]);
    let paths: BTreeMap<_, _> = entries.iter().map(|(name, file)| (name, types(file))).collect();
    json!({
        "extends": root.join("tsconfig.json"),
        "compilerOptions": {
            "typeRoots": [root.join("node_modules/@types")],
            "paths": paths,
        },
        "include": ["*.mts"],
        // The project's own list leaves out the folder that these files are in.
        "exclude": [],
    })
}

/// The fenced blocks of one language.
fn blocks(text: &str, language: &str) -> Vec<String> {
    let mut blocks = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if let Some(found) = line.strip_prefix(FENCE) {
            let block = lines.by_ref().take_while(|line| *line != FENCE).collect::<Vec<_>>().join("\n");
            if found == language {
                blocks.push(block);
            }
        }
    }
    blocks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_blocks_of_the_language_are_taken() {
        let text = "a\n```sh\nls\n```\n```ts\nlet a;\nlet b;\n```\nb\n```ts\nlet c;\n```";
        assert_eq!(blocks(text, "ts"), ["let a;\nlet b;", "let c;"]);
    }
}

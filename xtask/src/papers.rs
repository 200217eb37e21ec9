//! The TypeScript in the papers holds against the package's types. Does not run it.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use serde_json::json;

use crate::places::Places;
use crate::process::Reporter;
use crate::{files, npm};

/// Papers that show how the package is used. Each block of TypeScript stands for itself, as a module.
const PAPERS: [&str; 2] = ["README.md", "docs/guide.md"];
const FENCE: &str = "```";

/// Type-checks the blocks of TypeScript in every paper.
pub(crate) fn types(places: &Places, reporter: &Reporter) -> Result<()> {
    let folder = places.built("papers");
    files::emptied(&folder)?;
    for (number, paper) in PAPERS.iter().enumerate() {
        let text =
            fs::read_to_string(places.source(paper)).with_context(|| format!("{paper} cannot be read"))?;
        let blocks = blocks(&text, "ts");
        ensure!(!blocks.is_empty(), "{paper} shows no TypeScript");
        for (at, block) in blocks.iter().enumerate() {
            fs::write(folder.join(format!("{number}-{at}.mts")), block)?;
        }
    }
    let project = folder.join("tsconfig.json");
    fs::write(&project, serde_json::to_vec(&settings(places.root()))?)?;
    npm::run(places, reporter, "tsc", &["--noEmit", "--project", &project.display().to_string()])
}

fn settings(root: &Path) -> serde_json::Value {
    let types = |name: &str| json!([root.join("pkg").join(name)]);
    json!({
        "extends": root.join("tsconfig.json"),
        "compilerOptions": {
            "typeRoots": [root.join("node_modules/@types")],
            "paths": {
                "syncline": types("index.d.ts"),
                "syncline/element": types("element.d.ts"),
                "syncline/element/define": types("element-define.d.ts"),
            },
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

//! Where things are in the tree and in the target directory. Creates nothing.

use std::env;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::process::{self, Reporter};

/// The folders every command starts from.
#[derive(Clone, Debug)]
pub(crate) struct Places {
    root: PathBuf,
    target: PathBuf,
}

impl Places {
    /// Asks cargo where the workspace and its target directory are.
    pub(crate) fn find() -> Result<Self> {
        let manifest = env::var_os("CARGO_MANIFEST_DIR")
            .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
        let mut command = process::cargo(&manifest);
        command.args(["metadata", "--no-deps", "--format-version", "1"]);
        let metadata = process::output(&mut command)?;
        let metadata: serde_json::Value =
            serde_json::from_str(&metadata).context("cargo metadata did not answer with JSON")?;
        let folder = |field: &str| {
            let path = metadata.get(field).and_then(serde_json::Value::as_str);
            path.map(PathBuf::from).with_context(|| format!("cargo metadata has no {field}"))
        };
        Ok(Self { root: folder("workspace_root")?, target: folder("target_directory")? })
    }

    /// The root of the repository.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// A path inside the repository.
    pub(crate) fn source(&self, path: &str) -> PathBuf {
        self.root.join(path)
    }

    /// A path inside cargo's target directory.
    pub(crate) fn built(&self, path: &str) -> PathBuf {
        self.target.join(path)
    }

    /// The path as a reader at the root of the repository would write it.
    pub(crate) fn shown(&self, path: &Path) -> String {
        path.strip_prefix(&self.root).unwrap_or(path).display().to_string()
    }

    /// Runs cargo at the root with these arguments; its output goes to the reporter.
    pub(crate) fn cargo(&self, reporter: &Reporter, arguments: &[&str]) -> Result<()> {
        process::run(process::cargo(&self.root).args(arguments), reporter)?.success()
    }
}

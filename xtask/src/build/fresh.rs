//! Whether `build/` is the build of the present sources.
//!
//! In: the list of sources that cargo wrote beside the last wasm, their contents, and the settings of the build. Out: yes
//! or no. Never a yes from guesses: what cannot be read is a no, and worker-build then decides.

use std::{
    fs,
    hash::{DefaultHasher, Hasher},
    path::{Path, PathBuf},
    time::SystemTime,
};

use anyhow::Context;

use crate::project::Project;

/// What decides besides the sources that cargo lists.
const MANIFESTS: [&str; 5] = [
    "Cargo.toml",
    "Cargo.lock",
    "core/Cargo.toml",
    ".cargo/config.toml",
    "package-lock.json",
];
const OUTPUTS: [&str; 2] = ["build/index.js", "build/index_bg.wasm"];

/// One kind of build of one checkout.
pub struct Fingerprint<'a> {
    project: &'a Project,
    /// Written by cargo: the wasm and every file it was made of.
    dep_info: PathBuf,
    settings: &'a str,
}

impl<'a> Fingerprint<'a> {
    /// `profile` is cargo's folder (`release`, `debug`); `settings` is text that changes with tools and options.
    pub fn new(project: &'a Project, profile: &str, settings: &'a str) -> Self {
        let dep_info = project
            .target()
            .join("wasm32-unknown-unknown")
            .join(profile)
            .join("xm_edge.d");
        Self {
            project,
            dep_info,
            settings,
        }
    }

    /// Whether the recorded build was made of exactly the present sources.
    pub fn is_current(&self) -> bool {
        let recorded = fs::read_to_string(self.record_file()).ok();
        recorded.is_some() && recorded == self.compute()
    }

    /// Records the build that began at `began`. A source changed since then may be in the build or not: nothing is
    /// recorded, and the next build runs.
    ///
    /// # Errors
    /// When the record cannot be written or an old one removed.
    pub fn record(&self, began: SystemTime) -> anyhow::Result<()> {
        let file = self.record_file();
        match self.compute() {
            Some(fingerprint) if !self.changed_since(began) => {
                fs::write(&file, fingerprint).with_context(|| format!("writing {}", file.display()))
            }
            _ if file.exists() => {
                fs::remove_file(&file).with_context(|| format!("removing {}", file.display()))
            }
            _ => Ok(()),
        }
    }

    fn record_file(&self) -> PathBuf {
        self.project.path(".tools/built")
    }

    fn sources(&self) -> Option<Vec<PathBuf>> {
        let listed = sources(&fs::read_to_string(&self.dep_info).ok()?);
        if listed.is_empty() {
            return None;
        }
        let manifests = MANIFESTS.iter().map(|name| self.project.path(name));
        // Relative when cargo was told to write them so (`build.dep-info-basedir`).
        Some(
            listed
                .iter()
                .map(|path| self.project.root().join(path))
                .chain(manifests)
                .collect(),
        )
    }

    fn compute(&self) -> Option<String> {
        let mut hasher = DefaultHasher::new();
        // The outputs, too: somebody may have started worker-build by hand.
        let outputs = OUTPUTS.iter().map(|name| self.project.path(name));
        for path in self.sources()?.into_iter().chain(outputs) {
            hasher.write(path.as_os_str().as_encoded_bytes());
            hasher.write(&fs::read(&path).ok()?);
        }
        for name in ["RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS"] {
            hasher.write(
                std::env::var_os(name)
                    .unwrap_or_default()
                    .as_encoded_bytes(),
            );
        }
        Some(format!("{}\n{:016x}\n", self.settings, hasher.finish()))
    }

    fn changed_since(&self, began: SystemTime) -> bool {
        let modified = |path: &Path| fs::metadata(path).and_then(|metadata| metadata.modified());
        self.sources().is_none_or(|sources| {
            // worker-build may touch Cargo.lock; its content is what counts, and that is in the fingerprint.
            sources.iter().any(|path| {
                !path.ends_with("Cargo.lock") && modified(path).is_ok_and(|time| time > began)
            })
        })
    }
}

/// The files in a Makefile-style rule `output: source source…`, where a space inside a path is written `\ `.
fn sources(dep_info: &str) -> Vec<String> {
    let Some((_, list)) = dep_info
        .lines()
        .next()
        .and_then(|rule| rule.split_once(": "))
    else {
        return Vec::new();
    };
    list.replace("\\ ", "\0")
        .split(' ')
        .filter(|path| !path.is_empty())
        .map(|path| path.replace('\0', " "))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::sources;

    #[test]
    fn paths_with_spaces_are_one_source() {
        let rule = "/t/xm_edge.wasm: /my\\ work/src/lib.rs /my\\ work/core/src/lib.rs\n";
        assert_eq!(
            sources(rule),
            ["/my work/src/lib.rs", "/my work/core/src/lib.rs"]
        );
    }

    #[test]
    fn drive_letters_do_not_end_the_name_of_the_output() {
        assert_eq!(
            sources(r"C:\t\xm_edge.wasm: C:\p\src\lib.rs"),
            [r"C:\p\src\lib.rs"]
        );
    }

    #[test]
    fn an_empty_file_lists_nothing() {
        assert!(sources("").is_empty());
    }
}

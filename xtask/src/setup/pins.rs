//! Which versions the project is built with.
//!
//! In: `Cargo.lock` and `package-lock.json`. Out: [`Pins`]. It never reads what is installed.

use std::{
    fmt, fs,
    hash::{DefaultHasher, Hash, Hasher},
};

use anyhow::Context;

use crate::project::Project;

/// Everything that is pinned outside the Rust dependencies.
pub struct Pins {
    /// Bundles the Worker; not a dependency, so its version is kept here.
    pub worker_build: Crate,
    /// Writes the JavaScript around the Worker; must be of the library's version to the letter.
    pub wasm_bindgen: Crate,
    /// A digest of `package-lock.json`: wrangler, esbuild, binaryen, playwright-core.
    pub npm: String,
}

/// A program on crates.io.
#[derive(Debug, PartialEq, Eq)]
pub struct Crate {
    /// Name of the package.
    pub package: &'static str,
    /// Name of the program.
    pub program: &'static str,
    /// Exact version.
    pub version: String,
    /// Whether the package's own lock file is used.
    pub locked: bool,
}

impl fmt::Display for Crate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.program, self.version)
    }
}

impl Pins {
    /// Reads the lock files.
    ///
    /// # Errors
    /// When one is missing, or `Cargo.lock` does not name `wasm-bindgen`.
    pub fn read(project: &Project) -> anyhow::Result<Self> {
        let cargo_lock = read(project, "Cargo.lock")?;
        let wasm_bindgen = locked_version(&cargo_lock, "wasm-bindgen")
            .context("Cargo.lock has no package wasm-bindgen; restore it from git")?;
        Ok(Self {
            worker_build: Crate {
                package: "worker-build",
                program: "worker-build",
                version: "0.8.7".to_owned(),
                locked: true,
            },
            // Not with its lock file: that one names a webpki-roots that not every registry has.
            wasm_bindgen: Crate {
                package: "wasm-bindgen-cli",
                program: "wasm-bindgen",
                version: wasm_bindgen,
                locked: false,
            },
            npm: digest(&read(project, "package-lock.json")?),
        })
    }
}

/// Checks what the Worker is made of.
pub fn cargo_deny() -> Crate {
    Crate {
        package: "cargo-deny",
        program: "cargo-deny",
        version: "0.20.2".to_owned(),
        locked: true,
    }
}

fn read(project: &Project, name: &str) -> anyhow::Result<String> {
    fs::read_to_string(project.path(name))
        .with_context(|| format!("reading {name}; restore it from git"))
}

/// The version of `package` in a `Cargo.lock`.
///
/// Cargo writes `name` and `version` on lines of their own, in this order, in every version of the format. Reading
/// just those costs a twentieth of parsing the whole file, at each start of each command.
fn locked_version(cargo_lock: &str, package: &str) -> Option<String> {
    let name = format!("name = \"{package}\"");
    let mut lines = cargo_lock.lines();
    lines.find(|line| *line == name)?;
    let version = lines
        .next()?
        .strip_prefix("version = \"")?
        .strip_suffix('"')?;
    Some(version.to_owned())
}

/// Changes when `text` does; compared only with what this same tool wrote before.
pub fn digest(text: &str) -> String {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOCK: &str = "version = 4\n\n[[package]]\nname = \"wasm-bindgen-futures\"\nversion = \"0.4.60\"\n\n\
        [[package]]\nname = \"wasm-bindgen\"\nversion = \"0.2.130\"\nsource = \"registry\"\n";

    #[test]
    fn the_version_is_that_of_the_package_itself_not_of_one_whose_name_starts_alike() {
        assert_eq!(
            locked_version(LOCK, "wasm-bindgen").as_deref(),
            Some("0.2.130")
        );
    }

    #[test]
    fn a_package_that_is_not_locked_has_no_version() {
        assert_eq!(locked_version(LOCK, "worker"), None);
        assert_eq!(locked_version("", "worker"), None);
        assert_eq!(locked_version("name = \"worker\"\n", "worker"), None);
    }

    #[test]
    fn the_projects_own_lock_file_is_understood() {
        let lock = include_str!("../../../Cargo.lock");
        let parsed: toml::Table = lock.parse().expect("Cargo.lock is TOML");
        let expected = parsed["package"]
            .as_array()
            .expect("packages")
            .iter()
            .find(|package| package["name"].as_str() == Some("wasm-bindgen"))
            .and_then(|package| package["version"].as_str());
        assert!(expected.is_some());
        assert_eq!(locked_version(lock, "wasm-bindgen").as_deref(), expected);
    }
}

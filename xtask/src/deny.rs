//! `deny`: whether everything that the Worker and its tools are made of may be in them.
//!
//! In: `deny.toml`, the lock files. Out: cargo-deny's report on licences, sources, banned crates and known vulnerabilities, and npm's on
//! what of npm ships, which is nothing. It changes neither lock file.

use std::process::ExitCode;

use crate::{project::Project, run, setup};

/// Options of `deny`.
#[derive(clap::Args)]
pub struct Args {
    /// Without the advisories: their list is on GitHub
    #[arg(long)]
    offline: bool,
}

/// Checks everything; cargo-deny is installed into .tools/ when it is missing.
///
/// # Errors
/// When something may not be, or a tool cannot be installed.
pub fn deny(project: &Project, args: &Args) -> anyhow::Result<ExitCode> {
    let program = setup::cargo_deny(project)?;
    let mut cargo_deny = project.command(program);
    cargo_deny.arg("--workspace");
    if args.offline {
        cargo_deny.arg("--offline");
    }
    cargo_deny.arg("check");
    if args.offline {
        cargo_deny.args(["licenses", "bans", "sources"]);
    }
    run::shown(&mut cargo_deny)?;
    let npm = if cfg!(windows) { "npm.cmd" } else { "npm" };
    if !args.offline {
        run::shown(project.command(npm).args(["audit", "--omit=dev"]))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// What needs no tool of its own, on every change.
#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, fs};

    use serde_json::Value;

    use super::*;

    const CRATES_IO: &str = "registry+https://github.com/rust-lang/crates.io-index";

    fn packages(project: &Project) -> Vec<Value> {
        let mut cargo = project.cargo();
        let text = run::captured(cargo.args(["metadata", "--format-version=1", "--locked"]));
        let mut metadata: Value = serde_json::from_str(&text.unwrap()).unwrap();
        let Value::Array(packages) = metadata["packages"].take() else {
            panic!("no packages");
        };
        assert!(packages.len() > 100);
        packages
    }

    fn settings(project: &Project) -> toml::Table {
        let text = fs::read_to_string(project.path("deny.toml")).unwrap();
        text.parse().unwrap()
    }

    fn texts(list: &toml::Value) -> BTreeSet<&str> {
        let list = list.as_array().unwrap().iter();
        list.map(|text| text.as_str().unwrap()).collect()
    }

    /// Whether a licence expression (SPDX) can be met by those that are allowed.
    fn is_met(expression: &str, allowed: &BTreeSet<&str>) -> bool {
        let plain = expression.replace(['(', ')'], "").replace('/', " OR ");
        plain.split(" AND ").all(|part| {
            let mut choices = part.split(" OR ").map(str::trim);
            choices.any(|licence| allowed.contains(licence))
        })
    }

    #[test]
    fn every_crate_has_a_licence_that_is_allowed_and_comes_from_crates_io() {
        let project = Project::locate().unwrap();
        let settings = settings(&project);
        let licences = &settings["licenses"];
        let allowed = texts(&licences["allow"]);
        let exceptions = licences["exceptions"].as_array().unwrap();
        let mut wrong = Vec::new();
        for package in packages(&project) {
            let name = package["name"].as_str().unwrap();
            let excepted = exceptions
                .iter()
                .find(|e| e["crate"].as_str() == Some(name));
            let mut allowed = allowed.clone();
            allowed.extend(
                excepted
                    .iter()
                    .flat_map(|excepted| texts(&excepted["allow"])),
            );
            let licence = package["license"].as_str().unwrap_or("none");
            if !is_met(licence, &allowed) {
                wrong.push(format!("{name}: {licence}"));
            }
            if !package["source"].is_null() && package["source"] != CRATES_IO {
                wrong.push(format!("{name}: from {}", package["source"]));
            }
        }
        assert!(wrong.is_empty(), "{wrong:#?}");
    }

    #[test]
    fn no_banned_crate_is_in_the_lock_file() {
        let project = Project::locate().unwrap();
        let settings = settings(&project);
        let lock = fs::read_to_string(project.path("Cargo.lock")).unwrap();
        let banned = settings["bans"]["deny"].as_array().unwrap();
        assert!(!banned.is_empty());
        // Those with wrappers may be below them; cargo-deny looks at that.
        let outright = banned.iter().filter(|ban| ban.get("wrappers").is_none());
        for name in outright.map(|ban| ban["crate"].as_str().unwrap()) {
            assert!(
                !lock.contains(&format!("name = \"{name}\"\n")),
                "{name} is banned"
            );
        }
    }

    #[test]
    fn nothing_of_npm_ships() {
        let project = Project::locate().unwrap();
        let text = fs::read_to_string(project.path("package.json")).unwrap();
        let package: Value = serde_json::from_str(&text).unwrap();
        assert!(package["devDependencies"].is_object());
        for kind in ["dependencies", "optionalDependencies", "peerDependencies"] {
            assert!(package[kind].is_null(), "{kind}");
        }
    }

    #[test]
    fn licence_expressions_are_read() {
        let allowed = BTreeSet::from(["MIT", "Unicode-3.0"]);
        for met in [
            "MIT",
            "Apache-2.0 OR MIT",
            "Apache-2.0/MIT",
            "(MIT OR Apache-2.0) AND Unicode-3.0",
        ] {
            assert!(is_met(met, &allowed), "{met}");
        }
        for unmet in [
            "none",
            "GPL-3.0",
            "MIT AND GPL-3.0",
            "Apache-2.0 OR GPL-3.0",
        ] {
            assert!(!is_met(unmet, &allowed), "{unmet}");
        }
    }
}

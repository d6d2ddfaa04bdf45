//! The house: which crate may stand on which, and no circles between the modules of a crate.

use serde_json::Value;
use std::{
	collections::{BTreeMap, BTreeSet},
	fs,
	path::{Path, PathBuf},
	process::Command,
};

/// The crates from the ground up. One may depend only on such as stand on a lower floor.
const FLOORS: [&[&str]; 7] = [
	&["openledger-primitives", "openledger-blobs", "openledger-kernels"],
	&[
		"openledger-rows",
		"openledger-transformers",
		"openledger-client",
		"openledger-pallet-support",
	],
	&[
		"openledger-models",
		"pallet-datanets",
		"pallet-model-registry",
		"pallet-attribution",
		"pallet-inference-market",
		"pallet-governance",
		"pallet-security-council",
	],
	&["openledger-influence", "openledger-output", "openledger-runtime"],
	&["openledger-evaluation", "openledger-node", "openledger-cli"],
	&["openledger-next-runtime"],
	&["openledger-tests"],
];

/// What tests alone stand on.
const FOR_TESTS: [&str; 2] = ["openledger-testing", "openledger-pallet-testing"];

fn root() -> PathBuf {
	Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The packages of the workspace, with their manifests' dependencies.
fn packages() -> Vec<Value> {
	let arguments = ["metadata", "--no-deps", "--offline", "--format-version", "1"];
	let output = Command::new(env!("CARGO")).args(arguments).current_dir(root()).output().unwrap();
	assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
	let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
	metadata["packages"].as_array().unwrap().clone()
}

fn name(package: &Value) -> &str {
	package["name"].as_str().unwrap()
}

/// What a package depends on, by kind: `normal`, `build` or `dev`.
fn dependencies(package: &Value) -> Vec<(&str, &str)> {
	let dependencies = package["dependencies"].as_array().unwrap();
	dependencies.iter().map(|d| (d["kind"].as_str().unwrap_or("normal"), name(d))).collect()
}

fn floor(package: &str) -> Option<usize> {
	FLOORS.iter().position(|floor| floor.contains(&package))
}

#[test]
fn crates_should_depend_only_on_such_as_stand_lower() {
	let packages = packages();
	for package in packages.iter().filter(|package| !FOR_TESTS.contains(&name(package))) {
		let own = name(package);
		let above = floor(own).unwrap_or_else(|| panic!("{own} has no floor: give it one"));
		for (kind, other) in dependencies(package) {
			if kind == "dev" {
				continue;
			}
			assert!(!FOR_TESTS.contains(&other), "{own} ships {other}, which is for tests");
			if let Some(below) = floor(other) {
				assert!(below < above, "{own} depends on {other}, which does not stand lower");
			}
		}
	}
}

#[test]
fn tensors_of_others_should_be_those_of_tests_and_of_the_bench() {
	for package in packages() {
		for (kind, other) in dependencies(&package) {
			let allowed = kind == "dev" || name(&package) == "openledger-evaluation";
			assert!(other != "candle-core" || allowed, "{} depends on candle", name(&package));
		}
	}
}

#[test]
fn primitives_should_not_depend_on_the_sdk_outside_a_runtime() {
	let packages = packages();
	let primitives = packages.iter().find(|package| name(package) == "openledger-primitives");
	for dependency in primitives.unwrap()["dependencies"].as_array().unwrap() {
		let sdk = ["polkadot-sdk", "sp-", "sc-", "frame-"];
		let of_sdk = sdk.iter().any(|part| name(dependency).starts_with(part));
		let asked_for = dependency["optional"] == true && dependency["target"].is_string();
		assert!(!of_sdk || asked_for, "{}", name(dependency));
	}
}

/// The modules directly under a crate's root, each with its source without comments and unit tests.
fn modules(source: &Path) -> BTreeMap<String, String> {
	let mut modules = BTreeMap::new();
	let mut open = vec![source.to_owned()];
	while let Some(directory) = open.pop() {
		for entry in fs::read_dir(&directory).unwrap() {
			let path = entry.unwrap().path();
			let stem = path.file_stem().unwrap().to_string_lossy().into_owned();
			if ["tests", "testing", "mock", "bin"].contains(&stem.as_str()) {
				continue;
			}
			if path.is_dir() {
				open.push(path);
			} else if path.extension().is_some_and(|extension| extension == "rs") {
				let inside = path.strip_prefix(source).unwrap();
				let first = inside.components().next().unwrap().as_os_str().to_string_lossy();
				let module = first.trim_end_matches(".rs").to_owned();
				let mut text = code(&fs::read_to_string(&path).unwrap());
				// From directly under the root both names mean the root.
				if inside.components().count() == 1 {
					text = text.replace("super::", "crate::");
				}
				modules.entry(module).or_insert_with(String::new).push_str(&text);
			}
		}
	}
	modules
}

/// Source up to its unit tests, without comments.
fn code(text: &str) -> String {
	let end = text.find("#[cfg(test)]\nmod tests").unwrap_or(text.len());
	let lines = text[..end].lines().map(|line| line.split("//").next().unwrap_or_default());
	lines.collect::<Vec<_>>().join("\n")
}

/// The first names of the paths that `text` begins with: one, or those within braces.
fn first_names(text: &str) -> Vec<String> {
	let name = |text: &str| -> String {
		text.trim().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
	};
	let Some(rest) = text.strip_prefix('{') else { return vec![name(text)] };
	let (mut depth, mut names, mut item) = (0, Vec::new(), String::new());
	for character in rest.chars() {
		match character {
			'}' if depth == 0 => break,
			',' if depth == 0 => names.push(name(&std::mem::take(&mut item))),
			other => {
				depth += i32::from(other == '{') - i32::from(other == '}');
				item.push(other);
			},
		}
	}
	names.push(name(&item));
	names
}

/// The names that the root re-exports, with the modules they come from.
fn re_exports(root: &str, modules: &BTreeMap<String, String>) -> BTreeMap<String, String> {
	let mut names = BTreeMap::new();
	for module in modules.keys() {
		for (at, text) in root.match_indices(&format!("use {module}::")) {
			let rest = &root[at + text.len()..];
			let end = rest.find(';').unwrap_or(rest.len());
			let words = rest[..end].split(|c: char| !c.is_alphanumeric() && c != '_');
			let words = words.filter(|word| !word.is_empty());
			names.extend(words.map(|word| (word.to_owned(), module.clone())));
		}
	}
	names
}

/// Which modules of a crate name which others of it.
fn arrows(source: &Path) -> BTreeMap<String, BTreeSet<String>> {
	let modules = modules(source);
	let root = modules.get("lib").or_else(|| modules.get("main")).cloned().unwrap_or_default();
	let exported = re_exports(&root, &modules);
	let mut arrows = BTreeMap::new();
	for (module, text) in modules.iter().filter(|(name, _)| !["lib", "main"].contains(&&***name)) {
		let paths = text.match_indices("crate::").flat_map(|(at, _)| first_names(&text[at + 7..]));
		let targets = paths.filter_map(|name| match modules.contains_key(&name) {
			true => Some(name),
			false => exported.get(&name).cloned(),
		});
		arrows.insert(module.clone(), targets.filter(|target| target != module).collect());
	}
	arrows
}

/// A way along the arrows from `from` back to it.
fn circle(from: &str, arrows: &BTreeMap<String, BTreeSet<String>>) -> Option<Vec<String>> {
	let (mut open, mut seen) = (vec![vec![from.to_owned()]], BTreeSet::new());
	while let Some(way) = open.pop() {
		for next in arrows.get(way.last()?).into_iter().flatten() {
			if next == from {
				return Some(way);
			}
			if seen.insert(next.clone()) {
				open.push([way.clone(), vec![next.clone()]].concat());
			}
		}
	}
	None
}

/// Crates whose modules are one subject: there the table of instruction sets names every kernel, and
/// every kernel asks the table.
const ONE_SUBJECT: [&str; 1] = ["openledger-kernels"];

#[test]
fn modules_should_form_no_circles() {
	for package in packages().iter().filter(|package| !ONE_SUBJECT.contains(&name(package))) {
		let manifest = PathBuf::from(package["manifest_path"].as_str().unwrap());
		let arrows = arrows(&manifest.parent().unwrap().join("src"));
		for module in arrows.keys() {
			if let Some(way) = circle(module, &arrows) {
				panic!("{}: {} -> {module}", name(package), way.join(" -> "));
			}
		}
	}
}

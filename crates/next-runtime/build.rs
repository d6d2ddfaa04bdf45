//! With the feature `wasm`: makes the next version of the runtime in a copy of its sources, and builds it.

use polkadot_sdk::substrate_wasm_builder::WasmBuilder;
use std::{
	env,
	error::Error,
	fs::{self, File},
	path::{Path, PathBuf},
	time::SystemTime,
};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

fn main() -> Result<()> {
	println!("cargo:rerun-if-changed=build.rs");
	if env::var_os("CARGO_FEATURE_WASM").is_none() {
		return Ok(());
	}
	let here = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?);
	let root = here.join("../..").canonicalize()?;
	let next = PathBuf::from(env::var("OUT_DIR")?).join("next");
	make_next(&root, &here.join("src/halve_deposits.rs"), &next)?;
	WasmBuilder::new()
		.with_project(next.join("runtime/Cargo.toml"))?
		.import_memory()
		.export_heap_base()
		.set_file_name("next_runtime")
		.build();
	Ok(())
}

/// Makes the next version in the folder `next`, which becomes a workspace of its own.
fn make_next(root: &Path, migration: &Path, next: &Path) -> Result<()> {
	let (runtime, manifest) = (root.join("runtime"), root.join("Cargo.toml"));
	for source in [&runtime, &manifest, migration] {
		println!("cargo:rerun-if-changed={}", source.display());
	}
	if next.exists() {
		fs::remove_dir_all(next)?;
	}
	copy(&runtime, &next.join("runtime"))?;
	copy(migration, &next.join("runtime/src/halve_deposits.rs"))?;
	edit(&manifest, &next.join("Cargo.toml"), |text| workspace_of_runtime(text, root))?;
	let edit_runtime = |file: &str, change: fn(&str) -> Result<String>| {
		edit(&runtime.join(file), &next.join("runtime").join(file), change)
	};
	edit_runtime("src/lib.rs", |text| {
		Ok(raise_version(text)? + "\n#[allow(missing_docs)]\npub mod halve_deposits;\n")
	})?;
	edit_runtime("src/configs/system.rs", |text| {
		let migrations = "type SingleBlockMigrations = crate::migrations::Migrations;";
		let more = "type SingleBlockMigrations = (
		crate::migrations::Migrations,
		crate::halve_deposits::HalveDeposits<{ crate::VERSION.spec_version }>,
	);";
		replace(text, migrations, more)
	})
}

/// The workspace's manifest for the runtime as the only member, with everything else at its place under `root`.
fn workspace_of_runtime(manifest: &str, root: &Path) -> Result<String> {
	let start = manifest.find("[workspace.package]").ok_or("the manifest of no workspace")?;
	let shared = manifest[start..].replace("path = \"", &format!("path = \"{}/", root.display()));
	Ok(format!("[workspace]\nresolver = \"2\"\nmembers = [\"runtime\"]\n\n{shared}"))
}

fn raise_version(source: &str) -> Result<String> {
	let found = source.split_once("spec_version: ").and_then(|(before, after)| {
		let (version, after) = after.split_once(',')?;
		Some((before, version.parse::<u32>().ok()?, after))
	});
	let (before, version, after) = found.ok_or("the runtime names no spec_version")?;
	Ok(format!("{before}spec_version: {},{after}", version + 1))
}

/// Replaces what has to occur once.
fn replace(text: &str, old: &str, new: &str) -> Result<String> {
	match text.matches(old).count() {
		1 => Ok(text.replace(old, new)),
		times => Err(format!("`{old}` is {times} times in the runtime: adapt {}", file!()).into()),
	}
}

/// Copies a file or folder. Copies keep the time of the last change, so that Cargo compiles again only what is
/// new.
fn copy(from: &Path, to: &Path) -> Result<()> {
	if !from.is_dir() {
		fs::copy(from, to)?;
		return set_modified(to, modified(from)?);
	}
	fs::create_dir_all(to)?;
	for entry in fs::read_dir(from)? {
		let entry = entry?;
		copy(&entry.path(), &to.join(entry.file_name()))?;
	}
	Ok(())
}

/// Writes a changed copy of a file, which changes with the file or with this program.
fn edit(from: &Path, to: &Path, change: impl FnOnce(&str) -> Result<String>) -> Result<()> {
	fs::write(to, change(&fs::read_to_string(from)?)?)?;
	set_modified(to, modified(from)?.max(modified(Path::new("build.rs"))?))
}

fn modified(path: &Path) -> Result<SystemTime> {
	Ok(fs::metadata(path)?.modified()?)
}

fn set_modified(path: &Path, time: SystemTime) -> Result<()> {
	Ok(File::options().write(true).open(path)?.set_modified(time)?)
}

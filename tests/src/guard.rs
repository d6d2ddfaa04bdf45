//! Leaves nothing behind: folders, and the processes at work in them, go when this process does.

use crate::{error::io, Result};
use std::{
	io::Write,
	os::unix::process::CommandExt,
	path::{Path, PathBuf},
	process::{Child, ChildStdin, Command, Stdio},
};

/// The script of the shell that watches. Each line that it reads names the process at work, and an
/// empty one says that there is none. The pipe closes with this process, however that ends: by
/// itself, by an interrupt, or in a test harness that skips destructors.
const SCRIPT: &str = r#"
process=
while read -r word; do
	[ "$word" = release ] && exit 0
	process=$word
done
if [ -n "$process" ]; then
	kill -9 "$process"
	sleep 1
fi
rm -rf "$1"
"#;

/// A folder that is removed when this is dropped or when this process ends. The process at work in
/// it is killed first.
#[derive(Debug)]
pub struct Guard {
	folder: PathBuf,
	shell: Child,
	pipe: Option<ChildStdin>,
}

impl Guard {
	/// Makes a folder for temporary files.
	///
	/// # Errors
	/// If the folder cannot be made or the shell that watches cannot be started.
	pub fn new() -> Result<Self> {
		let folder = tempfile::Builder::new()
			.prefix("openledger-")
			.tempdir()
			.map_err(io("make a folder for temporary files"))?;
		let guard = Self::over(folder.path().to_path_buf())?;
		let _ = folder.keep();
		Ok(guard)
	}

	/// Takes over a folder.
	///
	/// # Errors
	/// If the shell that watches cannot be started.
	pub fn over(folder: PathBuf) -> Result<Self> {
		// A process group of its own, because an interrupt at the terminal is not for the shell.
		let mut shell = Command::new("sh")
			.args(["-c", SCRIPT, "guard"])
			.arg(&folder)
			.stdin(Stdio::piped())
			.stdout(Stdio::null())
			.stderr(Stdio::null())
			.process_group(0)
			.spawn()
			.map_err(io("start a shell"))?;
		let pipe = shell.stdin.take();
		Ok(Self { folder, shell, pipe })
	}

	pub fn folder(&self) -> &Path {
		&self.folder
	}

	/// Says which process is at work in the folder.
	///
	/// # Errors
	/// If the shell that watches is gone.
	pub fn watch(&mut self, process: u32) -> Result<()> {
		self.tell(&process.to_string())
	}

	/// Says that no process is at work any more.
	///
	/// # Errors
	/// If the shell that watches is gone.
	pub fn rest(&mut self) -> Result<()> {
		self.tell("")
	}

	/// Leaves the process running and the folder in place.
	///
	/// # Errors
	/// If the shell that watches is gone.
	pub fn release(&mut self) -> Result<PathBuf> {
		self.tell("release")?;
		Ok(self.folder.clone())
	}

	fn tell(&mut self, word: &str) -> Result<()> {
		match &mut self.pipe {
			Some(pipe) => writeln!(pipe, "{word}").map_err(io("reach the shell that watches")),
			None => Ok(()),
		}
	}
}

impl Drop for Guard {
	fn drop(&mut self) {
		drop(self.pipe.take());
		let _ = self.shell.wait();
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	fn sleeper() -> Child {
		Command::new("sleep").arg("60").spawn().unwrap()
	}

	#[test]
	fn folder_and_process_should_be_gone_when_the_guard_is() {
		let mut guard = Guard::new().unwrap();
		let folder = guard.folder().to_path_buf();
		std::fs::write(folder.join("file"), "text").unwrap();
		let mut process = sleeper();
		guard.watch(process.id()).unwrap();
		drop(guard);
		assert!(!folder.exists());
		assert!(!process.wait().unwrap().success());
	}

	#[test]
	fn process_should_live_when_it_is_not_watched_any_more() {
		let mut guard = Guard::new().unwrap();
		let folder = guard.folder().to_path_buf();
		let mut process = sleeper();
		guard.watch(process.id()).unwrap();
		guard.rest().unwrap();
		drop(guard);
		assert!(!folder.exists());
		assert!(process.try_wait().unwrap().is_none());
		process.kill().unwrap();
		process.wait().unwrap();
	}

	#[test]
	fn folder_and_process_should_stay_when_released() {
		let mut guard = Guard::new().unwrap();
		let mut process = sleeper();
		guard.watch(process.id()).unwrap();
		let folder = guard.release().unwrap();
		assert!(folder.exists());
		assert!(process.try_wait().unwrap().is_none());
		// A second guard can take over.
		let mut guard = Guard::over(folder.clone()).unwrap();
		guard.watch(process.id()).unwrap();
		drop(guard);
		assert!(!folder.exists());
		process.wait().unwrap();
	}
}

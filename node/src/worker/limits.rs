//! What an engine's process may take of the machine.

use rustix::process::{nice, setrlimit, Resource, Rlimit};
use std::{fs, io};

pub const BYTES_PER_MIB: u64 = 1 << 20;

/// The limit of a process where the machine does not tell how much memory it has.
const UNKNOWN_MACHINE: u64 = 2_048;

/// How much the niceness of a process is raised, of 19: blocks are made and imported first.
const NICENESS: i32 = 10;

/// By default the processes together get half of the machine's memory, in MiB for each. The rest is
/// for the node, with its database, and for the files that the system keeps in memory.
pub fn default_memory(processes: usize) -> u64 {
	let processes = u64::try_from(processes).unwrap_or(u64::MAX).max(1);
	machine().map_or(UNKNOWN_MACHINE, |bytes| bytes / BYTES_PER_MIB / 2 / processes)
}

/// Binds this process and all threads that it will start: `memory` MiB of memory of its own,
/// whichever way it is asked for; no core files; a lower priority. Files that are mapped for reading
/// do not count. Has the system choose this process before others where it must end one for want of
/// memory.
///
/// # Errors
/// If the system refuses the limit on memory. The rest is tried only.
pub fn bind(memory: u64) -> io::Result<()> {
	let at_most = |bytes| Rlimit { current: Some(bytes), maximum: Some(bytes) };
	setrlimit(Resource::Data, at_most(memory.saturating_mul(BYTES_PER_MIB)))?;
	// Processes that are made to fail again and again would fill the disk with them.
	let _ = setrlimit(Resource::Core, at_most(0));
	let _ = nice(NICENESS);
	let _ = fs::write("/proc/self/oom_score_adj", "1000");
	Ok(())
}

/// The bytes of this process that count towards its limit, where the system tells.
pub fn in_use() -> Option<u64> {
	kilobytes("/proc/self/status", "VmData:")
}

/// The bytes of the machine's memory, where the system tells.
fn machine() -> Option<u64> {
	kilobytes("/proc/meminfo", "MemTotal:")
}

fn kilobytes(file: &str, name: &str) -> Option<u64> {
	let text = fs::read_to_string(file).ok()?;
	let line = text.lines().find_map(|line| line.strip_prefix(name))?;
	let number: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
	number.checked_mul(1_024)
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn processes_should_share_half_of_the_machine_when_no_limit_is_given() {
		let whole = machine().unwrap() / BYTES_PER_MIB;
		assert_eq!(default_memory(1), whole / 2);
		assert!(default_memory(4) * 4 <= whole / 2);
		assert_eq!(default_memory(0), default_memory(1));
	}

	#[test]
	fn memory_in_use_should_grow_when_some_is_taken() {
		let before = in_use().unwrap();
		let taken = std::hint::black_box(vec![1u8; 256 << 20]);
		assert!(in_use().unwrap() >= before + (128 << 20));
		drop(taken);
	}
}

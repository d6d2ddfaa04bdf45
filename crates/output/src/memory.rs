//! How much memory this process has taken.

use std::fs;

/// The memory that this process holds now, in bytes; `None` where `/proc` does not tell.
pub fn resident() -> Option<u64> {
	status("VmRSS:")
}

/// The size that `/proc/self/status` gives under `name`, such as `VmHWM:`, in bytes; `None` where
/// it does not tell.
pub fn status(name: &str) -> Option<u64> {
	let text = fs::read_to_string("/proc/self/status").ok()?;
	let line = text.lines().find_map(|line| line.strip_prefix(name))?;
	line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()?.checked_mul(1024)
}

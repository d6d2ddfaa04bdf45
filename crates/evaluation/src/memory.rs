//! How much memory a computation took.

use openledger_output::memory::{resident, status};
use serde::{Deserialize, Serialize};
use std::fs;

/// Resident memory of the process while a computation ran.
///
/// An allocator keeps some of what is freed. So memory of earlier computations counts in `peak`, and what
/// was taken from it does not count in `growth`. For a method's own memory, evaluate it alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Memory {
	/// The most bytes that the process had resident.
	pub peak: u64,
	/// The bytes by which the peak exceeded what the process had at the start.
	pub growth: u64,
	/// Whether the peak is the kernel's own record (`VmHWM`), which was reset at the start. Otherwise it is
	/// the largest of the values at the end and after each stage (`VmRSS`).
	pub exact: bool,
}

/// A measurement of memory that is under way.
pub struct Meter {
	start: u64,
	exact: bool,
	highest: u64,
}

impl Meter {
	/// Starts a measurement; `None` where `/proc` does not tell.
	pub fn start() -> Option<Self> {
		let start = resident()?;
		// 5 resets the record of the highest resident size (proc_pid_clear_refs(5)).
		let exact = fs::write("/proc/self/clear_refs", "5").is_ok() && status("VmHWM:").is_some();
		Some(Self { start, exact, highest: start })
	}

	/// The memory that was taken from the start until now.
	pub fn read(&mut self) -> Memory {
		let now = status(if self.exact { "VmHWM:" } else { "VmRSS:" });
		self.highest = self.highest.max(now.unwrap_or(0));
		Memory { peak: self.highest, growth: self.highest - self.start, exact: self.exact }
	}
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
	use super::*;

	#[test]
	fn meter_should_count_memory_that_was_touched_and_given_back() {
		let mut meter = Meter::start().unwrap();
		let size = 256 << 20;
		let block = vec![1u8; size];
		let held = meter.read();
		assert_eq!(block.iter().map(|x| u64::from(*x)).sum::<u64>(), size as u64);
		drop(block);
		// Other tests may give back memory meanwhile.
		assert!(held.growth >= size as u64 / 2 && held.peak >= size as u64, "{held:?}");
		assert!(meter.read().growth >= held.growth);
		assert!(resident().is_some_and(|bytes| bytes > 1 << 20));
	}
}

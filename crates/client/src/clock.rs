//! Blocks as times.

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// The block that is now, and how long blocks take.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Clock {
	/// The number of the newest block.
	pub now: u32,
	/// The milliseconds from one block to the next.
	pub block_time: u64,
}

impl Clock {
	/// How many seconds so many blocks take.
	pub fn seconds(&self, blocks: u32) -> u64 {
		u64::from(blocks).saturating_mul(self.block_time) / 1_000
	}

	/// Tells when a block is or was, such as `block 120, in 4 min 30 s`.
	pub fn when(&self, block: u32) -> String {
		let away = duration(self.seconds(block.abs_diff(self.now)));
		match block.cmp(&self.now) {
			std::cmp::Ordering::Greater => format!("block {block}, in {away}"),
			std::cmp::Ordering::Equal => format!("block {block}, now"),
			std::cmp::Ordering::Less => format!("block {block}, {away} ago"),
		}
	}

	/// Tells how long so many blocks take, such as `90 blocks, 4 min 30 s`.
	pub fn span(&self, blocks: u32) -> String {
		let unit = if blocks == 1 { "block" } else { "blocks" };
		format!("{blocks} {unit}, {}", duration(self.seconds(blocks)))
	}
}

/// Writes seconds in the two largest units, such as `45 s`, `4 min 30 s` or `3 d 4 h`.
pub fn duration(seconds: u64) -> String {
	let (large, small) = match seconds {
		DAY.. => ((DAY, "d"), (HOUR, "h")),
		HOUR.. => ((HOUR, "h"), (MINUTE, "min")),
		MINUTE.. => ((MINUTE, "min"), (1, "s")),
		_ => return format!("{seconds} s"),
	};
	let (whole, rest) = (seconds / large.0, seconds % large.0 / small.0);
	match rest {
		0 => format!("{whole} {}", large.1),
		rest => format!("{whole} {} {rest} {}", large.1, small.1),
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use proptest::prelude::*;

	#[test]
	fn duration_should_have_two_units_at_most_when_long() {
		for (seconds, text) in [
			(0, "0 s"),
			(59, "59 s"),
			(60, "1 min"),
			(270, "4 min 30 s"),
			(3_600, "1 h"),
			(3_659, "1 h"),
			(12_000, "3 h 20 min"),
			(86_399, "23 h 59 min"),
			(86_400, "1 d"),
			(273_600, "3 d 4 h"),
		] {
			assert_eq!(duration(seconds), text);
		}
	}

	#[test]
	fn block_should_be_told_as_future_present_or_past_when_it_is() {
		let clock = Clock { now: 100, block_time: 3_000 };
		assert_eq!(clock.when(190), "block 190, in 4 min 30 s");
		assert_eq!(clock.when(100), "block 100, now");
		assert_eq!(clock.when(97), "block 97, 9 s ago");
		assert_eq!(clock.span(1), "1 block, 3 s");
	}

	proptest! {
		#[test]
		fn times_should_not_panic_when_numbers_are_arbitrary(now: u32, block: u32, block_time: u64) {
			let clock = Clock { now, block_time };
			let start = format!("block {block}, ");
			prop_assert!(clock.when(block).starts_with(&start));
		}
	}
}

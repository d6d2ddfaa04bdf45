//! The names under which the runtime schedules calls, by which clients find them.

use crate::{blake2_256, H256};
use codec::Encode;

/// The name that pallet-referenda gives the dispatch of an approved proposal:
/// `blake2_256(SCALE(("assembly", "enactment", index)))`.
pub fn enactment_task(index: u32) -> H256 {
	(*b"assembly", "enactment", index).using_encoded(blake2_256)
}

/// The name of a scheduled call of the Security Council:
/// `blake2_256(SCALE(("openledger/council", number)))`.
pub fn council_task(number: u32) -> H256 {
	(*b"openledger/council", number).using_encoded(blake2_256)
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn enactment_should_have_the_name_that_referenda_gives_it() {
		let name = [b"assembly".as_slice(), &[9 << 2], b"enactment", &[7, 0, 0, 0]].concat();
		assert_eq!(enactment_task(7), blake2_256(&name));
	}
}

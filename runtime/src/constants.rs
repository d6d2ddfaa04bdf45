//! Units of money and time, and the limits of a block.

/// Units of the native token.
pub mod currency {
	use crate::Balance;

	/// The decimals that wallets show.
	pub const DECIMALS: u8 = 18;
	/// One OPEN in the smallest unit.
	pub const OPEN: Balance = 1_000_000_000_000_000_000;
	/// A thousandth of an OPEN.
	pub const MILLI: Balance = OPEN / 1_000;
	/// A millionth of an OPEN.
	pub const MICRO: Balance = MILLI / 1_000;
	/// All OPEN that exist, minted at genesis.
	pub const SUPPLY: Balance = 1_000_000_000 * OPEN;
	/// The least that an account may hold.
	pub const EXISTENTIAL_DEPOSIT: Balance = MILLI;
}

/// Durations, in blocks where not said otherwise.
pub mod time {
	use crate::BlockNumber;

	/// Milliseconds of a slot, and so of a block.
	pub const SLOT_MILLIS: u64 = 3_000;
	/// Blocks of a minute.
	pub const MINUTES: BlockNumber = 20;
	/// Blocks of an hour.
	pub const HOURS: BlockNumber = 60 * MINUTES;
	/// Blocks of a day.
	pub const DAYS: BlockNumber = 24 * HOURS;
	/// Slots of an epoch, which is also a session.
	pub const EPOCH_SLOTS: u64 = 200;
}

/// What fits in a block.
pub mod limits {
	use polkadot_sdk::{
		frame_support::weights::{constants::WEIGHT_REF_TIME_PER_SECOND, Weight},
		sp_runtime::Perbill,
	};

	/// One second of computation in a slot of three. The author has two thirds of the slot to
	/// propose, so this leaves a second for the network and the import on other nodes.
	pub const BLOCK_WEIGHT: Weight = Weight::from_parts(WEIGHT_REF_TIME_PER_SECOND, u64::MAX);
	/// Share of weight and length open to ordinary transactions; the rest is kept for operational
	/// ones.
	pub const NORMAL_RATIO: Perbill = Perbill::from_percent(75);
	/// Bytes of a block. Claims carry the leaves and proofs they are checked with, 30 to 200 KiB
	/// each: dozens of the smaller or about twenty of the larger fit, and a block still passes a
	/// 20 Mbit/s line within its slot.
	pub const BLOCK_LENGTH: u32 = 5 * 1024 * 1024;
	/// Coordinates of a sketch. A claim with 32 entries of 16 bits each has about 2 MiB at most, so
	/// that it fits in a block.
	pub const MAX_DIMENSION: u32 = 32_768;
}

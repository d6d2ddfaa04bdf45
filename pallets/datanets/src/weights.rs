//! What each call costs: database reads and writes counted from the code, and computing time from the
//! measured costs in [`cost`].
//!
//! Proof sizes are left out: blocks of this chain carry no storage proofs.

use core::marker::PhantomData;
use frame_support::weights::{constants::ParityDbWeight, RuntimeDbWeight, Weight};
use openledger_pallet_support::cost;
use polkadot_sdk::*;
use sp_runtime::traits::Get;

/// Costs of the calls.
///
/// Every call reads and writes the caller's account outside of what is counted here; what is counted
/// is what the call itself touches. A hold touches two items: the account and its holds.
pub trait WeightInfo {
	/// Costs of one database read and write.
	type Db: Get<RuntimeDbWeight>;

	/// `create`. Reads: parameters, owner's account and holds, next number. Writes: owner's account and
	/// holds, next number, datanet.
	fn create() -> Weight {
		call::<Self::Db>(4, 4)
	}

	/// `update`. Reads and writes: datanet.
	fn update() -> Weight {
		call::<Self::Db>(1, 1)
	}

	/// `set_contributor`. Reads: datanet. Writes: the list's entry.
	fn set_contributor() -> Weight {
		call::<Self::Db>(1, 1)
	}

	/// `contribute`. Reads: datanet, the list's entry, content root, contributor's account and holds, next
	/// number. Writes: the same without the list, and the contribution.
	fn contribute() -> Weight {
		call::<Self::Db>(6, 6)
	}

	/// `approve`, at most: the last approval, of the last contribution of a closed datanet. Reads:
	/// contribution, datanet, owner's account and holds. Writes: the same and the position.
	fn approve() -> Weight {
		call::<Self::Db>(4, 5)
	}

	/// `reject` with a reason of `bytes`, at most: with the bond taken, the last of a closed datanet.
	/// Reads: contribution, datanet, accounts of contributor, treasury and owner, holds of contributor and
	/// owner. Writes: the same and the content root.
	fn reject(bytes: u32) -> Weight {
		call::<Self::Db>(7, 8).saturating_add(Weight::from_parts(cost::bytes(bytes.into()), 0))
	}

	/// `withdraw`, at most: the last of a closed datanet. Reads: contribution, datanet, accounts and holds
	/// of contributor and owner. Writes: the same and the content root.
	fn withdraw() -> Weight {
		call::<Self::Db>(6, 7)
	}

	/// `release_bond`. Reads: contribution, parameters, contributor's account and holds. Writes: the same
	/// without the parameters.
	fn release_bond() -> Weight {
		call::<Self::Db>(4, 3)
	}

	/// `publish_version`. Reads: datanet, last version. Writes: datanet, version.
	fn publish_version() -> Weight {
		call::<Self::Db>(2, 2)
	}

	/// `close`, at most: with nothing pending. Reads and writes: datanet, owner's account and holds.
	fn close() -> Weight {
		call::<Self::Db>(3, 3)
	}

	/// `set_parameters`. Writes: parameters.
	fn set_parameters() -> Weight {
		call::<Self::Db>(0, 1)
	}
}

fn call<Db: Get<RuntimeDbWeight>>(reads: u64, writes: u64) -> Weight {
	Weight::from_parts(cost::CALL, 0).saturating_add(Db::get().reads_writes(reads, writes))
}

/// The costs with the runtime's own database weights.
pub struct SubstrateWeight<T>(PhantomData<T>);

impl<T: frame_system::Config> WeightInfo for SubstrateWeight<T> {
	type Db = T::DbWeight;
}

impl WeightInfo for () {
	type Db = ParityDbWeight;
}

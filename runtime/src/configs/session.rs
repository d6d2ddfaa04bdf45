//! Sessions: who validates, and with which keys.

use crate::{
	constants::currency::OPEN, AccountId, Attribution, Babe, Balances, Grandpa, Runtime,
	RuntimeEvent, Session,
};
use alloc::vec::Vec;
use polkadot_sdk::*;

use frame_support::traits::ConstU128;
use pallet_attribution::{sr25519::AttesterId, AttesterKeys, ATTESTER_KEY_TYPE};
use sp_runtime::{
	impl_opaque_keys,
	traits::{ConvertInto, OpaqueKeys},
};

impl_opaque_keys! {
	/// The keys a validator's node holds: one for each task.
	pub struct SessionKeys {
		/// Wins slots in BABE and signs the blocks made in them.
		pub babe: Babe,
		/// Signs votes in GRANDPA, which makes blocks final.
		pub grandpa: Grandpa,
		/// Signs the claims of an attester, which a validator can be.
		pub attribution: Attribution,
	}
}

impl pallet_session::Config for Runtime {
	type RuntimeEvent = RuntimeEvent;
	type ValidatorId = AccountId;
	type ValidatorIdOf = ConvertInto;
	type ShouldEndSession = Babe;
	type NextSessionRotation = Babe;
	// The validators of genesis, for as long as nobody elects others.
	type SessionManager = ();
	type SessionHandler = <SessionKeys as OpaqueKeys>::KeyTypeIdProviders;
	type Keys = SessionKeys;
	type DisablingStrategy = ();
	type WeightInfo = pallet_session::weights::SubstrateWeight<Runtime>;
	type Currency = Balances;
	// Anybody may set keys, to become an attester: the deposit pays for the storage.
	type KeyDeposit = ConstU128<OPEN>;
}

/// Attesters sign with their session keys, as last set: a new key counts at once, so that the
/// node that holds it can take over an open job.
pub struct SessionKeyOwners;

impl AttesterKeys<AccountId, AttesterId> for SessionKeyOwners {
	fn key_of(account: &AccountId) -> Option<AttesterId> {
		Session::load_keys(account).map(|keys| keys.attribution)
	}

	fn account_of(key: &AttesterId) -> Option<AccountId> {
		Session::key_owner(ATTESTER_KEY_TYPE, key.as_ref())
	}
}

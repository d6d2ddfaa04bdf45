//! The session key of attesters.

use crate::{Config, Pallet};
use frame_support::traits::OneSessionHandler;
use polkadot_sdk::*;
use sp_core::crypto::KeyTypeId;
use sp_runtime::BoundToRuntimeAppPublic;

/// The type of the session key with which attesters sign claims.
pub const ATTESTER_KEY_TYPE: KeyTypeId = KeyTypeId(*b"attr");

/// Attester keys using sr25519.
pub mod sr25519 {
	use polkadot_sdk::*;

	mod app {
		use polkadot_sdk::*;
		use sp_application_crypto::{app_crypto, sr25519};
		app_crypto!(sr25519, crate::ATTESTER_KEY_TYPE);
	}

	sp_application_crypto::with_pair! {
		/// An attester's key pair.
		pub type AttesterPair = app::Pair;
	}

	/// An attester's signature over a claim.
	pub type AttesterSignature = app::Signature;

	/// An attester's public key.
	pub type AttesterId = app::Public;
}

/// Tells which account has which session key. The runtime answers from its session pallet.
pub trait AttesterKeys<AccountId, AttesterId> {
	/// The attester key among the session keys of `account`.
	fn key_of(account: &AccountId) -> Option<AttesterId>;

	/// The account whose session keys contain `key`.
	fn account_of(key: &AttesterId) -> Option<AccountId>;
}

impl<T: Config> BoundToRuntimeAppPublic for Pallet<T> {
	type Public = T::AttesterId;
}

/// Keys are looked up when they are needed, so a new session changes nothing here.
impl<T: Config> OneSessionHandler<T::AccountId> for Pallet<T> {
	type Key = T::AttesterId;

	fn on_genesis_session<'a, I>(_: I)
	where
		I: 'a + Iterator<Item = (&'a T::AccountId, T::AttesterId)>,
	{
	}

	fn on_new_session<'a, I>(_: bool, _: I, _: I)
	where
		I: 'a + Iterator<Item = (&'a T::AccountId, T::AttesterId)>,
	{
	}

	fn on_disabled(_: u32) {}
}

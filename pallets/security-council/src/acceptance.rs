//! Consent: whoever gets a seat without standing for election has signed that it takes it.

use crate::{types::AccountIdOf, Accepted, Cohort, Config, Error, Pallet};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use frame_support::{dispatch::DispatchResult, ensure};
use frame_system::pallet_prelude::BlockNumberFor;
use openledger_pallet_support::SignedBy;
use polkadot_sdk::*;
use scale_info::TypeInfo;
use sp_runtime::traits::Zero;

/// The purpose of every [`AcceptanceMessage`].
pub const ACCEPT_SEAT: [u8; 22] = *b"openledger/accept-seat";

/// A seat that an account can accept.
#[derive(
	Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo, Clone, PartialEq, Eq, Debug,
)]
pub enum OfferedSeat<AccountId> {
	/// The seat of the member who has this key.
	Of(AccountId),
	/// A vacancy of this cohort.
	Vacancy(Cohort),
}

/// What a new key signs.
#[derive(
	Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo, Clone, PartialEq, Eq, Debug,
)]
pub struct AcceptanceMessage<AccountId, Hash, BlockNumber> {
	/// Always [`ACCEPT_SEAT`], so that nothing else that is signed can pass for an acceptance.
	pub purpose: [u8; 22],
	/// The chain it is meant for.
	pub genesis: Hash,
	/// The seat that the signer takes.
	pub seat: OfferedSeat<AccountId>,
	/// The last block at which it may be used.
	pub expiry: BlockNumber,
}

/// The consent of a new key.
#[derive(
	Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo, Clone, PartialEq, Eq, Debug,
)]
pub struct Acceptance<BlockNumber, Signature> {
	/// The last block at which it may be used.
	pub expiry: BlockNumber,
	/// The new key's signature under an [`AcceptanceMessage`].
	pub signature: Signature,
}

/// An acceptance as calls carry it.
pub type AcceptanceOf<T> = Acceptance<BlockNumberFor<T>, <T as Config>::Signature>;

impl<T: Config> Pallet<T> {
	/// Takes the acceptance of `seat` by `who`. It and all others of `who` that expire no later are used then.
	///
	/// # Errors
	/// If it has expired, was used, or is not signed by `who`.
	pub(crate) fn take_acceptance(
		who: &AccountIdOf<T>,
		seat: OfferedSeat<AccountIdOf<T>>,
		acceptance: AcceptanceOf<T>,
	) -> DispatchResult {
		let Acceptance { expiry, signature } = acceptance;
		let now = frame_system::Pallet::<T>::block_number();
		ensure!(now <= expiry, Error::<T>::AcceptanceExpired);
		ensure!(
			Accepted::<T>::get(who).is_none_or(|last| expiry > last),
			Error::<T>::AcceptanceUsed
		);
		let genesis = frame_system::Pallet::<T>::block_hash(BlockNumberFor::<T>::zero());
		let message = AcceptanceMessage { purpose: ACCEPT_SEAT, genesis, seat, expiry }.encode();
		ensure!(signature.is_genuine(&message, who), Error::<T>::BadAcceptance);
		Accepted::<T>::insert(who, expiry);
		Ok(())
	}
}

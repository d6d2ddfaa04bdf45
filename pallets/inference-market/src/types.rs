//! What the market stores.

use crate::{Config, Error, Pallet};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use core::marker::PhantomData;
use frame_support::{ensure, BoundedVec};
use frame_system::pallet_prelude::BlockNumberFor;
use openledger_pallet_support::{JobId, ModelId, Pricing, Usage};
use openledger_primitives::ContributionId;
use polkadot_sdk::*;
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};
use sp_runtime::{
	traits::{Get, One, Zero},
	Permill,
};

/// An amount in the smallest unit of the native token. Shares are exact in it up to `3 * 10^29`
/// units for one fee.
pub type Balance = u128;

/// One question to one model.
#[derive(
	Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo, Clone, PartialEq, Eq, Debug,
)]
pub struct Inference<AccountId, BlockNumber, Input, Output> {
	/// Who asked and pays.
	pub user: AccountId,
	/// The model that has to answer.
	pub model: ModelId,
	/// The question, as sent.
	pub input: Input,
	/// The most it may cost. Held until the answer.
	pub max_fee: Balance,
	/// The model's price at the time of the request.
	pub pricing: Pricing<Balance>,
	/// The platform fee at the time of the request.
	pub platform_fee: Balance,
	/// The block of the request.
	pub requested: BlockNumber,
	/// The block whose start refunds an unanswered request.
	pub deadline: BlockNumber,
	/// How far the inference is.
	pub state: InferenceState<BlockNumber, Output>,
}

/// An inference as the runtime stores it.
pub type InferenceOf<T> = Inference<
	<T as frame_system::Config>::AccountId,
	BlockNumberFor<T>,
	BoundedVec<u8, <T as Config>::MaxInput>,
	BoundedVec<u8, <T as Config>::MaxOutput>,
>;

/// How far an inference is.
#[derive(
	Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo, Clone, PartialEq, Eq, Debug,
)]
pub enum InferenceState<BlockNumber, Output> {
	/// Waits for the host. Holds the maximum fee.
	Requested,
	/// Waits for attribution. Holds the fee.
	Answered {
		/// The host's answer.
		output: Output,
		/// The tokens the host counted.
		usage: Usage,
		/// What the user pays in any case but a wrong answer; held until the settlement.
		fee: Balance,
		/// The attribution job.
		job: JobId,
	},
	/// The fee was split among all who took part.
	Settled(Receipt<BlockNumber, Output>),
	/// Everything went back to the user.
	Refunded(Refund),
}

/// Why a user got everything back.
#[derive(
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
	Clone,
	Copy,
	PartialEq,
	Eq,
	Debug,
)]
pub enum Refund {
	/// The user took the request back.
	Cancelled,
	/// Nobody answered before the deadline.
	TimedOut,
	/// The attesters recomputed another answer.
	WrongAnswer,
}

/// How a fee was split. `contributors + owners + attesters + treasury == fee`.
#[derive(
	Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo, Clone, PartialEq, Eq, Debug,
)]
pub struct Receipt<BlockNumber, Output> {
	/// The host's answer.
	pub output: Output,
	/// The attribution job.
	pub job: JobId,
	/// The whole fee.
	pub fee: Balance,
	/// Which shares divided the contributors' part.
	pub basis: Basis,
	/// The block of settlement.
	pub at: BlockNumber,
	/// What contributors got together.
	pub contributors: Balance,
	/// What the model's owner and its ancestors' owners got together.
	pub owners: Balance,
	/// What the job's attesters got together.
	pub attesters: Balance,
	/// What the treasury got: the platform fee, its share, dust, and parts that had no payee.
	pub treasury: Balance,
}

/// Which shares decided what contributors got.
#[derive(
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
	Clone,
	Copy,
	PartialEq,
	Eq,
	Debug,
)]
pub enum Basis {
	/// Those of this answer, proven by a claim.
	Attributed,
	/// Those of the model's held-out loss, proven at its activation.
	HeldOut,
}

/// One line of a receipt.
#[derive(
	Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo, Clone, PartialEq, Eq, Debug,
)]
pub struct Payment<AccountId> {
	/// The account whose rewards it was added to.
	pub account: AccountId,
	/// What the account is paid for.
	pub role: Role,
	/// In the smallest unit of the token; never zero.
	pub amount: Balance,
}

/// For what an account was paid.
#[derive(
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
	Clone,
	Copy,
	PartialEq,
	Eq,
	Debug,
)]
pub enum Role {
	/// As the contributor of this contribution.
	Contributor(ContributionId),
	/// For owning the model (0), its parent (1), and so on up the line of descent.
	Owner(u32),
	/// For the claim that made the result.
	Attester,
}

/// The number of payments of one inference at most: contributions, the owner and the owners of the
/// ancestors, and attesters.
pub struct PaymentsLimit<T>(PhantomData<T>);

impl<T: Config> Get<u32> for PaymentsLimit<T> {
	fn get() -> u32 {
		T::MaxEntries::get()
			.saturating_add(T::MaxAncestors::get())
			.saturating_add(1)
			.saturating_add(T::MaxCommittee::get())
	}
}

/// How a fee without the platform fee is split. The parts sum to one, and only the treasury's may be zero.
#[derive(
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
	Clone,
	Copy,
	PartialEq,
	Eq,
	Debug,
	Serialize,
	Deserialize,
)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Split {
	/// The contributors' part, which their shares divide.
	pub contributors: Permill,
	/// The part of the model's owner, who passes royalties on to the owners of its ancestors.
	pub owners: Permill,
	/// The part of the attesters whose claims held, divided evenly.
	pub attesters: Permill,
	/// The treasury's part, on top of the platform fee and what rounding leaves.
	pub treasury: Permill,
}

impl Default for Split {
	/// 70 % contributors, 20 % owners, 5 % attesters, 5 % treasury.
	fn default() -> Self {
		Self {
			contributors: Permill::from_percent(70),
			owners: Permill::from_percent(20),
			attesters: Permill::from_percent(5),
			treasury: Permill::from_percent(5),
		}
	}
}

/// What the admin origin can change.
#[derive(
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
	Clone,
	Copy,
	PartialEq,
	Eq,
	Debug,
	Serialize,
	Deserialize,
)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Parameters<BlockNumber> {
	/// How a fee without the platform fee is divided.
	pub split: Split,
	/// Charged on top of every price, to the treasury; not above `MaxPlatformFee`.
	pub platform_fee: Balance,
	/// Blocks a host has to answer; not zero, not above `MaxPeriod`.
	pub response_window: BlockNumber,
}

impl<BlockNumber: One> Default for Parameters<BlockNumber> {
	fn default() -> Self {
		Self { split: Split::default(), platform_fee: 0, response_window: One::one() }
	}
}

impl<T: Config> Pallet<T> {
	/// # Errors
	/// If the market could not work with these.
	pub(crate) fn check_parameters(
		parameters: &Parameters<BlockNumberFor<T>>,
	) -> Result<(), Error<T>> {
		let Parameters { split, platform_fee, response_window } = *parameters;
		ensure!(split.is_whole(), Error::<T>::InvalidSplit);
		ensure!(split.pays_everybody(), Error::<T>::ShareMissing);
		ensure!(platform_fee <= T::MaxPlatformFee::get(), Error::<T>::PlatformFeeTooHigh);
		ensure!(
			!response_window.is_zero() && response_window <= T::MaxPeriod::get(),
			Error::<T>::InvalidWindow
		);
		Ok(())
	}
}

/// Bytes of a stored inference's input and output at most.
pub(crate) fn max_record<T: Config>() -> u32 {
	T::MaxInput::get().saturating_add(T::MaxOutput::get())
}

/// Bytes of `data`, saturating.
pub(crate) fn length(data: &[u8]) -> u32 {
	u32::try_from(data.len()).unwrap_or(u32::MAX)
}

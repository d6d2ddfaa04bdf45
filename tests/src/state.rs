//! What the chain holds at one block, read through its metadata alone: none of the pallets' types
//! are compiled in, so what is decoded here is what any client sees.

use scale_decode::DecodeAsType;
use std::collections::{BTreeMap, BTreeSet};
use subxt::utils::AccountId32;

/// An account's address in SS58.
pub type Address = String;

/// The state that money is in, at one block.
#[derive(Debug, Default)]
pub struct Snapshot {
	/// The block.
	pub block: u64,
	/// Total issuance of OPEN.
	pub issuance: u128,
	/// Every account's balance, free and held together.
	pub accounts: BTreeMap<Address, u128>,
	/// Inferences by number.
	pub inferences: BTreeMap<u64, Inference>,
	/// Who was paid for each settled inference.
	pub payments: BTreeMap<u64, Vec<Payment>>,
	/// Rewards not yet claimed.
	pub rewards: BTreeMap<Address, u128>,
	/// Contributors of accepted contributions, by contribution.
	pub contributors: BTreeMap<u64, Address>,
	/// How each ended attribution job ended.
	pub results: BTreeMap<u64, JobResult>,
	/// Jobs without a result.
	pub open_jobs: Vec<u64>,
}

impl Snapshot {
	/// An account's balance, free and held together; zero if it does not exist.
	pub fn balance(&self, address: &str) -> u128 {
		self.accounts.get(address).copied().unwrap_or_default()
	}

	/// The receipts of settled inferences, by inference.
	pub fn receipts(&self) -> impl Iterator<Item = (u64, &Receipt)> {
		self.inferences.iter().filter_map(|(id, inference)| match &inference.state {
			InferenceState::Settled(receipt) => Some((*id, receipt)),
			_ => None,
		})
	}

	/// All payments, with the inference each belongs to.
	pub fn all_payments(&self) -> impl Iterator<Item = (u64, &Payment)> {
		self.payments
			.iter()
			.flat_map(|(id, payments)| payments.iter().map(move |payment| (*id, payment)))
	}

	/// The contributions that an inference paid for; none if it is not settled.
	pub fn paid_contributions(&self, inference: u64) -> BTreeSet<u64> {
		let paid = |payment: &Payment| match payment.role {
			Role::Contributor(contribution) if payment.amount > 0 => Some(contribution),
			_ => None,
		};
		self.payments.get(&inference).into_iter().flatten().filter_map(paid).collect()
	}
}

/// `System.Account`.
#[derive(DecodeAsType)]
pub(crate) struct AccountInfo {
	pub data: AccountData,
}

/// The balances in `System.Account`.
#[derive(DecodeAsType)]
pub(crate) struct AccountData {
	pub free: u128,
	pub reserved: u128,
}

/// `Datanets.Contributions`.
#[derive(DecodeAsType)]
pub(crate) struct Contribution {
	pub contributor: AccountId32,
}

/// `InferenceMarket.Inferences`.
#[derive(Clone, Debug, DecodeAsType)]
pub struct Inference {
	/// Who asked and pays.
	pub user: AccountId32,
	/// The model.
	pub model: u32,
	/// The most the user was willing to pay.
	pub max_fee: u128,
	/// What became of it.
	pub state: InferenceState,
}

/// The state of an inference.
#[derive(Clone, Debug, PartialEq, Eq, DecodeAsType)]
pub enum InferenceState {
	/// Nobody answered yet.
	Requested,
	/// Answered, and being attributed.
	Answered {
		/// The attribution job.
		job: u64,
	},
	/// Paid.
	Settled(Receipt),
	/// The user has the money back.
	Refunded(Refund),
}

/// Why an inference was refunded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, DecodeAsType)]
pub enum Refund {
	/// By its user.
	Cancelled,
	/// Nobody answered.
	TimedOut,
	/// The host's answer was not the model's.
	WrongAnswer,
}

/// How the fee of a settled inference was split.
#[derive(Clone, Debug, PartialEq, Eq, DecodeAsType)]
pub struct Receipt {
	/// The answer, UTF-8.
	pub output: Vec<u8>,
	/// The attribution job.
	pub job: u64,
	/// What the user paid.
	pub fee: u128,
	/// The block of settlement.
	pub at: u32,
	/// The contributors' part.
	pub contributors: u128,
	/// The part of the model's owner and its ancestors' owners.
	pub owners: u128,
	/// The attesters' part.
	pub attesters: u128,
	/// The treasury's part.
	pub treasury: u128,
}

/// One payment out of the fee of an inference.
#[derive(Clone, Debug, DecodeAsType)]
pub struct Payment {
	/// Who is paid.
	pub account: AccountId32,
	/// For what.
	pub role: Role,
	/// How much.
	pub amount: u128,
}

/// What a payment is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, DecodeAsType)]
pub enum Role {
	/// A contribution that shaped the answer.
	Contributor(u64),
	/// The model, or an ancestor so many generations above it.
	Owner(u32),
	/// Attributing the answer.
	Attester,
}

/// `Attribution.Results`.
#[derive(Clone, Debug, PartialEq, Eq, DecodeAsType)]
pub struct JobResult {
	/// The inference.
	pub inference: u64,
	/// The attempt that ended the job, from 0.
	pub attempt: u32,
	/// The block.
	pub at: u32,
	/// The outcome.
	pub ending: Ending,
}

/// How a job ended.
#[derive(Clone, Debug, PartialEq, Eq, DecodeAsType)]
pub enum Ending {
	/// The answer was confirmed and attributed.
	Attributed,
	/// The attester computed another answer.
	WrongAnswer,
	/// No valid claim came.
	Unattributed,
}

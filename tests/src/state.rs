//! What the chain holds at one block. It is read through the metadata alone, without the types of
//! any pallet, so what is decoded here is what any client sees.

use scale_decode::DecodeAsType;
use sp_core::crypto::Ss58Codec;
use std::collections::{BTreeMap, BTreeSet};
use subxt::utils::AccountId32;

/// The address of an account on this network.
pub type Address = String;

/// The prefix of the network's addresses.
const PREFIX: u16 = 6736;

/// The address of an account. That of the client is not asked, which is under test.
pub fn address_of(account: &AccountId32) -> Address {
	sp_core::crypto::AccountId32::new(account.0).to_ss58check_with_version(PREFIX.into())
}

/// The state of all that concerns money, at one block.
#[derive(Debug, Default)]
pub struct Snapshot {
	/// The number of the block.
	pub block: u64,
	/// The total issuance of OPEN.
	pub issuance: u128,
	/// The balance of every account, free and held together.
	pub accounts: BTreeMap<Address, u128>,
	/// Inferences by number.
	pub inferences: BTreeMap<u64, Inference>,
	/// The payments out of each settled inference.
	pub payments: BTreeMap<u64, Vec<Payment>>,
	/// The rewards that are not claimed yet.
	pub rewards: BTreeMap<Address, u128>,
	/// The contributors of accepted contributions, by contribution.
	pub contributors: BTreeMap<u64, Address>,
	/// How each attribution job ended that has ended.
	pub results: BTreeMap<u64, JobResult>,
	/// The jobs that have no result yet.
	pub open_jobs: Vec<u64>,
}

impl Snapshot {
	/// The balance of an account, free and held together; zero if it does not exist.
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

	/// All payments, each with the inference that it belongs to.
	pub fn all_payments(&self) -> impl Iterator<Item = (u64, &Payment)> {
		self.payments
			.iter()
			.flat_map(|(id, payments)| payments.iter().map(move |payment| (*id, payment)))
	}

	/// The contributions that were paid for an inference; none if it is not settled.
	pub fn paid_contributions(&self, inference: u64) -> BTreeSet<u64> {
		let paid = |payment: &Payment| match payment.role {
			Role::Contributor(contribution) if payment.amount > 0 => Some(contribution),
			_ => None,
		};
		self.payments.get(&inference).into_iter().flatten().filter_map(paid).collect()
	}
}

/// The fields of `System.Account` that are read.
#[derive(DecodeAsType)]
pub(crate) struct AccountInfo {
	pub data: AccountData,
}

/// The balances within `System.Account`.
#[derive(DecodeAsType)]
pub(crate) struct AccountData {
	pub free: u128,
	pub reserved: u128,
}

/// The fields of `Datanets.Contributions` that are read.
#[derive(DecodeAsType)]
pub(crate) struct Contribution {
	pub contributor: AccountId32,
}

/// The fields of `InferenceMarket.Inferences` that are read.
#[derive(Clone, Debug, DecodeAsType)]
pub struct Inference {
	/// The account that asked and pays.
	pub user: AccountId32,
	/// The number of the model.
	pub model: u32,
	/// The highest fee that the user is willing to pay.
	pub max_fee: u128,
	/// What became of it.
	pub state: InferenceState,
}

#[derive(Clone, Debug, PartialEq, Eq, DecodeAsType)]
pub enum InferenceState {
	/// Nobody has answered yet.
	Requested,
	/// It was answered and is being attributed.
	Answered { job: u64 },
	/// It was paid.
	Settled(Receipt),
	/// The user got the money back.
	Refunded(Refund),
}

/// Why an inference was refunded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, DecodeAsType)]
pub enum Refund {
	/// The user cancelled it.
	Cancelled,
	/// Nobody answered in time.
	TimedOut,
	/// The host's answer was not the model's.
	WrongAnswer,
}

/// How the fee of a settled inference was split.
#[derive(Clone, Debug, PartialEq, Eq, DecodeAsType)]
pub struct Receipt {
	/// The answer in UTF-8.
	pub output: Vec<u8>,
	/// The number of the attribution job.
	pub job: u64,
	/// What the user paid.
	pub fee: u128,
	/// The block in which it was settled.
	pub at: u32,
	/// The part of the contributors.
	pub contributors: u128,
	/// The part of the owners of the model and of its ancestors.
	pub owners: u128,
	/// The part of the attesters.
	pub attesters: u128,
	/// The part of the treasury.
	pub treasury: u128,
}

/// A payment out of the fee of an inference.
#[derive(Clone, Debug, DecodeAsType)]
pub struct Payment {
	/// The account that is paid.
	pub account: AccountId32,
	pub role: Role,
	pub amount: u128,
}

/// What a payment is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, DecodeAsType)]
pub enum Role {
	/// A contribution that shaped the answer.
	Contributor(u64),
	/// The model, or an ancestor that is so many generations above it.
	Owner(u32),
	/// Attributing the answer.
	Attester,
}

/// The fields of `Attribution.Results` that are read.
#[derive(Clone, Debug, PartialEq, Eq, DecodeAsType)]
pub struct JobResult {
	/// The number of the inference.
	pub inference: u64,
	/// The attempt that ended the job, counted from 0.
	pub attempt: u32,
	/// The block in which it ended.
	pub at: u32,
	pub ending: Ending,
}

/// How an attribution job ended.
#[derive(Clone, Debug, PartialEq, Eq, DecodeAsType)]
pub enum Ending {
	/// The answer was confirmed and attributed.
	Attributed,
	/// The attester computed another answer.
	WrongAnswer,
	/// No valid claim was made.
	Unattributed,
}

//! A runtime with the market, mock models and mock jobs.

use crate::{self as pallet_inference_market, Balance, Split};
use alloc::vec::Vec;
use frame_support::{
	derive_impl, parameter_types,
	traits::{
		fungible::{Inspect, InspectHold},
		ConstU128, ConstU32, ConstU64, Get,
	},
	weights::Weight,
	PalletId,
};
use openledger_pallet_support::{
	AttributionJobs, ContributionOwners, InferenceId, JobId, ModelId, ModelTerms, Payee, Pricing,
	Terms,
};
use openledger_pallet_testing::{
	chain,
	money::check_supply,
	weights::{read_elsewhere, DbWeight},
	Chain, MockRuntime,
};
use openledger_primitives::{ContributionId, Share};
use polkadot_sdk::*;
use sp_runtime::{DispatchError, Permill};

pub type AccountId = u64;
type Block = frame_system::mocking::MockBlock<Test>;

#[frame_support::runtime]
mod runtime {
	#[runtime::runtime]
	#[runtime::derive(
		RuntimeCall,
		RuntimeEvent,
		RuntimeError,
		RuntimeOrigin,
		RuntimeFreezeReason,
		RuntimeHoldReason,
		RuntimeSlashReason,
		RuntimeLockId,
		RuntimeTask
	)]
	pub struct Test;

	#[runtime::pallet_index(0)]
	pub type System = frame_system::Pallet<Test>;

	#[runtime::pallet_index(1)]
	pub type Balances = pallet_balances::Pallet<Test>;

	#[runtime::pallet_index(2)]
	pub type Market = pallet_inference_market::Pallet<Test>;
}

pub const ED: Balance = 10;
pub const USER: AccountId = 1;
pub const OTHER_USER: AccountId = 2;
pub const HOST: AccountId = 3;
pub const OWNER: AccountId = 4;
pub const PARENT_OWNER: AccountId = 5;
pub const ATTESTER: AccountId = 6;
pub const TREASURY: AccountId = 7;
/// Contributors are `CONTRIBUTOR + contribution`; contribution numbers from `UNKNOWN` on have none.
pub const CONTRIBUTOR: AccountId = 100;
pub const UNKNOWN: ContributionId = 50;
pub const ENDOWMENT: Balance = 1_000_000_000_000;

/// Costs [`PRICE`] a call.
pub const FLAT: ModelId = 1;
/// Costs 3,000 for 1,000 input tokens and 5,000 for 1,000 output tokens; child of [`FLAT`].
pub const BY_TOKEN: ModelId = 2;
/// Was active once and takes no requests any more.
pub const RETIRED: ModelId = 3;
pub const PRICE: Balance = 1_000_000;
pub const PLATFORM_FEE: Balance = 1_000;
pub const WINDOW: u64 = 5;
pub const MAX_PLATFORM_FEE: Balance = 50_000;
pub const MAX_PERIOD: u64 = 100;

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Test {
	type Block = Block;
	type AccountData = pallet_balances::AccountData<Balance>;
	type DbWeight = DbWeight;
}

#[derive_impl(pallet_balances::config_preludes::TestDefaultConfig)]
impl pallet_balances::Config for Test {
	type Balance = Balance;
	type ExistentialDeposit = ConstU128<ED>;
	type AccountStore = System;
}

parameter_types! {
	pub const MarketPalletId: PalletId = PalletId(*b"openl/mk");
	pub const TreasuryAccount: AccountId = TREASURY;
	pub const OpenWeight: Weight = Weight::from_parts(1_000, 0);
	pub static OpenedJobs: Vec<(ModelId, InferenceId)> = Vec::new();
	pub static JobsFull: bool = false;
	pub static FlatActive: bool = true;
	pub static HeldOut: Vec<Share> = Vec::new();
}

pub struct Jobs;

impl AttributionJobs for Jobs {
	fn open(model: ModelId, inference: InferenceId) -> Result<JobId, DispatchError> {
		if JobsFull::get() {
			return Err(DispatchError::Other("no further job"));
		}
		OpenedJobs::mutate(|jobs| {
			jobs.push((model, inference));
			Ok(jobs.len() as JobId - 1)
		})
	}
}

pub struct Models;

impl ModelTerms<AccountId, Balance> for Models {
	fn terms(model: ModelId) -> Option<Terms<AccountId, Balance>> {
		read_elsewhere(("model", model));
		let pricing = match model {
			FLAT if FlatActive::get() => Pricing::PerCall(PRICE),
			BY_TOKEN => Pricing::PerThousandTokens { input: 3_000, output: 5_000 },
			_ => return None,
		};
		Some(Terms { host: HOST, pricing })
	}

	fn host(model: ModelId) -> Option<AccountId> {
		read_elsewhere(("model", model));
		(FLAT..=RETIRED).contains(&model).then_some(HOST)
	}

	fn payees(model: ModelId) -> Vec<Payee<AccountId>> {
		let base = Payee { owner: PARENT_OWNER, passes_on: Permill::zero() };
		let payees = match model {
			FLAT | RETIRED => vec![base],
			BY_TOKEN => vec![Payee { owner: OWNER, passes_on: Permill::from_percent(25) }, base],
			_ => Vec::new(),
		};
		// The record of the model, and of each ancestor.
		(0..payees.len()).for_each(|generation| read_elsewhere(("line", model, generation as u32)));
		payees
	}

	fn held_out_shares(model: ModelId) -> Vec<Share> {
		read_elsewhere(("held-out shares", model));
		HeldOut::get()
	}
}

pub struct Contributions;

impl ContributionOwners<AccountId> for Contributions {
	fn contributor(contribution: ContributionId) -> Option<AccountId> {
		read_elsewhere(("contribution", contribution));
		(contribution < UNKNOWN).then_some(CONTRIBUTOR + contribution)
	}
}

impl pallet_inference_market::Config for Test {
	type RuntimeHoldReason = RuntimeHoldReason;
	type Currency = Balances;
	type AdminOrigin = frame_system::EnsureRoot<AccountId>;
	type Models = Models;
	type Contributions = Contributions;
	type Jobs = Jobs;
	type OpenWeight = OpenWeight;
	type Treasury = TreasuryAccount;
	type PalletId = MarketPalletId;
	type MaxInput = ConstU32<64>;
	type MaxOutput = ConstU32<32>;
	type MaxEntries = ConstU32<8>;
	type MaxAncestors = ConstU32<3>;
	type MaxCommittee = ConstU32<3>;
	type MaxPerBlock = ConstU32<4>;
	type MaxDelay = ConstU32<3>;
	type MaxPlatformFee = ConstU128<MAX_PLATFORM_FEE>;
	type MaxPeriod = ConstU64<MAX_PERIOD>;
	type WeightInfo = crate::weights::SubstrateWeight<Self>;
}

impl MockRuntime for Test {
	type Pallets = AllPalletsWithSystem;

	fn check() {
		Market::do_try_state().unwrap();
		check_supply::<Test>(Balances::total_issuance());
		check_holds();
	}
}

pub fn parameters() -> crate::types::Parameters<u64> {
	crate::types::Parameters {
		split: Split::default(),
		platform_fee: PLATFORM_FEE,
		response_window: WINDOW,
	}
}

/// Everybody is endowed but contributors, who exist only once paid.
pub fn new_test_ext() -> Chain<Test> {
	let endowed = [USER, OTHER_USER, HOST, OWNER, PARENT_OWNER, ATTESTER];
	let mut balances: Vec<_> = endowed.iter().map(|&who| (who, ENDOWMENT)).collect();
	balances.push((TREASURY, ED));
	balances.push((Market::account_id(), ED));
	ext_with(balances)
}

pub fn ext_with(balances: Vec<(AccountId, Balance)>) -> Chain<Test> {
	OpenedJobs::set(Vec::new());
	JobsFull::set(false);
	FlatActive::set(true);
	HeldOut::set(shares(&[(20, 600_000_000), (21, 400_000_000)]));
	Chain::new(RuntimeGenesisConfig {
		balances: pallet_balances::GenesisConfig { balances, ..Default::default() },
		market: pallet_inference_market::GenesisConfig { parameters: parameters() },
		..Default::default()
	})
}

/// What is held is the fees of open inferences, and the market has what it owes.
fn check_holds() {
	let accounts = frame_system::Account::<Test>::iter_keys();
	let held: Balance = accounts.map(|who| Balances::total_balance_on_hold(&who)).sum();
	let open: Balance = crate::Inferences::<Test>::iter_values()
		.map(|inference| match inference.state {
			crate::InferenceState::Requested => inference.max_fee,
			crate::InferenceState::Answered { fee, .. } => fee,
			_ => 0,
		})
		.sum();
	assert_eq!(held, open, "holds");
	let rewards: Balance = crate::Rewards::<Test>::iter_values().sum();
	let pot = Balances::balance(&Market::account_id());
	assert!(pot == rewards + ED || (pot == 0 && rewards == 0), "the market's account");
}

/// Ends the running block and goes on to the start of `block`.
pub fn run_to(block: u64) {
	chain::run_to::<Test>(block);
}

pub fn shares(parts: &[(ContributionId, u32)]) -> Vec<Share> {
	parts.iter().map(|&(contribution, parts)| Share { contribution, parts }).collect()
}

pub fn free(account: AccountId) -> Balance {
	Balances::balance(&account)
}

pub fn held(account: AccountId) -> Balance {
	Balances::total_balance_on_hold(&account)
}

pub fn max_per_block() -> u32 {
	<Test as pallet_inference_market::Config>::MaxPerBlock::get()
}

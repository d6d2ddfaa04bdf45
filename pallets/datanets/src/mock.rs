//! A runtime with this pallet alone.

use crate as pallet_datanets;
use crate::{types::Parameters, Access, DatanetTerms};
use frame_support::{
	derive_impl, parameter_types,
	traits::{fungible::InspectHold, ConstU128, ConstU32, ConstU64},
};
use frame_system::EnsureRoot;
use openledger_pallet_testing::{
	money::{check_supply, endowed},
	weights::DbWeight,
	Chain, MockRuntime,
};
use polkadot_sdk::*;

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
		RuntimeTask
	)]
	pub struct Test;

	#[runtime::pallet_index(0)]
	pub type System = frame_system;

	#[runtime::pallet_index(1)]
	pub type Balances = pallet_balances;

	#[runtime::pallet_index(2)]
	pub type Datanets = pallet_datanets;
}

type Block = frame_system::mocking::MockBlock<Test>;

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Test {
	type Block = Block;
	type AccountData = pallet_balances::AccountData<u128>;
	type DbWeight = DbWeight;
}

#[derive_impl(pallet_balances::config_preludes::TestDefaultConfig)]
impl pallet_balances::Config for Test {
	type Balance = u128;
	type ExistentialDeposit = ConstU128<1>;
	type AccountStore = System;
}

parameter_types! {
	pub const Treasury: u64 = TREASURY;
}

impl crate::Config for Test {
	type RuntimeHoldReason = RuntimeHoldReason;
	type Currency = Balances;
	type AdminOrigin = EnsureRoot<u64>;
	type Treasury = Treasury;
	type MaxName = ConstU32<16>;
	type MaxCurators = ConstU32<3>;
	type MaxReason = ConstU32<16>;
	type MaxDeposit = ConstU128<MAX_DEPOSIT>;
	type MaxPeriod = ConstU64<MAX_PERIOD>;
	type WeightInfo = crate::weights::SubstrateWeight<Self>;
}

pub const OWNER: u64 = 1;
pub const ANN: u64 = 2;
pub const BEN: u64 = 3;
pub const CURATORS: [u64; 2] = [10, 11];
pub const STRANGER: u64 = 20;
pub const TREASURY: u64 = 99;

pub const START: u128 = 1_000;
pub const DEPOSIT: u128 = 100;
pub const BOND: u128 = 10;
pub const BOND_PERIOD: u64 = 5;
pub const MAX_DEPOSIT: u128 = 500;
pub const MAX_PERIOD: u64 = 50;
pub const ACCOUNTS: [u64; 7] = [OWNER, ANN, BEN, CURATORS[0], CURATORS[1], STRANGER, TREASURY];

impl MockRuntime for Test {
	type Pallets = AllPalletsWithSystem;

	fn check() {
		Datanets::do_try_state().unwrap();
		check_supply::<Test>(START * ACCOUNTS.len() as u128);
	}
}

/// A chain on which everybody has [`START`].
pub fn chain() -> Chain<Test> {
	let parameters = Parameters { creation_deposit: DEPOSIT, bond_period: BOND_PERIOD };
	Chain::new(RuntimeGenesisConfig {
		balances: endowed(&ACCOUNTS, START),
		datanets: crate::GenesisConfig { parameters },
		..Default::default()
	})
}

/// Runs `test` on a new chain, then checks every invariant.
pub fn run(test: impl FnOnce()) {
	chain().execute_with(test);
}

/// Open to all, one approval of two curators.
pub fn terms() -> DatanetTerms<Test> {
	DatanetTerms {
		name: b"digits".to_vec().try_into().unwrap(),
		licence: b"CC0-1.0".to_vec().try_into().unwrap(),
		curators: CURATORS.to_vec().try_into().unwrap(),
		approvals: 1,
		contribution_bond: BOND,
		max_rows: 100,
		max_bytes: 1_000,
		access: Access::Open,
	}
}

pub fn signed(who: u64) -> RuntimeOrigin {
	RuntimeOrigin::signed(who)
}

pub fn held(reason: crate::HoldReason, who: u64) -> u128 {
	Balances::balance_on_hold(&reason.into(), &who)
}

pub fn bonds_of(who: u64) -> u128 {
	held(crate::HoldReason::ContributionBond, who)
}

pub fn deposits_of(who: u64) -> u128 {
	held(crate::HoldReason::CreationDeposit, who)
}

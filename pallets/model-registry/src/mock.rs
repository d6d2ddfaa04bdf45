//! A runtime with this pallet alone, over datanets that are plain arithmetic.

use crate as pallet_model_registry;
use crate::{types::Parameters, Registration};
use frame_support::{
	derive_impl, parameter_types,
	traits::{ConstU128, ConstU32},
};
use frame_system::EnsureRoot;
use openledger_pallet_support::{DatanetId, Pricing, TrainingData, TrainingSource};
use openledger_pallet_testing::{
	money::{check_supply, endowed},
	weights::{read_elsewhere, DbWeight},
	Chain, Index, MockRuntime,
};
use openledger_primitives::{
	blake2_256, training_manifest, Attribution, ContributionId, Leaf, Sketch,
};
use polkadot_sdk::*;
use sp_core::H256;
use sp_runtime::Permill;

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
	pub type ModelRegistry = pallet_model_registry;
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
	type Currency = Balances;
	type AdminOrigin = EnsureRoot<u64>;
	type Treasury = Treasury;
	type TrainingData = Arithmetic;
	type MaxName = ConstU32<16>;
	type MaxDescriptor = ConstU32<64>;
	type MaxSources = ConstU32<3>;
	type MaxEntries = ConstU32<{ MAX_ENTRIES as u32 }>;
	type MaxDimension = ConstU32<16>;
	type MaxAncestors = ConstU32<2>;
	type MaxDeposit = ConstU128<MAX_DEPOSIT>;
	type WeightInfo = crate::weights::SubstrateWeight<Self>;
}

/// Datanets 0 to 3 with accepted contributions `10 * position + datanet`; version `v` of datanet `d` has
/// `lengths(d)[v]` of them.
pub struct Arithmetic;

pub const DATANETS: u32 = 4;

pub fn lengths(datanet: DatanetId) -> [u32; 2] {
	[datanet + 1, datanet + 4]
}

impl TrainingData for Arithmetic {
	fn contribution_count(source: TrainingSource) -> Option<u32> {
		read_elsewhere((b"version", source));
		length_of(source)
	}

	fn manifest(source: TrainingSource) -> Option<H256> {
		read_elsewhere((b"version", source));
		manifest_of(source)
	}

	fn position(contribution: ContributionId) -> Option<(DatanetId, u32)> {
		read_elsewhere((b"contribution", contribution));
		let (datanet, position) = ((contribution % 10) as u32, (contribution / 10) as u32);
		// Two more than the last version are accepted.
		(datanet < DATANETS && position < lengths(datanet)[1] + 2).then_some((datanet, position))
	}
}

fn length_of(source: TrainingSource) -> Option<u32> {
	let length = lengths(source.datanet).get(source.version as usize).copied();
	length.filter(|_| source.datanet < DATANETS)
}

pub fn manifest_of(source: TrainingSource) -> Option<H256> {
	let contributions = contributions_of(source)?;
	let bytes: Vec<_> = contributions.iter().flat_map(|c| c.to_le_bytes()).collect();
	Some(blake2_256(&bytes))
}

/// The contributions of a version in order of acceptance.
pub fn contributions_of(source: TrainingSource) -> Option<Vec<ContributionId>> {
	let length = length_of(source)?;
	Some((0..length).map(|position| u64::from(10 * position + source.datanet)).collect())
}

pub const MAX_ENTRIES: usize = 4;
pub const OWNER: u64 = 1;
pub const OTHER: u64 = 2;
pub const HOST: u64 = 3;
pub const TREASURY: u64 = 99;
pub const ACCOUNTS: [u64; 4] = [OWNER, OTHER, HOST, TREASURY];

pub const START: u128 = 10_000;
pub const FEE: u128 = 10;
pub const MAX_DEPOSIT: u128 = 500;

impl MockRuntime for Test {
	type Pallets = AllPalletsWithSystem;

	fn check() {
		ModelRegistry::do_try_state().unwrap();
		check_supply::<Test>(START * ACCOUNTS.len() as u128);
	}
}

/// A chain on which everybody has [`START`].
pub fn chain() -> Chain<Test> {
	Chain::new(RuntimeGenesisConfig {
		balances: endowed(&ACCOUNTS, START),
		model_registry: crate::GenesisConfig { parameters: Parameters { registration_fee: FEE } },
		..Default::default()
	})
}

/// Runs `test` on a new chain, then checks every invariant.
pub fn run(test: impl FnOnce()) {
	chain().execute_with(test);
}

pub fn signed(who: u64) -> RuntimeOrigin {
	RuntimeOrigin::signed(who)
}

/// A model's index with all its leaves, and the query sketch of its held-out loss.
#[derive(Clone, Debug)]
pub struct Trained {
	pub sources: Vec<TrainingSource>,
	pub index: Index,
	pub query: Sketch,
}

impl Trained {
	/// An honest index over `sources`, given as (datanet, version): leaf number `i` has the sketch
	/// `sketch(i)`.
	pub fn new(
		sources: &[(DatanetId, u32)],
		query: Sketch,
		sketch: impl Fn(usize) -> Vec<i8>,
	) -> Self {
		let sources: Vec<_> =
			sources.iter().map(|&(datanet, version)| TrainingSource { datanet, version }).collect();
		let contributions = sources.iter().flat_map(|source| contributions_of(*source).unwrap());
		let leaves = contributions
			.enumerate()
			.map(|(i, contribution)| Leaf { contribution, sketch: Sketch::Int8(sketch(i)) })
			.collect();
		Self { sources, index: Index(leaves), query }
	}

	/// Leaf `i` of sketch `(i + 1, 3)`; over the first version of datanet 1 and the second of datanet 0.
	pub fn sample() -> Self {
		Self::new(&[(1, 0), (0, 1)], Sketch::Int16(vec![2, 1]), |i| vec![i as i8 + 1, 3])
	}

	pub fn registration(&self) -> Registration<Test> {
		let manifests: Vec<_> = self.sources.iter().map(|s| manifest_of(*s).unwrap()).collect();
		Registration {
			name: b"digits-mlp".to_vec().try_into().unwrap(),
			weights: H256::repeat_byte(1),
			architecture: b"{}".to_vec().try_into().unwrap(),
			parent: None,
			sources: self.sources.clone().try_into().unwrap(),
			index: self.index.commitment(),
			index_parameters: b"{}".to_vec().try_into().unwrap(),
			index_file: H256::repeat_byte(2),
			manifest: training_manifest(&manifests),
			held_out: self.query.hash(),
			host: HOST,
			pricing: Pricing::PerCall(5),
			royalty: Permill::from_percent(10),
		}
	}

	/// The attribution of the held-out loss with the best `limit` contributions.
	pub fn held_out(&self, limit: usize) -> Attribution {
		self.index.attribution(self.query.clone(), limit)
	}
}

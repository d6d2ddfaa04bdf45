//! A runtime with attribution, models with true Merkle indices, and a mock market.

use crate::{
	self as pallet_attribution, sr25519::AttesterId, sr25519::AttesterPair, AttesterKeys, Call,
	Claim, ClaimOf, SignatureOf, Verdict,
};
use alloc::{collections::BTreeMap, vec::Vec};
use codec::{Decode, Encode};
use frame_support::{
	derive_impl,
	dispatch::GetDispatchInfo,
	parameter_types,
	traits::{ConstU32, ConstU64, Randomness},
	weights::Weight,
};
use openledger_pallet_support::{
	AnsweredInference, Artifacts, AttributionJobs, IndexedModels, InferenceId, Inferences, JobId,
	ModelId, Outcome, Settlement, Usage,
};
use openledger_pallet_testing::{
	chain,
	money::{check_supply, endowed},
	weights::{read_elsewhere, DbWeight},
	Chain, Index, MockRuntime,
};
use openledger_primitives::{Attribution, ContributionId, IndexCommitment, Leaf, Sketch, H256};
use polkadot_sdk::*;
use sp_core::Pair;
use sp_runtime::{
	traits::{BlakeTwo256, Convert, DispatchTransaction, Hash},
	transaction_validity::{TransactionSource, TransactionValidityError, ValidTransaction},
	DispatchError, DispatchResult, DispatchResultWithInfo,
};

pub type AccountId = u64;
pub type TxExtension = frame_system::AuthorizeCall<Test>;
pub type Extrinsic = sp_runtime::testing::TestXt<RuntimeCall, TxExtension>;
type Block = sp_runtime::generic::Block<sp_runtime::generic::Header<u64, BlakeTwo256>, Extrinsic>;

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
	pub type Jury = pallet_attribution::Pallet<Test>;
}

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Test {
	type Block = Block;
	type AccountData = pallet_balances::AccountData<u64>;
	type DbWeight = DbWeight;
}

#[derive_impl(pallet_balances::config_preludes::TestDefaultConfig)]
impl pallet_balances::Config for Test {
	type AccountStore = System;
}

pub const ALICE: AccountId = 1;
pub const BOB: AccountId = 2;
pub const CHARLIE: AccountId = 3;
/// Has no session keys.
pub const KEYLESS: AccountId = 9;
pub const ACCOUNTS: [AccountId; 4] = [ALICE, BOB, CHARLIE, KEYLESS];
pub const ENDOWMENT: u64 = 10_000;
pub const BOND: u64 = 1_000;
pub const WINDOW: u64 = 4;
pub const ATTEMPTS: u32 = 3;
pub const UNBONDING: u64 = 10;
pub const LONGEVITY: u32 = 10;
pub const MAX_ENTRIES: u32 = 3;
pub const DIMENSION: usize = 4;
/// Versions that each model was trained on, more than a claim has entries.
pub const MAX_SOURCES: u32 = 16;
pub const PRIORITY: u64 = 1_000_000;
pub const MAX_DEPOSIT: u64 = 5_000;
pub const MAX_PERIOD: u64 = 200;
pub const MAX_ATTEMPTS: u32 = 10;
pub const MAX_PER_BLOCK: u32 = 4;
pub const MAX_DELAY: u32 = 3;

/// Trained on contributions 10 to 15.
pub const MODEL: ModelId = 1;
/// Trained on contributions 20 to 22.
pub const OTHER_MODEL: ModelId = 2;
/// Trained on the same contributions as [`MODEL`], with other leaves.
pub const TWIN: ModelId = 3;
/// Trained on contributions 10 to 15 too; 16-bit leaves.
pub const WIDE_MODEL: ModelId = 4;
/// Registered but without index.
pub const NO_INDEX: ModelId = 5;

pub const OUTPUT: &[u8] = b"7";

parameter_types! {
	pub static Questions: BTreeMap<InferenceId, AnsweredInference> = BTreeMap::new();
	pub static Outcomes: Vec<(InferenceId, Outcome<AccountId>)> = Vec::new();
	pub static SessionKeys: BTreeMap<AccountId, AttesterId> = BTreeMap::new();
	pub static Seed: u64 = 0;
}

/// Key pair of an account's session key.
pub fn pair(account: AccountId) -> AttesterPair {
	AttesterPair::from_string(&format!("//{account}"), None).unwrap()
}

pub struct Keys;

impl AttesterKeys<AccountId, AttesterId> for Keys {
	fn key_of(account: &AccountId) -> Option<AttesterId> {
		read_elsewhere(("session keys", account));
		SessionKeys::get().get(account).cloned()
	}

	fn account_of(key: &AttesterId) -> Option<AccountId> {
		SessionKeys::get().into_iter().find_map(|(account, k)| (k == *key).then_some(account))
	}
}

pub struct MockRandomness;

impl Randomness<H256, u64> for MockRandomness {
	fn random(subject: &[u8]) -> (H256, u64) {
		read_elsewhere("randomness");
		(BlakeTwo256::hash_of(&(subject, Seed::get())), 0)
	}
}

/// The true leaves of a model, in order.
pub fn leaves(model: ModelId) -> Vec<Leaf> {
	let (first, count) = match model {
		MODEL | TWIN | WIDE_MODEL => (10, 6),
		OTHER_MODEL => (20, 3),
		_ => (0, 0),
	};
	(first..first + count)
		.map(|contribution| {
			let coordinate =
				|i: usize| (contribution as i8 * 3 + i as i8 * (model as i8 + 1)) % 11 - 4;
			let coordinates = (0..DIMENSION).map(coordinate);
			let sketch = match model {
				WIDE_MODEL => Sketch::Int16(coordinates.map(i16::from).collect()),
				_ => Sketch::Int8(coordinates.collect()),
			};
			Leaf { contribution, sketch }
		})
		.collect()
}

/// The true attribution of a query sketch.
pub fn attribution(model: ModelId, query: [i8; DIMENSION]) -> Attribution {
	Index(leaves(model)).attribution(Sketch::Int8(query.to_vec()), MAX_ENTRIES as usize)
}

/// A query for which [`MODEL`] has more positive scores than a claim has entries.
pub const QUERY: [i8; DIMENSION] = [3, -1, 2, 5];

pub struct Models;

impl IndexedModels for Models {
	fn index(model: ModelId) -> Option<IndexCommitment> {
		read_elsewhere(("model", model));
		let leaves = leaves(model);
		(!leaves.is_empty()).then(|| Index(leaves).commitment())
	}

	fn artifacts(_: ModelId) -> Option<Artifacts> {
		Some(Artifacts { weights: H256::repeat_byte(1), index: H256::repeat_byte(2) })
	}

	fn leaf_index(model: ModelId, contribution: ContributionId) -> Option<u32> {
		read_elsewhere(("model", model));
		read_elsewhere(("contribution", contribution));
		(0..MAX_SOURCES).for_each(|source| read_elsewhere(("version", model, source)));
		let position = leaves(model).iter().position(|leaf| leaf.contribution == contribution)?;
		Some(position as u32)
	}
}

/// The mock market: what was asked, and how it ended.
pub struct Market;

impl Inferences for Market {
	fn question(inference: InferenceId) -> Option<AnsweredInference> {
		read_elsewhere(("inference", inference));
		Questions::get().get(&inference).cloned()
	}
}

impl Settlement<AccountId> for Market {
	fn settle(inference: InferenceId, outcome: Outcome<AccountId>) -> DispatchResult {
		let awaited = Questions::mutate(|questions| questions.remove(&inference));
		awaited.ok_or(DispatchError::Other("not awaiting attribution"))?;
		Outcomes::mutate(|outcomes| outcomes.push((inference, outcome)));
		Ok(())
	}
}

pub struct SettlementWeight;

impl Convert<u32, Weight> for SettlementWeight {
	fn convert(entries: u32) -> Weight {
		Weight::from_parts(1_000_000, 0).saturating_mul(entries.into())
	}
}

impl pallet_attribution::Config for Test {
	type RuntimeHoldReason = RuntimeHoldReason;
	type Currency = Balances;
	type AdminOrigin = frame_system::EnsureRoot<AccountId>;
	type AttesterId = AttesterId;
	type Keys = Keys;
	type Randomness = MockRandomness;
	type Models = Models;
	type Inferences = Market;
	type Settlement = Market;
	type SettlementWeight = SettlementWeight;
	type MaxAttesters = ConstU32<8>;
	type MaxCommittee = ConstU32<3>;
	type MaxEntries = ConstU32<8>;
	type MaxSources = ConstU32<MAX_SOURCES>;
	type MaxOutput = ConstU32<32>;
	type MaxPerBlock = ConstU32<MAX_PER_BLOCK>;
	type MaxDelay = ConstU32<MAX_DELAY>;
	type ClaimLongevity = ConstU32<LONGEVITY>;
	type MaxDeposit = ConstU64<MAX_DEPOSIT>;
	type MaxPeriod = ConstU64<MAX_PERIOD>;
	type MaxAttempts = ConstU32<MAX_ATTEMPTS>;
	type ClaimPriority = ConstU64<PRIORITY>;
	type WeightInfo = crate::weights::SubstrateWeight<Self>;
}

impl<LocalCall> frame_system::offchain::CreateTransactionBase<LocalCall> for Test
where
	RuntimeCall: From<LocalCall>,
{
	type RuntimeCall = RuntimeCall;
	type Extrinsic = Extrinsic;
}

impl<LocalCall> frame_system::offchain::CreateTransaction<LocalCall> for Test
where
	RuntimeCall: From<LocalCall>,
{
	type Extension = TxExtension;

	fn create_transaction(call: RuntimeCall, extension: TxExtension) -> Extrinsic {
		Extrinsic::new_transaction(call, extension)
	}
}

impl<LocalCall> frame_system::offchain::CreateAuthorizedTransaction<LocalCall> for Test
where
	RuntimeCall: From<LocalCall>,
{
	fn create_extension() -> TxExtension {
		TxExtension::new()
	}
}

impl MockRuntime for Test {
	type Pallets = AllPalletsWithSystem;

	fn check() {
		Jury::do_try_state().unwrap();
		check_supply::<Test>(ENDOWMENT * ACCOUNTS.len() as u64);
	}
}

pub fn parameters() -> crate::types::Parameters<u64, u64> {
	crate::types::Parameters {
		bond: BOND,
		unbonding_period: UNBONDING,
		claim_window: WINDOW,
		attempts: ATTEMPTS,
		max_entries: MAX_ENTRIES,
		max_dimension: 8,
	}
}

pub fn new_test_ext() -> Chain<Test> {
	ext_with(&[ALICE])
}

/// With these attesters bonded from the start.
pub fn ext_with(attesters: &[AccountId]) -> Chain<Test> {
	let keys = ACCOUNTS.into_iter().filter(|who| *who != KEYLESS);
	SessionKeys::set(keys.map(|who| (who, pair(who).public())).collect());
	Questions::set(BTreeMap::new());
	Outcomes::set(Vec::new());
	Seed::set(0);
	Chain::new(RuntimeGenesisConfig {
		balances: endowed(&ACCOUNTS, ENDOWMENT),
		jury: pallet_attribution::GenesisConfig {
			parameters: parameters(),
			attesters: attesters.to_vec(),
		},
		..Default::default()
	})
}

/// Ends the running block and goes on to the start of `block`.
pub fn run_to(block: u64) {
	chain::run_to::<Test>(block);
}

/// Answers an inference of `model` and opens its job.
pub fn open(model: ModelId) -> Result<JobId, DispatchError> {
	let inference = crate::NextJobId::<Test>::get() + 1_000;
	let question = AnsweredInference {
		input: b"1,2".to_vec(),
		output: OUTPUT.to_vec(),
		usage: Usage { input_tokens: 2, output_tokens: 1 },
	};
	let job = <Jury as AttributionJobs>::open(model, inference)?;
	Questions::mutate(|questions| questions.insert(inference, question));
	Ok(job)
}

/// A claim for the current attempt of a job, by its attester, in this block.
pub fn claim(job: JobId, verdict: Verdict) -> ClaimOf<Test> {
	let open = crate::Jobs::<Test>::get(job).unwrap();
	let attester = open.committee.first().copied().unwrap_or(ALICE);
	Claim { job, attempt: open.attempt, attester, sent: System::block_number(), verdict }
}

/// The true claim for a job of [`MODEL`].
pub fn confirmed(job: JobId) -> ClaimOf<Test> {
	claim(job, Verdict::Confirmed(attribution(MODEL, QUERY)))
}

pub fn sign(claim: &ClaimOf<Test>, signer: AccountId) -> SignatureOf<Test> {
	pair(signer).sign(&Jury::message(claim))
}

fn call(claim: &ClaimOf<Test>, signature: SignatureOf<Test>) -> RuntimeCall {
	RuntimeCall::Jury(Call::submit_claim { claim: claim.clone(), signature })
}

/// What the transaction pool says to a claim.
pub fn validate(
	claim: &ClaimOf<Test>,
	signature: SignatureOf<Test>,
) -> Result<ValidTransaction, TransactionValidityError> {
	let call = call(claim, signature);
	let source = TransactionSource::External;
	TxExtension::new()
		.validate_only(RuntimeOrigin::none(), &call, &call.get_dispatch_info(), 0, source, 0)
		.map(|(valid, _, _)| valid)
}

/// Applies a claim as a block does: door, then dispatch.
pub fn submit_signed(
	claim: &ClaimOf<Test>,
	signature: SignatureOf<Test>,
) -> Result<
	DispatchResultWithInfo<frame_support::dispatch::PostDispatchInfo>,
	TransactionValidityError,
> {
	apply(call(claim, signature))
}

/// Applies a claim signed by its attester.
pub fn submit(
	claim: &ClaimOf<Test>,
) -> Result<
	DispatchResultWithInfo<frame_support::dispatch::PostDispatchInfo>,
	TransactionValidityError,
> {
	submit_signed(claim, sign(claim, claim.attester))
}

pub fn apply(
	call: RuntimeCall,
) -> Result<
	DispatchResultWithInfo<frame_support::dispatch::PostDispatchInfo>,
	TransactionValidityError,
> {
	let info = call.get_dispatch_info();
	let len = call.encoded_size();
	TxExtension::new().dispatch_transaction(RuntimeOrigin::none(), call, &info, len, 0)
}

/// The call of a submitted transaction.
pub fn decode_call(transaction: &[u8]) -> RuntimeCall {
	Extrinsic::decode(&mut &transaction[..]).unwrap().function
}

//! Genesis presets: the first state of a chain.
//!
//! | preset | validators and attesters | answer within | claim within | unbonding | life of a proposal |
//! | --- | --- | --- | --- | --- | --- |
//! | `dev` | Alice | 2 minutes | 1 minute | 1 minute | 84 seconds |
//! | `local` | Alice, Bob, Charlie, Dave | 5 minutes | 2 minutes | 10 minutes | 9 minutes |
//!
//! The security council of both is the six well-known accounts, and their stashes as the second
//! cohort. `//One` vets the nominees.
//!
//! Both mint the whole supply of 1,000,000,000 OPEN: to the well-known development accounts, to the
//! market's account what keeps it alive, and all the rest to the treasury.

use crate::{
	configs::{MarketAccount, TreasuryAccount},
	constants::{
		currency::{EXISTENTIAL_DEPOSIT, MILLI, OPEN, SUPPLY},
		limits::MAX_DIMENSION,
		time::{HOURS, MINUTES},
	},
	migrations::{self, governance::proposals},
	AccountId, AttributionConfig, BabeConfig, Balance, BalancesConfig, BlockNumber,
	ConvictionVotingConfig, DatanetsConfig, InferenceMarketConfig, ModelRegistryConfig, Runtime,
	RuntimeGenesisConfig, SecurityCouncilConfig, SessionConfig, SessionKeys,
	BABE_GENESIS_EPOCH_CONFIG,
};
use alloc::{vec, vec::Vec};
use polkadot_sdk::*;

use frame_support::build_struct_json_patch;
use openledger_primitives::SS58_PREFIX;
use pallet_inference_market::types::Split;
use serde_json::Value;
use sp_genesis_builder::PresetId;
use sp_keyring::{Ed25519Keyring, Sr25519Keyring};
use sp_runtime::Permill;

/// Name of the preset of a chain with one validator.
pub const DEV: &str = "dev";
/// Name of the preset of a chain with four validators.
pub const LOCAL: &str = "local";

/// What each development account gets: enough for one to reach the quorum of a proposal.
pub const ENDOWMENT: Balance = 20_000_000 * OPEN;

/// Has addresses in JSON read and written with the prefix of this chain. An executor of the runtime
/// otherwise takes the generic prefix, and refuses those that no registry lists.
pub fn use_own_addresses() {
	sp_core::crypto::set_default_ss58_version(SS58_PREFIX.into());
}

/// The names of all presets of this runtime.
pub fn preset_names() -> Vec<PresetId> {
	vec![DEV.into(), LOCAL.into()]
}

/// The preset of that name, as a JSON patch of the default genesis configuration; `None` if there
/// is none.
pub fn get_preset(id: &PresetId) -> Option<Vec<u8>> {
	let patch = match id.as_ref() {
		DEV => preset(
			&[Sr25519Keyring::Alice],
			&Windows {
				response: 2 * MINUTES,
				claim: MINUTES,
				unbonding: MINUTES,
				contribution: MINUTES,
				governance: Periods {
					delay: 3,
					holding: 1,
					voting: 15,
					late: 5,
					constitutional: 8,
					treasury: 4,
					removal: 4,
				},
				council: council(40, [5, 5, 5, 10], 4, 5),
			},
		),
		LOCAL => preset(
			&[
				Sr25519Keyring::Alice,
				Sr25519Keyring::Bob,
				Sr25519Keyring::Charlie,
				Sr25519Keyring::Dave,
			],
			&Windows {
				response: 5 * MINUTES,
				claim: 2 * MINUTES,
				unbonding: 10 * MINUTES,
				contribution: 10 * MINUTES,
				governance: Periods {
					delay: MINUTES,
					holding: MINUTES / 2,
					voting: 5 * MINUTES,
					late: MINUTES,
					constitutional: 3 * MINUTES,
					treasury: MINUTES,
					removal: MINUTES,
				},
				council: council(
					HOURS,
					[5 * MINUTES, 5 * MINUTES, 10 * MINUTES, 15 * MINUTES],
					5 * MINUTES,
					MINUTES,
				),
			},
		),
		_ => return None,
	};
	serde_json::to_string(&patch).ok().map(alloc::string::String::into_bytes)
}

/// How long things may take, in blocks.
struct Windows {
	/// How long a host has for an answer.
	response: BlockNumber,
	/// An attester to claim, before the job is redrawn.
	claim: BlockNumber,
	/// An attester's bond to stay after deregistration.
	unbonding: BlockNumber,
	/// A contribution's bond to stay after acceptance.
	contribution: BlockNumber,
	/// The dates of proposals.
	governance: Periods,
	/// The dates and rules of the security council's elections.
	council: pallet_security_council::types::ParametersOf<Runtime>,
}

/// The cohort that is elected first.
const FIRST_COHORT: [Sr25519Keyring; 6] = [
	Sr25519Keyring::Alice,
	Sr25519Keyring::Bob,
	Sr25519Keyring::Charlie,
	Sr25519Keyring::Dave,
	Sr25519Keyring::Eve,
	Sr25519Keyring::Ferdie,
];
/// The second cohort of the security council.
const SECOND_COHORT: [Sr25519Keyring; 6] = [
	Sr25519Keyring::AliceStash,
	Sr25519Keyring::BobStash,
	Sr25519Keyring::CharlieStash,
	Sr25519Keyring::DaveStash,
	Sr25519Keyring::EveStash,
	Sr25519Keyring::FerdieStash,
];

/// Who vets nominees: none of the members.
const VETTER: Sr25519Keyring = Sr25519Keyring::One;

fn accounts(keys: &[Sr25519Keyring]) -> Vec<AccountId> {
	keys.iter().map(|key| key.to_account_id()).collect()
}

/// The rules of elections: the periods are of registration, nomination, vetting and voting.
fn council(
	election_interval: BlockNumber,
	periods: [BlockNumber; 4],
	full_weight_period: BlockNumber,
	rotation_interval: BlockNumber,
) -> pallet_security_council::types::ParametersOf<Runtime> {
	let [registration_period, nomination_period, vetting_period, voting_period] = periods;
	pallet_security_council::types::Parameters {
		election_interval,
		registration_period,
		nomination_period,
		vetting_period,
		voting_period,
		full_weight_period,
		vetter: Some(VETTER.to_account_id()),
		rotation_interval,
		..migrations::governance::council()
	}
}

/// Blocks between two payments of the treasury.
const SPEND_PERIOD: BlockNumber = MINUTES / 2;

/// The periods of proposals, in blocks.
struct Periods {
	/// The blocks from a proposal to its snapshot.
	delay: BlockNumber,
	/// The blocks before a snapshot in which votes must have been held.
	holding: BlockNumber,
	/// The blocks in which votes count.
	voting: BlockNumber,
	/// The blocks that are left to the others when the quorum is reached late.
	late: BlockNumber,
	/// Timelock of constitutional proposals.
	constitutional: BlockNumber,
	/// Timelock of treasury proposals, whatever they spend.
	treasury: BlockNumber,
	/// Timelock of removals from the council.
	removal: BlockNumber,
}

/// The rules of proposals: those of a live chain, with other periods.
fn governance(periods: &Periods) -> pallet_governance::types::ParametersOf<Runtime> {
	let mut rules = proposals();
	rules.voting_delay = periods.delay;
	rules.holding_window = periods.holding;
	rules.voting_period = periods.voting;
	rules.late_quorum_window = periods.late;
	rules.constitutional.timelock = periods.constitutional;
	for terms in [&mut rules.treasury, &mut rules.medium_spender, &mut rules.big_spender] {
		terms.timelock = periods.treasury;
	}
	rules.spending.period = SPEND_PERIOD;
	rules.removal.timelock = periods.removal;
	rules
}

fn preset(validators: &[Sr25519Keyring], windows: &Windows) -> Value {
	let attesters: Vec<AccountId> = validators.iter().map(|v| v.to_account_id()).collect();
	build_struct_json_patch!(RuntimeGenesisConfig {
		balances: BalancesConfig { balances: balances() },
		babe: BabeConfig { epoch_config: BABE_GENESIS_EPOCH_CONFIG },
		session: SessionConfig {
			keys: validators
				.iter()
				.map(|v| (v.to_account_id(), v.to_account_id(), session_keys(*v)))
				.collect(),
		},
		datanets: DatanetsConfig {
			parameters: pallet_datanets::types::Parameters {
				creation_deposit: 100 * OPEN,
				bond_period: windows.contribution,
			},
		},
		model_registry: ModelRegistryConfig {
			parameters: pallet_model_registry::types::Parameters { registration_fee: 10 * OPEN },
		},
		attribution: AttributionConfig {
			parameters: pallet_attribution::types::Parameters {
				bond: 1_000 * OPEN,
				unbonding_period: windows.unbonding,
				claim_window: windows.claim,
				attempts: 3,
				max_entries: 32,
				max_dimension: MAX_DIMENSION,
			},
			attesters,
		},
		inference_market: InferenceMarketConfig {
			parameters: pallet_inference_market::types::Parameters {
				split: Split {
					contributors: Permill::from_percent(70),
					owners: Permill::from_percent(20),
					attesters: Permill::from_percent(5),
					treasury: Permill::from_percent(5),
				},
				platform_fee: 10 * MILLI,
				response_window: windows.response,
			},
		},
		security_council: SecurityCouncilConfig {
			parameters: Some(windows.council.clone()),
			first: accounts(&FIRST_COHORT),
			second: accounts(&SECOND_COHORT),
		},
		conviction_voting: ConvictionVotingConfig {
			parameters: Some(governance(&windows.governance)),
		},
	})
}

/// Every unit of the supply, with its owner.
fn balances() -> Vec<(AccountId, Balance)> {
	let mut balances: Vec<_> = Sr25519Keyring::iter()
		.filter(|key| !matches!(key, Sr25519Keyring::Two))
		.map(|key| (key.to_account_id(), ENDOWMENT))
		.collect();
	balances.push((MarketAccount::get(), EXISTENTIAL_DEPOSIT));
	let given = balances.iter().fold(0, |sum: Balance, (_, amount)| sum.saturating_add(*amount));
	balances.push((TreasuryAccount::get(), SUPPLY.saturating_sub(given)));
	balances
}

/// The keys that `--alice` and the like put into a node's keystore.
fn session_keys(validator: Sr25519Keyring) -> SessionKeys {
	let grandpa = match validator {
		Sr25519Keyring::Alice => Ed25519Keyring::Alice,
		Sr25519Keyring::Bob => Ed25519Keyring::Bob,
		Sr25519Keyring::Charlie => Ed25519Keyring::Charlie,
		_ => Ed25519Keyring::Dave,
	};
	SessionKeys {
		babe: validator.public().into(),
		grandpa: grandpa.public().into(),
		attribution: validator.public().into(),
	}
}

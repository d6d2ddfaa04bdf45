//! Governance comes to a chain that began without it.

use crate::{
	constants::{currency::OPEN, time::DAYS},
	Balance, ConvictionVoting, Runtime, RuntimeOrigin, SecurityCouncil,
};
use polkadot_sdk::*;

use frame_support::{traits::UncheckedOnRuntimeUpgrade, weights::Weight};
use pallet_governance::{types::ParametersOf, KindTerms, Quorum, Spending, Terms};
use pallet_security_council::types::{
	Parameters as CouncilParameters, ParametersOf as CouncilParametersOf, Quorum as ElectionQuorum,
};
use sp_runtime::{Perbill, Permill};
#[cfg(any(test, feature = "try-runtime"))]
use {
	crate::AccountId,
	alloc::vec::Vec,
	codec::{Decode, Encode},
	frame_support::ensure,
	sp_runtime::TryRuntimeError,
};

/// Sets the parameters of proposals and of the security council where there are none. A chain without would
/// have nobody who can propose: a runtime that cannot set those of proposals halts the upgrade.
///
/// The council's seats stay empty until a constitutional proposal seats the first members: with fewer than nine no
/// election starts, so that nobody elects a council while few have votes. Nobody is endowed: whoever has OPEN can
/// wrap and delegate it from the first block on.
pub struct SetUpGovernance;

/// The rules of proposals of a chain that has none.
pub fn proposals() -> ParametersOf<Runtime> {
	let terms = |percent, least: Balance, most: Balance, timelock| KindTerms {
		quorum: Quorum {
			share: Permill::from_percent(percent),
			least: least.saturating_mul(OPEN),
			most: most.saturating_mul(OPEN),
		},
		timelock,
	};
	Terms {
		proposal_threshold: 10_000 * OPEN,
		voting_delay: 3 * DAYS,
		holding_window: DAYS,
		voting_period: 14 * DAYS,
		late_quorum_window: 2 * DAYS,
		removal_majority: Perbill::from_rational(5u32, 6),
		constitutional: terms(50, 15_000_000, 45_000_000, 11 * DAYS),
		treasury: terms(40, 10_000_000, 30_000_000, 3 * DAYS),
		medium_spender: terms(45, 12_500_000, 37_500_000, 5 * DAYS),
		big_spender: terms(50, 15_000_000, 45_000_000, 8 * DAYS),
		removal: terms(10, 1_000_000, 45_000_000, 3 * DAYS),
		spending: Spending {
			period: 7 * DAYS,
			treasury: 1_000_000 * OPEN,
			medium_spender: 5_000_000 * OPEN,
			big_spender: 20_000_000 * OPEN,
		},
	}
}

/// The rules of the security council of a chain that has none. Nobody vets until a proposal names a vetter.
///
/// An election needs a third of the votes of the smallest constitutional proposal at least, as it replaces half of
/// a council of which nine of twelve can do as much. With more, the first council could sit for ever while few
/// votes are delegated; with the share and the most of other votes it follows those that are. A seat takes a
/// twentieth of that: a third of the Droop quota of the smallest election, so that it bars nobody whom a seventh of
/// the voters want, and keeps out who is left over with next to no votes.
pub fn council() -> CouncilParametersOf<Runtime> {
	CouncilParameters {
		election_interval: 182 * DAYS,
		registration_period: 7 * DAYS,
		nomination_period: 7 * DAYS,
		vetting_period: 14 * DAYS,
		voting_period: 21 * DAYS,
		full_weight_period: 7 * DAYS,
		nominee_threshold: Permill::from_parts(2_000),
		quorum: ElectionQuorum {
			share: Permill::from_percent(10),
			least: 5_000_000 * OPEN,
			most: 45_000_000 * OPEN,
		},
		least_votes: 250_000 * OPEN,
		vetter: None,
		rotation_interval: 7 * DAYS,
	}
}

/// Puts the rules of proposals in force.
///
/// # Panics
/// If the chain refuses them. The first block of the new runtime cannot be made then, and a rehearsal on the
/// chain's state shows it before: no chain runs without rules, or under others than were voted on.
pub fn set_proposals(parameters: ParametersOf<Runtime>) {
	let set = ConvictionVoting::set_parameters(RuntimeOrigin::root(), parameters.into());
	if let Err(error) = set {
		panic!("the upgrade is halted, as the parameters of governance were refused: {error:?}");
	}
}

fn has_proposals() -> bool {
	pallet_governance::Parameters::<Runtime>::get().is_some()
}

fn has_council() -> bool {
	pallet_security_council::Parameters::<Runtime>::get().is_some()
}

/// # Panics
/// If the council refuses `parameters`: a block that upgrades must not be made rather than leave a council without
/// rules.
pub fn set_up_council(parameters: CouncilParametersOf<Runtime>) {
	let set = SecurityCouncil::set_parameters(RuntimeOrigin::root(), parameters);
	if let Err(error) = set {
		let name: &str = error.into();
		panic!("the upgrade cannot set the parameters of the security council: {name}");
	}
}

impl UncheckedOnRuntimeUpgrade for SetUpGovernance {
	fn on_runtime_upgrade() -> Weight {
		use pallet_governance::WeightInfo as _;
		use pallet_security_council::WeightInfo as _;
		let mut weight = <Runtime as frame_system::Config>::DbWeight::get().reads(2);
		if !has_proposals() {
			weight.saturating_accrue(
				<Runtime as pallet_governance::Config>::WeightInfo::set_parameters(),
			);
			set_proposals(proposals());
		}
		if !has_council() {
			weight.saturating_accrue(
				<Runtime as pallet_security_council::Config>::WeightInfo::set_parameters(),
			);
			set_up_council(council());
		}
		weight
	}

	#[cfg(feature = "try-runtime")]
	fn pre_upgrade() -> Result<Vec<u8>, TryRuntimeError> {
		Ok(Before::read().encode())
	}

	#[cfg(feature = "try-runtime")]
	fn post_upgrade(state: Vec<u8>) -> Result<(), TryRuntimeError> {
		use codec::DecodeAll;
		Before::decode_all(&mut &state[..])
			.map_err(|_| "what was noted before the migration cannot be read")?
			.check()
	}
}

/// The parameters that the chain had.
#[cfg(any(test, feature = "try-runtime"))]
#[derive(Encode, Decode)]
pub struct Before {
	proposals: Option<ParametersOf<Runtime>>,
	council: Option<CouncilParametersOf<Runtime>>,
	members: Vec<AccountId>,
}

#[cfg(any(test, feature = "try-runtime"))]
impl Before {
	/// As they are in state.
	pub fn read() -> Self {
		Self {
			proposals: pallet_governance::Parameters::<Runtime>::get(),
			council: pallet_security_council::Parameters::<Runtime>::get(),
			members: SecurityCouncil::members(),
		}
	}

	/// # Errors
	/// If the migration did not set what was missing, or changed what was there.
	pub fn check(self) -> Result<(), TryRuntimeError> {
		ensure!(has_proposals() && has_council(), "parameters are missing");
		ensure!(
			pallet_governance::Parameters::<Runtime>::get()
				== Some(self.proposals.unwrap_or_else(proposals)),
			"the parameters of governance are not those of the chain"
		);
		ensure!(
			pallet_security_council::Parameters::<Runtime>::get()
				== Some(self.council.unwrap_or_else(council)),
			"the parameters of the security council are not those of the chain"
		);
		ensure!(
			SecurityCouncil::members() == self.members,
			"the members of the security council changed"
		);
		Ok(())
	}
}

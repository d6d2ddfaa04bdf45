//! Which parameters the chain refuses, whoever decides, and who may set which.

use super::*;
use crate::{
	configs::{dynamic_params::fees, origins::Origin},
	constants::{
		currency::{OPEN, SUPPLY},
		time::DAYS,
	},
	genesis::DEV,
	RuntimeOrigin, RuntimeParameters,
};
use frame_support::{assert_noop, assert_ok};
use sp_runtime::{traits::Dispatchable, DispatchError, DispatchResult, Perbill, Permill};

const LONGEST: u32 = 60 * DAYS;
const HIGHEST: u128 = 1_000_000 * OPEN;
const HIGHEST_QUORUM: u128 = SUPPLY / 10;

/// Defines how to make a `set_parameters` call out of the parameters in force, with a change.
macro_rules! set {
	($name:ident, $pallet:ident, $parameters:ty $(, $present:ident)?) => {
		fn $name(change: impl FnOnce(&mut $parameters)) -> RuntimeCall {
			let mut parameters = $pallet::Parameters::<Runtime>::get()$(.$present())?;
			change(&mut parameters);
			let parameters = parameters.into();
			$pallet::Call::<Runtime>::set_parameters { parameters }.into()
		}
	};
}

set!(datanets, pallet_datanets, pallet_datanets::ParametersOf<Runtime>);
set!(models, pallet_model_registry, pallet_model_registry::ParametersOf<Runtime>);
set!(attribution, pallet_attribution, pallet_attribution::types::Parameters<u128, u32>);
set!(market, pallet_inference_market, pallet_inference_market::types::Parameters<u32>);
set!(governance, pallet_governance, pallet_governance::Terms<u32>, unwrap);
set!(council, pallet_security_council, pallet_security_council::ParametersOf<Runtime>, unwrap);

fn dispatch(origin: RuntimeOrigin, call: RuntimeCall) -> DispatchResult {
	call.dispatch(origin).map(drop).map_err(|failed| failed.error)
}

fn assert_refused<E: Into<DispatchError>>(cases: impl IntoIterator<Item = (RuntimeCall, E)>) {
	for (call, error) in cases {
		let error: DispatchError = error.into();
		assert_noop!(dispatch(RuntimeOrigin::root(), call), error);
	}
}

#[test]
fn datanets_should_refuse_when_root_passes_a_bound() {
	use pallet_datanets::Error::*;
	chain(DEV).execute_with(|| {
		assert_refused([
			(datanets(|p| p.bond_period = 0), ZeroBondPeriod::<Runtime>),
			(datanets(|p| p.bond_period = LONGEST + 1), BondPeriodTooLong),
			(datanets(|p| p.bond_period = u32::MAX), BondPeriodTooLong),
			(datanets(|p| p.creation_deposit = HIGHEST + 1), CreationDepositTooHigh),
			(datanets(|p| p.creation_deposit = u128::MAX), CreationDepositTooHigh),
		]);
	});
}

#[test]
fn model_registry_should_refuse_when_root_passes_a_bound() {
	use pallet_model_registry::Error::*;
	chain(DEV).execute_with(|| {
		assert_refused([
			(models(|p| p.registration_fee = HIGHEST + 1), RegistrationFeeTooHigh::<Runtime>),
			(models(|p| p.registration_fee = u128::MAX), RegistrationFeeTooHigh),
		]);
	});
}

#[test]
fn attribution_should_refuse_when_root_passes_a_bound() {
	use pallet_attribution::Error::*;
	chain(DEV).execute_with(|| {
		assert_refused([
			(attribution(|p| p.bond = 0), InvalidBond::<Runtime>),
			(attribution(|p| p.bond = HIGHEST + 1), InvalidBond),
			(attribution(|p| p.unbonding_period = 0), InvalidUnbondingPeriod),
			(attribution(|p| p.unbonding_period = LONGEST + 1), InvalidUnbondingPeriod),
			(attribution(|p| p.claim_window = 0), InvalidClaimWindow),
			(attribution(|p| p.claim_window = LONGEST + 1), InvalidClaimWindow),
			(attribution(|p| p.claim_window = u32::MAX), InvalidClaimWindow),
			(attribution(|p| p.claim_window = LONGEST), AttemptsTooLong),
			(attribution(|p| p.attempts = 0), InvalidAttempts),
			(attribution(|p| p.attempts = 11), InvalidAttempts),
			(attribution(|p| p.max_entries = 0), InvalidMaxEntries),
			(attribution(|p| p.max_entries = 65), InvalidMaxEntries),
			(attribution(|p| p.max_dimension = 0), InvalidMaxDimension),
			(attribution(|p| p.max_dimension = u32::MAX), InvalidMaxDimension),
		]);
	});
}

#[test]
fn market_should_refuse_when_root_passes_a_bound() {
	use pallet_inference_market::Error::*;
	/// Gives what others lose to the treasury.
	fn unpaid(share: fn(&mut pallet_inference_market::Split) -> &mut Permill) -> RuntimeCall {
		market(|p| {
			let lost = core::mem::take(share(&mut p.split));
			p.split.treasury = p.split.treasury + lost;
		})
	}
	chain(DEV).execute_with(|| {
		assert_refused([
			(market(|p| p.response_window = 0), InvalidWindow::<Runtime>),
			(market(|p| p.response_window = LONGEST + 1), InvalidWindow),
			(market(|p| p.platform_fee = HIGHEST + 1), PlatformFeeTooHigh),
			(market(|p| p.split.treasury = Permill::one()), InvalidSplit),
			(unpaid(|split| &mut split.contributors), ShareMissing),
			(unpaid(|split| &mut split.owners), ShareMissing),
			(unpaid(|split| &mut split.attesters), ShareMissing),
		]);
	});
}

#[test]
fn governance_should_refuse_when_root_passes_a_bound() {
	use pallet_governance::{Error::*, KindTerms, Terms};
	type TermsOf = fn(&mut Terms<u32>) -> &mut KindTerms<u32>;
	chain(DEV).execute_with(|| {
		assert_refused([
			(governance(|p| p.voting_delay = 0), PeriodOutOfRange::<Runtime>),
			(governance(|p| p.voting_delay = LONGEST + 1), PeriodOutOfRange),
			(governance(|p| p.voting_period = 0), PeriodOutOfRange),
			(governance(|p| p.voting_period = LONGEST + 1), PeriodOutOfRange),
			(governance(|p| p.late_quorum_window = 0), PeriodOutOfRange),
			(governance(|p| p.late_quorum_window = p.voting_period + 1), WindowTooLong),
			(governance(|p| p.holding_window = 0), HoldingWindowOutOfRange),
			(governance(|p| p.holding_window = p.voting_delay + 1), HoldingWindowOutOfRange),
			(governance(|p| p.proposal_threshold = 0), ThresholdOutOfRange),
			(governance(|p| p.proposal_threshold = HIGHEST_QUORUM + 1), ThresholdOutOfRange),
			(governance(|p| p.removal_majority = Perbill::from_percent(49)), MajorityOutOfRange),
		]);
		assert_refused([
			(governance(|p| p.spending.period = 0), SpendPeriodOutOfRange::<Runtime>),
			(governance(|p| p.spending.period = LONGEST + 1), SpendPeriodOutOfRange),
			(governance(|p| p.spending.treasury = 0), SpendLimitsNotGrowing),
			(governance(|p| p.spending.medium_spender = u128::MAX), SpendLimitsNotGrowing),
			(governance(|p| p.treasury.quorum.least *= 2), QuorumsNotGrowing),
			(governance(|p| p.big_spender.quorum.most += 1), QuorumsNotGrowing),
		]);
		let kinds: [TermsOf; 5] = [
			|p| &mut p.constitutional,
			|p| &mut p.treasury,
			|p| &mut p.medium_spender,
			|p| &mut p.big_spender,
			|p| &mut p.removal,
		];
		for of in kinds {
			assert_refused([
				(governance(|p| of(p).timelock = 0), TimelockOutOfRange::<Runtime>),
				(governance(|p| of(p).timelock = LONGEST + 1), TimelockOutOfRange),
				(governance(|p| of(p).quorum.share = Permill::zero()), QuorumOutOfRange),
				(governance(|p| of(p).quorum.least = 0), QuorumOutOfRange),
				(governance(|p| of(p).quorum.least = of(p).quorum.most + 1), QuorumOutOfRange),
				(governance(|p| of(p).quorum.most = HIGHEST_QUORUM + 1), QuorumOutOfRange),
			]);
		}
	});
}

#[test]
fn council_should_refuse_when_root_passes_a_bound() {
	use pallet_security_council::Error::*;
	let millionths = Permill::from_parts;
	chain(DEV).execute_with(|| {
		assert_refused([
			(council(|p| p.registration_period = 0), ZeroRegistrationPeriod::<Runtime>),
			(council(|p| p.nomination_period = 0), ZeroNominationPeriod),
			(council(|p| p.vetting_period = 0), ZeroVettingPeriod),
			(council(|p| p.voting_period = 0), ZeroVotingPeriod),
			(council(|p| p.full_weight_period = 0), FullWeightPeriodOutOfRange),
			(council(|p| p.full_weight_period = p.voting_period + 1), FullWeightPeriodOutOfRange),
			(council(|p| p.election_interval = 1), IntervalTooShort),
			(council(|p| p.voting_period = u32::MAX), IntervalTooShort),
			(council(|p| p.nominee_threshold = millionths(1_999)), ThresholdOutOfRange),
			(council(|p| p.nominee_threshold = millionths(166_667)), ThresholdOutOfRange),
			(council(|p| p.rotation_interval = 0), ZeroRotationInterval),
			(council(|p| p.quorum.share = Permill::zero()), QuorumOutOfRange),
			(council(|p| p.quorum.least = 0), QuorumOutOfRange),
			(council(|p| p.quorum.least = p.quorum.most + 1), QuorumOutOfRange),
			(council(|p| p.quorum.most = HIGHEST_QUORUM + 1), QuorumOutOfRange),
			(council(|p| p.least_votes = 0), LeastVotesOutOfRange),
			(council(|p| p.least_votes = p.quorum.least / 6 + 1), LeastVotesOutOfRange),
			(council(|p| p.vetter = Some(account(Sr25519Keyring::Ferdie))), VetterIsMember),
		]);
	});
}

/// What a treasury proposal may set, and what takes Root.
fn changes() -> ([RuntimeCall; 2], [RuntimeCall; 5]) {
	let share = fees::Parameters::AuthorShare(fees::AuthorShare, Some(Permill::one()));
	let key_value = RuntimeParameters::Fees(share);
	(
		[
			datanets(|p| (p.creation_deposit, p.bond_period) = (HIGHEST, LONGEST)),
			models(|p| p.registration_fee = HIGHEST),
		],
		[
			attribution(|p| {
				(p.bond, p.unbonding_period) = (HIGHEST, LONGEST);
				(p.attempts, p.claim_window) = (10, LONGEST / 10);
			}),
			market(|p| (p.platform_fee, p.response_window) = (HIGHEST, LONGEST)),
			governance(|p| {
				(p.voting_delay, p.voting_period, p.late_quorum_window) =
					(LONGEST, LONGEST, LONGEST);
				p.proposal_threshold = HIGHEST_QUORUM;
			}),
			council(|p| p.nominee_threshold = Permill::from_parts(166_666)),
			pallet_parameters::Call::<Runtime>::set_parameter { key_value }.into(),
		],
	)
}

#[test]
fn parameters_should_change_when_root_sets_them_to_their_bounds() {
	chain(DEV).execute_with(|| {
		let (treasurys, others) = changes();
		for call in treasurys.into_iter().chain(others) {
			assert_ok!(dispatch(RuntimeOrigin::root(), call));
		}
		assert_eq!(pallet_datanets::Parameters::<Runtime>::get().bond_period, LONGEST);
		assert_eq!(pallet_model_registry::Parameters::<Runtime>::get().registration_fee, HIGHEST);
		assert_eq!(pallet_attribution::Parameters::<Runtime>::get().attempts, 10);
		assert_eq!(pallet_inference_market::Parameters::<Runtime>::get().platform_fee, HIGHEST);
		let proposals = pallet_governance::Parameters::<Runtime>::get().unwrap();
		assert_eq!(proposals.voting_delay, LONGEST);
	});
}

#[test]
fn only_parameters_of_datanets_and_models_should_change_when_the_treasurys_origin_sets_them() {
	chain(DEV).execute_with(|| {
		let (treasurys, others) = changes();
		for call in others {
			assert_noop!(dispatch(Origin::Treasury.into(), call), DispatchError::BadOrigin);
		}
		for call in treasurys {
			assert_ok!(dispatch(Origin::Treasury.into(), call));
		}
		assert_eq!(pallet_datanets::Parameters::<Runtime>::get().creation_deposit, HIGHEST);
		assert_eq!(pallet_model_registry::Parameters::<Runtime>::get().registration_fee, HIGHEST);
		for (call, error) in [
			(
				datanets(|p| p.bond_period = 0),
				DispatchError::from(pallet_datanets::Error::<Runtime>::ZeroBondPeriod),
			),
			(
				models(|p| p.registration_fee = HIGHEST + 1),
				pallet_model_registry::Error::<Runtime>::RegistrationFeeTooHigh.into(),
			),
		] {
			assert_noop!(dispatch(Origin::Treasury.into(), call), error);
		}
	});
}

#[test]
fn no_parameters_should_change_when_others_set_them() {
	chain(DEV).execute_with(|| {
		let signed = RuntimeOrigin::signed(account(Sr25519Keyring::Alice));
		for origin in [signed, Origin::CouncilRemoval.into(), RuntimeOrigin::none()] {
			let (treasurys, others) = changes();
			for call in treasurys.into_iter().chain(others) {
				assert_noop!(dispatch(origin.clone(), call), DispatchError::BadOrigin);
			}
		}
	});
}

//! What a vote may take out of the treasury, and how much of it at once.

use super::*;
use crate::{
	configs::origins::Origin,
	constants::currency::{OPEN, SUPPLY},
	genesis::DEV,
	Balances, ConvictionVoting, OriginCaller, RuntimeOrigin, Treasury, TreasuryAccount,
};
use frame_support::{
	assert_noop, assert_ok,
	traits::{fungible::Inspect, Get, Hooks, PalletInfoAccess},
};
use pallet_governance::{Kind, Tracks};
use pallet_referenda::TracksInfo;
use sp_runtime::{traits::Dispatchable, DispatchError, DispatchResult};

const MILLION: u128 = 1_000_000 * OPEN;
/// Who spends, and the most that waits once it did.
const LIMITS: [(Origin, u128); 3] = [
	(Origin::Treasury, MILLION),
	(Origin::MediumSpender, 5 * MILLION),
	(Origin::BigSpender, 20 * MILLION),
];

fn beneficiary() -> AccountId {
	AccountId::from([7; 32])
}

#[allow(deprecated)]
fn spend(amount: u128) -> RuntimeCall {
	let beneficiary = beneficiary().into();
	pallet_treasury::Call::<Runtime>::spend_local { amount, beneficiary }.into()
}

#[allow(deprecated)]
fn remove_approval(proposal_id: u32) -> RuntimeCall {
	pallet_treasury::Call::<Runtime>::remove_approval { proposal_id }.into()
}

fn dispatch(origin: impl Into<RuntimeOrigin>, call: RuntimeCall) -> DispatchResult {
	call.dispatch(origin.into()).map(drop).map_err(|failed| failed.error)
}

/// What waits to be paid.
#[allow(deprecated)]
fn waiting() -> u128 {
	let approvals = pallet_treasury::Approvals::<Runtime>::get().into_iter();
	approvals.filter_map(pallet_treasury::Proposals::<Runtime>::get).map(|one| one.value).sum()
}

fn refused() -> DispatchError {
	pallet_treasury::Error::<Runtime>::InsufficientPermission.into()
}

/// On a chain in block 1, in whose first spend period nothing is paid yet.
fn run(test: impl FnOnce()) {
	chain(DEV).execute_with(|| {
		System::set_block_number(1);
		Treasury::on_initialize(1);
		test();
		ConvictionVoting::do_try_state().unwrap();
		assert_eq!(Balances::total_issuance(), SUPPLY);
	});
}

#[test]
fn spend_should_be_refused_when_it_is_above_the_limit_of_its_track() {
	for (origin, limit) in LIMITS {
		run(|| {
			assert_noop!(dispatch(origin, spend(limit + 1)), refused());
			assert_ok!(dispatch(origin, spend(limit)));
			assert_eq!(waiting(), limit);
		});
	}
}

#[test]
fn batch_should_spend_no_more_than_one_call_when_it_has_many() {
	for (origin, limit) in LIMITS {
		run(|| {
			let calls = || vec![spend(limit / 4); 40];
			// All or nothing is nothing.
			let all = pallet_utility::Call::<Runtime>::batch_all { calls: calls() };
			assert_noop!(dispatch(origin, all.into()), refused());
			// As many as there are until one fails, or as succeed.
			for number in 0..2 {
				let calls = calls();
				let batch = match number {
					0 => pallet_utility::Call::<Runtime>::batch { calls },
					_ => pallet_utility::Call::<Runtime>::force_batch { calls },
				};
				assert_ok!(dispatch(origin, batch.into()));
				assert_eq!(waiting(), limit);
			}
		});
	}
}

#[test]
fn proposals_should_spend_no_more_than_one_when_many_are_dispatched_in_a_period() {
	run(|| {
		let before = Balances::total_balance(&TreasuryAccount::get());
		// As if forty had passed with the votes of one snapshot.
		for (origin, limit) in LIMITS {
			let passed = (0..40).filter(|_| dispatch(origin, spend(MILLION / 10)).is_ok()).count();
			assert!(passed > 0 && waiting() <= limit, "{passed} by {origin:?}");
		}
		assert_eq!(waiting(), 9 * MILLION);
		// One that takes fewer votes finds nothing left: others approved more than it may.
		assert_noop!(dispatch(Origin::Treasury, spend(1)), refused());
		let period = <Runtime as pallet_treasury::Config>::SpendPeriod::get();
		for block in 2..period {
			System::set_block_number(block);
			Treasury::on_initialize(block);
			assert_eq!(waiting(), 9 * MILLION);
		}
		System::set_block_number(period);
		Treasury::on_initialize(period);
		assert_eq!((waiting(), Balances::total_balance(&beneficiary())), (0, 9 * MILLION));
		assert_eq!(Balances::total_balance(&TreasuryAccount::get()), before - 9 * MILLION);
		// The next period has a limit of its own.
		assert_ok!(dispatch(Origin::Treasury, spend(MILLION)));
		assert_noop!(dispatch(Origin::Treasury, spend(1)), refused());
	});
}

#[test]
fn limit_should_count_what_waits_for_longer_than_a_period() {
	run(|| {
		// More than there is.
		assert_ok!(dispatch(RuntimeOrigin::root(), spend(SUPPLY)));
		for block in 2..50 {
			System::set_block_number(block);
			Treasury::on_initialize(block);
		}
		assert_eq!(waiting(), SUPPLY);
		assert_noop!(dispatch(Origin::BigSpender, spend(1)), refused());
		// Until Root takes it back. Who takes fewer votes cannot, not in front of a spend of its own either.
		let cancel = || remove_approval(0);
		for (origin, _) in LIMITS {
			let calls = vec![cancel(), spend(1)];
			let batch = pallet_utility::Call::<Runtime>::batch_all { calls };
			assert_noop!(dispatch(origin, cancel()), DispatchError::BadOrigin);
			assert_noop!(dispatch(origin, batch.into()), DispatchError::BadOrigin);
		}
		assert_ok!(dispatch(RuntimeOrigin::root(), cancel()));
		assert_ok!(dispatch(Origin::BigSpender, spend(MILLION)));
	});
}

#[test]
fn spend_should_have_no_limit_when_it_is_constitutional() {
	run(|| {
		for _ in 0..3 {
			assert_ok!(dispatch(RuntimeOrigin::root(), spend(300 * MILLION)));
		}
		let calls = vec![spend(100 * MILLION); 3];
		let batch = pallet_utility::Call::<Runtime>::batch_all { calls };
		assert_ok!(dispatch(RuntimeOrigin::root(), batch.into()));
		assert_eq!(waiting(), 1_200 * MILLION);
	});
}

#[test]
fn spend_should_be_refused_when_nobody_voted_on_it_or_there_are_no_parameters() {
	run(|| {
		let signed = RuntimeOrigin::signed(account(Sr25519Keyring::Alice));
		for origin in [signed, RuntimeOrigin::none(), Origin::CouncilRemoval.into()] {
			assert_noop!(dispatch(origin, spend(1)), DispatchError::BadOrigin);
		}
		let rules = pallet_governance::Parameters::<Runtime>::take();
		for (origin, _) in LIMITS {
			assert_noop!(dispatch(origin, spend(1)), DispatchError::BadOrigin);
		}
		pallet_governance::Parameters::<Runtime>::set(rules);
	});
}

#[test]
fn spend_of_assets_should_be_closed_as_open_is_the_only_one() {
	run(|| {
		let origins = LIMITS.map(|(origin, _)| RuntimeOrigin::from(origin));
		for origin in origins.into_iter().chain([RuntimeOrigin::root()]) {
			let call = pallet_treasury::Call::<Runtime>::spend {
				asset_kind: Box::new(()),
				amount: 1,
				beneficiary: Box::new(beneficiary()),
				valid_from: None,
			};
			let closed = pallet_treasury::Error::<Runtime>::FailedToConvertBalance;
			assert_noop!(dispatch(origin, call.into()), closed);
		}
	});
}

#[test]
fn spend_should_be_refused_when_the_queue_of_approvals_is_full() {
	run(|| {
		let most: u32 = <Runtime as pallet_treasury::Config>::MaxApprovals::get();
		let calls = vec![spend(1); usize::try_from(most).unwrap()];
		let batch = pallet_utility::Call::<Runtime>::batch_all { calls };
		assert_ok!(dispatch(Origin::Treasury, batch.into()));
		let full = || pallet_treasury::Error::<Runtime>::TooManyApprovals;
		assert_noop!(dispatch(Origin::BigSpender, spend(1)), full());
		assert_noop!(dispatch(RuntimeOrigin::root(), spend(1)), full());
		// Who cannot wait for the period makes room, or pays without the queue.
		let calls = vec![remove_approval(0), spend(MILLION)];
		let batch = pallet_utility::Call::<Runtime>::batch_all { calls };
		assert_ok!(dispatch(RuntimeOrigin::root(), batch.into()));
	});
}

#[test]
fn spender_should_have_no_other_way_when_its_limit_is_reached() {
	run(|| {
		let treasury = TreasuryAccount::get();
		let transfer = || -> RuntimeCall {
			let (dest, value) = (beneficiary().into(), MILLION);
			pallet_balances::Call::<Runtime>::transfer_allow_death { dest, value }.into()
		};
		let mut rules = pallet_governance::Parameters::<Runtime>::get().unwrap();
		rules.spending.treasury = rules.spending.medium_spender - 1;
		let root = || Box::new(OriginCaller::system(frame_system::RawOrigin::Root));
		let (source, dest) = (treasury.clone().into(), beneficiary().into());
		let calls: Vec<RuntimeCall> = vec![
			transfer(),
			pallet_balances::Call::force_transfer { source, dest, value: MILLION }.into(),
			pallet_balances::Call::force_set_balance {
				who: beneficiary().into(),
				new_free: SUPPLY,
			}
			.into(),
			pallet_utility::Call::dispatch_as { as_origin: root(), call: Box::new(spend(SUPPLY)) }
				.into(),
			pallet_utility::Call::dispatch_as {
				as_origin: Box::new(OriginCaller::system(frame_system::RawOrigin::Signed(
					treasury,
				))),
				call: Box::new(transfer()),
			}
			.into(),
			pallet_scheduler::Call::schedule_after {
				after: 1,
				maybe_periodic: Some((1, 100)),
				priority: 0,
				call: Box::new(spend(MILLION)),
			}
			.into(),
			pallet_governance::Call::set_parameters { parameters: Box::new(rules) }.into(),
			pallet_treasury::Call::payout { index: 0 }.into(),
		];
		for (origin, limit) in LIMITS {
			assert_ok!(dispatch(origin, spend(limit - waiting())));
			for call in &calls {
				let tried = dispatch(origin, call.clone());
				assert_eq!(tried, Err(DispatchError::BadOrigin), "{call:?}");
			}
		}
		assert_eq!(waiting(), 20 * MILLION);
	});
}

#[test]
fn tracks_should_be_those_of_the_origins_when_proposals_are_made() {
	assert_eq!(crate::Origins::index(), 17);
	run(|| {
		for (origin, kind) in [
			(Origin::Treasury, Kind::Treasury),
			(Origin::CouncilRemoval, Kind::CouncilRemoval),
			(Origin::MediumSpender, Kind::MediumSpender),
			(Origin::BigSpender, Kind::BigSpender),
		] {
			let caller = OriginCaller::Origins(origin);
			assert_eq!(crate::configs::origin_of(kind), caller);
			assert_eq!(Tracks::<Runtime>::track_for(&caller), Ok(kind.track()));
		}
	});
}

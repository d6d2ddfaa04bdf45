//! The kinds of proposals as pallet-referenda and wallets see them.

use super::*;
use crate::{Settling, Tracks};
use frame_system::RawOrigin;
use pallet_referenda::{TrackInfoOf, TracksInfo};
use sp_runtime::{str_array, Perbill};

type Kinds = Tracks<Test>;

fn info(kind: Kind) -> TrackInfoOf<Test> {
	Kinds::info(kind.track()).unwrap().into_owned()
}

#[test]
fn tracks_should_be_the_kinds() {
	run(|| {
		let tracks: Vec<_> = Kinds::tracks().map(|track| (track.id, track.info.name)).collect();
		let names =
			["constitutional", "treasury", "council_removal", "medium_spender", "big_spender"];
		let expected: Vec<_> = (0u16..).zip(names.map(str_array)).collect();
		assert_eq!(tracks, expected);
		assert!(Kinds::info(5).is_none());
		assert_eq!(Kinds::check_integrity(), Ok(()));
		for kind in Kind::ALL {
			assert_eq!(Kind::of_track(kind.track()), kind);
			assert_eq!(Kinds::track_for(&origin_of(kind)), Ok(kind.track()));
		}
		// The strictest, should there ever be an unknown one.
		assert_eq!(Kind::of_track(5), Kind::Constitutional);
		assert!(Kinds::track_for(&OriginCaller::system(RawOrigin::None)).is_err());
	});
}

#[test]
fn tracks_should_show_the_parameters_in_force() {
	run(|| {
		for (kind, timelock) in [
			(Kind::Constitutional, TIMELOCK),
			(Kind::Treasury, TREASURY_TIMELOCK),
			(Kind::CouncilRemoval, REMOVAL_TIMELOCK),
			(Kind::MediumSpender, MEDIUM_TIMELOCK),
			(Kind::BigSpender, BIG_TIMELOCK),
		] {
			let info = info(kind);
			assert_eq!((info.prepare_period, info.min_enactment_period), (DELAY, timelock));
			// Long enough for an extension, and never in the way of others.
			assert_eq!(info.decision_period, PERIOD + WINDOW + 2);
			assert_eq!((info.max_deciding, info.decision_deposit), (u32::MAX, 0));
		}
		assert_ok!(set(|p| {
			(p.voting_delay, p.voting_period, p.treasury.timelock) = (5, 40, 9);
		}));
		let changed = info(Kind::Treasury);
		assert_eq!((changed.prepare_period, changed.min_enactment_period), (5, 9));
		assert_eq!(changed.decision_period, 40 + WINDOW + 2);
	});
}

#[test]
fn curves_should_pass_all_and_not_nothing_at_any_time() {
	run(|| {
		for kind in Kind::ALL {
			let info = info(kind);
			for curve in [info.min_approval, info.min_support] {
				for percent in [0, 1, 50, 99, 100] {
					let x = Perbill::from_percent(percent);
					assert!(curve.passing(x, Perbill::one()));
					assert!(!curve.passing(x, Perbill::zero()));
				}
				// Wallets draw it, and divide by its slope.
				assert!(curve.threshold(Perbill::zero()) > curve.threshold(Perbill::one()));
			}
		}
	});
}

#[test]
fn tally_should_say_nothing_before_the_end_and_all_after_it() {
	use frame_support::traits::VoteTally;
	run(|| {
		let index = proposed(Kind::Treasury);
		open(index);
		assert_ok!(vote(ANN, index, Side::For));
		while now() <= tally(index).end {
			let tally = tally(index);
			assert_eq!((tally.support(1), tally.approval(1)), (Perbill::zero(), Perbill::zero()));
			assert_eq!(VoteTally::ayes(&tally, 1), 50_000);
			assert!(!tally.has_passed(now()));
			assert_eq!(Referenda::is_referendum_passing(index), Ok(false));
			go_to(now() + 1);
		}
		let tally = tally(index);
		assert_eq!((tally.support(1), tally.approval(1)), (Perbill::one(), Perbill::one()));
		assert!(tally.has_passed(now()));
		assert_eq!(Referenda::is_referendum_passing(index), Ok(true));
	});
}

#[test]
fn periods_should_be_over_while_a_vote_is_settled_only() {
	run(|| {
		let index = proposed(Kind::Treasury);
		go_to(tally(index).end);
		// Taken out of the scheduler, so that it is somebody's turn.
		pallet_scheduler::Agenda::<Test>::remove(now() + 1);
		over(index);
		assert!(!Settling::<Test>::exists());
		Settling::<Test>::put(true);
		let settling = info(Kind::Treasury);
		assert_eq!((settling.prepare_period, settling.decision_period), (0, 0));
		Settling::<Test>::kill();
		assert_ok!(Governance::poke(signed(STRANGER), index));
		assert!(!Settling::<Test>::exists());
		// Failing or not.
		assert!(Governance::poke(signed(STRANGER), index).is_err());
		assert!(!Settling::<Test>::exists());
	});
}

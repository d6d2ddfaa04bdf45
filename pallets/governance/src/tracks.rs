//! The kinds of proposals as referendum tracks.

use crate::{
	types::{Balance, ParametersOf},
	Config, Kind, LongestLife, Pallet, Parameters, Settling,
};
use alloc::borrow::Cow;
use core::marker::PhantomData;
use frame_support::traits::OriginTrait;
use frame_system::pallet_prelude::BlockNumberFor;
use pallet_referenda::{Curve, Track, TrackInfo, TracksInfo};
use polkadot_sdk::*;
use sp_runtime::{
	str_array,
	traits::{Convert, Get, One, Saturating, Zero},
	Perbill,
};

/// The tracks, made from the parameters in force.
pub struct Tracks<T>(PhantomData<T>);

type PalletsOrigin<T> = <<T as frame_system::Config>::RuntimeOrigin as OriginTrait>::PalletsOrigin;

impl<T: Config> TracksInfo<Balance, BlockNumberFor<T>> for Tracks<T> {
	type Id = u16;
	type RuntimeOrigin = PalletsOrigin<T>;

	/// None as long as there are no parameters.
	fn tracks() -> impl Iterator<Item = Cow<'static, Track<u16, Balance, BlockNumberFor<T>>>> {
		Parameters::<T>::get().into_iter().flat_map(|parameters| {
			Kind::ALL.map(|kind| {
				Cow::Owned(Track { id: kind.track(), info: info::<T>(&parameters, kind) })
			})
		})
	}

	fn track_for(origin: &PalletsOrigin<T>) -> Result<u16, ()> {
		T::KindOf::convert(origin.clone()).map(Kind::track).ok_or(())
	}
}

fn info<T: Config>(
	parameters: &ParametersOf<T>,
	kind: Kind,
) -> TrackInfo<Balance, BlockNumberFor<T>> {
	// The tally says when voting ends and whether it was won. These only have to be no shorter, for
	// proposals made under longer periods too, and no obstacle once it is over.
	let (prepare_period, decision_period) = if Settling::<T>::get() {
		(Zero::zero(), Zero::zero())
	} else {
		(parameters.voting_delay, parameters.decision_period().max(Pallet::<T>::longest_life()))
	};
	// Met by all and not by nothing, with a little slope: wallets divide by it.
	let half = Perbill::from_percent(50);
	let curve = Curve::LinearDecreasing {
		length: Perbill::one(),
		floor: half,
		ceil: half.saturating_add(Perbill::from_parts(1)),
	};
	TrackInfo {
		name: name(kind),
		// No limit: no queue that others could fill.
		max_deciding: u32::MAX,
		decision_deposit: Zero::zero(),
		prepare_period,
		decision_period,
		confirm_period: One::one(),
		min_enactment_period: parameters.terms(kind).timelock,
		min_approval: curve.clone(),
		min_support: curve,
	}
}

const fn name(kind: Kind) -> [u8; 25] {
	str_array(kind.name())
}

impl<T: Config> Pallet<T> {
	/// The most blocks from proposal to end of any proposal that may still run under earlier
	/// parameters; zero if there can be none.
	pub(crate) fn longest_life() -> BlockNumberFor<T> {
		LongestLife::<T>::get()
			.filter(|(until, _)| frame_system::Pallet::<T>::block_number() <= *until)
			.map_or_else(Zero::zero, |(_, life)| life)
	}
}

/// Blocks after which the referendum of a proposal on which nobody voted ends by itself.
pub struct UndecidingTimeout<T>(PhantomData<T>);

impl<T: Config> Get<BlockNumberFor<T>> for UndecidingTimeout<T> {
	fn get() -> BlockNumberFor<T> {
		let life = Parameters::<T>::get().map_or_else(Zero::zero, |parameters| parameters.life());
		life.max(Pallet::<T>::longest_life())
	}
}
